"""Plain words for what the log holds, as officers read them. Every sentence here is a message to translate."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from consent.policy.rules import BasisKind
from consent.question import GroundKind
from consent.reasons import CODES
from exchange.handover import THE_BORROWER
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.words import word
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

ACTS: Mapping[str, str] = {
    "look": to_translate("Look at a file"),
    "look_stopped": to_translate("Look stopped by a failed check"),
    "look_unrecognised": to_translate("Look not recognised by the borrower"),
    "caller_refused": to_translate("Caller turned away"),
    "consent_given": to_translate("Consent given"),
    "consent_refused": to_translate("Consent refused by the borrower"),
    "consent_moved": to_translate("Consent paused, resumed or ended"),
    "notice_answered": to_translate("Withdrawal answered by the member"),
    "ground_recorded": to_translate("Lawful ground recorded"),
    "ground_ended": to_translate("Lawful ground ended"),
    "submission": to_translate("Records submitted"),
    "record_reported": to_translate("Record reported by a member"),
    "record_withdrawn": to_translate("Record taken back by a member"),
    "record_refused": to_translate("Report about somebody of whom the member reports nothing refused"),
    "records_exported": to_translate("A member's own records exported"),
    "mandate_recorded": to_translate("Collection mandate recorded"),
    "mandate_ended": to_translate("Collection mandate ended"),
    "member_level_measured": to_translate("Contribution of a member measured"),
    "retention_applied": to_translate("Old information removed or hidden"),
    "retention_run": to_translate("Retention rules applied to all files"),
    "identity_review_viewed": to_translate("Identity under review viewed"),
    "identity_review_decided": to_translate("Identity under review decided"),
    "files_merged": to_translate("Two files joined"),
    "file_split": to_translate("File divided"),
    "statement_added": to_translate("Statement of the borrower added"),
    "statement_withdrawn": to_translate("Statement of the borrower taken back"),
    "file_frozen": to_translate("File frozen"),
    "file_unfrozen": to_translate("File unfrozen"),
    "representative_added": to_translate("Representative added"),
    "representative_ended": to_translate("Representative ended"),
    "passkey_added": to_translate("Passkey of a borrower added"),
    "sign_in_method": to_translate("Way of signing in changed"),
    "member_registered": to_translate("Member registered"),
    "member_status": to_translate("Member suspended, removed or readmitted"),
    "member_keys": to_translate("Keys of a member replaced"),
    "member_budget": to_translate("Budget of a member changed"),
    "member_document": to_translate("Document of a member trusted or removed"),
    "token_key_made": to_translate("Key for access tokens made"),
    "officer_added": to_translate("Officer added"),
    "officer_ended": to_translate("Officer's access ended"),
    "officer_invited": to_translate("Officer invited again"),
    "officer_passkey_added": to_translate("Passkey of an officer added"),
    "officer_passkey_removed": to_translate("Passkey of an officer removed"),
    "log_searched": to_translate("Log searched"),
    "event_viewed": to_translate("Event viewed"),
    "opening_asked": to_translate("Opening asked for"),
    "opening_decided": to_translate("Opening decided"),
    "event_opened": to_translate("Event opened"),
    "reconciled": to_translate("Consents compared with looks"),
    "conduct_viewed": to_translate("Conduct of members viewed"),
    "log_exported": to_translate("Log exported"),
    "log_succeeded": to_translate("Log continued under a new name"),
    "contact_cleared": to_translate("Leave for a contact given"),
    "contact_denied": to_translate("Leave for a contact denied"),
    "contact_wish_made": to_translate("Borrower asked to stop contacts, or agreed to other hours"),
    "contact_wish_ended": to_translate("Borrower's wish about contacts taken back"),
    "contact_replied": to_translate("Borrower's word about a contact"),
    "collection_advised": to_translate("Gentlest next step advised"),
    "mandate_evaluated": to_translate("Agency evaluated by the lender"),
    "plan_accepted": to_translate("Repayment plan accepted by the borrower"),
    "plan_countered": to_translate("Other terms asked for by the borrower"),
    "plan_rejected": to_translate("Repayment plan refused by the borrower"),
    "plan_expired": to_translate("Offer of a plan ended without an answer"),
    "plan_reply_read": to_translate("Borrower's answers to offers read by the member"),
    "dispute_filed": to_translate("Record contested by the borrower"),
    "dispute_withdrawn": to_translate("Dispute taken back"),
    "dispute_read": to_translate("Dispute read by the furnisher"),
    "dispute_answered": to_translate("Dispute answered by the furnisher"),
    "complaint_filed": to_translate("Complaint filed"),
    "complaint_withdrawn": to_translate("Complaint taken back"),
    "complaint_read": to_translate("Words of a complaint read"),
    "complaint_viewed": to_translate("Complaint viewed without its words"),
    "complaint_answered": to_translate("Complaint answered by the member"),
    "complaint_found": to_translate("Complaint decided by the authority"),
    "complaints_listed": to_translate("Complaints listed"),
    "complaints_compared": to_translate("Complaints compared for likeness"),
    "clock_missed": to_translate("Answer overdue"),
    "clocks_viewed": to_translate("Overdue answers viewed"),
    "review_asked": to_translate("Review by a person asked for"),
    "review_read": to_translate("Request for a review read by the member"),
    "review_answered": to_translate("Review by a person answered"),
    "erasure_asked": to_translate("Erasure asked for by the borrower"),
    "erasure_taken_back": to_translate("Request for erasure taken back"),
    "file_erased": to_translate("File erased as far as nothing had to stay"),
    "erasures_replayed": to_translate("Erasures carried out again after a restore"),
    "negative_report_announced": to_translate("Negative report announced to the borrower"),
    "delinquency_told": to_translate("Lender told of a new delinquency elsewhere"),
    "webhook_added": to_translate("Webhook of a member added"),
    "webhook_ended": to_translate("Webhook of a member ended"),
    "delivery_sent_again": to_translate("Notice to a member sent again"),
    "pack_replayed": to_translate("Other rules tried on past decisions"),
    "earlier": to_translate("Entry of an earlier version"),
}
"""What each act of the log is, by its name there; in the order in which a list shows them."""

FIELDS: Mapping[str, str] = {
    "act": to_translate("Act"),
    "subject": to_translate("Borrower (internal number)"),
    "sequence": to_translate("Number among the borrower's entries"),
    "member": to_translate("Member"),
    "staff": to_translate("Member of staff"),
    "purpose": to_translate("Purpose"),
    "basis": to_translate("Basis"),
    "consent": to_translate("Consent"),
    "consent_use": to_translate("Use of the consent"),
    "sandbox": to_translate("Asked in the sandbox"),
    "consent_digest": to_translate("Digest of the consent"),
    "ground": to_translate("Lawful ground"),
    "requested": to_translate("Asked for"),
    "released": to_translate("Shown"),
    "withheld": to_translate("Withheld"),
    "granted": to_translate("Granted"),
    "reasons": to_translate("Reasons"),
    "rules": to_translate("Rules"),
    "pack": to_translate("Policy pack"),
    "request_digest": to_translate("Digest of the request"),
    "state": to_translate("State"),
    "actor": to_translate("Done by"),
    "acted_by": to_translate("Acted by"),
    "signed_in_by": to_translate("Signed in by"),
    "officer": to_translate("Officer"),
    "representative": to_translate("Representative"),
    "key": to_translate("Key"),
    "inquiry": to_translate("Look"),
    "notice": to_translate("Notice"),
    "answer": to_translate("Answer"),
    "change": to_translate("What changed"),
    "statement": to_translate("Statement"),
    "about": to_translate("About"),
    "kind": to_translate("Kind"),
    "submission": to_translate("Submission"),
    "document": to_translate("Document"),
    "digest": to_translate("Digest"),
    "opening_digest": to_translate("Digest of the request for opening"),
    "records_read": to_translate("Records read"),
    "records_applied": to_translate("Records applied"),
    "records_faulty": to_translate("Faulty records"),
    "as_of": to_translate("As it was on"),
    "notices_attested": to_translate("Earlier notices attested"),
    "correction": to_translate("Why it was corrected"),
    "records_unchanged": to_translate("Unchanged records"),
    "record": to_translate("Record"),
    "version": to_translate("Version"),
    "mandate": to_translate("Mandate"),
    "agency": to_translate("Agency"),
    "level": to_translate("Level"),
    "points": to_translate("Points in each window"),
    "run": to_translate("Run"),
    "ran_for": to_translate("For the day"),
    "retained": to_translate("What was done"),
    "subjects": to_translate("Borrowers"),
    "accounts": to_translate("Accounts"),
    "records": to_translate("Records"),
    "statements": to_translate("Statements"),
    "format": to_translate("Format"),
    "part": to_translate("Part"),
    "review": to_translate("Review"),
    "decision": to_translate("Decision"),
    "corrected": to_translate("What was corrected"),
    "other_file": to_translate("The other file (internal number)"),
    "late": to_translate("Late"),
    "expires_at": to_translate("Ends by itself"),
    "ends_at": to_translate("Ends"),
    "wanted": to_translate("Looked for"),
    "found": to_translate("Found"),
    "event": to_translate("Event"),
    "opening_request": to_translate("Request for opening"),
    "approved": to_translate("Agreed"),
    "scopes": to_translate("Rights"),
    "reason": to_translate("Reason"),
    "origin": to_translate("Name of the log"),
    "leaves_left": to_translate("Entries carried over"),
    "earlier_origin": to_translate("Name of the earlier log"),
    "earlier_leaves": to_translate("Entries of the earlier log"),
    "earlier_root": to_translate("Root of the earlier log"),
    "clearance": to_translate("Leave for the contact"),
    "lender": to_translate("For which lender"),
    "stage": to_translate("Stage of collection"),
    "channel": to_translate("By what"),
    "target": to_translate("Who was to be contacted"),
    "breaches": to_translate("How it broke the rules"),
    "wish": to_translate("Wish about contacts"),
    "says": to_translate("What the borrower says"),
    "plan": to_translate("Repayment plan"),
    "option": to_translate("Chosen option"),
    "dispute": to_translate("Dispute"),
    "contested": to_translate("Kind of record contested"),
    "corrected_version": to_translate("Version that put it right"),
    "readers_told": to_translate("Members told of the correction"),
    "clock": to_translate("What was due"),
    "due": to_translate("Due at"),
    "complaint": to_translate("Complaint"),
    "against": to_translate("Complained of"),
    "finding": to_translate("Finding"),
    "erased": to_translate("How much was erased"),
    "kept": to_translate("What stayed, and why"),
    "outcome": to_translate("Outcome"),
    "webhook": to_translate("Webhook"),
    "step": to_translate("Advised step"),
    "pressure": to_translate("Pressure"),
    "url": to_translate("Address of the webhook"),
    "kinds": to_translate("Kinds of notices"),
    "expected_on": to_translate("Expected on"),
}
"""What each field of an entry is; one that is not here is shown by its name."""

BASES: Mapping[str, str] = {
    BasisKind.CONSENT.value: to_translate("Consent of the borrower"),
    BasisKind.GROUND.value: to_translate("Lawful ground"),
    "MANDATE": to_translate("Mandate of a lender"),
}
"""What a look rests on; a lawful ground of a known kind is told by its kind."""

PARTS: Mapping[FieldClass, str] = {
    FieldClass.IDENTITY: to_translate("Identity"),
    FieldClass.ACCOUNTS: to_translate("Loans and cards"),
    FieldClass.PAYMENT_HISTORY: to_translate("Payment history"),
    FieldClass.DELINQUENCIES: to_translate("Late payments"),
    FieldClass.INQUIRIES: to_translate("Looks by others"),
    FieldClass.PUBLIC_RECORDS: to_translate("Public records"),
    FieldClass.COLLECTIONS: to_translate("Collection"),
    FieldClass.PLANS: to_translate("Repayment plans"),
    FieldClass.ASSESSMENTS: to_translate("Assessments"),
}
"""The parts of a file, as officers name them."""

THE_BORROWERS = to_translate("The borrowers themselves")
OWN_LOOK = to_translate("The borrower's own look")
NO_BASIS = to_translate("None")

SENTENCES = (
    to_translate("Name the search, in 1 to 100 characters."),
    to_translate("You keep 100 searches already. Forget one first."),
    to_translate("Say why, with the case, in 1 to 1000 characters."),
    to_translate("This event is open, or waits for a second officer already."),
    to_translate("This request was decided already."),
    to_translate("This request has waited too long. Ask again."),
    to_translate("Another officer of your authority must decide this."),
    to_translate("Two officers must agree before this event can be opened."),
    to_translate("Ask for 366 days at most."),
)
"""What journeys say to officers, so that it is translated; pages show it where it happens."""


def act_in_words(act: str) -> str:
    """What an act is, in the reader's language; its name where there are no words."""
    return _(ACTS[act]) if act in ACTS else act


