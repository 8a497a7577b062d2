"""The ring of keys, read from the environment, and sealing with it.

A sealed value names the key that sealed it, and is bound to the place where it stands (table,
column, row): moved to another row it no longer opens. Nothing here falls back: a value that does
not open raises.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


class BadKeys(ValueError):
    """The key ring in the environment cannot be used."""


class CannotOpen(Exception):
    """A stored value was changed, moved, or sealed with a key that is not on the ring."""


def parse_ring(text: str) -> dict[str, bytes]:
    """Read "id:key,id:key": AES-256 keys in base64; the first one seals, all of them open."""
    ring: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, encoded = entry.partition(":")
        if key_id in ring:
            raise BadKeys(f"Two keys are called {key_id!r}.")
        ring[key_id] = _decoded(key_id, encoded)
    if not ring:
        raise BadKeys("The key ring is empty.")
    return ring


def _decoded(key_id: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise BadKeys(f"Key {key_id!r} is not valid base64.") from error
    if len(key) != 32 or not 1 <= len(key_id) <= 20 or not key_id.isalnum():
        raise BadKeys(f"Key {key_id!r} needs a short plain id and 32 bytes.")
    return key


@cache
def _ciphers(ring: tuple[tuple[str, bytes], ...]) -> Mapping[str, AESGCM]:
    return {key_id: AESGCM(key) for key_id, key in ring}


def _current() -> Mapping[str, AESGCM]:
    return _ciphers(tuple(settings.FIELD_KEYS.items()))


def seal(plain: str, place: str) -> bytes:
    """Encrypt with the ring's first key for this place; returns ``id:nonce+ciphertext``."""
    key_id, cipher = next(iter(_current().items()))
    nonce = secrets.token_bytes(NONCE_BYTES)
    return key_id.encode() + b":" + nonce + cipher.encrypt(nonce, plain.encode(), place.encode())


def unseal(sealed: bytes, place: str) -> str:
    """Decrypt what `seal` made for the same place; raises `CannotOpen` for anything else."""
    key_id, _, body = sealed.partition(b":")
    cipher = _current().get(key_id.decode("ascii", "replace"))
    if cipher is None:
        raise CannotOpen(f"No key for the value at {place}.")
    try:
        return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], place.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise CannotOpen(f"The value at {place} does not open.") from error
