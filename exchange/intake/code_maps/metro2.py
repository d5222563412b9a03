"""Metro 2's code lists (`intake.metro2.codes`, as the Credit Reporting Resource Guide has them) as code maps."""

from exchange.intake.code_maps.code_map import CodeMap
from exchange.intake.metro2 import codes
from schema.vocabulary.account import (
    AccountState,
    ComplianceFlag,
    OwnerRole,
    Portfolio,
    Product,
    RateType,
    TermFrequency,
)
from schema.vocabulary.correction import Withdrawal
from schema.vocabulary.payment_status import PaymentStatus

_PRODUCTS = {theirs: ours for ours, theirs in codes.FROM_PRODUCT.items() if codes.PRODUCTS[theirs] is ours}
PRODUCT: CodeMap[Product] = CodeMap(_PRODUCTS | codes.PRODUCTS, {Product.MICRO: codes.FROM_PRODUCT[Product.MICRO]})
PORTFOLIO: CodeMap[Portfolio] = CodeMap(codes.PORTFOLIOS, {Portfolio.LEASE: codes.FROM_PORTFOLIO[Portfolio.LEASE]})
ACCOUNT_STATUS: CodeMap[tuple[AccountState, str]] = CodeMap(
    {codes.FROM_STATUS[ours]: ours for ours in dict.fromkeys(codes.STATUSES.values())} | codes.STATUSES,
    {(AccountState.OVERDUE, "1"): "11"},
)
"""Our state and the code of the month together. 11 with an amount past due is our first thirty days of arrears."""

WITHDRAWAL: CodeMap[Withdrawal] = CodeMap(codes.WITHDRAWN, {})
PAYMENT_STATUS: CodeMap[PaymentStatus] = CodeMap(
    {codes.FROM_PROFILE[ours]: PaymentStatus(ours) for ours in dict.fromkeys(codes.PROFILE.values())}
    | {theirs: PaymentStatus(ours) for theirs, ours in codes.PROFILE.items()},
    {PaymentStatus(ours): theirs for ours, theirs in codes.FROM_PROFILE.items() if codes.PROFILE[theirs] != ours},
)
COMPLIANCE: CodeMap[ComplianceFlag] = CodeMap(
    {codes.FROM_COMPLIANCE[ours]: ours for ours in dict.fromkeys(codes.COMPLIANCE.values())} | codes.COMPLIANCE,
    {ComplianceFlag.UNVERIFIABLE: codes.FROM_COMPLIANCE[ComplianceFlag.UNVERIFIABLE]},
)
OWNER: CodeMap[OwnerRole] = CodeMap(codes.OWNERS, {OwnerRole.CO_BORROWER: codes.ECOA_JOINT})
"""Of the base segment; a co-borrower stands in a J1 or J2 segment."""

CO_OWNER: CodeMap[OwnerRole] = CodeMap(codes.CO_OWNERS, {OwnerRole.BORROWER: codes.ECOA_JOINT})
RATE_TYPE: CodeMap[RateType] = CodeMap(codes.RATE_TYPES, {})
TERM_FREQUENCY: CodeMap[TermFrequency] = CodeMap({frequency.value: frequency for frequency in TermFrequency}, {})
