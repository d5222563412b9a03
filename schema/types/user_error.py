"""What is wrong with the input of a mutation: told as a value, beside what was done."""

import graphene


class UserError(graphene.ObjectType):
    """One thing that is wrong with what was given; nothing was changed then."""

    path = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="The argument, and the field inside it."
    )
    code = graphene.String(required=True, description="Stable code.")
    message = graphene.String(required=True, description="A sentence for a person.")
    rule = graphene.String(description="The rule that says so.")
