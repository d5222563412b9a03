"""What other rules would have made of a look that was recorded. Pure.

Only what a pack decides is decided again: that a scope was missing, or a consent withdrawn, stays as it was.
(Clearances are decided again from the facts that they keep: `contact_facts.ContactFacts.decide`.)
"""

from dataclasses import dataclass
from datetime import datetime

from consent.decision import Basis, Grant, decide
from consent.policy.rules import Pack
from consent.question import Question
from schema.vocabulary.scope import FieldClass

PACK_DECIDES = frozenset({"STAFF_NOT_NAMED", "WARNING_NOT_SHOWN"})
"""The reasons against a look that another pack may not have; every other one stands whatever the pack says."""


@dataclass(frozen=True, slots=True)
class RecordedLook:
    """A look as recorded, with what it was decided on. `question` asks for no more than what only a pack decides:
    what was withheld for another reason is left out. `basis` is None where it was refused whatever the pack says.
    """

    question: Question
    basis: Basis | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pack makes of a decision. `released` and `years_shown` are of looks: which parts, and for how many years
    negative information is shown (None: no limit). `reasons` are codes.
    """

    granted: bool
    released: tuple[FieldClass, ...] = ()
    years_shown: int | None = None
    reasons: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    def differs_from(self, other: "Outcome") -> bool:
        """Whether it is another decision; the same one for other reasons is not."""
        return (self.granted, self.released, self.years_shown) != (other.granted, other.released, other.years_shown)


def look_under(look: RecordedLook, pack: Pack) -> Outcome:
    """What this pack makes of the look."""
    if look.basis is None:
        return Outcome(False)
    decision = decide(look.question, look.basis, pack, look.asked_at)
    if isinstance(decision, Grant):
        withheld = tuple(sorted({each.reason.code for each in decision.withheld}))
        return Outcome(True, decision.released, decision.negative_retention_years, withheld, decision.rules)
    return Outcome(False, reasons=tuple(sorted({each.code for each in decision.reasons})), rules=decision.rules)
