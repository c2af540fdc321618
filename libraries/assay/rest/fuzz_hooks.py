"""What Schemathesis draws for the formats of the contract; it is loaded in its own process (SCHEMATHESIS_HOOKS).

Of all that the standard calls an address, these are such as every service takes.
"""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as some

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_WORD = some.text(_LETTERS, min_size=3, max_size=12)

schemathesis.openapi.format(
    "email", some.builds(lambda name, house: f"{name}@{house}.people.test", _WORD, _WORD)
)
