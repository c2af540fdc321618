"""A Set-Cookie header as browsers read it (RFC 6265, RFC 6265bis)."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz

from assay.evidence.redact import conceal


@dataclass(frozen=True)
class SetCookie:
    """One Set-Cookie header. Attributes are named in small letters; those without a value are empty texts."""

    name: str
    value: str = field(repr=False)
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def ends(self) -> bool:
        """Whether a browser forgets the cookie by this: Max-Age of nothing or less, or else Expires in the past."""
        seconds = self.attributes.get("max-age", "")
        if re.fullmatch(r"-?[0-9]+", seconds):
            return int(seconds) <= 0
        moment = parsedate_tz(self.attributes.get("expires", ""))
        return moment is not None and mktime_tz(moment) <= time.time()

    def path_for(self, asked: str) -> str:
        """Where a browser sends it: Path, or else where the path that was asked for lies (RFC 6265, 5.1.4 and 5.2.4)."""
        said = self.attributes.get("path", "")
        return said if said.startswith("/") else asked[: asked.rfind("/")] or "/"

    @property
    def octets(self) -> int:
        """What a browser counts towards its limit: name and value."""
        return len(self.name.encode()) + len(self.value.encode())


def read(header: str) -> SetCookie:
    """A Set-Cookie header, read as browsers read it (RFC 6265, 5.2)."""
    pair, *rest = header.split(";")
    name, _, value = pair.partition("=")
    attributes = {}
    for one in rest:
        key, _, said = one.partition("=")
        attributes[key.strip().lower()] = said.strip()
    if value.strip():
        conceal(value.strip(), "cookie")
    return SetCookie(name.strip(), value.strip(), attributes)
