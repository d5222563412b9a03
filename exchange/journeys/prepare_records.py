"""What can be done of a batch before anybody looks at what is held: look-up tokens, records that are there twice and,
where most of the batch is thought to be new, the rows of its borrowers and accounts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from exchange.clock import new_id
from exchange.intake.check_record import Checked
from exchange.intake.contribution import Contribution, Fault
from exchange.intake.fault_codes import fault
from exchange.journeys.borrower_documents import Candidates, Documents, documents_of, share_out
from exchange.journeys.contributed_rows import Provenance
from exchange.journeys.new_records import AccountToMake, NewAccount, NewBorrower, new_accounts, new_borrowers
from exchange.vault.key_hierarchy import KeyHierarchy


@dataclass(frozen=True, slots=True)
class Record:
    """A checked record with the look-up tokens of its account, newest index key first: under its own reference and
    under the one that it had before.
    """

    checked: Checked
    documents: Documents
    tokens: Candidates
    previous_tokens: Candidates

    @property
    def contribution(self) -> Contribution:
        return self.checked.contribution

    @property
    def newest(self) -> bytes:
        return self.tokens[0][1]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The records of a batch, the first of each account; `twice`: a fault for each of the others.

    `borrowers` and `accounts` were made in case they are new, by the newest token of their first number and of their
    reference.
    """

    records: list[Record]
    twice: Sequence[Fault]
    borrowers: Mapping[bytes, NewBorrower] = field(default_factory=dict)
    accounts: Mapping[bytes, NewAccount] = field(default_factory=dict)


def prepare(checked: Iterable[Checked], keys: KeyHierarchy, origin: Provenance, ahead: bool = False) -> Prepared:
    """A batch, ready to be applied; with `ahead` the rows of everybody who may be new are made as well."""
    records, twice = _first_of_each_account(_with_tokens(checked, keys, origin))
    if not ahead:
        return Prepared(records, twice)
    first, borrower_of = share_out((each.documents for each in records), lambda _: new_id(origin.recorded_at))
    borrowers = new_borrowers(first, keys, origin)
    wanted = [
        AccountToMake(each.contribution, borrowers[borrower_of[each.documents.newest[0]]].cipher, each.tokens[0])
        for each in records
    ]
    accounts = zip((each.newest for each in records), new_accounts(wanted, origin), strict=True)
    return Prepared(records, twice, {each.documents.newest[0]: each for each in borrowers.values()}, dict(accounts))


def _with_tokens(checked: Iterable[Checked], keys: KeyHierarchy, origin: Provenance) -> list[Record]:
    tokens, contributor = keys.lookup_tokens(), origin.contributor
    records = []
    for each in checked:
        subject, account = each.contribution.subject, each.contribution.account
        previous = account.previous_reference
        records.append(
            Record(
                each,
                documents_of(subject, each.id_number, tokens),
                tokens.account_candidates(contributor, account.reference),
                tokens.account_candidates(contributor, previous) if previous else [],
            )
        )
    return records


def _first_of_each_account(records: Iterable[Record]) -> tuple[list[Record], list[Fault]]:
    seen: set[bytes] = set()
    first, twice = [], []
    for record in records:
        tokens = {token for _, token in (*record.tokens, *record.previous_tokens)}
        if seen.isdisjoint(tokens):
            first.append(record)
        else:
            twice.append(fault(record.contribution.record_no, "reference", "RECORD_TWICE"))
        seen |= tokens
    return first, twice
