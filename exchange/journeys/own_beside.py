"""What stands in a borrower's file beside the report, for the copy that they take along: consents, contacts asked for,
wishes, disputes, complaints, answers to plans, reviews, what they were told, what is due, and a wanted erasure.

The rows as they are stored, opened, without what is of use to the exchange alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table

from exchange.handover import Borrower
from exchange.journeys.move_beside import SEALED_BESIDE
from exchange.journeys.own_act import own_file_of
from exchange.journeys.services import Services
from exchange.store.beside_rows import rows_beside
from exchange.store.tables.assessment import review_request
from exchange.store.tables.complaint import complaint
from exchange.store.tables.consent import consent
from exchange.store.tables.contact import contact_breach, contact_clearance, contact_reply, contact_wish
from exchange.store.tables.dispute import dispute
from exchange.store.tables.erasure import erasure_request
from exchange.store.tables.notice import notice
from exchange.store.tables.repayment import plan_reply
from exchange.store.tables.running_clock import running_clock
from exchange.vault.field_cipher import SubjectCipher

Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the copy: its name there, its table, and columns that are left out."""

    name: str
    table: Table
    left_out: frozenset[str] = frozenset()
    which: Callable[[Table], tuple[Any, ...]] = lambda _: ()


PARTS = (
    _Part("consents", consent, frozenset({"window_started_at", "window_uses", "signer_key"})),
    _Part("contact_clearances", contact_clearance, frozenset({"contact_token", "facts"})),
    _Part("contact_breaches", contact_breach),
    _Part("contact_replies", contact_reply),
    _Part("contact_wishes", contact_wish),
    _Part("disputes", dispute),
    _Part("complaints", complaint, frozenset({"likeness", "found_by"})),
    _Part("plan_replies", plan_reply),
    _Part("reviews", review_request),
    _Part("notices", notice, frozenset({"recipient"}), lambda table: (table.c.recipient.is_(None),)),
    _Part("running_clocks", running_clock),
    _Part("erasure_requests", erasure_request),
)  # fmt: skip
"""In the order in which they stand in the copy."""


def what_stands_beside(services: Services, borrower: Borrower) -> dict[str, list[Plain]]:
    """Every row of each part, by the part's name. Raises BadRequest once the file was erased, IntegrityError."""
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        rows = {part: rows_beside(connection, part.table, file.subject_key, *part.which(part.table)) for part in PARTS}
    cipher = services.keys.open(file.wrapped_key)
    return {part.name: [_plain(part, row, cipher) for row in rows[part]] for part in PARTS}


def _plain(part: _Part, row: Mapping[str, Any], cipher: SubjectCipher) -> Plain:
    key, sealed = SEALED_BESIDE.get(part.table, ("", ()))
    said: dict[str, Any] = {}
    for name, value in ((str(column), value) for column, value in row.items()):
        if name == "subject_key" or name in part.left_out:
            continue
        if name in sealed and value is not None:
            said[name] = cipher.unseal(part.table.name, name, row[key].bytes, value).decode()
        elif name == "artefact":
            said[name] = orjson.loads(value)
        elif name == "body":
            said["signed"] = bytes(value).decode()
        else:
            said[name] = _spelled(value)
    return said


def _spelled(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return [_spelled(item) for item in value] if isinstance(value, list) else value
