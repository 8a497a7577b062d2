"""Sends prepared requests as fast as the server takes them; a process that imports no Django.

Standard input: one line of JSON, then an empty line as the starting shot. Standard output: "ready",
then one line of JSON with the moments of beginning and end, and each request's milliseconds.
"""

import json
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

LENGTH = b"content-length:"


def main() -> None:
    job = json.loads(sys.stdin.readline())
    requests = iter([each.encode() for each in job["requests"]])
    lines = [socket.create_connection(("127.0.0.1", job["port"])) for _ in range(job["lines"])]
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(measured(lines, requests, job["expected"])), flush=True)


def measured(
    lines: list[socket.socket], requests: Iterator[bytes], expected: int
) -> dict[str, Any]:
    began = time.monotonic()  # the same clock in every process
    with ThreadPoolExecutor(len(lines)) as threads:
        runs = [threads.submit(drive, line, requests, expected) for line in lines]
        took = [milliseconds for run in runs for milliseconds in run.result()]
    return {"began": began, "ended": time.monotonic(), "milliseconds": took}


def drive(line: socket.socket, requests: Iterator[bytes], expected: int) -> list[float]:
    """One connection, kept open: the next request as soon as the last one is answered."""
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    took = []
    with line:
        for request in requests:
            began = time.perf_counter()
            line.sendall(request)
            status = answered(line)
            took.append(1000 * (time.perf_counter() - began))
            if status != expected:
                raise SystemExit(f"The server answered {status}, not {expected}.")
    return took


def answered(line: socket.socket) -> int:
    """Read one answer to its end; returns its status."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += received(line)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [row for row in head.lower().split(b"\r\n") if row.startswith(LENGTH)]
    missing = int(lengths[0][len(LENGTH) :]) - len(body)
    while missing > 0:
        missing -= len(received(line))
    return int(head[9:12])


def received(line: socket.socket) -> bytes:
    data = line.recv(65536)
    if not data:
        raise SystemExit("The server closed the connection.")
    return data


if __name__ == "__main__":
    main()
