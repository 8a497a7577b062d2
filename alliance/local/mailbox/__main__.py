"""The mail server and its page as one program."""

import argparse
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from alliance.local.mailbox.page import PageServer
from alliance.local.mailbox.server import MailServer


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m alliance.local.mailbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--port", type=int, required=True, help="of the page")
    given = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: stop.set())
    with MailServer(given.folder, given.smtp_port) as server, PageServer(server.folder, given.port):
        stop.wait()


if __name__ == "__main__":
    main()
