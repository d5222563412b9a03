"""The Python client against a real exchange's OAuth endpoints, in one process and without a network.

The GraphQL door is a stand-in that authenticates, spends proofs and signs receipts as the exchange does, and answers
from a script.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, Response, request
from graphql import get_operation_ast, parse, validate
from joserfc.jwk import ECKey, OKPKey
from joserfc.util import urlsafe_b64decode
from openbureau_client import cli, refusals
from openbureau_client.dpop import Prover
from openbureau_client.errors import ReceiptDoesNotMatch
from openbureau_client.report import QUERIES, CreditReport, Money, WholeReport
from openbureau_client.session import Session

from exchange.audit.receipt import HEADER_NAME, ReceiptKey, issue_receipt
from exchange.errors import NotAuthenticated
from exchange.identity import dpop
from exchange.identity.access_token import AccessTokens
from exchange.identity.bearer import Authenticator
from exchange.planning.limits import check_limits
from exchange.settings import Settings
from exchange.web.oauth import oauth_blueprint
from schema.contract import build_contract
from schema.vocabulary.member_class import MemberStatus
from tests.unit.identity.identity_cases import BANK_KEY, GRAPHQL, ISSUER, OTHER_KEY, Exchange, a_member

LEAF = hashlib.sha256(b"leaf").digest()
MONEY = {"minor": 120_000, "currency": "CNY"}
MONTH = {"month": "2026-05-01", "status": "1", "daysPastDue": 12, "pastDue": MONEY}
ACCOUNT = {
    "id": "a1",
    "furnisherClass": "BANK",
    "ownBook": False,
    "ownerRole": "BORROWER",
    "portfolio": "INSTALMENT",
    "product": "CAR_LOAN",
    "state": "OPEN",
    "fiveClass": None,
    "complianceFlag": "NONE",
    "openedOn": "2024-01-31",
    "maturesOn": None,
    "closedOn": None,
    "reportedOn": "2026-05-31",
    "originalAmount": MONEY,
    "creditLimit": None,
    "balance": MONEY,
    "pastDue": MONEY,
    "daysPastDue": 12,
    "history": [MONTH],
}
REPORT = {
    "asOf": "2026-06-01T08:00:00+00:00",
    "subject": None,
    "summary": {
        "accounts": 1,
        "openAccounts": 1,
        "lenders": 1,
        "lendersInArrears": 1,
        "totals": [{"balance": MONEY, "pastDue": MONEY, "creditLimit": None}],
        "oldestOpenedOn": "2024-01-31",
        "lateMonths": 1,
    },
    "accounts": {"nodes": [ACCOUNT], "totalCount": 1},
    "inquiries": {"nodes": [], "totalCount": 0},
    "delinquencies": None,
    "disclosure": {
        "leafHash": "x",
        "basis": "CONSENT",
        "consentId": "c1",
        "consentUse": 2,
        "released": ["ACCOUNTS"],
        "withheld": [{"fieldClass": "IDENTITY", "code": "NOT_COVERED", "sentence": "Not covered.", "rule": None}],
        "rules": ["cn.cir.18"],
        "pack": "cn@1",
    },
}
FROM = {"id": "r1", "furnisherClass": "BANK", "ownBook": False}
PLAN = FROM | {
    "accountIds": ["a1"],
    "planType": "INSTALMENTS",
    "state": "ACTIVE",
    "options": [
        {
            "planType": "INSTALMENTS",
            "instalments": 2,
            "instalment": MONEY,
            "total": MONEY,
            "waived": None,
            "firstDueOn": "2026-06-15",
        }
    ],
    "chosenOption": 0,
    "schedule": [{"dueOn": "2026-06-15", "amount": MONEY, "paid": None}],
    "waived": None,
    "daysPastDueBefore": 40,
    "reportingTreatment": "AS_AGREED",
    "stopCollectionUntil": "2026-07-01",
    "proposedOn": "2026-05-01",
    "answerBy": None,
    "acceptedOn": "2026-05-02",
    "endedOn": None,
}
CONTACT = FROM | {
    "accountIds": ["a1"],
    "agent": "agent-7",
    "stage": "EARLY",
    "channel": "CALL",
    "direction": "OUTBOUND",
    "target": "BORROWER",
    "startedAt": "2026-05-20T10:00:00+08:00",
    "durationSeconds": 95,
    "result": "PROMISE",
    "promised": MONEY,
    "promisedOn": "2026-06-02",
    "promiseKept": None,
    "disclosed": [],
    "borrowerSays": None,
}
WHOLE = REPORT | {
    "publicRecords": {"nodes": [], "totalCount": 0},
    "collectionActions": {"nodes": [CONTACT], "totalCount": 61},
    "repaymentPlans": {"nodes": [PLAN], "totalCount": 1},
    "assessments": None,
}
ASKED = ("RESIDENT_ID", "CN", "110101199003070038", "LOAN_APPROVAL", "c1", "s-7", "Li Wei")


@dataclass
class StandIn:
    """An exchange in this process: real OAuth endpoints, and a GraphQL door that answers from a script."""

    exchange: Exchange = field(default_factory=Exchange)
    answer: Any = field(default_factory=lambda: {"data": {"creditReport": REPORT}})
    status: int = 200
    change: Callable[[bytes], bytes] = field(default=lambda body: body)
    paths: list[str] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)
    signs: bool = True

    def __post_init__(self) -> None:
        self.receipt_key = Ed25519PrivateKey.generate()
        self.app = Flask("stand-in")
        receipt_jwk = OKPKey.import_key(self.receipt_key.public_key()).as_dict(private=False)
        keys = [*self.exchange.tokens.public_keys(), {**receipt_jwk, "kid": "r1", "use": "sig", "alg": "Ed25519"}]
        self.app.register_blueprint(
            oauth_blueprint(self.exchange.server, self.exchange.settings, lambda: keys, lambda code, member_id: None)
        )
        self.app.before_request(lambda: self.paths.append(request.path))
        self.app.post("/graphql")(self._graphql)
        self.app.get("/log/proof/<leaf>")(lambda leaf: Response(f"proof of {leaf}\n"))

    def _graphql(self) -> Response:
        now = self.exchange.now
        try:
            caller = self.exchange.authenticator.authenticate(
                "POST", GRAPHQL, request.headers.get("Authorization"), request.headers.getlist("DPoP"), now
            )
            if not self.exchange.guard.spend(caller.once):
                raise dpop.replayed()
        except NotAuthenticated as refusal:
            error = {"message": refusal.sentence, "extensions": {"code": refusal.stable_code}}
            response = Response(json.dumps({"errors": [error]}), 401)
            response.headers["WWW-Authenticate"] = f'DPoP error="{refusal.oauth_error}"'
        else:
            self.questions.append(request.get_json())
            response = self._answer(caller.member_id)
        response.headers["DPoP-Nonce"] = self.exchange.nonces.current(now)
        return response

    def _answer(self, member_id: str) -> Response:
        body = json.dumps(self.answer).encode()
        response = Response(self.change(body), self.status)
        if self.signs:
            response.headers[HEADER_NAME] = issue_receipt(
                ReceiptKey("r1", self.receipt_key),
                body,
                request_id="q1",
                member=member_id,
                request_digest=hashlib.sha256(request.get_data()).digest(),
                leaves=[LEAF],
                log_origin="openbureau.example/log",
                issued_at=self.exchange.now,
                integrate_by=self.exchange.now,
            )
        return response

    def http(self) -> httpx.Client:
        return httpx.Client(transport=httpx.WSGITransport(app=self.app))

    def session(self, **changes: Any) -> Session:
        values: dict[str, Any] = {
            "issuer": ISSUER,
            "client_id": "bank-a",
            "signing_key": BANK_KEY,
            "key_id": "key-1",
            "scopes": ["credit:read"],
            "http": self.http(),
            "clock": lambda: self.exchange.now.timestamp(),
        }
        return Session(**{**values, **changes})


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def session(stand_in: StandIn) -> Iterator[Session]:
    with stand_in.session() as session:
        yield session


def test_a_report_comes_typed_and_with_a_receipt_that_was_checked(stand_in: StandIn, session: Session) -> None:
    report = session.report(*ASKED)
    assert report.subject is None
    assert report.summary is not None
    assert report.summary.lenders_in_arrears == 1
    assert report.summary.totals is not None
    assert report.summary.totals[0].past_due == Money(120_000, "CNY")
    assert report.accounts is not None
    assert report.accounts.total_count == 1
    account = report.accounts.nodes[0]
    assert account.opened_on == date(2024, 1, 31)
    assert account.history is not None
    assert account.history[0].days_past_due == 12
    assert report.delinquencies is None
    assert report.disclosure.withheld[0].code == "NOT_COVERED"
    assert stand_in.questions[0]["variables"] == {
        "subject": {"idType": "RESIDENT_ID", "country": "CN", "idNumber": "110101199003070038"},
        "purpose": "LOAN_APPROVAL",
        "consentId": "c1",
        "staff": {"id": "s-7", "name": "Li Wei"},
    }


def test_a_report_of_the_past_names_its_instant(stand_in: StandIn, session: Session) -> None:
    session.report(*ASKED, as_of=datetime(2026, 5, 3, 1, tzinfo=UTC))
    assert stand_in.questions[0]["variables"]["asOf"] == "2026-05-03T01:00:00+00:00"


def test_a_whole_report_has_the_other_parts_of_the_file(stand_in: StandIn, session: Session) -> None:
    stand_in.answer = {"data": {"creditReport": WHOLE}}
    report = session.whole_report(*ASKED)
    assert report.accounts is not None and report.repayment_plans is not None and report.collection_actions is not None
    assert report.public_records is not None
    plan, contact = report.repayment_plans.nodes[0], report.collection_actions.nodes[0]
    assert plan.options is not None and plan.schedule is not None
    assert (plan.options[0].instalment, plan.schedule[0].due_on) == (Money(120_000, "CNY"), date(2026, 6, 15))
    assert (contact.started_at, contact.disclosed) == (datetime.fromisoformat("2026-05-20T10:00:00+08:00"), ())
    assert (report.collection_actions.total_count, report.public_records.nodes) == (61, ())
    assert report.assessments is None
    assert stand_in.questions[0]["query"] == QUERIES[WholeReport]


def test_a_report_asks_for_no_part_that_it_does_not_show(stand_in: StandIn, session: Session) -> None:
    session.report(*ASKED)
    asked = stand_in.questions[0]["query"]
    assert not [part for part in ("publicRecords", "collection", "Plans", "assessments") if part in asked]


@pytest.mark.parametrize("missing", ["publicRecords", "collectionActions", "repaymentPlans", "assessments"])
def test_a_whole_report_without_a_part_is_not_readable(stand_in: StandIn, session: Session, missing: str) -> None:
    stand_in.answer = {"data": {"creditReport": {name: value for name, value in WHOLE.items() if name != missing}}}
    with pytest.raises(refusals.NotReadable):
        session.whole_report(*ASKED)


@pytest.mark.parametrize("kind", [CreditReport, WholeReport])
def test_the_query_fits_the_contract_and_its_limits(kind: type[CreditReport]) -> None:
    document = parse(QUERIES[kind])
    assert validate(build_contract(), document) == []
    size = check_limits(document, get_operation_ast(document), {}, Settings())
    assert size.reports == 1


def test_the_nonce_is_fetched_once_and_the_token_kept(stand_in: StandIn, session: Session) -> None:
    for _ in range(3):
        session.graphql("{ a }")
    assert stand_in.paths == [
        "/.well-known/oauth-authorization-server",
        "/oauth/token",
        "/oauth/token",
        "/graphql",
        "/graphql",
        "/graphql",
    ]
    assert len(stand_in.questions) == 3


def test_an_old_nonce_is_replaced_and_the_question_asked_once_more(stand_in: StandIn, session: Session) -> None:
    session.graphql("{ a }")
    stand_in.exchange.clock.instant += timedelta(seconds=150)
    assert session.graphql("{ a }").status == 200
    assert stand_in.paths[-2:] == ["/graphql", "/graphql"]
    assert len(stand_in.questions) == 2


def test_a_token_is_renewed_before_it_ends(stand_in: StandIn, session: Session) -> None:
    session.graphql("{ a }")
    stand_in.exchange.clock.instant += timedelta(seconds=269)
    session.graphql("{ a }")
    asked_before = stand_in.paths.count("/oauth/token")
    stand_in.exchange.clock.instant += timedelta(seconds=1)
    session.graphql("{ a }")
    assert stand_in.paths.count("/oauth/token") == asked_before + 1


@pytest.mark.parametrize("key", [OTHER_KEY, ECKey.generate_key("P-256")])
def test_a_key_that_is_not_ours_gets_no_answer(stand_in: StandIn, key: ECKey) -> None:
    with pytest.raises(refusals.NotAuthenticated) as caught:
        stand_in.session(signing_key=key).report(*ASKED)
    assert caught.value.code == "invalid_client"
    assert stand_in.questions == []


def test_a_suspended_member_gets_no_answer(stand_in: StandIn, session: Session) -> None:
    stand_in.exchange.register.members["bank-a"] = a_member(status=MemberStatus.SUSPENDED)
    with pytest.raises(refusals.NotAuthenticated):
        session.graphql("{ a }")
    assert stand_in.questions == []


def test_a_token_that_the_exchange_no_longer_takes_is_replaced_at_the_next_question(
    stand_in: StandIn, session: Session
) -> None:
    session.graphql("{ a }")
    exchange, known = stand_in.exchange, stand_in.exchange.authenticator
    exchange.authenticator = Authenticator(AccessTokens(exchange.settings, lambda: [OTHER_KEY]), exchange.proofs)
    with pytest.raises(refusals.NotAuthenticated) as caught:
        session.graphql("{ a }")
    assert caught.value.code == "TOKEN_NOT_VALID"
    exchange.authenticator = known
    assert session.graphql("{ a }").status == 200
    assert stand_in.paths.count("/oauth/token") == 3  # one nonce, two tokens


def test_an_answer_changed_on_its_way_is_not_believed(stand_in: StandIn, session: Session) -> None:
    stand_in.change = lambda body: body.replace(b"120000", b"120001")
    with pytest.raises(ReceiptDoesNotMatch):
        session.report(*ASKED)


def test_an_answer_without_a_receipt_is_not_believed(stand_in: StandIn, session: Session) -> None:
    stand_in.signs = False
    with pytest.raises(ReceiptDoesNotMatch):
        session.report(*ASKED)


def test_a_receipt_for_another_question_is_not_taken(session: Session) -> None:
    first, second = session.graphql("{ a }"), session.graphql("{ b }")
    assert session.verify(first).leaves == (LEAF,)
    assert first.body == second.body
    swapped = type(first)(first.data, first.errors, first.request, first.body, second.receipt, first.status)
    with pytest.raises(ReceiptDoesNotMatch):
        session.verify(swapped)


def test_a_refusal_carries_every_reason_and_its_receipt(stand_in: StandIn, session: Session) -> None:
    reasons = [
        {"code": "CONSENT_EXPIRED", "sentence": "This consent ended.", "rule": "cn.pipl.13"},
        {"code": "PURPOSE_NOT_COVERED", "sentence": "Another purpose.", "rule": None},
    ]
    error = {"message": "Refused.", "extensions": {"code": "CONSENT_EXPIRED", "reasons": reasons}}
    stand_in.answer = {"data": {"creditReport": None}, "errors": [error]}
    with pytest.raises(refusals.Refused) as caught:
        session.report(*ASKED)
    assert [reason.code for reason in caught.value.reasons] == ["CONSENT_EXPIRED", "PURPOSE_NOT_COVERED"]
    assert caught.value.receipt


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "GRAPHQL_VALIDATION_FAILED", refusals.BadRequest),
        (429, "RATE_LIMITED", refusals.Overloaded),
        (503, "UNAVAILABLE", refusals.Unavailable),
        (500, "INTERNAL", refusals.NotAnswered),
    ],
)
def test_each_kind_of_failure_has_its_own_error(
    stand_in: StandIn, session: Session, status: int, code: str, kind: type[refusals.NotAnswered]
) -> None:
    stand_in.status, stand_in.answer = status, {"errors": [{"message": "No.", "extensions": {"code": code}}]}
    with pytest.raises(refusals.NotAnswered) as caught:
        session.report(*ASKED)
    assert (type(caught.value), caught.value.code) == (kind, code)


@pytest.mark.parametrize(
    "answer", [[], {}, {"data": []}, {"data": {}}, {"data": {"creditReport": {}}}, {"data": None, "errors": {}}]
)
def test_an_answer_that_is_none_is_refused(stand_in: StandIn, session: Session, answer: Any) -> None:
    stand_in.answer = answer
    with pytest.raises(refusals.NotReadable):
        session.report(*ASKED)


def test_an_exchange_that_cannot_be_reached_is_unavailable() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    http = httpx.Client(transport=httpx.MockTransport(fail))
    with pytest.raises(refusals.Unavailable), Session(ISSUER, "bank-a", BANK_KEY, "key-1", http=http) as session:
        session.graphql("{ a }")


def test_an_exchange_of_another_name_is_not_trusted(stand_in: StandIn) -> None:
    with pytest.raises(refusals.NotReadable):
        stand_in.session(issuer="https://other.example").graphql("{ a }")
    assert stand_in.paths == ["/.well-known/oauth-authorization-server"]


def test_keys_are_fetched_once_and_proofs_by_leaf(stand_in: StandIn, session: Session) -> None:
    assert session.keys() is session.keys()
    assert {key["kid"] for key in session.keys()["keys"]} >= {"r1"}
    assert stand_in.paths.count("/oauth/jwks") == 1
    assert session.proof(LEAF) == f"proof of {LEAF.hex()}\n"


def test_every_proof_and_assertion_is_new(stand_in: StandIn, session: Session) -> None:
    session.graphql("{ a }")
    session.graphql("{ a }")
    assert len(stand_in.exchange.guard.spent) == 4  # an assertion, its proof, two questions


def test_a_proof_holds_its_public_key_and_no_private_part() -> None:
    header = json.loads(urlsafe_b64decode(Prover(lambda: 0.0).proof("POST", GRAPHQL).split(".")[0].encode()))
    assert set(header["jwk"]) == {"kty", "crv", "x", "y"}


def test_the_command_prints_the_report(
    session: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("110101199003070038\n"))
    arguments = ["report", "--issuer", ISSUER, "--member", "bank-a", "--key", "unused", "--purpose", "LOAN_APPROVAL"]
    assert cli.main(arguments, session) == 0
    assert json.loads(capsys.readouterr().out)["accounts"]["total_count"] == 1


def test_a_file_that_is_no_evidence_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "evidence.zip"
    broken.write_bytes(b"PK not a zip")
    assert cli.main(["verify", str(broken)]) == 2
    with zipfile.ZipFile(broken, "w") as empty:
        empty.writestr("keys.json", "{}")
    assert cli.main(["verify", str(broken)]) == 2


def test_a_refusal_is_printed_with_its_rules_and_nothing_is_kept(
    stand_in: StandIn,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reasons = [{"code": "CONSENT_EXPIRED", "sentence": "This consent ended.", "rule": "cn.pipl.13"}]
    error = {"message": "Refused.", "extensions": {"code": "CONSENT_EXPIRED", "reasons": reasons}}
    stand_in.answer = {"data": {"creditReport": None}, "errors": [error]}
    monkeypatch.setattr("sys.stdin", io.StringIO("110101199003070038\n"))
    evidence = tmp_path / "evidence.zip"
    arguments = ["report", "--issuer", ISSUER, "--member", "bank-a", "--key", "unused", "--purpose", "LOAN_APPROVAL"]
    assert cli.main([*arguments, "--evidence", str(evidence)], session) == 1
    shown = capsys.readouterr()
    assert "cn.pipl.13" in shown.err
    assert shown.out == ""
    assert not evidence.exists()
