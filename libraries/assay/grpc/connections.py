"""Connections by their aliases, which every group of keywords shares."""

from __future__ import annotations

from typing import Any

from assay.core.errors import AssayError, accepted
from assay.grpc.channel import Channel


class Connections:
    """The channels of a library."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}

    def add_channel(self, alias: str, channel: Channel) -> None:
        """Keeps a channel under an alias; one that was there before is closed."""
        if (before := self._channels.get(alias)) is not None:
            before.close()
        self._channels[alias] = channel

    def channel(self, alias: str) -> Channel:
        """The channel of an alias."""
        if alias not in self._channels:
            raise AssayError(f"no connection is called '{alias}'{accepted(alias, self._channels)}")
        return self._channels[alias]

    def close_channels(self, alias: str | None = None) -> None:
        """Closes one channel, or all."""
        for name in [alias] if alias is not None else list(self._channels):
            if (found := self._channels.pop(name, None)) is not None:
                found.close()


def listed(value: Any) -> list[str]:
    """Names that are given as a list, or as a text with commas."""
    if value is None:
        return []
    if isinstance(value, str):
        return [one.strip() for one in value.split(",") if one.strip()]
    return [str(one) for one in value]
