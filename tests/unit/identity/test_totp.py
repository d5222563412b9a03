"""Codes of authenticator apps: RFC 6238's own vectors, the window, and that a code works once."""

import base64
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from exchange.identity.totp import STEP_SECONDS, matching_step, new_secret, provisioning_uri

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 6, 1, 8, 0, 7, tzinfo=UTC)
STEP = timedelta(seconds=STEP_SECONDS)
PRESENT = int(NOW.timestamp()) // STEP_SECONDS


@pytest.mark.parametrize(
    ("seconds", "digits_8"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238(seconds: int, digits_8: str) -> None:
    """Appendix B, SHA-1; our codes are the last six of its eight digits."""
    now = datetime.fromtimestamp(seconds, UTC)
    assert matching_step(RFC_SECRET, digits_8[2:], now, last_step=0) == seconds // 30


@pytest.mark.parametrize(("steps_away", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_taken_one_step_early_or_late(steps_away: int, taken: bool) -> None:
    code = pyotp.TOTP(RFC_SECRET).at(NOW + steps_away * STEP)
    assert (matching_step(RFC_SECRET, code, NOW, last_step=0) == PRESENT + steps_away) is taken


def test_a_code_that_was_used_is_not_taken_again_nor_is_an_earlier_one() -> None:
    present, before, after = (pyotp.TOTP(RFC_SECRET).at(NOW + steps * STEP) for steps in (0, -1, 1))
    step = matching_step(RFC_SECRET, present, NOW, last_step=0)
    assert step is not None
    assert matching_step(RFC_SECRET, present, NOW, step) is None
    assert matching_step(RFC_SECRET, before, NOW, step) is None
    assert matching_step(RFC_SECRET, after, NOW, step) == step + 1


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34 5x", "-12345", "9" * 10_000]
)
def test_what_is_not_six_digits_is_no_code(typed: str) -> None:
    assert matching_step(RFC_SECRET, typed, NOW, last_step=0) is None


def test_a_code_may_be_typed_in_two_groups() -> None:
    code = pyotp.TOTP(RFC_SECRET).at(NOW)
    assert matching_step(RFC_SECRET, f"{code[:3]} {code[3:]}", NOW, last_step=0) == PRESENT


def test_secrets_have_160_bits_and_differ() -> None:
    secrets = {new_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert all(len(base64.b32decode(secret)) == 20 for secret in secrets)


def test_the_app_is_told_our_name_and_the_key() -> None:
    said = pyotp.parse_uri(provisioning_uri(RFC_SECRET, "•••• 001X"))
    assert isinstance(said, pyotp.TOTP)
    assert (said.issuer, said.name, said.secret) == ("OpenBureau", "•••• 001X", RFC_SECRET)
