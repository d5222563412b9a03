"""Every sentence that pages may show, gathered from the source: what the translations must cover."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.extract import extract_from_dir

_REPOSITORY = Path(__file__).resolve().parent.parent
_KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2), "to_translate": None}
_OPTIONS = {"templates/**.html": {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true"}}


def messages_of_pages() -> Iterator[tuple[str, str]]:
    """(file, message id) of every message in templates, page code and the PDF; a plural is named by its singular."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    for room in ("web", "disclosure"):
        found = extract_from_dir(_REPOSITORY / "exchange" / room, methods, _OPTIONS, keywords=_KEYWORDS)
        for file, _line, message, _comments, _context in found:
            yield f"{room}/{file}", message[0] if isinstance(message, tuple) else message
