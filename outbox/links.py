"""The secret in an e-mailed link: made when the mail is made, only its digest is kept."""

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """256 random bits, URL-safe, without meaning."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> bytes:
    """What is stored and looked up. A fast hash is enough for a value nobody can guess."""
    return hashlib.sha256(token.encode()).digest()
