"""One log succeeds another: for good where the database that an earlier one was signed from is lost. The act is logged.

The leaves that are left become the first ones of the new log. What was signed under the earlier origin stays signed,
and contradicts nothing that is signed under the new one.
"""

from base64 import b64encode

from exchange.audit.checkpoint import Checkpoint
from exchange.audit.entry import FieldValue
from exchange.audit.last_signed import LastSigned
from exchange.errors import BadRequest, Unavailable
from exchange.journeys.log_act import entry_about_nobody
from exchange.journeys.services import Services
from exchange.store.log_rows import SqlLogStore, append_log_entry


def read_earlier(services: Services, guard: LastSigned) -> Checkpoint:
    """The last checkpoint signed under the earlier origin. Raises BadRequest, and LogWouldFork for a damaged guard."""
    origin, earlier = services.settings.log_origin, guard.read()
    if earlier is None:
        raise BadRequest("There is no guard file log.last-signed, so no log was signed here that could be succeeded.")
    if earlier.origin == origin:
        raise BadRequest(f"The log is {origin} already: set OPENBUREAU_LOG_ORIGIN to the new log's name.")
    return earlier


def log_succession(services: Services, earlier: Checkpoint, reason: str, actor: str) -> int:
    """Logs that this origin succeeds the one of `earlier`. Returns how many leaves are left. Raises Unavailable."""
    with SqlLogStore(services.engine, services.settings.log_origin).locked() as log:
        if log is None:
            raise Unavailable("An integrator is at work. Stop every integrator first.")
        size = log.tree_size()
    fields: dict[str, FieldValue] = {
        "act": "log_succeeded",
        "actor": actor,
        "reason": reason,
        "origin": services.settings.log_origin,
        "leaves_left": size,
        "earlier_origin": earlier.origin,
        "earlier_leaves": earlier.size,
        "earlier_root": b64encode(earlier.root).decode(),
    }
    entry = entry_about_nobody(services, services.clock.now(), fields)
    with services.transaction() as connection:
        append_log_entry(connection, entry)
    return size
