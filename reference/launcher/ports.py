"""Ports: picked by the system, and kept for a service even while it is down."""

import socket

ADDRESS = "127.0.0.1"


class Port:
    """A port that nobody else is given: bound here, never listened on, so that a stopped service refuses connections."""

    def __init__(self) -> None:
        self._holder = _bound(0)
        self.number: int = self._holder.getsockname()[1]

    def listener(self) -> socket.socket:
        """A socket bound to the port, to be listened on."""
        return _bound(self.number)

    def answers(self) -> bool:
        """Whether something accepts connections."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(0.2)
            return probe.connect_ex((ADDRESS, self.number)) == 0

    def close(self) -> None:
        """Gives the port back."""
        self._holder.close()


def _bound(number: int) -> socket.socket:
    # Told apart as TCP, so that asyncio turns Nagle's algorithm off: answers would wait 40 ms for an acknowledgement.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((ADDRESS, number))
    return made
