"""May they look? One pure function, and its two answers. What is not allowed is refused, with every reason."""

from dataclasses import InitVar, dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from consent import reasons
from consent.artefact import ConsentArtefact, UseLimits
from consent.lifecycle import ConsentState
from consent.policy.ceiling import above_rules
from consent.policy.resolve import Situation, applicable, ceiling_years, reciprocity_rule, rule_requiring
from consent.policy.rules import Act, BasisKind, FreeQuota, Pack, Requirement, Retention, Rule
from consent.question import GroundKind, LawfulGround, Question
from consent.reasons import Reason
from consent.register import HeldConsent
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope

Basis = HeldConsent | LawfulGround

RECEIVES = {
    ContributionLevel.FULL: frozenset(FieldClass),
    ContributionLevel.NEGATIVE_ONLY: frozenset(
        {FieldClass.IDENTITY, FieldClass.DELINQUENCIES, FieldClass.PUBLIC_RECORDS, FieldClass.COLLECTIONS}
    ),
    ContributionLevel.INQUIRY_ONLY: frozenset({FieldClass.IDENTITY, FieldClass.INQUIRIES}),
}
"""Reciprocity: what a member receives at each level of contribution. A regulator receives all."""

AGENCY_PURPOSES = frozenset({Purpose.COLLECTION, Purpose.DISPUTE})
"""All that a collection agency may look for."""

_MADE_BY_DECIDE = object()


