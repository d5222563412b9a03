"""Money in the contract."""

import graphene


class BigInt(graphene.Scalar):
    """A whole number of up to 53 bits, so that every client reads it exactly."""

    @staticmethod
    def serialize(value: int) -> int:
        """The number as JSON writes it. Raises ValueError beyond 53 bits."""
        if abs(value) > 2**53 - 1:
            raise ValueError("a number beyond 53 bits cannot be sent exactly")
        return value


class Money(graphene.ObjectType):
    """An amount: a whole number of the currency's minor unit (fen, cents), never a fraction."""

    minor = graphene.Field(BigInt, required=True, description="The amount in minor units.")
    currency = graphene.String(required=True, description="ISO 4217 code.")
