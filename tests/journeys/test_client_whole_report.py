"""The client's questions, asked of a whole exchange: every part comes typed, and what is closed is None."""

from factories import Bank, Exchange
from noun_rows import NOUNS, add_noun
from openbureau_client.report import QUERIES, WholeReport, read_report

from schema.vocabulary.scope import FieldClass, Scope

PARTS = ("public_records", "collection_actions", "repayment_plans", "assessments")
EVERY_SCOPE = frozenset(field_class.scope for field_class in FieldClass)


def asked(exchange: Exchange, scopes: frozenset[Scope], **consent: object) -> WholeReport:
    bank: Bank = exchange.bank(scopes=scopes)
    bank.fetch_token(" ".join(sorted(scopes)))
    borrower = exchange.borrower()
    for table in NOUNS:
        add_noun(exchange, table, borrower, bank.member_id)
    answer = bank.ask(consent_id=exchange.consent(bank.member_id, **consent), query=QUERIES[WholeReport]).get_json()
    assert "errors" not in answer, answer
    return read_report(WholeReport, answer["data"]["creditReport"])


def test_every_part_of_a_file_is_read(exchange: Exchange) -> None:
    report = asked(exchange, EVERY_SCOPE)
    for part in PARTS:
        page = getattr(report, part)
        assert page.total_count == 1, part
        assert (page.nodes[0].own_book, page.nodes[0].furnisher_class) == (True, "BANK")
        assert page.nodes[0].id


def test_without_the_scopes_of_a_part_the_others_are_answered_and_it_is_withheld(exchange: Exchange) -> None:
    report = asked(exchange, EVERY_SCOPE - {Scope.COLLECTION_READ, Scope.PLAN_READ})
    assert (report.collection_actions, report.repayment_plans) == (None, None)
    assert report.public_records is not None and report.assessments is not None
    withheld = {(each.field_class, each.code) for each in report.disclosure.withheld}
    assert withheld == {("COLLECTIONS", "SCOPE_MISSING"), ("PLANS", "SCOPE_MISSING")}
