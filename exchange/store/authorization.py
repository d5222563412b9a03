"""Pushed requests, codes and tokens. What may be used once is used by one statement, so that of two one is first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from consent.lifecycle import ConsentState
from exchange.handover import AuthorizationCode, PushedRequest, RefreshToken
from exchange.store.tables.authorization import authorization_code, pushed_request, refresh_token
from exchange.store.tables.consent import consent
from exchange.store.tables.member import revoked_token
from schema.vocabulary.scope import Scope

_GRANT_BYTES = 16
"""The first bytes of a refresh token's digest name its grant (`RefreshToken.grant_id`)."""


class SqlAuthorizations:
    """What the authorization server keeps. Each call is its own transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def push(self, request: PushedRequest) -> None:
        """Keep a request until its borrower decides on it."""
        parameters = {
            "redirect_uri": request.redirect_uri,
            "scopes": sorted(request.scopes),
            "state": request.state,
            "code_challenge": request.code_challenge,
            "authorization_details": [dict(details) for details in request.authorization_details],
        }
        row = {
            "digest": request.digest,
            "client_id": request.client_id,
            "parameters": parameters,
            "key_thumbprint": request.key_thumbprint,
            "expires_at": request.expires_at,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(pushed_request).values(row))

    def find_code(self, digest: bytes) -> AuthorizationCode | None:
        """The code of this digest, used or not; None where there is none."""
        with self._engine.connect() as connection:
            found = select(authorization_code).where(authorization_code.c.digest == digest)
            row = connection.execute(found).first()
        return None if row is None else AuthorizationCode(**_own_columns(row, "used_at"), used=row.used_at is not None)

    def redeem(self, code: AuthorizationCode, refresh_token: RefreshToken, now: datetime) -> bool:
        """Use the code up and keep the token that it bought. False, with nothing kept, where it was used or ended."""
        codes = authorization_code.c
        used = (
            update(authorization_code)
            .where(codes.digest == code.digest, codes.used_at.is_(None), codes.expires_at > now)
            .values(used_at=now)
            .returning(codes.digest)
        )
        with self._engine.begin() as connection:
            if connection.execute(used).first() is None:
                return False
            _insert_refresh_token(connection, refresh_token)
            return True

    def find_refresh_token(self, digest: bytes) -> RefreshToken | None:
        """The token of this digest, revoked or not; None where there is none."""
        return self._refresh_token(refresh_token.c.digest == digest)

    def find_grant(self, grant_id: str) -> RefreshToken | None:
        """The refresh token that was issued with an access token, from the first part of that one's id."""
        first = bytes.fromhex(grant_id)
        rest = 32 - _GRANT_BYTES
        return self._refresh_token(refresh_token.c.digest.between(first + b"\x00" * rest, first + b"\xff" * rest))

    def revoke_grants(self, code: AuthorizationCode, now: datetime, until: datetime) -> None:
        """Revoke every token that its member holds under the code's consent. `until`: when the last of them ends."""
        tokens = refresh_token.c
        self._revoke(
            [
                tokens.subject_key == code.subject_key,
                tokens.consent_id == code.consent_id,
                tokens.client_id == code.client_id,
            ],
            now,
            until,
        )

    def revoke_grant(self, token: RefreshToken, now: datetime, until: datetime) -> None:
        """Revoke a refresh token and all that was issued with it. `until`: when the last of that ends."""
        self._revoke([refresh_token.c.digest == token.digest], now, until)

    def revoke_access_token(self, token_id: str, now: datetime, until: datetime) -> None:
        """Revoke one access token. `until`: when it ends."""
        row = {"token_id": token_id, "expires_at": until, "revoked_at": now}
        with self._engine.begin() as connection:
            connection.execute(insert_or(revoked_token).values(row).on_conflict_do_nothing())

    def is_revoked(self, token_id: str) -> bool:
        """Whether this access token, or the grant that it was issued under, was revoked."""
        ids = (token_id, token_id.partition(".")[0])
        with self._engine.connect() as connection:
            found = select(revoked_token.c.token_id).where(revoked_token.c.token_id.in_(ids))
            return connection.execute(found).first() is not None

    def _refresh_token(self, condition: Any) -> RefreshToken | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(refresh_token).where(condition)).first()
        if row is None:
            return None
        return RefreshToken(**_own_columns(row, "revoked_at"), revoked=row.revoked_at is not None)

    def _revoke(self, conditions: list[Any], now: datetime, until: datetime) -> None:
        tokens = refresh_token.c
        revoked = (
            update(refresh_token)
            .where(*conditions)
            .values(revoked_at=func.coalesce(tokens.revoked_at, now))
            .returning(tokens.digest)
            .cte("revoked")
        )
        grant_id = func.encode(func.substring(revoked.c.digest, 1, _GRANT_BYTES), "hex")
        grants = select(grant_id, literal(until), literal(now))
        columns = ["token_id", "expires_at", "revoked_at"]
        with self._engine.begin() as connection:
            connection.execute(insert_or(revoked_token).from_select(columns, grants).on_conflict_do_nothing())


