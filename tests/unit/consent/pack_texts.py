"""Small packs as TOML, to change one thing of."""

from typing import Any

from consent.policy.load import read_pack
from consent.policy.rules import Pack

_RULE = """
[[rules]]
id = "{id}"
force = "{force}"
kind = "{kind}"
effective_from = "{effective_from}"
{more}
source = {{ title = "A law", clause = "1", language = "en", verified = "to_verify" }}
applies = {{ act = "{act}"{applies} }}
terms = {{ {terms} }}
vectors = [{vectors}]
"""


def a_rule(id: str, kind: str, act: str, terms: str = "", **changes: Any) -> str:
    """One rule; `applies` goes on after the act (`, purposes = []`), `more` are lines of the rule itself, `vectors` its
    boundary cases.
    """
    good = {
        "force": "MUST",
        "effective_from": "2020-01-01",
        "more": "",
        "applies": "",
        "vectors": '{ given = {}, expect = "ANY" }',
    }
    return _RULE.format(id=id, kind=kind, act=act, terms=terms, **{**good, **changes})


def a_pack(*rules: str) -> Pack:
    """The pack of these rules. Raises PackNotValid."""
    return read_pack('jurisdiction = "xx"\nversion = "xx-1"\n' + "".join(rules))


def hours(id: str, quiet_from: str, quiet_until: str, **changes: Any) -> str:
    """A rule about hours of contact."""
    return a_rule(id, "hours", "CONTACT", f'quiet_from = "{quiet_from}", quiet_until = "{quiet_until}"', **changes)


def deadline(id: str, act: str, days: int, **changes: Any) -> str:
    """A rule about the time for an answer."""
    return a_rule(id, "deadline", act, f"days = {days}", **changes)


def stage(id: str, this: str, after: str) -> str:
    """A rule about the order of stages."""
    return a_rule(id, "stage_order", "CONTACT", f'stage = "{this}", after = "{after}"')
