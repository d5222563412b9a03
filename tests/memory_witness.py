"""A witness in memory, behind the HTTP of C2SP tlog-witness. It checks what it is given with the client's own code."""

import re
from base64 import b64decode
from collections.abc import Callable

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbureau_client.errors import DoesNotMatch
from openbureau_client.merkle import verify_consistency
from openbureau_client.note import open_checkpoint

from exchange.audit.ask_witnesses import HttpWitness
from exchange.audit.cosignature import Ed25519Cosigner, cosignature_line
from exchange.audit.witness_file import Witness

REQUEST = re.compile(r"old (0|[1-9][0-9]*)\n((?:[A-Za-z0-9+/]{43}=\n){0,63})\n(.*)", re.DOTALL)
NOW_SECONDS = 1_780_000_000


def passed_on(call: Callable[[], httpx.Response]) -> httpx.Response:
    return call()


class MemoryWitness(httpx.BaseTransport):
    """Remembers one log: the size and root that it cosigned last. `way` is what its answers pass through."""

    def __init__(self, name: str, log_vkey: str) -> None:
        self.cosigner = Ed25519Cosigner(f"{name}.example", Ed25519PrivateKey.generate())
        self.witness = Witness(name, self.cosigner.verifier, f"https://{name}.example/submit")
        self.log_vkey = log_vkey
        self.size = 0
        self.root: bytes | None = None
        self.cosigned: list[tuple[int, bytes]] = []
        self.asked: list[int] = []
        self.way: Callable[[Callable[[], httpx.Response]], httpx.Response] = passed_on

    def asked_over_http(self) -> HttpWitness:
        return HttpWitness(self.witness, httpx.Client(transport=self))

    def go_away(self) -> None:
        def away(_: object) -> httpx.Response:
            raise httpx.ConnectError("away")

        self.way = away

    def come_back(self) -> None:
        self.way = passed_on

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/submit/add-checkpoint")
        return self.way(lambda: self._add_checkpoint(request.read().decode()))

    def _add_checkpoint(self, body: str) -> httpx.Response:
        said = REQUEST.fullmatch(body)
        if not said:
            return httpx.Response(400)
        old_size, note = int(said[1]), said[3]
        self.asked.append(old_size)
        if note.partition("\n")[0] != self.log_vkey.partition("+")[0]:
            return httpx.Response(404)
        try:
            checkpoint = open_checkpoint(note, [self.log_vkey])
        except DoesNotMatch:
            return httpx.Response(403)
        if old_size > checkpoint.size:
            return httpx.Response(400)
        if old_size != self.size:
            return httpx.Response(409, text=f"{self.size}\n", headers={"Content-Type": "text/x.tlog.size"})
        if old_size == checkpoint.size and self.root not in (None, checkpoint.root):
            return httpx.Response(409)
        try:
            if old_size:
                proof = [b64decode(line) for line in said[2].splitlines()]
                verify_consistency(old_size, self.root or b"", checkpoint.size, checkpoint.root, proof)
        except DoesNotMatch:
            return httpx.Response(422)
        self.size, self.root = checkpoint.size, checkpoint.root
        self.cosigned.append((self.size, self.root))
        text = note.rpartition("\n\n")[0] + "\n"
        return httpx.Response(200, text=cosignature_line(self.cosigner, text, NOW_SECONDS))
