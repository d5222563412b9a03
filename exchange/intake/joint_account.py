"""How the accounts of several borrowers under one contract are told apart.

A furnisher has one reference for the contract; the exchange holds one account for each of its borrowers. The first
borrower's account has the furnisher's reference itself. A co-borrower's, guarantor's or authorised user's has

    the furnisher's reference, U+001F, 16 hexadecimal digits

whose digits are the beginning of SHA-256 over the reference and the person's document, with zero bytes between. It does
not depend on the order in which a file names them, and no other reference holds U+001F. The whole is sealed and looked
up like any reference; who shows it shows `furnished_reference`.
"""

import re
from hashlib import sha256

from exchange.intake.contribution import SubjectRecord

SEPARATOR = "\x1f"
_DIGITS = 16
_JOINT = re.compile(f"(.+){SEPARATOR}[0-9a-f]{{{_DIGITS}}}", re.DOTALL)


def joint_reference(reference: str, subject: SubjectRecord) -> str:
    """The reference of the account that `subject` has under the contract `reference`."""
    number = "".join(filter(str.isalnum, subject.id_number)).upper()
    parts = (reference, subject.id_type.value, subject.country, number)
    return reference + SEPARATOR + sha256("\0".join(parts).encode()).hexdigest()[:_DIGITS]


def furnished_reference(reference: str) -> str:
    """The furnisher's own reference of the contract."""
    joint = _JOINT.fullmatch(reference)
    return joint[1] if joint else reference


def is_joint(reference: str) -> bool:
    """Whether this is the account of a further borrower under a contract."""
    return _JOINT.fullmatch(reference) is not None
