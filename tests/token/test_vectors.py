"""The rules for test vectors, on made-up files and, where WYCHEPROOF_DIR is set, our own oracle against the published ones."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from assay.token import keys
from assay.token.compact import Compact, decode
from assay.token.material import signed
from assay.vector import files
from assay.vector.files import KeySet, Vector
from assay.vector.judgement import distrust, objection
from assay.VectorLibrary import VectorLibrary
from robot.api import Failure, SkipExecution

from tests.token.conftest import key


def set_of(*jwks: dict[str, Any]) -> KeySet:
    return KeySet("1, test", jwks, ())


GOOD = [key(name).jwk for name in ("RS256", "PS512", "ES256", "ES384", "ES512", "EdDSA")]


@pytest.mark.parametrize("jwk", GOOD, ids=lambda jwk: str(jwk["alg"]))
def test_fit_keys_are_to_be_trusted(jwk: dict[str, Any]) -> None:
    assert distrust(set_of(jwk)) == ""
    assert distrust(set_of({name: value for name, value in jwk.items() if name != "use"})) == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kty": "oct", "k": "AQ"}, "no public key"),
        ({"d": "AQ"}, "private members"),
        ({"alg": None}, "does not name"),
        ({"use": "enc"}, "for encryption"),
        ({"key_ops": ["encrypt"]}, "not for verifying"),
        ({"alg": "ES521"}, "none that signs"),
        ({"alg": "RS256"}, "its type"),
        ({"crv": "P-384"}, "its curve"),
        ({"y": "AAAA"}, "not on the curve"),
    ],
)
def test_unfit_keys_are_to_be_refused_for_the_right_reason(change: dict[str, Any], reason: str) -> None:
    jwk = {name: value for name, value in {**key("ES256").jwk, **change}.items() if value is not None}
    assert reason in distrust(set_of(jwk))


@pytest.mark.parametrize(
    ("change", "reason"), [({"n": key("RS256").jwk["n"][:170]}, "2048 bits"), ({"e": "AQ"}, "exponent")]
)
def test_unfit_rsa_keys_are_to_be_refused(change: dict[str, Any], reason: str) -> None:
    assert reason in distrust(set_of({**key("RS256").jwk, **change}))


def test_two_keys_by_one_name_are_to_be_refused() -> None:
    assert "one name" in distrust(set_of(key("ES256").jwk, key("ES256").jwk))


def test_a_valid_message_by_another_algorithm_than_its_keys_is_to_be_refused() -> None:
    own = key("PS256")
    token = signed(own, {"alg": "PS384", "kid": own.kid}, b"x", "PS384")
    assert "bound to PS256" in objection(Vector("1", token, True), [own.jwk])
    assert objection(Vector("1", signed(own, {"alg": "PS256"}, b"x"), True), [own.jwk]) == ""
    assert objection(Vector("1", "", False), [own.jwk]) == "the vector is invalid"


def test_without_the_variable_the_library_skips_and_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WYCHEPROOF_DIR", raising=False)
    with pytest.raises(SkipExecution, match="WYCHEPROOF_DIR is not set"):
        VectorLibrary().require_vectors()


@pytest.mark.parametrize(
    "content", [None, "", "{}", '{"testGroups": []}', '{"testGroups": [], "numberOfTests": 4}']
)
def test_a_folder_without_the_files_is_a_failure(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WYCHEPROOF_DIR", str(tmp_path))
    if content is not None:
        (tmp_path / "json_web_signature_test.json").write_text(content, encoding="utf-8")
    with pytest.raises(Failure):
        VectorLibrary().require_vectors()


def write(folder: Path, *groups: dict[str, Any]) -> None:
    tests = sum(len(group["tests"]) for group in groups)
    (folder / "json_web_signature_test.json").write_text(
        json.dumps({"numberOfTests": tests, "testGroups": groups}), "utf-8"
    )


def test_tables_hold_valid_messages_as_controls_and_never_only_those(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = key("ES256")
    token = signed(own, {"alg": "ES256", "kid": own.kid}, b"x")
    group = {
        "comment": "es256",
        "public": own.jwk,
        "tests": [{"tcId": 1, "comment": "good", "jws": token, "result": "valid"}],
    }
    write(tmp_path, group)
    monkeypatch.setenv("WYCHEPROOF_DIR", str(tmp_path))
    vectors = VectorLibrary().vectors_signed_by("signature", "ES256")
    assert [row.accepted for row in vectors.tables[0]] == [True, False]
    assert vectors.key_set == {"keys": [own.jwk]}
    with pytest.raises(Failure, match="no vector of signature, RS256"):
        VectorLibrary().vectors_signed_by("signature", "RS256")


def published() -> list[tuple[str, KeySet]]:
    place = files.folder()
    return [(kind, one) for kind in files.FILES for one in files.read(kind, place)] if place else []


@pytest.mark.skipif(not published(), reason="WYCHEPROOF_DIR is not set")
def test_our_own_oracle_agrees_with_the_published_vectors() -> None:
    accepted = refused = 0
    for kind, group in published():
        for vector in group.vectors:
            expected = not distrust(group) and not objection(vector, group.keys)
            assert oracle(group, vector) is expected, f"{kind}, group {group.name}, {vector.name}"
            accepted, refused = accepted + expected, refused + (not expected)
    assert accepted >= 35
    assert accepted + refused >= 640


def oracle(group: KeySet, vector: Vector) -> bool:
    """What the cryptography library says of a message, told by a strict reader of the compact form."""
    try:
        parts = Compact.of(vector.message)
        if any(
            base64.urlsafe_b64encode(decode(one)).rstrip(b"=").decode() != one
            for one in str(parts).split(".")
        ):
            return False
        header = json.loads(decode(parts.header))
        found = [dict(jwk) for jwk in group.keys if jwk.get("kid") == header.get("kid", jwk.get("kid"))]
        return not distrust(group) and keys.holds(
            found[0], header["alg"], parts.signing_input, decode(parts.signature)
        )
    except (ValueError, KeyError, IndexError, TypeError):
        return False
