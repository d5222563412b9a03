import random
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.errors import IntegrityError
from exchange.vault.field_cipher import LogCipher, SubjectCipher, Suite

DEK = bytes(range(32))
BORROWER = UUID(int=1)
SOMEBODY_ELSE = UUID(int=2)
ROW = b"row-1"
ENTRY = UUID(int=77)
NAME = "张伟".encode()
SUITES = pytest.mark.parametrize("suite", list(Suite))


def cipher(suite: Suite = Suite.AES_256_GCM_SIV, subject: UUID = BORROWER, key_no: int = 1) -> SubjectCipher:
    return SubjectCipher(DEK, subject, key_no, suite)


def sealed_name(suite: Suite = Suite.AES_256_GCM_SIV) -> bytes:
    return cipher(suite).seal("subject", "names", ROW, NAME)


@SUITES
@given(plaintext=st.binary(max_size=200) | st.sampled_from([b"", b"\x80", b"\x80\x00", b"\x00" * 16, b"x" * 15]))
def test_what_was_sealed_is_unsealed_whole(suite: Suite, plaintext: bytes) -> None:
    blob = cipher(suite).seal("subject", "names", ROW, plaintext)

    assert cipher(suite).unseal("subject", "names", ROW, blob) == plaintext
    assert blob[:6] == bytes([1, suite, 0, 0, 0, 1])


@SUITES
def test_equal_values_do_not_look_equal(suite: Suite) -> None:
    assert len({sealed_name(suite) for _ in range(100)}) == 100


@SUITES
@pytest.mark.parametrize(
    ("table", "column", "row_key"),
    [
        ("subject", "names", b"row-2"),
        ("subject", "names", b""),
        ("subject", "phones", ROW),
        ("account", "names", ROW),
        ("subjectn", "ames", ROW),
        ("subject", "name", b"srow-1"),
    ],
)
def test_a_value_moved_to_another_row_column_or_table_is_refused(
    suite: Suite, table: str, column: str, row_key: bytes
) -> None:
    with pytest.raises(IntegrityError):
        cipher(suite).unseal(table, column, row_key, sealed_name(suite))


@SUITES
def test_a_value_moved_to_another_person_is_refused_even_under_the_same_key(suite: Suite) -> None:
    with pytest.raises(IntegrityError):
        cipher(suite, subject=SOMEBODY_ELSE).unseal("subject", "names", ROW, sealed_name(suite))


@SUITES
def test_a_value_of_another_key_is_refused(suite: Suite) -> None:
    other = SubjectCipher(bytes(32), BORROWER, 1, suite)

    with pytest.raises(IntegrityError):
        other.unseal("subject", "names", ROW, sealed_name(suite))


@SUITES
def test_a_value_of_another_key_number_is_refused_also_when_relabelled(suite: Suite) -> None:
    blob = sealed_name(suite)

    for moved in (blob, blob[:5] + b"\x02" + blob[6:]):
        with pytest.raises(IntegrityError):
            cipher(suite, key_no=2).unseal("subject", "names", ROW, moved)


@pytest.mark.parametrize(("suite", "other"), list(permutations(Suite, 2)))
def test_a_value_of_another_suite_is_refused_also_when_relabelled(suite: Suite, other: Suite) -> None:
    blob = sealed_name(suite)

    for moved in (blob, bytes([1, other]) + blob[2:]):
        with pytest.raises(IntegrityError):
            cipher(other).unseal("subject", "names", ROW, moved)


@SUITES
def test_every_single_bit_flipped_is_refused(suite: Suite) -> None:
    blob = sealed_name(suite)
    borrower = cipher(suite)

    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(IntegrityError):
            borrower.unseal("subject", "names", ROW, bytes(changed))


@SUITES
def test_every_other_length_of_a_blob_is_refused(suite: Suite) -> None:
    blob = sealed_name(suite)
    borrower = cipher(suite)

    for wrong in [blob[:length] for length in range(len(blob))] + [blob + b"\x00", blob + blob]:
        with pytest.raises(IntegrityError):
            borrower.unseal("subject", "names", ROW, wrong)


@SUITES
def test_twenty_thousand_random_blobs_are_refused(suite: Suite) -> None:
    dice = random.Random(20_000)
    borrower = cipher(suite)
    header = bytes([1, suite, 0, 0, 0, 1])
    refused = 0

    for count in range(20_000):
        noise = dice.randbytes(dice.randrange(120))
        try:
            borrower.unseal("subject", "names", ROW, header + noise if count % 2 else noise)
        except IntegrityError:
            refused += 1

    assert refused == 20_000


