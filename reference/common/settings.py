"""What a service can be told at its start, as data: names, defaults, bounds and meanings."""

from dataclasses import field, fields
from typing import Any, TypeVar

T = TypeVar("T")

_TYPES = {int: "integer", str: "string", bool: "boolean", dict: "object"}


class SettingError(ValueError):
    """A setting that is not known, or has a value that cannot be used; the message is one line."""


def about(says: str, minimum: int | None = None, values: tuple[str, ...] = ()) -> dict[str, Any]:
    """What is known of a setting besides its default."""
    return {"says": says, "minimum": minimum, "values": values}


def setting(default: Any, says: str, minimum: int | None = None, values: tuple[str, ...] = ()) -> Any:
    """A setting with its default, its meaning and its bounds."""
    return field(default=default, metadata=about(says, minimum, values))


def describe(kind: type[Any]) -> dict[str, dict[str, Any]]:
    """Every setting of a class of settings with type, default, bounds and meaning."""
    described = {}
    for name, default in vars(kind()).items():
        metadata = next(one.metadata for one in fields(kind) if one.name == name)
        entry = {"type": _TYPES[type(default)], "default": default, "says": metadata["says"]}
        if metadata["minimum"] is not None:
            entry["minimum"] = metadata["minimum"]
        if metadata["values"]:
            entry["values"] = list(metadata["values"])
        described[name] = entry
    return described


def parse(kind: type[T], given: dict[str, Any]) -> T:
    """Settings from what was asked for; raises SettingError for a name or value that is not accepted."""
    known = describe(kind)
    for name, value in given.items():
        check(known, name, value)
    return kind(**given)


def check(known: dict[str, dict[str, Any]], name: str, value: Any) -> None:
    """Raises SettingError for a name that is not known or a value that is not accepted."""
    if name not in known:
        raise SettingError(f"there is no setting {name}; known: {', '.join(sorted(known))}")
    kind = known[name]["type"]
    if _TYPES.get(type(value)) != kind:
        raise SettingError(f"setting {name} must be of type {kind}")
    if kind == "integer" and value < known[name].get("minimum", 0):
        raise SettingError(f"setting {name} must be at least {known[name]['minimum']}")
    if "values" in known[name] and value not in known[name]["values"]:
        raise SettingError(f"setting {name} must be one of {', '.join(known[name]['values'])}")
