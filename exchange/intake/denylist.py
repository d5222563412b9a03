"""What must never be collected about a borrower, and what only with a consent of its own: names of fields, and words of
free text.

Regulation on the Credit Reporting Industry (State Council Order 631), article 14: never religion, genes, fingerprints,
blood type, disease or medical history; income, deposits, securities, insurance, property and tax only after a warning
of what may follow, and with written consent. A field is refused by its name. A word in free text may be innocent (a
street is named after a church), so it is noted for a person to look at, and never repeated.
"""

import re
import unicodedata
from collections.abc import Iterable

from consent.policy.sensitive_words import sensitive_words
from exchange.intake.contribution import Fault
from exchange.intake.fault_codes import fault

DENIED_RULE, CONSENT_RULE = "cn.cir.14", "cn.cir.14.2"
DENIED = ("religion", "genes", "fingerprint", "blood_type", "disease", "medical_history")
"""What article 14 forbids, as the policy pack names it."""

_DENIED_FIELDS = (
    "religion", "religious", "faith", "gene", "genes", "genetic", "dna", "genome", "fingerprint", "fingerprints",
    "biometrics", "blood", "bloodtype", "disease", "diseases", "illness", "diagnosis", "medical", "health_status",
    "health_condition", "disability",
)  # fmt: skip
_CONSENT_FIELDS = (
    "income", "incomes", "salary", "wage", "wages", "deposit", "deposits", "savings", "securities", "stocks", "funds",
    "insurance", "property", "real_estate", "realty", "tax", "taxes",
)  # fmt: skip
_CONSENT_CHINESE = (
    "收入", "工资", "工資", "薪资", "薪資", "存款", "证券", "證券", "股票", "保险", "保險", "不动产", "不動產", "房产",
    "房產", "纳税", "納稅", "税额", "稅額",
)  # fmt: skip
_CONSENT_WORDS = re.compile("|".join(_CONSENT_CHINESE))
_NAME_PARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^0-9A-Za-z]+")


def denied_field(name: str) -> str | None:
    """The rule that forbids a field (a column, a key) of this name; None where none does."""
    denied = _names(name, _DENIED_FIELDS) or (not name.isascii() and denied_words(name))
    return DENIED_RULE if denied else None


def consent_field(name: str) -> str | None:
    """The rule by which a field of this name needs a consent of its own; None where none does."""
    if _names(name, _CONSENT_FIELDS) or _CONSENT_WORDS.search(unicodedata.normalize("NFKC", name)):
        return CONSENT_RULE
    return None


def denied_words(text: str) -> tuple[str, ...]:
    """The words of a free text that may tell what must never be collected, in their order."""
    return sensitive_words(unicodedata.normalize("NFKC", text), DENIED)


def check_field_names(record_no: int, names: Iterable[str], consented: bool = False) -> list[Fault]:
    """A fault for each field that must not be handed in. `consented`: the borrower gave the separate consent that
    article 14, paragraph 2, asks for.
    """
    faults = []
    for name in names:
        if rule := denied_field(name):
            faults.append(fault(record_no, name, "FIELD_DENIED", rule=rule))
        elif not consented and (rule := consent_field(name)):
            faults.append(fault(record_no, name, "FIELD_NEEDS_CONSENT", rule=rule))
    return faults


def check_free_text(record_no: int, field: str, text: str | None) -> list[Fault]:
    """A note where a free text may hold what must never be collected."""
    if text and denied_words(text):
        return [fault(record_no, field, "FREE_TEXT_SENSITIVE", rule=DENIED_RULE)]
    return []


def _names(name: str, fields: Iterable[str]) -> bool:
    """Whether a name is one of `fields`, or holds one as whole words ("patientBloodType" holds "blood_type")."""
    words = [part.lower() for part in _NAME_PARTS.split(unicodedata.normalize("NFKC", name)) if part]
    joined = f"_{'_'.join(words)}_"
    return any(f"_{field}_" in joined for field in fields)
