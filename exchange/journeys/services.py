"""What journeys are handed. Made once, by `exchange/app.py`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from consent.policy.rules import Pack
from consent.question import LawfulGround
from consent.register import HeldConsent
from exchange.audit.back_pressure import BackPressure
from exchange.audit.receipt import ReceiptKey
from exchange.clock import Clock
from exchange.identity.attempt_limits import AttemptLimits
from exchange.settings import Settings
from exchange.store.engine import database_errors
from exchange.store.log_rows import SqlLog
from exchange.store.look_up import StoredConsent, StoredGround
from exchange.vault.field_cipher import SubjectCipher
from exchange.vault.key_hierarchy import KeyHierarchy


@dataclass(frozen=True, slots=True)
class Services:
    """The parts that more than one journey needs. `signing` signs receipts and countersigns consents; `log_vkey` is
    the key that checkpoints are signed with. `open_keys` can be sent to another process, to open the vault there.
    """

    settings: Settings
    clock: Clock
    engine: Engine
    keys: KeyHierarchy
    open_keys: Callable[[], KeyHierarchy]
    pack: Pack
    signing: ReceiptKey
    read_consent: Callable[[StoredConsent], HeldConsent]
    read_ground: Callable[[StoredGround, SubjectCipher], LawfulGround]
    back_pressure: BackPressure
    limits: AttemptLimits
    log_vkey: str

    @property
    def log(self) -> SqlLog:
        """The log for readers."""
        return SqlLog(self.engine, self.settings.log_origin)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection on which every statement is its own transaction. Raises Unavailable."""
        with database_errors(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection within one transaction, committed at the end. Raises Unavailable."""
        with database_errors(), self.engine.begin() as connection:
            yield connection
