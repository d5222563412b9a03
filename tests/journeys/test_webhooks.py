"""Webhooks: added and ended by members, told of what they may see, at least once, and never into our own network."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from factories import Bank, Exchange
from openbureau_client import verify_webhook
from sqlalchemy import select, update
from traces import entries

from exchange.errors import Unavailable
from exchange.journeys import deliver_notices as journey
from exchange.journeys.deliver_notices import Sent, deliver_notices
from exchange.journeys.post_out import Poster
from exchange.journeys.tell import tell_member
from exchange.journeys.webhooks import allowed_for_webhooks
from exchange.store.tables.member import member as member_table
from exchange.store.tables.notice import notice
from exchange.store.tables.webhook import webhook_delivery
from exchange.store.webhooks import StoredWebhook, add_webhook
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.scope import Scope
from tests.unit.journeys.test_post_out import hanging, saying, server

SCOPES = frozenset({Scope.DISPUTE_ANSWER, Scope.CREDIT_READ, Scope.RECORDS_WRITE})
URL = "https://notices.example/hook"
ADD = """mutation ($url: String!, $kinds: [NoticeKind!]!) { addWebhook(url: $url, kinds: $kinds) {
  webhook { id url kinds endedAt } userErrors { path code } } }"""
END = "mutation ($id: ID!) { endWebhook(webhookId: $id) { webhook { endedAt } userErrors { path code } } }"
AGAIN = """mutation ($id: ID!) { sendAgain(deliveryId: $id) {
  delivery { attempts deadAt nextAt } userErrors { path code } } }"""
HOOKS = "{ webhooks(first: 5) { totalCount nodes { id url kinds } } }"
DELIVERIES = """query ($dead: Boolean!, $first: Int!, $after: String) {
  webhookDeliveries(first: $first, dead: $dead, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id noticeId kind attempts lastStatus nextAt deliveredAt deadAt } } }"""
NOTICES = """query ($kinds: [NoticeKind!]!) { notices(first: 10, kinds: $kinds) {
  totalCount nodes { id kind about consentId dueAt late facts { name value } } } }"""


@dataclass
class Receiver:
    """Stands in for members' servers: keeps what comes, and answers as it is told to."""

    status: int | None = 200
    taken: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str], content: bytes) -> int | None:
        self.taken.append((url, headers, content))
        return self.status

    @property
    def ids(self) -> list[str]:
        return [headers[journey.ID_HEADER] for _, headers, _ in self.taken]


def half() -> float:
    return 0.5


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    bank = exchange.bank(scopes=SCOPES)
    bank.fetch_token(" ".join(sorted(SCOPES)))
    return bank


@pytest.fixture
def alice(exchange: Exchange) -> UUID:
    return exchange.borrower()


def ask(bank: Bank, query: str, **values: Any) -> Any:
    answer = bank.post({"query": query, "variables": values}).get_json()
    assert "errors" not in answer, answer
    (value,) = answer["data"].values()
    return value


def add(bank: Bank, url: str = URL, kinds: tuple[str, ...] = ()) -> Any:
    return ask(bank, ADD, url=url, kinds=list(kinds))


def codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def tell(exchange: Exchange, bank: Bank, alice: UUID, kind: NoticeKind = NoticeKind.DISPUTE_FILED) -> UUID:
    with exchange.services.transaction() as connection:
        return tell_member(exchange.services, connection, alice, bank.member_id, kind, uuid4(), {"outcome": "X"})


def rows(exchange: Exchange) -> list[Any]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(webhook_delivery).order_by(webhook_delivery.c.notice_id)))


def jwks(exchange: Exchange) -> Any:
    return exchange.client.get("/oauth/jwks").get_json()


def settle(exchange: Exchange, **changes: Any) -> None:
    """Other settings from here on."""
    exchange.services = replace(exchange.services, settings=replace(exchange.services.settings, **changes))


# Adding and ending


