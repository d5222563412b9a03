"""A borrower's report as a PDF to print and keep, in the borrower's language.

Latin is set in Helvetica, Chinese in the fonts that PDF readers bring for it (STSong-Light, MSung-Light): nothing is
embedded, so a copy stays small.
"""

import io
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer, Table

from exchange.disclosure.copy_tables import record_tables
from exchange.disclosure.own_account import OwnAccount, OwnMonth, OwnStatement
from exchange.disclosure.own_file import OwnReport
from exchange.disclosure.speech import Speech
from schema.vocabulary.money import Money
from schema.vocabulary.payment_status import NEGATIVE, PaymentStatus

MARGIN = 18 * mm
FOOT = 12 * mm
WIDTH = A4[0] - 2 * MARGIN
INK, GREY, LINE, SHADE = HexColor("#0b0c0c"), HexColor("#505a5f"), HexColor("#b1b4b6"), HexColor("#f3f2f1")
LATE = HexColor("#f6d7d2")

_SONG, _MING = "STSong-Light", "MSung-Light"
_TRADITIONAL = "zh-Hant"
_MARKS = {PaymentStatus.ON_TIME: "•", PaymentStatus.NOTHING_DUE: "–", PaymentStatus.UNKNOWN: "?",
          PaymentStatus.NOT_OPENED: "", PaymentStatus.NO_STATEMENT: "?"}  # fmt: skip


def report_as_pdf(report: OwnReport, speech: Speech, issuer: str) -> bytes:
    """The report, from the exchange at this address."""
    _register_fonts()
    return _Copy(report, speech, issuer).made()


@cache
def _register_fonts() -> None:
    ming = UnicodeCIDFont(_MING)
    ming.encodingName = "UniCNS-UCS2-H"  # The library says UniGB-UCS2-H, which is of the other font's characters.
    registerFont(UnicodeCIDFont(_SONG))
    registerFont(ming)


