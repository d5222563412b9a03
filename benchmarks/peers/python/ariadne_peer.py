"""Ariadne, schema first: the contract's SDL of what the query selects, resolvers over the service's own report.

Documents are parsed and validated once, as somebody who knows Ariadne would do.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson
from ariadne import EnumType, ObjectType, QueryType, ScalarType, graphql_sync, make_executable_schema
from graphql import DocumentNode, GraphQLError, GraphQLSchema, is_enum_type, parse, validate

from benchmarks.bare_service import Answer, bare_application
from benchmarks.peers.python.environment import ROOT
from benchmarks.peers.python.journey import Journey
from exchange.journeys.describe_look import Request
from exchange.journeys.services import Services
from exchange.serving import log_to_stderr, serve
from exchange.settings import read_settings
from schema.vocabulary.payment_status import PaymentStatus

SDL = ROOT / "benchmarks" / "peers" / "python" / "report.graphql"


def application() -> Callable[..., Any]:
    """A worker's application."""
    return bare_application(_answering)


def _answering(services: Services) -> Answer:
    schema = _schema()

    @lru_cache
    def read(query: str) -> DocumentNode:
        return parse(query)

    @lru_cache
    def faults(query: str) -> list[GraphQLError]:
        return validate(schema, read(query))

    def answer(request: Request, body: dict[str, Any]) -> bytes:
        done, result = graphql_sync(
            schema,
            body,
            context_value=Journey(services, request, body["variables"]),
            query_parser=lambda context, data: read(data["query"]),
            query_validator=lambda *_, **__: faults(body["query"]),
        )
        if not done or "errors" in result:
            raise RuntimeError(f"not answered: {result}")
        return orjson.dumps(result)

    return answer


def _schema() -> GraphQLSchema:
    query = QueryType()
    report, account, summary = ObjectType("CreditReport"), ObjectType("Account"), ObjectType("Summary")
    query.set_field("creditReport", lambda _, info, **given: info.context.report())
    for name in ("accounts", "inquiries", "collectionActions", "repaymentPlans"):
        report.set_field(name, _page(name))
    account.set_field("history", lambda row, info, months: row["history"](months=months))
    summary.set_field("totals", lambda row, info: row["totals"]())
    scalars = [ScalarType("Date", serializer=str), ScalarType("DateTime", serializer=lambda at: at.isoformat())]
    status = EnumType("PaymentStatus", {status.name: status.value for status in PaymentStatus})
    sdl = SDL.read_text(encoding="utf-8")
    schema = make_executable_schema(sdl, query, report, account, summary, status, *scalars, convert_names_case=True)
    for enum in filter(is_enum_type, schema.type_map.values()):
        # Ariadne 1.1.1 replaces it for enums' default values, of which there are none here, by a function that does
        # not take what graphql-core 3.2.14 hands it.
        vars(enum).pop("parse_value", None)
    return schema


def _page(name: str) -> Callable[..., Any]:
    method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return lambda report, info, first: getattr(report, method)(first=first)


if __name__ == "__main__":
    log_to_stderr()
    serve(read_settings(), "benchmarks.peers.python.ariadne_peer:application")
