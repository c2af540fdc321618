"""The table of tamperings: what a party that can write the store's folder can do to an entity's files.

Each entry has a name, what it touches and what it makes of a scene; what does not apply to a layout or a scene says why.
"""

from __future__ import annotations

from assay.blob import edits, moves
from assay.blob.layout import Layout
from assay.blob.places import PLACES
from assay.blob.scene import LeftOut, Plan, Scene, Tampering

__all__ = ["LeftOut", "Plan", "Scene", "Tampering", "sort", "table"]


def table(layout: Layout) -> list[Tampering]:
    """Every tampering that could be meant for a layout, in a fixed order."""
    return [
        *(one for part in ("ciphertext", "nonce", "tag") for one in edits.of_bytes(part)),
        *edits.of_metadata(layout),
        *(edits.downgrade(word) for word in ("AES-CTR", "AES-CBC", "none", "AES-GCM-SIV")),
        Tampering("format: a lower one", "format", edits.lower_format),
        Tampering("tag: made anew by another key", "tag", edits.retagged),
        *(
            Tampering(f"files: sealed for another {name}", "identity", edits.resealed(name))
            for name in ("schema", "key")
        ),
        *moves.whole(layout),
        *edits.lengths(layout),
        *(
            Tampering(f"{role}: a symbolic link to its bytes", role, moves.linked(role))
            for role in layout.files
        ),
        *(
            Tampering(f"chunks: {name}", "chunks", moves.chunked(change))
            for name, change in moves.CHUNKS.items()
        ),
        *(
            Tampering(f"{role}: {name}", role, moves.in_place(role, make))
            for role in layout.files
            for name, make in PLACES.items()
        ),
    ]


def sort(scene: Scene) -> tuple[list[Tampering], dict[str, str]]:
    """The tamperings that apply to a scene, and the reason of each that does not."""
    fitting, left_out = [], {}
    for one in table(scene.entity.layout):
        try:
            one.plan(scene)
        except LeftOut as reason:
            left_out[one.name] = str(reason)
        else:
            fitting.append(one)
    return fitting, left_out
