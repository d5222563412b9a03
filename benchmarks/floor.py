"""The floor: the least that must be done for one report, without GraphQL, graphene or Flask.

    python -m benchmarks.floor            (with the settings of the exchange that it stands beside)

It calls the very rooms that the service calls, in the same order: token and proof, look-up, consent, decision, log
entry, one statement that records and reads, opening, minimising, receipt. Instead of a query it knows one report by
heart, and writes its JSON by hand from the rows. What it saves is the price of GraphQL and Flask.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from graphql import execute, parse
from openbureau_client.report import PAGE_ITEMS, QUERY

from consent.decision import Grant, decide
from consent.question import Question
from exchange.app import make_services
from exchange.audit.receipt import HEADER_NAME, issue_receipt
from exchange.clock import SystemClock, new_id
from exchange.disclosure.minimise import first_of_month, minimise
from exchange.errors import Unavailable
from exchange.handover import Caller, OpenRows, Row, SealedRows, SectionName
from exchange.identity.access_token import AccessTokens
from exchange.identity.bearer import Authenticator
from exchange.identity.dpop import ProofVerifier
from exchange.identity.nonce import Nonces
from exchange.journeys.describe_look import Asked, Request, act_of_look, describe_disclosure
from exchange.journeys.find_borrower import Document, lookup_tokens
from exchange.journeys.services import Services
from exchange.key_files import open_web_keys
from exchange.planning.compile import compile_plan
from exchange.planning.selection import Selection, read_selection
from exchange.serving import collect_seldom, log_to_stderr, serve
from exchange.settings import read_settings
from exchange.store.act import Act, NotDone, disclose
from exchange.store.engine import make_engine
from exchange.store.look_up import FoundFile, look_up
from exchange.vault.unseal_rows import unseal_rows
from schema.contract import build_contract
from schema.vocabulary.account import AccountState
from schema.vocabulary.payment_status import OVERDUE, PaymentStatus
from schema.vocabulary.purpose import Purpose

MONTHS = 24
ATTEMPTS_MAX = 20
_CLOSED = frozenset({AccountState.SETTLED, AccountState.ENDED, AccountState.TRANSFERRED})
_HEADERS = [
    ("Content-Type", "application/json; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def application() -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    """A worker's bare WSGI application. It answers the report of the Python client, and nothing is ever refused."""
    settings = read_settings()
    services = make_services(settings, make_engine(settings, settings.database_url), SystemClock())
    keys = open_web_keys(settings, SystemClock())
    nonces = Nonces(keys.nonce, settings.nonce_seconds)
    authenticator = Authenticator(AccessTokens(settings, keys.token), ProofVerifier(settings, nonces))
    url, selection = settings.issuer + "/graphql", _selection()
    collect_seldom()

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/health/ready":
            start_response("200 OK", _HEADERS)
            return [b"{}"]
        now = services.clock.now()
        header, proof = environ["HTTP_AUTHORIZATION"], environ["HTTP_DPOP"]
        caller = authenticator.authenticate("POST", url, header, [proof], now)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        request = Request(caller, hashlib.sha256(body).digest(), [])
        content = _report(services, request, _asked(body, selection)).encode()
        receipt = _receipt(services, request, content)
        headers = [*_HEADERS, ("Content-Length", str(len(content))), (HEADER_NAME, receipt)]
        start_response("200 OK", [*headers, ("DPoP-Nonce", nonces.current(now))])
        return [content]

    return answer


def _selection() -> Selection:
    """What the report that we know by heart selects."""
    contract, found = build_contract(), list[Selection]()
    assert contract.query_type
    contract.query_type.fields["creditReport"].resolve = lambda _, info, **__: found.append(read_selection(info))
    subject = {"idType": "PASSPORT", "country": "CN", "idNumber": "E1"}
    execute(contract, parse(QUERY), variable_values={"subject": subject, "purpose": "LOAN_APPROVAL"})
    return found[0]


def _asked(body: bytes, selection: Selection) -> Asked:
    variables = orjson.loads(body)["variables"]
    subject, staff = variables["subject"], variables["staff"]
    return Asked(
        Document(subject["idType"], subject["country"], subject["idNumber"]),
        Purpose(variables["purpose"]),
        UUID(variables["consentId"]),
        (staff["id"], staff["name"]),
        selection,
    )


