"""What every process of the store needs, done once before they are forked; gRPC is imported only afterwards."""

from reference.store import app, codec, protocol, run, worker


def prepare() -> None:
    """Imports the parts and makes the messages."""
    assert app and codec and run and worker
    protocol.messages()
