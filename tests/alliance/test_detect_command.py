"""`manage.py detect`: a file of ratings in, a file of trends out, and no database."""

import csv
import io
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from alliance.research import writing
from alliance.research.by_engine import how_often
from alliance.research.progress import Progress
from benchmarks.detection.worlds import USUAL, simulate
from trends.engine import DEFAULT_THRESHOLD, VERSION, History, Point, detect
from trends.engine.policy import LEAST_THRESHOLD
from trends.engine.rules import RULES

ROOT = Path(__file__).resolve().parents[2]
NAN = float("nan")
HEADER = "treatment,session,goal,task,bond\n"
OUTPUT = (
    "treatment,session,level,level_low,level_high,expected,p_onset,p_rupture,dimension,flag,reason"
)
Rows = list[dict[str, str]]

# Steady for six sessions, silent in the seventh; then goal and bond fall.
FALL = """\
treatment,session,goal,task,bond
Ana,1,4.25,4.5,4.5
Ana,2,4.5,4.25,4.5
Ana,3,4.5,4.5,4.75
Ana,4,4.5,4.5,4.5
Ana,5,4.25,4.5,4.5
Ana,6,4.5,4.5,4.75
Ana,7,,,
Ana,8,3.0,4.0,2.0
Ben,1,4,4,4
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def run(ratings: str, folder: Path, *options: str) -> tuple[Rows, str]:
    """The rows of the output, and what was said on standard error."""
    file, output, said = folder / "ratings.csv", folder / "trends.csv", io.StringIO()
    file.write_text(ratings, encoding="utf-8", newline="")
    call_command("detect", str(file), *form(options), "--output", str(output), stderr=said)
    return rows_of(output.read_text(encoding="utf-8")), said.getvalue()


def form(options: tuple[str, ...]) -> list[str]:
    """Scale and items, unless they are among the options."""
    scale = [] if "--scale" in options else ["--scale", "1", "5"]
    return [*scale, *([] if "--items" in options else ["--items", "4"]), *options]


def rows_of(text: str) -> Rows:
    assert text.splitlines()[0] == OUTPUT
    return list(csv.DictReader(io.StringIO(text)))


def refused(ratings: str, folder: Path, *options: str) -> str:
    """The sentences of a refusal that leaves nothing behind."""
    with pytest.raises(CommandError) as error:
        run(ratings, folder, *options)
    assert error.value.returncode == 1
    assert os.listdir(folder) == ["ratings.csv"]
    return str(error.value)


def as_file(scores: Any, names: list[str] | None = None) -> str:
    """Simulated scores (treatments, sessions, 3) as ratings."""
    lines = [
        f"{names[i] if names else f't{i}'},{t + 1},"
        + ",".join("" if np.isnan(score) else repr(float(score)) for score in session)
        for i, course in enumerate(scores)
        for t, session in enumerate(course)
    ]
    return HEADER + "\n".join(lines) + "\n"


def start(*arguments: str) -> "subprocess.Popen[bytes]":
    """In a process of its own, with an empty environment."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def manage(*arguments: str, typed: str | bytes | BinaryIO = b"", **environment: str) -> Any:
    """In a process of its own that knows nothing but this environment."""
    content = typed.encode() if isinstance(typed, str) else typed
    given: dict[str, Any] = {"input": content} if isinstance(content, bytes) else {"stdin": content}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
        **given,
    )


# --- Without a database, without an environment ------------------------------------------------


def test_it_runs_from_a_fresh_checkout(folder: Path) -> None:
    (folder / "ratings.csv").write_text(FALL)
    output = folder / "trends.csv"
    done = manage("detect", str(folder / "ratings.csv"), *form(()), "--output", str(output))
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    rows = rows_of(output.read_text())
    assert [row["flag"] for row in rows] == list("000000010")
    said = done.stderr.decode()
    for part in ("rows 9, treatments 2, rated 8", "flags 1, 12.5 in 100", "threshold 0.35"):
        assert part in said
    assert f"engine {VERSION}, prior default-1" in said
    assert "\r" not in said, "no progress where nobody watches"


