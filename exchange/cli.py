"""The operator's command line. Every act that changes members, records or consents leaves an entry in the log."""

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import orjson
from rich.console import Console
from rich.table import Table

from consent.artefact import ArtefactNotValid, Fetch
from consent.lifecycle import ConsentState
from exchange.app import make_services
from exchange.clock import SystemClock
from exchange.errors import ExchangeError
from exchange.journeys.find_borrower import Document
from exchange.journeys.manage_consent import WrittenConsent, give_consent, move_consent
from exchange.journeys.manage_members import change_member_status, register_member
from exchange.journeys.services import Services
from exchange.journeys.setup_home import setup_home
from exchange.serving import integrate, log_to_stderr, serve
from exchange.settings import Settings, read_settings
from exchange.store.engine import open_store
from exchange.store.member_register import SqlMemberRegister
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope

OPERATOR = "operator"
