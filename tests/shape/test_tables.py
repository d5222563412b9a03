"""The shape of the tables: the rules that let the same schema run on one machine or be sharded by borrower."""

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, Index, Table, UniqueConstraint, text

from exchange.store.migrate import MIGRATIONS
from exchange.store.tables import metadata

SHARD_KEY = "subject_key"

REFERENCE = {"member"}
LOOK_UP = {
    "subject_identifier": "bidx",
    "account_identifier": "bidx",
    "passkey": "credential_id",
    "web_session": "digest",
    "authorization_code": "digest",
    "refresh_token": "digest",
}
LOG = {"log_pending", "log_leaf", "log_event", "log_tile", "log_checkpoint", "log_integrator"}
OF_MEMBERS = {
    "one_time", "revoked_token", "submission", "submission_fault", "submission_mapping", "pushed_request",
    "attempt_limit", "member_version", "member_quality", "mandate", "mandate_evaluation", "member_budget",
    "kept_document", "idempotent_request", "webhook",
}  # fmt: skip
OF_THE_OPERATOR = {"retention_run", "notice_cursor"}
OF_OFFICERS = {"officer", "officer_passkey", "opening_request", "saved_search", "log_export"}
GUESTS = {
    "erasure": "subject",
    **dict.fromkeys(("one_time", "revoked_token"), "member"),
    **dict.fromkeys(("enrolment", "passkey", "totp", "recovery_code", "web_session", "attempt_limit"), "sign_in"),
    **dict.fromkeys(OF_OFFICERS, "officer"),
    **dict.fromkeys(("pushed_request", "refresh_token"), "authorization"),
    **dict.fromkeys(("member_budget", "kept_document", "idempotent_request"), "member_request"),
    "lawful_ground": "lawful_ground",
    "public_record": "public_record",
    "account_mandate": "mandate",
    **dict.fromkeys(
        ("contact_clearance", "contact_wish", "contact_breach", "contact_reply", "contact_source"), "contact"
    ),
    "mandate_evaluation": "mandate",
    **dict.fromkeys(("borrower_message", "notice_cursor", "delinquent_elsewhere"), "outbox"),
    "plan_reply": "repayment",
    "review_request": "assessment",
    "running_clock": "running_clock",
    **dict.fromkeys(("statement", "unrecognised_look", "representative"), "borrower_words"),
}
OF_BORROWERS = set(metadata.tables) - REFERENCE - set(LOOK_UP) - LOG - OF_MEMBERS - OF_OFFICERS - OF_THE_OPERATOR

TABLES = Path(__file__).parents[2] / "exchange" / "store" / "tables"
STEPS = sorted((MIGRATIONS / "versions").glob("*.py"))


def shard_key(table: Table) -> str:
    return LOOK_UP.get(table.name, SHARD_KEY)


def of_borrowers() -> list[Table]:
    return [metadata.tables[name] for name in sorted(OF_BORROWERS | set(LOOK_UP))]


def test_every_table_named_here_exists() -> None:
    assert REFERENCE | set(LOOK_UP) | LOG | OF_MEMBERS | OF_OFFICERS | OF_THE_OPERATOR <= set(metadata.tables)


@pytest.mark.parametrize("table", of_borrowers(), ids=str)
def test_the_primary_key_starts_with_the_shard_key(table: Table) -> None:
    assert table.primary_key.columns.keys()[0] == shard_key(table)


@pytest.mark.parametrize("table", of_borrowers(), ids=str)
def test_everything_unique_holds_the_shard_key(table: Table) -> None:
    unique = [c for c in table.constraints if isinstance(c, UniqueConstraint)] + [i for i in table.indexes if i.unique]
    without = [one.name for one in unique if shard_key(table) not in one.columns]
    assert without == []


@pytest.mark.parametrize("name", sorted(REFERENCE | LOG | OF_MEMBERS | OF_OFFICERS | OF_THE_OPERATOR))
def test_a_table_without_a_borrower_holds_no_shard_key(name: str) -> None:
    assert SHARD_KEY not in metadata.tables[name].columns


@pytest.mark.parametrize("table", of_borrowers(), ids=str)
def test_a_foreign_key_stays_with_the_borrower_or_points_to_a_reference_table(table: Table) -> None:
    for foreign in table.foreign_key_constraints:
        referred = foreign.referred_table.name
        with_borrower = foreign.column_keys[0] == SHARD_KEY and foreign.elements[0].column.name == SHARD_KEY
        assert referred in REFERENCE or (referred in OF_BORROWERS and with_borrower), foreign.name


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_no_table_without_a_borrower_points_to_one_with(table: Table) -> None:
    if table.name not in OF_BORROWERS:
        assert {foreign.referred_table.name for foreign in table.foreign_key_constraints}.isdisjoint(OF_BORROWERS)


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_a_table_is_one_noun_in_the_singular_in_the_file_of_that_noun(table: Table) -> None:
    (written_in,) = [path.stem for path in TABLES.glob("*.py") if f'Table(\n    "{table.name}",' in path.read_text()]
    assert written_in == GUESTS.get(table.name, table.name.split("_")[0])
    assert not table.name.endswith("s")


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_every_constraint_and_index_has_a_name_that_the_database_keeps(table: Table) -> None:
    names = [one.name for one in [*table.constraints, *table.indexes] if isinstance(one, Index) or one.name]
    assert all(name and len(name) <= 63 for name in names)


def test_migrations_are_numbered_without_gaps() -> None:
    numbers = [path.name[:4] for path in STEPS]
    assert numbers == [f"{n:04}" for n in range(1, len(STEPS) + 1)]
    for before, path in zip([None, *numbers], STEPS, strict=False):
        assert stated(path, "revision") == path.name[:4]
        assert stated(path, "down_revision") == before


@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_a_migration_waits_and_runs_only_shortly(path: Path) -> None:
    written = path.read_text()
    assert "SET LOCAL lock_timeout" in written
    assert "SET LOCAL statement_timeout" in written


@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_a_migration_makes_no_trigger(path: Path) -> None:
    assert not re.search(r"\bTRIGGER\b", path.read_text(), re.IGNORECASE)


def test_the_migrated_database_has_no_trigger_of_ours(shared_engine: Engine) -> None:
    with shared_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")) == 0


def stated(path: Path, name: str) -> object:
    """The value that a migration file gives to a name at its top level."""
    for line in ast.parse(path.read_text()).body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) and line.targets[0].id == name:
            return ast.literal_eval(line.value)
    raise AssertionError(f"{path.name} does not state {name}")