def field_in_words(name: str) -> str:
    """What a field is; its name where there are no words."""
    return _(FIELDS[name]) if name in FIELDS else name


def purpose_in_words(purpose: str | None) -> str:
    """A purpose as officers read it; empty where there is none."""
    if not purpose:
        return ""
    if purpose == Purpose.SELF:
        return _(OWN_LOOK)
    return word(Purpose(purpose)) if purpose in set(Purpose) else purpose


def basis_in_words(basis: str | None) -> str:
    """What a look rests on."""
    if not basis:
        return _(NO_BASIS)
    if basis in set(GroundKind):
        return word(GroundKind(basis))
    return _(BASES[basis]) if basis in BASES else purpose_in_words(basis)


def member_in_words(member_id: str | None, name: str | None) -> str:
    """A member's name, else its id; borrowers who look at their own file have words of their own."""
    if member_id == THE_BORROWER:
        return _(THE_BORROWERS)
    return name or member_id or ""


def reason_for_officers(code: str) -> str:
    """What a reason's code means, to somebody who is not the borrower; empty where only the code is known."""
    return _(CODES[code]) if code in CODES else ""


def value_in_words(name: str, value: Any) -> str:
    """One field's value as a line of text."""
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, str):
        return _SHOWN.get(name, str)(value)
    if isinstance(value, Sequence):
        return " · ".join(value_in_words(name, each) for each in value)
    return str(value)


def _part(text: str) -> str:
    return _(PARTS[FieldClass(text)]) if text in set(FieldClass) else text


_SHOWN: Mapping[str, Callable[[str], str]] = {
    "act": act_in_words,
    "purpose": purpose_in_words,
    "basis": basis_in_words,
    "requested": _part,
    "released": _part,
    "withheld": _part,
}
"""How the values of some fields are shown; others as they are."""
