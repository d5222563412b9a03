"""Every limit, time and path, with a default that works. Read once from the environment, typed, explained.

Each setting is `OPENBUREAU_` and its name in capitals; the database may also be given as `DATABASE_URL`.
Secrets are never settings: settings name the files that hold them.
"""

import math
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any


def _setting(default: Any, explanation: str) -> Any:
    return field(default=default, metadata={"explanation": explanation})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one running service. `read_settings` makes one; a test makes its own."""

    home: Path = _setting(Path(".openbureau"), "Directory of keys, the embedded database and the log's guard file.")
    database_url: str = _setting("", "PostgreSQL 15 or newer; empty: the embedded server under `home`.")
    postgres_bin: str = _setting(
        "", "Programs of the embedded server: a directory, or `wheel`; empty: the system's, else the wheel's."
    )
    issuer: str = _setting("http://127.0.0.1:8600", "Our own address: OAuth issuer and token audience.")
    bind_host: str = _setting("127.0.0.1", "Address that `openbureau serve` listens on.")
    bind_port: int = _setting(8600, "Port that `openbureau serve` listens on.")
    workers: int = _setting(2, "Worker processes of `openbureau serve`.")
    threads: int = _setting(4, "Threads of each worker; also the size of its database pool.")
    queue_seconds_max: float = _setting(
        2.0, "Longest time that a request waits for a thread; those that would wait longer get 503 at once or then."
    )
    queue_places: int = _setting(
        200, "Most requests that wait for a thread in each worker; beyond: 503 at once. 0: nobody is turned away."
    )
    jurisdiction: str = _setting("cn", "Policy pack that decisions follow.")
    pack_file: str = _setting(
        "", "Policy pack of your own (TOML), with its signature beside it (`.sig`); empty: the one that comes with us."
    )
    pack_key: str = _setting("", "Key of whoever signs `pack_file`, as `openbureau pack sign` tells it.")
    time_zone: str = _setting("Asia/Shanghai", "Time zone in which pages show instants.")

    access_token_seconds: int = _setting(300, "Life of an access token.")
    pushed_request_seconds: int = _setting(
        540, "Time a borrower has to sign in and decide on a member's request; 599 at most."
    )
    refresh_token_seconds: int = _setting(
        90 * 86_400, "Longest life of a refresh token; it never outlives its consent."
    )
    token_key_lead_seconds: int = _setting(600, "How long a new token key is published before it signs.")
    token_key_overlap_seconds: int = _setting(
        3_600, "How long a token key still counts after the next one began to sign; longer than a token's life."
    )
    trusted_issuers: str = _setting(
        "", "File of those whose software statements register members (JSON: issuer to key set); empty: nobody's."
    )
    proof_age_seconds: int = _setting(60, "Oldest DPoP proof and client assertion that is taken.")
    clock_ahead_seconds: int = _setting(10, "How far ahead of us another party's clock may run.")
    nonce_seconds: int = _setting(120, "How long a DPoP nonce is taken.")

    dek_cache_seconds: int = _setting(60, "Longest time a borrower's key stays in memory.")
    dek_cache_size: int = _setting(20_000, "Most borrowers' keys in memory in each worker.")

    query_bytes_max: int = _setting(64_000, "Longest GraphQL request body.")
    query_tokens_max: int = _setting(2_000, "Most tokens of a GraphQL document.")
    query_depth_max: int = _setting(15, "Deepest nesting of a GraphQL operation; the usual introspection takes 14.")
    query_cost_max: int = _setting(20_000, "Highest cost of an operation: a field costs 1, times its list's length.")
    introspection: bool = _setting(
        False, "Answers introspection at POST /graphql. The contract is public as a file; the sandbox always answers."
    )
    query_aliases_max: int = _setting(50, "Most aliases of a GraphQL document.")
    reports_per_request_max: int = _setting(10, "Most reports in one GraphQL operation.")
    rate_points: int = _setting(
        6_000_000,
        "Points that a member may spend in each window: a field of an answer costs 1. A hundred full reports a second.",
    )
    rate_window_seconds: int = _setting(60, "Length of the window of a member's points; at least 1.")
    kept_documents_max: int = _setting(
        200, "Most documents of a member's own that are kept, to be named by their digests instead of sent."
    )
    document_cache_seconds: int = _setting(
        60, "Longest time for which a worker goes on with a document after the operator removed it."
    )
    trusted_documents_only: bool = _setting(
        False, "Members may only send, or name, GraphQL documents that the operator trusts (`openbureau document add`)."
    )
    idempotency_hours: int = _setting(24, "How long an `Idempotency-Key` counts, and the answer under it is kept.")
    idempotency_takeover_seconds: int = _setting(
        60, "Age at which a mutation that never answered may be run again under its `Idempotency-Key`."
    )
    anonymous_refusals_per_second: int = _setting(50, "Refused unknown callers logged, per worker; beyond: 429.")

    statement_timeout_ms: int = _setting(10_000, "Longest time of one SQL statement of a request.")
    connect_timeout_seconds: int = _setting(3, "Longest wait for a database connection.")

    log_origin: str = _setting(
        "openbureau.example/log",
        "Name of the transparency log. Once it has leaves, `openbureau log succeed` alone changes it.",
    )
    cosign_ml_dsa: bool = _setting(
        False, "The log also signs its checkpoints with an ML-DSA-44 key; `setup` makes the key."
    )
    integrate_interval_seconds: float = _setting(1.0, "Time between two checkpoints.")
    integrate_batch: int = _setting(5_000, "Most leaves of one integration.")
    pending_alarm_seconds: int = _setting(10, "Age of a leaf under no published checkpoint that raises an alarm.")
    pending_stop_seconds: int = _setting(60, "Age of a leaf under no published checkpoint that stops disclosure.")
    witnesses: str = _setting("", "File of the witnesses that cosign our checkpoints (TOML); empty: nobody's.")
    witness_quorum: int = _setting(0, "Cosignatures without which no checkpoint is published.")
    witness_timeout_seconds: float = _setting(3.0, "Longest wait for the witnesses' answers.")

    clearance_minutes: int = _setting(15, "Longest time for which leave to contact a borrower counts.")
    contact_report_minutes: int = _setting(
        60, "Time after its leave has ended in which a contact is to be recorded; until then the leave is counted."
    )

    consent_days_max: int = _setting(366, "Longest time that a consent may be given for at once.")
    consent_draft_minutes: int = _setting(15, "How long a drafted consent may wait for the borrower's passkey.")
    notice_answer_days: int = _setting(
        15, "Days in which a member answers a withdrawal, where the policy pack does not say."
    )

    opening_days: int = _setting(7, "Days for which officers see a whole event, once two of them have agreed.")
    opening_wait_days: int = _setting(7, "Days for which a request to open an event waits for the second officer.")

    webhooks_max: int = _setting(10, "Most webhooks of one member.")
    webhook_timeout_seconds: float = _setting(10.0, "Longest time in which a webhook, or the message gateway, answers.")
    webhook_retry_seconds: int = _setting(
        30, "Wait before a notice is sent a second time; doubles with each try, with a random part."
    )
    webhook_retry_seconds_max: int = _setting(21_600, "Longest wait between two tries.")
    webhook_attempts_max: int = _setting(15, "Tries after which a notice is given up; members may have it sent again.")
    webhook_private_addresses: bool = _setting(
        False, "Webhooks may lead into private networks; without it only to addresses of the public Internet."
    )
    deliver_interval_seconds: float = _setting(2.0, "How often `openbureau deliver` looks for notices to send.")
    deliver_at_once: int = _setting(4, "Webhooks to which notices are sent at the same time.")
    borrower_gateway_url: str = _setting(
        "", "Where messages to borrowers are handed to be sent by text or e-mail; empty: none are, pages alone tell."
    )
    alert_hours: int = _setting(
        24, "Hours between two messages to a borrower that somebody looked; 0: one message for each look."
    )

    housekeeping_seconds: float = _setting(60.0, "Time between two rounds of clearing what has expired.")
    proxies: int = _setting(0, "How many proxies of ours stand before us and name the caller (X-Forwarded-For).")

    reconcile_signatures_max: int = _setting(
        2_000, "Most consents whose signatures are verified when a regulator holds consents against looks."
    )
    reconcile_entries_opened: int = _setting(
        200, "Looks, picked at random, whose log entries are opened and proved when consents are held against looks."
    )

    clocks_interval_seconds: float = _setting(
        60.0, "How often `openbureau clocks` looks for what was due and is not done."
    )
    form_bytes_max: int = _setting(
        20_000_000, "Longest form that a page takes, with its documents, which are hashed and not kept."
    )
    quality_fresh_days: int = _setting(
        45, "An open account that was reported so many days ago still counts as up to date."
    )
    reciprocity_days: int = _setting(
        100, "A member that contributed nothing for so many days receives no more than inquiries; 0: never measured."
    )

    import_batch_records: int = _setting(5_000, "Records that an import prepares at once.")
    import_processes: int = _setting(
        2, "Processes that prepare the batches of a large file in turn; 1: all of it in the process that writes them."
    )
    import_bytes_max: int = _setting(1 << 30, "Largest file that an import takes, as it is sent.")
    spool_directory: str = _setting(
        "", "Directory where files that members hand in wait, sealed, to be read; empty: `spool` under `home`."
    )
    uploads_at_once_max: int = _setting(
        2, "Most files that come in at once in each worker; beyond: 429. Fewer than `threads`: others are to be heard."
    )
    upload_seconds_max: int = _setting(3_600, "Longest time in which a file comes in.")
    submissions_open_max: int = _setting(20, "Most files of one member that wait at once; beyond: 429.")
    intake_interval_seconds: float = _setting(1.0, "How often `openbureau intake` looks for files that wait.")
    spool_keep_seconds: int = _setting(
        86_400, "Age at which a waiting file that belongs to no open submission, or never came in whole, is removed."
    )
    import_statement_timeout_ms: int = _setting(
        600_000, "Longest time of one SQL statement of an import: it may wait for another import."
    )

    residency: str = _setting(
        "", "Country in which this deployment keeps its data (two letters, such as `CN`); empty: not stated."
    )
    retention_hour: int = _setting(19, "Hour of the day (UTC) from which `openbureau retain --daily` runs; 23 at most.")
    retention_batch: int = _setting(1_000, "Borrowers whose records retention goes through in one transaction.")

    demonstration: bool = _setting(
        False, "Lets borrowers of a DEMONSTRATION prove any made-up identity; only on a loopback http issuer."
    )
    proofing_file: str = _setting(
        "", "File that describes the OpenID Connect provider that proves borrowers' identities; empty: none."
    )
    session_idle_seconds: int = _setting(900, "Life of a borrower's session that is not used.")
    session_seconds_max: int = _setting(43_200, "Longest life of a borrower's session.")
    recent_sign_in_seconds: int = _setting(
        600, "How long after signing in a borrower may change the ways of signing in."
    )
    officer_session_idle_seconds: int = _setting(900, "Life of an officer's session that is not used.")
    officer_session_seconds_max: int = _setting(28_800, "Longest life of an officer's session.")
    invitation_hours: int = _setting(72, "How long the code that invites an officer may be used.")
    attempt_window_seconds: int = _setting(900, "Window in which attempts at signing in are counted.")
    attempts_per_target_max: int = _setting(5, "Most attempts at one borrower's code in a window.")
    attempts_per_target_daily_max: int = _setting(20, "Most attempts at one borrower's code in a day.")
    attempts_per_source_max: int = _setting(100, "Most attempts from one network address in a window.")
    argon2_memory_kib: int = _setting(65_536, "Memory that hashing a recovery code takes (Argon2id).")
    argon2_passes: int = _setting(3, "Passes of hashing a recovery code (Argon2id).")

    @property
    def keys(self) -> Path:
        """Directory of the key files."""
        return self.home / "keys"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment asks for.

    Raises ValueError naming every setting that cannot be read, all at once.
    """
    given: dict[str, Any] = {}
    faults = []
    for setting in fields(Settings):
        text = environment.get("OPENBUREAU_" + setting.name.upper())
        if text is None:
            continue
        kind: Callable[[str], Any] = type(setting.default)  # every setting has a default
        try:
            given[setting.name] = _READERS.get(kind, kind)(text)
        except ValueError:
            faults.append(f"OPENBUREAU_{setting.name.upper()} must be {_KINDS.get(kind, 'a text')}")
    if "database_url" not in given and environment.get("DATABASE_URL"):
        given["database_url"] = environment["DATABASE_URL"]
    if faults:
        raise ValueError("; ".join(faults))
    return Settings(**given)


_KINDS: dict[Callable[[str], Any], str] = {
    int: "a whole number, not below 0",
    float: "a number, not below 0",
    bool: "1 or 0",
}
_YES_OR_NO = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


def _yes_or_no(text: str) -> bool:
    try:
        return _YES_OR_NO[text.lower()]
    except KeyError:
        raise ValueError(text) from None


def _number(kind: Callable[[str], float], text: str) -> float:
    value = kind(text)
    if not 0 <= value < math.inf:
        raise ValueError(text)
    return value


_READERS: dict[Callable[[str], Any], Callable[[str], Any]] = {
    bool: _yes_or_no,
    int: partial(_number, int),
    float: partial(_number, float),
}


def describe_settings() -> str:
    """Every setting as a Markdown table: what `docs/settings.md` holds."""
    rows = [
        f"| `OPENBUREAU_{setting.name.upper()}` | `{setting.default}` | {setting.metadata['explanation']} |"
        for setting in fields(Settings)
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "Read once, when a process starts. `DATABASE_URL` may stand for `OPENBUREAU_DATABASE_URL`. Secrets are "
            "files under the home,\nnever settings.",
            "",
            "| Setting | Default | What it is |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(describe_settings())
