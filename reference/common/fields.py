"""Kinds of fields and bodies that any service has."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SECRET: dict[str, Any] = {"format": "password", "x-secret": True}

# Control characters, ends of lines and paragraphs, and what turns the direction of writing around.
_UNSHOWABLE = "[\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]"


def showable(text: str | None) -> str | None:
    """A name that can be shown on one line, as it is; the joiners that several scripts need are no control characters."""
    if text is not None and re.search(_UNSHOWABLE, text):
        raise ValueError("must hold no control characters")
    return text


SHOWABLE: dict[str, Any] = {"not": {"type": "string", "pattern": _UNSHOWABLE}}
Title = Annotated[
    str,
    Field(min_length=1, max_length=100, pattern=r"\S", json_schema_extra=SHOWABLE),
    AfterValidator(showable),
]


class Strict(BaseModel):
    """A body with these fields and no others, in exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True)
