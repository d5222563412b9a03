"""The code lists of the second-generation credit registry of the People's Bank of China, beside ours.

The data standard itself is not published. What stands here was read in programs that read the registry's reports or
write its submissions, in public repositories: a Java decoder of reports, a Python analysis of report tables, a Python
configuration of report features, and the dictionary of a guarantor's submission system. Where two or more of them agree
it says so; the rest, and whether later versions of the standard added codes, is *not verified*.

What a code means to us is our own judgement, and is where the maps lose something: `aliases` lists the codes that come
back as another one, and the tests list what of ours the registry cannot say.
"""

from exchange.intake.code_maps.code_map import CodeMap
from schema.vocabulary.account import (
    AccountState,
    Collateral,
    FiveClass,
    OwnerRole,
    Portfolio,
    Product,
    RepaymentMethod,
    TermFrequency,
)
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.payment_status import PaymentStatus

PAYMENT_STATUS: CodeMap[PaymentStatus] = CodeMap({status.value: status for status in PaymentStatus}, {})
"""Repayment status of a month (还款状态): our own list is the registry's. Read in four places, which agree on
N * 1-7 B C D G Z and #; M and A (约定还款日后月底前还款, 账单日调整当月不出单) in two, / (未开立账户) in three.
"""

_LOAN_STATES = {
    "1": AccountState.NORMAL,  # 正常
    "2": AccountState.OVERDUE,  # 逾期
    "3": AccountState.SETTLED,  # 结清; 关闭 in submissions
    "4": AccountState.BAD_DEBT,  # 呆账
    "41": AccountState.BAD_DEBT,  # 呆账, waiting to be written off: submissions only, read in one place (not verified)
    "42": AccountState.WRITTEN_OFF,  # 呆账, written off: submissions only, read in one place (not verified)
    "6": AccountState.NORMAL,  # 担保物不足: the collateral no longer suffices
    "8": AccountState.IN_RECOVERY,  # 司法追偿
}
_CARD_STATES = {
    "1": AccountState.NORMAL,  # 正常
    "2": AccountState.FROZEN,  # 冻结
    "3": AccountState.FROZEN,  # 止付
    "31": AccountState.FROZEN,  # 银行止付
    "4": AccountState.SETTLED,  # 销户
    "5": AccountState.BAD_DEBT,  # 呆账
    "6": AccountState.NORMAL,  # 未激活
    "8": AccountState.IN_RECOVERY,  # 司法追偿
}
_LOAN_NEAREST = {AccountState.ENDED: "3"}
_CARD_NEAREST = {
    AccountState.OVERDUE: "1",  # the month's repayment status says how late
    AccountState.WRITTEN_OFF: "5",
    AccountState.ENDED: "4",
    AccountState.TRANSFERRED: "4",
}
ACCOUNT_STATE: dict[str, CodeMap[AccountState]] = {
    "D1": CodeMap(
        _LOAN_STATES | {"5": AccountState.TRANSFERRED, "7": AccountState.ENDED},  # 转出, 强制平仓
        {AccountState.FROZEN: "1"},
    ),
    "R1": CodeMap(
        _LOAN_STATES | {"5": AccountState.FROZEN},  # 银行止付
        _LOAN_NEAREST | {AccountState.TRANSFERRED: "3"},
    ),
    "R4": CodeMap(_LOAN_STATES, _LOAN_NEAREST | {AccountState.TRANSFERRED: "3", AccountState.FROZEN: "1"}),
    "R2": CodeMap(_CARD_STATES, _CARD_NEAREST),
    "R3": CodeMap(_CARD_STATES, _CARD_NEAREST),
    "C1": CodeMap(
        {"1": AccountState.IN_RECOVERY, "2": AccountState.ENDED},  # 催收, 结束
        {
            AccountState.SETTLED: "2",
            AccountState.TRANSFERRED: "2",
            AccountState.BAD_DEBT: "1",
            AccountState.WRITTEN_OFF: "1",
            AccountState.OVERDUE: "1",
        },
    ),
}
"""Account state (账户状态) by account type. Two decoders agree in every code but 41 and 42."""

