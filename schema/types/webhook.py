"""Webhooks: where the exchange sends notices to a member, and what became of each."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of, forward_field
from schema.types.node import Node
from schema.types.user_error import UserError

_ERRORS = "What is wrong; empty: it is done."


class Webhook(graphene.ObjectType):
    """An address of yours to which notices are sent, each signed by the exchange."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the webhook.")
    url = graphene.String(required=True, description="Where notices are sent.")
    kinds = graphene.List(
        graphene.NonNull(enums.NoticeKind),
        required=True,
        description="The kinds that are sent; empty: all that your scopes open.",
    )
    added_at = graphene.DateTime(required=True, description="When you added it.")
    ended_at = graphene.DateTime(description="When you ended it.")


class WebhookDelivery(graphene.ObjectType):
    """A notice on its way to a webhook."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the delivery.")
    notice_id = graphene.ID(required=True, description="The notice; the same in the header OpenBureau-Notice.")
    webhook_id = graphene.ID(required=True, description="The webhook.")
    kind = graphene.Field(enums.NoticeKind, required=True, description="What the notice tells.")
    attempts = graphene.Int(required=True, description="How often it was tried.")
    last_status = graphene.Int(description="HTTP status of your last answer; null: none came.")
    next_at = graphene.DateTime(description="When it is tried next.")
    delivered_at = graphene.DateTime(description="When your webhook took it.")
    dead_at = graphene.DateTime(description="When it was given up. It can be sent again.")


WebhookConnection = connection_of(Webhook)
WebhookDeliveryConnection = connection_of(WebhookDelivery)


class WebhookPayload(graphene.ObjectType):
    """What came of adding or ending a webhook."""

    webhook = graphene.Field(Webhook, description="The webhook as it now stands.")
    user_errors = graphene.List(graphene.NonNull(UserError), required=True, description=_ERRORS)


class SendAgainPayload(graphene.ObjectType):
    """What came of having a notice sent again."""

    delivery = graphene.Field(WebhookDelivery, description="The delivery as it now stands.")
    user_errors = graphene.List(graphene.NonNull(UserError), required=True, description=_ERRORS)


def webhooks_field() -> graphene.Field:
    """The root field of webhooks."""
    return forward_field(
        WebhookConnection,
        items="webhooks",
        description="Your webhooks that have not ended, the oldest first. Needs a scope that opens notices.",
    )


def webhook_deliveries_field() -> graphene.Field:
    """The root field of deliveries."""
    return forward_field(
        WebhookDeliveryConnection,
        items="deliveries",
        description="What became of the notices for your webhooks, the oldest first. Needs a scope that opens notices.",
        dead=graphene.Boolean(required=True, default_value=False, description="Only those that were given up."),
    )


def add_webhook_field() -> graphene.Field:
    """The mutation that adds a webhook."""
    return graphene.Field(
        WebhookPayload,
        required=True,
        description="Add a webhook. Each kind needs a scope that opens it. The same again changes nothing.",
        url=graphene.String(required=True, description="An https address in the public Internet."),
        kinds=graphene.List(
            graphene.NonNull(enums.NoticeKind),
            required=True,
            default_value=[],
            description="What to send; empty: all that your scopes open.",
        ),
    )


def end_webhook_field() -> graphene.Field:
    """The mutation that ends a webhook."""
    return graphene.Field(
        WebhookPayload,
        required=True,
        description="End a webhook. What waits for it is not sent; the notices stay in `notices`.",
        webhook_id=graphene.ID(required=True, description="The webhook."),
    )


def send_again_field() -> graphene.Field:
    """The mutation that has a notice sent again."""
    return graphene.Field(
        SendAgainPayload,
        required=True,
        description="Have a notice that was given up sent again, as if for the first time.",
        delivery_id=graphene.ID(required=True, description="The delivery."),
    )