def test_a_webhook_is_added_once_and_logged_and_ended_once(exchange: Exchange, bank: Bank) -> None:
    first, second = add(bank), add(bank)
    assert first == second and codes(first) == []
    assert ask(bank, HOOKS)["nodes"] == [{"id": first["webhook"]["id"], "url": URL, "kinds": []}]
    for _ in range(2):
        assert ask(bank, END, id=first["webhook"]["id"])["webhook"]["endedAt"]
    assert ask(bank, HOOKS)["totalCount"] == 0
    acts = [entry.fields["act"] for entry in entries(exchange)]
    assert (acts.count("webhook_added"), acts.count("webhook_ended")) == (1, 1)


def test_the_log_says_where_a_webhook_leads_and_no_secret_in_its_address(exchange: Exchange, bank: Bank) -> None:
    add(bank, "https://notices.example:8443/hooks/T0P-S3CRET?token=S3CRET")
    (added,) = [entry.fields for entry in entries(exchange) if entry.fields["act"] == "webhook_added"]
    assert added["url"] == "https://notices.example:8443"
    assert "S3CRET" not in str(entries(exchange))


def test_a_webhook_for_all_kinds_is_for_no_more_than_its_token_opens(
    exchange: Exchange, bank: Bank, alice: UUID
) -> None:
    everything = add(bank, "https://notices.example/all")["webhook"]
    bank.fetch_token("credit:read")
    first, again = add(bank), add(bank)
    opened = ["FILE_ERASED", "RECORD_CORRECTED"]
    assert (first["webhook"]["kinds"], first) == (opened, again)
    assert everything["kinds"] == []
    tell(exchange, bank, alice)
    tell(exchange, bank, alice, NoticeKind.RECORD_CORRECTED)
    sent = {(str(row.webhook_id), kind_of(exchange, row.notice_id)) for row in rows(exchange)}
    assert sent == {
        (everything["id"], "DISPUTE_FILED"),
        (everything["id"], "RECORD_CORRECTED"),
        (first["webhook"]["id"], "RECORD_CORRECTED"),
    }
    seen = ask(bank, DELIVERIES, dead=False, first=5)
    assert ([each["kind"] for each in seen["nodes"]], seen["totalCount"]) == (["RECORD_CORRECTED"] * 2, 2)


def kind_of(exchange: Exchange, notice_id: UUID) -> str:
    with exchange.engine.connect() as connection:
        return str(connection.scalar(select(notice.c.kind).where(notice.c.notice_id == notice_id)))


def test_what_is_wrong_with_a_webhook_is_told_and_nothing_is_added(exchange: Exchange, bank: Bank) -> None:
    add(bank)
    assert codes(add(bank, kinds=("DISPUTE_FILED",))) == ["WEBHOOK_EXISTS"]
    assert codes(add(bank, "http://notices.example/")) == ["WEBHOOK_URL_NOT_ALLOWED"]
    assert codes(add(bank, "https://127.0.0.1/", ("CONSENT_WITHDRAWN",))) == [
        "WEBHOOK_URL_NOT_ALLOWED",
        "NOTICE_KIND_NOT_YOURS",
    ]
    for number in range(exchange.settings.webhooks_max - 1):
        assert codes(add(bank, f"{URL}/{number}")) == []
    assert codes(add(bank, f"{URL}/more")) == ["WEBHOOK_TOO_MANY"]
    assert ask(bank, HOOKS)["totalCount"] == exchange.settings.webhooks_max


