"""The file that names the identity provider, in TOML:

name = "national-id"                        # kept with each enrolment
issuer = "https://id.example"               # OpenID Connect; discovery lies under it
client_id = "openbureau"
client_secret_file = "proofing.secret"      # beside this file; 0600
algorithms = ["PS256", "ES256"]             # that the provider signs ID tokens with; never "none", never HMAC
scope = "openid profile"
acr_values = ["urn:example:high"]           # optional: the least assurance taken
id_type = "RESIDENT_ID"                     # one kind of document for all, or a claim below
country = "CN"

[claims]                                    # our name = the provider's claim
id_number = "national_id"
names = "name"
birth_date = "birthdate"
# id_type = "document_type"                 # optional, with values of our own vocabulary
# country = "document_country"              # optional
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange.identity.public_key import ALGORITHMS
from schema.vocabulary.identifiers import IdType

_TEXTS = ("name", "issuer", "client_id", "client_secret_file")
_OF_OURS = frozenset({"id_number", "names", "birth_date", "id_type", "country"})
_TAKEN = frozenset({*ALGORITHMS, "RS256", "ES384"})


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID Connect provider that proves identities, and how its claims are read."""

    name: str
    issuer: str
    client_id: str
    client_secret_file: Path
    algorithms: tuple[str, ...]
    scope: str
    acr_values: tuple[str, ...]
    id_type: IdType | None
    country: str
    claims: Mapping[str, str]


def read_provider(path: Path) -> Provider:
    """Raises ValueError naming every fault of the file, and OSError."""
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    if faults := _faults(said):
        raise ValueError(f"{path.name}: {'; '.join(faults)}")
    return Provider(
        name=said["name"],
        issuer=said["issuer"],
        client_id=said["client_id"],
        client_secret_file=path.parent / said["client_secret_file"],
        algorithms=tuple(said["algorithms"]),
        scope=said.get("scope", "openid"),
        acr_values=tuple(said.get("acr_values", ())),
        id_type=IdType(said["id_type"]) if "id_type" in said else None,
        country=said.get("country", ""),
        claims=said["claims"],
    )


def _faults(said: Mapping[str, Any]) -> list[str]:
    faults = [f"{name} must be a text" for name in _TEXTS if not isinstance(said.get(name), str) or not said[name]]
    if not str(said.get("issuer")).startswith("https://"):
        faults.append("issuer must be an https address")
    algorithms = said.get("algorithms")
    if not isinstance(algorithms, list) or not algorithms or not set(algorithms) <= _TAKEN:
        faults.append(f"algorithms must be one or more of {', '.join(sorted(_TAKEN))}")
    claims = said.get("claims")
    if not isinstance(claims, dict) or not all(isinstance(claim, str) for claim in claims.values()):
        return [*faults, "claims must map our names to the provider's claims"]
    if unknown := sorted(claims.keys() - _OF_OURS):
        faults.append(f"claims does not know {', '.join(unknown)}")
    if "id_number" not in claims:
        faults.append("claims must say where id_number is")
    for place in ("id_type", "country"):
        if place not in said and place not in claims:
            faults.append(f"{place} must be given, here or as a claim")
    if "id_type" in said and said["id_type"] not in set(IdType):
        faults.append(f"id_type must be one of {', '.join(IdType)}")
    return faults
