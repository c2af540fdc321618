"""Each forgery changes what it claims, a strict verifier refuses every one of them, and accepts every control."""

from __future__ import annotations

import json

import pytest
from assay.token import attacks, keys
from assay.token.compact import Compact, decode, open_token
from assay.token.material import Lacking, Material
from assay.TokenLibrary import TokenLibrary
from robot.api import SkipExecution
from robot.api.types import Secret

from tests.token.conftest import ALGORITHMS, claims, key, material
from tests.token.verifier import accepts

#: The fewest forgeries of each group, for a token by RS256; another where the group is of that alone.
SIZES = {
    "none": 25,
    "blank secret": 16,
    "public key as secret": 40,
    "sibling algorithm": 18,
    "stripped": 20,
    "psychic": 35,
    "header bits": 60,
    "payload bits": 150,
    "signature bits": 270,
    "borrowed signature": 12,
    "malleable": 20,
    "reencoded signature": 11,
    "spelling": 45,
    "signed spelling": 20,
    "double names": 17,
    "odd JSON": 25,
    "JSON serialisation": 16,
    "critical header": 15,
    "compressed": 6,
    "encrypted": 25,
    "encrypted and compressed": 10,
    "embedded key": 11,
    "key address": 30,
    "certificate chain": 9,
    "key name": 80,
    "wrong key name": 45,
    "more rights": 9,
    "expiry": 20,
    "beginning": 28,
    "issuer": 16,
    "audience": 18,
    "subject": 11,
    "session": 7,
    "token kind": 17,
    "type": 14,
    "hostile claim": 30,
    "known secret": 300,
}
ONLY_FOR = {"malleable": ("EdDSA",), "reencoded signature": ("ES256", "ES384", "ES512")}


def _groups() -> list[tuple[str, str]]:
    return [
        (group, algorithm)
        for group in attacks.GROUPS
        for algorithm in ALGORITHMS
        if algorithm in ONLY_FOR.get(group, ALGORITHMS)
    ]


def test_every_group_has_a_size_that_is_held() -> None:
    assert set(SIZES) == set(attacks.GROUPS)


@pytest.mark.parametrize("group", SIZES)
def test_a_group_is_as_large_as_it_should_be(group: str) -> None:
    made = material(ONLY_FOR.get(group, ("RS256",))[0])
    assert len(attacks.made(group, made)) >= SIZES[group]


@pytest.mark.parametrize(("group", "algorithm"), _groups())
def test_a_strict_verifier_refuses_every_forgery_and_accepts_every_control(
    group: str, algorithm: str
) -> None:
    made = material(algorithm)
    judged = {
        row.name: accepts(_sent(row.request["token"]), made)
        for table in attacks.tables(group, made)
        for row in table
    }
    expected = {row.name: row.accepted for table in attacks.tables(group, made) for row in table}
    assert judged == expected


@pytest.mark.parametrize(("group", "algorithm"), _groups())
def test_names_are_unique_and_no_forgery_is_another_or_the_token_itself(group: str, algorithm: str) -> None:
    made = material(algorithm)
    found = attacks.made(group, made)
    assert len({forgery.name for forgery, _ in found}) == len(found)
    texts = [text for forgery, text in found if not forgery.accepted]
    assert len(set(texts)) == len(texts)
    assert made.token not in texts


@pytest.mark.parametrize(
    "group", [name for name, one in attacks.GROUPS.items() if one.resigned and name != "odd JSON"]
)
def test_groups_that_are_signed_carry_true_signatures(group: str) -> None:
    made = material("RS256")
    for forgery, text in attacks.made(group, made):
        if forgery.name.startswith(
            (
                "RS",
                "PS",
                "header ",
                "alg ",
                "b64 false, the payload",
                "zip DEF, a stranger",
                "zip DEF, alg none",
            )
        ):
            continue
        parts = Compact.of(text) if text.count(".") == 2 else None
        assert parts is not None, forgery.name
        assert keys.holds(made.own.jwk, "RS256", parts.signing_input, decode(parts.signature)), forgery.name


@pytest.mark.parametrize("group", ["expiry", "beginning", "issuer", "audience", "subject", "session"])
def test_forgeries_of_claims_change_one_claim(group: str) -> None:
    made = material("ES256")
    for forgery, text in attacks.made(group, made):
        payload = json.loads(decode(Compact.of(text).payload).replace(b"0x7fffffff", b"1"))
        other = {
            name for name in {*payload, *made.claims} if payload.get(name, ...) != made.claims.get(name, ...)
        }
        assert other == {forgery.name.split()[0]}, forgery.name
        assert open_header(text) == {**made.header, "alg": "ES256", "kid": made.own.kid}


