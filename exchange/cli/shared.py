"""What the commands share: telling errors and results, choices of words, and who the borrower is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
import orjson

from consent.artefact import ArtefactNotValid
from exchange.app import make_services
from exchange.clock import SystemClock
from exchange.errors import ExchangeError
from exchange.journeys.services import Services
from exchange.settings import read_settings
from exchange.store.engine import open_store
from exchange.vault.secret_file import SecretFileNotSafe
from schema.vocabulary.identifiers import IdType

OPERATOR = "operator"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def clear_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """What goes wrong is told in a sentence, with its code and exit status 1."""

    @wraps(command)
    def told(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ExchangeError as error:
            raise click.ClickException(f"{error.sentence} [{error.stable_code}]") from None
        except (ArtefactNotValid, SecretFileNotSafe) as error:
            raise click.ClickException(str(error)) from None

    return told


@contextmanager
def running_services() -> Iterator[Services]:
    settings = read_settings()
    with open_store(settings) as engine:
        yield make_services(settings, engine, SystemClock())


def one_of(kind: Any) -> click.Choice[str]:
    return click.Choice([word.value for word in kind], case_sensitive=False)


def tell(as_json: bool, values: dict[str, Any], sentence: str) -> None:
    click.echo(orjson.dumps(values, default=str).decode() if as_json else sentence)


json_option = click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")


def borrower_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--id-type", default=IdType.RESIDENT_ID.value, type=one_of(IdType), show_default=True),
        click.option("--country", default="CN", show_default=True, help="Issuer of the document."),
        click.option("--id-number", prompt="Id number of the borrower", hide_input=True, envvar="OPENBUREAU_ID_NUMBER"),
    )
    for option in reversed(options):
        command = option(command)
    return command
