"""The keys that sign the log's checkpoints: the ML-DSA-44 key is there only where it was asked for."""

import stat
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange.audit.checkpoint import Checkpoint, open_note, parse_vkey, sign_note
from exchange.audit.cosignature import cosigned, read_witness_vkey
from exchange.clock import FixedClock
from exchange.errors import IntegrityError, KeysMissing
from exchange.key_files import make_keys, open_log_signers
from exchange.settings import Settings
from exchange.vault.signing_keys import load_or_create_ed25519, load_or_create_ml_dsa_44

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
TEXT = Checkpoint("openbureau.example/log", 1, bytes(32)).body()


def test_a_log_signs_with_one_key_unless_asked_for_two(tmp_path):
    settings = Settings(home=tmp_path)
    make_keys(settings, NOW)
    assert [signer.name for signer in open_log_signers(settings, FixedClock(NOW))] == [settings.log_origin]
    assert not (tmp_path / "keys" / "log" / "log.mldsa").exists()
    assert not (tmp_path / "log.mldsa.vkey").exists()


def test_the_second_key_is_made_by_setup_and_signs_too(tmp_path):
    settings = Settings(home=tmp_path, cosign_ml_dsa=True)
    make_keys(settings, NOW)
    note = sign_note(TEXT, *open_log_signers(settings, FixedClock(NOW)))
    vkey = (tmp_path / "log.mldsa.vkey").read_text().strip()
    assert cosigned(note, [read_witness_vkey(vkey)]) == {settings.log_origin: int(NOW.timestamp())}
    assert open_note(note, [parse_vkey((tmp_path / "log.vkey").read_text().strip())]) == TEXT
    assert stat.S_IMODE((tmp_path / "keys" / "log" / "log.mldsa").stat().st_mode) == 0o600
    make_keys(settings, NOW)
    assert (tmp_path / "log.mldsa.vkey").read_text().strip() == vkey


def test_a_second_key_that_is_missing_stops_the_integrator(tmp_path):
    make_keys(Settings(home=tmp_path), NOW)
    with pytest.raises(KeysMissing, match=r"log\.mldsa"):
        open_log_signers(Settings(home=tmp_path, cosign_ml_dsa=True), FixedClock(NOW))


def test_a_file_with_another_kind_of_key_is_refused(tmp_path):
    load_or_create_ed25519(tmp_path / "keys" / "one.pem")
    with pytest.raises(IntegrityError, match="ML-DSA-44"):
        load_or_create_ml_dsa_44(tmp_path / "keys" / "one.pem")
    load_or_create_ml_dsa_44(tmp_path / "keys" / "two.pem")
    with pytest.raises(IntegrityError, match="Ed25519"):
        load_or_create_ed25519(tmp_path / "keys" / "two.pem")
    assert not isinstance(load_or_create_ml_dsa_44(tmp_path / "keys" / "two.pem"), Ed25519PrivateKey)
