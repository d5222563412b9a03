"""The rows that a consent in the database points to."""

from consent_cases import NOW, OTHER_SUBJECT, SUBJECT
from sqlalchemy import Connection, insert

from exchange.store.tables.member import member
from exchange.store.tables.subject import subject


def add_member_and_subjects(connection: Connection) -> None:
    connection.execute(
        insert(member).values(
            member_id="bank-a", name="Bank A", member_class="BANK", licence="L1", status="ACTIVE",
            contribution_level="FULL", scopes=[], jwks={}, registered_at=NOW,
        )
    )  # fmt: skip
    rows = [
        {
            "subject_key": key, "id_type": "RESIDENT_ID", "country": "CN", "id_number": b"", "names": b"",
            "time_zone": "Asia/Shanghai", "language": "zh-Hans", "jurisdiction": "cn", "recorded_at": NOW,
        }
        for key in (SUBJECT, OTHER_SUBJECT)
    ]  # fmt: skip
    connection.execute(insert(subject), rows)
