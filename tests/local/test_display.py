from io import TextIOWrapper

import pytest

from alliance.local.display import Display, Login

LOGIN = Login("front_desk", "Noor", "noor.with.a.long.name@northside.example", "three long words")


def test_nothing_to_copy_is_cut_in_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    Display().box("http://127.0.0.1:8000", "http://127.0.0.1:8025", [LOGIN])
    said = capsys.readouterr().out
    for text in ("http://127.0.0.1:8000", "http://127.0.0.1:8025", LOGIN.email, LOGIN.password):
        assert text in said
    assert "front desk" in said


def test_a_terminal_without_utf8_gets_plain_letters(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with TextIOWrapper(open(1, "wb", closefd=False), encoding="ascii") as plain:
        monkeypatch.setattr("sys.stdout", plain)
        display = Display()
        with display.step("Tables for Grüße"):
            pass
        display.box("http://127.0.0.1:8000", "http://127.0.0.1:8025", [LOGIN])
    assert " * Tables for Gr??e" in capfd.readouterr().out


def test_each_step_has_a_line_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    Display().steps(["postgres", "Database tables"])
    first, second = capsys.readouterr().out.splitlines()
    assert first.split()[1] == "PostgreSQL"
    assert second.endswith(" s")


def test_words_of_a_problem_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    Display().problem("Port [8000] is taken")
    assert "Port [8000] is taken" in capsys.readouterr().out
