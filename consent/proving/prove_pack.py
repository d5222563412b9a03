"""Whether a pack does what its own boundary cases say: each is put before the functions that decide."""

from collections.abc import Iterator

from consent.policy.contact_terms import ContactTerms
from consent.policy.rules import Act, Ceiling, Deadline, Pack, Precondition, Reciprocity, Retention, Rule, Vector
from consent.proving.contact_cases import contact
from consent.proving.look_cases import look
from consent.proving.outcome import Outcome
from consent.proving.plain_cases import PLAIN


def prove(pack: Pack) -> list[str]:
    """Every boundary case that does not come out as it should: rule, number of the case from 1, expected and got."""
    return [fault for rule in pack.rules for fault in prove_rule(pack, rule)]


def prove_rule(pack: Pack, rule: Rule) -> Iterator[str]:
    """The cases of one rule of this pack that do not come out as they should."""
    for number, vector in enumerate(rule.vectors, start=1):
        if fault := _fault(pack, rule, vector):
            yield f"{rule.id}, case {number}: {fault}"


def _fault(pack: Pack, rule: Rule, vector: Vector) -> str | None:
    try:
        outcome = _outcome(pack, rule, vector.given)
    except (ArithmeticError, ValueError) as fault:  # a day past the calendar's end is a fault of the case as well
        return f"cannot be decided: {fault}"
    if outcome.word != vector.expect:
        return f"expected {vector.expect}, got {outcome.word}"
    if outcome.rules and not outcome.rules & {rule.id, *_rivals(pack, rule)}:
        return f"{vector.expect} as expected, but by {', '.join(sorted(outcome.rules))}"
    return None


def _outcome(pack: Pack, rule: Rule, given: object) -> Outcome:
    terms = rule.terms
    if isinstance(terms, ContactTerms):
        return contact(pack, rule, given)
    if isinstance(terms, Ceiling | Reciprocity) or (isinstance(terms, Precondition) and rule.applies.act is Act.QUERY):
        return look(pack, rule, given)
    return PLAIN[type(terms)](pack, rule, terms, given)


def _rivals(pack: Pack, rule: Rule) -> set[str]:
    """The rules that may be named instead, because they require the same, or are about keeping the same."""
    terms = rule.terms
    if isinstance(terms, Deadline):
        return {other.id for other in pack.about(rule.applies.act)}
    if isinstance(terms, Retention):
        return {other.id for other in pack.rules if isinstance(other.terms, Retention)}
    if not isinstance(terms, Precondition):
        return set()
    return {
        other.id
        for other in pack.rules
        if isinstance(other.terms, Precondition) and other.terms.requires & terms.requires
    }
