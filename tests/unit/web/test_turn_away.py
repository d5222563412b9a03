"""Who would wait too long is told so at once, in the form of the door that was asked; nothing of it is looked at."""

import json
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from exchange.clock import FixedClock
from exchange.settings import Settings
from exchange.web.turn_away import in_turn

NO_PLACES = Settings(threads=1, queue_places=0)


class Busy:
    """An application that is asked for something else while it answers."""

    def __init__(self, settings: Settings, clock: FixedClock, meanwhile: Callable[[Client], Any]) -> None:
        self.asked: list[str] = []
        self._meanwhile: Callable[[Client], Any] | None = meanwhile
        self.client = Client(in_turn(self._answer, settings, clock), TestResponse)

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile:
            self.told = meanwhile(self.client)
        start_response("200 OK", [])
        return [b"answered"]


def told(clock: FixedClock, path: str, accept: str = "*/*", settings: Settings = NO_PLACES, **headers: str) -> Any:
    """What is answered at `path` while the only thread works."""
    busy = Busy(settings, clock, lambda client: client.post(path, headers={"Accept": accept, **headers}))
    assert busy.client.get("/first").data == b"answered"
    return busy.told, busy.asked


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_graphql_is_told_in_its_own_form(clock: FixedClock, accept: str) -> None:
    answer, asked = told(clock, "/graphql", accept)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.content_type == f"{accept}; charset=utf-8"
    (error,) = json.loads(answer.data)["errors"]
    assert error["extensions"] == {"code": "TOO_BUSY"}
    assert asked == ["/first"]


def test_other_doors_are_told_as_rfc_9457_writes_it(clock: FixedClock) -> None:
    answer, asked = told(clock, "/submissions")
    assert answer.content_type == "application/problem+json"
    assert (json.loads(answer.data)["status"], json.loads(answer.data)["code"]) == (503, "TOO_BUSY")
    assert asked == ["/first"]


def test_people_are_told_in_every_language(clock: FixedClock) -> None:
    answer, asked = told(clock, "/consents", "text/html,application/xhtml+xml")
    assert answer.mimetype == "text/html"
    assert all(f'lang="{language}"' in answer.text for language in ("en", "zh-Hans", "zh-Hant"))
    assert asked == ["/first"]


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_heard_without_waiting(clock: FixedClock, path: str) -> None:
    answer, asked = told(clock, path)
    assert (answer.status_code, asked) == (200, ["/first", path])


class SlowBody(BytesIO):
    """A body that others do not wait for."""

    busy: Busy
    told: int | None = None

    def read(self, size: int | None = -1) -> bytes:
        self.told = self.busy.client.get("/meanwhile").status_code
        return super().read(size)


@pytest.mark.parametrize(("bytes_sent", "status"), [(64_000, 200), (64_001, None)])
def test_a_body_of_ordinary_size_is_there_before_its_turn_begins(
    clock: FixedClock, bytes_sent: int, status: int | None
) -> None:
    body = SlowBody(b"x" * bytes_sent)
    body.busy = busy = Busy(NO_PLACES, clock, lambda client: None)
    busy.client.post("/graphql", input_stream=body, content_length=bytes_sent)
    assert body.told == status


def test_a_turn_ends_with_its_answer_and_with_its_error(clock: FixedClock) -> None:
    def fails(client: Client) -> None:
        raise RuntimeError("on purpose")

    busy = Busy(NO_PLACES, clock, fails)
    with pytest.raises(RuntimeError):
        busy.client.get("/first")
    assert [busy.client.get("/next").status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("started", "status"),
    [("t={}", 503), ("{}", 503), ("t={}000", 503), ("t=soon", 200), ("t=nan", 200), ("", 200), ("t=-inf", 503)],
)
def test_the_time_before_our_proxy_counts_where_it_is_ours(clock: FixedClock, started: str, status: int) -> None:
    header = {"X-Request-Start": started.format(int(clock.now().timestamp()) - 2)}
    for proxies, expected in ((1, status), (0, 200)):
        idle = Busy(Settings(proxies=proxies), clock, lambda client: None)
        assert idle.client.get("/", headers=header).status_code == expected


def test_a_request_that_came_just_now_or_from_the_future_is_answered(clock: FixedClock) -> None:
    for seconds in (-1, 0, 1):
        idle = Busy(Settings(proxies=1), clock, lambda client: None)
        header = {"X-Request-Start": f"t={clock.now().timestamp() - seconds:.3f}"}
        assert idle.client.get("/", headers=header).status_code == 200


def test_operators_are_told_but_not_once_for_each(clock: FixedClock, caplog: pytest.LogCaptureFixture) -> None:
    busy = Busy(NO_PLACES, clock, lambda client: [client.get("/x").status_code for _ in range(50)])
    busy.client.get("/first")
    assert busy.told == [503] * 50
    assert [record.getMessage() for record in caplog.records] == ["overload.turned_away requests=1"]
