"""Every code has a record that breaks exactly it, and one just inside the rule. The codes that only stored data can
show are in `tests/journeys/test_intake_vectors_at_the_door.py`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from consent.policy.load import load_pack
from consent.policy.retention import retention_rules
from exchange.intake.check_assessment import check_assessment
from exchange.intake.check_collection import check_collection
from exchange.intake.check_mandate import check_mandate
from exchange.intake.check_plan import check_plan
from exchange.intake.check_public_record import check_public_record
from exchange.intake.check_record import Rules, check_record
from exchange.intake.check_versions import contradictions
from exchange.intake.contribution import (
    AccountRecord,
    Checks,
    Contribution,
    Fault,
    FaultyRecord,
    FileNote,
    ReadRecord,
)
from exchange.intake.denylist import check_field_names
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.fault_codes import SENTENCES, fault
from exchange.intake.forget_expired import Expiry
from exchange.intake.merge import HeldDelinquency, delinquency_changes, merge_account
from exchange.intake.noun_records import (
    Acting,
    AssessmentRecord,
    CollectionRecord,
    MandateRecord,
    Party,
    PlanRecord,
    PublicRecord,
)
from exchange.intake.read_batch import read_records
from exchange.intake.reading import Reading
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.plan import PlanState
from schema.vocabulary.submission import FileFormat
from tests.unit.intake.metro2_lines import base, header, segment, trailer, with_length
from tests.unit.intake.vector_cases import FILE, NOW, TODAY, Vector, contribution_of, made, name_of, vectors

ROOT = Path(__file__).parents[3]
Findings = Sequence[Fault]
MAPPING = """
[subject]
country = "CN"
time_zone = "Asia/Shanghai"
language = "zh-Hans"
id_type = "PASSPORT"
[constants]
portfolio = "INSTALMENT"
product = "CONSUMER_LOAN"
opened_on = "2024-01-01"
state = "NORMAL"
[columns]
reference = "loan"
id_number = "id"
name = "name"
balance = "owed"
reported_on = "on"
currency = "currency"
"""


def findings_of(records: Iterable[ReadRecord], rules: Rules) -> Findings:
    """Everything that reading and checking says."""
    found: list[Fault] = []
    for record in records:
        if isinstance(record, Contribution):
            checked = check_record(record, rules)
            found += (*checked.faults, *checked.notes)
        elif isinstance(record, FaultyRecord):
            found += record.faults
        else:
            assert isinstance(record, FileNote)
            found.append(record.note)
    return found


def findings_of_file(lines: Sequence[str], reading: Reading) -> Findings:
    """The same of a whole file."""
    records, checks = read_records(BytesIO("\n".join(lines).encode()), reading)
    return findings_of(records, Rules(TODAY, checks))


def of_record(given: Vector, vector: Vector) -> Findings:
    rules = dict(vector.get("rules", {}))
    if "expiry" in rules:
        rules["expiry"] = Expiry(retention_rules(load_pack("cn"), TODAY), MemberClass(rules["expiry"]), TODAY)
    return findings_of([contribution_of(given)], Rules(TODAY, **(rules | {"checks": checks_of(vector)})))


def of_versions(given: Vector, vector: Vector) -> Findings:
    held, reported = (made(AccountRecord, "account", given[name]) for name in ("held", "reported"))
    merged = merge_account(held, reported)
    faults, notes = contradictions(2, held, reported, merged, checks_of(vector))
    return (*faults, *notes, *_moved(given, held, reported, merged))


def _moved(given: Vector, held: AccountRecord, reported: AccountRecord, merged: AccountRecord) -> list[Fault]:
    """The first delinquency that is held, against the one that is stated now."""
    if "held_first" not in given or held.history is None or reported.history is None:
        return []
    (late,) = derive_delinquencies(held.history, held.reported_on, date.fromisoformat(given["held_first"]))
    stated = derive_delinquencies(reported.history, reported.reported_on, date.fromisoformat(given["stated"]))
    record = replace(contribution_of({}), account=reported, delinquencies=stated)
    changes = delinquency_changes(held, merged, record, [HeldDelinquency(UUID(int=1), 1, late)])
    return [fault(2, "first_delinquent_on", "FIRST_DELINQUENCY_MOVED")] if changes.moved else []


def of_metro2(given: Vector, vector: Vector) -> Findings:
    line = given.get("line") or base(**given["base"]) + "".join(
        segment(name, **fields) for name, fields in given.get("segments", ())
    )
    line += given.get("append", "")
    if "record_length" not in given.get("base", {}):
        line = with_length(line)
    lines = [header(), line, trailer(given.get("trailer", 1))]
    return findings_of_file(lines, Reading(FileFormat.METRO2))


def of_monthly(given: Vector, vector: Vector) -> Findings:
    rows = given["rows"]
    if isinstance(rows, dict):
        rows = [f"1,-{months},C" for months in range(rows["count"])]
        rows[0] = "1,0,C"
    reading = Reading(FileFormat.MONTHLY_STATUS, newest_month=date(2026, 5, 1), synthesise_identities=True)
    return findings_of_file(["ID,MONTHS_BALANCE,STATUS", *rows], reading)


def of_csv(given: Vector, vector: Vector) -> Findings:
    lines = ["loan,id,name,owed,on,currency", *given["rows"]]
    return findings_of_file(lines, Reading(FileFormat.MAPPED_CSV, mapping=MAPPING))


def of_json_lines(given: Vector, vector: Vector) -> Findings:
    return findings_of_file([json.dumps(given["line"])], Reading(FileFormat.JSON_LINES))


def of_field_names(given: Vector, vector: Vector) -> Findings:
    return check_field_names(2, given["names"], given.get("consented", False))


def of_collection(given: Vector, vector: Vector) -> Findings:
    return check_collection(made(CollectionRecord, "collection", given["record"]), _acting(given))


def of_plan(given: Vector, vector: Vector) -> Findings:
    held = PlanState(given["held"]) if "held" in given else None
    return check_plan(made(PlanRecord, "plan", given["record"]), _acting(given), held)


def of_public_record(given: Vector, vector: Vector) -> Findings:
    return check_public_record(made(PublicRecord, "public_record", given["record"]), TODAY)


def of_assessment(given: Vector, vector: Vector) -> Findings:
    return check_assessment(made(AssessmentRecord, "assessment", given["record"]), NOW)


def of_mandate(given: Vector, vector: Vector) -> Findings:
    lender = {"member_id": "bank", "member_class": "BANK", "status": "ACTIVE"}
    agency = {"member_id": "agency", "member_class": "COLLECTION_AGENCY", "status": "ACTIVE"}
    parties = (made(Party, "", given.get(name, usual)) for name, usual in (("lender", lender), ("agency", agency)))
    return check_mandate(made(MandateRecord, "mandate", given["record"]), *parties)


def _acting(given: Vector) -> Acting:
    usual = {"member_id": "bank", "member_class": "BANK"}
    return made(Acting, "", {"now": NOW.isoformat(), **given.get("acting", usual)})


def checks_of(vector: Vector) -> Checks:
    return Checks(vector.get("rules", {}).get("checks", Checks.OWN_CODES))


KINDS: dict[str, Any] = {
    "record": of_record,
    "versions": of_versions,
    "metro2": of_metro2,
    "monthly": of_monthly,
    "csv": of_csv,
    "json_lines": of_json_lines,
    "field_names": of_field_names,
    "collection": of_collection,
    "plan": of_plan,
    "public_record": of_public_record,
    "assessment": of_assessment,
    "mandate": of_mandate,
}


@pytest.mark.parametrize("vector", vectors(*KINDS), ids=name_of)
def test_a_record_breaks_exactly_the_rule_and_its_neighbour_breaks_none(vector: Vector) -> None:
    find = KINDS[vector["kind"]]
    broken = find(vector["broken"], vector)
    assert [(found.code, found.field) for found in broken] == [(vector["code"], vector["field"])]
    assert broken[0].rule == vector.get("rule")
    assert [(found.code, found.field) for found in find(vector["sound"], vector)] == []


def test_every_code_has_vectors_or_names_the_test_that_shows_it() -> None:
    shown = {vector["code"] for vector in FILE["vectors"]} | FILE["shown_elsewhere"].keys()
    assert sorted(SENTENCES.keys() - shown) == [] and sorted(shown - SENTENCES.keys()) == []


@pytest.mark.parametrize("code", FILE["shown_elsewhere"])
def test_a_code_that_is_shown_elsewhere_is_named_there(code: str) -> None:
    assert f'"{code}"' in (ROOT / FILE["shown_elsewhere"][code]).read_text(encoding="utf-8")


def test_every_vector_is_of_a_kind_that_some_test_reads() -> None:
    assert {vector["kind"] for vector in FILE["vectors"]} == {*KINDS, "reports"}