def test_standard_input_and_output() -> None:
    typed = b"\xef\xbb\xbf" + FALL.replace("\n", "\r\n").encode()
    done = manage("detect", "-", *form(()), "--output", "-", typed=typed)
    assert done.returncode == 0, done.stderr
    assert len(rows_of(done.stdout.decode())) == 9


def test_settings_that_somebody_chose_are_kept() -> None:
    done = manage(
        "detect", "-", *form(()), "--output", "-", DJANGO_SETTINGS_MODULE="alliance.settings"
    )
    assert done.returncode != 0
    assert b"SECRET_KEY is not set" in done.stderr


def test_bad_rows_end_with_one(folder: Path) -> None:
    done = manage("detect", "-", *form(()), "--output", "-", typed=HEADER + "Ana,1,9,4,4\n")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"line 2: goal is 9, outside the scale 1 to 5" in done.stderr


def test_a_reader_that_has_seen_enough(folder: Path) -> None:
    """As with `| head -1`."""
    (folder / "ratings.csv").write_text(as_file(np.full((400, 20, 3), 4.0)))
    process = start("detect", str(folder / "ratings.csv"), *form(()), "--output", "-")
    assert process.stdout
    assert process.stderr
    with process.stdout, process.stderr:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.wait() == 1


# --- What the engine says ----------------------------------------------------------------------


def points_of(rows: Rows, **more: Any) -> list[Point]:
    numbers = [[float(row[name] or "nan") for name in ("goal", "task", "bond")] for row in rows]
    return detect(History(scores=np.array(numbers), items=4, **more))


