"""Opens the sealed columns of rows that were read for a report."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from exchange.handover import OpenRows, Row, SealedRows, SectionName
from exchange.vault.field_cipher import SubjectCipher


def _text(opened: bytes) -> str:
    return opened.decode()


def _day(opened: bytes) -> date:
    return date.fromisoformat(opened.decode())


_Columns = Sequence[tuple[str, Callable[[bytes], Any]]]
_JOINT = re.compile(r"\x1f[0-9a-f]{16}\Z")


def _reference(opened: bytes) -> str:
    """A furnisher's reference; what we add to tell joint holders of an account apart follows a unit separator."""
    return _JOINT.sub("", opened.decode())


_SEALED: dict[SectionName, tuple[str, dict[str, Callable[[bytes], Any]]]] = {
    SectionName.SUBJECT: (
        "subject_key",
        {
            "id_number": _text,
            "names": orjson.loads,
            "birth_date": _day,
            "phones": orjson.loads,
            "emails": orjson.loads,
            "addresses": orjson.loads,
            "employment": orjson.loads,
            "fraud_alert": orjson.loads,
        },
    ),
    SectionName.ACCOUNT: ("account_key", {"account_ref": _reference, "previous_ref": _reference}),
    SectionName.PUBLIC_RECORD: ("record_key", {"reference": _text}),
    SectionName.ASSESSMENT: ("assessment_key", {"explanation": _text, "inputs": orjson.loads}),
    SectionName.STATEMENT: ("statement_id", {"words": _text}),
}
"""By section: the column that is the row's key, and the sealed columns with what they hold."""


def unseal_rows(sealed: SealedRows, cipher: SubjectCipher) -> OpenRows:
    """The rows with their sealed columns opened under the borrower's key.

    Raises IntegrityError where a sealed value is not this row's own.
    """
    return OpenRows(
        sealed.plan,
        {name: _opened(name, rows, cipher) for name, rows in sealed.rows.items()},
    )


def _opened(section: SectionName, rows: Sequence[Row], cipher: SubjectCipher) -> Sequence[Row]:
    if section not in _SEALED:
        return rows
    key_column, sealed = _SEALED[section]
    present = [(column, read) for column, read in sealed.items() if rows and column in rows[0]]
    return [_unseal(section, row, UUID(row[key_column]).bytes, present, cipher) for row in rows]


def _unseal(section: SectionName, row: Row, row_key: bytes, sealed: _Columns, cipher: SubjectCipher) -> Row:
    opened = {
        column: read(cipher.unseal(section.value, column, row_key, row[column]))
        for column, read in sealed
        if row[column] is not None
    }
    return {**row, **opened}
