"""Who audits, and which fields of a log entry one person alone may open.

Every service field of an entry is named here once: openable by whoever may read the log, or closed until two persons
of the authority have agreed (`open_event`). A field that is named nowhere stays closed, and a test asks for its name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import orjson

from exchange.audit.entry import FieldValue, open_all_fields, open_fields, verify_opening
from exchange.errors import BadRequest
from exchange.handover import Officer
from schema.vocabulary.scope import Scope

OPENABLE_WITHOUT_SECOND_PERSON = frozenset({
    "about", "accounts", "act", "actor", "against", "agency", "answer", "approved", "as_of", "basis", "breaches",
    "change", "channel", "clearance", "clock", "complaint", "consent", "consent_digest", "consent_use",
    "contested", "corrected", "corrected_version", "correction", "decision", "digest", "dispute", "document",
    "due", "earlier_leaves", "earlier_origin", "earlier_root", "ends_at", "erased", "event", "expected_on",
    "expires_at", "finding", "format", "found", "granted", "inquiry", "kept", "kind", "kinds", "late",
    "leaves_left", "lender", "level", "mandate", "member", "notice", "notices_attested", "officer",
    "opening_request", "option", "origin", "outcome", "pack", "part", "plan", "points", "pressure", "purpose",
    "ran_for", "readers_told", "reason", "reasons", "record", "records", "records_applied", "records_faulty",
    "records_read", "records_unchanged", "released", "requested", "retained", "review", "rules", "run", "sandbox",
    "says", "scopes", "signed_in_by", "stage", "state", "statement", "statements", "step", "subjects",
    "submission", "target", "url", "version", "wanted", "webhook", "wish", "withheld",
})  # fmt: skip
"""Service fields that name no person: what was done, by which member, on what basis, and what came of it."""

CLOSED_UNTIL_TWO_AGREE = frozenset({
    "acted_by", "ground", "key", "opening_digest", "other_file", "representative", "request_digest", "staff",
})  # fmt: skip
"""Service fields that name a person, or by which one could be found.

`request_digest` is a plain hash of a request that holds an identity number: whoever knows the rest of the request
could try the numbers. `opening_digest` is one of words that may name a case.
"""

_EVENT_ID = re.compile(r"e(0|[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class Auditor:
    """Who looks into the log: an officer at a page, or an authority's own client (no `officer_id`)."""

    authority: str
    officer_id: UUID | None
    scopes: frozenset[Scope]


def auditor_of(officer: Officer) -> Auditor:
    """The officer as one who looks into the log."""
    return Auditor(officer.authority, officer.officer_id, officer.scopes)


def event_id_of(leaf_index: int) -> str:
    """How an event is named to the outside: opaque there."""
    return f"e{leaf_index}"


def leaf_index_of(event_id: str) -> int:
    """The place in the log of the event so named. Raises BadRequest EVENT_NOT_FOUND."""
    if not _EVENT_ID.fullmatch(event_id):
        raise event_not_found()
    return int(event_id[1:])


def event_not_found() -> BadRequest:
    """What is raised where the log has no such event."""
    return BadRequest("The log has no event with this id.", "EVENT_NOT_FOUND")


def openable_part(stored: bytes) -> bytes:
    """The opening that one person alone may see, from the service's stored opening of an entry."""
    return open_fields(sorted(OPENABLE_WITHOUT_SECOND_PERSON & _names(stored)), stored)


def opened_alone(leaf: bytes, stored: bytes) -> tuple[Mapping[str, FieldValue], tuple[str, ...]]:
    """The fields that one person alone may see, once they are known to belong to the leaf, and the closed names.

    Raises OpeningDoesNotMatch.
    """
    opening = openable_part(stored)
    fields = verify_opening(leaf, opening)
    return fields, tuple(sorted(orjson.loads(opening)["digests"]))


def opened_whole(leaf: bytes, *stored: bytes) -> Mapping[str, FieldValue]:
    """Every field of the stored openings, once they are known to belong to the leaf. Raises OpeningDoesNotMatch."""
    return verify_opening(leaf, open_all_fields(*stored))


def _names(stored: bytes) -> set[str]:
    return set(orjson.loads(stored)["fields"])
