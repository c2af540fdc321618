"""A listener on loopback that serves a stranger's key set and remembers who asked for it."""

from __future__ import annotations

from typing import Any

from assay.core.listening import NotingServer
from assay.token.compact import dumps


class KeyServer(NotingServer):
    """Serves a key set to whoever asks."""

    def __init__(self, key_set: dict[str, Any]) -> None:
        super().__init__(dumps(key_set), "/keys.json")
