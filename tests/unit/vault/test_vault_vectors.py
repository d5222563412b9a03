"""tests/vectors/vault.json byte for byte: once by the vault, once by hand from the words of its format."""

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV

from exchange.clock import SystemClock
from exchange.handover import WrappedKey
from exchange.vault.bare_keys import export_key, import_key
from exchange.vault.field_cipher import LogCipher, SubjectCipher, Suite
from exchange.vault.key_hierarchy import KeyHierarchy
from exchange.vault.lookup_token import LookupTokens
from exchange.vault.providers.local_file import LocalFileProvider
from exchange.vault.secret_file import create_secret

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "vault.json").read_text())


def each(section: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", VECTORS[section])


def draws(*values: str) -> Callable[[int], bytes]:
    """A source of random bytes that gives these values, in this order, and no others."""
    left = [bytes.fromhex(value) for value in values]

    def draw(length: int) -> bytes:
        value = left.pop(0)
        assert len(value) == length
        return value

    return draw


def subject_cipher(vector: dict[str, Any]) -> SubjectCipher:
    dek, subject_key = bytes.fromhex(vector["dek"]), UUID(vector["subject_key"])
    return SubjectCipher(dek, subject_key, vector["key_no"], Suite(vector["suite"]), draws(vector.get("nonce", "")))


@each("fields")
def test_fields_are_sealed_to_these_bytes_and_unsealed_again(vector: dict[str, Any]) -> None:
    cipher = subject_cipher(vector)
    place = (vector["table"], vector["column"], bytes.fromhex(vector["row_key"]))
    plaintext = bytes.fromhex(vector["plaintext"])

    assert cipher.seal(*place, plaintext).hex() == vector["blob"]
    assert cipher.unseal(*place, bytes.fromhex(vector["blob"])) == plaintext


@each("subject_openings")
def test_subject_openings_are_sealed_to_these_bytes_and_unsealed_again(vector: dict[str, Any]) -> None:
    cipher, entry_id = subject_cipher(vector), UUID(vector["entry_id"])
    plaintext = bytes.fromhex(vector["plaintext"])

    assert cipher.seal_opening(entry_id, plaintext).hex() == vector["blob"]
    assert cipher.unseal_opening(entry_id, bytes.fromhex(vector["blob"])) == plaintext


@each("log_openings")
def test_log_openings_are_sealed_to_these_bytes_and_unsealed_again(vector: dict[str, Any]) -> None:
    cipher = LogCipher([(vector["key_no"], bytes.fromhex(vector["log_key"]))], draws(vector["nonce"]))
    entry_id, plaintext = UUID(vector["entry_id"]), bytes.fromhex(vector["plaintext"])

    assert cipher.seal_opening(entry_id, plaintext).hex() == vector["blob"]
    assert cipher.unseal_opening(entry_id, bytes.fromhex(vector["blob"])) == plaintext


@each("commitments")
def test_commitments_are_these_bytes(vector: dict[str, Any]) -> None:
    assert subject_cipher(vector).commit(bytes.fromhex(vector["content"])).hex() == vector["commitment"]


@each("identifiers")
def test_tokens_of_documents_are_these_bytes(vector: dict[str, Any]) -> None:
    tokens = LookupTokens([(1, bytes.fromhex(vector["index_key"]))])

    assert tokens.identifier(vector["id_type"], vector["country"], vector["number"]).hex() == vector["token"]


@each("account_references")
def test_tokens_of_account_references_are_these_bytes(vector: dict[str, Any]) -> None:
    tokens = LookupTokens([(1, bytes.fromhex(vector["index_key"]))])

    assert tokens.account_reference(vector["contributor"], vector["reference"]).hex() == vector["token"]


@each("record_references")
def test_tokens_of_record_references_are_these_bytes(vector: dict[str, Any]) -> None:
    tokens = LookupTokens([(1, bytes.fromhex(vector["index_key"]))])
    ((number, token),) = tokens.record_candidates(vector["table"], vector["contributor"], vector["reference"])

    assert (number, token.hex()) == (1, vector["token"])


@each("contacts")
def test_tokens_of_contacts_are_these_bytes(vector: dict[str, Any]) -> None:
    tokens = LookupTokens([(1, bytes.fromhex(vector["index_key"]))])

    assert [(number, token.hex()) for number, token in tokens.contact_candidates(vector["contact"])] == [
        (1, vector["token"])
    ]


@each("bare_keys")
def test_bare_keys_are_spelled_like_this(vector: dict[str, Any]) -> None:
    assert export_key(bytes.fromhex(vector["key"])) == vector["text"]
    assert import_key(vector["text"]).hex() == vector["key"]


@each("key_files")
def test_a_key_file_from_fixed_bytes_is_this_file_and_wraps_to_these_bytes(
    vector: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "keys" / "vault.json"
    source = draws(*vector["draws"], vector["wrap_nonce"])
    provider = LocalFileProvider.create(path, source)
    hierarchy = KeyHierarchy(provider, SystemClock(), 60, 10, random_bytes=draws(vector["dek"]))

    wrapped, _ = hierarchy.create(UUID(vector["subject_key"]), vector["key_no"])

    assert path.read_text() == json.dumps(vector["file"], indent=2) + "\n"
    assert wrapped.wrapped.hex() == vector["wrapped"]
    assert (wrapped.kek_ref, wrapped.kek_version, wrapped.suite) == (vector["kek_ref"], 1, 1)


@each("key_files")
def test_a_key_file_kept_from_before_still_opens_its_borrower(vector: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.json"
    create_secret(path, json.dumps(vector["file"]).encode())
    hierarchy = KeyHierarchy(LocalFileProvider.open(path), SystemClock(), 60, 10)
    subject_key, key_no = UUID(vector["subject_key"]), vector["key_no"]

    opened = hierarchy.open(WrappedKey(subject_key, key_no, vector["kek_ref"], 1, 1, bytes.fromhex(vector["wrapped"])))

    expected = SubjectCipher(bytes.fromhex(vector["dek"]), subject_key, key_no)
    assert opened.commit(b"a record") == expected.commit(b"a record")
    assert hierarchy.lookup_tokens().identifier("PASSPORT", "CN", "E1").hex() == vector["token_of_passport_cn_e1"]


# From here nothing of the vault is used: what a stranger would write from the format's description.


def hkdf(key: bytes, info: bytes, length: int) -> bytes:
    extracted = hmac.digest(bytes(32), key, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")[:length]


def listed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def opened_by_hand(key: bytes, label: bytes, blob: bytes, place: list[bytes]) -> bytes:
    suite, key_no, nonce, sealed = blob[1:2], blob[2:6], blob[6:18], blob[18:]
    subkey = hkdf(key, label + suite, 16 if suite == b"\x03" else 32)
    associated = listed(label, *place, suite, key_no)
    if suite == b"\x03":
        decryptor = Cipher(algorithms.SM4(subkey), modes.GCM(nonce, sealed[-16:])).decryptor()
        decryptor.authenticate_additional_data(associated)
        padded = decryptor.update(sealed[:-16]) + decryptor.finalize()
    else:
        aead = AESGCMSIV(subkey) if suite == b"\x01" else AESGCM(subkey)
        padded = aead.decrypt(nonce, sealed, associated)
    end = len(padded) - 1
    while padded[end] == 0:
        end -= 1
    assert blob[0] == 1 and padded[end] == 0x80 and len(padded) % 16 == 0 and len(padded) - end <= 16
    return padded[:end]


@each("fields")
def test_fields_open_by_hand(vector: dict[str, Any]) -> None:
    place = [vector["table"].encode(), vector["column"].encode(), bytes.fromhex(vector["row_key"])]
    place.append(UUID(vector["subject_key"]).bytes)
    key, blob = bytes.fromhex(vector["dek"]), bytes.fromhex(vector["blob"])

    assert opened_by_hand(key, b"openbureau field v1", blob, place).hex() == vector["plaintext"]


@each("subject_openings")
def test_subject_openings_open_by_hand(vector: dict[str, Any]) -> None:
    place = [UUID(vector["entry_id"]).bytes, UUID(vector["subject_key"]).bytes]
    key, blob = bytes.fromhex(vector["dek"]), bytes.fromhex(vector["blob"])

    assert opened_by_hand(key, b"openbureau subject opening v1", blob, place).hex() == vector["plaintext"]


@each("log_openings")
def test_log_openings_open_by_hand(vector: dict[str, Any]) -> None:
    key, blob = bytes.fromhex(vector["log_key"]), bytes.fromhex(vector["blob"])
    place = [UUID(vector["entry_id"]).bytes]

    assert opened_by_hand(key, b"openbureau log opening v1", blob, place).hex() == vector["plaintext"]


@each("commitments")
def test_commitments_are_made_by_hand(vector: dict[str, Any]) -> None:
    subkey = hkdf(bytes.fromhex(vector["dek"]), b"openbureau commitment v1" + bytes([vector["suite"]]), 32)

    assert hmac.digest(subkey, bytes.fromhex(vector["content"]), "sha256").hex() == vector["commitment"]


@each("identifiers")
def test_tokens_of_documents_are_made_by_hand(vector: dict[str, Any]) -> None:
    parts = [vector["id_type"].encode(), vector["country"].encode(), vector["number"].encode()]
    message = listed(b"openbureau identifier v1", *parts)

    assert hmac.digest(bytes.fromhex(vector["index_key"]), message, "sha256").hex() == vector["token"]


@each("account_references")
def test_tokens_of_account_references_are_made_by_hand(vector: dict[str, Any]) -> None:
    message = listed(b"openbureau account reference v1", vector["contributor"].encode(), vector["reference"].encode())

    assert hmac.digest(bytes.fromhex(vector["index_key"]), message, "sha256").hex() == vector["token"]


@each("record_references")
def test_tokens_of_record_references_are_made_by_hand(vector: dict[str, Any]) -> None:
    parts = [vector[name].encode() for name in ("table", "contributor", "reference")]
    message = listed(b"openbureau record reference v1", *parts)

    assert hmac.digest(bytes.fromhex(vector["index_key"]), message, "sha256").hex() == vector["token"]


@each("contacts")
def test_tokens_of_contacts_are_made_by_hand(vector: dict[str, Any]) -> None:
    message = listed(b"openbureau contact v1", vector["contact"].encode())

    assert hmac.digest(bytes.fromhex(vector["index_key"]), message, "sha256").hex() == vector["token"]


@each("key_files")
def test_a_wrapped_key_opens_by_hand_from_the_fixed_bytes(vector: dict[str, Any]) -> None:
    subject_kek = bytes.fromhex(vector["draws"][1])
    subject, key_no, one = UUID(vector["subject_key"]).bytes, vector["key_no"].to_bytes(4, "big"), b"\x00\x00\x00\x01"
    context = listed(b"openbureau subject key v1", subject, key_no, one)
    place = listed(b"openbureau wrap v1", vector["kek_ref"].encode(), one, context)
    wrapped = bytes.fromhex(vector["wrapped"])

    assert wrapped[:1] == b"\x01"
    assert AESGCMSIV(subject_kek).decrypt(wrapped[1:13], wrapped[13:], place).hex() == vector["dek"]


@each("bare_keys")
def test_the_check_bytes_of_a_bare_key_are_made_by_hand(vector: dict[str, Any]) -> None:
    key = bytes.fromhex(vector["key"])

    assert vector["check"] == hashlib.sha256(b"openbureau bare key v1" + key).digest()[:4].hex()
