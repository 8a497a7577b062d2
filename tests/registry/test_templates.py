"""Every template compiles, is used, and is given what it asks for."""

import ast
import copy
import re
from collections.abc import Iterator
from pathlib import Path

import allauth
import django.forms
import pytest
import time_machine
from django.conf import settings
from django.template import engines
from django.template.loader import get_template
from django.test import override_settings

from tests.registry import world as worlds
from tests.registry.requests import walk

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates"
APPS = ["accounts", "alliance", "clients", "outbox", "sessions", "trends", "measures", "audit"]
TEMPLATES = sorted(
    str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in (".html", ".txt")
)

# Asked for by Django or a package under exactly this name.
BY_NAME = {
    "400.html",
    "403.html",
    "404.html",
    "429.html",  # of allauth's rate limits
    "500.html",
    "account/password_reset_help_text.html",  # of allauth's log-in form, if it is there
}
PACKAGES = [Path(package.__file__).parent / "templates" for package in (allauth, django.forms)]


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_compiles(name: str) -> None:
    get_template(name)


def sources() -> Iterator[ast.Module]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "local" not in path.parts:
                yield ast.parse(path.read_text(encoding="utf-8"))


def named_in_code() -> set[str]:
    """Strings, and f-strings whose gaps are filled with strings that stand in the code too."""
    strings: set[str] = set()
    patterns: set[str] = set()
    for tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                strings.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                patterns.add("".join(_part(value) for value in node.values))
    found = {
        name
        for pattern in patterns
        for name in TEMPLATES
        if (match := re.fullmatch(pattern, name)) and set(match.groups()) <= strings
    }
    return found | strings


def _part(value: ast.expr) -> str:
    return re.escape(str(value.value)) if isinstance(value, ast.Constant) else r"([\w-]+)"


def named_in_templates() -> set[str]:
    tag = re.compile(r"{%\s*(?:include|extends)\s+[\"']([^\"']+)[\"']")
    return {
        name
        for template in TEMPLATES
        for name in tag.findall((FOLDER / template).read_text(encoding="utf-8"))
    }


def replaces_one_of_a_package(name: str) -> bool:
    """Django or allauth asks for it, and would take its own without ours."""
    return any((folder / name).exists() for folder in PACKAGES)


def test_every_template_is_used() -> None:
    used = named_in_code() | named_in_templates() | BY_NAME
    left = {name for name in TEMPLATES if name not in used and not replaces_one_of_a_package(name)}
    assert left == set()


def test_every_page_named_in_code_exists() -> None:
    pages = {name for name in named_in_code() if re.fullmatch(r"\w+/\w+\.(html|txt)", name)}
    assert pages <= set(TEMPLATES)


MISSING = "MISSING-%s-MISSING"

# Asked for in vain on purpose, by templates of packages or by ours where nothing is an answer.
NOT_GIVEN = {
    "redirect_field",  # of allauth: only there with ?next=
    "user.clinic.name",  # of a superuser, who has none
}


@pytest.fixture
def loud_templates() -> Iterator[None]:
    """A variable that is not there shows itself, instead of leaving a gap."""
    configured = copy.deepcopy(settings.TEMPLATES)
    configured[0]["OPTIONS"]["string_if_invalid"] = MISSING
    with override_settings(TEMPLATES=configured):
        assert engines["django"].engine.string_if_invalid == MISSING  # type: ignore[attr-defined]
        yield


@pytest.mark.parametrize("person", ["nobody", "link", "mara", "ruth", "noor", "root"])
def test_pages_give_their_templates_what_they_ask_for(
    db: None, loud_templates: None, person: str
) -> None:
    with time_machine.travel(worlds.NOW, tick=False):
        answers = walk(worlds.build(), person)
    missing = {
        (row, name)
        for row, answer in answers.items()
        for name in re.findall(r"MISSING-(.*?)-MISSING", answer.content)
        if name not in NOT_GIVEN
    }
    assert missing == set()


def test_pages_speak_every_language(db: None) -> None:
    """Each language of the settings has its catalogue of translations."""
    for code, _name in settings.LANGUAGES:
        if code != settings.LANGUAGE_CODE:
            assert (ROOT / "locale" / code / "LC_MESSAGES" / "django.po").exists()
