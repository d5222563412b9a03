"""Prints the rules of every pack in words: `docs/policy-rules.md`, and what `openbureau pack show` tells."""

import sys
from collections.abc import Iterable

from consent.policy.contact_terms import Hours, Rate, StageOrder, Standstill, Targets
from consent.policy.load import known_packs, load_pack
from consent.policy.rules import (
    Act,
    AskingPause,
    BorrowersRight,
    Ceiling,
    CountedFrom,
    Deadline,
    Duty,
    Explain,
    ForbiddenField,
    FreeQuota,
    Kind,
    Pack,
    Precondition,
    Residency,
    Retention,
    RetentionAction,
    Right,
    Rule,
    TwoPerson,
    Verified,
)
from schema.vocabulary.contact import Group, Per

KINDS = {
    Kind.PRECONDITION: "must hold first",
    Kind.SEPARATE_CONSENT: "a consent for each recipient",
    Kind.FORBIDDEN_FIELD: "never collected",
    Kind.RETENTION: "how long it is kept",
    Kind.FREE_QUOTA: "free of charge",
    Kind.ASKING_PAUSE: "asking again",
    Kind.DEADLINE: "time to answer",
    Kind.PRIOR_NOTICE: "told before",
    Kind.LAWFUL_BASIS: "without a consent",
    Kind.RESIDENCY: "where it is kept",
    Kind.CEILING: "how far a consent may go",
    Kind.RECIPROCITY: "who receives what",
    Kind.ACCESS_ALERT: "told of each look",
    Kind.TWO_PERSON: "how many persons",
    Kind.EXPLAIN: "judgements by machine",
    Kind.RIGHT: "a right of the borrower",
    Kind.DUTY: "a duty, shown and not computed",
    Kind.HOURS: "hours of contact",
    Kind.RATE: "how often",
    Kind.STANDSTILL: "when contact rests",
    Kind.TARGETS: "whom to contact",
    Kind.STAGE_ORDER: "order of steps",
}
VERIFIED = {
    Verified.FULL_TEXT: "read word for word",
    Verified.SECONDARY: "known from others",
    Verified.TO_VERIFY: "still to be verified",
}
ACTS = {
    Act.QUERY: "a look at a file",
    Act.CONTRIBUTE: "a contribution",
    Act.KEEP: "keeping",
    Act.ASK: "asking for a consent",
    Act.ANSWER_WITHDRAWAL: "the answer to a withdrawal",
    Act.CONTACT: "a contact about a debt",
    Act.ANSWER_DISPUTE: "the answer to a dispute",
    Act.FURNISH_DISPUTE: "the furnisher's answer to a dispute",
    Act.ANSWER_COMPLAINT: "the member's answer to a complaint",
    Act.FIND_COMPLAINT: "the authority's finding on a complaint",
    Act.ANSWER_REVIEW: "a second look by a person",
    Act.ANSWER_PLAN: "the answer to a counter-offer",
    Act.ERASE: "an erasure",
    Act.EVALUATE_MANDATE: "the review of an agency",
    Act.JUDGE: "a judgement by machine",
    Act.INSPECT: "an inspection",
    Act.EXERCISE: "borrowers' rights",
    Act.OPERATE: "how the exchange is run",
}
RIGHTS = {
    BorrowersRight.KNOW: "to know",
    BorrowersRight.COPY: "to have a copy",
    BorrowersRight.PORT: "to take data along",
    BorrowersRight.CORRECT: "to have it corrected",
    BorrowersRight.STATE: "to have their own words beside it",
    BorrowersRight.ERASE: "to have it erased",
    BorrowersRight.RESTRICT: "to restrict its use",
    BorrowersRight.OBJECT: "to object",
    BorrowersRight.EXPLAIN: "to an explanation",
    BorrowersRight.REVIEW: "to a second look by a person",
    BorrowersRight.COMPLAIN: "to complain",
}
_SINCE = {
    CountedFrom.ENDED: "after it ended",
    CountedFrom.FELL_OVERDUE: "after it fell overdue",
    CountedFrom.RECORDED: "after it was recorded",
    CountedFrom.LAST_ACTION: "after the last action",
}
_KEPT = {
    RetentionAction.DELETE: "deleted",
    RetentionAction.SUPPRESS_DISPLAY: "hidden, and kept,",
    RetentionAction.ANNOTATE: "annotated",
    RetentionAction.KEEP_AT_LEAST: "kept until",
}
_GROUPS = {Group.ACTOR: "by one collector", Group.LENDER_AND_AGENCIES: "by a lender and all its agencies together"}
_PER = {Per.NUMBER: "to one number", Per.DEBT: "about one debt", Per.DEBTOR: "to one debtor"}


HEAD = """# The rules of the policy packs

Printed from the packs by `make print`. What a pack is, and how rules work together, is told in
[policy-packs.md](policy-packs.md).
"""


def print_packs() -> str:
    """The rules of every pack that comes with the service, as a page of Markdown."""
    return "\n".join([HEAD, *(print_pack(load_pack(name)) for name in known_packs())])


