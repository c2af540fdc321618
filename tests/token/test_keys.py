"""Keys, signatures and what can be judged of issued tokens, held against the cryptography library and PyJWT."""

from __future__ import annotations

import json
import urllib.request

import jwt
import pytest
from assay.evidence.expect import Unmet
from assay.token import compact, judging, keys, known_secrets, recovery
from assay.token.keyserver import KeyServer
from assay.token.material import Material, signed
from assay.TokenLibrary import TokenLibrary
from robot.api.types import Secret

from tests.token.conftest import ALGORITHMS, claims, key, material


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
def test_a_signature_of_ours_is_one_for_another_library(algorithm: str) -> None:
    own = key(algorithm)
    token = signed(own, {"alg": algorithm, "kid": own.kid}, claims())
    public = jwt.PyJWK(own.jwk).key
    assert jwt.decode(token, public, algorithms=[algorithm], audience="platform")["sub"] == "user-1"


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
def test_our_judge_takes_what_another_library_signs_and_nothing_altered(algorithm: str) -> None:
    own = key(algorithm)
    token = jwt.encode({"sub": "x"}, own.private, algorithm=algorithm, headers={"kid": own.kid})
    parts = compact.Compact.of(token)
    signature = compact.decode(parts.signature)
    assert keys.holds(own.jwk, algorithm, parts.signing_input, signature)
    assert not keys.holds(own.jwk, algorithm, parts.signing_input + b"x", signature)
    assert not keys.holds(own.jwk, algorithm, parts.signing_input, signature[:-1])
    assert not any(
        keys.holds(own.jwk, other, parts.signing_input, signature)
        for other in keys.ALGORITHMS
        if other != algorithm
    )


def test_an_unknown_algorithm_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="known: RS256"):
        keys.make("HS256")


def test_the_library_makes_and_judges_tokens() -> None:
    library = TokenLibrary()
    made = library.make_signing_keys("ES256", "EdDSA")
    key_set = library.public_key_set(*made.values())
    token = library.sign_token(claims(), made["ES256"], typ="at+jwt")
    assert library.token_should_verify_with(token, key_set)["kid"] == made["ES256"].kid
    assert library.open_token(token).header["typ"] == "at+jwt"
    library.key_set_should_be_fit_to_publish(key_set)
    with pytest.raises(Unmet, match="signature to hold"):
        library.token_should_verify_with(Secret(token.value[:-4] + "AAAA"), key_set)
    with pytest.raises(Unmet, match="one published key"):
        library.token_should_verify_with(token, {"keys": []})
    with pytest.raises(Unmet, match="compact form"):
        library.open_token("no token")


def test_a_token_is_signed_anew_with_what_is_asked() -> None:
    made = material("ES256")
    library = TokenLibrary()
    changed = library.open_token(library.sign_anew(made.token, made.own, ["jti"], exp=1))
    assert changed.claims == {
        **{name: value for name, value in made.claims.items() if name != "jti"},
        "exp": 1,
    }
    nameless = library.open_token(library.sign_header_anew(made.token, made.own, kid=None))
    assert "kid" not in nameless.header


@pytest.mark.parametrize(
    "change",
    [{"d": "AQ"}, {"kty": "oct"}, {"use": "wrap"}, {"kid": ""}, {"alg": "HS256"}, {"n": "AQAB"}, {"e": "Aw"}],
)
def test_an_unfit_key_is_told(change: dict[str, str]) -> None:
    assert judging.weaknesses(key("RS256").jwk) == []
    assert judging.weaknesses({**key("RS256").jwk, **change})
    with pytest.raises(Unmet):
        TokenLibrary().key_set_should_be_fit_to_publish({"keys": [{**key("RS256").jwk, **change}]})


def test_two_keys_by_one_name_are_told() -> None:
    with pytest.raises(Unmet, match="two keys are called"):
        TokenLibrary().key_set_should_be_fit_to_publish({"keys": [key("RS256").jwk] * 2})


def test_what_is_personal_is_told() -> None:
    library = TokenLibrary()
    own = key("ES256")
    impersonal: list[dict[str, object]] = [{}, {"tid": "tenant-1", "org": {"name": "Acme"}}]
    for more in impersonal:
        library.token_should_hold_nothing_personal(
            library.sign_token({**claims(), **more}, own), email="a@b.test"
        )
    personal: list[dict[str, object]] = [
        {"email": "x"},
        {"sub": "A@b.test"},
        {"given_name": "x"},
        {"org": {"owner": "a@b.test"}},
    ]
    for more in personal:
        with pytest.raises(Unmet):
            library.token_should_hold_nothing_personal(
                library.sign_token({**claims(), **more}, own), email="a@b.test"
            )


def test_ids_must_be_unique_and_hard_to_guess() -> None:
    library = TokenLibrary()

    def tokens(*ids: object) -> list[Secret]:
        return [library.sign_token({"jti": one}, key("ES256")) for one in ids]

    library.ids_of_tokens_should_be_unique(*tokens("3f2b8c1d9e7a4f60", "a81c04e97d5b3f26"))
    for ids in (
        ("3f2b8c1d9e7a4f60",) * 2,
        ("id-000000000001", "id-000000000002"),
        (1, 2),
        ("short", "other"),
    ):
        with pytest.raises(Unmet):
            library.ids_of_tokens_should_be_unique(*tokens(*ids))


