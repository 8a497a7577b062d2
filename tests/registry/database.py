"""The whole database as text, as somebody with a stolen dump would see it."""

from collections.abc import Collection

from django.db import connection

# Who is logged in, and how often somebody tried: kept for minutes, and written on any page.
FLEETING = frozenset({"django_session", "django_cache"})


def tables() -> list[str]:
    return sorted(connection.introspection.table_names())


def rows(table: str) -> list[str]:
    """Each row as PostgreSQL writes it; bytes are written in hexadecimal."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY t::text')
        return [text for (text,) in cursor.fetchall()]


def dump() -> str:
    return "\n".join(f"{table}: {row}" for table in tables() for row in rows(table))


def holds(text: str, *, in_dump: str) -> bool:
    """Whether the dump has these words, as they are or as bytes in hexadecimal."""
    return text in in_dump or text.encode().hex() in in_dump


def fingerprint(without: Collection[str] = FLEETING) -> dict[str, tuple[int, str]]:
    """Number and digest of the rows of each table: equal exactly if nothing was written."""
    asked = [
        f"SELECT '{table}', count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
        f' FROM "{table}" t'
        for table in tables()
        if table not in without
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}
