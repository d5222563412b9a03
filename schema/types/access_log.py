"""The log as an authority reads it: events to search, and one event with its leaf, proof and openable fields."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of, forward_field
from schema.types.node import Node


class AccessLogFilter(graphene.InputObjectType):
    """Which events are looked for. All that is given must hold."""

    member_id = graphene.ID(description="Of this member.")
    act = graphene.String(description="What was done, for example `look` or `consent_given`.")
    purpose = graphene.InputField(enums.Purpose, description="For this purpose.")
    granted = graphene.Boolean(description="True: granted; false: refused.")
    reason = graphene.String(description="Refused for this reason, among others.")
    rule = graphene.String(description="By this rule, among others.")
    from_ = graphene.DateTime(name="from", description="Recorded at or after this instant.")
    until = graphene.DateTime(description="Recorded before this instant.")


class AccessEventField(graphene.ObjectType):
    """One field of a log entry, checked against its leaf."""

    name = graphene.String(required=True, description="Name of the field.")
    value = graphene.String(required=True, description="Its value, as JSON.")


class EventOpening(graphene.ObjectType):
    """A request of your officers to open the event. Asking and agreeing are for persons, on the pages: none is here."""

    state = graphene.Field(enums.OpeningState, required=True, description="How it stands.")
    asked_by = graphene.String(required=True, description="Name of the officer who asked.")
    reason = graphene.String(description="Why. Needs audit:open.")
    asked_at = graphene.DateTime(required=True, description="When it was asked.")
    decided_by = graphene.String(description="Name of the other officer, who decided.")
    decided_at = graphene.DateTime(description="When it was decided.")
    ends_at = graphene.DateTime(required=True, description="Until when it waits or, once approved, the event is open.")


class AccessEvent(graphene.ObjectType):
    """An event of the log. Its leaf, proof, fields and opening are shown by `event` alone, and null in lists."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the event.")
    recorded_at = graphene.DateTime(required=True, description="When it was recorded.")
    act = graphene.String(required=True, description="What was done.")
    member_id = graphene.ID(description="By which member, or `self`: by the borrower.")
    member_name = graphene.String(description="The member's name.")
    purpose = graphene.Field(enums.Purpose, description="The purpose named.")
    basis = graphene.String(description="What it rested on: CONSENT or GROUND.")
    granted = graphene.Boolean(description="Whether it was granted; null where nothing could be refused.")
    reasons = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="Why it was refused: stable codes."
    )
    rules = graphene.List(graphene.NonNull(graphene.String), required=True, description="The rules that were applied.")
    leaf_hash = graphene.String(required=True, description="Hash of its leaf (RFC 6962), base64.")
    leaf = graphene.String(description="The public leaf, byte for byte.")
    proof = graphene.String(description="Proof that the leaf is in the log (C2SP tlog-proof@v1); null while it waits.")
    checkpoint = graphene.String(description="The signed checkpoint that the proof leads to.")
    fields = graphene.List(
        graphene.NonNull(AccessEventField),
        description="What the entry says, checked against its leaf: the fields that name no person or, with audit:open "
        "while two officers have opened the event, all.",
    )
    closed = graphene.List(
        graphene.NonNull(graphene.String), description="Names of the fields that are closed until two officers agree."
    )
    opening = graphene.Field(EventOpening, description="How your authority's request to open it stands.")


AccessEventConnection = connection_of(AccessEvent, counted=False)


def access_log_field() -> graphene.Field:
    """The root field that searches the log."""
    return forward_field(
        AccessEventConnection,
        items="events",
        description="The events of the log, the newest first; it has no total. For a regulator with audit:read; each "
        "search is itself logged.",
        filter=graphene.Argument(AccessLogFilter, description="Which events; all of them unless told."),
    )


def event_field() -> graphene.Field:
    """The root field that shows one event."""
    return graphene.Field(
        AccessEvent,
        description="One event of the log with its proof. For a regulator with audit:read; each view is itself logged.",
        id=graphene.ID(required=True, description="The event."),
    )
