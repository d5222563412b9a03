"""Settings: read once, every fault at once, every one explained, and none needed."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from exchange.settings import Settings, read_settings


def test_without_any_environment_the_defaults_hold() -> None:
    assert read_settings({}) == Settings()


def test_every_setting_is_read_from_its_own_variable() -> None:
    for setting in fields(Settings):
        default = setting.default
        other = _another(default)
        read = read_settings({f"OPENBUREAU_{setting.name.upper()}": str(other)})
        assert read == replace(Settings(), **{setting.name: other})
        assert type(getattr(read, setting.name)) is type(default) or isinstance(default, Path)


def _another(default: object) -> object:
    if isinstance(default, bool):
        return not default
    return default + 1 if isinstance(default, int | float) else type(default)(f"{default}x")


def test_every_fault_is_told_at_once_without_the_value() -> None:
    with pytest.raises(ValueError, match="OPENBUREAU_THREADS") as wrong:
        read_settings(
            {
                "OPENBUREAU_THREADS": "hunter2",
                "OPENBUREAU_WORKERS": "-1",
                "OPENBUREAU_INTEGRATE_INTERVAL_SECONDS": "nan",
                "OPENBUREAU_BIND_PORT": "",
            }
        )
    told = str(wrong.value).split("; ")
    assert [fault.split(" ")[0] for fault in told] == [
        "OPENBUREAU_BIND_PORT",
        "OPENBUREAU_WORKERS",
        "OPENBUREAU_THREADS",
        "OPENBUREAU_INTEGRATE_INTERVAL_SECONDS",
    ]
    assert "hunter2" not in str(wrong.value)


def test_the_database_may_be_given_by_its_usual_name_and_our_own_goes_first() -> None:
    assert read_settings({"DATABASE_URL": "postgresql://a"}).database_url == "postgresql://a"
    both = {"DATABASE_URL": "postgresql://a", "OPENBUREAU_DATABASE_URL": "postgresql://b"}
    assert read_settings(both).database_url == "postgresql://b"
    assert read_settings({"DATABASE_URL": ""}).database_url == ""


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_is_explained_in_a_sentence(setting) -> None:
    explanation = setting.metadata["explanation"]
    assert explanation[0].isupper() or explanation.startswith("`")
    assert explanation.endswith(".")


def test_keys_lie_under_the_home() -> None:
    assert Settings(home=Path("x")).keys == Path("x/keys")


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_is_used_somewhere(setting) -> None:
    package = Path(__file__).parents[2] / "exchange"
    used = (path.read_text() for path in package.rglob("*.py") if path.name != "settings.py")
    assert any(setting.name in text for text in used)
