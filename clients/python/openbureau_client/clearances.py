"""Clearances: leave to contact a borrower about a debt, asked for before each contact."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openbureau_client.answer import Answer
from openbureau_client.errors import SignedWordsDoNotMatch
from openbureau_client.refusals import BadRequest
from openbureau_client.signed_words import verify_claims

CLEARANCE_KIND = "openbureau-clearance"
REQUEST_CLEARANCE = """mutation ($subject: SubjectInput!, $action: ContactInput!) {
  requestContactClearance(subject: $subject, action: $action) {
    clearance { id granted expiresAt againAt counts { rule counted limit } reasons { code message rule }
      rules pack signed leafHash }
    userErrors { path code message rule } }
}"""


@dataclass(frozen=True, slots=True)
class ClearanceReason:
    """Why a contact may not be made."""

    code: str
    sentence: str
    rule: str | None


@dataclass(frozen=True, slots=True)
class Clearance:
    """What was decided about a contact. `expires_at`: until when it may begin; `again_at`: when a quiet hour is over.

    `counts`: (rule, counted, limit). `signed`: the same, signed by the exchange, to be kept.
    """

    clearance_id: str
    granted: bool
    expires_at: datetime | None
    again_at: datetime | None
    counts: Sequence[tuple[str, int, int]]
    reasons: Sequence[ClearanceReason]
    rules: Sequence[str]
    pack: str
    signed: str
    leaf_hash: str


class ClearanceCalls:
    """What a session can do about clearances. Every call may raise NotAnswered."""

    client_id: str

    @abstractmethod
    def mutate(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        key: str | None = None,
    ) -> Answer: ...

    @abstractmethod
    def keys(self, fresh: bool = False) -> Mapping[str, Any]: ...

    def request_clearance(
        self,
        id_type: str,
        country: str,
        id_number: str,
        account_references: Sequence[str],
        stage: str,
        channel: str,
        target: str = "DEBTOR",
        contact: str | None = None,
        mandate_id: str | None = None,
    ) -> Clearance:
        """Ask for leave for one contact now. A denial is an answer too (`granted` is false, with every reason).

        Raises BadRequest with everything wrong with the question, SignedWordsDoNotMatch where what is signed is not
        what is said.
        """
        subject = {"idType": id_type, "country": country, "idNumber": id_number}
        action = {
            "accountReferences": list(account_references),
            "mandateId": mandate_id,
            "stage": stage,
            "channel": channel,
            "target": target,
            "contact": contact,
        }
        answer = self.mutate(REQUEST_CLEARANCE, {"subject": subject, "action": action})
        answer.raise_for_errors()
        told = (answer.data or {})["requestContactClearance"]
        if wrong := told["userErrors"]:
            raise BadRequest(wrong[0]["code"], " ".join(each["message"] for each in wrong))
        clearance = _read(told["clearance"])
        self.verify_clearance(clearance)
        return clearance

    def verify_clearance(self, clearance: Clearance) -> dict[str, Any]:
        """What the exchange has signed of a clearance, once it is known to be the same, and given to us.

        Raises SignedWordsDoNotMatch.
        """
        try:
            claims = verify_claims(clearance.signed, CLEARANCE_KIND, self.keys())
        except SignedWordsDoNotMatch:
            # The exchange may have changed its key since we last asked for it.
            claims = verify_claims(clearance.signed, CLEARANCE_KIND, self.keys(fresh=True))
        expires = int(clearance.expires_at.timestamp()) if clearance.expires_at else None
        said = (clearance.clearance_id, self.client_id, clearance.granted, expires, clearance.leaf_hash)
        if said != tuple(claims.get(name) for name in ("jti", "aud", "granted", "exp", "leaf")):
            raise SignedWordsDoNotMatch("What is signed is another clearance than the one that is shown.")
        return claims


def _read(told: Mapping[str, Any]) -> Clearance:
    return Clearance(
        clearance_id=told["id"],
        granted=told["granted"],
        expires_at=_instant(told["expiresAt"]),
        again_at=_instant(told["againAt"]),
        counts=[(each["rule"], each["counted"], each["limit"]) for each in told["counts"]],
        reasons=[ClearanceReason(each["code"], each["message"], each["rule"]) for each in told["reasons"]],
        rules=list(told["rules"]),
        pack=told["pack"],
        signed=told["signed"],
        leaf_hash=told["leafHash"],
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
