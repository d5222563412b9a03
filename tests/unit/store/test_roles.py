from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from exchange.store.roles import grant_roles
from exchange.store.tables import metadata

WEB, INTEGRATOR = "test-web", "test-integrator"
LOG = [name for name in metadata.tables if name.startswith("log_")]
FROZEN_FOR_WEB = ["inquiry", "consent_move", "account_version", "member", "erasure", *LOG]


@pytest.fixture
def connection(shared_engine: Engine) -> Iterator[Connection]:
    """A transaction in which both roles exist and have their rights; undone at the end."""
    with shared_engine.connect() as connection, connection.begin() as transaction:
        for role in (WEB, INTEGRATOR):
            connection.execute(text(f'CREATE ROLE "{role}"'))
        grant_roles(connection, WEB, INTEGRATOR)
        yield connection
        transaction.rollback()


def may(connection: Connection, role: str, statement: str) -> bool:
    """Whether the database lets this role run the statement."""
    with connection.begin_nested() as attempt:
        connection.execute(text(f'SET LOCAL ROLE "{role}"'))
        try:
            connection.execute(text(statement))
        except ProgrammingError as error:
            assert "permission denied" in str(error)
            return False
        finally:
            attempt.rollback()
    return True


@pytest.mark.parametrize("table", FROZEN_FOR_WEB)
def test_the_web_role_changes_and_deletes_nothing_that_is_frozen(connection: Connection, table: str) -> None:
    column = next(iter(metadata.tables[table].columns)).name
    assert may(connection, WEB, f"SELECT 1 FROM {table}")
    assert not may(connection, WEB, f"UPDATE {table} SET {column} = {column}")
    assert not may(connection, WEB, f"DELETE FROM {table}")
    assert not may(connection, WEB, f"TRUNCATE {table} CASCADE")


REMOVABLE = {"submission_fault", "passkey", "totp", "recovery_code", "officer_passkey", "saved_search"}


@pytest.mark.parametrize("table", sorted(set(metadata.tables) - REMOVABLE))
def test_the_web_role_deletes_nothing_else(connection: Connection, table: str) -> None:
    assert not may(connection, WEB, f"DELETE FROM {table}")


def test_the_web_role_moves_the_counters_of_a_consent_and_not_its_text(connection: Connection) -> None:
    assert may(connection, WEB, "UPDATE consent SET state = 'PAUSED', uses = 1, window_uses = 1")
    assert may(connection, WEB, "SELECT uses FROM consent FOR UPDATE")
    for column in ("artefact", "signatures", "purpose", "recipient", "expires_at"):
        assert not may(connection, WEB, f"UPDATE consent SET {column} = {column}")


def test_the_web_role_counts_entries_and_replaces_current_records_under_the_same_key(connection: Connection) -> None:
    assert may(connection, WEB, "UPDATE subject_sequence SET last = 1")
    assert may(connection, WEB, "UPDATE account SET balance_minor = 1")
    assert not may(connection, WEB, "UPDATE account SET account_key = account_key")
    assert not may(connection, WEB, "UPDATE subject_key SET wrapped = wrapped")


def test_only_the_integrator_sequences_the_log(connection: Connection) -> None:
    for table in ("log_leaf", "log_tile", "log_checkpoint", "log_integrator"):
        assert not may(connection, WEB, f"INSERT INTO {table} SELECT * FROM {table}")
        assert may(connection, INTEGRATOR, f"INSERT INTO {table} SELECT * FROM {table} WHERE false")
    assert may(connection, INTEGRATOR, "SELECT 1 FROM log_integrator FOR UPDATE SKIP LOCKED")
    assert may(connection, INTEGRATOR, "UPDATE log_tile SET width = width, hashes = hashes")
    assert may(connection, INTEGRATOR, "DELETE FROM log_pending")


def test_the_integrator_reads_no_borrower_and_rewrites_no_leaf(connection: Connection) -> None:
    for table in ("subject", "account", "inquiry", "consent", "subject_key", "log_opening"):
        assert not may(connection, INTEGRATOR, f"SELECT 1 FROM {table}")
    for table in ("log_leaf", "log_checkpoint"):
        assert not may(connection, INTEGRATOR, f"DELETE FROM {table}")
        assert not may(connection, INTEGRATOR, f"UPDATE {table} SET {next(iter(metadata.tables[table].c)).name} = NULL")


def test_granting_again_takes_rights_of_an_earlier_time_away(connection: Connection) -> None:
    connection.execute(text(f'GRANT DELETE ON inquiry TO "{WEB}"'))
    assert may(connection, WEB, "DELETE FROM inquiry")
    grant_roles(connection, WEB, INTEGRATOR)
    assert not may(connection, WEB, "DELETE FROM inquiry")


def test_the_web_role_adds_members_only_where_registration_is_open(connection: Connection) -> None:
    statement = (
        "INSERT INTO member (member_id, name, member_class, licence, status, contribution_level, scopes, jwks, "
        "registered_at) VALUES ('m', 'M', 'BANK', 'L', 'ACTIVE', 'FULL', '{}', '{}', now())"
    )
    assert not may(connection, WEB, statement)
    grant_roles(connection, WEB, INTEGRATOR, registration_open=True)
    assert may(connection, WEB, statement)
    assert not may(connection, WEB, "UPDATE member SET status = 'ACTIVE'")


def test_the_web_role_takes_a_key_and_answers_it_and_the_integrator_clears_it(connection: Connection) -> None:
    assert may(connection, WEB, "INSERT INTO idempotent_request SELECT * FROM idempotent_request")
    assert may(connection, WEB, "UPDATE idempotent_request SET started_at = now(), status = 200, answer = ''")
    assert may(connection, WEB, "UPDATE idempotent_request SET leaves = '{}'")
    for column in ("member_id", "key_digest", "request_digest", "expires_at"):
        assert not may(connection, WEB, f"UPDATE idempotent_request SET {column} = {column}")
    assert may(connection, INTEGRATOR, "DELETE FROM idempotent_request")


def test_the_web_role_keeps_documents_and_changes_none(connection: Connection) -> None:
    assert may(connection, WEB, "INSERT INTO kept_document SELECT * FROM kept_document")
    assert not may(connection, WEB, "UPDATE kept_document SET trusted = true")
    assert not may(connection, INTEGRATOR, "SELECT 1 FROM kept_document")


def test_the_web_role_leases_points_of_a_budget_and_does_not_set_it(connection: Connection) -> None:
    assert may(connection, WEB, "SELECT 1 FROM member_budget FOR UPDATE")
    assert may(connection, WEB, "UPDATE member_budget SET leased = 1, window_started_at = now()")
    assert not may(connection, WEB, "UPDATE member_budget SET points_max = 1")


def test_the_web_role_notes_a_wanted_erasure_and_carries_none_out(connection: Connection) -> None:
    assert may(connection, WEB, "UPDATE erasure_request SET taken_back_at = now()")
    assert not may(connection, WEB, "UPDATE erasure_request SET begun_at = now()")
    for table in ("erasure_request", "account", "subject_identifier", "inquiry", "dispute", "statement"):
        assert not may(connection, WEB, f"DELETE FROM {table}")
