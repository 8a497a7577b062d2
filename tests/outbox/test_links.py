import hashlib
import string

from outbox import links


def test_tokens_do_not_repeat() -> None:
    assert len({links.new_token() for _ in range(10_000)}) == 10_000


def test_tokens_have_256_bits_and_fit_into_an_address() -> None:
    assert links.TOKEN_BYTES == 32
    token = links.new_token()
    assert len(token) == 43
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")


def test_digest_is_sha256_and_not_the_token() -> None:
    token = links.new_token()
    assert links.digest(token) == hashlib.sha256(token.encode()).digest()


def test_digest_of_any_cookie_is_some_digest() -> None:
    for cookie in ("", "\x00", "ÿ", "a" * 10_000):
        assert len(links.digest(cookie)) == 32
