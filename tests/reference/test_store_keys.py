"""Keys of the store: master key, data keys, public keys, and how keys travel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa, x25519
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference.common import clock, problems
from reference.common.securitylog import SecurityLog
from reference.store import publickeys, wrapping
from reference.store.access import Access
from reference.store.apikeys import ApiKeys, hashed
from reference.store.contents import Contents, Entries
from reference.store.grants import Grants
from reference.store.heldkeys import HeldKeys
from reference.store.keyring import KeyRing
from reference.store.settings import Settings
from reference.store.statefile import StateFile
from reference.store.vault import Vault, WrongMaster
from reference.store.wire import Entry, WrappedKey


class Clock:
    """How far ahead it is."""

    ahead = 0.0


@pytest.fixture
def time() -> Iterator[Clock]:
    made = Clock()
    clock.follow(lambda: made.ahead)
    yield made
    clock.follow(lambda: 0.0)


@pytest.fixture
def log(tmp_path: Path) -> SecurityLog:
    return SecurityLog(str(tmp_path / "log"), "store")


@pytest.fixture
def contents() -> Contents:
    return Contents()


def vault(folder: Path, master: bytes = b"m" * 32) -> Vault:
    (folder / "master").write_bytes(master)
    made = Vault(folder / "master", folder / "state")
    made.open()
    return made


@pytest.fixture
def ring(tmp_path: Path, contents: Contents, log: SecurityLog) -> KeyRing:
    return KeyRing(vault(tmp_path), tmp_path / "state", lambda: contents, log)


def test_a_vault_opens_again_by_the_same_master_key_alone(tmp_path: Path) -> None:
    first = vault(tmp_path)
    assert vault(tmp_path).index_keys() == first.index_keys()
    with pytest.raises(WrongMaster):
        vault(tmp_path, b"n" * 32)
    assert vault(tmp_path).name_key() == first.name_key()


def test_keys_for_different_purposes_differ(tmp_path: Path) -> None:
    made = vault(tmp_path)
    assert len({*made.index_keys(), made.name_key()}) == 3


def test_nothing_of_the_keys_lies_in_the_clear(tmp_path: Path, ring: KeyRing) -> None:
    key = ring.current("s")
    raw = ring.unwrap(key.key_id, "s")
    for path in (tmp_path / "state").iterdir():
        assert bytes(raw) not in path.read_bytes() and raw.hex() not in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_is_of_one_schema(ring: KeyRing) -> None:
    ours, theirs = ring.current("s"), ring.current("t")
    assert ring.unwrap(ours.key_id, "s") != ring.unwrap(theirs.key_id, "t")
    for key_id, schema in ((ours.key_id, "t"), ("unknown", "s")):
        with pytest.raises(problems.Problem, match="key-unavailable"):
            ring.unwrap(key_id, schema)


def test_a_retired_key_is_destroyed_once_nothing_is_under_it(ring: KeyRing, contents: Contents) -> None:
    old = ring.current("s")
    contents.apply(Entries("s", {"a": Entry(1, "f", b"", old.key_id)}))
    new = ring.replace(["s"])[0]
    ring.destroy_unused(set())
    assert ring.unwrap(old.key_id, "s") and ring.is_current(new.key_id)
    contents.apply(Entries("s", {"a": Entry(2, "g", b"", new.key_id)}))
    ring.destroy_unused({old.key_id})
    assert ring.unwrap(old.key_id, "s")
    told: list[str] = []
    ring.on_destroyed = told.extend
    ring.destroy_unused(set())
    assert told == [old.key_id]
    with pytest.raises(problems.Problem, match="key-unavailable"):
        ring.unwrap(old.key_id, "s")


def test_another_key_is_taken_in_time(ring: KeyRing) -> None:
    used = [ring.take("s", 3).key_id for _ in range(10)]
    assert [used.count(one) for one in dict.fromkeys(used)] == [3, 3, 3, 1]


def test_keys_are_there_again_after_a_start(tmp_path: Path, ring: KeyRing, log: SecurityLog) -> None:
    key = ring.current("s")
    again = KeyRing(vault(tmp_path), tmp_path / "state", Contents, log)
    assert again.unwrap(key.key_id, "s") == ring.unwrap(key.key_id, "s")


def refused(self: StateFile, value: object) -> None:
    raise OSError(28, "no room")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Has every file of the state be refused from then on."""
    return lambda: monkeypatch.setattr(StateFile, "save", refused)


