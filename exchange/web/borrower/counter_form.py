"""The form of a counter-offer: numbers and a day, as borrowers write them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from flask import request

from exchange.journeys.own_plans import CounterOffer
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from schema.vocabulary.money import MINOR_DIGITS

_AMOUNT = re.compile(r"([0-9]{1,13}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]{1,3})?")
_COUNT = re.compile(r"[0-9]{1,4}")
_FIELDS = ("instalments", "amount", "first_due_on")
_NOT_READ = {
    "instalments": to_translate("Write how many payments, in figures."),
    "amount": to_translate("Write the amount of each payment in figures, for example 1200.50."),
    "first_due_on": to_translate("Choose the day of the first payment."),
}


@dataclass(frozen=True, slots=True)
class CounterForm:
    """What was filled in, with what is wrong by field. `wanted` is None until every field could be read."""

    filled: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    keep_words: bool = False
    wanted: CounterOffer | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    sensitive: tuple[str, ...] = ()

    @classmethod
    def sent(cls, currency: str) -> "CounterForm":
        """The form of this request, about a plan in a currency."""
        filled = {name: request.form.get(name, "").strip() for name in _FIELDS}
        form = cls(filled, request.form.get("words", ""), request.form.get("keep_words") == "yes")
        instalments = _whole(filled["instalments"])
        amount_minor, first_due_on = _minor(filled["amount"], currency), _day(filled["first_due_on"])
        if instalments is not None and amount_minor is not None and first_due_on is not None:
            return replace(form, wanted=CounterOffer(instalments, amount_minor, first_due_on))
        read = dict(zip(_FIELDS, (instalments, amount_minor, first_due_on), strict=True))
        return form.with_faults({name: _NOT_READ[name] for name, value in read.items() if value is None})

    def with_faults(self, faults: Mapping[str, str], sensitive: tuple[str, ...] = ()) -> "CounterForm":
        """The same, with sentences to show beside its fields."""
        return replace(self, faults={name: _(sentence) for name, sentence in faults.items()}, sensitive=sensitive)


def _whole(text: str) -> int | None:
    return int(text) if _COUNT.fullmatch(text) else None


def _minor(text: str, currency: str) -> int | None:
    """An amount in minor units; None where it is no amount, or finer than the currency is."""
    if not _AMOUNT.fullmatch(text):
        return None
    minor = Decimal(text.replace(",", "")).scaleb(MINOR_DIGITS[currency])
    return int(minor) if minor == minor.to_integral_value() else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
