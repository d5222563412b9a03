"""Codes of an authenticator app (TOTP, RFC 6238): six digits, SHA-1, 30 seconds, as every app takes them."""

import hmac
import re
from datetime import datetime

import pyotp

STEP_SECONDS = 30
WINDOW_STEPS = 1
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 random bits in base32 (RFC 4226, section 4, R6)."""
    return pyotp.random_base32(32)


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step that `code` belongs to, at most one away from the present; None: it is wrong or was used.

    A code works once: the caller stores the step, and nothing up to `last_step` matches again (RFC 6238, section
    5.2). Every step is compared, in constant time.
    """
    digits = code.replace(" ", "")
    if not _CODE.fullmatch(digits):
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(secret, interval=STEP_SECONDS)
    steps = range(present - WINDOW_STEPS, present + WINDOW_STEPS + 1)
    matches = [step for step in steps if hmac.compare_digest(generator.generate_otp(step), digits)]
    return next((step for step in matches if step > last_step), None)


def provisioning_uri(secret: str, label: str) -> str:
    """What the QR code says to the app: an `otpauth:` address."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=label, issuer_name="OpenBureau")
