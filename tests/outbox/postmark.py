"""Stands in for Postmark: takes mails over HTTP as their API does, and answers as it is told."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TAKEN = {
    "To": "lena@mail.example",
    "SubmittedAt": "2026-09-07T14:00:00.0000000+00:00",
    "MessageID": "b7bc2f4a-e38e-4336-af7d-e6c392c2f817",
    "ErrorCode": 0,
    "Message": "OK",
}


class Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not like our certificate is no error here."""


@dataclass
class Postmark:
    url: str = ""
    status: int = 200
    answer: dict[str, Any] = field(default_factory=lambda: dict(TAKEN))
    seconds: float = 0  # how long it thinks
    hangs_up: bool = False  # after it has read the mail, without a word
    mails: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def header(self, name: str) -> list[str]:
        [mail] = self.mails
        return [header["Value"] for header in mail["Headers"] if header["Name"] == name]


def own_certificate(folder: Path) -> ssl.SSLContext:
    """Of nobody that anybody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "own.pem"
    plain = serialization.NoEncryption()
    pkcs8 = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    file.write_bytes(key.private_bytes(pem, pkcs8, plain) + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Postmark]:
    postmark = Postmark()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"]))
            postmark.mails.append(json.loads(text))
            postmark.keys.append(self.headers["X-Postmark-Server-Token"])
            if postmark.hangs_up:
                self.close_connection = True
                return
            time.sleep(postmark.seconds)
            body = json.dumps(postmark.answer).encode()
            self.send_response(postmark.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quietly."""

        def handle(self) -> None:
            """The client may be gone before we have thought."""
            try:
                super().handle()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def finish(self) -> None:
            try:
                super().finish()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    server = Quiet(("127.0.0.1", 0), Handler)
    postmark.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/"
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield postmark
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
