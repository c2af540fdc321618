"""The table of all groups of forgeries, and rows made of them."""

from __future__ import annotations

from robot.api.types import Secret

from assay.core.errors import accepted
from assay.core.rows import Row
from assay.token import algorithms, claims, encrypted, forms, known_secrets, selection, signatures
from assay.token.material import Forgery, Group, Material

GROUPS: dict[str, Group] = {
    group.name: group
    for part in (algorithms, signatures, forms, encrypted, selection, claims, known_secrets)
    for group in part.GROUPS
}


class Forged(str):
    """What is sent in the place of a token.

    No credential, so that a log need not be searched for each of thousands.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "<a forged token>"


#: A table can be read up to so many rows; of these one is the control.
LARGEST = 149


def group(name: str) -> Group:
    """A group by its name; raises ValueError that tells the known ones."""
    wanted = name.replace("_", " ").strip().lower()
    for known, found in GROUPS.items():
        if known.lower() == wanted:
            return found
    raise ValueError(f"there are no forgeries called '{name}'{accepted(wanted, GROUPS)}")


def made(name: str, material: Material) -> list[tuple[Forgery, str]]:
    """The forgeries of a group with what is sent for each.

    Those that the token does not lend itself to are left out.
    """
    found = [(forgery, forgery.make(material)) for forgery in group(name).forgeries(material)]
    return [(forgery, text) for forgery, text in found if text is not None]


def forged(name: str, forgery: str, material: Material) -> Forged:
    """One forgery of a group; raises ValueError that tells the group's when there is none of that name."""
    found = {one.name: one for one in group(name).forgeries(material)}
    if forgery not in found:
        raise ValueError(f"the group '{name}' has no forgery '{forgery}'{accepted(forgery, found)}")
    text = found[forgery].make(material)
    if text is None:
        raise ValueError(f"the forgery '{forgery}' cannot be made from this token")
    return Forged(text)


def rows(name: str, material: Material, field: str = "token", part: int = 1, parts: int = 1) -> list[Row]:
    """A table of one group: the control first, then the forgeries of one of so many equal parts."""
    wanted = group(name)
    all_made = made(name, material)
    if not 1 <= part <= parts:
        raise ValueError(f"there is no part {part} of {parts}")
    size = -(-len(all_made) // parts)
    if size > LARGEST:
        raise ValueError(
            f"the group '{name}' has {len(all_made)} forgeries; a table holds {LARGEST}: give parts={-(-len(all_made) // LARGEST)}"
        )
    chosen = all_made[(part - 1) * size : part * size]
    if not any(not forgery.accepted for forgery, _ in chosen):
        raise ValueError(f"part {part} of {parts} of the group '{name}' holds no forgery")
    control = material.resigned() if wanted.resigned else material.token
    told = "the token, signed anew" if wanted.resigned else "the token as it was issued"
    return [
        Row(told, {field: Secret(control)}, accepted=True, note="control"),
        *(
            Row(forgery.name, {field: _sent(forgery, text)}, forgery.accepted, forgery.why or wanted.why)
            for forgery, text in chosen
        ),
    ]


def tables(name: str, material: Material, field: str = "token") -> list[list[Row]]:
    """All of a group in as few tables as can be read, each with the control."""
    parts = -(-len(made(name, material)) // LARGEST)
    return [rows(name, material, field, part, parts) for part in range(1, parts + 1)]


def _sent(forgery: Forgery, text: str) -> Secret | Forged:
    return Secret(text) if forgery.accepted else Forged(text)


#: For the comparison of verdicts: of each group these many, spread over it.
SAMPLED = 2
_OF_ANOTHER_SORT = ("known secret", "key address", "malleable", "reencoded signature", "header bits")


def sample(material: Material) -> list[Row]:
    """A few forgeries of every group that can be made of the material, with the control."""
    found = [
        Row("the token as it was issued", {"token": Secret(material.token)}, accepted=True, note="control")
    ]
    for name, one in GROUPS.items():
        if name in _OF_ANOTHER_SORT or (one.resigned and material.key is None):
            continue
        refused = [(forgery, text) for forgery, text in made(name, material) if not forgery.accepted]
        step = max(1, len(refused) // SAMPLED)
        found += [
            Row(f"{name}: {forgery.name}", {"token": Forged(text)}, note=one.why)
            for forgery, text in refused[step // 2 :: step][:SAMPLED]
        ]
    return found
