"""Words that hint at what the law forbids to collect, to be flagged before a borrower's own words are kept.

A hint only: "my blood boiled" says nothing of health. Whoever reads the words decides.
"""

import re
from collections.abc import Collection, Mapping

_ENGLISH: Mapping[str, tuple[str, ...]] = {
    "religion": ("religion", "religious", "church", "mosque", "temple", "christian", "muslim", "buddhist", "jewish"),
    "genes": ("gene", "genes", "genetic", "genome", "dna"),
    "fingerprint": ("fingerprint", "fingerprints", "palmprint", "palmprints"),
    "blood_type": ("blood",),
    "disease": (
        "disease", "diseases", "illness", "ill", "sick", "sickness", "disabled", "disability", "cancer", "tumour",
        "tumor", "leukaemia", "leukemia", "hepatitis", "hiv", "aids", "diabetes", "depression", "psychiatric",
    ),
    "medical_history": (
        "medical", "hospital", "surgery", "chemotherapy", "diagnosis", "diagnosed", "pregnant", "pregnancy",
    ),
}  # fmt: skip
_CHINESE: Mapping[str, tuple[str, ...]] = {
    "religion": (
        "宗教", "信仰", "信教", "教徒", "教会", "教會", "佛教", "道教", "基督", "天主", "穆斯林", "伊斯兰", "伊斯蘭",
        "清真",
    ),
    "genes": ("基因", "遗传", "遺傳"),
    "fingerprint": ("指纹", "指紋", "掌纹", "掌紋"),
    "blood_type": ("血型",),
    "disease": (
        "疾病", "生病", "患病", "重病", "大病", "癌", "艾滋", "愛滋", "糖尿病", "肝炎", "抑郁", "抑鬱", "憂鬱",
        "精神病", "肿瘤", "腫瘤", "白血病", "残疾", "殘疾", "身障",
    ),
    "medical_history": (
        "病史", "病历", "病歷", "病情", "住院", "手术", "手術", "化疗", "化療", "诊断", "診斷", "确诊", "確診", "怀孕",
        "懷孕", "流产", "流產",
    ),
}  # fmt: skip


def sensitive_words(text: str, forbidden: Collection[str]) -> tuple[str, ...]:
    """The words in `text` that hint at one of these forbidden fields, as they stand there, in their order."""
    patterns = [rf"\b{word}\b" for field in forbidden for word in _ENGLISH.get(field, ())]
    patterns += [word for field in forbidden for word in _CHINESE.get(field, ())]
    hits = (re.search(pattern, text, re.IGNORECASE) for pattern in patterns)
    return tuple(hit[0] for hit in sorted(filter(None, hits), key=re.Match.start))
