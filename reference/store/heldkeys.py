"""The data keys that a processing worker was given: in memory alone, overwritten when they are no longer its."""

from collections.abc import Awaitable, Callable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference.common import problems
from reference.store import wrapping
from reference.store.vault import wipe
from reference.store.wire import Subscribed, WrappedKey


class HeldKeys:
    """Keys by their id. What is lacking is asked for by subscribing once more."""

    def __init__(self, worker_id: str) -> None:
        self._worker_id = worker_id
        self._private = X25519PrivateKey.generate()
        self._keys: dict[str, tuple[str, bytearray]] = {}

    def public_key(self) -> bytes:
        """What keys are to be wrapped for."""
        return self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def take(self, subscribed: Subscribed) -> None:
        """Takes out the keys that came."""
        for wrapped in subscribed.keys:
            if wrapped.key_id not in self._keys:
                self._keys[wrapped.key_id] = (wrapped.schema, self.unwrap(wrapped))

    def unwrap(self, wrapped: WrappedKey) -> bytearray:
        """A key that was wrapped for this worker, and for what it says."""
        about = wrapping.context(self._worker_id, wrapped.schema, wrapped.key_id)
        return wrapping.unwrap(self._private, wrapped.wrapped, about)

    async def get(
        self, schema: str, key_id: str, subscribe: Callable[[list[str]], Awaitable[None]]
    ) -> bytearray:
        """A key of a schema; raises key-unavailable where main gives none of this id."""
        if key_id not in self._keys:
            await subscribe([schema])
        return self.find(schema, key_id)

    def find(self, schema: str, key_id: str) -> bytearray:
        """The key of this id and no other, where it is this schema's."""
        of_schema, key = self._keys.get(key_id, ("", bytearray()))
        if not key or of_schema != schema:
            raise problems.Problem("key-unavailable")
        return key

    def forget(self, key_ids: list[str]) -> None:
        """Overwrites keys that count no more."""
        for key_id in key_ids:
            _, key = self._keys.pop(key_id, ("", bytearray()))
            wipe(key)

    def forget_schemas(self, schemas: list[str]) -> None:
        """Overwrites the keys of schemas."""
        self.forget([key_id for key_id, (schema, _) in self._keys.items() if schema in schemas])

    def forget_all(self) -> None:
        """Overwrites everything."""
        self.forget(list(self._keys))
