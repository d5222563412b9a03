"""When something is tried again, and when it is given up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exchange.journeys.retry import outcome_of, taken_until, wait_after
from exchange.settings import Settings

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
SETTINGS = replace(
    Settings(),
    webhook_retry_seconds=10,
    webhook_retry_seconds_max=100,
    webhook_attempts_max=5,
    webhook_timeout_seconds=7,
)


def test_the_wait_doubles_up_to_the_longest_and_half_of_it_is_random():
    shortest = [wait_after(SETTINGS, tries, lambda: 0.0).total_seconds() for tries in range(1, 8)]
    longest = [wait_after(SETTINGS, tries, lambda: 1.0).total_seconds() for tries in range(1, 8)]
    assert shortest == [5, 10, 20, 40, 50, 50, 50]
    assert longest == [10, 20, 40, 80, 100, 100, 100]
    assert wait_after(SETTINGS, 10_000, lambda: 1.0) == timedelta(seconds=100)


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_only_success_ends_it(status):
    outcome = outcome_of(SETTINGS, status, 5, NOW, lambda: 0.5)
    assert (outcome.done_at, outcome.next_at, outcome.dead_at) == (NOW, None, None)


@pytest.mark.parametrize("status", [None, 100, 199, 300, 302, 400, 410, 429, 500])
def test_anything_else_is_tried_again_until_it_is_given_up(status):
    fourth, fifth = (outcome_of(SETTINGS, status, tries, NOW, lambda: 1.0) for tries in (4, 5))
    assert (fourth.done_at, fourth.next_at, fourth.dead_at) == (None, NOW + timedelta(seconds=80), None)
    assert (fifth.done_at, fifth.next_at, fifth.dead_at) == (None, None, NOW)


def test_a_try_is_taken_for_longer_than_it_can_take():
    assert taken_until(SETTINGS, NOW) > NOW + timedelta(seconds=SETTINGS.webhook_timeout_seconds)
