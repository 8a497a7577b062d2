import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from vault import keys
from vault.keys import BadKeys, CannotOpen, parse_ring, seal, unseal

OLD = bytes(range(32))
NEW = bytes(range(32, 64))
texts = st.text(st.characters(exclude_categories=["Cs"]))


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


@given(texts, texts)
def test_seal_round_trip(plain: str, place: str) -> None:
    assert unseal(seal(plain, place), place) == plain


@given(texts)
def test_seal_twice_differs(plain: str) -> None:
    assert seal(plain, "here") != seal(plain, "here")


def test_seal_hides_the_text() -> None:
    assert b"I felt rushed" not in seal("I felt rushed", "here")


def test_seal_names_the_first_key(settings: Settings) -> None:
    settings.FIELD_KEYS = {"new": NEW, "old": OLD}
    assert seal("text", "here").startswith(b"new:")


def test_unseal_with_an_old_key_of_the_ring(settings: Settings) -> None:
    settings.FIELD_KEYS = {"old": OLD}
    sealed = seal("text", "here")
    settings.FIELD_KEYS = {"new": NEW, "old": OLD}
    assert unseal(sealed, "here") == "text"


def test_unseal_after_the_key_left_the_ring(settings: Settings) -> None:
    settings.FIELD_KEYS = {"old": OLD}
    sealed = seal("text", "here")
    settings.FIELD_KEYS = {"new": NEW}
    with pytest.raises(CannotOpen, match="No key"):
        unseal(sealed, "here")


def test_unseal_with_another_key_of_the_same_name(settings: Settings) -> None:
    settings.FIELD_KEYS = {"k": OLD}
    sealed = seal("text", "here")
    settings.FIELD_KEYS = {"k": NEW}
    with pytest.raises(CannotOpen):
        unseal(sealed, "here")


@given(plain=texts, flipped=st.integers(min_value=0), bit=st.integers(0, 7))
def test_unseal_notices_any_flipped_bit(plain: str, flipped: int, bit: int) -> None:
    sealed = bytearray(seal(plain, "here"))
    sealed[flipped % len(sealed)] ^= 1 << bit
    with pytest.raises(CannotOpen):
        unseal(bytes(sealed), "here")


@given(texts, texts, texts)
def test_unseal_only_where_it_was_sealed(plain: str, place: str, other: str) -> None:
    sealed = seal(plain, place)
    if place != other:
        with pytest.raises(CannotOpen):
            unseal(sealed, other)


@pytest.mark.parametrize("stored", [b"", b"Ana R.", b"k1:", b"k1:short", b"\xff\xfe:x", b":"])
def test_unseal_takes_nothing_that_was_not_sealed(stored: bytes) -> None:
    with pytest.raises(CannotOpen):
        unseal(stored, "here")


@given(st.binary())
def test_unseal_of_any_bytes_raises_only_cannot_open(stored: bytes) -> None:
    with pytest.raises(CannotOpen):
        unseal(stored, "here")


def test_parse_ring_keeps_the_order() -> None:
    ring = parse_ring(f" b:{encoded(NEW)}, a:{encoded(OLD)} ,")
    assert list(ring.items()) == [("b", NEW), ("a", OLD)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        "no-colon",
        "k1:not base64!",
        f"k1:{encoded(b'short')}",
        f"k1:{encoded(NEW + b'x')}",
        f":{encoded(NEW)}",
        f"{'k' * 21}:{encoded(NEW)}",
        f"k-1:{encoded(NEW)}",
        encoded(NEW),
    ],
)
def test_parse_ring_refuses(text: str) -> None:
    with pytest.raises(BadKeys):
        parse_ring(text)


def test_parse_ring_says_nothing_of_the_key_itself() -> None:
    secret = encoded(b"too short but secret")
    with pytest.raises(BadKeys) as caught:
        parse_ring(f"k1:{secret}")
    assert secret not in str(caught.value)


def test_parse_ring_refuses_one_name_for_two_keys() -> None:
    """The first would silently be lost, and with it all that it sealed."""
    with pytest.raises(BadKeys):
        parse_ring(f"k1:{encoded(NEW)},k1:{encoded(OLD)}")


def test_nonces_do_not_repeat() -> None:
    start = len("k1:")
    nonces = {seal("", "here")[start : start + keys.NONCE_BYTES] for _ in range(1000)}
    assert len(nonces) == 1000
