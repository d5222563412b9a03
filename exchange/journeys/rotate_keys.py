"""Making the next key that signs access tokens, while those of the last one are still out. The act is in the log."""

from pathlib import Path

from exchange.journeys.log_act import entry_about_nobody
from exchange.journeys.services import Services
from exchange.store.log_rows import append_log_entry
from exchange.vault.key_ring import add_key


def rotate_token_key(services: Services, directory: Path, actor: str) -> str:
    """The id of the new key. It is published within seconds, and signs after `token_key_lead_seconds`.

    Raises BadRequest where one was made in the same second.
    """
    now = services.clock.now()
    with services.transaction() as connection:
        key_id = add_key(directory, now)
        entry = entry_about_nobody(services, now, {"act": "token_key_made", "key": key_id, "actor": actor})
        append_log_entry(connection, entry)
    return key_id