ACCOUNT_TYPE: CodeMap[Portfolio] = CodeMap(
    {
        "D1": Portfolio.INSTALMENT,  # 非循环贷账户
        "R1": Portfolio.LINE,  # 循环贷账户
        "R2": Portfolio.REVOLVING,  # 贷记卡账户
        "R3": Portfolio.REVOLVING,  # 准贷记卡账户
        "R4": Portfolio.INSTALMENT,  # 循环额度下分账户
        "C1": Portfolio.OPEN,  # 催收账户
    },
    {Portfolio.MORTGAGE: "D1", Portfolio.LEASE: "D1"},
)
"""Account type (账户类型). Four places agree. Mortgages and leases are told by their business kind."""

FIVE_CLASS: CodeMap[FiveClass | None] = CodeMap(
    {
        "1": FiveClass.NORMAL,
        "2": FiveClass.SPECIAL_MENTION,
        "3": FiveClass.SUBSTANDARD,
        "4": FiveClass.DOUBTFUL,
        "5": FiveClass.LOSS,
        "9": None,  # 未分类
    },
    {},
)
"""Five-category classification (五级分类). Four places agree."""

ID_TYPE: CodeMap[IdType] = CodeMap(
    {
        "10": IdType.RESIDENT_ID,  # 居民身份证及其他以公民身份证号为标识的证件
        "2": IdType.PASSPORT,  # 护照
        "5": IdType.HK_MACAO_PERMIT,  # 港澳居民来往内地通行证
        "6": IdType.TAIWAN_PERMIT,  # 台湾同胞来往内地通行证
        "8": IdType.FOREIGN_PERMANENT_RESIDENT,  # 外国人居留证
        "20": IdType.MILITARY,  # 军人身份证件
        "X": IdType.OTHER,  # 其他证件
        "1": IdType.OTHER,  # 户口簿
        "9": IdType.OTHER,  # 警官证
        "A": IdType.OTHER,  # 香港身份证
        "B": IdType.OTHER,  # 澳门身份证
        "C": IdType.OTHER,  # 台湾身份证
    },
    {IdType.SSN: "X"},
)
"""Kind of document (证件类型). Read in one place only, of the people who answer for a debt (*not verified*)."""

BUSINESS: CodeMap[Product] = CodeMap(
    {
        "11": Product.HOUSING,  # 个人住房商业贷款
        "12": Product.HOUSING,  # 个人商用房（含商住两用）贷款
        "13": Product.HOUSING,  # 个人住房公积金贷款
        "21": Product.AUTO,  # 个人汽车消费贷款
        "31": Product.EDUCATION,  # 个人助学贷款
        "32": Product.EDUCATION,  # 国家助学贷款
        "33": Product.EDUCATION,  # 商业助学贷款
        "41": Product.BUSINESS_OPERATING,  # 个人经营性贷款
        "42": Product.BUSINESS_OPERATING,  # 个人创业担保贷款
        "91": Product.CONSUMER_LOAN,  # 其他个人消费贷款
        "99": Product.OTHER,  # 其他贷款
        "51": Product.OTHER,  # 农户贷款
        "52": Product.BUSINESS_OPERATING,  # 经营性农户贷款
        "53": Product.CONSUMER_LOAN,  # 消费性农户贷款
        "71": Product.QUASI_CARD,  # 准贷记卡
        "81": Product.CREDIT_CARD,  # 贷记卡
        "82": Product.CREDIT_CARD,  # 大额专项分期卡
        "61": Product.OTHER,  # 约定购回式证券交易
        "62": Product.OTHER,  # 股票质押式回购交易
        "63": Product.OTHER,  # 融资融券业务
        "64": Product.OTHER,  # 其他证券类融资
        "92": Product.OTHER,  # 融资租赁业务
        "A1": Product.OTHER,  # 由资产处置机构处置的债务
        "B1": Product.OTHER,  # 因代偿继承债权的债务
    },
    {Product.BNPL: "91", Product.MICRO: "91"},
)
"""Kind of business (借贷业务种类细分). Four places agree, but that one of them writes B2 for B1."""

