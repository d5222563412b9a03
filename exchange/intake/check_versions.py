"""The rules between a report and what is held of the account: what no single report can show."""

from collections.abc import Callable

from exchange.intake.check_history import ENDING, jumps
from exchange.intake.contribution import AccountRecord, Checks, Fault, History
from exchange.intake.fault_codes import fault, weigh
from exchange.intake.merge import rewrites
from schema.vocabulary.correction import CorrectionReason, Withdrawal

_LIFTS_FRAUD = frozenset({CorrectionReason.COURT, CorrectionReason.FURNISHER_ERROR})


def contradictions(
    record_no: int,
    held: AccountRecord,
    reported: AccountRecord,
    merged: AccountRecord,
    checks: Checks = Checks.OWN_CODES,
) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """(faults, notes) of a report about an account that is held; `merged` is what both make together."""
    if _lifts_fraud_silently(held, reported):
        return (fault(record_no, "withdrawal", "FRAUD_DELETED"),), ()
    if held.withdrawn or reported.withdrawn:
        return (), ()
    from_30_days = checks is Checks.TRANSLATED_FROM_30_DAYS
    broken = (
        ("currency", "CURRENCY_CHANGED", reported.currency != held.currency),
        ("history", "HISTORY_REWRITTEN", _rewrites_silently(held, reported, from_30_days)),
        ("history", "HISTORY_JUMP", _jumps_between(held, reported, merged, from_30_days)),
        ("history", "HISTORY_AFTER_END", _goes_on_between(held, reported, merged)),
    )
    return weigh([fault(record_no, field, code) for field, code, is_broken in broken if is_broken], checks)


def _lifts_fraud_silently(held: AccountRecord, reported: AccountRecord) -> bool:
    """An account that was opened by fraud may not come back, nor become one that may, unless somebody says why."""
    was_fraud = held.withdrawal is Withdrawal.FRAUD and reported.withdrawal is not Withdrawal.FRAUD
    return was_fraud and reported.correction not in _LIFTS_FRAUD


def _rewrites_silently(held: AccountRecord, reported: AccountRecord, from_30_days: bool) -> bool:
    return reported.correction is None and rewrites(held.history, reported.history, from_30_days)


def _jumps_between(held: AccountRecord, reported: AccountRecord, merged: AccountRecord, from_30_days: bool) -> bool:
    """Whether the months of both together rise by more than one step, and neither did alone."""
    return _only_together(held, reported, merged, lambda history: jumps(history.codes, from_30_days))


def _goes_on_between(held: AccountRecord, reported: AccountRecord, merged: AccountRecord) -> bool:
    """Whether months go on behind the code that ends a history only once both are together."""
    return _only_together(held, reported, merged, lambda history: not ENDING.isdisjoint(history.codes[1:]))


def _only_together(
    held: AccountRecord, reported: AccountRecord, merged: AccountRecord, breaks: Callable[[History], bool]
) -> bool:
    if merged.history is None or not breaks(merged.history):
        return False
    return not any(record.history and breaks(record.history) for record in (held, reported))
