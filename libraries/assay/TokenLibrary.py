"""Keywords that make, open, judge and forge JSON Web Tokens and the keys behind them."""

from __future__ import annotations

from robot.api.deco import library

from assay.token.checking import Checking
from assay.token.forging import Forging
from assay.token.making import Making


@library(scope="GLOBAL", auto_keywords=False)
class TokenLibrary(Making, Forging, Checking):
    """Knows tokens in compact form (RFC 7515) and every way to forge them that the catalogue names.

    Asks no service itself.

    *Forgeries* come in groups, each for one requirement: `none`, `blank secret`, `public key as secret`,
    `sibling algorithm`, `stripped`, `psychic`, `header bits`, `payload bits`, `signature bits`, `borrowed
    signature`, `malleable`, `reencoded signature`, `spelling`, `signed spelling`, `double names`, `odd JSON`,
    `JSON serialisation`, `critical header`, `compressed`, `encrypted`, `encrypted and compressed`, `embedded key`, `key address`,
    `certificate chain`, `key name`, `wrong key name`, `more rights`, `expiry`, `beginning`, `issuer`,
    `audience`, `subject`, `session`, `token kind`, `type`, `hostile claim`, `known secret`. A group becomes
    rows for the keyword `Call Each Row` of HttpLibrary, the good form among them as the control.

    Forgeries in which only one thing may be wrong are signed: with a key whose private half is made here
    (`Make Signing Key`) and which a private platform is told to trust.

    Tokens go in and come out as ``Secret``; forged ones are no credentials and travel as text.
    """
