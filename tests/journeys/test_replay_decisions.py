"""A changed pack over recorded decisions: exactly those are listed that it would have made otherwise."""

from dataclasses import replace
from datetime import timedelta

import pytest
from factories import Bank, Exchange
from test_reconcile_consents import busy

from consent.policy.rules import Pack, Retention
from exchange.errors import BadRequest, Refused
from exchange.journeys import replay_decisions
from exchange.journeys.openable import Auditor
from exchange.journeys.replay_decisions import Replay, replay, replay_for_auditor
from schema.vocabulary.scope import Scope

DAY = timedelta(days=1)


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    exchange.authority()
    bank = exchange.bank()
    busy(exchange, bank)
    return bank


def replayed(exchange: Exchange, changed: Pack) -> Replay:
    now = exchange.clock.now()
    return replay(exchange.services, changed, now - 2 * DAY, now + DAY)


def forgetting_after(pack: Pack, years: int) -> Pack:
    """The same pack, but that negative information is deleted after so many years."""
    rules = [
        replace(rule, terms=replace(rule.terms, years=years))
        if rule.id == "cn.cir.16" and isinstance(rule.terms, Retention)
        else rule
        for rule in pack.rules
    ]
    return replace(pack, version="changed", rules=tuple(rules))


def test_the_pack_in_force_decides_everything_as_it_was(exchange: Exchange, bank: Bank) -> None:
    found = replayed(exchange, exchange.services.pack)

    assert (found.differ, found.differences, found.not_as_recorded) == (0, [], 0)
    assert (found.looks, found.skipped) == (12, 0)  # 7 granted and 5 refused; the borrower's own look is left out


def test_a_shorter_period_makes_every_granted_look_otherwise_and_no_refused_one(exchange: Exchange, bank: Bank) -> None:
    found = replayed(exchange, forgetting_after(exchange.services.pack, 3))

    assert (found.looks, found.differ) == (12, 7)
    assert all(each.was.granted and each.would_be.granted for each in found.differences)
    assert {(each.was.years_shown, each.would_be.years_shown) for each in found.differences} == {(5, 3)}
    assert found.changed == "changed"


def test_many_small_steps_find_the_same(exchange: Exchange, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_decisions, "AT_ONCE", 2)
    assert replayed(exchange, forgetting_after(exchange.services.pack, 3)).differ == 7


def test_what_lies_outside_the_period_is_not_decided_again(exchange: Exchange, bank: Bank) -> None:
    now = exchange.clock.now()
    assert replay(exchange.services, exchange.services.pack, now - 9 * DAY, now - 8 * DAY).looks == 0
    with pytest.raises(BadRequest, match="must end after"):
        replay(exchange.services, exchange.services.pack, now, now)


def test_an_auditor_s_replay_is_logged_and_needs_the_scope(exchange: Exchange, bank: Bank) -> None:
    now, changed = exchange.clock.now(), forgetting_after(exchange.services.pack, 3)
    auditor = Auditor("audit-office", None, frozenset({Scope.AUDIT_READ}))
    assert replay_for_auditor(exchange.services, auditor, changed, now - 2 * DAY, now + DAY).differ == 7
    with pytest.raises(Refused):
        replay_for_auditor(exchange.services, replace(auditor, scopes=frozenset()), changed, now - DAY, now)


def test_a_page_replays_no_more_decisions_than_it_can_while_somebody_waits(
    exchange: Exchange, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, auditor = exchange.clock.now(), Auditor("credit-authority", None, frozenset({Scope.AUDIT_READ}))
    over = exchange.services, auditor, exchange.services.pack, now - 2 * DAY, now + DAY
    in_all = replay_for_auditor(*over).looks + 1  # the borrower's own look counts as well

    monkeypatch.setattr(replay_decisions, "FOR_AN_AUDITOR_MAX", in_all)
    assert replay_for_auditor(*over).looks == 12
    monkeypatch.setattr(replay_decisions, "FOR_AN_AUDITOR_MAX", in_all - 1)
    with pytest.raises(BadRequest) as refused:
        replay_for_auditor(*over)
    assert refused.value.stable_code == "PERIOD_NOT_VALID"