def test_nothing_is_sealed_under_a_key_that_could_not_be_kept(
    ring: KeyRing, broken: Callable[[], None]
) -> None:
    key = ring.current("s")
    broken()
    with pytest.raises(OSError):
        ring.generate(["s"])
    assert ring.current("s").key_id == key.key_id and ring.is_current(key.key_id)
    assert [one.key_id for one in ring.live("s")] == [key.key_id]


def test_a_key_that_could_not_be_destroyed_is_destroyed_the_next_time(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ring.current("s")
    ring.replace(["s"])
    with monkeypatch.context() as now, pytest.raises(OSError):
        now.setattr(StateFile, "save", refused)
        ring.destroy_unused(set())
    ring.unwrap(old.key_id, "s")
    ring.destroy_unused(set())
    with pytest.raises(problems.Problem, match="key-unavailable"):
        ring.unwrap(old.key_id, "s")


def test_a_grant_whose_end_could_not_be_kept_can_be_ended_again(
    tmp_path: Path, log: SecurityLog, broken: Callable[[], None]
) -> None:
    grants, ended = Grants(tmp_path / "state", log), list[str]()
    grants.enrol("w")
    grants.grant("w", "s", None)
    grants.on_ended = lambda worker, schemas: ended.extend(schemas)
    broken()
    with pytest.raises(OSError):
        grants.revoke("w", "s")
    assert grants.granted("w", "s")
    with pytest.raises(OSError):
        grants.remove("w", ["s"])
    assert grants.granted("w", "s")
    assert ended == ["s", "s"]


def test_an_api_key_that_could_not_be_kept_is_none_and_one_that_could_not_be_ended_works(
    tmp_path: Path, log: SecurityLog, broken: Callable[[], None]
) -> None:
    keys = ApiKeys(tmp_path / "state", log)
    made, secret = keys.create("first", ["read"], None, None)
    broken()
    with pytest.raises(OSError):
        keys.create("second", ["read"], None, None)
    with pytest.raises(OSError):
        keys.revoke(made.id)
    assert keys.every() == [made] and keys.find(secret) == made


def pem(key: rsa.RSAPublicKey | x25519.X25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def rsa_pem(modulus: int, exponent: int = 65537) -> bytes:
    """A public key of any numbers, also of those that the library would not make."""
    import base64

    def tagged(tag: int, content: bytes) -> bytes:
        length = len(content)
        size = bytes([length]) if length < 128 else bytes([0x82]) + length.to_bytes(2, "big")
        return bytes([tag]) + size + content

    def number(value: int) -> bytes:
        return tagged(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))

    numbers = tagged(0x30, number(modulus) + number(exponent))
    algorithm = tagged(0x30, bytes.fromhex("06092a864886f70d010101") + b"\x05\x00")
    whole = tagged(0x30, algorithm + tagged(3, b"\0" + numbers))
    body = base64.encodebytes(whole).decode().replace("\n", "")
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n".encode()


@pytest.fixture(scope="module")
def pair() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def test_good_public_keys_are_taken(pair: rsa.RSAPrivateKey) -> None:
    assert publickeys.read(pem(pair.public_key()))
    assert publickeys.read(rsa_pem(pair.public_key().public_numbers().n))
    assert publickeys.read(pem(x25519.X25519PrivateKey.generate().public_key()))


def test_weak_public_keys_are_refused(pair: rsa.RSAPrivateKey) -> None:
    modulus = pair.public_key().public_numbers().n
    small = rsa.generate_private_key(65537, 1024).public_key().public_numbers().n
    odd = (1 << 2047) + 1
    rows = {
        "short": rsa_pem(small),
        "exponent 1": rsa_pem(modulus, 1),
        "exponent 2": rsa_pem(modulus, 65536),
        "even": rsa_pem(modulus + 1),
        "of three": rsa_pem(odd + (3 - odd % 3) % 3 + 3 * ((odd + (3 - odd % 3) % 3) % 2 == 0)),
        "power of the weak generator": rsa_pem(pow(65537, 128) | 1),
        "nothing": b"",
        "no key": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    }
    for name, row in rows.items():
        with pytest.raises(problems.Problem, match="invalid-request"):
            publickeys.read(row)
            raise AssertionError(name)


def test_points_of_low_order_are_refused() -> None:
    for raw in publickeys._LOW_ORDER:
        for high in (0, 0x80):
            point = raw[:31] + bytes([raw[31] | high])
            with pytest.raises(problems.Problem, match="invalid-request"):
                publickeys.read(pem(x25519.X25519PublicKey.from_public_bytes(point)))


def test_a_key_is_wrapped_by_oaep_with_sha256_alone(pair: rsa.RSAPrivateKey) -> None:
    key = bytearray(range(32))
    algorithm, wrapped = wrapping.wrap(pair.public_key(), key, "w", "s", "k")
    assert algorithm == "RSA-OAEP-SHA256"
    assert pair.decrypt(wrapped, padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)) == key
    with pytest.raises(ValueError):
        pair.decrypt(wrapped, padding.OAEP(padding.MGF1(SHA1()), SHA1(), None))


