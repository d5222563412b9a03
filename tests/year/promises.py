"""What was promised of the year, held against what the tables say of it, by a reading of the rules of its own.

Nothing here asks the service's own functions: hours, days and counts are worked out anew from the rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

Row = Mapping[str, Any]

QUIET_FROM, QUIET_UNTIL = 22, 8
REACHED = {
    "CONNECTED", "EFFECTIVE", "LEFT_MESSAGE", "REFUSED", "PROMISE_TO_PAY", "DISPUTE_RAISED", "HARDSHIP_RAISED",
    "STOP_REQUESTED", "PAID",
}  # fmt: skip
TALKED = REACHED - {"CONNECTED", "LEFT_MESSAGE"}
VOICE = {"VOICE_HUMAN", "VOICE_AI_INTERACTIVE", "VOICE_AI_NOTIFY"}


def broken_promises(connection: Connection, end: datetime) -> Iterator[str]:
    """Every promise that was not kept, in words; none of a sound year."""
    tables = {name: [dict(row) for row in connection.execute(text(query)).mappings()] for name, query in _READ.items()}
    yield from _permits_in_hours(tables)
    yield from _contacts_within_limits(tables)
    yield from _permits_against_what_stands(tables)
    yield from _single_use(tables)
    yield from _breaches_recorded(tables)
    yield from _clocks_kept_or_escalated(tables, end)
    yield from _readers_told(tables)
    yield from _nothing_kept_too_long(tables, end)


def _permits_in_hours(tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    for each in tables["permits"]:
        zone = ZoneInfo(each["time_zone"])
        asked, expires = each["asked_at"].astimezone(zone), each["expires_at"].astimezone(zone)
        if not QUIET_UNTIL <= asked.hour < QUIET_FROM:
            yield f"a permit at {asked}"
        if expires > asked.replace(hour=QUIET_FROM, minute=0, second=0, microsecond=0):
            yield f"a permit of {asked} until {expires}"


def _contacts_within_limits(tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Of the contacts that were made with leave, on each local day."""
    counted: Counter[tuple[str, ...]] = Counter()
    for each in tables["contacts"]:
        if not each["cleared"]:
            continue
        day = str(each["started_at"].astimezone(ZoneInfo(each["time_zone"])).date())
        who = (str(each["subject_key"]), each["lender"], day)
        if each["channel"] == "VOICE_AI_NOTIFY" and each["result"] in REACHED:
            counted["3 notifications that connected", *who] += 1
        if each["channel"] == "VOICE_AI_INTERACTIVE" and each["result"] in TALKED:
            counted["3 effective talks with a machine", *who] += 1
        if each["channel"] in VOICE and each["result"] not in REACHED:
            counted["6 unanswered attempts", *who] += 1
    for (what, *who), number in counted.items():
        if number > int(what[0]):
            yield f"{number} where {what} are the most: {who}"


