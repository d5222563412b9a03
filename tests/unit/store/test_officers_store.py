"""Officers in SQL: within the rights of the web workers, and of two who use one invitation one gets in."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, insert, text, update
from sqlalchemy.exc import ProgrammingError

from exchange.handover import Passkey
from exchange.store import officers as stored
from exchange.store.officers import Invited
from exchange.store.passkeys import BORROWERS, OFFICERS
from exchange.store.roles import grant_roles
from exchange.store.tables.member import member
from schema.vocabulary.scope import Scope

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
SOON = NOW + timedelta(hours=72)
LI, WANG = UUID(int=7), UUID(int=8)
INVITED = Invited(b"d" * 32, SOON)


@pytest.fixture
def two_officers(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(member).values(
                member_id="audit-office", name="Audit Office", member_class="REGULATOR", licence="L", status="ACTIVE",
                contribution_level="INQUIRY_ONLY", scopes=["audit:open", "audit:read"], jwks={}, registered_at=NOW,
            )
        )  # fmt: skip
        for officer_id, name in ((LI, "Li"), (WANG, "Wang")):
            scopes = [Scope.AUDIT_READ]
            stored.insert_officer(connection, officer_id, "audit-office", name, scopes, "en", INVITED, NOW)


@pytest.fixture
def as_web(engine: Engine, two_officers: None) -> Iterator[Connection]:
    """A transaction as the web workers' role."""
    with engine.begin() as connection:
        connection.execute(text('CREATE ROLE "test-officers"'))
        connection.execute(text('CREATE ROLE "test-officers-integrator"'))
        grant_roles(connection, "test-officers", "test-officers-integrator")
        connection.execute(text('SET LOCAL ROLE "test-officers"'))
        yield connection
        connection.rollback()


def a_passkey(credential_id: bytes = b"c1", sign_count: int = 0, holder: UUID = LI) -> Passkey:
    return Passkey(credential_id, holder, b"cose", sign_count, "Key", ("usb",), NOW, None, uuid4())


def test_the_web_workers_may_do_what_signing_in_takes(as_web: Connection) -> None:
    assert dict(stored.pending_invitations(as_web, NOW)) == {LI: INVITED.digest, WANG: INVITED.digest}
    stored.lock_officer(as_web, LI)
    assert stored.spend_invitation(as_web, LI, INVITED.digest, "zh-Hans", NOW)
    assert not stored.spend_invitation(as_web, LI, INVITED.digest, "zh-Hans", NOW)
    assert [officer_id for officer_id, _ in stored.pending_invitations(as_web, NOW)] == [WANG]
    kept = a_passkey()
    assert OFFICERS.add(as_web, kept)
    assert OFFICERS.find(as_web, b"c1") == kept
    assert BORROWERS.find(as_web, b"c1") is None
    assert OFFICERS.list(as_web, LI) == [kept]
    assert OFFICERS.list(as_web, WANG) == []
    assert OFFICERS.count_use(as_web, b"c1", 1, NOW)
    assert not OFFICERS.count_use(as_web, b"c1", 1, NOW)
    assert not OFFICERS.rename(as_web, WANG, b"c1", "Mine")
    assert OFFICERS.rename(as_web, LI, b"c1", "New")
    known = stored.find_officer(as_web, LI)
    assert known is not None
    assert (known.passkeys, known.language, known.invitation_ends_at) == (1, "zh-Hans", None)
    assert not OFFICERS.remove(as_web, WANG, b"c1")
    assert OFFICERS.remove(as_web, LI, b"c1")


@pytest.mark.parametrize(
    "act",
    [
        lambda connection: stored.end_officer(connection, LI, NOW),
        lambda connection: stored.insert_officer(connection, uuid4(), "audit-office", "X", [], "en", INVITED, NOW),
        lambda connection: connection.execute(text("UPDATE officer SET scopes = '{}'")),
        lambda connection: connection.execute(text("UPDATE officer SET ended_at = NULL")),
        lambda connection: connection.execute(text("DELETE FROM officer")),
    ],
    ids=["end", "add", "scopes", "readmit", "delete"],
)
def test_the_web_workers_may_not_do_what_is_the_operators(
    as_web: Connection, act: Callable[[Connection], object]
) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        act(as_web)


def test_of_many_who_use_one_invitation_at_once_one_gets_in(engine: Engine, two_officers: None) -> None:
    def alone(_number: int) -> bool:
        with engine.begin() as connection:
            return stored.spend_invitation(connection, LI, INVITED.digest, "en", NOW)

    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(alone, range(8)))
    assert got.count(True) == 1


def test_an_invitation_ends(engine: Engine, two_officers: None) -> None:
    with engine.begin() as connection:
        assert stored.pending_invitations(connection, SOON) == []
        assert not stored.spend_invitation(connection, LI, INVITED.digest, "en", SOON)
        assert stored.end_officer(connection, WANG, NOW)
        assert not stored.end_officer(connection, WANG, NOW)
        assert [officer_id for officer_id, _ in stored.pending_invitations(connection, NOW)] == [LI]


@pytest.mark.parametrize(
    "values",
    [{"status": "SUSPENDED"}, {"status": "REMOVED"}, {"member_class": "BANK"}, {"scopes": ["audit:open"]}],
    ids=["suspended", "removed", "no regulator", "without the scope"],
)
def test_an_officer_stands_no_better_than_their_authority(
    engine: Engine, two_officers: None, values: dict[str, object]
) -> None:
    with engine.begin() as connection:
        before = stored.find_officer(connection, LI)
        connection.execute(update(member).values(values))
        after = stored.find_officer(connection, LI)
    assert before is not None
    assert before.admitted
    assert after is not None
    assert not after.admitted


def test_inviting_again_takes_the_passkeys_away(engine: Engine, two_officers: None) -> None:
    with engine.begin() as connection:
        OFFICERS.add(connection, a_passkey())
        OFFICERS.add(connection, a_passkey(b"c2", holder=WANG))
        stored.invite_officer(connection, LI, Invited(b"e" * 32, SOON))
        assert OFFICERS.list(connection, LI) == []
        assert len(OFFICERS.list(connection, WANG)) == 1
        assert dict(stored.pending_invitations(connection, NOW)) == {LI: b"e" * 32, WANG: INVITED.digest}
