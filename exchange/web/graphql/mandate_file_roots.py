"""The root fields of an agency's view, and of what is suggested to do next."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from exchange.journeys.collection_advice import AdviceAsked, collection_advice
from exchange.journeys.mandate_file import AskedUnderMandate, MandateFile, mandate_file
from exchange.store.contacts_made import ContactAbout
from exchange.store.mandated_accounts import OwedAccount, PlanAbout
from exchange.web.graphql.arguments import id_in
from exchange.web.graphql.context import Context
from exchange.web.graphql.mandate_roots import shown_mandate
from exchange.web.graphql.record_inputs import document_of
from schema.vocabulary.account import AccountState, Product
from schema.vocabulary.plan import PlanState, PlanType


def mandate_file_root(context: Context, subject: Any, mandate_id: str, staff: Any = None) -> Any:
    """What a mandate opens."""
    asked = AskedUnderMandate(
        document=document_of(subject),
        mandate_id=id_in(mandate_id),
        staff=(staff.id, staff.name) if staff else None,
        selection=context.selection(),
    )
    return _shown(mandate_file(context.services, context.request, asked), context.request.caller.member_id)


def collection_advice_root(
    context: Context, subject: Any, mandate_id: str | None = None, account_references: Sequence[str] | None = None
) -> Any:
    """What is suggested."""
    asked = AdviceAsked(
        document=document_of(subject),
        mandate_id=id_in(mandate_id) if mandate_id else None,
        account_references=tuple(account_references or ()),
        names_mandate=mandate_id is not None,
    )
    advised = collection_advice(context.services, context.request, asked)
    reasons = [
        {"code": each.code, "text": _sentence(each.code.phrase), "rule": each.rule} for each in advised.advice.reasons
    ]
    return {"step": advised.advice.step, "reasons": reasons, "pressure": advised.pressure}


def _shown(file: MandateFile, caller: str) -> dict[str, Any]:
    shown = {account.account_key for account in file.accounts}
    return {
        "mandate": shown_mandate(file.mandate),
        "debtor": {
            "names": list(file.debtor.names),
            "phones": _list(file.debtor.phones),
            "emails": _list(file.debtor.emails),
            "addresses": _list(file.debtor.addresses),
            "time_zone": file.debtor.time_zone,
            "language": file.debtor.language,
        },
        "accounts": [_account(account, file.references) for account in file.accounts],
        "standing": {
            "stop_requested": file.standing.stop_requested,
            "plan_until": file.standing.plan_until,
            "disputed": file.standing.disputed,
            "needs_care": file.standing.needs_care,
        },
        "contacts": [_contact(contact, shown, caller) for contact in file.contacts],
        "plans": [_plan(plan, shown) for plan in file.plans],
        "disclosure": {
            "leaf_hash": b64encode(file.leaf_hash).decode(),
            "released": list(file.grant.released),
            "rules": list(file.grant.rules),
            "pack": file.grant.pack_version,
        },
    }


def _account(account: OwedAccount, references: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        "id": str(account.account_key),
        "reference": references.get(account.account_key, ""),
        "product": Product(account.product),
        "state": AccountState(account.state),
        "balance": _money(account.balance_minor, account.currency),
        "past_due": _money(account.past_due_minor, account.currency),
        "days_past_due": account.days_past_due,
        "first_delinquent_on": account.first_delinquent_on,
        "reported_on": account.reported_on,
    }


def _contact(contact: ContactAbout, shown: set[UUID], caller: str) -> dict[str, Any]:
    return {
        "id": str(contact.action_key),
        "account_ids": _ids(contact.account_keys & shown),
        "by_you": contact.contributor == caller,
        "started_at": contact.started_at,
        "stage": contact.stage,
        "channel": contact.channel,
        "target": contact.target,
        "result": contact.result,
        "promised": _money(contact.promised_minor, contact.promised_currency),
        "promised_on": contact.promised_on,
        "promise_kept": contact.promise_kept,
    }


def _plan(plan: PlanAbout, shown: set[UUID]) -> dict[str, Any]:
    return {
        "id": str(plan.plan_key),
        "account_ids": _ids(plan.account_keys & shown),
        "plan_type": PlanType(plan.plan_type),
        "state": PlanState(plan.state),
        "proposed_on": plan.proposed_on,
        "ended_on": plan.ended_on,
        "stop_collection_until": plan.stop_collection_until,
    }


def _ids(keys: set[UUID] | frozenset[UUID]) -> list[str]:
    return sorted(map(str, keys))


def _money(minor: int | None, currency: str | None) -> dict[str, Any] | None:
    return None if minor is None or currency is None else {"minor": minor, "currency": currency}


def _list(entries: tuple[str, ...] | None) -> list[str] | None:
    return None if entries is None else list(entries)


def _sentence(phrase: str) -> str:
    return f"{phrase[:1].upper()}{phrase[1:]}."
