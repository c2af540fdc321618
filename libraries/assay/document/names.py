"""Names of entities that are easily mixed up, or taken for something else, by file systems, paths and the store's own files."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

_COMPOSED = "Zoë-Ångström-ﬁ"

# Each line: what it is about, and names that are all different.
TWINS: Mapping[str, Sequence[str]] = {
    "capitals and small letters": ("Key", "key", "KEY", "kEY"),
    "Unicode, composed and decomposed": tuple(
        dict.fromkeys(unicodedata.normalize(form, _COMPOSED) for form in ("NFC", "NFD", "NFKC", "NFKD"))
    ),
    "letters that look alike": ("paypal", "p\u0430ypal", "paypa1", "paypaI"),
    "a dot at the end": ("name", "name.", "name..."),
    "a space at an end": ("name", "name ", " name", "na me"),
    "joined by an underscore": ("b_c", "b", "c", "_b_c", "b_c_"),
    "endings of files": ("a", "a.tmp", "a.meta.json", "a.json.enc", "a.json", "a.lock", "a.sealed", "a.part"),
    "a percent sign": ("a b", "a%20b", "a+b", "a%2520b"),
    "hidden files": (".a", "a", "..a", "...a"),
    "numbers": ("1", "01", "1.0", "1e0", "0x1"),
    "words of languages": ("null", "None", "true", "undefined", "NaN", "nil"),
    "names of devices": ("CON", "con", "NUL", "nul", "COM1", "aux.txt"),
    "invisible characters": ("ab", "a\u200bb", "a\u00adb", "a\ufeffb"),
    "directions of writing": ("abc", "\u202eabc", "a\u202ec", "\u200fabc"),
    "pictures": ("😀", "😀\ufe0f", "👩‍👩‍👧", "👩👩👧"),
    "length": ("a" * 254, "a" * 255, "ä" * 127, "😀" * 63),
    "separators of keys": ("a:b", "a_b", "a|b", "a,b", "a;b", "a\\u0000b".replace("\\u0000", "␀")),
    "shells and formats": ("$HOME", "`id`", "$(id)", "%s%n", "{{7*7}}", "'; DROP TABLE x; --"),
}

# What no name may be, since it is a way out of a directory or no text at all.
FORBIDDEN: Mapping[str, str] = {
    "a path upwards": "../escape",
    "a path upwards, twice": "../../escape",
    "a path upwards in the middle": "a/../../escape",
    "an absolute path": "/etc/escape",
    "a folder": "folder/escape",
    "a path of Windows upwards": "..\\escape",
    "a drive": "C:\\escape",
    "a share": "\\\\host\\share",
    "two dots": "..",
    "one dot": ".",
    "a NUL": "a\0b",
    "a NUL before an ending": "escape\0.txt",
    "a line end": "a\nb",
    "a carriage return": "a\rb",
    "an escape sequence": "a\x1b[31mb",
    "nothing": "",
    "256 bytes": "a" * 256,
    "256 bytes of letters with accents": "ä" * 128,
    "four kilobytes": "a" * 4096,
}

# Escaped or look-alike slashes are letters: they are taken as they are, or refused; never followed.
DISGUISED: Mapping[str, str] = {
    "escaped slashes": "..%2f..%2fescape",
    "escaped dots": "%2e%2e%2fescape",
    "escaped twice": "..%252f..%252fescape",
    "a full-width slash": "..\uff0f..\uff0fescape",
    "a division slash": "..\u2215..\u2215escape",
    "overlong dots": "%c0%ae%c0%ae%c0%afescape",
    "four dots and two slashes": "....//....//escape".replace("//", "\u2044"),
}
