import pytest

from exchange.vault.lookup_token import LookupTokens

OLD, NEW = bytes(32), bytes(range(32))


def test_a_token_is_the_same_every_time_and_of_full_length() -> None:
    tokens = LookupTokens([(1, OLD)])

    assert tokens.identifier("PASSPORT", "CN", "E12345678") == tokens.identifier("PASSPORT", "CN", "E12345678")
    assert len(tokens.identifier("PASSPORT", "CN", "E12345678")) == 32


@pytest.mark.parametrize(
    "other",
    [
        ("PASSPORT", "CN", "E12345679"),
        ("PASSPORT", "HK", "E12345678"),
        ("OTHER", "CN", "E12345678"),
        ("PASSPORTC", "N", "E12345678"),
        ("PASSPORT", "CNE", "12345678"),
    ],
)
def test_documents_that_differ_in_anything_have_other_tokens(other: tuple[str, str, str]) -> None:
    tokens = LookupTokens([(1, OLD)])

    assert tokens.identifier(*other) != tokens.identifier("PASSPORT", "CN", "E12345678")


def test_account_references_are_told_apart_by_contributor_and_spelling() -> None:
    tokens = LookupTokens([(1, OLD)])
    references = [("bank-a", "1"), ("bank-b", "1"), ("bank-a", "2"), ("bank-a1", ""), ("bank-", "a1")]

    assert len({tokens.account_reference(*reference) for reference in references}) == len(references)


def test_an_identifier_and_an_account_reference_never_share_a_token() -> None:
    tokens = LookupTokens([(1, OLD)])

    assert tokens.identifier("a", "b", "") != tokens.account_reference("a", "b")


def test_candidates_hold_every_key_newest_first_and_new_tokens_use_the_newest() -> None:
    tokens = LookupTokens([(2, NEW), (1, OLD)])
    document, account = ("PASSPORT", "CN", "E12345678"), ("bank-a", "1")

    assert tokens.newest_key_id == 2
    assert tokens.candidates(*document) == [
        (2, LookupTokens([(2, NEW)]).identifier(*document)),
        (1, LookupTokens([(1, OLD)]).identifier(*document)),
    ]
    assert tokens.identifier(*document) == tokens.candidates(*document)[0][1]
    assert tokens.account_candidates(*account) == [
        (2, LookupTokens([(2, NEW)]).account_reference(*account)),
        (1, LookupTokens([(1, OLD)]).account_reference(*account)),
    ]
    assert tokens.account_reference(*account) == tokens.account_candidates(*account)[0][1]
    assert tokens.identifier(*document) != LookupTokens([(1, OLD)]).identifier(*document)


def test_record_references_are_told_apart_by_kind_contributor_and_spelling_and_from_accounts() -> None:
    tokens = LookupTokens([(1, OLD)])
    references = [("a", "b", "c"), ("a", "b", "d"), ("a", "c", "c"), ("b", "b", "c"), ("ab", "", "c"), ("a", "bc", "")]
    made = {tokens.record_candidates(*reference)[0][1] for reference in references}

    assert len(made) == len(references)
    assert tokens.account_reference("b", "c") not in made
    assert tokens.contact_candidates("c")[0][1] not in made


def test_records_and_contacts_have_a_candidate_for_every_key_newest_first() -> None:
    tokens = LookupTokens([(2, NEW), (1, OLD)])

    for candidates in (tokens.record_candidates("t", "c", "r"), tokens.contact_candidates("+8613800138000")):
        assert [number for number, _ in candidates] == [2, 1]
        assert candidates[0][1] != candidates[1][1]