def _report(services: Services, request: Request, asked: Asked) -> str:
    services.back_pressure.check()
    tokens = lookup_tokens(services, asked.document)
    for _ in range(ATTEMPTS_MAX):
        now = services.clock.now()
        with services.connection() as connection:
            found = look_up(connection, request.caller, tokens, asked.consent_id)
            assert found.member and found.file and found.file.consent
            cipher = services.keys.open(found.file.wrapped_key)
            consent = services.read_consent(found.file.consent)
            question = _question(request.caller, asked, found.member, found.file)
            decision = decide(question, consent, services.pack, now)
            assert isinstance(decision, Grant), decision
            plan = compile_plan(asked.selection, decision, found.file.subject_key)
            act = act_of_look(services, now, request, asked, found.file, cipher, consent, plan)
            sealed = disclose(connection, act, plan)
            if sealed is NotDone.MOVED:  # another look at this borrower came between
                continue
            assert isinstance(sealed, SealedRows), sealed
            request.leaves.append(act.entry.leaf_hash)
            return _text(minimise(unseal_rows(sealed, cipher), now.date()), now, act)
    raise Unavailable("This borrower is being asked for too often.")


def _question(caller: Caller, asked: Asked, member: Any, file: FoundFile) -> Question:
    return Question(
        member_id=member.member_id,
        member_class=member.member_class,
        member_status=member.status,
        contribution_level=member.contribution_level,
        scopes=caller.scopes & member.scopes,
        purpose=asked.purpose,
        field_classes=asked.selection.classes,
        staff_named=True,
        subject_frozen=file.security_freeze,
        subject_key=file.subject_key,
        consent_id=asked.consent_id,
    )


def _receipt(services: Services, request: Request, content: bytes) -> str:
    now = services.clock.now()
    return issue_receipt(
        services.signing,
        content,
        request_id=str(new_id(now)),
        member=request.caller.member_id,
        request_digest=request.digest,
        leaves=request.leaves,
        log_origin=services.settings.log_origin,
        issued_at=now,
        integrate_by=now + timedelta(seconds=services.settings.pending_stop_seconds),
    )


def _text(opened: OpenRows, now: datetime, act: Act) -> str:
    """The answer, written by hand."""
    rows, grant = opened.rows, opened.plan.grant
    subject, accounts = rows[SectionName.SUBJECT][0], rows[SectionName.ACCOUNT]
    delinquencies, inquiries = rows[SectionName.DELINQUENCY], rows[SectionName.INQUIRY]
    said = describe_disclosure(grant, act)
    disclosure = {
        "leafHash": said["leaf_hash"], "basis": said["basis"], "consentId": said["consent_id"],
        "consentUse": said["consent_use"], "released": said["released"], "withheld": said["withheld"],
        "rules": said["rules"], "pack": said["pack"],
    }  # fmt: skip
    return (
        f'{{"data":{{"creditReport":{{"asOf":"{now.isoformat()}"'
        f',"subject":{{"idType":"{subject["id_type"]}","country":"{subject["country"]}"'
        f',"idNumber":"{subject["id_number"]}","names":{orjson.dumps(subject["names"]).decode()}'
        f',"birthDate":{_day(subject["birth_date"])}}}'
        f',"summary":{_summary(accounts)}'
        f',"accounts":{_page(accounts, lambda row: _account(row, grant.member_id))}'
        f',"inquiries":{_page(inquiries, _inquiry)}'
        f',"delinquencies":{_page(delinquencies, _delinquency)}'
        f',"disclosure":{orjson.dumps(disclosure).decode()}}}}}}}'
    )


def _page(rows: Sequence[Row], write: Callable[[Row], str]) -> str:
    shown = rows[:PAGE_ITEMS]
    return f'{{"nodes":[{",".join([write(row) for row in shown])}],"totalCount":{len(rows)}}}'


