"""npm graphql-http audits a server against GraphQL over HTTP: the sandbox keeps all of it, the door all but GET."""

from collections import Counter

from blackbox.places import Place

AUDITS = 61
ONLY_BY_POST = {"5A70", "D6D5", "6A70"}
"""The audits of what a server MAY do by GET."""


def test_the_sandbox_keeps_all_of_it(place: Place) -> None:
    results = place.lender("audit", path="/sandbox/graphql")
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == AUDITS


def test_the_door_of_members_keeps_all_but_get(place: Place) -> None:
    token = place.lender("credentials", scope="credit:read")["access_token"]
    results = place.lender("audit", path="/graphql", token=token)
    assert Counter(result["status"] for result in results) == {"ok": AUDITS - 3, "notice": 3}
    assert {result["id"] for result in results if result["status"] == "notice"} == ONLY_BY_POST
