"""DEMONSTRATION: the records that the lenders contribute, made up or from a real file, and whose report is shown."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from exchange.demonstration.members import MEMBERS
from exchange.demonstration.population import LENDERS, MadeUpAccount, made_up_accounts, write_lender_files
from exchange.errors import FileNotReadable
from exchange.intake.contribution import Contribution, SubjectRecord
from exchange.intake.months import first_day, months_before
from exchange.intake.open_file import lines_of
from exchange.intake.read_batch import read_records
from exchange.intake.reading import Reading
from exchange.journeys.find_borrower import Document
from exchange.journeys.services import Services
from exchange.journeys.submit_batch import SubmissionOrder, SubmissionOutcome, submit_file
from schema.vocabulary.submission import FileFormat

BORROWERS = 2_000
SMALL_FILE_BORROWERS = 40
UCI_MAPPING = Path(__file__).parents[1] / "intake" / "mappings" / "uci_credit_card.toml"


@dataclass(frozen=True, slots=True)
class Contributed:
    """What was imported, and the borrower whose report is asked for."""

    outcomes: tuple[SubmissionOutcome, ...]
    borrower: Document

    @property
    def accounts(self) -> int:
        """Accounts that the exchange now holds of these files."""
        return sum(outcome.applied + outcome.unchanged for outcome in self.outcomes)

    @property
    def faulty(self) -> int:
        """Records that were refused."""
        return sum(outcome.faulty for outcome in self.outcomes)

    @property
    def seconds(self) -> float:
        """How long the import took."""
        return sum(outcome.seconds for outcome in self.outcomes)


def contribute_made_up(services: Services) -> Contributed:
    """Every lender hands in its made-up book."""
    newest_month = months_before(first_day(services.clock.now().date()), 1)
    directory = services.settings.home / "files"
    directory.mkdir(exist_ok=True)
    accounts = list(made_up_accounts(BORROWERS, newest_month))
    files = write_lender_files(directory, accounts, newest_month)
    mapping = (directory / "mapping.toml").read_text(encoding="utf-8")
    reading = Reading(FileFormat.MAPPED_CSV, mapping=mapping)
    outcomes = tuple(
        submit_file(services, path, SubmissionOrder(lender, reading, notices_attested=True))
        for lender, path in files.items()
    )
    return Contributed(outcomes, _document(_most_telling(accounts)))


def small_file(services: Services, lender: str) -> tuple[Path, str]:
    """A made-up file of a few accounts that the lender may hand in through the door, and its mapping."""
    newest_month = months_before(first_day(services.clock.now().date()), 1)
    directory = services.settings.home / "small-files"
    directory.mkdir(exist_ok=True)
    files = write_lender_files(directory, made_up_accounts(SMALL_FILE_BORROWERS, newest_month), newest_month)
    return files[lender], (directory / "mapping.toml").read_text(encoding="utf-8")


def contribute_file(services: Services, path: Path) -> Contributed:
    """A real file, handed in by one lender. Raises FileNotReadable where we do not know what kind it is."""
    member_id = MEMBERS[1].member_id
    reading = _reading_of(path, months_before(first_day(services.clock.now().date()), 1))
    outcome = submit_file(services, path, SubmissionOrder(member_id, reading, notices_attested=True))
    with path.open("rb") as file:
        records, _ = read_records(file, reading)
        sound = (record for record in records if isinstance(record, Contribution))
        shown = next((record for record in sound if record.delinquencies), None) or next(sound, None)
    if shown is None:
        raise FileNotReadable("No record of this file could be read.")
    return Contributed((outcome,), _document(shown.subject))


def _most_telling(accounts: list[MadeUpAccount]) -> SubjectRecord:
    """The borrower with arrears at most other lenders, whom the asking lender (the first) does not know to be late."""
    asking = next(iter(LENDERS))
    late_at: dict[str, set[str]] = {}
    for account in accounts:
        if account.past_due[0]:
            late_at.setdefault(account.borrower.id_number, set()).add(account.lender)
    unseen = {number: len(lenders) for number, lenders in late_at.items() if asking not in lenders}
    shown = max(unseen, key=lambda number: (unseen[number], number))
    return next(account.borrower for account in accounts if account.borrower.id_number == shown)


def _reading_of(path: Path, newest_month: date) -> Reading:
    with path.open("rb") as file:
        first_line = next(lines_of(file), "")
    if "HEADER" in first_line[:20]:
        return Reading(FileFormat.METRO2, synthesise_identities=True)
    if first_line.startswith("ID,MONTHS_BALANCE,STATUS"):
        return Reading(FileFormat.MONTHLY_STATUS, newest_month=newest_month, synthesise_identities=True)
    if first_line.startswith("ID,X1,"):
        mapping = UCI_MAPPING.read_text(encoding="utf-8")
        return Reading(FileFormat.MAPPED_CSV, mapping=mapping, synthesise_identities=True)
    raise FileNotReadable("The demonstration reads Metro 2, the monthly-status file and the UCI file; see the README.")


def _document(subject: SubjectRecord) -> Document:
    return Document(subject.id_type, subject.country, subject.id_number)