def shown(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"


def assert_same(found: Rows, points: list[Point]) -> None:
    for row, point in zip(found, points, strict=True):
        for name in ("level", "level_low", "level_high", "expected"):
            assert row[name] == shown(getattr(point, name), 4)
        assert row["p_onset"] == shown(point.p_onset, 6)
        assert row["p_rupture"] == shown(point.p_rupture, 6)
        assert row["flag"] == str(int(point.onset))
        assert bool(row["reason"]) == point.onset
        if point.reason:
            assert_reason(row, point)


def assert_reason(row: dict[str, str], point: Point) -> None:
    reason = point.reason
    assert reason
    assert reason.one_in
    assert row["dimension"] == reason.dimension
    low, high = reason.usual_low, reason.usual_high
    start = f"{reason.dimension} {reason.score:.1f}, usually {low:.1f} to {high:.1f}; a fall like"
    assert row["reason"].startswith(start)
    assert how_often(reason.one_in) in row["reason"]
    _, _, also = row["reason"].partition("; also: ")
    assert also == ", ".join(reason.also).replace("_", "-")


def test_the_reason_in_plain_words(folder: Path) -> None:
    rows, _ = run(FALL, folder)
    [flagged] = [row for row in rows if row["flag"] == "1"]
    assert (flagged["treatment"], flagged["session"], flagged["dimension"]) == ("Ana", "8", "bond")
    assert flagged["reason"].startswith("bond 2.0, usually 4.")
    assert "a fall like this without a rupture in " in flagged["reason"]
    assert flagged["reason"].endswith("; also: silence")


def test_numbers_are_those_of_the_engine(folder: Path) -> None:
    scores = simulate(USUAL, treatments=60, seed=3).scores
    typed = list(csv.DictReader(io.StringIO(as_file(scores))))
    found, _ = run(as_file(scores), folder)
    assert sum(row["flag"] == "1" for row in found) > 20
    for i in range(60):
        rows = slice(20 * i, 20 * i + 20)
        assert_same(found[rows], points_of(typed[rows]))


def test_with_everything_that_is_known_of_a_session(folder: Path) -> None:
    """Tension, attendance, dates and the therapist's ratings; the columns in another order."""
    rng = np.random.default_rng(5)
    scores = simulate(USUAL, treatments=40, seed=7).scores
    days = np.cumsum(rng.integers(3, 30, size=(40, 20)), axis=1)
    tension = rng.choice(["", "none", "unsure", "some", "strong"], size=(40, 20))
    attendance = rng.choice(["attended", "late", "cancelled", "no_show"], size=(40, 20))
    therapist = np.round(rng.uniform(1, 5, size=(40, 20, 3)), 2)
    therapist[rng.random((40, 20)) < 0.3] = NAN

    def cells(i: int, t: int) -> list[str]:
        given = [*scores[i, t][::-1], *therapist[i, t]]
        held_on = date(2024, 1, 1) + timedelta(days=int(days[i, t]))
        numbers = ["" if np.isnan(x) else repr(float(x)) for x in given]
        return [*numbers, tension[i, t], held_on.isoformat(), f"c{i}", attendance[i, t], f"{t}"]

    head = "bond,task,goal,therapist_goal,therapist_task,therapist_bond,tension,held_on,treatment"
    lines = [",".join(cells(i, t)) for i in range(40) for t in range(20)]
    found, _ = run("\n".join([f"{head},attendance,session", *lines]), folder)
    for i in range(40):
        history = History(
            scores=scores[i],
            items=4,
            days=days[i].tolist(),
            attendance=attendance[i].tolist(),
            tension=tension[i].tolist(),
            therapist=therapist[i],
        )
        assert_same(found[20 * i : 20 * i + 20], detect(history))
    said = "".join(row["reason"] for row in found)
    assert all(source in said for source in ("silence", "no-show", "tension", "therapist"))


def test_a_long_gap_is_known_from_dates_alone_where_both_are_there(folder: Path) -> None:
    typed = "treatment,session,goal,task,bond,held_on\n" + "".join(
        f"Ana,{t},4,4,4,{day}\n"
        for t, day in enumerate(["2024-01-01", "2024-06-03", "", "2024-12-02"], start=1)
    )
    found, _ = run(typed, folder)
    whole = History(scores=np.full((4, 3), 4.0), items=4, days=[0, 154, 161, 168])
    assert [row["level_low"] for row in found] == [shown(p.level_low, 4) for p in detect(whole)]


def test_the_order_of_rows_does_not_matter(folder: Path) -> None:
    lines = as_file(simulate(USUAL, treatments=15, seed=1).scores).splitlines()[1:]
    in_order, _ = run(HEADER + "\n".join(lines), folder)
    random.Random(4).shuffle(lines)
    shuffled, _ = run(HEADER + "\n".join(lines), folder)
    typed = [(line.split(",")[0], line.split(",")[1]) for line in lines]
    assert [(row["treatment"], row["session"]) for row in shuffled] == typed
    by_name = {(row["treatment"], row["session"]): row for row in in_order}
    assert shuffled == [by_name[name] for name in typed]


def test_treatments_of_any_length_side_by_side(folder: Path) -> None:
    """One of thousands of sessions among short ones: each as if it were alone."""
    rng = np.random.default_rng(2)
    lengths = [1, 2500, 3, 7, *rng.integers(1, 40, 300).tolist()]
    courses = [rng.integers(4, 21, (length, 3)) / 4 for length in lengths]
    found, _ = run(as_file(courses), folder)
    starts = np.cumsum(lengths) - lengths
    for i in (0, 1, 2, 3, 50, 303):
        part = found[starts[i] : starts[i] + lengths[i]]
        assert_same(part, detect(History(scores=courses[i], items=4)))


def test_treatment_and_session_come_back_as_they_were_typed(folder: Path) -> None:
    typed = HEADER + '" Ana, B.",01.50,4,4,4\n"Ana, B. ",2e0,4,4,4\nünï,-1,4,,\n\n'
    rows, said = run(typed, folder)
    assert [(row["treatment"], row["session"]) for row in rows] == [
        (" Ana, B.", "01.50"),
        ("Ana, B. ", "2e0"),
        ("ünï", "-1"),
    ]
    assert "rows 3, treatments 2, rated 3" in said


def test_nothing_is_said_before_anything_is_known(folder: Path) -> None:
    rows, _ = run(HEADER + "Ana,1,,,\nAna,2,4,4,4\nAna,3,3,3,3\nAna,4,3,3,2\n", folder)
    assert [bool(row["level"]) for row in rows] == [False, True, True, True]
    assert [bool(row["expected"]) for row in rows] == [False, False, False, True]
    assert [row["dimension"] for row in rows] == ["", "", "", "bond"]


def test_columns_that_mean_nothing_here_are_ignored_with_a_note(folder: Path) -> None:
    _, said = run("Treatment, session,goal,task,bond,age,\nAna,1,4,4,4,33,\n", folder)
    assert "ignored: age.\n" in said


@pytest.mark.parametrize("ratings", ["", "\n", HEADER, HEADER + "\n\n"])
def test_no_rows_no_rows(folder: Path, ratings: str) -> None:
    for options in ([], ["--prior", "fit"], ["--alert-budget", "5"], ["--rule", "own-mean"]):
        rows, said = run(ratings, folder, *options)
        assert rows == []
        assert "rows 0, treatments 0, rated 0" in said


def test_how_rare_a_fall_is_has_two_digits() -> None:
    assert how_often(3.7) == "about 1 of 4 sessions"
    assert how_often(64.4) == "about 1 of 64 sessions"
    assert how_often(1234.5) == "fewer than 1 of 100 sessions"
    assert how_often(1e6) == "fewer than 1 of 100 sessions"


def test_a_short_scale_has_more_decimals(folder: Path) -> None:
    scores = "".join(f"Ana,{t},0.9,0.9,0.9\n" for t in range(8)) + "Ana,8,0.9,0.9,0.25\n"
    rows, _ = run(HEADER + scores, folder, "--scale", "0", "1")
    assert rows[-1]["reason"].startswith("bond 0.25, usually 0.")


# --- From which probability on -----------------------------------------------------------------


@pytest.fixture(scope="module")
def many() -> str:
    return as_file(simulate(USUAL, treatments=500, seed=11).scores)


def rate(rows: Rows, ratings: str) -> float:
    """Flags in 100 rated sessions."""
    rated = sum(not line.endswith(",,,") for line in ratings.splitlines()[1:])
    return 100 * sum(row["flag"] == "1" for row in rows) / rated


@pytest.mark.parametrize("rule", ["engine", "own-mean-worst", "previous"])
@pytest.mark.parametrize("budget", ["2", "6.5"])
def test_an_alert_budget_is_met(folder: Path, many: str, budget: str, rule: str) -> None:
    rows, said = run(many, folder, "--alert-budget", budget, "--rule", rule)
    most_tied = 1.2 if rule == "previous" else 0.4  # falls of quarter points come often
    assert float(budget) - most_tied <= rate(rows, many) <= float(budget)
    assert f"{rate(rows, many):.1f} in 100 rated sessions" in said


def test_a_large_budget_goes_below_what_a_clinic_would_be_told(folder: Path, many: str) -> None:
    """As far as there are flags: at still lower thresholds they only run into each other."""
    rows, said = run(many, folder, "--alert-budget", "15")
    threshold = float(said.split("threshold ")[1].split(",")[0])
    assert 0 < threshold < LEAST_THRESHOLD
    assert rate(rows, many) > 9
    for other in ("0.01", "0.15"):
        assert rate(run(many, folder, "--threshold", other)[0], many) < rate(rows, many)


def test_a_threshold(folder: Path, many: str) -> None:
    few, said = run(many, folder, "--threshold", "0.9")
    usual, _ = run(many, folder)
    assert "threshold 0.9," in said
    assert 0 < rate(few, many) < rate(usual, many)
    assert all(float(row["p_rupture"]) >= 0.9 for row in few if row["flag"] == "1")
    assert any(float(row["p_rupture"]) >= DEFAULT_THRESHOLD for row in usual)


def test_a_prior_that_is_learned_from_the_file(folder: Path) -> None:
    ratings = as_file(simulate(USUAL, treatments=40, seed=2).scores[:, :8])
    learned, said = run(ratings, folder, "--prior", "fit")
    general, _ = run(ratings, folder)
    assert "prior fit-" in said
    assert [row["p_rupture"] for row in learned] != [row["p_rupture"] for row in general]


# --- Rules of the literature -------------------------------------------------------------------


@pytest.mark.parametrize("name", RULES)
def test_a_rule_of_the_literature(folder: Path, name: str) -> None:
    scores = simulate(USUAL, treatments=30, seed=9).scores
    rows, said = run(as_file(scores), folder, "--rule", name)
    flags = RULES[name].flags(scores).ravel()
    assert flags.any() or name in ("cusum", "ewma", "individuals-chart", "sudden-losses")
    assert [row["flag"] == "1" for row in rows] == flags.tolist()
    assert {row["level"] + row["p_rupture"] + row["dimension"] for row in rows} == {""}
    assert f"threshold {RULES[name].threshold:.6g}, rule {name} (" in said


def test_the_reason_of_a_rule(folder: Path) -> None:
    rows, _ = run(FALL, folder, "--rule", "own-mean-worst")
    [flagged] = [row for row in rows if row["flag"] == "1"]
    # Bond fell from a mean of 27.5 / 6 to 2, on a scale four points long.
    assert flagged["reason"] == "own-mean-worst: severity 0.646, threshold 0.180"


def test_a_rule_with_a_threshold_of_ones_own(folder: Path) -> None:
    rows, said = run(FALL, folder, "--rule", "own-mean-worst", "--threshold", "0.7")
    assert "threshold 0.7," in said
    assert {row["flag"] for row in rows} == {"0"}


def test_a_budget_that_allows_no_flag(folder: Path) -> None:
    rows, said = run(FALL, folder, "--rule", "previous", "--alert-budget", "1")
    assert "threshold inf" in said
    assert {row["flag"] for row in rows} == {"0"}


# --- Bad files ---------------------------------------------------------------------------------

BAD_ROWS = {
    "Ana,1,4,4,7": "line 2: bond is 7, outside the scale 1 to 5; correct it",
    "Ana,1,0.99,4,4": "line 2: goal is 0.99, outside the scale 1 to 5",
    "Ana,1,abc,4,4": "line 2: goal 'abc' is not a number; leave it empty where there is no rating",
    'Ana,1,4,"3,5",4': "line 2: task '3,5' is not a number; write decimals with a point",
    "Ana,1,4,nan,4": "line 2: task 'nan' is not a number",
    "Ana,1,4,4,inf": "line 2: bond 'inf' is not a number",
    "Ana,1,4,4,1e999": "line 2: bond '1e999' is not a number",
    "Ana,1,4,4,1_0": "line 2: bond '1_0' is not a number",
    " ,1,4,4,4": "line 2: treatment is empty; name the treatment",
    "Ana,,4,4,4": "line 2: session is empty; number the sessions",
    "Ana,first,4,4,4": "line 2: session 'first' is not a number; number the sessions",
    "Ana,-inf,4,4,4": "line 2: session '-inf' is not a number",
    "Ana,1,4,4": "line 2: it has 4 cells, the first line has 5",
    "Ana,1,4,4,4,": "line 2: it has 6 cells, the first line has 5",
    "\n\nAna,1,4,4,7": "line 4: bond is 7",
    '"A\nna",1,4,4,4\nAna,2,4,4,7': "line 4: bond is 7",
    "Ana,1,4,4,4\nBen,1,4,4,4\nAna,1.0,3,3,3": (
        "line 4: the same treatment and session as in line 2; keep one of the two"
    ),
}


@pytest.mark.parametrize("row", BAD_ROWS)
def test_bad_rows_are_named(folder: Path, row: str) -> None:
    assert BAD_ROWS[row] in refused(HEADER + row + "\n", folder)


BAD_CELLS = {
    ("held_on", "20.11.2026"): "held_on '20.11.2026' is not a date; write it as in 2026-11-20",
    ("held_on", "2026-02-30"): "held_on '2026-02-30' is not a date",
    ("tension", "much"): "tension 'much' is none of none, unsure, some, strong",
    ("attendance", "ill"): "attendance 'ill' is none of attended, late, cancelled, no_show",
    ("therapist_bond", "6"): "therapist_bond is 6, outside the scale 1 to 5",
}


@pytest.mark.parametrize(("column", "text"), BAD_CELLS)
def test_bad_cells_of_columns_that_may_be_there(folder: Path, column: str, text: str) -> None:
    typed = f"{HEADER.strip()},{column}\nAna,1,4,4,4,\nAna,2,4,4,4,{text}\n"
    assert "line 3: " + BAD_CELLS[column, text] in refused(typed, folder)


def test_dates_against_the_order_of_sessions(folder: Path) -> None:
    typed = HEADER.strip() + (
        ",held_on\nAna,3,4,4,4,2026-01-20\nAna,1,4,4,4,2026-02-01\nAna,2,4,4,4,\n"
        "Ben,1,4,4,4,2026-01-01\nBen,2,4,4,4,2026-01-01\n"
    )
    said = refused(typed, folder)
    assert "line 2: held_on is before that of line 3, an earlier session" in said
    assert said.count("line ") == 2


def test_all_problems_of_a_file_together_in_the_order_of_its_lines(folder: Path) -> None:
    typed = HEADER + "Ana,1,4,4,4\nAna,1,4,4,4\n,x,9,4,4\nAna,4,4,4,-1\n"
    lines = refused(typed, folder).splitlines()[1:]
    assert [line.split(": ")[1].split()[0] for line in lines] == [
        "the",
        "treatment",
        "session",
        "goal",
        "bond",
    ]


def test_twenty_problems_are_named_and_the_rest_counted(folder: Path) -> None:
    typed = HEADER + "".join(f"Ana,{t},4,4,9\n" for t in range(332))
    lines = refused(typed, folder).splitlines()
    assert len(lines) == 22
    assert lines[0] == "The file cannot be used; nothing was written."
    assert lines[20].startswith("line 21: ")
    assert lines[21] == "and 312 more"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("treatment,session,goal\nAna,1,4\n", "and task, bond are missing"),
        ("treatment,goal,task,bond\nAna,4,4,4\n", "and session is missing"),
        ("treatment;session;goal;task;bond\nAna;1;4;4;4\n", "are not separated by commas"),
        ("treatment,session,goal,task,bond,goal\n", "the column goal is there twice"),
        (HEADER + 'Ana,1,4,4,"4\n', "line 2: this is no CSV"),
        (HEADER + '"Ana"x,1,4,4,4\n', "line 2: this is no CSV"),
    ],
)
def test_files_that_cannot_be_read(folder: Path, typed: str, says: str) -> None:
    assert says in refused(typed, folder)


