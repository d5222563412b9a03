"""What each notice to a borrower reads like: a heading, a sentence, and where it is dealt with.

Sentences begin with who it is about, so that they read well with a name and without one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from exchange.journeys.own_notices import Overdue, OwnNotice
from exchange.web.language import gettext as _
from exchange.web.language import show_date, to_translate
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.running_clock import ClockKind


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """A heading, a sentence with a place for who, and the path to go to (the id of what it is about follows it)."""

    heading: str
    sentence: str
    path: str
    names_about: bool = True


WORDS: Mapping[NoticeKind, NoticeWords] = {
    NoticeKind.CONSENT_REQUESTED: NoticeWords(
        to_translate("You were asked for a consent"),
        to_translate("%(who)s asks to look at your file. You may refuse; nothing is shown without you."),
        "/consents",
        names_about=False,
    ),
    NoticeKind.CONSENT_GIVEN: NoticeWords(
        to_translate("A consent was given"),
        to_translate("%(who)s may look at your file as you allowed. You can withdraw this at any time."),
        "/consents",
    ),
    NoticeKind.CONSENT_WITHDRAWN: NoticeWords(
        to_translate("You withdrew a consent"),
        to_translate("%(who)s was told to stop, and has to say what happened to what it had received."),
        "/consents",
    ),
    NoticeKind.NEGATIVE_REPORT_AHEAD: NoticeWords(
        to_translate("A late payment is about to be reported"),
        to_translate(
            "%(who)s told us that it will report a late payment of yours, on %(expected_on)s or later. "
            "If it is not right, or is paid by now, speak to the lender first. You can dispute it at any time."
        ),
        "/report",
        names_about=False,
    ),
    NoticeKind.FILE_LOOKED_AT: NoticeWords(
        to_translate("Somebody looked at your file"),
        to_translate("%(who)s looked at your file. See what was shown, and why it was allowed."),
        "/looks",
    ),
    NoticeKind.DISPUTE_FILED: NoticeWords(
        to_translate("Your dispute was received"),
        to_translate("%(who)s has to answer it. Until then, whoever reads the record sees that you contest it."),
        "/disputes",
    ),
    NoticeKind.DISPUTE_CLOSED: NoticeWords(
        to_translate("Your dispute was decided"),
        to_translate("%(who)s has answered. Read what was found, and what happens with the record."),
        "/disputes",
    ),
    NoticeKind.RECORD_CORRECTED: NoticeWords(
        to_translate("A record about you was corrected"),
        to_translate("%(who)s corrected what it had reported. Those who had read it are told."),
        "/report",
        names_about=False,
    ),
    NoticeKind.COMPLAINT_FILED: NoticeWords(
        to_translate("Your complaint was received"),
        to_translate("%(who)s has to answer it. The authority sees it too."),
        "/complaints",
    ),
    NoticeKind.COMPLAINT_ANSWERED: NoticeWords(
        to_translate("Your complaint was answered"),
        to_translate("%(who)s has answered your complaint. The authority can still decide on it."),
        "/complaints",
    ),
    NoticeKind.COMPLAINT_FOUND: NoticeWords(
        to_translate("The authority decided on your complaint"),
        to_translate("%(who)s was told of the finding as well. You can read it with your complaint."),
        "/complaints",
    ),
    NoticeKind.CLOCK_MISSED: NoticeWords(
        to_translate("An answer to you is late"),
        to_translate("%(who)s did not answer you in time. The authority has been told."),
        "/rights",
        names_about=False,
    ),
    NoticeKind.PLAN_OFFERED: NoticeWords(
        to_translate("You are offered a repayment plan"),
        to_translate("%(who)s offers you a plan to repay. You may accept it, refuse it, or propose another."),
        "/plans",
    ),
    NoticeKind.PLAN_REPLIED: NoticeWords(
        to_translate("Your answer to a repayment plan was passed on"),
        to_translate("%(who)s was told what you answered."),
        "/plans",
    ),
    NoticeKind.PLAN_ENDED: NoticeWords(
        to_translate("A repayment plan has ended"),
        to_translate("%(who)s offered or kept this plan with you. See how it ended."),
        "/plans",
    ),
    NoticeKind.CONTACT_STOPPED: NoticeWords(
        to_translate("Contact was stopped"),
        to_translate("%(who)s was told not to contact you any more, unless the law demands it."),
        "/contacts",
        names_about=False,
    ),
    NoticeKind.REVIEW_ASKED: NoticeWords(
        to_translate("You asked for a person to look again"),
        to_translate("%(who)s has to have a person look at its assessment again."),
        "/judgements",
        names_about=False,
    ),
    NoticeKind.REVIEW_ANSWERED: NoticeWords(
        to_translate("A person looked again"),
        to_translate("%(who)s has answered. Read what the person decided."),
        "/judgements",
        names_about=False,
    ),
    NoticeKind.FILE_ERASED: NoticeWords(
        to_translate("Your file was erased"),
        to_translate("What no law makes us keep is gone. Those who had received it were told."),
        "/erase",
        names_about=False,
    ),
    NoticeKind.DELINQUENT_ELSEWHERE: NoticeWords(
        to_translate("A lender was told of a late payment"),
        to_translate(
            "%(who)s was told, under your consent, that a payment to another lender is late: not to which one, and not "
            "how much."
        ),
        "/consents",
    ),
}
"""Every kind."""

DUE: Mapping[ClockKind, tuple[str, str]] = {
    ClockKind.DISPUTE_FURNISHER: (to_translate("The lender's answer to your dispute"), "/disputes"),
    ClockKind.DISPUTE_ANSWER: (to_translate("The end of your dispute"), "/disputes"),
    ClockKind.COMPLAINT_ANSWER: (to_translate("The answer to your complaint"), "/complaints"),
    ClockKind.COMPLAINT_FINDING: (to_translate("The authority's decision on your complaint"), "/complaints"),
    ClockKind.WITHDRAWAL_ANSWER: (to_translate("The answer to your withdrawal of a consent"), "/consents"),
    ClockKind.REVIEW_ANSWER: (to_translate("The answer of a person who looks again"), ""),
    ClockKind.ERASURE: (to_translate("The erasure of your file"), ""),
    ClockKind.PLAN_ANSWER: (to_translate("The answer to the plan that you proposed"), "/plans"),
    ClockKind.MANDATE_EVALUATION: (to_translate("The yearly evaluation of a collection agency"), ""),
}
"""By clock: what is due, and the path of its page; none: of no page of its own."""


def heading_of(notice: OwnNotice) -> str:
    """The heading in the reader's language."""
    return _(WORDS[notice.kind].heading)


def sentence_of(notice: OwnNotice) -> str:
    """What happened, in the reader's language."""
    sentence = _(WORDS[notice.kind].sentence)
    expected = _day(notice.said.get("expected_on"))
    return sentence % {"who": notice.member_name or _("A lender"), "expected_on": expected or _("a day soon")}


def link_of(notice: OwnNotice) -> str:
    """The path of the page where it is dealt with."""
    if notice.kind is NoticeKind.CLOCK_MISSED:
        kind = notice.said.get("clock")
        return _path(DUE[ClockKind(kind)][1], notice.about) if kind in set(ClockKind) else "/rights"
    words = WORDS[notice.kind]
    return _path(words.path, notice.about if words.names_about else None)


def due_of(late: Overdue) -> str:
    """What is late, in the reader's language."""
    return _(DUE[late.kind][0])


def link_of_due(late: Overdue) -> str:
    """The path of the page of what is late."""
    return _path(DUE[late.kind][1], late.about)


def _path(path: str, about: UUID | None) -> str:
    if not path:
        return "/rights"
    return f"{path}/{about}" if about else path


def _day(text: Any) -> str | None:
    try:
        return show_date(date.fromisoformat(text))
    except (TypeError, ValueError):
        return None
