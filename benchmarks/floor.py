"""The floor: the least that must be done for one report, without GraphQL, graphene or Flask.

    python -m benchmarks.floor            (with the settings of the exchange that it stands beside)

It calls the very rooms that the service calls, in the same order: token and proof, look-up, consent, decision, log
entry, one statement that records and reads, opening, minimising, receipt. Instead of a query it knows one report by
heart, and writes its JSON by hand from the rows. What it saves is the price of GraphQL and Flask.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson

from benchmarks.bare_service import Answer, asked_by, bare_application
from consent.decision import Grant, decide
from consent.question import Question
from exchange.disclosure.minimise import first_of_month, minimise
from exchange.errors import Unavailable
from exchange.handover import Caller, OpenRows, Row, SealedRows, SectionName
from exchange.journeys.describe_look import Asked, Request, act_of_look, describe_disclosure
from exchange.journeys.find_borrower import lookup_tokens
from exchange.journeys.services import Services
from exchange.planning.compile import compile_plan
from exchange.serving import log_to_stderr, serve
from exchange.settings import read_settings
from exchange.store.act import Act, NotDone, disclose
from exchange.store.look_up import FoundFile, look_up
from exchange.vault.unseal_rows import unseal_rows
from schema.vocabulary.account import AccountState
from schema.vocabulary.payment_status import OVERDUE, PaymentStatus

MONTHS = 24
ATTEMPTS_MAX = 20
_CLOSED = frozenset({AccountState.SETTLED, AccountState.ENDED, AccountState.TRANSFERRED})


def application() -> Callable[..., Any]:
    """A worker's application. It answers the benchmark's query, and nothing is ever refused."""
    return bare_application(_answering)


def _answering(services: Services) -> Answer:
    def answer(request: Request, body: dict[str, Any]) -> bytes:
        return _report(services, request, asked_by(body["variables"])).encode()

    return answer


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
        contribution_level=member.effective_level,
        scopes=caller.scopes & member.scopes,
        purpose=asked.purpose,
        field_classes=asked.selection.classes,
        staff_named=True,
        subject_frozen=file.security_freeze,
        subject_key=file.subject_key,
        consent_id=asked.consent_id,
    )


def _text(opened: OpenRows, now: datetime, act: Act) -> str:
    """The answer, written by hand."""
    rows, grant = opened.rows, opened.plan.grant
    subject, accounts = rows[SectionName.SUBJECT][0], rows[SectionName.ACCOUNT]
    inquiries, contacts = rows[SectionName.INQUIRY], rows[SectionName.COLLECTION_ACTION]
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
        f',"accounts":{_page(accounts, 50, lambda row: _account(row, grant.member_id))}'
        f',"inquiries":{_page(inquiries, 5, _inquiry)}'
        f',"collectionActions":{_page(contacts, 5, lambda row: _contact(row, grant.member_id))}'
        f',"repaymentPlans":{_page(rows[SectionName.REPAYMENT_PLAN], 5, lambda row: _plan(row, grant.member_id))}'
        f',"disclosure":{orjson.dumps(disclosure).decode()}}}}}}}'
    )


def _page(rows: Sequence[Row], items: int, write: Callable[[Row], str]) -> str:
    shown = rows[:items]
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
        f'{{"id":"{row["account_key"]}","accountRef":"{row["account_ref"]}","furnisherClass":{_word(row["furnisher_class"])}'
        f',"ownBook":{_flag(row["contributor"] == reader)},"ownerRole":{_word(row["owner_role"])}'
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
    past_due = row["history_past_due_minor"] or [None] * len(codes)
    return ",".join(
        [
            f"{_month(newest, position, code)}{_money(owed, currency)}}}"
            for position, (code, owed) in enumerate(zip(codes, past_due, strict=False))
        ]
    )


@lru_cache(maxsize=20_000)
def _month(newest: date, position: int, code: str) -> str:
    return f'{{"month":"{first_of_month(newest, position)}","status":"{PaymentStatus(code).name}","pastDue":'


def _inquiry(row: Row) -> str:
    return (
        f'{{"id":"{row["inquiry_key"]}","askedAt":"{row["asked_at"].isoformat()}"'
        f',"memberClass":{_word(row["member_class"])},"purpose":{_word(row["purpose"])}'
        f',"hard":{_flag(row["hard"])}}}'
    )


def _contact(row: Row, reader: str) -> str:
    return (
        f'{{"id":"{row["action_key"]}","accountIds":{_words(row["account_keys"])}'
        f',"furnisherClass":{_word(row["furnisher_class"])},"ownBook":{_flag(row["contributor"] == reader)}'
        f',"stage":{_word(row["stage"])},"channel":{_word(row["channel"])},"direction":{_word(row["direction"])}'
        f',"target":{_word(row["target"])},"startedAt":"{row["started_at"].isoformat()}"'
        f',"durationSeconds":{_number(row["duration_seconds"])},"result":{_word(row["result"])}'
        f',"promised":{_money(row["promised_minor"], row["promised_currency"])}'
        f',"promisedOn":{_day(row["promised_on"])},"promiseKept":{_flag(row["promise_kept"])}}}'
    )


def _plan(row: Row, reader: str) -> str:
    currency = row["currency"]
    payments = ",".join(
        f'{{"dueOn":"{due_on}","amount":{_money(amount, currency)},"paid":{_money(paid, currency)}}}'
        for due_on, amount, paid in row["schedule"]
    )
    return (
        f'{{"id":"{row["plan_key"]}","accountIds":{_words(row["account_keys"])}'
        f',"furnisherClass":{_word(row["furnisher_class"])},"ownBook":{_flag(row["contributor"] == reader)}'
        f',"planType":{_word(row["plan_type"])},"state":{_word(row["state"])}'
        f',"chosenOption":{_number(row["chosen_option"])},"proposedOn":{_day(row["proposed_on"])}'
        f',"acceptedOn":{_day(row["accepted_on"])},"endedOn":{_day(row["ended_on"])}'
        f',"reportingTreatment":{_word(row["reporting_treatment"])},"waived":{_money(row["waived_minor"], currency)}'
        f',"schedule":[{payments}]}}'
    )


def _money(minor: int | None, currency: str) -> str:
    return "null" if minor is None else f'{{"minor":{minor},"currency":"{currency}"}}'


def _word(word: str | None) -> str:
    return "null" if word is None else f'"{word}"'


def _words(words: Sequence[str]) -> str:
    return "[" + ",".join(f'"{word}"' for word in words) + "]"


def _flag(flag: bool | None) -> str:
    return "null" if flag is None else "true" if flag else "false"


def _number(number: int | None) -> str:
    return "null" if number is None else str(number)


def _day(day: date | None) -> str:
    return "null" if day is None else f'"{day}"'


if __name__ == "__main__":
    log_to_stderr()
    serve(read_settings(), "benchmarks.floor:application")
