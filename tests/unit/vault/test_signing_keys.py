import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from exchange.errors import IntegrityError
from exchange.vault.secret_file import SecretFileNotSafe, create_secret
from exchange.vault.signing_keys import key_id, load_or_create_ed25519, load_or_create_es256

EITHER_KIND = pytest.mark.parametrize("load_or_create", [load_or_create_ed25519, load_or_create_es256])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "sign.pem"


@EITHER_KIND
def test_a_signing_key_is_made_once_and_kept(path: Path, load_or_create) -> None:  # type: ignore[no-untyped-def]
    first, second = load_or_create(path), load_or_create(path)

    assert key_id(first) == key_id(second)
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert path.stat().st_mode & 0o777 == 0o600


@EITHER_KIND
def test_threads_that_start_at_once_use_one_key(path: Path, load_or_create) -> None:  # type: ignore[no-untyped-def]
    start = Barrier(6)

    def load(_number: int) -> str:
        start.wait()
        return key_id(load_or_create(path))

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(load, range(6)))) == 1
    assert [file.name for file in path.parent.iterdir()] == ["sign.pem"]


@EITHER_KIND
def test_a_signing_key_that_others_may_read_is_refused(path: Path, load_or_create) -> None:  # type: ignore[no-untyped-def]
    load_or_create(path)
    path.chmod(0o644)

    with pytest.raises(SecretFileNotSafe):
        load_or_create(path)


def test_a_key_of_another_kind_is_refused_and_left_alone(path: Path) -> None:
    load_or_create_ed25519(path)
    before = path.read_bytes()

    with pytest.raises(IntegrityError):
        load_or_create_es256(path)

    assert path.read_bytes() == before


@EITHER_KIND
def test_a_file_without_a_fitting_key_is_refused(tmp_path: Path, load_or_create) -> None:  # type: ignore[no-untyped-def]
    wrong_curve = generate_private_key(SECP384R1())
    contents = {
        "empty": b"",
        "words": b"not a key",
        "curve": wrong_curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "public": wrong_curve.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    }
    for name, content in contents.items():
        create_secret(tmp_path / "keys" / name, content)
        with pytest.raises(IntegrityError):
            load_or_create(tmp_path / "keys" / name)


def test_the_id_of_an_ed25519_key_is_that_of_rfc_8037() -> None:
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")

    assert key_id(Ed25519PrivateKey.from_private_bytes(seed)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_id_of_a_p256_key_is_the_hash_of_its_required_members_in_order() -> None:
    key = generate_private_key(SECP256R1())
    numbers = key.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=").decode() for n in (numbers.x, numbers.y))
    canonical = json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y}, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).digest()

    assert key_id(key) == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
