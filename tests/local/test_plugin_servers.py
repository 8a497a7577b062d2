import pytest

from tests.plugin_servers import with_database


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis+socket:///a/v.sock?virtual_host=0", "redis+socket:///a/v.sock?virtual_host=3"),
        ("redis://localhost:6379/0", "redis://localhost:6379/3"),
        ("redis://:secret@localhost", "redis://:secret@localhost/3"),
        ("rediss://host/1?ssl_cert_reqs=required", "rediss://host/3?ssl_cert_reqs=required"),
    ],
)
def test_each_process_gets_a_database_of_its_own(url: str, expected: str) -> None:
    assert with_database(url, 3) == expected
