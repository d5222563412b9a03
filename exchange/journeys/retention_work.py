"""What retention has to do with the records of one borrower: decided from the rows, before anything is changed.

Of an account, a late month belongs to the delinquency that covers it and ends with that, or with itself where none is
held. An account that was closed badly ends with its closing, and whatever was still open of it. Of an earlier version
whose own standing was late, the standing is a late month too; it cannot be masked, so the version goes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from consent.policy.retention import Fate, KeptRecord, fate_of, last_floor
from consent.policy.rules import RetentionAction, Rule
from exchange.intake.contribution import DelinquencyRecord
from exchange.intake.forget_expired import covering, month_record
from exchange.intake.months import first_day, month_number, month_of_number
from exchange.store.retention import RECORD_KEYS, HeldRecords, Rows
from schema.vocabulary.account import BAD_END, AccountState
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.payment_status import NEGATIVE
from schema.vocabulary.scope import FieldClass

_LATE_STANDING = BAD_END | {AccountState.OVERDUE}


@dataclass(frozen=True, slots=True)
class Judge:
    """The rules about keeping, the day they are asked about, and the zone in which a contact's day is told."""

    rules: tuple[Rule, ...]
    today: date
    zone: ZoneInfo

    def fate(self, record: KeptRecord) -> Fate:
        """What the rules make of a record."""
        return fate_of(self.rules, record, self.today)


@dataclass(frozen=True, slots=True)
class HistoryChange:
    """Positions of a history (newest month 0) to become unknown, and every month to be hidden from then on; for the
    account itself, or for its earlier `version`. `annotated_by`: None where no rule newly says so.
    """

    row: Mapping[str, Any]
    masked: frozenset[int]
    hidden_months: tuple[date, ...]
    annotated_by: str | None = None