@dataclass(frozen=True, slots=True)
class Withheld:
    """A field class that was asked for and is not shown, with one reason; a class with two reasons stands twice."""

    field_class: FieldClass
    reason: Reason


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to look. Only `decide` makes one.

    `basis_kind` is CONSENT or the kind of lawful ground; `consent_id` and `use_limits` are None under a ground.
    `history_from`/`history_to` bound the history to show (None: no bound). `negative_retention_years`: negative
    information is not shown longer than this after the conduct ended (None: no limit).
    """

    subject_key: UUID
    member_id: str
    purpose: Purpose
    basis_kind: str
    consent_id: UUID | None
    released: tuple[FieldClass, ...]
    withheld: tuple[Withheld, ...]
    rules: tuple[str, ...]
    pack_version: str
    jurisdiction: str
    history_from: date | None
    history_to: date | None
    negative_retention_years: int | None
    use_limits: UseLimits | None
    made_by: InitVar[object]

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _MADE_BY_DECIDE:
            raise TypeError("a Grant is made only by consent.decision.decide")

    @property
    def withheld_classes(self) -> tuple[FieldClass, ...]:
        """The field classes that are withheld, each once, sorted."""
        return tuple(sorted({withheld.field_class for withheld in self.withheld}))


@dataclass(frozen=True, slots=True)
class Refusal:
    """No leave to look: every reason, and the rules that the reasons name."""

    reasons: tuple[Reason, ...]
    rules: tuple[str, ...]
    pack_version: str

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError("a refusal needs a reason")


def decide(question: Question, basis: Basis | None, pack: Pack, now: datetime) -> Grant | Refusal:
    """Whether this question may be answered on this basis at `now`, and if so with which field classes.

    1. Find the rules of the pack that apply.
    2. Collect every reason against the look as a whole.
    3. Collect every reason against each field class asked for.
    4. Grant the classes that are free of reasons, if nothing stands against the whole and something is left besides
       the borrower's identity (or that alone was asked for); else refuse with all reasons.
    """
    # 1
    rules = applicable(pack, _situation(question, basis, now))
    # 2
    against_all = [
        *_against_member(question, basis),
        *_against_file(question, basis, rules),
        *_against_basis(question, basis, rules, pack, now),
    ]
    # 3
    withheld = tuple(
        Withheld(field_class, reason)
        for field_class in sorted(question.field_classes)
        for reason in _against_class(field_class, question, basis, rules)
    )
    # 4
    released = question.field_classes - {each.field_class for each in withheld}
    if basis is None or against_all or not _worth_answering(question.field_classes, released):
        return _refuse([*against_all, *(each.reason for each in withheld)], pack)
    return _grant(question, basis, released, withheld, rules, pack)


def decide_own(subject_key: UUID, looker: str, pack: Pack, now: datetime) -> Grant:
    """Leave for borrowers to look at their own file: all of it, always, frozen or not. It is their right (Regulation
    on Credit Reporting, art. 17; PIPL, art. 45). `looker` stands in the member's place.

    Only what the pack lets nobody see any more is not shown.
    """
    every_class = frozenset(FieldClass)
    on = now.astimezone(UTC).date()
    about_own = Situation(Act.QUERY, BasisKind.GROUND, None, Purpose.SELF, every_class, on)
    rules = tuple(rule for rule in applicable(pack, about_own) if isinstance(rule.terms, Retention | FreeQuota))
    return Grant(
        subject_key=subject_key,
        member_id=looker,
        purpose=Purpose.SELF,
        basis_kind=Purpose.SELF.value,
        consent_id=None,
        released=tuple(sorted(every_class)),
        withheld=(),
        rules=tuple(rule.id for rule in rules),
        pack_version=pack.version,
        jurisdiction=pack.jurisdiction,
        history_from=None,
        history_to=None,
        negative_retention_years=ceiling_years(rules),
        use_limits=None,
        made_by=_MADE_BY_DECIDE,
    )


def _situation(question: Question, basis: Basis | None, now: datetime) -> Situation:
    names_ground = question.ground_id is not None or question.member_class is MemberClass.REGULATOR
    by_ground = isinstance(basis, LawfulGround) or (basis is None and names_ground)
    return Situation(
        act=Act.QUERY,
        basis=BasisKind.GROUND if by_ground else BasisKind.CONSENT,
        member_class=question.member_class,
        purpose=question.purpose,
        field_classes=question.field_classes,
        on=now.astimezone(UTC).date(),
    )


def _against_member(question: Question, basis: Basis | None) -> list[Reason]:
    found = []
    if question.member_status is not MemberStatus.ACTIVE:
        found.append(reasons.member_not_active(question.member_status))
    if question.member_class is MemberClass.COLLECTION_AGENCY and question.purpose not in AGENCY_PURPOSES:
        found.append(reasons.member_class_not_allowed(question.member_class, question.purpose))
    is_regulator = question.member_class is MemberClass.REGULATOR
    if is_regulator and isinstance(basis, HeldConsent):
        found.append(reasons.regulator_under_consent())
    if not is_regulator and isinstance(basis, LawfulGround) and basis.kind is GroundKind.REGULATOR:
        found.append(reasons.ground_of_regulators())
    return found


def _against_file(question: Question, basis: Basis | None, rules: tuple[Rule, ...]) -> list[Reason]:
    found = []
    if not question.field_classes:
        found.append(reasons.nothing_asked())
    staff_rule = rule_requiring(rules, Requirement.STAFF_NAMED)
    if staff_rule and not question.staff_named:
        found.append(reasons.staff_not_named(staff_rule.id))
    if question.subject_frozen and not isinstance(basis, LawfulGround):
        found.append(reasons.subject_frozen())
    return found


def _against_basis(
    question: Question, basis: Basis | None, rules: tuple[Rule, ...], pack: Pack, now: datetime
) -> list[Reason]:
    if basis is None:
        return [_no_basis(question, rules)]
    if foreign := _foreign(question, basis, rules):
        return foreign
    found = []
    covered = _terms(basis).purpose
    if question.purpose is not covered:
        found.append(reasons.purpose_not_covered(covered, _rule(rules, Requirement.PURPOSE)))
    if isinstance(basis, LawfulGround):
        return found + ([reasons.ground_expired(basis.expires_at.date())] if now >= basis.expires_at else [])
    if basis.artefact.jurisdiction != pack.jurisdiction:
        found.append(reasons.jurisdiction_differs(basis.artefact.jurisdiction, pack.jurisdiction))
    rule = _rule(rules, Requirement.CONSENT)
    found += [reasons.above_ceiling(each.what, each.most, each.rule) for each in above_rules(rules, basis.artefact)]
    return found + _against_state(basis, rule, now) + _against_use(basis, rule, now)


def _no_basis(question: Question, rules: tuple[Rule, ...]) -> Reason:
    if question.ground_id is not None:
        return reasons.ground_not_found()
    if question.member_class is MemberClass.REGULATOR:
        return reasons.ground_missing()
    rule = _rule(rules, Requirement.CONSENT)
    return reasons.consent_missing(rule) if question.consent_id is None else reasons.consent_not_found(rule)


def _foreign(question: Question, basis: Basis, rules: tuple[Rule, ...]) -> list[Reason]:
    """Why the basis is not this member's or not this borrower's; then nothing else that it says may be told."""
    found = []
    if isinstance(basis, HeldConsent) and question.consent_id not in (None, basis.artefact.consent_id):
        found.append(reasons.consent_not_found(_rule(rules, Requirement.CONSENT)))
    if _terms(basis).subject_key != question.subject_key:
        found.append(reasons.subject_differs(_rule(rules, Requirement.CONSENT)))
    if _terms(basis).recipient != question.member_id:
        found.append(reasons.recipient_differs(_rule(rules, Requirement.RECIPIENT)))
    return found


def _against_state(held: HeldConsent, rule: str | None, now: datetime) -> list[Reason]:
    found = []
    if held.state not in (ConsentState.ACTIVE, ConsentState.EXPIRED):
        found.append(reasons.not_active(held.state, rule))
    if now < held.artefact.starts_at:
        found.append(reasons.not_started(held.artefact.starts_at.date(), rule))
    if held.state is ConsentState.EXPIRED or now >= held.artefact.expires_at:
        found.append(reasons.expired(held.artefact.expires_at.date(), rule))
    return found


def _against_use(held: HeldConsent, rule: str | None, now: datetime) -> list[Reason]:
    frequency = held.artefact.frequency
    if held.artefact.use_limits.once and held.uses:
        return [reasons.used_up(rule)]
    if frequency and held.uses_in_span(now) >= frequency.count:
        return [reasons.frequency_exceeded(frequency.count, frequency.unit, rule)]
    return []


def _against_class(
    field_class: FieldClass, question: Question, basis: Basis | None, rules: tuple[Rule, ...]
) -> list[Reason]:
    found = []
    is_regulator = question.member_class is MemberClass.REGULATOR
    scope = Scope.AUDIT_OPEN if is_regulator else field_class.scope
    if scope not in question.scopes:
        found.append(reasons.scope_missing(field_class, scope))
    if not is_regulator and field_class not in RECEIVES[question.contribution_level]:
        rule = reciprocity_rule(rules)
        found.append(reasons.reciprocity(field_class, question.contribution_level, rule.id if rule else None))
    if basis is None or _foreign(question, basis, rules):
        return found
    if field_class not in _terms(basis).field_classes:
        found.append(reasons.fields_not_covered(field_class, _rule(rules, Requirement.FIELD_CLASSES)))
    elif isinstance(basis, HeldConsent) and not basis.artefact.sensitive_warning_shown:
        about_class = (rule for rule in rules if field_class in rule.applies.field_classes)
        if warning := rule_requiring(about_class, Requirement.SENSITIVE_WARNING):
            found.append(reasons.warning_not_shown(field_class, warning.id))
    return found


def _worth_answering(asked: frozenset[FieldClass], released: frozenset[FieldClass]) -> bool:
    identity = frozenset({FieldClass.IDENTITY})
    return bool(released - identity) or (asked == identity and released == identity)


def _terms(basis: Basis) -> ConsentArtefact | LawfulGround:
    return basis.artefact if isinstance(basis, HeldConsent) else basis


def _rule(rules: tuple[Rule, ...], requirement: Requirement) -> str | None:
    rule = rule_requiring(rules, requirement)
    return rule.id if rule else None


def _refuse(found: list[Reason], pack: Pack) -> Refusal:
    named = sorted({reason.rule for reason in found if reason.rule})
    return Refusal(tuple(found), tuple(named), pack.version)


def _grant(
    question: Question,
    basis: Basis,
    released: frozenset[FieldClass],
    withheld: tuple[Withheld, ...],
    rules: tuple[Rule, ...],
    pack: Pack,
) -> Grant:
    artefact = basis.artefact if isinstance(basis, HeldConsent) else None
    return Grant(
        subject_key=question.subject_key,
        member_id=question.member_id,
        purpose=question.purpose,
        basis_kind=str(basis.kind) if isinstance(basis, LawfulGround) else BasisKind.CONSENT.value,
        consent_id=artefact.consent_id if artefact else None,
        released=tuple(sorted(released)),
        withheld=withheld,
        rules=tuple(rule.id for rule in rules),
        pack_version=pack.version,
        jurisdiction=pack.jurisdiction,
        history_from=artefact.data_from if artefact else None,
        history_to=artefact.data_to if artefact else None,
        negative_retention_years=ceiling_years(rules),
        use_limits=artefact.use_limits if artefact else None,
        made_by=_MADE_BY_DECIDE,
    )
