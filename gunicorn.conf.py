"""The web server, for production and for the demo: https://docs.gunicorn.org/en/stable/settings.html"""

import os
from pathlib import Path
from typing import Any

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Threads, because a request mostly waits for PostgreSQL.
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))

# Imported once, before the workers are made: they share the memory and are ready sooner. Nothing
# opens a connection while it is imported.
preload_app = True

timeout = 30
graceful_timeout = 20
keepalive = 5  # longer than a proxy waits between two requests of one page
max_requests = 10_000  # a slow leak of a library never becomes large
max_requests_jitter = 1_000

# The heartbeat is a file: in memory, because a busy disk would look like a hung worker.
MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes an unnamed file there
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None

# The proxies whose X-Forwarded-Proto is believed. About addresses Django decides: TRUSTED_PROXIES.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")

# No access log: the path of a client's link is its password, a search in the caseload names a
# client, and who changed what when is in the audit log. The server's own messages mask both, see
# the end.
accesslog = None
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "info").lower()

control_socket_disable = True  # a way in that nobody here uses


def on_starting(server: Any) -> None:
    """Before the workers are made, so that they inherit it."""
    # Not earlier: gunicorn adds the project to Python's path only after reading this file.
    from alliance.logs import MaskLinks  # noqa: PLC0415

    server.log.error_log.addFilter(MaskLinks())
