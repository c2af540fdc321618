"""What a refusal over gRPC says, lost or changed on the way."""

from typing import Any
from urllib.parse import unquote

from reference.defects import Function, Hit, Patch, defect


@defect(
    "store.messages-in-ascii",
    breaks=["GRPC-02"],
    says="Letters that are not of ASCII are question marks in messages over gRPC.",
    partial=True,
)
def messages_in_ascii(patch: Patch) -> None:
    def factory(message_of: Function, hit: Hit) -> Function:
        def plain(problem: Any) -> str:
            told = str(message_of(problem))
            if not told.isascii():
                hit()
            return told.encode("ascii", "replace").decode()

        return plain

    patch.replace("store.refusals:message_of", factory)


@defect(
    "store.messages-decoded-once-more",
    breaks=["GRPC-02"],
    says="What looks percent-encoded in a message over gRPC is decoded before it is sent.",
    partial=True,
)
def messages_decoded_once_more(patch: Patch) -> None:
    def factory(message_of: Function, hit: Hit) -> Function:
        def decoded(problem: Any) -> str:
            told = str(message_of(problem))
            if unquote(told) != told:
                hit()
            return unquote(told)

        return decoded

    patch.replace("store.refusals:message_of", factory)
