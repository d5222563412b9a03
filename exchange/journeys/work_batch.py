"""Works one batch of a submission: judges its records, prepares them, and applies them when their turn has come."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from exchange.intake.check_record import Checked
from exchange.intake.contribution import Fault, FileNote
from exchange.intake.judge_batch import Judged
from exchange.journeys.apply_records import Applied, PreparedApplier
from exchange.journeys.contributed_rows import Provenance
from exchange.journeys.prepare_records import Prepared, prepare
from exchange.store.asking import Ask
from exchange.vault.key_hierarchy import KeyHierarchy
from schema.vocabulary.correction import CorrectionReason


@dataclass(slots=True)
class Findings:
    """What was found of a batch on its own: records read, those that are faulty, faults and notes."""

    read: int = 0
    faulty: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Worked:
    """What was found of a batch, and what became of it."""

    findings: Findings
    applied: Applied


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """A batch that waits for those before it."""

    findings: Findings
    prepared: Prepared


class BatchWorker:
    """Works the batches of one submission. `correction`: the file's reason, for records that give none of their own."""

    def __init__(self, keys: KeyHierarchy, origin: Provenance, correction: CorrectionReason | None) -> None:
        self._keys = keys
        self._origin = origin
        self._correction = correction

    def prepare(self, batch: Sequence[Judged], ahead: bool = False) -> PreparedBatch:
        """A batch with all that can be done before those before it are written; `ahead`: most of it may be new."""
        findings = Findings()
        sound = self._corrected(_sound(batch, findings))
        return PreparedBatch(findings, prepare(sound, self._keys, self._origin, ahead))

    def apply(self, batch: PreparedBatch, ask: Ask) -> Worked:
        """Applies a batch within a transaction of the caller."""
        applier = PreparedApplier(ask, self._keys, self._origin, refuse_twice=True)
        return Worked(batch.findings, applier.apply(batch.prepared))

    def _corrected(self, sound: list[Checked]) -> list[Checked]:
        reason = self._correction
        return sound if reason is None else [_with_correction(each, reason) for each in sound]


def _with_correction(checked: Checked, reason: CorrectionReason) -> Checked:
    account = checked.contribution.account
    if account.correction is not None:
        return checked
    contribution = replace(checked.contribution, account=replace(account, correction=reason))
    return replace(checked, contribution=contribution)


def _sound(batch: Sequence[Judged], findings: Findings) -> list[Checked]:
    """The records without faults."""
    sound = []
    for judged in batch:
        if isinstance(judged, FileNote):
            findings.notes.append(judged.note)
            continue
        findings.read += 1
        if isinstance(judged, Checked):
            findings.notes += judged.notes
            if not judged.faults:
                sound.append(judged)
        if judged.faults:
            findings.faulty += 1
            findings.faults += judged.faults
    return sound