def test_what_was_wrapped_for_one_worker_schema_and_key_serves_no_other() -> None:
    private = x25519.X25519PrivateKey.generate()
    key = bytearray(range(32))
    _, wrapped = wrapping.wrap(private.public_key(), key, "w", "s", "k")
    _, again = wrapping.wrap(private.public_key(), key, "w", "s", "k")
    assert wrapped != again and bytes(key) not in wrapped
    assert wrapping.unwrap(private, wrapped, wrapping.context("w", "s", "k")) == key
    for names in (("v", "s", "k"), ("w", "t", "k"), ("w", "s", "l"), ("ws", "", "k")):
        with pytest.raises(ValueError):
            wrapping.unwrap(private, wrapped, wrapping.context(*names))


def test_what_a_worker_forgets_is_overwritten() -> None:
    held = HeldKeys("w")
    key = bytearray(range(32))
    public = held._private.public_key()
    algorithm, wrapped = wrapping.wrap(public, key, "w", "s", "k")
    told = WrappedKey(schema="s", key_id="k", algorithm=algorithm, wrapped=wrapped, current=True)
    held._keys["k"] = ("s", held.unwrap(told))
    mine = held.find("s", "k")
    with pytest.raises(problems.Problem, match="key-unavailable"):
        held.find("t", "k")
    held.forget_all()
    assert mine == bytes(32)


def test_a_grant_ends_at_its_time_and_not_before(tmp_path: Path, log: SecurityLog, time: Clock) -> None:
    grants = Grants(tmp_path / "state", log)
    ended: list[tuple[str, list[str]]] = []
    grants.on_ended = lambda worker, schemas: ended.append((worker, schemas))
    grants.enrol("w")
    grants.grant("w", "s", 100)
    assert grants.granted("w", "s") and not grants.granted("w", "t") and not grants.granted("v", "s")
    time.ahead = 99
    grants.end_expired()
    assert grants.granted("w", "s") and not ended
    time.ahead = 101
    assert not grants.granted("w", "s")
    grants.end_expired()
    grants.end_expired()
    assert ended == [("w", ["s"])] and not Grants(tmp_path / "state", log).granted("w", "s")


