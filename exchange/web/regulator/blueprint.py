"""What the pages about the log share: words for what it holds."""

from flask import Blueprint

from exchange.web.pages import page_blueprint
from exchange.web.regulator import words

_SAID = (
    "act_in_words",
    "basis_in_words",
    "field_in_words",
    "member_in_words",
    "purpose_in_words",
    "reason_for_officers",
    "value_in_words",
)


def audit_blueprint(name: str, import_name: str) -> Blueprint:
    """A blueprint of pages for people whose templates may say what the log holds."""
    pages = page_blueprint(name, import_name)
    pages.context_processor(lambda: {said: getattr(words, said) for said in _SAID})
    return pages
