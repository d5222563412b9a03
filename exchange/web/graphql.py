"""The GraphQL door (GraphQL over HTTP, POST only).

1. Who is asking: token and proof. 2. What is asked: read, validated, within its limits. 3. Answered, field by field.
4. The proof is spent, even where nothing was looked at. 5. The receipt over the exact bytes of the answer.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, Response, request
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from werkzeug.exceptions import RequestEntityTooLarge

from exchange.errors import BadRequest, ExchangeError, NotAuthenticated
from exchange.handover import Caller
from exchange.journeys.answer_query import answer_query
from exchange.journeys.describe_look import Asked, Request
from exchange.journeys.find_borrower import Document
from exchange.journeys.services import Services
from exchange.planning.limits import check_limits
from exchange.planning.selection import read_selection
from exchange.settings import Settings
from exchange.web import problems
from exchange.web.audit_roots import access_log_root, event_root
from exchange.web.conduct_roots import consent_reconciliation_root, member_conduct_root
from exchange.web.mandate_roots import end_mandate_root, mandates_root, record_mandate_root
from exchange.web.member_roots import member_root
from exchange.web.notice_roots import answer_notice_root, notices_root
from exchange.web.record_roots import (
    record_assessment_root,
    record_collection_action_root,
    record_public_record_root,
    record_repayment_plan_root,
    report_account_root,
    report_subject_root,
    withdraw_account_root,
    withdraw_record_root,
)
from exchange.web.submission_roots import keep_mapping_root, mappings_root, submission_root, submissions_root
from schema.contract import build_contract

RESPONSE_TYPE = "application/graphql-response+json"
JSON_TYPE = "application/json"
DOCUMENTS_KEPT = 256
DOCUMENT_KEPT_CHARACTERS_MAX = 4_000
"""A parsed document takes some 75 bytes of memory for each character: longer ones are parsed each time."""
VALIDATION_ERRORS_MAX = 10


@dataclass(frozen=True, slots=True)
class Context:
    """What a root field is handed besides its arguments."""

    services: Services
    request: Request


@dataclass(frozen=True, slots=True)
class Door:
    """What the view needs from its neighbours: how to know a caller, spend a proof, log a refusal, sign a receipt."""

    authenticate: Callable[[], Caller]
    spend_proof: Callable[[Caller], None]
    refused_caller: Callable[[NotAuthenticated], None]
    receipt: Callable[[Request, bytes], str]


def _credit_report(root: None, info: GraphQLResolveInfo, **given: Any) -> object:
    context: Context = info.context
    subject, staff = given["subject"], given.get("staff")
    asked = Asked(
        document=Document(subject.id_type, subject.country, subject.id_number),
        purpose=given["purpose"],
        consent_id=_uuid(given.get("consent_id"), "consentId"),
        staff=(staff.id, staff.name) if staff else None,
        selection=read_selection(info),
        ground_id=_uuid(given.get("ground_id"), "groundId"),
        as_of=_past(given.get("as_of"), context.services.clock.now()),
    )
    if asked.consent_id and asked.ground_id:
        raise BadRequest("Name a consent or a lawful ground, not both.", "TWO_BASES_NAMED")
    return answer_query(context.services, context.request, asked)


ROOTS: dict[str, Callable[..., object]] = {
    "creditReport": _credit_report,
    "notices": notices_root,
    "answerNotice": answer_notice_root,
    "accessLog": access_log_root,
    "event": event_root,
    "consentReconciliation": consent_reconciliation_root,
    "memberConduct": member_conduct_root,
    "submission": submission_root,
    "submissions": submissions_root,
    "mappings": mappings_root,
    "keepMapping": keep_mapping_root,
    "mandates": mandates_root,
    "member": member_root,
    "reportAccount": report_account_root,
    "withdrawAccount": withdraw_account_root,
    "reportSubject": report_subject_root,
    "recordCollectionAction": record_collection_action_root,
    "recordRepaymentPlan": record_repayment_plan_root,
    "recordPublicRecord": record_public_record_root,
    "recordAssessment": record_assessment_root,
    "withdrawRecord": withdraw_record_root,
    "recordMandate": record_mandate_root,
    "endMandate": end_mandate_root,
}
"""Every root field of the contract, and the journey behind it."""


@cache
def bound_contract() -> GraphQLSchema:
    """The contract with every root field bound to its journey."""
    contract = build_contract()
    roots = [root for root in (contract.query_type, contract.mutation_type) if root is not None]
    for name, field in ((name, field) for root in roots for name, field in root.fields.items()):
        field.resolve = ROOTS[name]
    return contract


def graphql_door(services: Services, door: Door) -> Blueprint:
    """The blueprint of POST /graphql."""
    blueprint = Blueprint("graphql", __name__)
    contract = bound_contract()
    read_document = _document_reader(contract, services.settings)

    @blueprint.post("/graphql")
    def graphql() -> Response:
        request.max_content_length = services.settings.query_bytes_max
        try:
            return answer(door.authenticate())
        except NotAuthenticated as error:
            door.refused_caller(error)
            return _failed(error)
        except ExchangeError as error:
            return _failed(error)

    def answer(caller: Caller) -> Response:
        asked = Request(caller, hashlib.sha256(_content()).digest(), [])
        try:
            result = run(asked)
        finally:
            if not asked.leaves:
                door.spend_proof(caller)
        errors = result.errors or []
        if whole := problems.of_whole_request(errors):
            return _failed(whole, door, asked)
        return _respond(result, errors, door, asked)

    def run(asked: Request) -> ExecutionResult:
        document, variables, operation_name = _read_request(read_document, services.settings)
        return execute_sync(
            contract,
            document,
            context_value=Context(services, asked),
            variable_values=variables,
            operation_name=operation_name,
        )

    return blueprint


def _respond(result: ExecutionResult, errors: list[GraphQLError], door: Door, asked: Request) -> Response:
    body: dict[str, Any] = {}
    if errors:
        body["errors"] = [problems.of_field(error) for error in errors]
    if result.data is None:
        return _sealed(body, 400 if _prefers_response_type() else 200, door, asked)
    body["data"] = result.data
    return _sealed(body, 200, door, asked)


def _failed(error: ExchangeError, door: Door | None = None, asked: Request | None = None) -> Response:
    status = problems.http_status(error)
    if isinstance(error, BadRequest) and error.stable_code.startswith("GRAPHQL_") and not _prefers_response_type():
        status = 200
    response = _sealed({"errors": [problems.as_json(error)]}, status, door, asked)
    response.headers.update(problems.headers_of(error))
    return response


def _sealed(body: dict[str, Any], status: int, door: Door | None, asked: Request | None) -> Response:
    content = orjson.dumps(body)
    kind = RESPONSE_TYPE if _prefers_response_type() else JSON_TYPE
    response = Response(content, status=status, content_type=f"{kind}; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    if door and asked and asked.leaves:
        response.headers["OpenBureau-Receipt"] = door.receipt(asked, content)
    return response


def _prefers_response_type() -> bool:
    return request.accept_mimetypes.best_match([JSON_TYPE, RESPONSE_TYPE], default=JSON_TYPE) == RESPONSE_TYPE


def _read_request(
    read_document: Callable[[str], DocumentNode], settings: Settings
) -> tuple[DocumentNode, dict[str, Any], str | None]:
    body = _read_json()
    query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    variables = {} if variables is None else variables
    faults = [
        sentence
        for wrong, sentence in (
            (not isinstance(query, str), "`query` must be a string."),
            (not isinstance(variables, dict), "`variables` must be an object."),
            (name is not None and not isinstance(name, str), "`operationName` must be a string."),
        )
        if wrong
    ]
    if faults:
        raise BadRequest(" ".join(faults))
    document = read_document(query)
    operation = get_operation_ast(document, name)
    if operation is None:
        raise BadRequest("Name the operation to run with `operationName`.", "GRAPHQL_OPERATION_NOT_FOUND")
    check_limits(document, operation, variables, settings)
    return document, variables, name


def _content() -> bytes:
    try:
        return request.get_data()
    except RequestEntityTooLarge:
        raise BadRequest(f"A request has at most {request.max_content_length} bytes.", "REQUEST_TOO_LONG") from None


def _read_json() -> dict[str, Any]:
    if request.mimetype != JSON_TYPE:
        raise BadRequest("Send the request as application/json.", "UNSUPPORTED_MEDIA_TYPE")
    try:
        body = orjson.loads(_content())
    except orjson.JSONDecodeError:
        raise BadRequest("The request is not JSON.", "NOT_JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("The request must be a JSON object with `query`.")
    return body


def _document_reader(contract: GraphQLSchema, settings: Settings) -> Callable[[str], DocumentNode]:
    def read_document(query: str) -> DocumentNode:
        return kept(query) if len(query) <= DOCUMENT_KEPT_CHARACTERS_MAX else checked(query)

    def checked(query: str) -> DocumentNode:
        try:
            document = parse(query, max_tokens=settings.query_tokens_max)
        except GraphQLError as error:
            raise BadRequest(error.message, "GRAPHQL_PARSE_FAILED") from None
        if errors := validate(contract, document, max_errors=VALIDATION_ERRORS_MAX):
            raise BadRequest(" ".join(error.message for error in errors), "GRAPHQL_VALIDATION_FAILED")
        return document

    kept = lru_cache(maxsize=DOCUMENTS_KEPT)(checked)
    return read_document


def _uuid(text: str | None, argument: str) -> UUID | None:
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        raise BadRequest(f"`{argument}` is not an id of ours.", _ID_NOT_VALID[argument]) from None


def _past(as_of: datetime | None, now: datetime) -> datetime | None:
    if as_of is None:
        return None
    if as_of.tzinfo is None:
        raise BadRequest("`asOf` needs its time zone, for example 2026-05-03T09:00:00+08:00.", "AS_OF_WITHOUT_ZONE")
    if as_of > now:
        raise BadRequest("`asOf` lies in the future.", "AS_OF_IN_FUTURE")
    return as_of.astimezone(UTC)


_ID_NOT_VALID = {"consentId": "CONSENT_ID_NOT_VALID", "groundId": "GROUND_ID_NOT_VALID"}