def test_a_schema_can_be_taken_from_a_worker_of_all(tmp_path: Path, log: SecurityLog) -> None:
    grants = Grants(tmp_path / "state", log)
    grants.enrol("w", every=True)
    grants.revoke("w", "s")
    assert not grants.granted("w", "s") and grants.granted("w", "t")
    assert list(grants.of("w", ["s", "t"])) == ["t"]
    grants.grant("w", "s", None)
    assert list(grants.of("w", ["s", "t"])) == ["s", "t"]
    with pytest.raises(problems.Problem, match="conflict"):
        grants.enrol("w")


@pytest.fixture
def access(tmp_path: Path, log: SecurityLog) -> Access:
    keys, grants = ApiKeys(tmp_path / "state", log), Grants(tmp_path / "state", log)
    return Access(hashed("admin"), keys, grants, Settings(client_token_lifetime=100), log)


def refusal(access: Access, token: str, operation: str, schema: str | None = None) -> str:
    try:
        access.authorise(token, operation, schema)
    except problems.Problem as problem:
        return problem.name
    return ""


@pytest.mark.parametrize(
    ("permissions", "schemas", "operation", "schema", "said"),
    [
        (["read"], None, "getEntity", "s", ""),
        (["read"], None, "putEntities", "s", "insufficient-permission"),
        (["write"], None, "putEntities", "s", ""),
        (["write"], None, "getEntity", "s", "insufficient-permission"),
        (["read", "write"], None, "listApiKeys", None, "insufficient-permission"),
        (["admin"], None, "listApiKeys", None, ""),
        (["admin"], None, "putSchema", "s", ""),
        (["read"], ["s"], "getEntity", "s", ""),
        (["read"], ["s"], "getEntity", "t", "insufficient-permission"),
        (["read"], [], "getEntity", "s", "insufficient-permission"),
        (["read"], None, "noSuchThing", None, "insufficient-permission"),
    ],
)
def test_a_token_does_what_its_key_may(
    access: Access, permissions: list[str], schemas: list[str] | None, operation: str, schema: str, said: str
) -> None:
    _, secret = access._api_keys.create("a key", permissions, schemas, None)
    token, _ = access.log_in(secret)
    assert refusal(access, token, operation, schema) == said


def test_tokens_end_with_their_time_and_with_their_key(access: Access, time: Clock) -> None:
    key, secret = access._api_keys.create("a key", ["read"], None, None)
    token, principal = access.log_in(secret)
    assert principal.expires_at > datetime.now(UTC)
    time.ahead = 99
    assert refusal(access, token, "getEntity", "s") == ""
    time.ahead = 101
    assert refusal(access, token, "getEntity", "s") == "invalid-token"
    other, _ = access.log_in(secret)
    access._api_keys.revoke(key.id)
    assert refusal(access, other, "getEntity", "s") == "invalid-token"
    with pytest.raises(problems.Problem, match="invalid-credentials"):
        access.log_in(secret)


def test_an_expired_key_gives_and_keeps_no_token(access: Access, time: Clock) -> None:
    _, secret = access._api_keys.create("a key", ["read"], None, 50)
    token, _ = access.log_in(secret)
    time.ahead = 51
    assert refusal(access, token, "getEntity", "s") == "invalid-token"
    with pytest.raises(problems.Problem, match="invalid-credentials"):
        access.log_in(secret)


def test_a_secret_is_kept_as_a_hash(access: Access, tmp_path: Path) -> None:
    _, secret = access._api_keys.create("a key", ["read"], None, None)
    kept = (tmp_path / "state" / "api-keys.json").read_text()
    assert secret.startswith("sk_") and len(secret) >= 40 and secret[3:] not in kept
    assert ApiKeys(tmp_path / "state", access._log).find(secret) is not None


def test_keys_of_several_schemas_are_replaced_in_one_write(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    schemas = ["a", "b", "c"]
    for schema in schemas:
        ring.current(schema)
    save, writes = StateFile.save, list[object]()

    def counted(self: StateFile, value: object) -> None:
        writes.append(value)
        save(self, value)

    monkeypatch.setattr(StateFile, "save", counted)
    made = ring.replace(schemas)
    assert len(writes) == 1 and [key.schema for key in made] == schemas
    assert ring.replace([]) == [] and len(writes) == 1