REPAYMENT_METHOD: CodeMap[RepaymentMethod | None] = CodeMap(
    {
        "11": RepaymentMethod.EQUAL_INSTALMENTS,  # 分期等额本息
        "12": RepaymentMethod.EQUAL_PRINCIPAL,  # 分期等额本金
        "13": RepaymentMethod.INTEREST_THEN_PRINCIPAL,  # 到期还本分期结息
        "31": RepaymentMethod.INTEREST_THEN_PRINCIPAL,  # 按期结息，到期还本
        "21": RepaymentMethod.SINGLE_PAYMENT,  # 到期一次还本付息
        "22": RepaymentMethod.SINGLE_PAYMENT,  # 预先付息到期还本
        "19": RepaymentMethod.OTHER,  # 其他类型分期还款
        "14": RepaymentMethod.OTHER,  # 等比累进分期还款
        "15": RepaymentMethod.OTHER,  # 等额累进分期还款
        "23": RepaymentMethod.OTHER,  # 随时还
        "29": RepaymentMethod.OTHER,  # 其他类型非分期还款
        "32": RepaymentMethod.OTHER,  # 按期结息，自由还本
        "33": RepaymentMethod.OTHER,  # 按期计算还本付息
        "39": RepaymentMethod.OTHER,  # 循环贷款下其他还款方式
        "90": None,  # 不区分还款方式
    },
    {RepaymentMethod.MINIMUM_PAYMENT: "39"},
)
"""Repayment method (还款方式). Four places agree."""

TERM_FREQUENCY: CodeMap[TermFrequency | None] = CodeMap(
    {
        "02": TermFrequency.WEEKLY,  # 周
        "03": TermFrequency.MONTHLY,  # 月
        "04": TermFrequency.QUARTERLY,  # 季
        "05": TermFrequency.SEMI_ANNUALLY,  # 半年
        "06": TermFrequency.ANNUALLY,  # 年
        "07": TermFrequency.SINGLE_PAYMENT,  # 一次性
        "13": TermFrequency.BIWEEKLY,  # 双周
        "14": TermFrequency.BIMONTHLY,  # 双月
        "99": None,  # 其他
        "01": None,  # 日
        "08": None,  # 不定期
        "12": None,  # 旬, ten days
    },
    {
        TermFrequency.DEFERRED: "99",
        TermFrequency.SEMI_MONTHLY: "99",
        TermFrequency.THREE_TIMES_A_YEAR: "99",
    },
)
"""Repayment frequency (还款频率). Four places agree."""

COLLATERAL: CodeMap[Collateral] = CodeMap(
    {
        "1": Collateral.PLEDGE,  # 质押
        "2": Collateral.MORTGAGE,  # 抵押
        "3": Collateral.GUARANTEE,  # 保证
        "4": Collateral.UNSECURED,  # 信用/免担保
        "5": Collateral.COMBINED,  # 组合（含保证）
        "6": Collateral.COMBINED,  # 组合（不含保证）
        "7": Collateral.GUARANTEE,  # 农户联保
        "9": Collateral.OTHER,  # 其他
    },
    {},
)
"""Kind of security (担保方式). Four places agree; 9 stands in two of them."""

OWNER: CodeMap[OwnerRole] = CodeMap(
    {"0": OwnerRole.BORROWER, "1": OwnerRole.BORROWER, "2": OwnerRole.CO_BORROWER},  # 无, 主借款人, 从借款人
    {},
)
"""Joint borrowing (共同借款标志). Two places agree. Guarantors stand in RELATED_PAYER; authorised users nowhere."""

RELATED_PAYER: CodeMap[OwnerRole | None] = CodeMap(
    {
        "1": OwnerRole.CO_BORROWER,  # 共同借款人
        "2": OwnerRole.GUARANTOR,  # 保证人
        "9": None,  # 其他
        "3": None,  # 票据承兑人
        "4": None,  # 应收账款债务人
        "5": None,  # 供应链中核心企业
    },
    {},
)
"""Somebody else who answers for the debt (相关还款责任人类型). Two places agree on 1, 2 and 9; 3 to 5 in one."""
