"""Stand-in borrowers for files whose identities were removed: seeded, so that a file always gives the same ones.

Off unless asked for. A synthetic borrower is marked as such in the subject table, and its id number cannot belong to
anybody: a resident id lies in region 19xxxx, which GB/T 2260 never assigned (its north begins 11 to 15); elsewhere the
id is of type OTHER and begins with SYN. Names are common ones, put together by the seed. No phone is made up.
"""

import hashlib
from datetime import date, timedelta

from exchange.intake.contribution import SubjectRecord
from schema.vocabulary.identifiers import IdType, resident_id_check_character

UNASSIGNED_REGION = 19
_FIRST_BIRTH_DATE = date(1950, 1, 1)
_BIRTH_DATES = 18_000

_CHINESE_SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧")
_CHINESE_GIVEN = tuple("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚玲桂英华建文辉力健红斌晨宇")
_ENGLISH_SURNAMES = (
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez",
    "Hernandez", "Lopez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore", "Jackson", "Martin", "Lee", "Perez",
    "Thompson", "White", "Harris", "Clark", "Lewis", "Robinson", "Walker", "Young", "Allen",
)  # fmt: skip
_ENGLISH_GIVEN = (
    "James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth", "William",
    "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas", "Karen", "Charles", "Sarah", "Daniel", "Lisa",
    "Matthew", "Nancy", "Anthony", "Betty", "Mark", "Sandra", "Steven", "Ashley",
)  # fmt: skip


def synthetic_identity(
    seed: str,
    reference: str,
    country: str,
    time_zone: str,
    language: str,
    addresses: tuple[str, ...] = (),
) -> SubjectRecord:
    """The stand-in borrower of the account `reference`: the same for the same seed, country and reference."""
    digest = hashlib.sha256(f"{seed}\0{country}\0{reference}".encode()).digest()
    number = int.from_bytes(digest[:16], "big")
    birth_date = _FIRST_BIRTH_DATE + timedelta(days=number % _BIRTH_DATES)
    resident = country == "CN"
    return SubjectRecord(
        id_type=IdType.RESIDENT_ID if resident else IdType.OTHER,
        country=country,
        id_number=_resident_id(number, birth_date) if resident else "SYN" + digest[:10].hex().upper(),
        names=(_chinese_name(digest) if language.startswith("zh") else _english_name(digest),),
        time_zone=time_zone,
        language=language,
        birth_date=birth_date,
        addresses=addresses,
        synthetic=True,
    )


def is_nobodys(id_type: IdType, number: str) -> bool:
    """Whether a normalised id number cannot belong to anybody, as those made here cannot."""
    if id_type is IdType.RESIDENT_ID:
        return number.startswith(str(UNASSIGNED_REGION))
    return id_type is IdType.OTHER and number.startswith("SYN")


def _resident_id(number: int, birth_date: date) -> str:
    district, sequence = number // _BIRTH_DATES % 10_000, number // (_BIRTH_DATES * 10_000) % 1_000
    first_17 = f"{UNASSIGNED_REGION}{district:04d}{birth_date:%Y%m%d}{sequence:03d}"
    return first_17 + resident_id_check_character(first_17)


def _chinese_name(digest: bytes) -> str:
    given = [_CHINESE_GIVEN[byte % len(_CHINESE_GIVEN)] for byte in digest[17 : 18 + digest[19] % 2]]
    return _CHINESE_SURNAMES[digest[16] % len(_CHINESE_SURNAMES)] + "".join(given)


def _english_name(digest: bytes) -> str:
    given, surname = digest[16] % len(_ENGLISH_GIVEN), digest[17] % len(_ENGLISH_SURNAMES)
    return f"{_ENGLISH_GIVEN[given]} {_ENGLISH_SURNAMES[surname]}"