def print_pack(pack: Pack) -> str:
    """One pack: a heading, and a table of its rules in their order."""
    head = f"## `{pack.jurisdiction}`, version {pack.version}: {len(pack.rules)} rules\n"
    columns = "| Rule | Force | What it is about | What it says | Where it stands | Verified | In force |\n"
    return f"{head}\n{columns}|---|---|---|---|---|---|---|\n" + "\n".join(_row(rule) for rule in pack.rules) + "\n"


def print_rule(rule: Rule) -> str:
    """One rule as a line to read."""
    source = rule.source
    return (
        f"{rule.id}  [{rule.force}, {KINDS[rule.kind]}]  {terms_in_words(rule)}  "
        f"({source.title}, {source.clause}; {VERIFIED[source.verified]}; {_period(rule)})"
    )


def _row(rule: Rule) -> str:
    source = rule.source
    cells = [
        f"`{rule.id}`",
        rule.force,
        KINDS[rule.kind],
        terms_in_words(rule),
        f"{source.title}, {source.clause}",
        VERIFIED[source.verified],
        _period(rule),
    ]
    return "| " + " | ".join(cells) + " |"


def _period(rule: Rule) -> str:
    until = f" to before {rule.effective_to}" if rule.effective_to else ""
    return f"from {rule.effective_from}{until}"


def terms_in_words(rule: Rule) -> str:
    """What a rule says, and for what, in English."""
    said = _terms(rule) or KINDS[rule.kind].capitalize()
    return f"For {_for_what(rule)}: {said[0].lower()}{said[1:]}."


def _terms(rule: Rule) -> str:
    match rule.terms:
        case Precondition(requires):
            return f"Needed: {_words(requires)}"
        case ForbiddenField(fields, unless):
            return f"Not collected: {_words(fields)}" + (f"; unless there are {_words(unless)}" if unless else "")
        case Retention():
            return _retention(rule.terms)
        case FreeQuota(count):
            return f"{count} free in each calendar year"
        case AskingPause(days):
            return f"Not asked again for {days} days"
        case Deadline(days):
            return f"Within {days} days"
        case Residency(country):
            return f"Kept in {country}"
        case Ceiling():
            return _ceiling(rule.terms)
        case TwoPerson(persons):
            return f"At least {persons} persons"
        case Explain(human_review):
            return "Explained" + (", and a person looks again when asked" if human_review else "")
        case Right(rights):
            return f"Borrowers have the right {', '.join(RIGHTS[right] for right in BorrowersRight if right in rights)}"
        case Duty(sentence):
            return sentence.removesuffix(".")
    return _contact(rule)


def _contact(rule: Rule) -> str:
    match rule.terms:
        case Hours(quiet_from, quiet_until):
            lifted = f", unless there is {_words(rule.override)}" if rule.override else ""
            return f"Nobody is contacted from {quiet_from:%H:%M} until {quiet_until:%H:%M} at their place{lifted}"
        case Rate(count, days, group, per, limit):
            span = "a day" if days == 1 else f"in {days} days"
            return f"At most {limit} {_word(count)} {span}, {_GROUPS[group]}, {_PER[per]}"
        case Standstill(while_):
            return f"No contact while there is: {_words(while_)}"
        case Targets(targets, failures, is_final):
            when = f"only after {failures} failures in a row or an invalid number" if failures else "never contacted"
            return f"{_words(targets).capitalize()}: {when}" + ("; never again once they refuse" if is_final else "")
        case StageOrder(stage, after, days):
            return f"{_word(stage).capitalize()} comes after {_word(after or 'any')}, from day {days} past due"
    return ""


def _retention(terms: Retention) -> str:
    years = f"{terms.years} years" if terms.years else "at once"
    later = f" and {terms.after_days} days" if terms.after_days else ""
    limits = [
        f"at most {terms.amount_minor_max} {terms.currency} (minor units)"
        if terms.amount_minor_max is not None
        else "",
        f"overdue from {terms.late_from}" if terms.late_from else "",
        f"overdue until {terms.late_until}" if terms.late_until else "",
        f"repaid by {terms.cured_by}" if terms.cured_by else "",
    ]
    only = ", ".join(filter(None, limits))
    return f"{_KEPT[terms.action].capitalize()} {years}{later} {_SINCE[terms.counted_from]}" + (
        f"; only {only}" if only else ""
    )


def _ceiling(terms: Ceiling) -> str:
    limits = [
        "one look" if terms.once else "",
        f"{terms.days} days" if terms.days else "",
        f"{terms.history_months} months of history" if terms.history_months else "",
        f"{terms.fetches_per_month} looks in 31 days" if terms.fetches_per_month else "",
    ]
    return f"A consent goes no further than {', '.join(filter(None, limits))}"


def _for_what(rule: Rule) -> str:
    applies = rule.applies
    said = [
        ACTS[applies.act],
        f"under {_words(applies.bases)}" if applies.bases else "",
        f"by {_words(applies.member_classes)}" if applies.member_classes else "",
        f"for {_words(applies.purposes)}" if applies.purposes else "",
        f"about {_words(applies.field_classes)}" if applies.field_classes else "",
        f"by way of {_words(applies.channels)}" if applies.channels else "",
    ]
    return ", ".join(filter(None, said))


def _words(names: Iterable[str]) -> str:
    return ", ".join(_word(name) for name in sorted(names))


def _word(name: str) -> str:
    return name.lower().replace("_", " ")


if __name__ == "__main__":
    sys.stdout.write(print_packs())
