"""Money: an integer of minor units with an ISO 4217 code, never a float."""

from dataclasses import dataclass

MINOR_DIGITS = {
    "CNY": 2, "USD": 2, "EUR": 2, "GBP": 2, "INR": 2, "HKD": 2, "MOP": 2, "TWD": 2, "SGD": 2,
    "JPY": 0, "KRW": 0, "VND": 0, "KWD": 3,
}  # fmt: skip
"""The currencies that the exchange takes, with the digits of their minor unit (ISO 4217)."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: `minor` counts the smallest unit of `currency` (100 fen are one yuan)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in MINOR_DIGITS:
            raise ValueError(f"unknown currency {self.currency!r}: known are {', '.join(sorted(MINOR_DIGITS))}")

    def __str__(self) -> str:
        digits = MINOR_DIGITS[self.currency]
        if not digits:
            return f"{self.minor} {self.currency}"
        sign = "-" if self.minor < 0 else ""
        whole, part = divmod(abs(self.minor), 10**digits)
        return f"{sign}{whole}.{part:0{digits}d} {self.currency}"
