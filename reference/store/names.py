"""Names of schemas and entities: which texts are one."""

import re

from reference.common import problems

MOST_BYTES = 255
_REFUSED = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]|^\.{1,2}\Z")


def is_name(text: str) -> bool:
    """Whether a text can be a name: no slashes, no control characters, 255 bytes at most as UTF-8."""
    try:
        length = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        return False
    return 0 < length <= MOST_BYTES and _REFUSED.search(text) is None


def check(text: str, field: str) -> str:
    """The name, as it is; raises invalid-request for what is none."""
    if not is_name(text):
        raise invalid(field, "is no name")
    return text


def invalid(field: str, detail: str) -> problems.Problem:
    """A request that cannot be done since one field of it is wrong."""
    return problems.Problem("invalid-request", errors=[{"field": field, "detail": detail}])
