"""The contract's form: ids, pages of lists, and what mutations say of their input."""

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_required_argument,
)

from schema.contract import build_contract

CONTRACT = build_contract()
OBJECTS = {name: type_ for name, type_ in CONTRACT.type_map.items() if isinstance(type_, GraphQLObjectType)}
CONNECTIONS = sorted(name for name in OBJECTS if name.endswith("Connection"))
CONTRIBUTED = {"Account", "PublicRecord", "CollectionAction", "RepaymentPlan", "Assessment"}
UNCOUNTED = {"AccessEventConnection", "ContactClearanceConnection", "SubmissionFaultConnection"}
"""Too long to be counted at each page; `faultCount` of the submission says how many faults there are."""

BOUNDED = {
    # The file
    "Account.history": "`months`, 60 at most",
    "CollectionAction.accountIds": "100 in a record",
    "CollectionAction.disclosed": "100 in a record",
    "RepaymentPlan.accountIds": "100 in a record",
    "RepaymentPlan.options": "100 in a record",
    "RepaymentPlan.schedule": "600 payments in a record",
    "Assessment.reasonCodes": "100 in a record",
    "CreditReport.statements": "one stands about the whole file",
    "Subject.names": "20 in a record",
    "Summary.totals": "one for each currency",
    "Disclosure.released": "one for each part of a file",
    "Disclosure.withheld": "one for each part of a file",
    "Disclosure.rules": "rules of the policy pack",
    # The log
    "AccessEvent.reasons": "codes of reasons",
    "AccessEvent.rules": "rules of the policy pack",
    "AccessEvent.fields": "fields of one entry",
    "AccessEvent.closed": "fields of one entry",
    # Complaints
    "Complaint.accountReferences": "accounts of one borrower with one member",
    "Complaint.evidence": "what was held of one borrower and one member of a year at most",
    "ComplaintEvidence.rules": "rules of the policy pack",
    # Disputes
    "Dispute.evidence": "5 in a dispute",
    # Plans
    "RepliedPlan.schedule": "600 payments in a record",
    # Conduct
    "ConsentReconciliation.byBasis": "kinds of bases",
    "ConsentReconciliation.byFault": "codes of faults",
    "ConsentReconciliation.faults": "the first 100",
    "MemberConduct.perDay": "366 days at most",
    "MemberConduct.refusedByReason": "codes of reasons",
    "MemberConduct.refusedByRule": "rules of the policy pack",
    # Notices
    "Notice.facts": "the first 100",
    "Webhook.kinds": "kinds of notices",
    # Contact
    "ContactClearance.counts": "rules of the policy pack",
    "ContactClearance.reasons": "codes of reasons, one for each rule",
    "ContactClearance.rules": "rules of the policy pack",
    # Contributing
    "Submission.notes": "codes of notes",
    "Mandate.channels": "kinds of channels",
    "RecordPayload.notes": "what one record can be at fault in",
    # Collecting
    "MandateDebtor.names": "20 in a record",
    "MandateDebtor.phones": "20 in a record",
    "MandateDebtor.emails": "20 in a record",
    "MandateDebtor.addresses": "20 in a record",
    "MandateFile.accounts": "the first 100",
    "MandateFile.contacts": "the newest 100",
    "MandateFile.plans": "the newest 100",
    "MandateContact.accountIds": "100 in a record",
    "MandatePlan.accountIds": "100 in a record",
    "MandateDisclosure.released": "parts of a file",
    "MandateDisclosure.rules": "rules of the policy pack",
    "CollectionAdvice.reasons": "codes of reasons",
    "UserError.path": "as deep as an input is nested",
}
"""Lists that cannot grow beyond what is said here, and so need no pages."""


def fields() -> Iterator[tuple[str, GraphQLField]]:
    for name, type_ in OBJECTS.items():
        if not name.startswith("__"):
            yield from ((f"{name}.{field}", definition) for field, definition in type_.fields.items())


def types_of(type_: GraphQLObjectType) -> dict[str, str]:
    return {name: str(field.type) for name, field in type_.fields.items()}


def interfaces(name: str) -> set[str]:
    return {interface.name for interface in OBJECTS[name].interfaces}


def test_whatever_has_an_id_of_its_own_is_a_node_and_its_id_is_never_null() -> None:
    with_id = {name for name, type_ in OBJECTS.items() if "id" in type_.fields}
    assert with_id == {name for name in OBJECTS if "Node" in interfaces(name)}
    assert {str(OBJECTS[name].fields["id"].type) for name in with_id} == {"ID!"}


def test_what_members_contribute_to_a_file_says_whom_it_is_from() -> None:
    assert {name for name in OBJECTS if "ContributedRecord" in interfaces(name)} == CONTRIBUTED
    assert {name for name, type_ in OBJECTS.items() if "ownBook" in type_.fields} == CONTRIBUTED


def test_no_field_gives_an_interface_or_a_union() -> None:
    abstract = GraphQLInterfaceType | GraphQLUnionType
    assert [place for place, field in fields() if isinstance(get_named_type(field.type), abstract)] == []


def test_nothing_of_a_file_is_fetched_by_its_id_alone() -> None:
    assert not {"node", "nodes"} & set(OBJECTS["Query"].fields)


def test_every_list_comes_in_pages_or_is_bounded() -> None:
    lists = {place for place, field in fields() if isinstance(get_nullable_type(field.type), GraphQLList)}
    of_pages = {f"{name}.{part}" for name in CONNECTIONS for part in ("nodes", "edges")}
    payloads = {f"{name}.userErrors" for name in OBJECTS if name.endswith("Payload")}
    assert lists - of_pages - payloads == set(BOUNDED)


@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_connection_has_nodes_edges_and_where_it_lies(name: str) -> None:
    node, connection, edge = (OBJECTS[name.removesuffix("Connection") + end] for end in ("", "Connection", "Edge"))
    counted = {} if name in UNCOUNTED else {"totalCount": "Int!"}
    expected = {"nodes": f"[{node.name}!]!", "edges": f"[{edge.name}!]!", "pageInfo": "PageInfo!"} | counted
    assert {part: str(field.type) for part, field in connection.fields.items()} == expected
    assert {part: str(field.type) for part, field in edge.fields.items()} == {
        "node": f"{node.name}!",
        "cursor": "String!",
    }


def test_every_connection_is_asked_for_by_a_number_of_items() -> None:
    for place, field in fields():
        if get_named_type(field.type).name not in CONNECTIONS:
            continue
        forward = "first" in field.args and is_required_argument(field.args["first"])
        assert "after" in field.args
        assert forward or {"first", "last", "before"} <= set(field.args), place
        assert str(get_nullable_type(field.args["first"].type)) == "Int"
        assert "1 to 100" in (field.args["first"].description or "")


@pytest.mark.parametrize("name", sorted(CONTRACT.mutation_type.fields) if CONTRACT.mutation_type else [])
def test_every_mutation_says_what_is_wrong_with_its_input(name: str) -> None:
    payload = get_named_type(OBJECTS["Mutation"].fields[name].type)
    assert isinstance(payload, GraphQLObjectType)
    assert str(payload.fields["userErrors"].type) == "[UserError!]!"
    assert isinstance(OBJECTS["Mutation"].fields[name].type, GraphQLNonNull)


def test_a_user_error_has_its_place_its_code_a_sentence_and_its_rule() -> None:
    assert types_of(OBJECTS["UserError"]) == {
        "path": "[String!]!",
        "code": "String!",
        "message": "String!",
        "rule": "String",
    }
