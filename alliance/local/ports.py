"""Ports on this machine's loopback address."""

import socket

from alliance.local.problem import Problem

LOOPBACK = "127.0.0.1"
HIGHEST = 65535


def free_port(first: int = 0) -> int:
    """The first free one from `first` on; any if that is 0."""
    while True:
        try:
            with socket.create_server((LOOPBACK, first)) as server:
                port: int = server.getsockname()[1]
            return port
        except OSError:
            first = first + 1 if first < HIGHEST else 0


def require_free(port: int, purpose: str, option: str) -> None:
    """Said before anything is started: a server's own message would be deep in a log."""
    try:
        # Like the servers do, this takes a port whose last connection has only just ended.
        socket.create_server((LOOPBACK, port)).close()
    except OSError as error:
        reason = (
            "needs rights that this user does not have"
            if isinstance(error, PermissionError)
            else "is already in use, by another program or an earlier start"
        )
        raise Problem(
            f"Port {port}, where {purpose} should be, {reason}.\n"
            f"Stop that program, or choose another port, for example "
            f"make demo {option}={free_port(max(port, 8000) + 1)}"
        ) from error
