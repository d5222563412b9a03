"""The two desks: each has addresses, pages and words of its own; who may sit at which is said by their scopes."""

from dataclasses import dataclass

from flask import request


@dataclass(frozen=True, slots=True)
class Desk:
    """Pages for the people of members. `name` is the first part of its blueprints' names, `path` of its addresses."""

    name: str
    path: str

    @property
    def sign_in(self) -> str:
        """Where its people sign in."""
        return f"{self.path}/sign-in"

    @property
    def security(self) -> str:
        """Where they change how they sign in."""
        return f"{self.path}/security"

    def has(self, path: str) -> bool:
        """Whether this is one of its addresses."""
        return path == self.path or path.startswith(self.path + "/")


AUDIT = Desk("audit", "/audit")
"""For officers of an authority."""

MEMBER = Desk("member", "/member")
"""For the staff of lenders and agencies."""


def desk_here() -> Desk | None:
    """The desk of the page that is asked for; None: it is for borrowers or for everybody."""
    return next((desk for desk in (AUDIT, MEMBER) if desk.has(request.path)), None)