def _summary(rows: Sequence[Row]) -> str:
    still_open = [row for row in rows if row["closed_on"] is None and row["state"] not in _CLOSED]
    sums: dict[str, list[int]] = {}
    for row in still_open:
        of_currency = sums.setdefault(row["currency"], [0, 0, 0])
        of_currency[0] += row["balance_minor"] or 0
        of_currency[1] += row["past_due_minor"] or 0
        of_currency[2] += row["credit_limit_minor"] or 0
    totals = ",".join(
        f'{{"balance":{_money(balance, currency)},"pastDue":{_money(past_due, currency)}'
        f',"creditLimit":{_money(limit, currency)}}}'
        for currency, (balance, past_due, limit) in sorted(sums.items())
    )
    late = sum(code in OVERDUE for row in rows for code in row["history_codes"][:MONTHS])
    return (
        f'{{"accounts":{len(rows)},"openAccounts":{len(still_open)}'
        f',"lenders":{len({row["contributor"] for row in still_open})}'
        f',"lendersInArrears":{len({row["contributor"] for row in still_open if row["past_due_minor"]})}'
        f',"totals":[{totals}],"oldestOpenedOn":{_day(min((row["opened_on"] for row in rows), default=None))}'
        f',"lateMonths":{late}}}'
    )


def _account(row: Row, reader: str) -> str:
    currency = row["currency"]
    return (
        f'{{"id":"{row["account_key"]}","furnisherClass":{_word(row["furnisher_class"])}'
        f',"ownBook":{"true" if row["contributor"] == reader else "false"},"ownerRole":{_word(row["owner_role"])}'
        f',"portfolio":{_word(row["portfolio"])},"product":{_word(row["product"])},"state":{_word(row["state"])}'
        f',"fiveClass":{_word(row["five_class"])},"complianceFlag":{_word(row["compliance_flag"])}'
        f',"openedOn":{_day(row["opened_on"])},"maturesOn":{_day(row["matures_on"])}'
        f',"closedOn":{_day(row["closed_on"])},"reportedOn":{_day(row["reported_on"])}'
        f',"originalAmount":{_money(row["original_amount_minor"], currency)}'
        f',"creditLimit":{_money(row["credit_limit_minor"], currency)}'
        f',"balance":{_money(row["balance_minor"], currency)},"pastDue":{_money(row["past_due_minor"], currency)}'
        f',"daysPastDue":{_number(row["days_past_due"])},"history":[{_history(row)}]}}'
    )


def _history(row: Row) -> str:
    newest, currency = row["history_month"], row["currency"]
    codes = row["history_codes"][:MONTHS]
    days = row["history_days_past_due"] or [None] * len(codes)
    past_due = row["history_past_due_minor"] or [None] * len(codes)
    return ",".join(
        [
            f'{_month(newest, position, code)}{_number(late)},"pastDue":{_money(owed, currency)}}}'
            for position, (code, late, owed) in enumerate(zip(codes, days, past_due, strict=False))
        ]
    )


@lru_cache(maxsize=20_000)
def _month(newest: date, position: int, code: str) -> str:
    return f'{{"month":"{first_of_month(newest, position)}","status":"{PaymentStatus(code).name}","daysPastDue":'


def _inquiry(row: Row) -> str:
    return (
        f'{{"id":"{row["inquiry_key"]}","askedAt":"{row["asked_at"].isoformat()}"'
        f',"memberClass":{_word(row["member_class"])},"purpose":{_word(row["purpose"])}'
        f',"hard":{"true" if row["hard"] else "false"}}}'
    )


def _delinquency(row: Row) -> str:
    return (
        f'{{"id":"{row["delinquency_key"]}","accountId":"{row["account_key"]}"'
        f',"firstDelinquentOn":{_day(row["first_delinquent_on"])},"peakDaysPastDue":{_number(row["peak_days_past_due"])}'
        f',"curedOn":{_day(row["cured_on"])},"endedOn":{_day(row["ended_on"])},"reason":{_word(row["reason"])}'
        f',"chargeOffOn":{_day(row["charge_off_on"])},"chargeOff":{_money(row["charge_off_minor"], row["currency"])}}}'
    )


def _money(minor: int | None, currency: str) -> str:
    return "null" if minor is None else f'{{"minor":{minor},"currency":"{currency}"}}'


def _word(word: str | None) -> str:
    return "null" if word is None else f'"{word}"'


def _number(number: int | None) -> str:
    return "null" if number is None else str(number)


def _day(day: date | None) -> str:
    return "null" if day is None else f'"{day}"'


if __name__ == "__main__":
    log_to_stderr()
    serve(read_settings(), "benchmarks.floor:application")