def test_a_webhook_is_its_members_alone(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    hook = add(bank)["webhook"]["id"]
    tell(exchange, bank, alice)
    delivery = ask(bank, DELIVERIES, dead=False, first=5)["nodes"][0]["id"]
    other = exchange.bank("other-bank", scopes=SCOPES)
    other.fetch_token(" ".join(sorted(SCOPES)))
    assert ask(other, HOOKS)["totalCount"] == 0
    assert ask(other, DELIVERIES, dead=False, first=5)["totalCount"] == 0
    assert codes(ask(other, END, id=hook)) == ["WEBHOOK_NOT_FOUND"]
    assert codes(ask(other, AGAIN, id=delivery)) == ["DELIVERY_NOT_FOUND"]
    assert codes(ask(other, AGAIN, id="nonsense")) == ["DELIVERY_NOT_FOUND"]
    assert ask(bank, HOOKS)["totalCount"] == 1


def test_a_member_without_any_scope_of_notices_is_refused(exchange: Exchange) -> None:
    stranger = exchange.bank("card-co", scopes=frozenset({Scope.PLAN_READ}))
    stranger.fetch_token("plan:read")
    for query, values in ((HOOKS, {}), (ADD, {"url": URL, "kinds": []})):
        answer = stranger.post({"query": query, "variables": values}).get_json()
        assert answer["errors"][0]["extensions"]["code"] == "SCOPE_MISSING"


# The outbox


def test_only_what_a_webhook_wants_and_its_member_may_see_is_queued(
    exchange: Exchange, bank: Bank, alice: UUID
) -> None:
    everything, disputes = add(bank), add(bank, f"{URL}/disputes", ("DISPUTE_FILED",))
    other = exchange.bank("other-bank", scopes=SCOPES)
    for kind in (NoticeKind.DISPUTE_FILED, NoticeKind.RECORD_CORRECTED, NoticeKind.CONSENT_WITHDRAWN):
        tell(exchange, bank, alice, kind)
    tell(exchange, other, alice)
    queued = [(str(row.webhook_id), row.member_id) for row in rows(exchange)]
    assert sorted(queued) == sorted(
        [(everything["webhook"]["id"], bank.member_id)] * 2 + [(disputes["webhook"]["id"], bank.member_id)]
    )


def test_a_notice_that_is_rolled_back_is_never_sent(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    add(bank)
    with pytest.raises(Unavailable), exchange.services.transaction() as connection:
        tell_member(exchange.services, connection, alice, bank.member_id, NoticeKind.DISPUTE_FILED, None, {})
        raise Unavailable("Stopped.", "STOPPED")
    receiver = Receiver()
    assert deliver_notices(exchange.services, receiver, half) == Sent()
    assert receiver.taken == [] and rows(exchange) == []


def test_a_member_sees_only_the_kinds_that_its_scopes_open(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    about = uuid4()
    with exchange.services.transaction() as connection:
        said = {"outcome": "CORRECTED", "records": ["a", "b"], "nothing": None}
        for kind in (NoticeKind.DISPUTE_CLOSED, NoticeKind.CONSENT_WITHDRAWN, NoticeKind.PLAN_REPLIED):
            tell_member(exchange.services, connection, alice, bank.member_id, kind, about, said)
    (seen,) = ask(bank, NOTICES, kinds=[])["nodes"]
    assert (seen["kind"], seen["about"], seen["consentId"]) == ("DISPUTE_CLOSED", str(about), None)
    assert [(fact["name"], fact["value"]) for fact in seen["facts"]] == [
        ("outcome", "CORRECTED"),
        ("records", "a"),
        ("records", "b"),
    ]
    assert ask(bank, NOTICES, kinds=["RECORD_CORRECTED"])["totalCount"] == 0
    assert ask(bank, NOTICES, kinds=["CONSENT_WITHDRAWN"])["totalCount"] == 0


# Sending


def test_a_delivery_is_the_notice_signed_and_is_made_once(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    add(bank)
    notice_id = tell(exchange, bank, alice)
    receiver = Receiver(status=204)
    assert deliver_notices(exchange.services, receiver, half) == Sent(done=1)
    assert deliver_notices(exchange.services, receiver, half) == Sent()
    ((url, headers, body),) = receiver.taken
    said = verify_webhook(headers, body, jwks(exchange), audience=bank.member_id)
    assert (url, said["jti"], said["kind"], said["iss"]) == (
        URL,
        str(notice_id),
        "DISPUTE_FILED",
        exchange.settings.issuer,
    )
    (row,) = rows(exchange)
    assert (row.attempts, row.next_at, row.last_status, row.dead_at) == (1, None, 204, None)
    assert row.delivered_at == exchange.clock.now()


def test_a_delivery_names_nobody(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    add(bank)
    tell(exchange, bank, alice)
    receiver = Receiver()
    deliver_notices(exchange.services, receiver, half)
    ((url, headers, body),) = receiver.taken
    sent = url + str(headers) + body.decode()
    assert not any(personal in sent for personal in ("王芳", "19010119900101001X", "1990-01-01", str(alice)))


@pytest.mark.parametrize("status", [None, 500, 503, 404, 301, 307, 100])
def test_what_is_not_taken_is_tried_again_later_and_later(
    exchange: Exchange, bank: Bank, alice: UUID, status: int | None
) -> None:
    add(bank)
    notice_id = tell(exchange, bank, alice)
    receiver, waits = Receiver(status), []
    for _ in range(4):
        assert deliver_notices(exchange.services, receiver, half) == Sent(failed=1)
        (row,) = rows(exchange)
        waits.append((row.next_at - exchange.clock.now()).total_seconds())
        assert deliver_notices(exchange.services, receiver, half) == Sent()
        exchange.clock.instant = row.next_at
    assert waits == [22.5, 45.0, 90.0, 180.0]
    assert receiver.ids == [str(notice_id)] * 4
    assert len({body for _, _, body in receiver.taken}) == 1
    assert (row.attempts, row.last_status, row.delivered_at) == (4, status, None)


def test_a_sender_that_dies_after_the_post_has_it_sent_again_under_the_same_id(
    exchange: Exchange, bank: Bank, alice: UUID
) -> None:
    add(bank)
    notice_id = tell(exchange, bank, alice)
    receiver = Receiver()

    def takes_it_and_dies(url: str, headers: Mapping[str, str], content: bytes) -> int | None:
        receiver(url, headers, content)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver_notices(exchange.services, takes_it_and_dies, half)
    assert deliver_notices(exchange.services, receiver, half) == Sent()  # it may still be at work
    exchange.clock.instant += timedelta(seconds=exchange.settings.webhook_timeout_seconds + 30)
    assert deliver_notices(exchange.services, receiver, half) == Sent(done=1)
    assert receiver.ids == [str(notice_id)] * 2
    assert receiver.taken[0] == receiver.taken[1]


def test_a_sender_that_comes_back_too_late_does_not_undo_what_another_did(
    exchange: Exchange, bank: Bank, alice: UUID
) -> None:
    add(bank)
    tell(exchange, bank, alice)

    def slow(url: str, headers: Mapping[str, str], content: bytes) -> int | None:
        exchange.clock.instant += timedelta(minutes=5)
        assert deliver_notices(exchange.services, Receiver(), half) == Sent(done=1)
        return None

    deliver_notices(exchange.services, slow, half)
    (row,) = rows(exchange)
    assert row.delivered_at is not None and row.next_at is None


def test_two_senders_send_a_notice_once(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    add(bank)
    tell(exchange, bank, alice)
    receiver = Receiver()

    def meanwhile(url: str, headers: Mapping[str, str], content: bytes) -> int | None:
        assert deliver_notices(exchange.services, receiver, half) == Sent()
        return receiver(url, headers, content)

    assert deliver_notices(exchange.services, meanwhile, half) == Sent(done=1)
    assert len(receiver.taken) == 1


def test_a_webhook_that_fails_is_asked_once_a_round_and_holds_up_nobody_else(
    exchange: Exchange, bank: Bank, alice: UUID
) -> None:
    add(bank, "https://broken.example/")
    other = exchange.bank("other-bank", scopes=SCOPES)
    other.fetch_token(" ".join(sorted(SCOPES)))
    add(other)
    for member in (bank, bank, bank, other):
        tell(exchange, member, alice)
    receiver = Receiver()

    def one_is_broken(url: str, headers: Mapping[str, str], content: bytes) -> int | None:
        receiver(url, headers, content)
        return 200 if url == URL else None

    assert deliver_notices(exchange.services, one_is_broken, half) == Sent(done=1, failed=1)
    assert sorted(url for url, _, _ in receiver.taken) == ["https://broken.example/", URL]


def test_what_is_given_up_is_listed_and_sent_again_when_asked(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    settle(exchange, webhook_attempts_max=2)
    add(bank)
    tell(exchange, bank, alice)
    receiver = Receiver(status=500)
    assert ask(bank, DELIVERIES, dead=True, first=5)["totalCount"] == 0
    deliver_notices(exchange.services, receiver, half)
    exchange.clock.instant += timedelta(hours=1)
    assert deliver_notices(exchange.services, receiver, half) == Sent(dead=1)
    exchange.clock.instant += timedelta(days=30)
    assert deliver_notices(exchange.services, receiver, half) == Sent()
    bank.fetch_token(" ".join(sorted(SCOPES)))
    (dead,) = ask(bank, DELIVERIES, dead=True, first=5)["nodes"]
    assert (dead["attempts"], dead["lastStatus"], dead["nextAt"]) == (2, 500, None) and dead["deadAt"]
    for _ in range(2):
        again = ask(bank, AGAIN, id=dead["id"])
        assert codes(again) == [] and (again["delivery"]["attempts"], again["delivery"]["deadAt"]) == (0, None)
    receiver.status = 200
    assert deliver_notices(exchange.services, receiver, half) == Sent(done=1)
    assert codes(ask(bank, AGAIN, id=dead["id"])) == ["DELIVERY_DONE"]
    assert len(set(receiver.ids)) == 1
    assert [entry.fields["act"] for entry in entries(exchange)].count("delivery_sent_again") == 1


def test_an_ended_webhook_and_a_suspended_member_get_nothing(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    ended, standing = add(bank)["webhook"]["id"], add(bank, f"{URL}/2")["webhook"]["id"]
    tell(exchange, bank, alice)
    ask(bank, END, id=ended)
    with exchange.engine.begin() as connection:
        connection.execute(update(member_table).values(status="SUSPENDED"))
    receiver = Receiver()
    assert deliver_notices(exchange.services, receiver, half) == Sent()
    assert receiver.taken == []
    by_hook = {str(row.webhook_id): row for row in rows(exchange)}
    assert by_hook[ended].next_at is None and by_hook[ended].dead_at is None
    assert by_hook[standing].dead_at is not None


def test_deliveries_come_in_pages(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    for path in ("a", "b"):
        add(bank, f"{URL}/{path}")
    told = {str(tell(exchange, bank, alice)) for _ in range(2)}
    found, after = [], None
    while True:
        page = ask(bank, DELIVERIES, dead=False, first=3, after=after)
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert (len(found), len({node["id"] for node in found}), page["totalCount"]) == (4, 4, 4)
    assert {node["noticeId"] for node in found} == told


def test_a_delivery_never_blocks_an_act(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    add(bank)
    tell(exchange, bank, alice)

    def acts_meanwhile(url: str, headers: Mapping[str, str], content: bytes) -> int | None:
        tell(exchange, bank, alice)
        assert codes(add(bank, f"{URL}/meanwhile")) == []
        with exchange.engine.begin() as connection:
            connection.execute(update(notice).values(seen_at=exchange.clock.now()))
        return 200

    assert deliver_notices(exchange.services, acts_meanwhile, half).done == 1
    assert len(rows(exchange)) == 2


# To a real server


def test_a_demonstration_sends_to_this_machine_and_a_server_that_hangs_is_left(
    exchange: Exchange, bank: Bank, alice: UUID
) -> None:
    settle(exchange, demonstration=True)
    allowed = allowed_for_webhooks(exchange.services.settings)
    with server(saying(b"HTTP/1.1 200 OK\r\n\r\n")) as (port, heard), server(hanging) as (dead, held):
        with exchange.services.transaction() as connection:
            for at in (port, dead):
                hook = StoredWebhook(bank.member_id, uuid4(), f"http://127.0.0.1:{at}/hook", (), exchange.clock.now())
                add_webhook(connection, hook)
        notice_id = tell(exchange, bank, alice)
        assert deliver_notices(exchange.services, Poster(allowed, 0.5), half) == Sent(done=1, failed=1)
    assert len(held) == 1
    head, _, body = heard[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert verify_webhook(headers, body, jwks(exchange), audience=bank.member_id)["jti"] == str(notice_id)


def test_without_a_demonstration_nothing_is_sent_to_this_machine(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    with server(saying(b"HTTP/1.1 200 OK\r\n\r\n")) as (port, heard):
        for url in (f"http://127.0.0.1:{port}/", f"https://127.0.0.1:{port}/"):
            with exchange.services.transaction() as connection:
                hook = StoredWebhook(bank.member_id, uuid4(), url, (), exchange.clock.now())
                add_webhook(connection, hook)
        tell(exchange, bank, alice)
        poster = Poster(allowed_for_webhooks(exchange.settings), 5)
        assert deliver_notices(exchange.services, poster, half) == Sent(failed=2)
        assert heard == []
