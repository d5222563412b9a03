"""Money in the contract."""

from typing import Any

import graphene
from graphql import GraphQLError, IntValueNode, ValueNode

BIG_INT_MAX = 2**53 - 1


class BigInt(graphene.Scalar):
    """A whole number of up to 53 bits, so that every client reads it exactly."""

    @staticmethod
    def serialize(value: int) -> int:
        """The number as JSON writes it. Raises ValueError beyond 53 bits."""
        if abs(value) > BIG_INT_MAX:
            raise ValueError("a number beyond 53 bits cannot be sent exactly")
        return value

    @staticmethod
    def parse_value(value: Any) -> int:
        """The number in a variable. Raises GraphQLError where it is none, or has more than 53 bits."""
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > BIG_INT_MAX:
            raise GraphQLError("BigInt takes whole numbers of up to 53 bits.")
        return value

    @staticmethod
    def parse_literal(node: ValueNode, _variables: object = None) -> int:
        """The number in a document. Raises GraphQLError."""
        return BigInt.parse_value(int(node.value) if isinstance(node, IntValueNode) else None)


class Money(graphene.ObjectType):
    """An amount: a whole number of the currency's minor unit (fen, cents), never a fraction."""

    minor = graphene.Field(BigInt, required=True, description="The amount in minor units.")
    currency = graphene.String(required=True, description="ISO 4217 code.")
