"""Consents that are shown to a borrower and wait for the passkey: kept in the session, never in the page."""

from flask import session

from exchange.errors import BadRequest
from exchange.journeys.consent_drafts import Draft
from exchange.journeys.consent_notice import Speech
from exchange.web.language import current_language, gettext, to_translate

_NAME = "drafts"
_KEPT_MAX = 4


def keep_draft(draft: Draft) -> str:
    """Remembers the canonical bytes and returns the draft's name for the page. Only the newest few are kept."""
    name = draft.digest.hex()
    held = {key: text for key, text in session.get(_NAME, {}).items() if key != name}
    kept = dict(list(held.items())[1 - _KEPT_MAX :])
    session[_NAME] = {**kept, name: draft.canonical.decode()}
    return name


def kept_draft(name: str) -> bytes:
    """The canonical bytes of a draft. Raises BadRequest CONSENT_DRAFT_STALE where this session was not shown it."""
    text: str | None = session.get(_NAME, {}).get(name)
    if text is None:
        raise BadRequest(to_translate("This page was open for too long. Look at the consent again."), STALE)
    return text.encode()


def page_speech() -> Speech:
    """The language of this page: the consent says in which language its notice was read."""
    return Speech(current_language(), gettext)


STALE = "CONSENT_DRAFT_STALE"
