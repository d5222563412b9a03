"""From the parameters of an address to the order of a submission; every fault of them at once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from re import fullmatch

from sqlalchemy import Connection

from consent.policy.resolve import basis_rule
from exchange.errors import ParametersNotValid
from exchange.intake.reading import Reading
from exchange.journeys.services import Services
from exchange.journeys.submission import DEFAULT_BASIS, SubmissionOrder, settled
from exchange.store.submission_views import find_mapping
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.submission import FileFormat

PARAMETERS = (
    "format", "mapping", "newestMonth", "basis", "allOrNothing", "notices", "correction", "synthesiseIdentities",
)  # fmt: skip
NEED_A_MAPPING = frozenset({FileFormat.MAPPED_CSV})
TAKE_A_MAPPING = frozenset({FileFormat.MAPPED_CSV, FileFormat.PARQUET})
ATTESTED = "attested"
_TRUTH = {"true": True, "false": False}

WrongParameter = tuple[str, str, str]


def read_order(
    services: Services, connection: Connection, member_id: str, asked: Mapping[str, Sequence[str]]
) -> SubmissionOrder:
    """The settled order of these parameters. Raises ParametersNotValid with every fault."""
    now = services.clock.now()
    given = {name: values[0] for name, values in asked.items()}
    named = find_mapping(connection, member_id, given["mapping"]) if "mapping" in given else None
    faults = [
        *_name_faults(asked),
        *_format_faults(given),
        *_mapping_faults(given, named),
        *_month_faults(given, now),
        *_choice_faults(given),
    ]
    basis = given.get("basis", DEFAULT_BASIS)
    if basis_rule(services.pack, basis, now.date()) is None:
        faults.append(("basis", "BASIS_UNKNOWN", "No rule of this id lets records be contributed today."))
    if _TRUTH.get(given.get("synthesiseIdentities", "")) and not services.settings.demonstration:
        faults.append(("synthesiseIdentities", "NOT_A_DEMONSTRATION", "Only a demonstration makes up identities."))
    if faults:
        raise ParametersNotValid(faults)
    reading = Reading(
        FileFormat(given["format"]),
        newest_month=_month(given["newestMonth"]) if "newestMonth" in given else None,
        mapping=named or "",
        synthesise_identities=_TRUTH[given.get("synthesiseIdentities", "false")],
    )
    whole, attested = _TRUTH[given.get("allOrNothing", "false")], given.get("notices") == ATTESTED
    correction = CorrectionReason(given["correction"]) if "correction" in given else None
    return settled(SubmissionOrder(member_id, reading, basis, whole, attested, correction), now)


def _name_faults(asked: Mapping[str, Sequence[str]]) -> list[WrongParameter]:
    unknown = sorted(name for name in asked if name not in PARAMETERS)
    twice = sorted(name for name, values in asked.items() if len(values) > 1)
    faults = []
    if unknown:
        said = f"{len(unknown)} parameters are unknown. Known are {', '.join(PARAMETERS)}."
        faults.append(("query", "PARAMETER_UNKNOWN", said))
    if twice:
        faults.append(("query", "PARAMETER_TWICE", "A parameter is given once."))
    return faults


def _format_faults(given: Mapping[str, str]) -> list[WrongParameter]:
    if "format" not in given:
        return [("format", "FORMAT_MISSING", f"Name the format: {', '.join(FileFormat)}.")]
    if given["format"] not in set(FileFormat):
        return [("format", "FORMAT_UNKNOWN", f"This format is not read; these are: {', '.join(FileFormat)}.")]
    return []


def _mapping_faults(given: Mapping[str, str], named: str | None) -> list[WrongParameter]:
    if "mapping" not in given:
        if given.get("format") in NEED_A_MAPPING:
            return [("mapping", "MAPPING_MISSING", "This format needs a mapping: keep one (keepMapping), and name it.")]
        return []
    if given.get("format") in set(FileFormat) - TAKE_A_MAPPING:
        return [("mapping", "MAPPING_NOT_WANTED", "This format has fields of its own and takes no mapping.")]
    return [] if named else [("mapping", "MAPPING_UNKNOWN", "You have kept no mapping of this name.")]


def _month_faults(given: Mapping[str, str], now: datetime) -> list[WrongParameter]:
    if "newestMonth" not in given:
        return []
    if given.get("format") != FileFormat.MONTHLY_STATUS:
        return [("newestMonth", "MONTH_NOT_WANTED", "Only MONTHLY_STATUS takes its newest month from here.")]
    if not fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])", given["newestMonth"]):
        return [("newestMonth", "MONTH_NOT_VALID", "Write the month as 2026-05.")]
    if _month(given["newestMonth"]) > now.date():
        return [("newestMonth", "MONTH_NOT_VALID", "This month has not come yet.")]
    return []


def _choice_faults(given: Mapping[str, str]) -> list[WrongParameter]:
    faults = []
    if given.get("allOrNothing", "true") not in _TRUTH:
        faults.append(("allOrNothing", "CHOICE_NOT_VALID", "allOrNothing is true or false."))
    if given.get("synthesiseIdentities", "true") not in _TRUTH:
        faults.append(("synthesiseIdentities", "CHOICE_NOT_VALID", "synthesiseIdentities is true or false."))
    if given.get("notices", ATTESTED) != ATTESTED:
        faults.append(("notices", "CHOICE_NOT_VALID", f"notices is {ATTESTED}, or left out."))
    if "correction" in given and given["correction"] not in set(CorrectionReason):
        faults.append(("correction", "CHOICE_NOT_VALID", f"correction is one of {', '.join(CorrectionReason)}."))
    return faults


def _month(text: str) -> date:
    return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
