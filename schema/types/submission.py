"""A submission: a file of records that a member handed in, how far it is, and what is wrong with it."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of, forward_field
from schema.types.node import Node
from schema.types.user_error import UserError


class SubmissionNote(graphene.ObjectType):
    """How often a note was made: something worth knowing that refused no record."""

    code = graphene.String(required=True, description="Stable code.")
    times = graphene.Int(required=True, description="How often.")


class SubmissionFault(graphene.ObjectType):
    """One thing that is wrong with a record; the record was not applied."""

    record_no = graphene.Int(required=True, description="Number of the record in the file, from 1.")
    field = graphene.String(required=True, description="The field.")
    code = graphene.String(required=True, description="Stable code.")
    rule = graphene.String(description="The rule of the policy pack that says so.")
    sentence = graphene.Field(
        graphene.String,
        required=True,
        description="What is wrong, for a person.",
        language=graphene.String(required=True, default_value="en", description="en, zh-Hans or zh-Hant."),
    )


SubmissionFaultConnection = connection_of(SubmissionFault, counted=False)


class Submission(graphene.ObjectType):
    """A file that you handed in. A refused file changed nothing."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the submission.")
    digest = graphene.String(required=True, description="SHA-256 of the file and of how it is read, in hex.")
    state = graphene.Field(enums.SubmissionState, required=True, description="How far it is.")
    format = graphene.Field(enums.FileFormat, required=True, description="How the file is read.")
    basis = graphene.String(description="The rule on which its records are contributed.")
    all_or_nothing = graphene.Boolean(required=True, description="One faulty record refuses the whole file.")
    bytes_total = graphene.Float(required=True, description="Bytes of the file, as it was sent.")
    bytes_read = graphene.Float(required=True, description="Bytes that were read so far.")
    progress = graphene.Float(required=True, description="How much of it was worked, 0 to 1.")
    records_read = graphene.Int(required=True, description="Records that were read so far.")
    records_applied = graphene.Int(required=True, description="Records that changed something.")
    records_unchanged = graphene.Int(required=True, description="Records that said what was known.")
    records_faulty = graphene.Int(required=True, description="Records that were not applied.")
    notes = graphene.List(
        graphene.NonNull(SubmissionNote), required=True, description="What is only worth a note, by code."
    )
    fault_count = graphene.Int(required=True, description="How many faults were found.")
    faults = forward_field(
        SubmissionFaultConnection,
        items="faults",
        description="The faults, in the order of their finding. All at once: GET /submissions/<id>/faults.csv.",
    )
    file_fault = graphene.String(description="Why the file as a whole was refused.")
    submitted_at = graphene.DateTime(required=True, description="When it was taken in.")
    started_at = graphene.DateTime(description="When work on it began.")
    finished_at = graphene.DateTime(description="When it was done with.")
    leaf_hash = graphene.String(description="Its leaf in the public log, in base64.")


SubmissionConnection = connection_of(Submission)


class SubmissionMapping(graphene.ObjectType):
    """A mapping of your own columns, kept under a name of your choice: for `POST /submissions?mapping=`."""

    name = graphene.String(required=True, description="Its name.")
    toml = graphene.String(required=True, description="The mapping.")
    kept_at = graphene.DateTime(required=True, description="When it was kept.")


SubmissionMappingConnection = connection_of(SubmissionMapping)


class KeepMappingPayload(graphene.ObjectType):
    """What came of a mapping."""

    mapping = graphene.Field(SubmissionMapping, description="The mapping as it is kept now.")
    user_errors = graphene.List(
        graphene.NonNull(UserError), required=True, description="What is wrong with it; empty: it was kept."
    )


def submission_field() -> graphene.Field:
    """The root field of one submission."""
    return graphene.Field(
        Submission,
        description="A submission of yours; null where there is none of this id. Needs records:write.",
        id=graphene.ID(required=True, description="Its id."),
    )


def submissions_field() -> graphene.Field:
    """The root field of a member's submissions."""
    return forward_field(
        SubmissionConnection,
        items="submissions",
        description="Your submissions, the newest first. Needs records:write.",
    )


def mappings_field() -> graphene.Field:
    """The root field of a member's mappings."""
    return forward_field(
        SubmissionMappingConnection,
        items="mappings",
        description="The mappings that you keep, by name. Needs records:write.",
    )


def keep_mapping_field() -> graphene.Field:
    """The root field that keeps a mapping."""
    return graphene.Field(
        KeepMappingPayload,
        required=True,
        description="Keep a mapping, in the place of an earlier one of its name. Needs records:write.",
        name=graphene.String(required=True, description="1 to 63 of a-z, 0-9, dot, hyphen and underline."),
        toml=graphene.String(required=True, description="The mapping (TOML)."),
    )
