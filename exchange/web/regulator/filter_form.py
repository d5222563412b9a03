"""The form of a search, which is its address: what was typed, the filter that this means, and every fault at once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from exchange.handover import EventFilter
from exchange.identity.registered_client import is_member_id
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.regulator.period import FROM, UNTIL, read_period
from exchange.web.regulator.words import ACTS
from schema.vocabulary.purpose import Purpose

NAMES = ("member", "act", "purpose", "outcome", "reason", "rule", FROM, UNTIL)
OUTCOMES: Mapping[str, bool] = {"granted": True, "refused": False}

_REASON = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
_RULE = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+){1,7}")


@dataclass(slots=True)
class FilterForm:
    """What was typed, by name; what is wrong with it, by name; and the filter, which is whole where nothing is."""

    typed: Mapping[str, str]
    wanted: EventFilter = field(default_factory=EventFilter)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """What stands after the question mark of the search's address: the same search, whoever opens it."""
        return query_of(self.typed)

    def without(self, name: str) -> str:
        """The address's query with one condition less."""
        return query_of({**self.typed, name: ""})


def query_of(typed: Mapping[str, str]) -> str:
    """The conditions that are there, in one order."""
    return urlencode({name: typed[name] for name in NAMES if typed.get(name)})


def read_filter(given: Mapping[str, str], time_zone: str) -> FilterForm:
    """The search that an address asks for."""
    form = FilterForm({name: given.get(name, "").strip() for name in NAMES})
    period = read_period(form.typed, time_zone)
    for name, holds, fault in _CHECKS:
        if form.typed[name] and not holds(form.typed[name]):
            form.faults[name] = _(fault)
    form.faults |= period.faults
    if not form.faults:
        form.wanted = EventFilter(
            member_id=form.typed["member"] or None,
            act=form.typed["act"] or None,
            purpose=form.typed["purpose"] or None,
            granted=OUTCOMES.get(form.typed["outcome"]),
            reason=form.typed["reason"] or None,
            rule=form.typed["rule"] or None,
            from_time=period.from_time,
            until_time=period.until_time,
        )
    return form


_CHECKS: tuple[tuple[str, Callable[[str], object], str], ...] = (
    ("member", is_member_id, to_translate("Choose the member from the list")),
    ("act", ACTS.__contains__, to_translate("Choose the act from the list")),
    ("purpose", set(Purpose).__contains__, to_translate("Choose the purpose from the list")),
    ("outcome", OUTCOMES.__contains__, to_translate("Choose the outcome from the list")),
    ("reason", _REASON.fullmatch, to_translate("Write the reason's code in capitals, such as CONSENT_MISSING")),
    ("rule", _RULE.fullmatch, to_translate("Write the rule's name, such as cn.cir.18")),
)
"""What holds of each condition that is given, and what is said where it does not."""
