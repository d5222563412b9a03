"""The operator adds, invites again and ends officers; an authority's own client uses GraphQL."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from click.testing import CliRunner
from factories import ALICE, AUDITING, Exchange
from software_authenticator import SoftwareAuthenticator
from sqlalchemy import select, update

from exchange.cli import main
from exchange.errors import BadRequest, Overloaded
from exchange.handover import Borrower
from exchange.identity.attempt_limits import AttemptLimits
from exchange.identity.invitation_code import digest_of_code
from exchange.journeys.manage_members import change_member_status
from exchange.journeys.officer_passkeys import (
    finish_officer_passkey,
    list_officer_passkeys,
    remove_officer_passkey,
    start_officer_passkey,
)
from exchange.journeys.officer_sign_in import (
    finish_enrolment,
    finish_officer_sign_in,
    present_officer,
    start_enrolment,
    start_officer_sign_in,
)
from exchange.journeys.officers import Invitation, add_officer, end_officer, invite_again, list_officers
from exchange.journeys.passkeys_of import assert_passkey, options_to_sign
from exchange.journeys.sign_in import SignedIn, Visitor
from exchange.journeys.sign_in_methods import finish_passkey, start_passkey
from exchange.store.attempts import SqlAttempts
from exchange.store.passkeys import BORROWERS, OFFICERS
from exchange.store.tables.log import log_opening
from exchange.store.tables.member import member
from exchange.store.tables.officer import officer, officer_passkey
from exchange.store.tables.sign_in import attempt_limit, web_session
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import Scope

SOURCE = Visitor(None, "Firefox, Linux", "192.0.2.7")


def acts_of_officers(exchange: Exchange) -> list[Mapping[str, Any]]:
    """What the log says of officers. The clock stands still, so the order says nothing: they are sorted by act."""
    with exchange.engine.connect() as connection:
        rows = connection.execute(select(log_opening.c.entry_id, log_opening.c.service_opening)).all()
    cipher = exchange.services.keys.log_cipher()
    opened = [orjson.loads(cipher.unseal_opening(entry, blob))["fields"] for entry, blob in rows]
    about_officers = [fields for fields in opened if fields["act"].startswith("officer_")]
    return sorted(about_officers, key=lambda fields: str(fields["act"]))


def names_of_acts(exchange: Exchange) -> list[str]:
    return [fields["act"] for fields in acts_of_officers(exchange)]


def enrol(exchange: Exchange, code: str, authenticator: SoftwareAuthenticator) -> SignedIn:
    challenge, options = start_enrolment(exchange.services, SOURCE, code)
    made = authenticator.register(options)
    return finish_enrolment(exchange.services, SOURCE, code, challenge, made, "My key", "zh-Hans")


def an_authenticator(exchange: Exchange) -> SoftwareAuthenticator:
    return SoftwareAuthenticator(exchange.settings.issuer, "127.0.0.1")


def invite(exchange: Exchange, scopes: frozenset[Scope] = AUDITING) -> Invitation:
    exchange.authority()
    return add_officer(exchange.services, "audit-office", "Li Na", scopes, "operator")


# --- adding, inviting, ending --------------------------------------------------------------------------------------


def test_an_officer_is_added_and_the_code_is_not_kept(exchange: Exchange) -> None:
    invitation = invite(exchange, frozenset({Scope.AUDIT_READ}))
    with exchange.engine.connect() as connection:
        row = connection.execute(select(officer)).one()
    assert row.invitation == digest_of_code(invitation.code)
    assert row.invitation_ends_at == exchange.clock.now() + timedelta(hours=72) == invitation.ends_at
    assert (row.member_id, row.scopes, row.ended_at) == ("audit-office", ["audit:read"], None)
    (logged,) = acts_of_officers(exchange)
    about = {"member": "audit-office", "officer": str(invitation.officer_id), "actor": "operator"}
    assert logged == {"act": "officer_added", "scopes": ["audit:read"], **about}
    assert invitation.code not in str(row)
    assert "Li" not in json.dumps(logged)


@pytest.mark.parametrize(
    ("authority", "name", "scopes", "sentences"),
    [
        ("harbour-bank", "Li", {Scope.AUDIT_READ}, ["staff of a lender or an agency can hold"]),
        ("audit-office", " \n", {Scope.AUDIT_READ}, ["1 to 100 characters"]),
        ("audit-office", "L" * 101, {Scope.AUDIT_READ}, ["1 to 100 characters"]),
        ("audit-office", "Li", set(), ["can hold audit:open, audit:read"]),
        ("audit-office", "Li", {Scope.CREDIT_READ}, ["can hold audit:open, audit:read"]),
        ("read-only", "Li", set(AUDITING), ["does not hold audit:open"]),
        ("harbour-bank", "Li", {Scope.DISPUTE_ANSWER}, ["does not hold dispute:answer"]),
        ("harbour-bank", "", {Scope.CREDIT_READ}, ["1 to 100", "can hold collection:write"]),
    ],
    ids=[
        "a bank",
        "no name",
        "long name",
        "no scope",
        "no audit scope",
        "more than its authority",
        "more than its bank",
        "all at once",
    ],
)
def test_what_is_no_officer_is_refused_with_every_fault(
    exchange: Exchange, authority: str, name: str, scopes: set[Scope], sentences: list[str]
) -> None:
    exchange.bank()
    exchange.authority()
    exchange.authority("read-only", scopes=frozenset({Scope.AUDIT_READ, Scope.CREDIT_READ}))
    with pytest.raises(BadRequest) as refused:
        add_officer(exchange.services, authority, name, scopes, "operator")
    assert refused.value.stable_code == "OFFICER_NOT_VALID"
    assert all(sentence in refused.value.sentence for sentence in sentences)
    assert list_officers(exchange.services) == []
    assert acts_of_officers(exchange) == []


@pytest.mark.parametrize("status", [MemberStatus.SUSPENDED, MemberStatus.REMOVED])
def test_an_authority_that_is_not_active_gets_no_officer(exchange: Exchange, status: MemberStatus) -> None:
    exchange.authority()
    change_member_status(exchange.services, "audit-office", status, "operator")
    with pytest.raises(BadRequest, match="not active"):
        add_officer(exchange.services, "audit-office", "Li", AUDITING, "operator")
    with pytest.raises(BadRequest) as refused:
        add_officer(exchange.services, "nobody", "Li", AUDITING, "operator")
    assert refused.value.stable_code == "MEMBER_UNKNOWN"
    assert list_officers(exchange.services) == []


def test_an_officer_who_is_invited_again_begins_anew(exchange: Exchange) -> None:
    li, wang = exchange.officer(), exchange.officer("Wang Fang")
    again = invite_again(exchange.services, li.officer.officer_id, "operator")
    assert list_officer_passkeys(exchange.services, li.officer) == []
    assert len(list_officer_passkeys(exchange.services, wang.officer)) == 1
    with exchange.engine.connect() as connection:
        going = connection.execute(select(web_session.c.officer_id).where(~web_session.c.revoked)).scalars().all()
    assert going == [wang.officer.officer_id]
    challenge, options = start_officer_sign_in(exchange.services)
    with pytest.raises(BadRequest, match="do not know this passkey"):
        finish_officer_sign_in(exchange.services, SOURCE, challenge, li.authenticator.sign_in(options))
    enrol(exchange, again.code, an_authenticator(exchange))
    assert names_of_acts(exchange) == ["officer_added"] * 2 + ["officer_invited"] + ["officer_passkey_added"] * 3


def test_a_newer_code_takes_the_place_of_an_older(exchange: Exchange) -> None:
    first = invite(exchange)
    second = invite_again(exchange.services, first.officer_id, "operator")
    with pytest.raises(BadRequest, match="not right"):
        start_enrolment(exchange.services, SOURCE, first.code)
    enrol(exchange, second.code, an_authenticator(exchange))


def test_an_officer_is_ended_once_and_for_good(exchange: Exchange) -> None:
    li = exchange.officer()
    end_officer(exchange.services, li.officer.officer_id, "operator")
    about = {"member": "audit-office", "officer": str(li.officer.officer_id), "actor": "operator"}
    assert {"act": "officer_ended", **about} in acts_of_officers(exchange)
    challenge, options = start_officer_sign_in(exchange.services)
    with pytest.raises(BadRequest) as refused:
        finish_officer_sign_in(exchange.services, SOURCE, challenge, li.authenticator.sign_in(options))
    assert refused.value.stable_code == "OFFICER_NOT_ADMITTED"
    for act in (end_officer, invite_again):
        with pytest.raises(BadRequest) as refused:
            act(exchange.services, li.officer.officer_id, "operator")
        assert refused.value.stable_code == "OFFICER_ENDED"
        with pytest.raises(BadRequest) as refused:
            act(exchange.services, uuid4(), "operator")
        assert refused.value.stable_code == "OFFICER_NOT_FOUND"
    assert names_of_acts(exchange).count("officer_ended") == 1


def test_an_invitation_of_somebody_who_was_ended_is_worth_nothing(exchange: Exchange) -> None:
    invitation = invite(exchange)
    end_officer(exchange.services, invitation.officer_id, "operator")
    with pytest.raises(BadRequest, match="not right"):
        start_enrolment(exchange.services, SOURCE, invitation.code)


# --- the first passkey ---------------------------------------------------------------------------------------------


def test_the_first_passkey_is_kept_with_its_log_entry(exchange: Exchange) -> None:
    invitation, authenticator = invite(exchange), an_authenticator(exchange)
    signed_in = enrol(exchange, invitation.code, authenticator)
    assert authenticator.user_handle == invitation.officer_id.bytes
    with exchange.engine.connect() as connection:
        kept = connection.execute(select(officer_passkey)).one()
        row = connection.execute(select(officer)).one()
        blob = connection.execute(
            select(log_opening.c.service_opening).where(log_opening.c.entry_id == kept.entry_id)
        ).scalar_one()
    fields = orjson.loads(exchange.services.keys.log_cipher().unseal_opening(kept.entry_id, blob))["fields"]
    assert (fields["act"], fields["officer"], fields["actor"]) == (
        "officer_passkey_added", str(invitation.officer_id), "officer",
    )  # fmt: skip
    assert len(fields["key"]) == 43
    assert (row.invitation, row.invitation_ends_at, row.language) == (None, None, "zh-Hans")
    present = present_officer(exchange.services, signed_in.session)
    assert present is not None
    assert (present.name, present.scopes, present.language) == ("Li Na", AUDITING, "zh-Hans")


def test_an_invitation_works_once(exchange: Exchange) -> None:
    invitation = invite(exchange)
    first, second = an_authenticator(exchange), an_authenticator(exchange)
    challenge, options = start_enrolment(exchange.services, SOURCE, invitation.code)
    enrol(exchange, invitation.code, first)
    made = second.register(options)
    with pytest.raises(BadRequest, match="not right"):
        finish_enrolment(exchange.services, SOURCE, invitation.code, challenge, made, "", "en")
    with exchange.engine.connect() as connection:
        assert connection.execute(select(officer_passkey.c.credential_id)).scalars().all() == [first.credential_id]
        assert len(connection.execute(select(web_session.c.digest)).all()) == 1


def test_an_invitation_ends_after_its_hours(exchange: Exchange) -> None:
    invitation = invite(exchange)
    challenge, options = start_enrolment(exchange.services, SOURCE, invitation.code)
    made = an_authenticator(exchange).register(options)
    exchange.clock.instant += timedelta(hours=72)
    with pytest.raises(BadRequest, match="has ended"):
        finish_enrolment(exchange.services, SOURCE, invitation.code, challenge, made, "", "en")
    with pytest.raises(BadRequest, match="has ended"):
        start_enrolment(exchange.services, SOURCE, invitation.code)
    with exchange.engine.connect() as connection:
        assert connection.execute(select(officer_passkey)).all() == []


def test_a_faulty_passkey_does_not_use_the_invitation_up(exchange: Exchange) -> None:
    invitation, framed = invite(exchange), an_authenticator(exchange)
    framed.cross_origin = True
    with pytest.raises(BadRequest, match="did not work"):
        enrol(exchange, invitation.code, framed)
    assert names_of_acts(exchange) == ["officer_added"]
    enrol(exchange, invitation.code, an_authenticator(exchange))


def test_an_authority_that_was_suspended_meanwhile_brings_nobody_in(exchange: Exchange) -> None:
    invitation = invite(exchange)
    change_member_status(exchange.services, "audit-office", MemberStatus.SUSPENDED, "operator")
    with pytest.raises(BadRequest, match="not right"):
        start_enrolment(exchange.services, SOURCE, invitation.code)
    change_member_status(exchange.services, "audit-office", MemberStatus.ACTIVE, "operator")
    enrol(exchange, invitation.code, an_authenticator(exchange))


def test_guessing_stops_at_the_limit_and_the_right_code_no_longer_helps(exchange: Exchange) -> None:
    invitation = invite(exchange)
    settings = replace(exchange.settings, attempts_per_source_max=3)
    limits = AttemptLimits(SqlAttempts(exchange.engine), b"secret of this test", settings)
    services = replace(exchange.services, limits=limits)
    for guess in ("", "0000", "0" * 32):
        with pytest.raises(BadRequest) as refused:
            start_enrolment(services, SOURCE, guess)
        assert refused.value.stable_code == "INVITATION_NOT_VALID"
    with pytest.raises(Overloaded):
        start_enrolment(services, SOURCE, invitation.code)
    start_enrolment(services, replace(SOURCE, source="192.0.2.8"), invitation.code)
    with exchange.engine.connect() as connection:
        assert len(connection.execute(select(attempt_limit)).all()) == 2


def test_two_removals_at_once_leave_one_passkey(exchange: Exchange) -> None:
    li, second = exchange.officer(), an_authenticator(exchange)
    challenge, options = start_officer_passkey(exchange.services, li.officer)
    finish_officer_passkey(exchange.services, li.officer, challenge, second.register(options), "Second")

    def remove(credential_id: bytes) -> str:
        try:
            remove_officer_passkey(exchange.services, li.officer, credential_id)
        except BadRequest as refused:
            return refused.stable_code
        return "REMOVED"

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(remove, [li.authenticator.credential_id, second.credential_id]))
    assert sorted(done) == ["LAST_WAY_IN", "REMOVED"]
    assert len(list_officer_passkeys(exchange.services, li.officer)) == 1
    assert names_of_acts(exchange).count("officer_passkey_removed") == 1


def test_of_two_who_use_one_code_at_once_one_gets_in(exchange: Exchange) -> None:
    invitation = invite(exchange)

    def try_it(_number: int) -> bool:
        try:
            enrol(exchange, invitation.code, an_authenticator(exchange))
        except BadRequest:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(try_it, range(4))).count(True) == 1
    with exchange.engine.connect() as connection:
        assert len(connection.execute(select(officer_passkey)).all()) == 1
    assert names_of_acts(exchange) == ["officer_added", "officer_passkey_added"]


# --- borrowers and officers are apart ------------------------------------------------------------------------------


def test_a_borrowers_passkey_is_no_officers_and_the_other_way_round(exchange: Exchange) -> None:
    alice, li = exchange.borrower_signed_in(exchange.borrower(ALICE)), exchange.officer()
    challenge = b"c" * 32
    for kept, authenticator in ((BORROWERS, li.authenticator), (OFFICERS, alice.authenticator)):
        response = authenticator.assert_challenge(challenge)
        with exchange.services.transaction() as connection, pytest.raises(BadRequest, match="do not know"):
            assert_passkey(exchange.services, connection, kept, None, challenge, response)
    # Even where somebody has made both on one device, the handles differ.
    li.authenticator.user_handle = alice.borrower.subject_key.bytes
    with exchange.services.transaction() as connection, pytest.raises(BadRequest, match="did not work"):
        assert_passkey(
            exchange.services, connection, OFFICERS, None, challenge, li.authenticator.assert_challenge(challenge)
        )


def test_only_the_officer_meant_can_sign_what_one_officer_is_asked(exchange: Exchange) -> None:
    li, wang = exchange.officer(), exchange.officer("Wang Fang")
    digest = b"d" * 32
    allowed = options_to_sign(exchange.services, li.officer, digest)["allowCredentials"]
    assert len(allowed) == 1
    with exchange.services.transaction() as connection, pytest.raises(BadRequest, match="do not know"):
        response = wang.authenticator.assert_challenge(digest)
        assert_passkey(exchange.services, connection, OFFICERS, li.officer.officer_id, digest, response)
    with exchange.services.transaction() as connection:
        response = li.authenticator.assert_challenge(digest)
        passkey, _ = assert_passkey(exchange.services, connection, OFFICERS, li.officer.officer_id, digest, response)
    assert passkey.user_handle == li.officer.officer_id


def test_an_officers_credential_can_also_be_nobodys_second_one(exchange: Exchange) -> None:
    """One credential id in both tables opens each door only with the key that was registered there."""
    alice, li = exchange.borrower_signed_in(exchange.borrower(ALICE)), exchange.officer()
    twin = an_authenticator(exchange)
    twin.credential_id = li.authenticator.credential_id
    person = Borrower(alice.borrower.subject_key, b"", "PASSKEY", "en")
    challenge, options = start_passkey(exchange.services, person)
    finish_passkey(exchange.services, person, challenge, twin.register(options), "Twin")
    with exchange.services.transaction() as connection, pytest.raises(BadRequest, match="did not work"):
        assert_passkey(exchange.services, connection, OFFICERS, None, challenge, twin.assert_challenge(challenge))


# --- the session stands as the officer stands ----------------------------------------------------------------------


def change_member(values: dict[str, Any]) -> Callable[[Exchange, UUID], None]:
    def change(exchange: Exchange, _officer_id: UUID) -> None:
        with exchange.engine.begin() as connection:
            connection.execute(update(member).values(values))

    return change


def change_scopes(exchange: Exchange, officer_id: UUID) -> None:
    with exchange.engine.begin() as connection:
        connection.execute(update(officer).where(officer.c.officer_id == officer_id).values(scopes=["audit:read"]))


@pytest.mark.parametrize(
    "change",
    [
        lambda exchange, officer_id: end_officer(exchange.services, officer_id, "operator"),
        change_scopes,
        change_member({"status": "SUSPENDED"}),
        change_member({"status": "REMOVED"}),
        change_member({"scopes": ["audit:read"]}),
    ],
    ids=["ended", "scopes", "suspended", "removed", "scopes of the authority"],
)
def test_a_session_ends_at_once_when_its_officer_stands_otherwise(
    exchange: Exchange, change: Callable[[Exchange, UUID], None]
) -> None:
    li = exchange.officer()
    assert li.client.get("/audit/security").status_code == 200
    change(exchange, li.officer.officer_id)
    assert li.client.get("/audit/security").status_code == 303
    with exchange.engine.begin() as connection:  # What had been changed is changed back: the session stays ended.
        connection.execute(update(member).values(status="ACTIVE", scopes=sorted(AUDITING)))
        connection.execute(update(officer).values(scopes=sorted(AUDITING), ended_at=None))
    assert li.client.get("/audit/security").status_code == 303


# --- the operator's commands ---------------------------------------------------------------------------------------


def run(exchange: Exchange, *arguments: str) -> Any:
    url = exchange.engine.url.render_as_string(hide_password=False)
    environment = {"OPENBUREAU_HOME": str(exchange.settings.home), "OPENBUREAU_DATABASE_URL": url}
    return CliRunner().invoke(main, ["officer", *arguments], env=environment)


def test_the_operator_adds_lists_invites_and_ends_officers(exchange: Exchange) -> None:
    exchange.authority()
    given = ("add", "audit-office", "--name", "Li Na", "--scope", "audit:read", "--scope", "audit:open")
    added = json.loads(run(exchange, *given, "--json").output)
    listed = json.loads(run(exchange, "list", "audit-office", "--json").output)
    assert (listed["officer_id"], listed["state"], listed["scopes"]) == (
        added["officer_id"], "INVITED", ["audit:open", "audit:read"],
    )  # fmt: skip
    assert "code" not in listed
    again = json.loads(run(exchange, "invite", added["officer_id"], "--json").output)
    assert again["code"] != added["code"]
    assert "has ended" in run(exchange, "end", added["officer_id"]).output
    assert "ENDED" in run(exchange, "list").output
    refused = run(exchange, "invite", added["officer_id"])
    assert (refused.exit_code, "[OFFICER_ENDED]" in refused.output) == (1, True)
    assert names_of_acts(exchange) == ["officer_added", "officer_ended", "officer_invited"]


def test_the_code_is_shown_with_what_to_do(exchange: Exchange) -> None:
    exchange.authority()
    told = run(exchange, "add", "audit-office", "--name", "Li Na", "--scope", "audit:read").output
    assert "/audit/enrol" in told
    assert "shown this once" in told
    refused = run(exchange, "add", "audit-office", "--name", "Li Na", "--scope", "credit:read")
    assert refused.exit_code == 2


# --- the authority's own client ------------------------------------------------------------------------------------


def test_an_authoritys_client_is_given_the_scopes_of_auditing_and_no_others(exchange: Exchange) -> None:
    authority, bank = exchange.authority(), exchange.bank()
    assert authority.fetch_token("audit:read audit:open")
    for member_, scopes in ((authority, "credit:read"), (bank, "audit:read")):
        with pytest.raises(AssertionError, match="invalid_scope"):
            member_.fetch_token(scopes)


def test_an_authority_gets_no_report_without_a_lawful_ground(exchange: Exchange) -> None:
    exchange.borrower(ALICE)
    reader = exchange.authority("curious-office", scopes=AUDITING | {Scope.CREDIT_READ, Scope.DELINQUENCY_READ})
    auditor = exchange.authority()
    for authority, scopes in ((auditor, "audit:read audit:open"), (reader, "audit:read credit:read delinquency:read")):
        authority.fetch_token(scopes)
        for purpose in Purpose:
            answer = authority.ask(ALICE, purpose=purpose, query=QUERY).get_json()
            assert answer["data"] is None or answer["data"]["creditReport"] is None
            assert answer["errors"], purpose


QUERY = """query ($subject: SubjectInput!, $purpose: Purpose!, $consentId: ID, $staff: StaffInput) {
  creditReport(subject: $subject, purpose: $purpose, consentId: $consentId, staff: $staff) {
    accounts(first: 1) { totalCount }
  }
}"""