def test_a_file_that_is_not_utf8(folder: Path) -> None:
    file = folder / "ratings.csv"
    file.write_bytes(FALL.encode() + "Jörg,1,4,4,4\n".encode("latin-1"))
    with pytest.raises(CommandError, match="line 11: this is not UTF-8"):
        call_command("detect", str(file), *form(()), "--output", str(folder / "trends.csv"))
    assert os.listdir(folder) == ["ratings.csv"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--scale", "5", "1"], "A scale runs from a lower to a higher number"),
        (["--scale", "1", "nan"], "A scale runs from a lower to a higher number"),
        (["--scale", "1", "five"], "invalid float value: 'five'"),
        (["--items", "0"], "'0' is not a whole number of at least 1"),
        (["--items", "2.5"], "'2.5' is not a whole number"),
        (["--threshold", "1.1"], "--threshold is a probability"),
        (["--threshold", "nan"], "'nan' is not a number above 0"),
        (["--alert-budget", "-1"], "'-1' is not a number above 0"),
        (["--alert-budget", "5", "--threshold", "0.5"], "not allowed with"),
        (["--rule", "guess"], "invalid choice: 'guess'"),
        (["--rule", "ewma", "--prior", "fit"], "--prior is the engine's"),
    ],
)
def test_options_that_make_no_sense(folder: Path, options: list[str], says: str) -> None:
    assert says in refused(FALL, folder, *options)