def test_a_known_secret_is_found_offline() -> None:
    library = TokenLibrary()
    made = material("RS256")
    library.no_known_secret_should_sign(made.token)
    for algorithm in ("HS256", "HS384", "HS512"):
        with pytest.raises(Unmet):
            library.no_known_secret_should_sign(made.hmaced(b"changeme", algorithm))
    assert known_secrets.signing_secrets(made.hmaced(b"not in any list, 81c04e97")) == []


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_a_public_key_is_recovered_from_two_signatures(algorithm: str) -> None:
    own = keys.make(algorithm, exponent=3)
    first, second = (signed(own, {"alg": algorithm, "kid": own.kid}, {"number": number}) for number in (1, 2))
    assert recovery.recover(first, second, 3) == keys.number(own.jwk["n"])
    found = TokenLibrary().recovered_key_set(first, second, 3)
    assert found["keys"][0]["n"] == own.jwk["n"]


def test_tokens_of_two_keys_reveal_none() -> None:
    one, other = (keys.make("RS256", exponent=3) for _ in range(2))
    with pytest.raises(ValueError, match="not by one RSA key"):
        recovery.recover(
            signed(one, {"alg": "RS256"}, {"a": 1}), signed(other, {"alg": "RS256"}, {"a": 2}), 3
        )
    with pytest.raises(ValueError, match="takes minutes"):
        recovery.recover("", "", 65537)


def test_the_equation_of_recovery_holds_for_the_right_key_alone() -> None:
    made = material("RS256")
    modulus = keys.number(made.jwk["n"])
    assert recovery.explains(modulus, 65537, made.token)
    assert not recovery.explains(modulus + 2, 65537, made.token)
    with pytest.raises(Unmet):
        TokenLibrary().signatures_should_reveal_key(
            {"keys": [keys.make("RS256", made.own.kid).jwk]}, made.token
        )


def test_the_listener_serves_a_key_set_and_remembers() -> None:
    server = KeyServer({"keys": [key("ES256").jwk]})
    try:
        assert server.works()
        assert server.seen(0.0) == []
        with urllib.request.urlopen(server.url, timeout=2) as answer:
            assert json.load(answer)["keys"][0]["kid"] == key("ES256").kid
        assert server.seen() == ["GET /keys.json from 127.0.0.1"]
    finally:
        server.close()


def test_the_library_says_who_asked_a_listener() -> None:
    library = TokenLibrary()
    address = library.start_key_server()
    library.key_server_should_have_seen_nothing()
    urllib.request.urlopen(address, timeout=2).close()
    with pytest.raises(Unmet, match="GET /keys.json"):
        library.key_server_should_have_seen_nothing()
    library.stop_key_servers()
    with pytest.raises(RuntimeError, match="Start Key Server first"):
        library.key_server_should_have_seen_nothing()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_rows_at_the_edge_lie_on_either_side(algorithm: str) -> None:
    made = material(algorithm)
    rows = TokenLibrary().rows_at_the_edge(made.token, made.own, 5)
    assert sum(row.accepted for row in rows) == 4
    assert rows[0].name == "exp not yet beyond the leeway"
    for row in rows[:-1]:
        token = row.request["token"]
        told = compact.open_token(str(token.value) if isinstance(token, Secret) else token).claims
        outside = told["exp"] + 5 <= made.at or told.get("nbf", 0) - 5 > made.at or told["iat"] - 5 > made.at
        assert outside is not row.accepted, row.name


def test_forms_of_the_header_have_good_ones_and_hide_tokens_only() -> None:
    rows = TokenLibrary().forms_of_the_header("a.b.c")
    assert [row.request["authorization"].value for row in rows if row.accepted] == [
        "Bearer a.b.c",
        "bearer a.b.c",
        "BEARER a.b.c",
    ]
    assert all(isinstance(row.request["authorization"], Secret) is ("{}" in row.note) for row in rows)
    misplaced = TokenLibrary().forms_with_bearer_misplaced("a.b.c")
    assert {"Bearer twice", "bearer inside the token's place"} <= {row.name for row in misplaced}
    others = TokenLibrary().headers_of_other_schemes("a.b.c")
    assert [row.request["authorization"].value for row in others if row.accepted] == ["Bearer a.b.c"]


def test_the_material_of_a_stranger_is_not_the_platforms() -> None:
    made = Material(material("RS256").token)
    assert made.stranger().jwk["n"] != key("RS256").jwk["n"]


def test_a_published_key_without_its_algorithm_is_told() -> None:
    bare = {name: value for name, value in key("RS256").jwk.items() if name != "alg"}
    TokenLibrary().keys_should_name_their_algorithms({"keys": [key("RS256").jwk]})
    with pytest.raises(Unmet, match="an algorithm in each"):
        TokenLibrary().keys_should_name_their_algorithms({"keys": [key("RS256").jwk, bare]})


def test_a_key_for_encryption_may_stand_beside_those_that_verify() -> None:
    own, other = keys.make("ES256").jwk, {**keys.make("RS256").jwk, "use": "enc", "alg": "RSA-OAEP"}
    TokenLibrary().key_set_should_be_fit_to_publish({"keys": [own, other]})
    TokenLibrary().keys_should_name_their_algorithms({"keys": [own, other]})
    with pytest.raises(Unmet, match="to verify with"):
        TokenLibrary().key_set_should_be_fit_to_publish({"keys": [other]})
    with pytest.raises(Unmet, match="holds the private member d"):
        TokenLibrary().key_set_should_be_fit_to_publish({"keys": [own, {**other, "d": "AQ"}]})
