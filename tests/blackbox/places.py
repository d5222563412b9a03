"""What the tests of foreign clients speak with: a lender's program, the running exchange, and a borrower."""

import json
import subprocess
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from consent_flow import DETAILS, a_borrower, parameters
from factories import ALICE, REPORT, Bank, Exchange, variables

from exchange.journeys.authorize import allow_request, refuse_request

BACK = "http://127.0.0.1:1/back"
"""Where a browser would be sent back to; nobody needs to listen there."""


class Failed(Exception):
    """What the library told its caller instead of an answer."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.oauth = error.get("oauth")
        self.code = error.get("code")


@dataclass
class Lender:
    """A lender's program, spoken to line by line."""

    process: subprocess.Popen[str]

    def __call__(self, command: str, **given: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"command": command, **given}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the lender's program has ended"
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["ok"]


@dataclass
class Place:
    """The running exchange, a lender that knows only its address, and a borrower."""

    exchange: Exchange
    bank: Bank
    alice: UUID
    lender: Lender
    details: list[dict[str, Any]] = field(default_factory=lambda: [DETAILS])

    def push(self, **changes: Any) -> str:
        """The address that the lender sends the borrower's browser to."""
        return str(self.lender("push", details=self.details, **changes))

    def allow(self, address: str, consent_id: UUID | None = None) -> str:
        """Where the browser comes back to after the borrower's yes."""
        consent_id = consent_id or self.exchange.consent(self.bank.member_id)
        asked = parameters(address)
        services = self.exchange.services
        return allow_request(services, a_borrower(self.alice), asked["client_id"], asked["request_uri"], consent_id)

    def refuse(self, address: str) -> str:
        """Where the browser comes back to after the borrower's no."""
        asked = parameters(address)
        return refuse_request(self.exchange.services, asked["client_id"], asked["request_uri"])

    def ask(self, token: str, consent_id: str | None, **given: Any) -> Any:
        """The lender's question about the borrower."""
        return self.lender("ask", token=token, query=REPORT, variables=variables(ALICE, consent_id), **given)