def test_the_ratings_are_never_overwritten(folder: Path) -> None:
    file, link = folder / "ratings.csv", folder / "link.csv"
    file.write_text(FALL)
    link.symlink_to(file)
    for output in (file, link):
        with pytest.raises(CommandError, match="would take the place of the ratings"):
            call_command("detect", str(file), *form(()), "--output", str(output))
    with file.open("rb") as typed:
        done = manage("detect", "-", *form(()), "--output", str(file), typed=typed)
    assert b"would take the place of the ratings" in done.stderr
    assert file.read_text() == FALL


def test_files_and_folders_that_are_not_there(folder: Path) -> None:
    (folder / "ratings.csv").write_text(FALL)
    for ratings, output, says in [
        ("none.csv", "trends.csv", "none.csv: No such file"),
        ("ratings.csv", "none/trends.csv", "its folder is missing or read-only"),
        ("ratings.csv", ".", "is a folder; name a file"),
    ]:
        with pytest.raises(CommandError, match=says):
            call_command(
                "detect", str(folder / ratings), *form(()), "--output", str(folder / output)
            )
    assert os.listdir(folder) == ["ratings.csv"]


# --- All or nothing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (OSError(28, "No space left on device"), 1)]
)
def test_an_end_in_the_middle_leaves_what_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    run(FALL, folder)
    before = (folder / "trends.csv").read_text()
    whole = writing.as_csv

    def fails_at_the_second(rows: Any) -> str:
        text = whole(rows)
        if not text.startswith("treatment"):
            raise error
        return text

    monkeypatch.setattr(writing, "as_csv", fails_at_the_second)
    with pytest.raises(CommandError) as stopped:
        run(FALL, folder)
    assert stopped.value.returncode == code
    assert sorted(os.listdir(folder)) == ["ratings.csv", "trends.csv"]
    assert (folder / "trends.csv").read_text() == before


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_writing_leaves_nothing(folder: Path, name: str) -> None:
    """In a process of its own, that is ended once its unfinished file is there."""
    (folder / "ratings.csv").write_text(as_file(np.full((5000, 20, 3), 4.0)))
    options = [*form(()), "--rule", "level", "--output", str(folder / "trends.csv")]
    process = start("detect", str(folder / "ratings.csv"), *options)
    while process.poll() is None and len(os.listdir(folder)) == 1:
        time.sleep(0.002)
    process.send_signal(signal.Signals[name])
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Stopped." in said
    assert os.listdir(folder) == ["ratings.csv"]