def _permits_against_what_stands(tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    standing: dict[UUID, list[tuple[str, datetime, datetime | None, str | None, set[UUID] | None]]] = defaultdict(list)
    for each in tables["stops"]:
        standing[each["subject_key"]].append(("a stop", each["stands_from"], each["ended_at"], each["member_id"], None))
    for each in tables["disputes"]:
        about = {each["record_key"]}
        standing[each["subject_key"]].append(("a dispute", each["filed_at"], each["closed_at"], None, about))
    for each in tables["plans"]:  # nobody collects until its last day, at the debtor's place
        about, last = set(each["account_keys"]), each["stop_collection_until"]
        over = datetime.combine(last + timedelta(days=1), time(0), ZoneInfo(each["time_zone"]))
        until = min(over, each["superseded_at"] or over)
        standing[each["subject_key"]].append(("a plan", each["recorded_at"], until, None, about))
    for each in tables["permits"]:
        for what, since, until, lender, about in standing[each["subject_key"]]:
            in_time = since < each["asked_at"] and (until is None or each["asked_at"] < until)
            concerns = lender in (None, each["lender"]) and (about is None or about & set(each["account_keys"]))
            if in_time and concerns:
                yield f"a permit at {each['asked_at']} against {what} since {since}"


def _single_use(tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    used = Counter(each["action_key"] for each in tables["permits"] if each["action_key"])
    yield from (f"{number} permits for one contact" for number in used.values() if number > 1)
    for each in tables["permits"]:
        if each["used_at"] and each["used_at"] > each["expires_at"]:
            yield f"a permit used after {each['expires_at']}"


def _breaches_recorded(tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    breached = {each["action_key"] for each in tables["breaches"]}
    for each in tables["contacts"]:
        if each["cleared"] == (each["action_key"] in breached):
            yield f"a contact with leave {each['cleared']} and breach {each['action_key'] in breached}"


def _clocks_kept_or_escalated(tables: Mapping[str, Sequence[Row]], end: datetime) -> Iterator[str]:
    for each in tables["clocks"]:
        kept = each["met_at"] is not None and each["met_at"] <= each["due_at"]
        running = each["met_at"] is None and each["due_at"] + timedelta(days=1) > end
        if kept and each["escalated_at"]:
            yield f"a clock of {each['kind']} that was kept and escalated"
        answered_soon = each["met_at"] is not None and each["met_at"] - each["due_at"] <= timedelta(days=1)
        if not (kept or running or answered_soon or each["escalated_at"]):
            yield f"a clock of {each['kind']}, due {each['due_at']}, missed and not escalated"


def _readers_told(tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Each member that read the account, contested as a whole, before it was corrected is told, once; no other is."""
    told = Counter((each["subject_key"], each["recipient"], each["about"]) for each in tables["corrections_told"])
    for each in tables["corrected"]:
        readers = {
            look["member_id"]
            for look in tables["looks"]
            if look["subject_key"] == each["subject_key"]
            and "ACCOUNTS" in look["released"]
            and each["contested_from"] <= look["asked_at"] < each["corrected_at"]
            and look["member_id"] not in ("self", each["contributor"])
        }
        for reader in readers:
            if told.pop((each["subject_key"], reader, each["dispute_id"]), 0) != 1:
                yield f"{reader} was not told once of a correction that it should know"
    yield from (f"{member} was told of what it had not read" for (_, member, _), number in told.items() if number)


def _nothing_kept_too_long(tables: Mapping[str, Sequence[Row]], end: datetime) -> Iterator[str]:
    """Retention runs once a week here, and deletes five years after the conduct ended (Order 631, art. 16)."""
    last_run = end.date() - timedelta(days=8)
    for each in tables["old"]:
        if each["ended_on"].replace(year=each["ended_on"].year + 5) < last_run:
            yield f"a delinquency that ended on {each['ended_on']} is still there"


_READ = {
    "permits": """
        SELECT c.*, s.time_zone FROM contact_clearance c JOIN subject s USING (subject_key) WHERE c.granted
    """,
    "contacts": """
        SELECT a.subject_key, a.action_key, a.channel, a.result, a.started_at, s.time_zone,
            coalesce(m.lender, a.contributor) AS lender,
            EXISTS (SELECT FROM contact_clearance c
                    WHERE c.subject_key = a.subject_key AND c.action_key = a.action_key) AS cleared
        FROM collection_action a JOIN subject s USING (subject_key)
        LEFT JOIN mandate m ON m.mandate_id = a.mandate_id AND m.version = 1
        WHERE a.superseded_at IS NULL AND a.direction = 'OUTBOUND'
    """,
    "breaches": "SELECT * FROM contact_breach",
    "stops": "SELECT * FROM contact_wish WHERE kind = 'STOP'",
    "disputes": "SELECT * FROM dispute",
    "plans": """
        SELECT p.*, s.time_zone FROM repayment_plan p JOIN subject s USING (subject_key)
        WHERE p.state IN ('ACCEPTED', 'ACTIVE') AND NOT p.withdrawn
    """,
    "clocks": "SELECT * FROM running_clock",
    "old": "SELECT ended_on FROM delinquency WHERE ended_on IS NOT NULL",
    "looks": "SELECT * FROM inquiry WHERE granted",
    "corrections_told": "SELECT * FROM notice WHERE kind = 'RECORD_CORRECTED'",
    "corrected": """
        SELECT d.*,
            least((SELECT min(v.recorded_at) FROM account_version v WHERE v.subject_key = d.subject_key
                AND v.account_key = d.record_key),
                (SELECT a.recorded_at FROM account a WHERE a.subject_key = d.subject_key
                    AND a.account_key = d.record_key)) AS contested_from,
            coalesce((SELECT v.recorded_at FROM account_version v WHERE v.subject_key = d.subject_key
                AND v.account_key = d.record_key AND v.version = d.corrected_version),
                (SELECT a.recorded_at FROM account a WHERE a.subject_key = d.subject_key
                    AND a.account_key = d.record_key)) AS corrected_at
        FROM dispute d WHERE d.state = 'CORRECTED'
    """,
}
