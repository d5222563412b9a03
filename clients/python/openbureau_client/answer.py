"""What came back for a GraphQL question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbureau_client.refusals import refusal_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `request` and `body` are the exact bytes sent and received, as the receipt covers them."""

    data: Mapping[str, Any] | None
    errors: Sequence[Mapping[str, Any]]
    request: bytes
    body: bytes
    receipt: str | None
    status: int
    retry_after: str | None = None

    def raise_for_errors(self) -> None:
        """Raises the kind of NotAnswered that the first error is; nothing where there is none."""
        if self.errors:
            raise refusal_of(self.status, self.errors[0], self.receipt, self.retry_after)