def test_nohup_is_respected(folder: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        run(FALL, folder)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_pipe_is_written_to_and_not_replaced(folder: Path) -> None:
    pipe, read = folder / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    (folder / "ratings.csv").write_text(FALL)
    call_command(
        "detect",
        str(folder / "ratings.csv"),
        *form(()),
        "--output",
        str(pipe),
        stderr=io.StringIO(),
    )
    reader.join()
    assert len(rows_of(read[0])) == 9
    assert pipe.is_fifo()


def test_progress_is_shown_on_a_terminal_alone() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, shows in ((Terminal(), True), (io.StringIO(), False)):
        progress = Progress(stream)
        progress.show("computing", 500, 2000)
        progress.show("computing", 501, 2000)
        assert stream.getvalue() == ("\r\x1b[Kcomputing: 500 of 2,000 rows (25%)" if shows else "")
        progress.clear()
        assert stream.getvalue().endswith("\r\x1b[K") == shows


def test_the_output_is_its_owners_alone_unless_it_was_not_before(folder: Path) -> None:
    ratings, output = HEADER + "Ana,1,4,4,4\n", folder / "trends.csv"
    run(ratings, folder)
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    output.chmod(0o640)
    run(ratings, folder)
    assert stat.S_IMODE(output.stat().st_mode) == 0o640
