"""How members conduct themselves, and whether every access had its basis: what an authority may ask."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of, forward_field


class BasisCount(graphene.ObjectType):
    """How many looks rested on one kind of basis."""

    basis = graphene.String(required=True, description="CONSENT, SELF, or the kind of lawful ground.")
    looks = graphene.Int(required=True, description="Granted looks.")


class FaultCount(graphene.ObjectType):
    """How often one thing was wrong."""

    code = graphene.Field(enums.UnmatchedCode, required=True, description="What was wrong.")
    times = graphene.Int(required=True, description="How often.")


class UnmatchedAccess(graphene.ObjectType):
    """An access, or an entry of the log, that does not match."""

    event_id = graphene.ID(description="Id for `event`; null where it has no place in the log.")
    leaf_hash = graphene.String(required=True, description="Hash of its leaf (RFC 6962), base64; empty: none is there.")
    recorded_at = graphene.DateTime(required=True, description="When it was recorded.")
    member_id = graphene.ID(description="The member meant.")
    why = graphene.Field(enums.UnmatchedCode, required=True, description="What is wrong.")


class ConsentReconciliation(graphene.ObjectType):
    """Consents held against accesses for a period. `unmatched` must be 0."""

    from_ = graphene.DateTime(name="from", required=True, description="Begin of the period.")
    until = graphene.DateTime(required=True, description="End of the period, itself not in it.")
    looks = graphene.Int(required=True, description="Granted looks.")
    by_basis = graphene.List(
        graphene.NonNull(BasisCount), required=True, description="The granted looks by what they rested on."
    )
    refused = graphene.Int(required=True, description="Refused looks at files; they have no basis to match.")
    waiting = graphene.Int(required=True, description="Looks that have no place in the log yet.")
    matched = graphene.Int(required=True, description="Granted looks without a fault.")
    unmatched = graphene.Int(required=True, description="All that has a fault.")
    by_fault = graphene.List(graphene.NonNull(FaultCount), required=True, description="The faults by their code.")
    faults = graphene.List(
        graphene.NonNull(UnmatchedAccess), required=True, description="The first 100 faults, one by one."
    )
    consents_verified = graphene.Int(required=True, description="Consents whose signatures were verified.")
    every_consent_verified = graphene.Boolean(required=True, description="True where that is all that were used.")
    entries_opened = graphene.Int(
        required=True, description="Looks, picked at random, whose log entries were opened, compared and proved."
    )
    seed = graphene.String(required=True, description="What the picks followed from, hexadecimal.")
    checkpoint = graphene.String(required=True, description="The signed checkpoint that this is bound to.")
    statement = graphene.String(
        required=True, description="All this, signed: a compact JWS of type openbureau-reconciliation."
    )


class CodeCount(graphene.ObjectType):
    """How often one rule or reason stood against a look."""

    code = graphene.String(required=True, description="The rule's id, or the reason's code.")
    times = graphene.Int(required=True, description="How often.")


class DayOfLooks(graphene.ObjectType):
    """The looks of one day."""

    day = graphene.Date(required=True, description="The day, in the exchange's time zone.")
    granted = graphene.Int(required=True, description="Granted looks.")
    refused = graphene.Int(required=True, description="Refused looks.")


class DataQuality(graphene.ObjectType):
    """How good a member's data is, as measured once a day; null: nothing to measure."""

    measured_on = graphene.Date(required=True, description="The day.")
    index = graphene.Float(description="0 to 100: the weighted mean of what follows.")
    completeness = graphene.Float(description="Share of the expected fields that its accounts have, 0 to 1.")
    timeliness = graphene.Float(description="Share of its open accounts that were reported lately, 0 to 1.")
    consistency = graphene.Float(description="Share of the records it sent that had no fault, 0 to 1.")
    dispute_rate = graphene.Float(description="Share of its accounts that borrowers contest, 0 to 1.")
    upheld_share = graphene.Float(
        description="Share of the disputes it answered in a year in which its record was wrong and corrected, 0 to 1."
    )
    measured_level = graphene.Field(
        enums.ContributionLevel, description="What it was found to contribute, and so receives at most."
    )


class MemberConduct(graphene.ObjectType):
    """How one member conducted itself in a period."""

    member_id = graphene.ID(required=True, description="The member.")
    name = graphene.String(required=True, description="Its name.")
    member_class = graphene.Field(enums.MemberClass, required=True, description="Its class.")
    looks = graphene.Int(required=True, description="Looks, granted or refused.")
    granted = graphene.Int(required=True, description="Granted looks.")
    refused = graphene.Int(required=True, description="Refused looks.")
    refused_by_rule = graphene.List(
        graphene.NonNull(CodeCount), required=True, description="Refusals by the rules that they name, most first."
    )
    refused_by_reason = graphene.List(
        graphene.NonNull(CodeCount), required=True, description="Refusals by their reasons, most first."
    )
    per_day = graphene.List(graphene.NonNull(DayOfLooks), required=True, description="Every day of the period.")
    unrecognised = graphene.Int(required=True, description="Looks marked by borrowers as not recognised.")
    records_read = graphene.Int(required=True, description="Records in the files that it sent.")
    records_faulty = graphene.Int(required=True, description="Records at fault among them.")
    fault_rate = graphene.Float(description="The share at fault, 0 to 1; null: it sent no records.")
    notices_overdue = graphene.Int(required=True, description="Notices without an answer now whose time is over.")
    notices_waiting = graphene.Int(required=True, description="Notices without an answer now whose time still runs.")
    quality = graphene.Field(DataQuality, description="Its newest measures; null: it was never measured.")


MemberConductConnection = connection_of(MemberConduct)


def consent_reconciliation_field() -> graphene.Field:
    """The root field."""
    return graphene.Field(
        ConsentReconciliation,
        required=True,
        description="Holds every access of a period against its consent or lawful ground. Needs audit:read; logged.",
        **_period(),
    )


def member_conduct_field() -> graphene.Field:
    """The root field."""
    return forward_field(
        MemberConductConnection,
        items="members",
        description="How members, by their ids, conducted themselves in a period of 366 days at most. Needs "
        "audit:read; logged.",
        member_id=graphene.ID(description="This member alone."),
        **_period(),
    )


def _period() -> dict[str, graphene.Argument]:
    return {
        "from_": graphene.Argument(
            graphene.DateTime, name="from", required=True, description="Begin of the period, with its offset from UTC."
        ),
        "until": graphene.Argument(
            graphene.DateTime, required=True, description="End of the period, itself not in it."
        ),
    }