@SUITES
def test_padding_hides_the_length_of_short_values(suite: Suite) -> None:
    lengths = [len(cipher(suite).seal("subject", "names", ROW, b"x" * n)) for n in range(48)]

    assert lengths == [50] * 16 + [66] * 16 + [82] * 16


@SUITES
def test_an_authentic_value_without_padding_is_refused(suite: Suite) -> None:
    borrower = cipher(suite)
    place = borrower._place("subject", "names", ROW)
    nonce = bytes(12)
    unpadded = borrower._fields._aead.encrypt(nonce, bytes(16), place)

    with pytest.raises(IntegrityError):
        borrower.unseal("subject", "names", ROW, bytes([1, suite, 0, 0, 0, 1]) + nonce + unpadded)


def test_refusals_do_not_repeat_the_value_or_the_key() -> None:
    blob = sealed_name()

    with pytest.raises(IntegrityError) as refusal:
        cipher().unseal("subject", "phones", ROW, blob)

    told = repr(refusal.value) + refusal.value.sentence
    assert not any(secret in told for secret in ("张伟", "subject", "names", str(BORROWER), DEK.hex(), blob.hex()))
    assert refusal.value.__suppress_context__


def test_a_key_that_is_too_short_seals_nothing() -> None:
    with pytest.raises(IntegrityError):
        SubjectCipher(bytes(16), BORROWER, 1)


def test_a_field_and_an_opening_do_not_stand_in_for_each_other() -> None:
    borrower = cipher()
    opening = borrower.seal_opening(ENTRY, b"salts")

    assert borrower.unseal_opening(ENTRY, opening) == b"salts"
    with pytest.raises(IntegrityError):
        borrower.unseal("log_opening", "subject_opening", ENTRY.bytes, opening)
    with pytest.raises(IntegrityError):
        borrower.unseal_opening(ENTRY, borrower.seal("log_opening", "subject_opening", ENTRY.bytes, b"salts"))


@SUITES
def test_an_opening_belongs_to_one_entry_and_one_borrower(suite: Suite) -> None:
    opening = cipher(suite).seal_opening(ENTRY, b"salts")

    assert cipher(suite).unseal_opening(ENTRY, opening) == b"salts"
    with pytest.raises(IntegrityError):
        cipher(suite).unseal_opening(UUID(int=78), opening)
    with pytest.raises(IntegrityError):
        cipher(suite, subject=SOMEBODY_ELSE).unseal_opening(ENTRY, opening)


def test_a_commitment_binds_content_and_hides_it_without_the_key() -> None:
    borrower = cipher()

    assert len(borrower.commit(b"a record")) == 32
    assert borrower.commit(b"a record") == cipher(key_no=2).commit(b"a record")
    assert borrower.commit(b"a record") != borrower.commit(b"a Record")
    assert borrower.commit(b"a record") != SubjectCipher(bytes(32), BORROWER, 1).commit(b"a record")


def test_one_cipher_serves_many_threads() -> None:
    borrower = cipher()

    def there_and_back(number: int) -> bool:
        row, value = number.to_bytes(4, "big"), b"value %d" % number
        return borrower.unseal("subject", "names", row, borrower.seal("subject", "names", row, value)) == value

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(there_and_back, range(4_000)))


def test_the_log_cipher_seals_under_the_newest_key_and_opens_under_every_key() -> None:
    old, both = LogCipher([(1, DEK)]), LogCipher([(2, bytes(32)), (1, DEK)])

    before, after = old.seal_opening(ENTRY, b"before"), both.seal_opening(ENTRY, b"after")

    assert both.unseal_opening(ENTRY, before) == b"before"
    assert both.unseal_opening(ENTRY, after) == b"after"
    assert after[2:6] == b"\x00\x00\x00\x02"
    with pytest.raises(IntegrityError):
        old.unseal_opening(ENTRY, after)


def test_a_log_opening_is_refused_when_moved_relabelled_changed_or_empty() -> None:
    service = LogCipher([(2, DEK), (1, DEK)])
    opening = service.seal_opening(ENTRY, b"salts")

    with pytest.raises(IntegrityError):
        service.unseal_opening(UUID(int=78), opening)
    for changed in (opening[:5] + b"\x01" + opening[6:], opening[:-1] + bytes([opening[-1] ^ 1]), b"", opening[:30]):
        with pytest.raises(IntegrityError):
            service.unseal_opening(ENTRY, changed)


def test_a_borrowers_opening_does_not_open_as_the_services() -> None:
    with pytest.raises(IntegrityError):
        LogCipher([(1, DEK)]).unseal_opening(ENTRY, cipher().seal_opening(ENTRY, b"salts"))
