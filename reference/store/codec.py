"""Messages as protobuf, or as JSON with the names of the proto file. The first byte tells them apart."""

import base64
import binascii
import json
import re
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from reference.common import problems, strictjson
from reference.store import names, protocol

_NUMBER = re.compile(r"-?[0-9]{1,19}")
_INTEGERS = {
    FieldDescriptor.TYPE_INT32: (-(1 << 31), (1 << 31) - 1),
    FieldDescriptor.TYPE_INT64: (-(1 << 63), (1 << 63) - 1),
}


def is_json(raw: bytes) -> bool:
    """Whether a message is JSON; one of ours in protobuf never begins so."""
    return raw[:1] == b"{"


def read(raw: bytes, name: str) -> Message:
    """A message of this name; raises a problem for what is none."""
    message: Message = protocol.messages()[name]()
    if is_json(raw):
        read_json(raw, message)
        return message
    try:
        message.ParseFromString(raw)
    except (DecodeError, ValueError):
        raise names.invalid("message", "is no message of this method") from None
    return message


def read_json(raw: bytes, message: Message) -> None:
    """Fills a message from JSON; what it does not know is left."""
    try:
        told = strictjson.loads(raw)
        strictjson.check_surrogates(told)
    except strictjson.NotStrict:
        raise problems.Problem("malformed-json") from None
    for field in message.DESCRIPTOR.fields:
        value = told.get(field.name)
        if value is not None:
            _set(message, field, value)


def _set(message: Message, field: Any, value: Any) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        _check(field, value, dict)
        for key, one in value.items():
            getattr(message, field.name)[key] = _scalar(field.message_type.fields_by_name["value"], one)
    elif field.is_repeated:
        _check(field, value, list)
        getattr(message, field.name).extend(_scalar(field, one) for one in value)
    else:
        setattr(message, field.name, _scalar(field, value))


def _scalar(field: Any, value: Any) -> Any:
    if field.type in _INTEGERS:
        return _integer(field, value)
    _check(field, value, str)
    if field.type != FieldDescriptor.TYPE_BYTES:
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise names.invalid(field.name, "is no base64") from None


def _integer(field: Any, value: Any) -> int:
    """A number, which may also be told as a text, as in protobuf's own JSON."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    _check(field, value, int)
    least, most = _INTEGERS[field.type]
    if isinstance(value, bool) or not least <= value <= most:
        raise names.invalid(field.name, "is no number of this size")
    return int(value)


def _check(field: Any, value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        raise names.invalid(field.name, "is not of the right type")


def write(message: Message, as_json: bool) -> bytes:
    """A message in the form in which it was asked for."""
    return json.dumps(plain(message), ensure_ascii=False).encode() if as_json else message.SerializeToString()


def plain(message: Message) -> dict[str, Any]:
    """A message as JSON has it: fields that say nothing are left out, numbers are numbers, bytes are base64."""
    return {field.name: _plain(field, value) for field, value in message.ListFields()}


def _plain(field: Any, value: Any) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return dict(value)
    if field.is_repeated:
        return [_plain_scalar(one) for one in value]
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    if isinstance(value, Message):
        return plain(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
