"""One fragment asks all kinds of records whom they are from; nothing is fetched by its id alone."""

from factories import Exchange, report_of
from noun_rows import NOUNS, add_noun
from traces import error_of, marks

from schema.vocabulary.scope import FieldClass

EVERY_SCOPE = frozenset(field_class.scope for field_class in FieldClass)
PARTS = ("accounts", "publicRecords", "collectionActions", "repaymentPlans", "assessments")
FRAGMENTS = """
fragment from on ContributedRecord { furnisherClass ...known }
fragment known on Node { id ... on ContributedRecord { ownBook } ... on Account { state } }
"""


def test_fragments_on_what_records_have_in_common_are_answered_for_each_kind(exchange: Exchange) -> None:
    bank = exchange.bank(scopes=EVERY_SCOPE)
    bank.fetch_token(" ".join(sorted(EVERY_SCOPE)))
    borrower = exchange.borrower()
    exchange.account(borrower, bank.member_id)
    for table in NOUNS:
        add_noun(exchange, table, borrower, bank.member_id)
    query = report_of(" ".join(f"{part}(first: 5) {{ nodes {{ __typename ...from }} }}" for part in PARTS)) + FRAGMENTS

    report = bank.ask(consent_id=exchange.consent(bank.member_id), query=query).get_json()["data"]["creditReport"]

    nodes = [report[part]["nodes"][0] for part in PARTS]
    kinds = ["Account", "PublicRecord", "CollectionAction", "RepaymentPlan", "Assessment"]
    assert [node["__typename"] for node in nodes] == kinds
    assert all((node["furnisherClass"], node["ownBook"]) == ("BANK", True) for node in nodes)
    assert len({node["id"] for node in nodes}) == len(kinds)
    assert ["state" in node for node in nodes] == [True, False, False, False, False]


def test_nothing_is_fetched_by_its_id_alone(exchange: Exchange) -> None:
    bank = exchange.bank()
    bank.fetch_token()
    before = marks(exchange)
    answer = bank.post({"query": '{ node(id: "1") { id } }'})
    assert error_of(answer)["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert marks(exchange) == before
