"""The pack in force: the one that comes with the service, or the operator's own, which must be signed."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.policy.load import load_pack, pack_text
from exchange.audit.checkpoint import KeySigner, Verifier, sign_note
from exchange.errors import Unavailable
from exchange.journeys.pack_in_force import open_pack, pack_text_in_force, sign_pack, signature_file
from exchange.settings import Settings

SIGNER = KeySigner("law.example", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
STRANGER = KeySigner("law.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
VKEY = Verifier(SIGNER.name, SIGNER.public_key).vkey
OWN = pack_text("cn").replace('version = "cn-', 'version = "ours-')


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ours.toml"
    path.write_text(OWN, encoding="utf-8")
    signature_file(path).write_text(sign_pack(path.read_bytes(), SIGNER), encoding="utf-8")
    return path


def settings(file: Path, **changes: object) -> Settings:
    return Settings(**{"pack_file": str(file), "pack_key": VKEY, **changes})  # type: ignore[arg-type]  # any setting


def refused(settings: Settings) -> Unavailable:
    with pytest.raises(Unavailable) as found:
        open_pack(settings)
    return found.value


def test_without_a_file_the_pack_that_comes_with_the_service_is_in_force() -> None:
    assert open_pack(Settings()) is load_pack("cn")
    assert open_pack(Settings(jurisdiction="us")).version == load_pack("us").version
    assert pack_text_in_force(Settings()) == pack_text("cn")


def test_a_pack_of_ones_own_is_taken_where_its_signature_holds(file: Path) -> None:
    pack = open_pack(settings(file))
    assert pack.version.startswith("ours-")
    assert pack.rules == load_pack("cn").rules
    assert pack_text_in_force(settings(file)) == OWN


@pytest.mark.parametrize("demonstration", [False, True])
def test_a_pack_without_a_signature_is_refused_in_a_demonstration_too(file: Path, demonstration: bool) -> None:
    signature_file(file).unlink()
    assert refused(settings(file, demonstration=demonstration)).stable_code == "PACK_NOT_TRUSTED"


def test_a_pack_that_was_changed_after_it_was_signed_is_refused(file: Path) -> None:
    file.write_text(OWN.replace("limit = 3", "limit = 300"), encoding="utf-8")
    fault = refused(settings(file))
    assert fault.stable_code == "PACK_NOT_TRUSTED" and "another pack" in fault.sentence


def test_a_signature_by_another_key_is_refused(file: Path) -> None:
    signature_file(file).write_text(sign_pack(file.read_bytes(), STRANGER), encoding="utf-8")
    assert refused(settings(file)).stable_code == "PACK_NOT_TRUSTED"


def test_a_note_about_something_else_by_the_right_key_is_refused(file: Path) -> None:
    signature_file(file).write_text(sign_note("openbureau.example/log\n1\nAAAA\n", SIGNER), encoding="utf-8")
    assert refused(settings(file)).stable_code == "PACK_NOT_TRUSTED"


@pytest.mark.parametrize("key", ["", "nonsense", "law.example+00000000+AAAA"])
def test_without_the_key_of_whoever_signs_no_file_is_taken(file: Path, key: str) -> None:
    assert refused(settings(file, pack_key=key)).stable_code == "PACK_NOT_TRUSTED"


@pytest.mark.parametrize("note", ["", "not a note", "\x00\n\n"])
def test_a_signature_that_is_none_is_refused(file: Path, note: str) -> None:
    signature_file(file).write_text(note, encoding="utf-8")
    assert refused(settings(file)).stable_code == "PACK_NOT_TRUSTED"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refused(settings(tmp_path / "gone.toml")).stable_code == "PACK_NOT_TRUSTED"


def test_a_signed_pack_of_another_jurisdiction_or_with_faults_is_refused_with_every_fault(file: Path) -> None:
    assert refused(settings(file, jurisdiction="us")).stable_code == "PACK_NOT_VALID"
    file.write_text('jurisdiction = "cn"\nversion = 1\nrules = 2', encoding="utf-8")
    signature_file(file).write_text(sign_pack(file.read_bytes(), SIGNER), encoding="utf-8")
    fault = refused(settings(file))
    assert fault.stable_code == "PACK_NOT_VALID"
    assert "version" in fault.sentence and "rules" in fault.sentence


def test_a_jurisdiction_without_a_pack_is_told_with_the_known_ones() -> None:
    fault = refused(Settings(jurisdiction="zz"))
    assert fault.stable_code == "PACK_NOT_VALID" and "cn, eu, in, uk, us" in fault.sentence