class SqlConsentStanding:
    """Which consents stand, asked of the database each time: a withdrawal holds from the next question on."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def stands_until(self, subject_key: UUID, consent_id: UUID, now: datetime) -> datetime | None:
        """When a consent ends that is active at `now`; None where it is not."""
        columns = consent.c
        standing = select(columns.expires_at).where(
            columns.subject_key == subject_key,
            columns.consent_id == consent_id,
            columns.state == ConsentState.ACTIVE.value,
            columns.starts_at <= now,
            columns.expires_at > now,
        )
        with self._engine.connect() as connection:
            return connection.execute(standing).scalar()


def find_pushed_request(connection: Connection, client_id: str, digest: bytes) -> PushedRequest | None:
    """The member's request of this digest, used or not; None where the member pushed none such."""
    columns = pushed_request.c
    found = select(pushed_request).where(columns.digest == digest, columns.client_id == client_id)
    row = connection.execute(found).first()
    return None if row is None else _pushed_request(row)


def use_pushed_request(connection: Connection, client_id: str, digest: bytes, now: datetime) -> PushedRequest | None:
    """The member's request, used up from here on. None where it was used before, has expired, or is not there."""
    columns = pushed_request.c
    row = connection.execute(
        update(pushed_request)
        .where(
            columns.digest == digest, columns.client_id == client_id, columns.used_at.is_(None),
            columns.expires_at > now,
        )
        .values(used_at=now)
        .returning(pushed_request)
    ).first()  # fmt: skip
    return None if row is None else _pushed_request(row)


def insert_code(connection: Connection, code: AuthorizationCode) -> None:
    """Keep a code, in the transaction that uses up its request."""
    row = {column.name: getattr(code, column.name) for column in authorization_code.c if column.name != "used_at"}
    connection.execute(insert(authorization_code).values(_plain(row)))


def _insert_refresh_token(connection: Connection, token: RefreshToken) -> None:
    row = {column.name: getattr(token, column.name) for column in refresh_token.c if column.name != "revoked_at"}
    connection.execute(insert(refresh_token).values(_plain(row)))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "scopes": sorted(row["scopes"]),
        "authorization_details": [dict(details) for details in row["authorization_details"]],
    }


def _own_columns(row: Row[Any], ending: str) -> dict[str, Any]:
    values = {name: value for name, value in row._mapping.items() if name != ending}
    scopes = frozenset(Scope(scope) for scope in row.scopes)
    return values | {"digest": bytes(row.digest), "scopes": scopes}


def _pushed_request(row: Row[Any]) -> PushedRequest:
    parameters = row.parameters
    return PushedRequest(
        digest=bytes(row.digest),
        client_id=row.client_id,
        redirect_uri=parameters["redirect_uri"],
        scopes=frozenset(Scope(scope) for scope in parameters["scopes"]),
        state=parameters["state"],
        code_challenge=parameters["code_challenge"],
        authorization_details=parameters["authorization_details"],
        key_thumbprint=row.key_thumbprint,
        expires_at=row.expires_at,
        used=row.used_at is not None,
    )
