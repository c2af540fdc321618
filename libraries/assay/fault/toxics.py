"""The toxics of a proxy: their kinds, what each can be told, and one as it was added. The words are Toxiproxy's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.core.errors import AssayError, accepted

STREAMS = ("upstream", "downstream")


@dataclass(frozen=True)
class Kind:
    """What a kind of toxic does, and its values with what they are by themselves; a time is in milliseconds."""

    says: str
    values: Mapping[str, float]
    times: tuple[str, ...] = ()


KINDS = {
    "latency": Kind(
        "each piece comes later, by `latency` and up to `jitter` more or less; the order is kept",
        {"latency": 0, "jitter": 0},
        ("latency", "jitter"),
    ),
    "bandwidth": Kind("no more than `rate` kilobytes a second", {"rate": 0}),
    "slow_close": Kind("the end of the connection is passed on after `delay`", {"delay": 0}, ("delay",)),
    "timeout": Kind(
        "nothing comes through; the connection ends after `timeout`, never where that is 0",
        {"timeout": 0},
        ("timeout",),
    ),
    "reset_peer": Kind(
        "the connection is reset (RST) after `timeout`, or once `bytes` have passed; at once where both are 0",
        {"timeout": 0, "bytes": 0},
        ("timeout",),
    ),
    "slicer": Kind(
        "pieces of `average_size` bytes, up to `size_variation` more or less, with `delay` between them",
        {"average_size": 64, "size_variation": 0, "delay": 0},
        ("delay",),
    ),
    "limit_data": Kind("the connection ends once `bytes` have passed", {"bytes": 0}),
    "down": Kind("connections end, and new ones are refused", {}),
}


@dataclass(frozen=True, eq=False)
class Toxic:
    """A toxic on one stream of a proxy. `toxicity` is the share of connections that it meets."""

    name: str
    kind: str
    stream: str
    toxicity: float = 1.0
    values: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def __str__(self) -> str:
        told = ", ".join(f"{name} {value:g}" for name, value in self.values.items())
        return f"{self.name}: {self.kind} {self.stream}" + (f" ({told})" if told else "")


def toxic(kind: str, stream: str, toxicity: float, name: str | None, given: Mapping[str, Any]) -> Toxic:
    """A toxic as it was asked for; AssayError says what it cannot be told."""
    if kind not in KINDS:
        raise AssayError(f"there is no toxic {kind}{accepted(kind, KINDS)}")
    if stream not in STREAMS:
        raise AssayError(f"there is no stream {stream}{accepted(stream, STREAMS)}")
    if not 0 <= toxicity <= 1:
        raise AssayError(f"a toxicity is a share from 0 to 1, not {toxicity:g}")
    known = KINDS[kind]
    if unknown := [one for one in given if one not in known.values]:
        raise AssayError(f"{kind} has no value {unknown[0]}{accepted(unknown[0], known.values)}")
    values = {one: _number(kind, one, given.get(one, default)) for one, default in known.values.items()}
    return Toxic(name or f"{kind}_{stream}", kind, stream, toxicity, values)


def _number(kind: str, name: str, value: Any) -> float:
    """A number; a time may be written with its unit (`1.5 s`), else it is in milliseconds."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        if name not in KINDS[kind].times:
            raise AssayError(f"{name} of {kind} is a number, not '{value}'") from None
        from robot.utils import timestr_to_secs

        try:
            number = timestr_to_secs(value) * 1000
        except ValueError as error:
            raise AssayError(f"{name} of {kind} is no time: '{value}'") from error
    if number < 0:
        raise AssayError(f"{name} of {kind} is not below 0, it was {value}")
    return number
