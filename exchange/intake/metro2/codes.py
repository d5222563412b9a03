"""Metro 2's codes and ours, both ways, in one place.

Metro 2 knows no arrears below 30 days: its "current" covers our `N` and `1`. Its steps begin one day earlier than ours
(30-59 for our 31-60), so days past due are never derived from them. Where several of its codes mean one of ours, the
way back gives the first; the tests list which codes come back unchanged.
"""

from schema.vocabulary.account import AccountState, ComplianceFlag, OwnerRole, Portfolio, Product, RateType
from schema.vocabulary.correction import Withdrawal

PORTFOLIOS = {
    "I": Portfolio.INSTALMENT,
    "R": Portfolio.REVOLVING,
    "C": Portfolio.LINE,
    "M": Portfolio.MORTGAGE,
    "O": Portfolio.OPEN,
}
FROM_PORTFOLIO = {ours: theirs for theirs, ours in PORTFOLIOS.items()} | {Portfolio.LEASE: "I"}
LEASES = frozenset({"13", "3A"})
"""Account types that make an instalment portfolio a lease."""

_TYPES_BY_PRODUCT = {
    Product.AUTO: "00 3A",
    Product.CONSUMER_LOAN: "01 02 03 04 05 09 11 20 91 9A 13",
    Product.BNPL: "06",
    Product.CREDIT_CARD: "18 0G 2A 07",
    Product.QUASI_CARD: "15 43 47 8B 37",
    Product.HOUSING: "26 08 0F 17 19 25 2C 5A 5B 6D 89 0A",
    Product.EDUCATION: "12",
    Product.BUSINESS_OPERATING: "10 6A 6B 7A 7B 8A 9B",
    Product.OTHER: "48 0C 29 4D 50 65 66 67 68 69 70 71 72 73 74 75 77 90 92 93 95",
}
PRODUCTS = {theirs: ours for ours, types in _TYPES_BY_PRODUCT.items() for theirs in types.split()}
FROM_PRODUCT = {ours: types.split()[0] for ours, types in _TYPES_BY_PRODUCT.items()} | {Product.MICRO: "01"}

STATUSES = {
    "11": (AccountState.NORMAL, "N"),
    "13": (AccountState.SETTLED, "C"),
    "61": (AccountState.SETTLED, "C"),
    "62": (AccountState.SETTLED, "C"),
    "63": (AccountState.SETTLED, "C"),
    "64": (AccountState.SETTLED, "C"),
    "65": (AccountState.SETTLED, "C"),
    "71": (AccountState.OVERDUE, "2"),
    "78": (AccountState.OVERDUE, "3"),
    "80": (AccountState.OVERDUE, "4"),
    "82": (AccountState.OVERDUE, "5"),
    "83": (AccountState.OVERDUE, "6"),
    "84": (AccountState.OVERDUE, "7"),
    "88": (AccountState.BAD_DEBT, "B"),
    "89": (AccountState.IN_RECOVERY, "Z"),
    "93": (AccountState.IN_RECOVERY, "B"),
    "94": (AccountState.IN_RECOVERY, "Z"),
    "95": (AccountState.IN_RECOVERY, "Z"),
    "96": (AccountState.IN_RECOVERY, "Z"),
    "97": (AccountState.WRITTEN_OFF, "B"),
}
"""Account status: our state, and the code of the month in which it was reported."""

WITHDRAWN = {"DA": Withdrawal.DELETED, "DF": Withdrawal.FRAUD}
"""Delete the whole account: reported in error, or opened by fraud."""

FROM_STATUS = {
    (AccountState.NORMAL, "N"): "11",
    (AccountState.OVERDUE, "1"): "11",
    (AccountState.SETTLED, "C"): "13",
    (AccountState.BAD_DEBT, "B"): "88",
    (AccountState.IN_RECOVERY, "B"): "93",
    (AccountState.IN_RECOVERY, "Z"): "96",
    (AccountState.WRITTEN_OFF, "B"): "97",
} | {ours: theirs for theirs, ours in STATUSES.items() if ours[0] is AccountState.OVERDUE}

_STATUS_OF_STATE = {
    AccountState.SETTLED: "13",
    AccountState.ENDED: "13",
    AccountState.BAD_DEBT: "88",
    AccountState.IN_RECOVERY: "93",
    AccountState.WRITTEN_OFF: "97",
}
_STATUS_OF_CODE = {code: theirs for (state, code), theirs in FROM_STATUS.items() if state is AccountState.OVERDUE} | {
    "B": "97",
    "Z": "96",
    "C": "13",
    "G": "13",
}

PAID = frozenset({"13", "61", "62", "63", "64", "65"})
RATING_NEEDED = frozenset({"13", "65", "88", "89", "94", "95"})
RATINGS = frozenset("0123456GL")
FIRST_DELINQUENCY_NEEDED = PAID - {"13"} | (STATUSES.keys() - {"11", "13"})
THIRD_PARTY_COLLECTOR = frozenset({"62", "93", "DA", "DF"})

