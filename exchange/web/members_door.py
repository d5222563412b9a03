"""What a door for members needs from its neighbours."""

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.wrappers import Request as HttpRequest

from exchange.errors import NotAuthenticated
from exchange.handover import Caller
from exchange.journeys.describe_look import Request
from exchange.planning.budget import Budgets


@dataclass(frozen=True, slots=True)
class Door:
    """How to know a caller, spend a proof, log a refusal, sign a receipt; and what each member may still ask."""

    authenticate: Callable[[HttpRequest], Caller]
    spend_proof: Callable[[Caller], None]
    refused_caller: Callable[[NotAuthenticated], None]
    receipt: Callable[[Request, bytes], str]
    budgets: Budgets