def open_header(text: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(decode(Compact.of(text).header))
    return found


def test_sweeps_turn_exactly_one_bit_and_reach_every_octet() -> None:
    made = material("RS256")
    for segment in ("header", "payload", "signature"):
        before = decode(getattr(made.compact, segment))
        reached = set()
        for _, text in attacks.made(f"{segment} bits", made):
            after = decode(getattr(Compact.of(text), segment))
            difference = [
                (index, a ^ b) for index, (a, b) in enumerate(zip(before, after, strict=True)) if a != b
            ]
            assert len(difference) == 1
            assert difference[0][1].bit_count() == 1
            reached.add(difference[0][0])
        assert reached == set(range(len(before)))


def test_the_public_key_as_secret_is_a_true_hmac_with_the_key() -> None:
    made = material("RS256")
    pem = keys.read(made.jwk)
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    text = attacks.forged("public key as secret", "HS256 with SPKI, PEM", made)
    parts = Compact.of(text)
    secret = pem.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert keys.mac(secret, parts.signing_input) == decode(parts.signature)
    assert open_token(text).header["alg"] == "HS256"


def test_a_signature_of_ed25519_plus_the_order_would_hold_for_careless_arithmetic() -> None:
    made = material("EdDSA")
    text = attacks.forged("malleable", "S plus 1 times the order", made)
    before, after = made.signature, decode(Compact.of(text).signature)
    assert before[:32] == after[:32]
    difference = int.from_bytes(after[32:], "little") - int.from_bytes(before[32:], "little")
    assert difference == 2**252 + 27742317777372353535851937790883648493


def test_tables_have_a_control_and_can_be_read() -> None:
    made = material("RS256")
    for group in attacks.GROUPS:
        for rows in attacks.tables(group, made) if group not in ONLY_FOR else ():
            assert rows[0].accepted
            assert isinstance(rows[0].request["token"], Secret)
            assert 2 <= len(rows) <= 150


def test_a_sample_holds_something_of_every_sort() -> None:
    sample = attacks.sample(material("RS256"))
    sorts = {row.name.partition(":")[0] for row in sample[1:]}
    assert len(sorts) >= len(attacks.GROUPS) - 5
    assert len(attacks.sample(Material(material("RS256").token, (key("RS256").jwk,)))) < len(sample) <= 150


def test_what_is_lacking_is_named() -> None:
    bare = Material(material("RS256").token)
    with pytest.raises(Lacking, match="key_set="):
        attacks.rows("public key as secret", bare)
    with pytest.raises(Lacking, match="key="):
        attacks.rows("issuer", bare)
    with pytest.raises(Lacking, match="listener|canary"):
        attacks.rows("key address", bare)


def test_an_unknown_group_or_forgery_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="did you mean 'issuer'"):
        attacks.group("isuer")
    with pytest.raises(ValueError, match="has no forgery"):
        attacks.forged("none", "alg nun", material("RS256"))


def test_a_group_is_found_however_it_is_written() -> None:
    assert attacks.group("Odd_JSON") is attacks.group("odd json")


def test_a_token_that_names_no_session_is_not_forged_to_name_a_wrong_one() -> None:
    own, library = key("ES256"), TokenLibrary()
    bare = material("ES256").claiming("sid")
    assert len(library.one_forgery_of_each_claim(material("ES256").token, own)) == 7
    assert len(library.one_forgery_of_each_claim(bare, own)) == 6
    assert "wrong session" in {row.name for row in library.forgeries_for_timing(material("ES256").token, own)}
    assert "wrong session" not in {row.name for row in library.forgeries_for_timing(bare, own)}
    with pytest.raises(SkipExecution, match="no forgery of 'session'"):
        library.tables_of_forgeries("session", bare, key=own)


def test_the_word_bearer_is_put_beside_the_bare_token() -> None:
    rows = TokenLibrary().tokens_with_bearer_before_them("abc.def.ghi")
    assert [row.name for row in rows] == [
        "the bare token",
        "Bearer TOKEN",
        "bearer TOKEN",
        "BEARER TOKEN",
        "Bearer Bearer TOKEN",
        "Bearer Bearer Bearer TOKEN",
        "Bearer bearer TOKEN",
        "Bearer TOKENBearer ",
        "BearerTOKEN",
    ]


def test_the_strict_verifier_is_not_simply_refusing() -> None:
    made = material("RS256")
    assert accepts(made.token, made)
    assert accepts(made.resigned(), made)
    assert not accepts(made.claiming(sub="user-2"), made)
    assert claims("user-2")["sub"] == "user-2"


def _sent(token: Secret | str) -> str:
    return str(token.value) if isinstance(token, Secret) else str(token)
