"""What the figures were measured on."""

import os
import platform
import time
from pathlib import Path
from statistics import median

import django
from django.db import connection

TICKS = os.sysconf("SC_CLK_TCK")


def described() -> dict[str, str]:
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "load before": ", ".join(f"{load:.1f}" for load in os.getloadavg()),
        "versions": f"Python {platform.python_version()}, Django {django.__version__}, "
        f"PostgreSQL {_asked('SHOW server_version')}",
        "durable": f"fsync {_asked('SHOW fsync')}, "
        f"synchronous_commit {_asked('SHOW synchronous_commit')}, "
        f"one commit takes {_commit_milliseconds():.2f} ms",
    }


def _processor() -> str:
    try:
        rows = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((row.partition(": ")[2] for row in rows if row.startswith("model name")), "?")


def _asked(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


def _commit_milliseconds(times: int = 50) -> float:
    """Of the smallest transaction there is: mostly the disk."""
    took = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_commit (number integer)")
        for number in range(times):
            began = time.perf_counter()
            cursor.execute("INSERT INTO bench_commit VALUES (%s)", [number])
            took.append(1000 * (time.perf_counter() - began))
    return median(took)


def cpu_seconds(parent: int) -> float:
    """Used so far by a process and its children, on Linux; 0 elsewhere."""
    return sum(_own_seconds(stat, parent) for stat in Path("/proc").glob("[0-9]*/stat"))


def _own_seconds(stat: Path, parent: int) -> float:
    try:
        fields = stat.read_text().rpartition(") ")[2].split()
    except OSError:  # it has just ended
        return 0.0
    if parent not in (int(fields[1]), int(stat.parent.name)):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS
