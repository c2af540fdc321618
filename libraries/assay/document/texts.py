"""JSON texts that must come back with every digit."""

from __future__ import annotations

from collections.abc import Mapping

EXACT: Mapping[str, str] = {
    "whole numbers beyond what a double holds": '{"n": 9007199254740993, "m": -9007199254740993}',
    "whole numbers of 64 bits and one more": '{"n": 18446744073709551615, "m": 18446744073709551616}',
    "a whole number of a hundred digits": '{"n": ' + "1234567890" * 10 + "}",
    "fractions with many digits": '{"n": 0.1000000000000000055511151231257827, "m": 1.10}',
    "a fraction that is whole": '{"n": 1.0, "m": 1, "o": -0.0}',
    "exponents": '{"n": 1e10, "m": 1E-7, "o": 1e300}',
    "texts of every plane": '{"t": "ä \u20ac 😀 \ud7ff \uffff"}',
    "escapes": '{"t": "\\u0000\\u001f\\"\\\\\\/\\b\\f\\n\\r\\t"}',
    "texts that are not normalised": '{"t": "e\\u0301 \u00e9 \ufb01"}',
    "names of members that are odd": '{"": 1, " ": 2, "a.b": 3, "$ref": "x", "__proto__": {"a": 1}, "constructor": 4}',
    "nothing in it": '{"a": {}, "b": [], "c": "", "d": null}',
    "depth": '{"a": ' + "[" * 40 + "1" + "]" * 40 + "}",
    "bytes in base64": '{"b": "AAECAwQFBgcICQoLDA0ODw=="}',
    "words that mean something elsewhere": '{"a": "null", "b": "NaN", "c": "true", "d": "undefined", "e": "1e5"}',
}
