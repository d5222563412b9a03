"""The words of messages that leave the exchange. Others may read a telephone, so they name no debt and no lender."""

from collections.abc import Mapping

from schema.vocabulary.notice import NoticeKind

_LOOKED = {
    "en": "Somebody looked at your credit file. Sign in to see who.",
    "zh-Hans": "有机构查询了您的信用档案。请登录查看是谁。",
    "zh-Hant": "有機構查詢了您的信用檔案。請登入查看是誰。",
}
_TO_READ = {
    "en": "There is a notice for you about your credit file. Sign in to read it.",
    "zh-Hans": "您的信用档案有一条新通知。请登录阅读。",
    "zh-Hant": "您的信用檔案有一則新通知。請登入閱讀。",
}
_FALLBACK = "en"


def message_text(kind: NoticeKind, language: str) -> tuple[str, str]:
    """The language (BCP 47) in which a message is sent, and its text."""
    texts: Mapping[str, str] = _LOOKED if kind is NoticeKind.FILE_LOOKED_AT else _TO_READ
    spoken = language if language in texts else _FALLBACK
    return spoken, texts[spoken]
