"""What Redis remembers of sessions and counts: always something that may be lost, never the truth."""

import json
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from reference.common import clock

TIMEOUT_SECONDS = 0.25
_PAUSE_SECONDS = 1.0
_ENDED = "ended"
_FORGET_LIVING = """
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  if redis.call('GET', key) ~= 'ended' then redis.call('DEL', key) end
end
"""
_REMEMBER = """
local held = redis.call('GET', KEYS[1])
if held == 'ended' or held and cjson.decode(held)['until'] > tonumber(ARGV[3]) then return end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
"""
_REPLACE = """
if redis.call('GET', KEYS[1]) ~= 'ended' then redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
"""

Answer = TypeVar("Answer")


class Away(Exception):
    """Redis does not answer."""


@dataclass(frozen=True)
class Remembered:
    """A session as it was when PostgreSQL was last asked; without a user, it has ended."""

    user_id: str | None
    permissions: tuple[str, ...] = ()
    until: float = math.inf


class Cache:
    """Redis, with a pause after each failure, and distrusted after it until what it remembers has been dropped."""

    def __init__(self, url: str, prefix: str = "auth") -> None:
        self._prefix = prefix
        self._lock = threading.Lock()
        self._closed_until = 0.0
        self._failures, self._dropped_at = 1, 0
        self._client = redis.Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def recall(self, session_id: str) -> Remembered | None:
        """What is remembered of a session; None where nothing is, or Redis is away."""
        try:
            value = self._ask(lambda client: client.get(self._session(session_id)))
        except Away:
            return None
        if value is None:
            return None
        if value == _ENDED:
            return Remembered(None)
        known = json.loads(value)
        return Remembered(known["user_id"], tuple(known["permissions"]), known["until"])

    def remember(self, session_id: str, user_id: str, permissions: tuple[str, ...], seconds: int) -> None:
        """Keeps a living session for a while, unless it is known to have ended or is remembered still."""
        self._keep(_REMEMBER, session_id, user_id, permissions, seconds)

    def replace(self, session_id: str, user_id: str, permissions: tuple[str, ...], seconds: int) -> None:
        """Keeps a living session as it is from now on, whatever a slower reader may still want to write."""
        self._keep(_REPLACE, session_id, user_id, permissions, seconds)

    def _keep(
        self, script: str, session_id: str, user_id: str, permissions: tuple[str, ...], seconds: int
    ) -> None:
        now = clock.seconds()
        value = json.dumps({"user_id": user_id, "permissions": permissions, "until": now + seconds})
        key = self._session(session_id)
        self._try(lambda client: client.eval(script, 1, key, value, seconds, now))

    def remember_ended(self, session_ids: list[str], seconds: int) -> None:
        """Keeps that sessions have ended, whatever a slower reader may still want to write."""

        def write(client: redis.Redis) -> None:
            pipeline = client.pipeline(transaction=False)
            for session_id in session_ids:
                pipeline.set(self._session(session_id), _ENDED, ex=seconds)
            pipeline.execute()

        self._try(write)

    def run(self, script: str, names: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Runs a script on keys, at once for everybody; raises Away."""
        keys = [f"{self._prefix}:{name}" for name in names]
        return self._ask(lambda client: client.eval(script, len(keys), *keys, *arguments))

    def _session(self, session_id: str) -> str:
        return f"{self._prefix}:session:{session_id}"

    def _try(self, action: Callable[[redis.Redis], Any]) -> None:
        try:
            self._ask(action)
        except Away:
            return

    def _ask(self, action: Callable[[redis.Redis], Answer]) -> Answer:
        """Asks Redis, unless it failed a moment ago; after a failure, living sessions are dropped first."""
        if time.monotonic() < self._closed_until:
            raise Away
        try:
            failures = self._failures  # one that comes while they are dropped asks for dropping them again
            if self._dropped_at != failures:
                self._client.eval(_FORGET_LIVING, 0, f"{self._prefix}:session:*")
                self._dropped_at = failures
            return action(self._client)
        except redis.RedisError as error:
            with self._lock:
                self._closed_until = time.monotonic() + _PAUSE_SECONDS
                self._failures += 1
            raise Away from error