class _Copy:
    def __init__(self, report: OwnReport, speech: Speech, issuer: str) -> None:
        self.report = report
        self.speech = speech
        self.issuer = issuer
        self.styles = _styles(speech.language)

    def made(self) -> bytes:
        out = io.BytesIO()
        frame = Frame(MARGIN, MARGIN + FOOT, WIDTH, A4[1] - 2 * MARGIN - FOOT, 0, 0, 0, 0)
        _ = self.speech.translate
        told = {"title": _("Your credit report"), "author": self.issuer, "lang": self.speech.language}
        document = BaseDocTemplate(out, pagesize=A4, invariant=1, **told)
        document.addPageTemplates(PageTemplate(frames=[frame], onPage=self._foot))
        document.build([*self._head(), *self._accounts(), *self._records(), *self._looks(), *self._proof()])
        return out.getvalue()

    def _foot(self, canvas: Canvas, document: BaseDocTemplate) -> None:
        said = f"{self.speech.instant(self.report.as_of)}  ·  {self.issuer}  ·  {document.page}"
        line = self._text(said, "small")
        _, height = line.wrap(WIDTH, FOOT)
        canvas.setStrokeColor(LINE)
        canvas.line(MARGIN, MARGIN + FOOT - 4 * mm, A4[0] - MARGIN, MARGIN + FOOT - 4 * mm)
        line.drawOn(canvas, MARGIN, MARGIN + FOOT - 6 * mm - height)

    def _head(self) -> Iterator[Flowable]:
        _, speech, subject, summary = self.speech.translate, self.speech, self.report.subject, self.report.summary
        yield self._text(_("Your credit report"), "title")
        yield self._text(_("Everything that we hold about you, on %(instant)s") % {
            "instant": speech.instant(self.report.as_of)}, "lead")  # fmt: skip
        who = [
            (_("Name"), ", ".join(subject.names)),
            (_("Identity document"), f"{subject.country} {subject.id_number}"),
            (_("Date of birth"), speech.day(subject.birth_date) if subject.birth_date else ""),
            (_("Phone"), ", ".join(subject.phones)),
            (_("Email"), ", ".join(subject.emails)),
            (_("Address"), ", ".join(subject.addresses)),
            (_("Employment"), ", ".join(subject.employment)),
        ]
        at_a_glance = [
            (_("Accounts"), _("%(total)s, %(open)s of them open") % {
                "total": summary.accounts, "open": summary.open_accounts}),
            (_("Lenders you owe"), str(summary.lenders)),
            (_("Lenders with overdue amounts"), str(summary.lenders_in_arrears)),
            (_("Late months in the last two years"), str(summary.late_months)),
            *((_("Owed in all"), self._money(total.balance)) for total in summary.totals),
            *((_("Overdue in all"), self._money(total.past_due)) for total in summary.totals),
            (_("File frozen"), _("Yes") if self.report.frozen else _("No")),
        ]  # fmt: skip
        yield self._pairs([pair for pair in who if pair[1]])
        yield self._heading(_("At a glance"))
        yield self._pairs(at_a_glance)
        yield from (self._statement(said) for said in self.report.statements if said.about is None)

    def _accounts(self) -> Iterator[Flowable]:
        _ = self.speech.translate
        yield self._heading(_("Loans and cards"))
        if not self.report.accounts:
            yield self._text(_("None."))
        for account in self.report.accounts:
            yield from self._account(account)
            yield Spacer(1, 6 * mm)
        if self.report.accounts:
            yield self._text(_("Months: • paid on time; – nothing due; 1 to 7 late by so many months; ? not reported; "
                               "other letters stand for how the account ended."), "small")  # fmt: skip

    def _account(self, account: OwnAccount) -> Iterator[Flowable]:
        _, speech = self.speech.translate, self.speech
        yield self._text(f"{account.furnisher} · {speech.word(account.product)}", "account")
        contact = ", ".join(filter(None, [speech.word(account.furnisher_class), account.furnisher_contact]))
        facts = [
            (_("Reported by"), contact),
            (_("Their reference"), account.account_ref),
            (_("Your part"), speech.word(account.owner_role)),
            (_("Where it stands"), speech.word(account.state)),
            (_("Opened"), speech.day(account.opened_on)),
            (_("Closed"), speech.day(account.closed_on) if account.closed_on else ""),
            (_("Lent at first"), self._money(account.original_amount)),
            (_("Credit limit"), self._money(account.credit_limit)),
            (_("Owed"), self._money(account.balance)),
            (_("Overdue"), self._money(account.past_due)),
            (_("Due at each payment"), self._money(account.scheduled_payment)),
            (_("Last payment"), self._money(account.last_payment)),
            (_("First lent by"), account.original_creditor or ""),
            (_("Taken over from"), account.purchased_from or ""),
            (_("Passed on to"), account.sold_to or ""),
            (_("As of"), speech.day(account.reported_on)),
        ]
        yield self._facts([fact for fact in facts if fact[1]])
        below: list[Flowable] = []
        if account.months:
            until = _("Payments up to %(month)s") % {"month": speech.month(account.months[0].month)}
            below = [Spacer(1, 2 * mm), self._text(until, "small"), self._grid(account.months)]
        yield KeepTogether(below + ([self._statement(account.statement)] if account.statement else []))

    def _grid(self, months: Sequence[OwnMonth]) -> Table:
        """A row for each year, a column for each month."""
        shown = {month.month: month.status for month in months}
        years = sorted({month.year for month in shown}, reverse=True)
        rows: list[list[Any]] = [["", *(self._text(str(number), "cell") for number in range(1, 13))]]
        shades: list[tuple[Any, ...]] = []
        for row, year in enumerate(years, start=1):
            codes = [shown.get(date(year, number, 1)) for number in range(1, 13)]
            rows.append([self._text(str(year), "cell"), *(self._text(_mark(code), "cell") for code in codes)])
            shades += [
                ("BACKGROUND", (n, row), (n, row), LATE) for n, code in enumerate(codes, start=1) if code in NEGATIVE
            ]
        return Table(
            rows, colWidths=[16 * mm, *[(WIDTH - 16 * mm) / 12] * 12], rowHeights=6 * mm,
            style=[("GRID", (1, 1), (-1, -1), 0.5, LINE), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                   ("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0), *shades],
        )  # fmt: skip

    def _records(self) -> Iterator[Flowable]:
        for table in record_tables(self.report, self.speech):
            yield self._heading(table.heading)
            yield self._list(table.names, table.rows, table.shares)

    def _looks(self) -> Iterator[Flowable]:
        _, speech = self.speech.translate, self.speech
        yield self._heading(_("Who looked at your file"))
        yield self._list(
            [_("When"), _("Who"), _("Why"), _("Outcome")],
            [
                [
                    speech.instant(look.asked_at), look.member_name or _("You"), speech.word(look.purpose),
                    _("Shown") if look.granted else _("Refused"),
                ]
                for look in self.report.looks
            ],
            (28, 30, 28, 14),
        )  # fmt: skip

    def _proof(self) -> Iterator[Flowable]:
        _ = self.speech.translate
        yield self._text(_("The copy for machines (JSON) also holds the amounts of each month."), "small")
        yield self._heading(_("Proof"))
        yield self._text(_("That you asked for this report is entered in our public log. The entry is named:"))
        yield self._text(b64encode(self.report.leaf_hash).decode(), "code")

    def _statement(self, statement: OwnStatement) -> Flowable:
        _, day = self.speech.translate, self.speech.day(statement.stated_at.date())
        said = _("Your statement of %(day)s:") % {"day": day}
        return Table(
            [[self._text(said, "small")], [self._text(statement.words)]], colWidths=[WIDTH],
            style=[("BACKGROUND", (0, 0), (-1, -1), SHADE), ("LINEBEFORE", (0, 0), (0, -1), 3, GREY),
                   ("LEFTPADDING", (0, 0), (-1, -1), 4 * mm)],
            spaceBefore=3 * mm,
        )  # fmt: skip

    def _heading(self, said: str) -> Flowable:
        return self._text(said, "heading")

    def _pairs(self, pairs: Sequence[tuple[str, str]]) -> Table:
        rows = [[self._text(name, "name"), self._text(value)] for name, value in pairs]
        return Table(rows, colWidths=[WIDTH * 0.38, WIDTH * 0.62], style=_RULED)

    def _facts(self, facts: Sequence[tuple[str, str]]) -> Table:
        """Pairs in two columns."""
        cells = [[self._text(name, "name"), self._text(value)] for name, value in facts]
        cells += [["", ""]] * (len(cells) % 2)
        half = len(cells) // 2
        rows = [left + right for left, right in zip(cells[:half], cells[half:], strict=True)]
        return Table(rows, colWidths=[WIDTH * 0.2, WIDTH * 0.3] * 2, style=_RULED)

    def _list(self, names: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[int]) -> Table:
        head = [self._text(name, "name") for name in names]
        body = [[self._text(cell) for cell in row] for row in rows]
        return Table([head, *body], colWidths=[WIDTH * share / 100 for share in shares], repeatRows=1, style=_RULED)

    def _money(self, money: Money | None) -> str:
        return self.speech.money(money.minor, money.currency) if money else ""

    def _text(self, said: str, style: str = "text") -> Paragraph:
        """A paragraph in which what Helvetica cannot write is set in a Chinese font."""
        runs = ((font, escape("".join(run))) for font, run in groupby(said, self._font))
        marked = "".join(f'<font name="{font}">{run}</font>' if font else run for font, run in runs)
        return Paragraph(_BREAK.sub("<br/>", marked), self.styles[style])

    def _font(self, character: str) -> str | None:
        """The Chinese font for a character; None for what Helvetica can write."""
        if _is_in(character, "cp1252"):
            return None
        return _MING if self.speech.language == _TRADITIONAL and _is_in(character, "big5") else _SONG


_BREAK = re.compile(r"\r?\n")
_RULED = [
    ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 1.2 * mm),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2 * mm),
]


