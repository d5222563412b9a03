"""Policy packs: which there are, what is wrong with one, what its rules say, and signing one of your own."""

from pathlib import Path
from typing import Any

import click

from consent.policy.load import PackNotValid, known_packs, load_pack, pack_text, read_pack
from consent.policy.print_packs import print_rule, terms_in_words
from consent.policy.rules import Pack, Rule
from consent.proving.prove_pack import prove
from exchange.audit.checkpoint import KeySigner, Verifier
from exchange.audit.note_key import is_key_name
from exchange.cli.shared import FILE, clear_errors, json_option, tell
from exchange.errors import BadRequest
from exchange.journeys.pack_in_force import open_pack, sign_pack, signature_file, verify_pack
from exchange.settings import read_settings
from exchange.vault.signing_keys import load_or_create_ed25519


@click.group(name="pack")
def pack_group() -> None:
    """Policy packs: the law as data."""


@pack_group.command(name="list")
@json_option
@clear_errors
def list_packs(as_json: bool) -> None:
    """Name the packs that come with the service, and the one in force."""
    force = open_pack(read_settings())
    packs = [{**_summary(pack), "in_force": pack.version == force.version} for pack in map(load_pack, known_packs())]
    if not any(pack["in_force"] for pack in packs):
        packs.append({**_summary(force), "in_force": True})
    lines = [f"{_line(pack)}  (in force)" if pack["in_force"] else _line(pack) for pack in packs]
    tell(as_json, {"packs": packs}, "\n".join(lines))


@pack_group.command(name="check")
@click.argument("name")
@json_option
@clear_errors
def check_pack(name: str, as_json: bool) -> None:
    """Tell every fault of a pack: a file, or the name of one that comes with the service.

    It is held against its own boundary cases too; the service does not do that again when it starts. Where a file has
    a signature beside it (.sig), the signature must be by the key of OPENBUREAU_PACK_KEY.
    """
    pack = _proved(name)
    signed = _checked_signature(Path(name)) if Path(name).is_file() else None
    cases = sum(len(rule.vectors) for rule in pack.rules)
    sentence = f"{pack.version} can be used: {len(pack.rules)} rules, {cases} boundary cases, no faults."
    if signed is not None:
        sentence += " Its signature holds." if signed else " It is not signed: nothing would run with it."
    tell(as_json, {**_summary(pack), "cases": cases, "signed": signed}, sentence)


@pack_group.command(name="show")
@click.argument("name")
@json_option
@clear_errors
def show_pack(name: str, as_json: bool) -> None:
    """Print the rules of a pack: a file, or the name of one that comes with the service."""
    pack = _read(name)
    values = {**_summary(pack), "rules": [_rule_values(rule) for rule in pack.rules]}
    tell(as_json, values, "\n".join(print_rule(rule) for rule in pack.rules))


@pack_group.command(name="sign")
@click.argument("file", type=FILE)
@click.option("--key", "key_file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Key (PEM).")
@click.option("--name", required=True, help="Name of the key, part of what OPENBUREAU_PACK_KEY names.")
@json_option
@clear_errors
def sign_pack_file(file: Path, key_file: Path, name: str, as_json: bool) -> None:
    """Sign a pack of your own, with an Ed25519 key that is made where there is none.

    A pack with faults, or with a boundary case that comes out otherwise, is not signed.
    """
    if not is_key_name(name):
        raise BadRequest("The name of a key is not empty and has neither spaces nor plus signs.")
    _proved(str(file))
    signer = KeySigner(name, load_or_create_ed25519(key_file))
    beside = signature_file(file)
    beside.write_text(sign_pack(file.read_bytes(), signer), encoding="utf-8")
    vkey = Verifier(signer.name, signer.public_key).vkey
    tell(as_json, {"signature": str(beside), "key": vkey}, f"Signed: {beside}\nOPENBUREAU_PACK_KEY={vkey}")


def _read(name: str) -> Pack:
    """The pack of a file, or one that comes with the service. Raises BadRequest with every fault."""
    try:
        return read_pack(Path(name).read_text(encoding="utf-8") if Path(name).is_file() else pack_text(name))
    except PackNotValid as found:
        raise _not_valid(found.faults) from None
    except UnicodeDecodeError:
        raise BadRequest("The pack cannot be used: it is not UTF-8 text.", "PACK_NOT_VALID") from None


def _proved(name: str) -> Pack:
    """The same pack, held against its own boundary cases. Raises BadRequest with every one that does not hold."""
    pack = _read(name)
    if faults := prove(pack):
        raise _not_valid(faults)
    return pack


def _not_valid(faults: list[str]) -> BadRequest:
    return BadRequest("The pack cannot be used:\n  " + "\n  ".join(faults), "PACK_NOT_VALID")


def _checked_signature(file: Path) -> bool:
    """Whether the file is signed. Raises Unavailable where its signature does not hold."""
    beside = signature_file(file)
    if not beside.is_file():
        return False
    verify_pack(file.read_bytes(), beside.read_text(encoding="utf-8"), read_settings().pack_key)
    return True


def _summary(pack: Pack) -> dict[str, Any]:
    return {"jurisdiction": pack.jurisdiction, "version": pack.version, "rules": len(pack.rules)}


def _line(pack: dict[str, Any]) -> str:
    return f"{pack['jurisdiction']}  {pack['version']}: {pack['rules']} rules"


def _rule_values(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "force": rule.force,
        "kind": rule.kind,
        "act": rule.applies.act,
        "terms": terms_in_words(rule),
        "title": rule.source.title,
        "clause": rule.source.clause,
        "verified": rule.source.verified,
        "effective_from": rule.effective_from,
        "effective_to": rule.effective_to,
    }
