"""What an import may do with reviews, and what only an operator may."""

from sqlalchemy import Connection
from test_roles import WEB, connection, may  # noqa: F401 - the fixture of the two roles

CLAIM = "(subject_key, review_id, kind, contributor, claimed, claim_check, raised_at)"


def test_the_web_role_holds_borrowers_and_decides_no_review(connection: Connection) -> None:  # noqa: F811
    assert may(connection, WEB, "SELECT birth_check FROM subject FOR KEY SHARE")
    assert may(connection, WEB, "SELECT last FROM subject_sequence FOR UPDATE")
    assert may(
        connection, WEB, f"INSERT INTO subject_review {CLAIM} SELECT NULL, NULL, '', '', '', '', now() WHERE false"
    )
    for change in ("decision = 'SAME_PERSON'", "decided_by = 'web'", "claimed = ''"):
        assert not may(connection, WEB, f"UPDATE subject_review SET {change}")
    assert not may(connection, WEB, "DELETE FROM subject_review")


def test_the_web_role_joins_no_files(connection: Connection) -> None:  # noqa: F811
    assert not may(connection, WEB, "UPDATE subject SET merged_into = NULL")
    assert not may(connection, WEB, "UPDATE subject_identifier SET subject_key = NULL")
    assert not may(connection, WEB, "UPDATE account_identifier SET subject_key = NULL")
    assert not may(connection, WEB, "UPDATE subject_key SET state = 'WIPED'")