@dataclass(slots=True)
class Work:
    """What is to be done with the records of one borrower, and how often each rule says so."""

    accounts_deleted: list[Mapping[str, Any]] = field(default_factory=list)
    accounts: list[HistoryChange] = field(default_factory=list)
    versions: list[HistoryChange] = field(default_factory=list)
    versions_deleted: list[tuple[UUID, int]] = field(default_factory=list)
    marks: list[tuple[UUID, dict[str, str]]] = field(default_factory=list)
    records_deleted: dict[str, list[UUID]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    rules: set[str] = field(default_factory=set)

    def count(self, action: RetentionAction, noun: FieldClass, rule: str, number: int = 1) -> None:
        self.counts[f"{action.value} {noun.value} {rule}"] += number
        self.rules.add(rule)


@dataclass(frozen=True, slots=True)
class _Late:
    """One delinquency with all its versions. `record`: as it stands, ended with its account where that ended badly."""

    versions: Rows
    account_key: UUID
    record: DelinquencyRecord
    kept: KeptRecord


@dataclass(slots=True)
class _Months:
    """What becomes of the months of one history: by position, or by month, the rule."""

    masked: dict[int, str] = field(default_factory=dict)
    hidden: dict[date, str] = field(default_factory=dict)
    annotated_by: str | None = None


def work_for(held: HeldRecords, judge: Judge) -> Work:
    """What is to be done; `counts` is empty where that is nothing."""
    work = Work()
    accounts = {row["account_key"]: row for row in held.accounts}
    late = _delinquencies(held.delinquencies, accounts)
    gone = _accounts_gone(accounts, late, judge, work)
    for delinquency in late:
        if delinquency.account_key not in gone:
            _judge_delinquency(delinquency, judge, work)
    records = {key: [each.record for each in late if each.account_key == key] for key in _keys_of(held)}
    told: set[tuple[UUID, date, str]] = set()
    for row in held.accounts:
        if row["account_key"] not in gone:
            _judge_account(row, records[row["account_key"]], judge, work, told)
    for row in held.versions:
        if row["account_key"] not in gone:
            _judge_version(row, records[row["account_key"]], judge, work, told)
    _judge_others(held, judge, work)
    return work


def _keys_of(held: HeldRecords) -> set[UUID]:
    return {row["account_key"] for row in (*held.accounts, *held.versions)}


def _delinquencies(rows: Rows, accounts: Mapping[UUID, Mapping[str, Any]]) -> list[_Late]:
    groups: dict[tuple[UUID, date], Rows] = {}
    for row in sorted(rows, key=lambda row: (row["superseded_at"] is None, row["version"])):
        groups.setdefault((row["account_key"], row["first_delinquent_on"]), []).append(row)
    return [_late(versions, accounts.get(account_key)) for (account_key, _), versions in groups.items()]


def _late(versions: Rows, account: Mapping[str, Any] | None) -> _Late:
    row = versions[-1]
    first, ended = row["first_delinquent_on"], row["ended_on"]
    if ended is None and row["superseded_at"] is not None:
        ended = row["superseded_at"].date()
    if ended is None and account is not None and _ended_badly(account):
        ended = account["closed_on"]
    record = DelinquencyRecord(first, row["peak_days_past_due"], first, first, row["cured_on"], ended)
    kept = KeptRecord(
        FieldClass.DELINQUENCIES,
        _furnisher(row),
        ended_on=ended,
        recorded_on=versions[0]["recorded_at"].date(),
        late_on=first,
        cured_on=row["cured_on"],
        amount_minor=_most_past_due(record, row["charge_off_minor"], account),
        currency=row["currency"],
    )
    return _Late(versions, row["account_key"], record, kept)


def _most_past_due(
    delinquency: DelinquencyRecord, charge_off_minor: int | None, account: Mapping[str, Any] | None
) -> int | None:
    """The most that was ever past due; None where the history does not tell it of every late month. A late month with
    nothing past due tells nothing.
    """
    if account is None or account["history_month"] is None or account["history_past_due_minor"] is None:
        return None
    months = dict(_late_months(account["history_month"], account["history_codes"]))
    begins = first_day(delinquency.first_delinquent_on)
    if month_number(account["history_month"]) - len(account["history_codes"]) + 1 > month_number(begins):
        return None
    covered = [place for month, place in months.items() if covering([delinquency], month)]
    amounts = [account["history_past_due_minor"][place] or None for place in covered]
    if charge_off_minor is not None:
        amounts.append(charge_off_minor)
    return None if None in amounts else max(amounts, default=None)


def _late_months(newest: date, codes: str) -> Iterable[tuple[date, int]]:
    """The late months of a history, each with its position."""
    for position, code in enumerate(codes):
        if code in NEGATIVE:
            yield month_of_number(month_number(newest) - position), position


def _accounts_gone(
    accounts: Mapping[UUID, Mapping[str, Any]], late: Sequence[_Late], judge: Judge, work: Work
) -> set[UUID]:
    """The accounts that go as a whole, once all of their delinquencies are over too."""
    for key, row in accounts.items():
        if not _ended_badly(row):
            continue
        ends = [each.record.ended_on for each in late if each.account_key == key and each.record.ended_on]
        ended = max([row["closed_on"], *ends])
        fate = judge.fate(KeptRecord(FieldClass.ACCOUNTS, _furnisher(row), ended, row["recorded_at"].date()))
        if fate.action is RetentionAction.DELETE and fate.rule:
            work.accounts_deleted.append(row)
            work.count(RetentionAction.DELETE, FieldClass.ACCOUNTS, fate.rule)
    return {row["account_key"] for row in work.accounts_deleted}


def _ended_badly(account: Mapping[str, Any]) -> bool:
    return account["state"] in BAD_END and account["closed_on"] is not None


def _judge_delinquency(late: _Late, judge: Judge, work: Work) -> None:
    fate = judge.fate(late.kept)
    match fate.action:
        case RetentionAction.DELETE:
            keys = [row["delinquency_key"] for row in late.versions]
            work.records_deleted.setdefault("delinquencies", []).extend(keys)
        case RetentionAction.SUPPRESS_DISPLAY | RetentionAction.ANNOTATE:
            column = "suppressed_by" if fate.action is RetentionAction.SUPPRESS_DISPLAY else "annotated_by"
            unmarked = [row["delinquency_key"] for row in late.versions if row[column] is None]
            if not unmarked:
                return
            work.marks += [(key, {column: fate.rule or ""}) for key in unmarked]
        case _:
            return
    work.count(fate.action, FieldClass.DELINQUENCIES, fate.rule or "")


def _judge_account(
    row: Mapping[str, Any],
    late: Sequence[DelinquencyRecord],
    judge: Judge,
    work: Work,
    told: set[tuple[UUID, date, str]],
) -> None:
    months = _judge_months(row, row["currency"], _furnisher(row), late, judge)
    if _ended_badly(row):
        standing = KeptRecord(FieldClass.ACCOUNTS, _furnisher(row), row["closed_on"], row["recorded_at"].date())
        fate = judge.fate(standing)
        if fate.action is RetentionAction.ANNOTATE:
            months.annotated_by = fate.rule
    change = _change(row, months)
    annotated = months.annotated_by if row["annotated_by"] is None else None
    if change is not None or annotated:
        work.accounts.append(replace(change or HistoryChange(row, frozenset(), _hidden(row)), annotated_by=annotated))
        _count_months(row["account_key"], row["history_month"], months, row["hidden_months"] or (), work, told)
    if annotated:
        work.count(RetentionAction.ANNOTATE, FieldClass.ACCOUNTS, annotated)


def _judge_version(
    row: Mapping[str, Any],
    late: Sequence[DelinquencyRecord],
    judge: Judge,
    work: Work,
    told: set[tuple[UUID, date, str]],
) -> None:
    record = _with_dates(row["record"])
    rule = _late_standing_gone(record, _furnisher(row), late, judge)
    if rule is not None:
        work.versions_deleted.append((row["account_key"], row["version"]))
        _tell(row["account_key"], first_day(record["reported_on"]), RetentionAction.DELETE, rule, work, told)
        return
    months = _judge_months(record, record["currency"], _furnisher(row), late, judge)
    change = _change(record, months)
    if change is not None:
        work.versions.append(replace(change, row={**record, "version": row["version"]}))
        _count_months(row["account_key"], record["history_month"], months, record["hidden_months"] or (), work, told)


def _late_standing_gone(
    record: Mapping[str, Any], furnisher: MemberClass, late: Sequence[DelinquencyRecord], judge: Judge
) -> str | None:
    """The rule for which a version goes, because the standing that it tells of was late and may not be kept."""
    if record["state"] not in _LATE_STANDING and not record["days_past_due"] and not record["past_due_minor"]:
        return None
    month = first_day(record["reported_on"])
    fate = judge.fate(month_record(month, furnisher, covering(late, month)))
    return fate.rule if fate.action is RetentionAction.DELETE else None


def _judge_months(
    row: Mapping[str, Any], currency: str, furnisher: MemberClass, late: Sequence[DelinquencyRecord], judge: Judge
) -> _Months:
    months = _Months()
    if row["history_month"] is None:
        return months
    amounts = row["history_past_due_minor"] or [None] * len(row["history_codes"])
    for month, position in _late_months(row["history_month"], row["history_codes"]):
        past_due = amounts[position] or None
        fate = judge.fate(month_record(month, furnisher, covering(late, month), past_due, currency))
        match fate.action:
            case RetentionAction.DELETE:
                months.masked[position] = fate.rule or ""
            case RetentionAction.SUPPRESS_DISPLAY:
                months.hidden[month] = fate.rule or ""
            case RetentionAction.ANNOTATE:
                months.annotated_by = fate.rule
    return months


def _change(row: Mapping[str, Any], months: _Months) -> HistoryChange | None:
    """What changes; None where nothing does. A month stays hidden for as long as it is late and held."""
    still_late = {
        month
        for month, position in _late_months(row["history_month"] or date.min, row["history_codes"])
        if position not in months.masked
    }
    hidden = tuple(sorted((set(_hidden(row)) | set(months.hidden)) & still_late))
    if not months.masked and hidden == _hidden(row):
        return None
    return HistoryChange(row, frozenset(months.masked), hidden)


def _hidden(row: Mapping[str, Any]) -> tuple[date, ...]:
    return tuple(sorted(row["hidden_months"] or ()))


def _count_months(
    account_key: UUID,
    newest: date,
    months: _Months,
    hidden_before: Iterable[date],
    work: Work,
    told: set[tuple[UUID, date, str]],
) -> None:
    for position, rule in months.masked.items():
        month = month_of_number(month_number(newest) - position)
        _tell(account_key, month, RetentionAction.DELETE, rule, work, told)
    already = set(hidden_before)
    for month, rule in months.hidden.items():
        if month not in already:
            _tell(account_key, month, RetentionAction.SUPPRESS_DISPLAY, rule, work, told)


def _tell(
    account_key: UUID, month: date, action: RetentionAction, rule: str, work: Work, told: set[tuple[UUID, date, str]]
) -> None:
    """Counts a month once, in however many versions of the account it stands."""
    if (account_key, month, action) not in told:
        told.add((account_key, month, action))
        work.count(action, FieldClass.PAYMENT_HISTORY, rule)


def _judge_others(held: HeldRecords, judge: Judge, work: Work) -> None:
    for kind, noun, rows in (
        ("public_records", FieldClass.PUBLIC_RECORDS, held.public_records),
        ("plans", FieldClass.PLANS, held.plans),
    ):
        for key, row in _newest(rows, RECORD_KEYS[kind]).items():
            ended = row["ended_on"] or (row["recorded_at"].date() if row["withdrawn"] else None)
            _judge_record(kind, key, KeptRecord(noun, _furnisher(row), ended), row["withdrawn"], judge, work)
    actions = _newest(held.collection_actions, RECORD_KEYS["collection_actions"])
    for key, row in actions.items():
        day = _day(row["started_at"], judge.zone)
        last = max(_day(other["started_at"], judge.zone) for other in actions.values() if _same_debt(row, other))
        recorded = row["recorded_at"].date()
        kept = KeptRecord(FieldClass.COLLECTIONS, _furnisher(row), day, recorded, last_action_on=last)
        _judge_record("collection_actions", key, kept, row["withdrawn"], judge, work)
    for kind, rows, at in (("clearances", held.clearances, "asked_at"), ("breaches", held.breaches, "happened_at")):
        for row in rows:
            day = _day(row[at], judge.zone)
            kept = KeptRecord(FieldClass.COLLECTIONS, _furnisher(row), day, day, last_action_on=day)
            _judge_record(kind, row[RECORD_KEYS[kind]], kept, False, judge, work)


def _judge_record(kind: str, key: UUID, kept: KeptRecord, withdrawn: bool, judge: Judge, work: Work) -> None:
    """A record goes when its period is over; one that was taken back, as soon as no floor keeps it any more."""
    fate = judge.fate(kept)
    rule = fate.rule if fate.action is RetentionAction.DELETE else None
    if rule is None and withdrawn and fate.kept_by is None:
        rule = last_floor(judge.rules, kept)
    if rule is not None:
        work.records_deleted.setdefault(kind, []).append(key)
        work.count(RetentionAction.DELETE, kept.noun, rule)


def _newest(rows: Rows, key: str) -> dict[UUID, Mapping[str, Any]]:
    """The newest version of each record."""
    return {row[key]: row for row in sorted(rows, key=lambda row: row["version"])}


def _same_debt(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one is other or bool(set(one["account_keys"]) & set(other["account_keys"]))


def _day(instant: datetime, zone: ZoneInfo) -> date:
    """The day of a contact: the later one, where two zones disagree, so that nothing goes too early."""
    return max(instant.date(), instant.astimezone(zone).date())


def _furnisher(row: Mapping[str, Any]) -> MemberClass:
    return MemberClass(row["furnisher_class"])


def _with_dates(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a version with those values as dates that are looked at."""
    dates = {name: date.fromisoformat(record[name]) for name in ("history_month", "reported_on") if record[name]}
    hidden = record.get("hidden_months")
    months = [date.fromisoformat(month) for month in hidden] if hidden else None
    return {**record, **dates, "hidden_months": months}
