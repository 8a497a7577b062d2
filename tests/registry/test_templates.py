"""Every template compiles and is used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import allauth
import django.forms
import pytest
from django.conf import settings
from django.template.loader import get_template, render_to_string

from tests.registry.loud import loud_templates, missing_in

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
PACKAGES = [Path(str(package.__file__)).parent / "templates" for package in (allauth, django.forms)]


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


def test_what_is_missing_shows_itself() -> None:
    """`test_access` looks at every page this way; here is the proof that it sees something."""
    with loud_templates():
        page = render_to_string("sessions/_help_now.html", {"crisis_text": None})
        assert missing_in(page) == set()
        assert missing_in(render_to_string("mail/_button.html", {"label": "x"})) == {"url"}


def test_pages_speak_every_language() -> None:
    """Each language of the settings has its catalogue of translations."""
    for code, _name in settings.LANGUAGES:
        if code != settings.LANGUAGE_CODE:
            assert (ROOT / "locale" / code / "LC_MESSAGES" / "django.po").exists()