def _mark(code: PaymentStatus | None) -> str:
    return "" if code is None else _MARKS.get(code, code.value)


def _is_in(character: str, character_set: str) -> bool:
    try:
        character.encode(character_set)
    except UnicodeEncodeError:
        return False
    return True


def _styles(language: str) -> dict[str, ParagraphStyle]:
    def style(name: str, size: float, leading: float, colour: Color = INK, **more: Any) -> ParagraphStyle:
        wrap = "CJK" if language.startswith("zh") else None
        given = {"fontName": "Helvetica", "wordWrap": wrap, **more}
        return ParagraphStyle(name, fontSize=size, leading=leading, textColor=colour, **given)

    bold = "Helvetica-Bold"
    return {
        "title": style("title", 22, 28, fontName=bold),
        "lead": style("lead", 11, 15, GREY, spaceAfter=5 * mm),
        "heading": style("heading", 14, 18, fontName=bold, spaceBefore=8 * mm, spaceAfter=2 * mm, keepWithNext=1),
        "account": style("account", 11, 15, fontName=bold, spaceAfter=1 * mm, keepWithNext=1),
        "text": style("text", 9.5, 13),
        "name": style("name", 9.5, 13, GREY),
        "cell": style("cell", 8.5, 11, alignment=1),
        "small": style("small", 8, 11, GREY),
        "code": style("code", 8.5, 12, fontName="Courier", spaceBefore=1 * mm),
    }
