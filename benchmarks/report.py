"""The figures as tables to read."""

from typing import Any

from rich.console import Console
from rich.table import Table

AIM = 0.5


def show(figures: dict[str, Any]) -> None:
    console = Console(highlight=False, width=100)
    for name, value in figures["machine"].items():
        console.print(f"{name}: {value}", style="dim")
    console.print(_submissions(figures["submissions"]))
    for line in _verdict(figures["submissions"]):
        console.print(line)
    console.print(_pages(figures["pages"]))
    console.print(_computing(figures["computing"]))


def _submissions(figures: dict[str, Any]) -> Table:
    table = Table(title="Answers by 8 connections at once", title_justify="left")
    table.add_column("")
    for head in ("a second", "slowest to fastest lap", "p50 ms", "p95 ms", "web CPU", "database"):
        table.add_column(head, justify="right")
    for row in figures["contestants"]:
        table.add_row(
            row["name"],
            f"{row['per_second']:.0f}",
            f"{row['slowest_lap']:.0f} to {row['fastest_lap']:.0f}",
            f"{row['p50_ms']:.1f}",
            f"{row['p95_ms']:.1f}",
            f"{row['web_cpu_ms']:.2f} ms",
            f"{row['database_cpu_ms']:.2f} ms",
        )
    return table


def _verdict(figures: dict[str, Any]) -> list[str]:
    size = figures["row_bytes"]
    return [
        f"form / bare view: {_spread(figures['ratio'])}; aim: at least {AIM}",
        f"form / bare view, our middleware: {_spread(figures['ratio_behind_our_middleware'])}",
        f"bytes of a row: {size['rating']} (rating), {size['bare']} (bare)",
    ]


def _spread(ratio: dict[str, float]) -> str:
    return f"[bold]{ratio['median']:.2f}[/] ({ratio['lowest']:.2f} to {ratio['highest']:.2f})"


def _pages(figures: list[dict[str, Any]]) -> Table:
    """Whatever a list takes for one row more is the difference between the two sizes."""
    table = Table(title="Pages", title_justify="left")
    table.add_column("")
    small, large = sorted({row["treatments"] for row in figures})
    for head in ("queries", "ms", "kB"):
        table.add_column(f"{head}, {small:,} treatments", justify="right")
        table.add_column(f"{large:,}", justify="right")
    table.add_column("ms a row", justify="right")
    table.add_column("bytes a row", justify="right")
    for page in dict.fromkeys(row["page"] for row in figures):
        few, many = (row for row in figures if row["page"] == page)
        cells = [f"{row['queries']}" for row in (few, many)]
        cells += [f"{row['milliseconds']:.0f}" for row in (few, many)]
        cells += [f"{row['kilobytes']:.0f}" for row in (few, many)]
        cells.append(f"{_a_row(few, many, 'milliseconds'):.2f}")
        cells.append(f"{1000 * _a_row(few, many, 'kilobytes'):.0f}")
        table.add_row(page, *cells)
    return table


def _a_row(few: dict[str, Any], many: dict[str, Any], what: str) -> float:
    taken: float = (many[what] - few[what]) / (many["treatments"] - few["treatments"])
    return taken


def _computing(figures: dict[str, float]) -> Table:
    table = Table(title="Computing", title_justify="left", show_header=False)
    table.add_row(f"{figures['sparklines']:,} sparklines", f"{figures['sparklines_ms']:.0f} ms")
    table.add_row(
        f"recompute a treatment with {figures['sessions']} sessions",
        f"{figures['recompute_ms']:.1f} ms",
    )
    return table
