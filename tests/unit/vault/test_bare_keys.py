import pytest

from exchange.vault.bare_keys import BareKeyNotValid, export_key, import_key, new_key


def test_a_key_survives_being_written_down() -> None:
    key = new_key()

    assert import_key(export_key(key)) == key
    assert import_key(f"  {export_key(key)}\n") == key
    assert len(key) == 32
    assert key != new_key()


def test_every_mistyped_character_is_noticed_and_never_repeated() -> None:
    text = export_key(bytes(range(32)))

    for place in range(len(text)):
        for other in "A_9é":
            mistyped = text[:place] + other + text[place + 1 :]
            if mistyped == text:
                continue
            with pytest.raises(BareKeyNotValid) as refusal:
                import_key(mistyped)
            assert mistyped not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "A", "AAAA", "not a key", "é" * 48, "A" * 47, "A" * 49, "A" * 10_000])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BareKeyNotValid):
        import_key(text)
