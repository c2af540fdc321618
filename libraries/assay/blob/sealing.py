"""Opens and seals an entity as its layout says: keys, commitment, associated data, cipher."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from assay.blob.ciphers import NotOpened, algorithm, derive, unseal, unwrap
from assay.blob.entity import Contents, Entity
from assay.blob.steps import NUMBERS, Malformed, take
from assay.core.errors import AssayError

AGE = "age-v1"


def cipher_of(entity: Entity, contents: Contents) -> str:
    """The algorithm that the file names, if the layout allows it."""
    part = entity.layout.data["algorithm"].get("part", "")
    said = entity.part(part, contents).decode("utf-8", "replace") if part else ""
    found = entity.layout.algorithm(said)
    if found is None:
        allowed = ", ".join(entity.layout.data["algorithm"]["words"])
        raise NotOpened(f"the algorithm '{said[:40]}' is not allowed; allowed: {allowed}")
    return found


def unsealed(entity: Entity, key: bytes, contents: Contents | None = None, committed: bool = True) -> bytes:
    """The plaintext. Raises NotOpened, with words that hold nothing of it, for anything that is not right.

    `committed=False` leaves the key commitment unlooked at, to show what a product without one would take.
    """
    try:
        contents = contents if contents is not None else entity.contents()
        agree(entity, contents)
        name = cipher_of(entity, contents)
        if name == AGE:
            return _age(key, contents[next(iter(contents))])
        given = _data_key(entity, key, contents)
        if committed:
            _check_commitment(entity, given, contents)
        return unseal(
            name,
            _encryption_key(entity, given, contents),
            entity.part("nonce", contents),
            entity.view("ciphertext", contents),
            entity.part("tag", contents),
            associated_data(entity, contents),
        )
    except Malformed as error:
        raise NotOpened(str(error)) from None


def sealed(entity: Entity, key: bytes, plaintext: bytes, contents: Contents, fresh: bool = True) -> Contents:
    """The contents with this plaintext sealed by that key; what else the files say stays, and is bound again."""
    name = cipher_of(entity, contents)
    if name == AGE:
        raise AssayError("age files are sealed for recipients, not by a key")
    if fresh:
        nonce = secrets.token_bytes(algorithm(name).nonce)
        contents = entity.with_part("nonce", nonce, contents)
    given = _data_key(entity, key, contents)
    contents = committed_to(entity, given, contents)
    made = algorithm(name).seal(
        _encryption_key(entity, given, contents),
        entity.part("nonce", contents),
        plaintext,
        associated_data(entity, contents),
    )
    size = algorithm(name).tag
    return entity.with_part("tag", made[-size:], entity.with_part("ciphertext", made[:-size], contents))


def committed_to(entity: Entity, key: bytes, contents: Contents) -> Contents:
    """The contents with the commitment to a data key, where the layout has one."""
    said = entity.layout.data.get("key", {}).get("commitment")
    return (
        entity.with_part(said["part"], _derived(entity, said, key, contents), contents) if said else contents
    )


def encryption_key(entity: Entity, key: bytes, contents: Contents) -> bytes:
    """The key that encrypts, from the one that is given."""
    return _encryption_key(entity, _data_key(entity, key, contents), contents)


def associated_data(entity: Entity, contents: Contents) -> bytes:
    return _joined(entity, entity.layout.data.get("associated_data", []), contents)


def agree(entity: Entity, contents: Contents) -> None:
    """What a file says of whose it is, and of its version, must be what its name and the caller say."""
    for role, path in entity.files.items():
        found = entity.layout.role(path)
        words: dict[str, str] = dict(found[1]) if found and found[0] == role else {}
        for name in ("schema", "key"):
            words.pop(name, None)
        for name, word in {**words, **entity.identity}.items():
            if name in entity.layout.places and word:
                said = entity.part(name, contents).decode("utf-8", "replace")
                if said != word:
                    raise NotOpened(f"{path} says that its {name} is '{said[:60]}', it is '{word}'")


def _age(key: bytes, content: bytes) -> bytes:
    import pyrage

    try:
        identity = pyrage.x25519.Identity.from_str(key.decode("ascii"))
    except (UnicodeDecodeError, pyrage.IdentityError):
        raise AssayError("the key is no identity of age; right would be AGE-SECRET-KEY-1...") from None
    try:
        opened: bytes = pyrage.decrypt(content, [identity])
    except pyrage.DecryptError:
        raise NotOpened("the file does not open: another recipient, or something was changed") from None
    return opened


def _data_key(entity: Entity, key: bytes, contents: Contents) -> bytes:
    said = entity.layout.data.get("key", {}).get("wrapped")
    if not said:
        return key
    by = entity.part(said["by"], contents).decode("utf-8", "replace")
    return unwrap(by, key, entity.part(said["value"], contents))


def _encryption_key(entity: Entity, key: bytes, contents: Contents) -> bytes:
    said = entity.layout.data.get("key", {}).get("derived")
    return _derived(entity, said, key, contents) if said else key


def _check_commitment(entity: Entity, key: bytes, contents: Contents) -> None:
    from cryptography.hazmat.primitives.constant_time import bytes_eq

    said = entity.layout.data.get("key", {}).get("commitment")
    if said and not bytes_eq(_derived(entity, said, key, contents), entity.part(said["part"], contents)):
        raise NotOpened("the commitment is to another key")


def _derived(entity: Entity, said: Mapping[str, Any], key: bytes, contents: Contents) -> bytes:
    salt = _joined(entity, said.get("salt", []), contents)
    info = _joined(entity, said.get("info", []), contents)
    return derive(said["function"], key, salt, info, said.get("bytes", 32))


def _joined(entity: Entity, recipe: Sequence[Mapping[str, Any]], contents: Contents) -> bytes:
    return b"".join(_item(entity, item, contents) for item in recipe)


def _item(entity: Entity, item: Mapping[str, Any], contents: Contents) -> bytes:
    if "part" in item:
        reading = entity.written if item.get("written") else entity.part
        value = reading(item["part"], contents)
    elif "before" in item:
        value = _before(entity, item["file"], item["before"], contents)
    elif "identity" in item:
        if item["identity"] not in entity.identity:
            raise AssayError(
                f"the layout {entity.layout.name} binds the {item['identity']}, which is not given"
            )
        value = entity.identity[item["identity"]].encode()
    else:
        value = item["constant"].encode()
    if prefix := item.get("prefix"):
        size, order = NUMBERS[prefix]
        return len(value).to_bytes(size, order) + value  # type: ignore[arg-type]  # one of two words
    return value


def _before(entity: Entity, role: str, segment: str, contents: Contents) -> bytes:
    whole = take(entity.layout.coding(role), contents[role])
    return whole[: entity.layout.finder(role)(whole)[segment].begins]