PROFILE_MONTHS = 24
PROFILE = {
    "0": "N",  # 0 payments past due
    "1": "2",  # 30-59 days past due
    "2": "3",
    "3": "4",
    "4": "5",
    "5": "6",
    "6": "7",  # 180 days or more
    "B": "/",  # no history before this month; `#` where the account was open (see `profile_codes`)
    "D": "#",  # no history for this month
    "E": "*",  # zero balance and current
    "G": "B",  # collection
    "H": "Z",  # foreclosure completed
    "J": "Z",  # voluntary surrender
    "K": "Z",  # repossession
    "L": "B",  # charge-off
}
FROM_PROFILE = {
    "N": "0", "1": "0", "2": "1", "3": "2", "4": "3", "5": "4", "6": "5", "7": "6", "/": "B", "#": "D", "*": "E",
    "B": "L", "Z": "K", "D": "0", "M": "0", "A": "D", "C": "0", "G": "D",
}  # fmt: skip

COMPLIANCE = {
    "": ComplianceFlag.NONE,
    "XA": ComplianceFlag.CLOSED_BY_SUBJECT,
    "XB": ComplianceFlag.DISPUTED,
    "XC": ComplianceFlag.RESOLVED_DISAGREED,
    "XD": ComplianceFlag.DISPUTED,
    "XE": ComplianceFlag.RESOLVED_DISAGREED,
    "XF": ComplianceFlag.DISPUTED,
    "XG": ComplianceFlag.RESOLVED_DISAGREED,
    "XH": ComplianceFlag.RESOLVED_AGREED,
    "XJ": ComplianceFlag.DISPUTED,
    "XR": ComplianceFlag.NONE,  # takes back the code reported before
}
FROM_COMPLIANCE = {
    ComplianceFlag.NONE: "",
    ComplianceFlag.CLOSED_BY_SUBJECT: "XA",
    ComplianceFlag.DISPUTED: "XB",
    ComplianceFlag.RESOLVED_DISAGREED: "XC",
    ComplianceFlag.RESOLVED_AGREED: "XH",
    ComplianceFlag.UNVERIFIABLE: "XH",
}

OWNERS = {
    "1": OwnerRole.BORROWER,
    "2": OwnerRole.BORROWER,  # joint contractual: the other one stands in a J segment
    "3": OwnerRole.AUTHORISED_USER,
    "5": OwnerRole.GUARANTOR,
    "7": OwnerRole.BORROWER,
    "T": OwnerRole.BORROWER,  # association terminated
    "W": OwnerRole.BORROWER,  # business
    "X": OwnerRole.BORROWER,  # deceased
    "Z": OwnerRole.BORROWER,  # delete this borrower
}
ECOA_DELETE, ECOA_DECEASED, ECOA_JOINT, ECOA_MAKER = "Z", "X", "2", "7"
FROM_OWNER = {
    OwnerRole.BORROWER: "1",
    OwnerRole.CO_BORROWER: "2",
    OwnerRole.AUTHORISED_USER: "3",
    OwnerRole.GUARANTOR: "5",
}
CO_OWNERS = {
    "2": OwnerRole.CO_BORROWER,
    "1": OwnerRole.CO_BORROWER,
    "3": OwnerRole.AUTHORISED_USER,
    "5": OwnerRole.GUARANTOR,
    "7": OwnerRole.CO_BORROWER,
    "T": OwnerRole.CO_BORROWER,
    "X": OwnerRole.CO_BORROWER,
    "Z": OwnerRole.CO_BORROWER,
}
"""The same list of somebody in a J1 or J2 segment, who is never the first borrower."""

RATE_TYPES = {"F": RateType.FIXED, "V": RateType.FLOATING}
FROM_RATE_TYPE = {ours: theirs for theirs, ours in RATE_TYPES.items()}

INDICATORS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ") | {"1A", "2A"}
"""Consumer information indicators: bankruptcies asked for (A-D), discharged (E-H), ended otherwise (I-P, no longer in
use, and Q), debts reaffirmed (R, S, V-Y), consumers who cannot be found (T, U), receivership (1A), leases (2A).
"""

SEGMENT_CODES = {
    "K1": ("creditor_class", frozenset(f"{number:02d}" for number in range(1, 16)) | {""}),
    "K2": ("purchased_or_sold", frozenset("129")),
    "K3": ("agency", frozenset({"00", "01", "02", "03"})),
    "K4": ("special_payment", frozenset({"01", "02"})),
    "L1": ("change", frozenset("123")),
}
"""The coded field of an appended segment, and its list."""
PURCHASED, SOLD = "1", "2"
NUMBER_CHANGED = frozenset("13")


def status_of(state: AccountState, code: str) -> str:
    """The account status nearest to our state and the code of the month that is reported."""
    exact = FROM_STATUS.get((state, code))
    return exact or _STATUS_OF_STATE.get(state) or _STATUS_OF_CODE.get(code, "11")


def profile_codes(profile: str, months_open: int) -> str:
    """The profile in our codes. `B` means "not opened" only for months before the opening: the account was open in
    the newest `months_open` months.
    """
    codes = "".join([PROFILE[code] for code in profile])
    return codes[:months_open].replace("/", "#") + codes[months_open:]


def profile_from_codes(codes: str) -> str:
    """Our codes as a Metro 2 profile: 24 months, newest first; what is not known at its old end is `B`."""
    return "".join([FROM_PROFILE[code] for code in codes[:PROFILE_MONTHS]]).rstrip("DB").ljust(PROFILE_MONTHS, "B")
