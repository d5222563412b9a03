"""A borrower's report as JSON, for machines: one document, plain names, amounts in minor units, days as ISO 8601."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson

from exchange.disclosure.own_file import OwnReport

FORMAT = "openbureau-own-report"
VERSION = 1


def report_as_json(report: OwnReport, issuer: str, beside: Mapping[str, Any] = MappingProxyType({})) -> bytes:
    """The report, and the address of the exchange that says it. `beside`: what else is in the file, plain already."""
    head = {"format": FORMAT, "version": VERSION, "issuer": issuer}
    return orjson.dumps(head | _plain(report) | {"beside": dict(beside)}, option=orjson.OPT_INDENT_2)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return b64encode(value).decode() if isinstance(value, bytes) else value
