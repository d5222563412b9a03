"""What an erasure may delete now of one borrower's file, and what has to stay, until when and why. Decided from rows.

1. A loan or card that is not over stays: the contract goes on, and so does the lender's right to report it.
2. Negative information stays for as long as the pack lets it be kept, and then goes as it would anyway.
3. What a rule makes us keep stays until that is over.
4. What is being disputed, complained of, reviewed, ordered by a court or already allowed stays until that is over.
5. All else goes. Where nothing stays, the file goes as a whole, with its key.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from consent.policy.erasure import Keeping, kept_as_negative, kept_by_floor
from consent.policy.retention import KeptRecord
from consent.policy.rules import Rule
from exchange.intake.contribution import DelinquencyRecord
from exchange.intake.forget_expired import covering, month_record
from exchange.intake.months import month_number, month_of_number
from exchange.store.erasure import CONTACT_DETAILS, Rows, WholeFile
from schema.vocabulary.account import BAD_END, AccountState
from schema.vocabulary.erasure import ErasedPart, KeptBecause
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.payment_status import NEGATIVE
from schema.vocabulary.plan import PlanState
from schema.vocabulary.scope import FieldClass

_OVER = frozenset({AccountState.SETTLED, AccountState.ENDED, AccountState.TRANSFERRED})
_PLANS_RUNNING = frozenset({PlanState.PROPOSED, PlanState.COUNTERED, PlanState.ACCEPTED, PlanState.ACTIVE})
_PARTS = {
    "public_records": ErasedPart.PUBLIC_RECORDS,
    "collection_actions": ErasedPart.COLLECTIONS,
    "plans": ErasedPart.PLANS,
    "assessments": ErasedPart.ASSESSMENTS,
}
_KEYS = {
    "public_records": "record_key",
    "collection_actions": "action_key",
    "plans": "plan_key",
    "assessments": "assessment_key",
}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """So many items stay until the end of a day (None: not known yet), because of this; `rule` where one says so."""

    because: KeptBecause
    count: int
    until: date | None = None
    rule: str | None = None


@dataclass(slots=True)
class ErasurePlan:
    """What goes and what stays. `records_gone`: by the names of `WholeFile.records`."""

    kept: tuple[Kept, ...] = ()
    gone: Counter[ErasedPart] = field(default_factory=Counter)
    accounts_gone: list[Row] = field(default_factory=list)
    records_gone: dict[str, list[UUID]] = field(default_factory=dict)
    clearances_gone: list[UUID] = field(default_factory=list)
    breaches_gone: list[UUID] = field(default_factory=list)
    statements_gone: list[UUID] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing has to stay: the file goes, and the key with it."""
        return not self.kept

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules for which something stays."""
        return tuple(sorted({each.rule for each in self.kept if each.rule}))

    @property
    def last_day(self) -> date | None:
        """The last day for which something is kept, as far as that is known today; None: it is not known."""
        days = [each.until for each in self.kept]
        return None if None in days else max((day for day in days if day is not None), default=None)


def plan_erasure(file: WholeFile, rules: Sequence[Rule], now: datetime, first_time: bool = True) -> ErasurePlan:
    """What goes and what stays of a file. `first_time`: with what is no record, such as consents and how the borrower
    is reached; later passes leave alone what came since, until the whole file goes.
    """
    planning = _Planning(file, rules, now)
    planning.judge_accounts()
    planning.judge_records()
    planning.judge_contacts()
    planning.judge_what_runs()
    planning.judge_own_words(first_time)
    return planning.done(first_time)


class _Planning:
    """One file being gone through."""

    def __init__(self, file: WholeFile, rules: Sequence[Rule], now: datetime) -> None:
        self.file, self.rules, self.now, self.today = file, rules, now, now.date()
        self.plan = ErasurePlan()
        self.kept: Counter[tuple[KeptBecause, date | None, str | None]] = Counter()
        self.kept_accounts: set[UUID] = set()

    def judge_accounts(self) -> None:
        """Accounts, with their histories and delinquencies."""
        for row in self.file.accounts:
            stands = row["superseded_at"] is None and row["withdrawal"] is None
            if stands and row["closed_on"] is None and AccountState(row["state"]) not in _OVER:
                self.keep(KeptBecause.OPEN_ACCOUNT, None, None)
                self.kept_accounts.add(row["account_key"])
            elif stands and (keeping := self._negative_of(row)):
                self.keep(KeptBecause.NEGATIVE, keeping.until, keeping.rule)
                self.kept_accounts.add(row["account_key"])
            elif keeping := self._floor(self._record(FieldClass.ACCOUNTS, row, row["closed_on"])):
                self.keep(KeptBecause.DUTY_TO_KEEP, keeping.until, keeping.rule)
                self.kept_accounts.add(row["account_key"])
            else:
                self.plan.accounts_gone.append(row)
                self.plan.gone[ErasedPart.ACCOUNTS] += 1

    def judge_records(self) -> None:
        """Public records, plans and assessments."""
        for key, row in self._newest("public_records"):
            record = self._record(FieldClass.PUBLIC_RECORDS, row, row["ended_on"])
            judge = kept_by_floor if row["withdrawn"] else kept_as_negative
            self._decide("public_records", key, judge(self.rules, record, self.today), KeptBecause.NEGATIVE)
        for key, row in self._newest("plans"):
            running = not row["withdrawn"] and PlanState(row["state"]) in _PLANS_RUNNING
            if running and row["superseded_at"] is None:
                self.keep(KeptBecause.RUNNING_PLAN, None)
            elif not self.kept_accounts & set(row["account_keys"]):
                record = self._record(FieldClass.PLANS, row, row["ended_on"])
                self._decide("plans", key, self._floor(record), KeptBecause.DUTY_TO_KEEP)
        for key, row in self._newest("assessments"):
            record = self._record(FieldClass.ASSESSMENTS, row, row["assessed_at"].date())
            self._decide("assessments", key, self._floor(record), KeptBecause.DUTY_TO_KEEP)

    def judge_contacts(self) -> None:
        """Contacts about debts, the leave asked for them, what broke the rules: all kept as records of collection."""
        actions = list(self._newest("collection_actions"))
        for key, row in actions:
            last = max(other["started_at"] for _, other in actions if _same_debt(row, other))
            keeping = self._floor(self._contact(row, row["started_at"], last))
            self._decide("collection_actions", key, keeping, KeptBecause.DUTY_TO_KEEP)
        for row in self.file.clearances:
            if row["granted"] and row["used_at"] is None and row["expires_at"] and row["expires_at"] > self.now:
                self.keep(KeptBecause.OPEN_CLEARANCE, row["expires_at"].date())
            elif keeping := self._floor(self._contact(row, row["asked_at"], row["asked_at"])):
                self.keep(KeptBecause.DUTY_TO_KEEP, keeping.until, keeping.rule)
            else:
                self.plan.clearances_gone.append(row["clearance_id"])
                self.plan.gone[ErasedPart.CLEARANCES] += 1
        for row in self.file.breaches:
            at = row["happened_at"]
            if keeping := self._floor(self._contact(row, at, at)):
                self.keep(KeptBecause.DUTY_TO_KEEP, keeping.until, keeping.rule)
            else:
                self.plan.breaches_gone.append(row["action_key"])

    def judge_what_runs(self) -> None:
        """What was begun and is not over."""
        for because, count in (
            (KeptBecause.OPEN_DISPUTE, self.file.open_disputes),
            (KeptBecause.OPEN_COMPLAINT, self.file.open_complaints),
            (KeptBecause.OPEN_REVIEW, self.file.open_reviews),
            (KeptBecause.IDENTITY_IN_QUESTION, self.file.identity_reviews),
        ):
            if count:
                self.keep(because, None, count=count)
        for ground in self.file.grounds:
            self.keep(KeptBecause.COURT_ORDER, ground["expires_at"].date())

    def judge_own_words(self, first_time: bool) -> None:
        """Statements stay beside an account that stays, and protect the borrower there. The rest goes once."""
        for row in self.file.statements if first_time else ():
            if row["about"] not in self.kept_accounts or row["withdrawn_at"] is not None:
                self.plan.statements_gone.append(row["statement_id"])
                self.plan.gone[ErasedPart.STATEMENTS] += 1

    def done(self, first_time: bool) -> ErasurePlan:
        """The plan, once everything was judged."""
        if first_time:
            self.plan.gone[ErasedPart.CASES] += self.file.closed_cases
            self.plan.gone[ErasedPart.CONSENTS] += self.file.consents_standing
            self.plan.gone[ErasedPart.EARLIER_IDENTITIES] += self.file.earlier_identities
            details = sum(self.file.who[name] is not None for name in CONTACT_DETAILS)
            self.plan.gone[ErasedPart.CONTACT_DETAILS] += details
        self.plan.gone = +self.plan.gone
        kept = [Kept(because, count, until, rule) for (because, until, rule), count in self.kept.items()]
        places = list(KeptBecause)
        self.plan.kept = tuple(sorted(kept, key=lambda each: (places.index(each.because), each.until or date.max)))
        return self.plan

    def keep(self, because: KeptBecause, until: date | None, rule: str | None = None, count: int = 1) -> None:
        """Notes that something stays."""
        self.kept[because, until, rule] += count

    def _floor(self, record: KeptRecord) -> Keeping | None:
        return kept_by_floor(self.rules, record, self.today)

    def _decide(self, name: str, key: UUID, keeping: Keeping | None, because: KeptBecause) -> None:
        if keeping is not None:
            self.keep(because, keeping.until, keeping.rule)
        else:
            self.plan.records_gone.setdefault(name, []).append(key)
            self.plan.gone[_PARTS[name]] += 1

    def _negative_of(self, row: Row) -> Keeping | None:
        """Until when the negative information of an account that is over stays; None: there is none."""
        late = [_delinquency(each, row) for each in self._delinquencies(row["account_key"])]
        furnisher = MemberClass(row["furnisher_class"])
        records = [month_record(month, furnisher, covering(late, month)) for month in _late_months(row)]
        records += [
            KeptRecord(
                FieldClass.DELINQUENCIES,
                furnisher,
                ended_on=each.ended_on,
                recorded_on=self.today,
                late_on=each.first_delinquent_on,
            )
            for each in late
        ]
        if AccountState(row["state"]) in BAD_END:
            records.append(self._record(FieldClass.ACCOUNTS, row, row["closed_on"]))
        keepings = (kept_as_negative(self.rules, record, self.today) for record in records)
        return max((each for each in keepings if each is not None), key=lambda each: each.ends, default=None)

    def _delinquencies(self, account_key: UUID) -> list[Row]:
        rows = self.file.delinquencies
        return [row for row in rows if row["account_key"] == account_key and row["superseded_at"] is None]

    def _newest(self, name: str) -> Iterable[tuple[UUID, Row]]:
        rows: Rows = sorted(self.file.records[name], key=lambda row: row["version"])
        return {row[_KEYS[name]]: row for row in rows}.items()

    def _record(self, noun: FieldClass, row: Row, ended_on: date | None) -> KeptRecord:
        return KeptRecord(
            noun, MemberClass(row["furnisher_class"]), ended_on=ended_on, recorded_on=row["recorded_at"].date()
        )

    def _contact(self, row: Row, at: datetime, last: datetime) -> KeptRecord:
        recorded = row.get("recorded_at") or at
        return KeptRecord(
            FieldClass.COLLECTIONS,
            MemberClass(row["furnisher_class"]),
            ended_on=_day(at),
            recorded_on=_day(recorded),
            last_action_on=_day(last),
        )


def _delinquency(row: Row, account: Row) -> DelinquencyRecord:
    first = row["first_delinquent_on"]
    ended = row["ended_on"] or account["closed_on"]
    return DelinquencyRecord(first, row["peak_days_past_due"], first, first, row["cured_on"], ended)


def _late_months(row: Row) -> list[date]:
    if row["history_month"] is None:
        return []
    newest = month_number(row["history_month"])
    return [month_of_number(newest - place) for place, code in enumerate(row["history_codes"]) if code in NEGATIVE]


def _same_debt(one: Row, other: Row) -> bool:
    return one is other or bool(set(one["account_keys"]) & set(other["account_keys"]))


def _day(instant: datetime) -> date:
    """The day after which a period counts: the later one of any zone, so that nothing goes too early."""
    return instant.astimezone(UTC).date()
