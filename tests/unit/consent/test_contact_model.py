"""Windows and hours are what a second, slower way makes of them, over generated histories in many time zones.

20,000 histories in the suite; `make races` (or OPENBUREAU_CONTACT_HISTORIES=100000) runs more.
"""

import os
from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from contact_cases import STANDING
from contact_histories import Case, model_count, model_end, model_is_quiet

from consent.contact import Denial, Permit, decide_contact
from consent.policy.contact_terms import Rate

PARTS = 4
CASES = int(os.environ.get("OPENBUREAU_CONTACT_HISTORIES", "20000")) // PARTS


@pytest.mark.parametrize("part", range(PARTS))
def test_decisions_agree_with_a_model_that_counts_by_hand(part: int) -> None:
    random, seen = Random(f"contact {part}"), Counter[str]()
    for number in range(CASES):
        case = Case(random)
        standing = type(STANDING)(case.zone)
        decision = decide_contact(case.question, standing, case.history, case.pack, case.now, case.validity)
        place = f"case {number} of part {part}"
        seen.update(agree(case, decision, place))
    assert min(seen[name] for name in ("PERMIT", "QUIET", "TOO_OFTEN", "CUT_SHORT", "NO_RULE")) > CASES // 200, seen


def agree(case: Case, decision: Permit | Denial, place: str) -> list[str]:
    """What came of the case, once both ways agree on it."""
    limits = {
        rule.id: rule
        for rule in case.pack.rules
        if isinstance(rule.terms, Rate)
        and (not rule.applies.channels or case.question.channel in rule.applies.channels)
    }
    counts = {
        name: model_count(rule.terms, rule.applies.channels, case.question, case) for name, rule in limits.items()
    }
    assert {count.rule: count.counted for count in decision.counts} == counts, place
    full = {name for name, counted in counts.items() if counted >= limits[name].terms.limit}
    quiet = model_is_quiet(case.pack, case.now, case.zone)
    has_rules = bool(limits) or any(not isinstance(rule.terms, Rate) for rule in case.pack.rules)
    if isinstance(decision, Permit):
        assert has_rules and not full and not quiet, place
        assert decision.expires_at == model_end(case), place
        last = decision.expires_at - timedelta(microseconds=1)
        assert not model_is_quiet(case.pack, last, case.zone), place
        assert last.astimezone(case.zone).date() == case.now.astimezone(case.zone).date(), place
        return ["PERMIT", *(["CUT_SHORT"] if decision.expires_at < case.now + case.validity else [])]
    assert {reason.rule for reason in decision.reasons} == (full | quiet if has_rules else {None}), place
    if decision.again_at:
        before = decision.again_at - timedelta(microseconds=1)
        assert model_is_quiet(case.pack, before, case.zone), place
        assert not model_is_quiet(case.pack, decision.again_at, case.zone), place
    return [
        *(["QUIET"] if quiet else []), *(["TOO_OFTEN"] if full else []), *([] if has_rules else ["NO_RULE"])
    ]  # fmt: skip
