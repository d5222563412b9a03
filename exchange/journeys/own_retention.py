"""What retention did to a borrower's records, as the borrower's own part of the log tells it."""

from dataclasses import dataclass
from datetime import datetime

from consent.policy.rules import RetentionAction
from exchange.handover import Borrower
from exchange.journeys.openable import opened_whole
from exchange.journeys.own_act import own_file_of
from exchange.journeys.plain_words import RuleInWords, rule_in_words
from exchange.journeys.services import Services
from exchange.store.own_file import list_entries
from schema.vocabulary.scope import FieldClass


@dataclass(frozen=True, slots=True)
class Retained:
    """So many records of one kind were deleted, hidden or annotated."""

    action: RetentionAction
    field_class: FieldClass
    count: int


@dataclass(frozen=True, slots=True)
class RetentionOfOwn:
    """What one run did to the borrower's records, and the rules that it followed."""

    done_at: datetime
    records: tuple[Retained, ...]
    rules: tuple[RuleInWords, ...]


def what_retention_did(services: Services, borrower: Borrower) -> tuple[RetentionOfOwn, ...]:
    """Every run that changed something of the borrower's, the newest first; each is checked against its leaf.

    Raises BadRequest where no file is held any more, IntegrityError where an entry does not match.
    """
    with services.transaction() as connection:
        entries = list_entries(connection, own_file_of(connection, borrower).subject_key)
    log_cipher = services.keys.log_cipher()
    runs = []
    for entry in reversed(entries):
        fields = opened_whole(entry.leaf, log_cipher.unseal_opening(entry.entry_id, entry.service_opening))
        if fields["act"] == "retention_applied":
            retained, rules = fields["retained"], fields["rules"]
            records = tuple(_retained(told) for told in retained)
            runs.append(
                RetentionOfOwn(entry.recorded_at, records, tuple(rule_in_words(services.pack, rule) for rule in rules))
            )
    return tuple(runs)


def _retained(told: str) -> Retained:
    """One line of the entry: `delete DELINQUENCIES cn.cir.16 2`."""
    action, noun, _, count = told.split(" ")
    return Retained(RetentionAction(action), FieldClass(noun), int(count))
