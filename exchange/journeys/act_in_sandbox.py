"""DEMONSTRATION ONLY: callers without a token or a proof, and what they could ask first.

Whoever is at the sandbox chooses which made-up member to be. What they do is done as by that member: it is checked,
counted and logged alike, and the log says that it was done in the sandbox.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.handover import Caller, Member
from exchange.identity.one_time import one_time
from exchange.journeys.find_borrower import Document
from exchange.journeys.services import Services
from exchange.store.member_register import SqlMemberRegister
from schema.vocabulary.member_class import MemberStatus

ONCE_SECONDS = 60
_EXAMPLE_FILE = "sandbox.json"


@dataclass(frozen=True, slots=True)
class Example:
    """A made-up borrower, and the consent under which each of some members may look, by member id."""

    borrower: Document
    consents: Mapping[str, str]


def sandbox_members(services: Services) -> list[Member]:
    """The members one may be, by id."""
    members = SqlMemberRegister(services.engine).list()
    return [member for member in members if member.status is MemberStatus.ACTIVE]


def sandbox_caller(services: Services, member_id: str) -> Caller:
    """The member, with every scope that it is registered with. Raises BadRequest where it may not be chosen."""
    member = next((member for member in sandbox_members(services) if member.member_id == member_id), None)
    if member is None:
        raise BadRequest("No active member of this id is registered.", "MEMBER_UNKNOWN")
    now = services.clock.now()
    once = one_time("sandbox", member_id, secrets.token_urlsafe(16), now + timedelta(seconds=ONCE_SECONDS))
    return Caller(member_id, member.scopes, f"sandbox-{new_id(now)}", "", once, in_sandbox=True)


def keep_example(home: Path, example: Example) -> None:
    """Writes down what the sandbox shows first."""
    borrower = example.borrower
    content: dict[str, Any] = {
        "borrower": {"idType": borrower.id_type, "country": borrower.country, "idNumber": borrower.id_number},
        "consents": dict(example.consents),
    }
    (home / _EXAMPLE_FILE).write_bytes(orjson.dumps(content))


def example_variables(services: Services, member_id: str) -> dict[str, Any]:
    """The variables of a report that this member may ask for; as far as the demonstration left any."""
    path = services.settings.home / _EXAMPLE_FILE
    kept = orjson.loads(path.read_bytes()) if path.exists() else {"borrower": None, "consents": {}}
    return {
        "subject": kept["borrower"],
        "purpose": "LOAN_APPROVAL",
        "consentId": kept["consents"].get(member_id),
        "staff": {"id": "s-17", "name": "Lin Mei"},
    }
