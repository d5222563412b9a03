"""A consent before it is given: drafted from what is asked for, so that the borrower signs exactly what was shown.

A draft is not kept. What comes back signed is drafted anew and must come out the same, so that nobody can slip in other
terms between the page and the passkey.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from consent.artefact import ArtefactNotValid, ConsentArtefact, GivenBy, GivingMethod
from consent.passkey import thumbprint
from consent.policy.ceiling import above_ceilings
from consent.signature import digest
from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.handover import Member
from exchange.identity.consent_request import RequestedConsent
from exchange.identity.cose_key import jwk_of
from exchange.journeys.consent_file import standing_consents
from exchange.journeys.consent_notice import Speech, notice_digest, notice_of
from exchange.journeys.representatives import Acting
from exchange.journeys.services import Services
from exchange.store.consent_register import SqlConsentRegister
from exchange.store.passkeys import BORROWERS
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose

NOT_YET_TOLD = "0" * 64


@dataclass(frozen=True, slots=True)
class ConsentWish:
    """A consent that a borrower would like to give, unasked: to whom, and how far it goes."""

    recipient: str
    terms: RequestedConsent


@dataclass(frozen=True, slots=True)
class Draft:
    """A consent ready to be signed. `digest` is what the passkey signs; `notice` is what must be shown, in full."""

    artefact: ConsentArtefact
    notice: tuple[str, ...]

    @property
    def canonical(self) -> bytes:
        """The bytes that will be stored and signed."""
        return self.artefact.to_canonical()

    @property
    def digest(self) -> bytes:
        """The challenge for the passkey (32 bytes)."""
        return digest(self.canonical)


@dataclass(frozen=True, slots=True)
class Drafting:
    """Who drafts in whose file, and in which language the notice is shown."""

    services: Services
    connection: Connection
    acting: Acting
    speech: Speech

    def draft(self, member: Member, terms: RequestedConsent) -> Draft:
        """A new draft. Raises BadRequest with every fault."""
        now = self.services.clock.now().replace(microsecond=0)
        return self._draft(member, terms, new_id(now), now)

    def again(self, member: Member, artefact: ConsentArtefact) -> Draft:
        """What an artefact that came back would be if it were drafted now, at its own time and with its own id."""
        return self._draft(member, terms_of(artefact), artefact.consent_id, artefact.starts_at)

    def refused(self, member: Member, terms: RequestedConsent) -> Draft:
        """What is held of a request that the borrower refused. Raises BadRequest with every fault."""
        now = self.services.clock.now().replace(microsecond=0)
        return self._noticed(member, terms, new_id(now), now, GivenBy(GivingMethod.REFUSED))

    def _draft(self, member: Member, terms: RequestedConsent, consent_id: UUID, starts_at: datetime) -> Draft:
        passkeys = BORROWERS.list(self.connection, self.acting.signer_key)
        signers = frozenset(thumbprint(jwk_of(passkey.public_key)) for passkey in passkeys if passkey.entry_id)
        if not signers:
            raise BadRequest("Add a passkey first: a consent is signed with it.", "PASSKEY_NEEDED")
        origin = self.services.settings.issuer
        given = GivenBy(
            GivingMethod.PASSKEY, key_thumbprints=signers, origin=origin, acted_by=self.acting.acted_by
        )  # fmt: skip
        return self._noticed(member, terms, consent_id, starts_at, given)

    def _noticed(
        self, member: Member, terms: RequestedConsent, consent_id: UUID, starts_at: datetime, given: GivenBy
    ) -> Draft:
        if faults := self._faults(member, terms):
            raise BadRequest(" ".join(faults), "CONSENT_TERMS_NOT_VALID")
        try:
            untold = self._artefact(member, terms, consent_id, starts_at, given)
        except ArtefactNotValid as fault:
            raise BadRequest(str(fault), "CONSENT_TERMS_NOT_VALID") from None
        if given.method is not GivingMethod.REFUSED:
            self._keep_below_ceilings(untold, member)
        notice = notice_of(untold, member, self.speech.say)
        return Draft(replace(untold, notice_digest=notice_digest(notice)), notice)

    def _artefact(
        self, member: Member, terms: RequestedConsent, consent_id: UUID, starts_at: datetime, given: GivenBy
    ) -> ConsentArtefact:
        return ConsentArtefact(
            consent_id=consent_id,
            subject_key=self.acting.subject_key,
            recipient=member.member_id,
            purpose=terms.purpose,
            purpose_text=self.speech.say(terms.purpose.phrase),
            field_classes=terms.field_classes,
            data_from=terms.data_from,
            data_to=terms.data_to,
            mode=terms.mode,
            fetch=terms.fetch,
            frequency=terms.frequency,
            data_life_days=terms.data_life_days,
            starts_at=starts_at,
            expires_at=starts_at + timedelta(days=terms.days),
            contribution_allowed=terms.contribution_allowed,
            sensitive_warning_shown=True,  # It is a sentence of every notice.
            article_14_warning_shown=False,  # No field class holds what article 14 names.
            notice_language=self.speech.language,
            notice_digest=NOT_YET_TOLD,
            jurisdiction=self.services.pack.jurisdiction,
            pack_version=self.services.pack.version,
            supersedes=self._superseded(member, terms.purpose),
            given_by=given,
        )

    def _keep_below_ceilings(self, artefact: ConsentArtefact, member: Member) -> None:
        """Raises BadRequest where the law lets no consent go so far."""
        above = above_ceilings(self.services.pack, artefact, member.member_class)
        if above:
            told = "; ".join(f"{each.what}, the most is {each.most} ({each.rule})" for each in above)
            raise BadRequest(f"The law lets no consent go so far: {told}.", "CONSENT_ABOVE_CEILING")

    def _superseded(self, member: Member, purpose: Purpose) -> UUID | None:
        register = SqlConsentRegister(self.connection)
        held = standing_consents(register, self.acting.subject_key, member.member_id, purpose)
        return held[-1].artefact.consent_id if held else None

    def _faults(self, member: Member, terms: RequestedConsent) -> list[str]:
        longest = self.services.settings.consent_days_max
        checks = (
            (member.status is MemberStatus.ACTIVE, "This member may not look at present."),
            (member.member_class is not MemberClass.REGULATOR, "A regulator looks under a lawful ground."),
            (terms.purpose is not Purpose.SELF, "You need no consent for your own look."),
            (1 <= terms.days <= longest, f"A consent lasts 1 to {longest} days."),
        )
        return [sentence for holds, sentence in checks if not holds]


def terms_of(artefact: ConsentArtefact) -> RequestedConsent:
    """How far a consent goes, as it would be asked for."""
    return RequestedConsent(
        purpose=artefact.purpose,
        field_classes=artefact.field_classes,
        data_from=artefact.data_from,
        data_to=artefact.data_to,
        mode=artefact.mode,
        fetch=artefact.fetch,
        frequency=artefact.frequency,
        data_life_days=artefact.data_life_days,
        days=(artefact.expires_at - artefact.starts_at).days,
        contribution_allowed=artefact.contribution_allowed,
    )


def is_as_requested(artefact: ConsentArtefact, requested: RequestedConsent) -> bool:
    """Whether a consent goes exactly as far as what was asked for."""
    return terms_of(artefact) == requested
