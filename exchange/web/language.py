"""The languages of the pages: translated sentences, and dates, numbers and money as each language writes them.

A message's id is its English sentence. Translations are the `.po` files in `translations/<language>/`,
one for each group of pages, read once at start.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel.core import Locale
from babel.dates import format_date, format_datetime, format_skeleton, format_timedelta, get_timezone
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision
from flask import current_app, g, request, session

from exchange.errors import ExchangeError

LANGUAGES: Mapping[str, str] = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}
"""The languages that pages speak (BCP 47), each named in itself."""

DEFAULT_LANGUAGE = "en"
LANGUAGE_COOKIE = "openbureau_language"
LANGUAGE_COOKIE_SECONDS = 365 * 86_400
TRANSLATIONS = Path(__file__).parent / "translations"

_EXTENSION = "openbureau.translations"
_LOCALES = {"en": "en_GB", "zh-Hans": "zh_Hans_CN", "zh-Hant": "zh_Hant_HK"}
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


@dataclass(frozen=True, slots=True)
class Translations:
    """The catalogues by language, and the time zone in which pages show instants."""

    catalogues: Mapping[str, Catalog]
    time_zone: str


@cache
def load_catalogues(folder: Path = TRANSLATIONS) -> Mapping[str, Catalog]:
    """Reads the `.po` files of every language but English, whose sentences are the message ids. Once in a process."""
    catalogues = {}
    for language in LANGUAGES:
        if language == DEFAULT_LANGUAGE:
            continue
        catalogues[language] = catalogue = Catalog()
        for path in sorted((folder / language.replace("-", "_")).glob("*.po")):
            with path.open("rb") as file:
                for message in read_po(file):
                    if message.id:
                        catalogue[message.id] = message
    return catalogues


def gettext(message: str) -> str:
    """The sentence in the reader's language; the sentence itself where it has no translation."""
    return _translated(message, 0) or message


def ngettext(singular: str, plural: str, number: int) -> str:
    """The sentence for so many, in the reader's language."""
    return _translated(singular, number) or (singular if number == 1 else plural)


def to_translate(message: str) -> str:
    """Marks a sentence that is translated only where it is shown."""
    return message


def current_language() -> str:
    """The language of this request: chosen in the address, else in the cookie, else the borrower's, else asked for."""
    if "language" not in g:
        chosen = (request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE))
        known = next((language for language in chosen if language in LANGUAGES), None)
        g.language = known or _of_session() or _preferred(list(request.accept_languages.values()))
    return str(g.language)


def show_date(on: date) -> str:
    """3 May 2026; 2026年5月3日."""
    return format_date(on, "long", _locale())


def show_month(month: date) -> str:
    """May 2026; 2026年5月."""
    return format_skeleton("yMMM", month, locale=_locale())


def show_day(on: date) -> str:
    """3 May; 5月3日."""
    return format_skeleton("MMMd", on, locale=_locale())


def show_instant(at: datetime, zone: str | None = None) -> str:
    """3 May 2026, 14:05 in the pages' own time zone, or in this one (IANA name)."""
    local = at.astimezone(get_timezone(zone or _translations().time_zone))
    return f"{format_date(local, 'long', _locale())}{_BETWEEN[current_language()]}{show_hour(at, zone)}"


def show_hour(at: datetime, zone: str | None = None) -> str:
    """14:05 in the pages' own time zone, or in this one (IANA name)."""
    local = at.astimezone(get_timezone(zone or _translations().time_zone))
    return format_datetime(local, "HH:mm", locale=_locale())


def show_duration(seconds: float) -> str:
    """3 seconds; 2 hours; 3秒钟. Rounded to the largest unit that fits."""
    return format_timedelta(timedelta(seconds=round(seconds)), locale=_locale(), threshold=1)


def show_percent(share: float) -> str:
    """2.5%."""
    return format_percent(share, "0.#%", locale=_locale())


def show_number(number: int | Decimal) -> str:
    """12,345."""
    return format_decimal(number, locale=_locale())


def show_money(minor: int, currency: str) -> str:
    """An amount in minor units, as the language writes it: CN¥12,500.50; ¥12,500.50."""
    return format_currency(Decimal(minor).scaleb(-get_currency_precision(currency)), currency, locale=_locale())


def show_zone(name: str) -> str:
    """A time zone (IANA name) in the reader's language: China Time."""
    zone = get_timezone(name)
    return format_datetime(datetime.now(zone), "vvvv", tzinfo=zone, locale=_locale())


def show_time_zone() -> str:
    """The pages' time zone, in the reader's language."""
    return show_zone(_translations().time_zone)


_BETWEEN = {"en": ", ", "zh-Hans": " ", "zh-Hant": " "}


def register_translations(extensions: dict[str, Any], time_zone: str) -> None:
    """Reads the catalogues and keeps them with the application."""
    extensions[_EXTENSION] = Translations(load_catalogues(), time_zone)


def _translations() -> Translations:
    translations: Translations = current_app.extensions[_EXTENSION]
    return translations


def _locale() -> Locale:
    return Locale.parse(_LOCALES[current_language()])


def _translated(message: str, number: int) -> str | None:
    catalogue = _translations().catalogues.get(current_language())
    found = catalogue.get(message) if catalogue else None
    if found is None or not found.string or found.fuzzy:
        return None
    return found.string if isinstance(found.string, str) else found.string[0]


def _of_session() -> str | None:
    """What the borrower signed in with; None also where sessions cannot be read: an error page needs a language too."""
    with suppress(ExchangeError):
        language = session.get("language")
        return language if language in LANGUAGES else None
    return None


def _preferred(asked: Sequence[str]) -> str:
    """The language for what a browser asks for (RFC 9110, section 12.5.4), best first."""
    for tag in asked:
        parts = tag.lower().replace("_", "-").split("-")
        if parts[0] == "zh":
            return "zh-Hant" if _TRADITIONAL & set(parts) else "zh-Hans"
        if parts[0] == "en":
            return "en"
    return DEFAULT_LANGUAGE
