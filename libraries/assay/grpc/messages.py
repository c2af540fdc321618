"""Messages as dictionaries: fields by their names in the proto, bytes as bytes, enums by name, numbers as numbers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from robot.api.types import Secret

from assay.core.errors import AssayError
from assay.evidence.opening import kind_of
from assay.evidence.redact import conceal
from assay.grpc.settings import BytesText

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message import Message

_WELL_KNOWN = "google.protobuf."
_BYTES = 12
Plain = Callable[[Any], Any]


def shaped(message: Mapping[str, Any], of: Descriptor | None, texts: BytesText, kind: str = "secret") -> Any:
    """A message as JSON has it: secrets opened and concealed, bytes in base64.

    `texts` says what a text for a field of bytes is: base64 already, or to be sent in UTF-8.
    """
    return {
        str(name): _shaped(value, _field(of, str(name)), texts, kind_of(str(name), kind))
        for name, value in message.items()
    }


def made(message: Mapping[str, Any], of: Descriptor, texts: BytesText, pool: DescriptorPool) -> Message:
    """The message of a dictionary. Raises AssayError that names the field which the proto does not know or allow."""
    from google.protobuf import json_format
    from google.protobuf.message_factory import GetMessageClass

    try:
        return json_format.ParseDict(shaped(message, of, texts), GetMessageClass(of)(), descriptor_pool=pool)
    except json_format.ParseError as error:
        raise AssayError(f"no message {of.full_name}: {error}") from error


def plain(message: Message) -> dict[str, Any]:
    """A message as a dictionary. Fields that were not sent have their default; messages and optional ones are left out."""
    found: dict[str, Any] = {}
    for name, presence, repeated, convert in _plan(message.DESCRIPTOR):
        if presence and not message.HasField(name):
            continue
        value = getattr(message, name)
        if repeated == "map":
            found[name] = {key: convert(value[key]) for key in value} if convert else dict(value)
        elif repeated:
            found[name] = [convert(one) for one in value] if convert else list(value)
        else:
            found[name] = convert(value) if convert else value
    return found


def plain_of_json(value: Any, of: Descriptor | None) -> Any:
    """A JSON body in the same form as `plain` gives; members that the proto does not know stay as they are."""
    if of is None or not isinstance(value, Mapping):
        return value
    found = {name: _plain_json(item, _field(of, name)) for name, item in value.items()}
    for name, presence, repeated, _ in _plan(of):
        if not presence and name not in found:
            field = of.fields_by_name[name]
            found[name] = {} if repeated == "map" else [] if repeated else _default(field)
    return found


def kept_secret(body: Any, names: frozenset[str]) -> Any:
    """The body with those fields as Secret, concealed; bytes are given as base64."""
    if isinstance(body, Mapping):
        return {
            name: _secret(name, item) if name in names and item else kept_secret(item, names)
            for name, item in body.items()
        }
    return [kept_secret(item, names) for item in body] if isinstance(body, list) else body


def opened_text(value: Any) -> Any:
    """For json.dumps: what JSON has no form for."""
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    return str(value)


def _secret(name: str, value: Any) -> Any:
    if not isinstance(value, str | bytes):
        return value
    text = value if isinstance(value, str) else base64.b64encode(value).decode()
    conceal(text, kind_of(name))
    return Secret(text)


def _field(of: Descriptor | None, name: str) -> FieldDescriptor | None:
    if of is None:
        return None
    return of.fields_by_name.get(name) or of.fields_by_camelcase_name.get(name)


def _shaped(value: Any, field: FieldDescriptor | None, texts: BytesText, kind: str) -> Any:
    if isinstance(value, Secret):
        conceal(str(value.value), kind)
        value = value.value
    if isinstance(value, Mapping):
        of = field.message_type if field is not None else None
        if of is not None and of.GetOptions().map_entry:
            item = of.fields_by_name["value"]
            return {str(key): _shaped(one, item, texts, kind) for key, one in value.items()}
        return shaped(value, of, texts, kind)
    if isinstance(value, list | tuple):
        return [_shaped(one, field, texts, kind) for one in value]
    if isinstance(value, bytes | bytearray):
        if field is not None and field.type != _BYTES:
            raise AssayError(f"the field {field.full_name} is no field of bytes; give what it holds")
        return base64.b64encode(value).decode()
    if isinstance(value, str) and texts == "utf-8" and field is not None and field.type == _BYTES:
        return base64.b64encode(value.encode()).decode()
    return value


@lru_cache(maxsize=512)
def _plan(of: Descriptor) -> list[tuple[str, bool, str, Plain | None]]:
    """Of each field: its name, whether it can be absent, whether it is a list or a map, and how a value is made plain."""
    plan: list[tuple[str, bool, str, Plain | None]] = []
    for field in of.fields:
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            plan.append((field.name, False, "map", _converter(kind.fields_by_name["value"])))
        else:
            repeated = "list" if field.is_repeated else ""
            plan.append((field.name, field.has_presence and not repeated, repeated, _converter(field)))
    return plan


def _converter(field: FieldDescriptor) -> Plain | None:
    if field.message_type is not None:
        return _well_known if field.message_type.full_name.startswith(_WELL_KNOWN) else plain
    if field.enum_type is not None:
        names = {number: value.name for number, value in field.enum_type.values_by_number.items()}
        return lambda number: names.get(number, number)
    return None


def _well_known(message: Message) -> Any:
    from google.protobuf import json_format

    pool: Any = message.DESCRIPTOR.file.pool
    return json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=pool)


def _plain_json(value: Any, field: FieldDescriptor | None) -> Any:
    if field is None:
        return value
    kind = field.message_type
    if isinstance(value, Mapping) and kind is not None and kind.GetOptions().map_entry:
        return {key: _plain_json(item, kind.fields_by_name["value"]) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_json(item, field) for item in value]
    if kind is not None and not kind.full_name.startswith(_WELL_KNOWN):
        return plain_of_json(value, kind)
    if field.type == _BYTES and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return value
    return value


def _default(field: FieldDescriptor) -> Any:
    if field.enum_type is not None:
        return field.enum_type.values[0].name
    return b"" if field.type == _BYTES else field.default_value
