"""Whatever a client reads is there in every language: complete, with its gaps, and nothing else."""

import ast
import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from gettext import c2py
from textwrap import dedent
from typing import Any

import pytest
import time_machine
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client as Browser
from django.utils import timezone
from django.utils.translation.template import templatize

from accounts.models import Clinic
from clients import services as clients
from clients.models import Client, Treatment
from outbox import services as outbox
from sessions.models import RatingRequest
from tests import people
from tests.registry.wordings import COMMENT, FOLDER, OTHERS

ROOT = FOLDER.parent
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]

# What clients see. A template brings along what it includes and what it is put into.
TEMPLATES = [
    "sessions/rate.html",
    "sessions/thanks.html",
    "sessions/link_*.html",
    "sessions/check.html",
    "sessions/change_over.html",
    "sessions/own_mailed.html",
    "sessions/draft_kept.html",
    "sessions/answers_differ.html",
    "sessions/device_*.html",
    "clients/mail*.html",
    "trends/own*.html",
    "accounts/about*.html",
    "mail/rating_request.*",
    "mail/reminder.*",
    "mail/own_link.*",
    "django/forms/**/*.html",
    "400.html",
    "403_csrf.html",
    "404.html",
    "413.html",
    "429.html",
    "500.html",
]
STAFF_MAILS = ["mail/invitation.*", "mail/password_*.*", "mail/review.*"]

# Of these modules, what stands in these classes, functions and names; "*": all of it.
CODE = {
    "sessions/forms.py": ["RatingForm", "DeviceForm"],
    "sessions/models.py": [
        "TherapySession.Attendance",
        "Rating.Tension",
        "Rating.FollowUp",
        "Rating.Settled",
        "Rating.Provenance",
        "AgreementAnswer.Answer",
    ],
    "sessions/form/answering.py": ["*"],
    "sessions/form/asked_fields.py": ["*"],
    "sessions/form/client_views.py": ["*"],
    "sessions/form/link_views.py": ["*"],
    "sessions/sending/mail.py": ["*"],
    "clients/forms.py": ["SecretForm", "MailForm"],
    "clients/models.py": ["Client.Contact"],  # in the client's own copy
    "clients/client_views.py": ["*"],
    "clients/services.py": ["TooManyTries"],
    "accounts/client_views.py": ["*"],
    "accounts/models.py": [  # the headings of the page about a therapist: see `accounts.about`
        "Profile.qualifications",
        "Profile.way_of_working",
        "Clinic.about_sessions",
        "Clinic.about_confidentiality",
        "Clinic.about_complaints",
    ],
    "trends/own_answers/own.py": ["*"],
    "trends/own_answers/own_copy.py": ["*"],
    "trends/client_page/drawings.py": ["_mark"],  # what stands at each dot
    "trends/own_answers/own_views.py": ["*"],
}

CONTEXT = (1, "c")
CALLS = {
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": (CONTEXT, 2),
    "npgettext": (CONTEXT, 2, 3),
}
GAP = re.compile(r"%\((\w+)\)[sd]")
EXTENDS = re.compile(r"""{%\s*extends\s+["']([^"']+)["']""")
DAY = timedelta(days=1)
Words = tuple[str, ...]  # one text, or a singular and a plural
Text = tuple[str | None, Words]  # with the context that tells it from its likes


# --- What the sources say


def matching(patterns: list[str]) -> set[str]:
    """Names of templates; each pattern must find something."""
    found: set[str] = set()
    for pattern in patterns:
        names = {str(path.relative_to(FOLDER)) for path in FOLDER.glob(pattern)}
        assert names, f"No template is called {pattern}."
        found |= names
    return found


def with_others(names: set[str]) -> set[str]:
    """These templates, and what they include and extend, as far as it is ours."""
    found: set[str] = set()
    left = sorted(names)
    while left:
        name = left.pop()
        if name not in found and (FOLDER / name).exists():
            found.add(name)
            left += OTHERS.findall(source_of(name))
    return found


def source_of(name: str) -> str:
    return COMMENT.sub("", (FOLDER / name).read_text(encoding="utf-8"))


def in_template(name: str) -> Iterator[Text]:
    """Django's own way: it makes Python of a template, in which the indents mean nothing."""
    lines = templatize(source_of(name)).splitlines()
    yield from in_python("\n".join(line.strip() for line in lines), {"_": "gettext"})


def in_module(path: str, scopes: list[str]) -> Iterator[Text]:
    source = (ROOT / path).read_text(encoding="utf-8")
    tree = ast.parse(source)
    names = names_of_calls(tree)
    if scopes == ["*"]:
        yield from in_python(source, names)
        return
    for scope in scopes:
        part = ast.get_source_segment(source, named(tree, scope.split(".")), padded=True)
        assert part
        yield from in_python(dedent(part), names)


def names_of_calls(tree: ast.Module) -> dict[str, str]:
    """Under which name the module calls which function. What is only marked is for the staff."""
    imported = (
        alias
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    )
    names = {alias.asname or alias.name: alias.name.removesuffix("_lazy") for alias in imported}
    return {called: name for called, name in names.items() if name in CALLS}


def named(node: ast.AST, names: list[str]) -> ast.AST:
    """The class, function or assignment with this dotted name."""
    for name in names:
        node = next(child for child in ast.iter_child_nodes(node) if name in names_in(child))
    return node


def names_in(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def in_python(source: str, names: dict[str, str]) -> Iterator[Text]:
    calls = CALLS | {called: CALLS[name] for called, name in names.items()}
    found = extract("python", io.BytesIO(source.encode()), keywords=calls)
    for _line, words, _comments, context in found:
        yield context, (words,) if isinstance(words, str) else tuple(words)


def texts() -> dict[Text, list[str]]:
    """Every text of the client, and the files that it is in."""
    found: dict[Text, list[str]] = {}
    for name in sorted(with_others(matching(TEMPLATES))):
        for text in in_template(name):
            found.setdefault(text, []).append(f"templates/{name}")
    for path, scopes in CODE.items():
        for text in in_module(path, scopes):
            found.setdefault(text, []).append(path)
    return found


TEXTS = texts()


# --- What the catalogues say


def catalogue(language: str) -> Catalog:
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def words_of(of: str | list[str] | tuple[str, ...] | None) -> Words:
    return (of,) if isinstance(of, str) else tuple(of or ("",))


def gaps(words: str) -> set[str]:
    return set(GAP.findall(words))


def faults(catalog: Catalog, text: Text) -> Iterator[str]:
    context, words = text
    message = catalog.get(words[0], context)
    if message is None or words_of(message.id) != words:
        yield "is missing"
    elif not all(words_of(message.string)):
        yield "is not translated"
    elif message.fuzzy:
        yield "is fuzzy: it would not be compiled"
    else:
        yield from wrong_forms(catalog, message)


def wrong_forms(catalog: Catalog, message: Message) -> Iterator[str]:
    said, forms = words_of(message.id), words_of(message.string)
    wanted = catalog.num_plurals if len(said) > 1 else 1
    if len(forms) != wanted:
        yield f"has {len(forms)} forms and not {wanted}"
        return
    for number, form in enumerate(forms):
        missing, unknown = gaps(said[-1]) - gaps(form), gaps(form) - gaps(said[-1])
        if unknown:
            yield f"has a gap that nobody fills: {unknown}"
        if missing and not says_its_number(catalog, number, wanted):
            yield f"lacks {missing}"


def says_its_number(catalog: Catalog, form: int, forms: int) -> bool:
    """Whether a form of a plural stands for one number alone, which can be a word in it."""
    form_of = c2py(catalog.plural_expr)
    return forms > 1 and sum(form_of(number) == form for number in range(1, 200)) <= 1


def listed(lines: list[str]) -> str:
    return "\n" + "\n".join(sorted(lines))


every_language = pytest.mark.parametrize("language", LANGUAGES)


@every_language
def test_every_text_is_translated(language: str) -> None:
    catalog = catalogue(language)
    wrong = [
        f"{text[1][0]!r} {fault} ({', '.join(files)})"
        for text, files in TEXTS.items()
        for fault in faults(catalog, text)
    ]
    assert not wrong, listed(wrong)


@every_language
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    said = {(context, words[0]) for context, words in TEXTS}
    entries = [message for message in catalogue(language) if message.id]
    left = [words_of(entry.id)[0] for entry in entries]
    unused = [
        repr(words)
        for entry, words in zip(entries, left, strict=True)
        if (entry.context, words) not in said
    ]
    assert not unused, listed(unused)


@every_language
def test_plurals_are_those_of_the_language(language: str) -> None:
    """Babel knows how many there are; the rule in the catalogue must give each of them a number."""
    catalog = catalogue(language)
    form_of = c2py(catalog.plural_expr)
    assert {form_of(number) for number in range(200)} == set(range(catalog.num_plurals))


@every_language
def test_every_translation_is_one_line(language: str) -> None:
    """A line's end in a subject would be refused; nobody needs one anywhere else."""
    for message in catalogue(language):
        if message.id:
            for form in words_of(message.string):
                assert form == form.strip()
                assert "\n" not in form


# --- The measure itself

THREE_FORMS = "nplurals=3; plural=n==1 ? 0 : n==2 ? 1 : 2;"  # made up: shorter than the real rule
HEAD = f'msgid ""\nmsgstr ""\n"Language: ar\\n"\n"Plural-Forms: {THREE_FORMS}\\n"\n\n'
ONE: Text = (None, ("Hello %(name)s",))
MANY: Text = (None, ("One day", "%(n)d days"))
DAYS = 'msgid "One day"\nmsgid_plural "%(n)d days"\n'


@pytest.mark.parametrize(
    ("entry", "text", "fault"),
    [
        ('msgid "Hello %(name)s"\nmsgstr "%(name)s!"', ONE, ""),
        ('msgid "Hello"\nmsgstr "Hallo"', ONE, "is missing"),
        ('msgctxt "x"\nmsgid "Hello %(name)s"\nmsgstr "%(name)s!"', ONE, "is missing"),
        ('msgid "Hello %(name)s"\nmsgstr ""', ONE, "is not translated"),
        ('#, fuzzy\nmsgid "Hello %(name)s"\nmsgstr "%(name)s!"', ONE, "is fuzzy"),
        ('msgid "Hello %(name)s"\nmsgstr "Hallo"', ONE, "lacks {'name'}"),
        ('msgid "Hello %(name)s"\nmsgstr "%(name)s %(nam)s"', ONE, "has a gap that nobody fills"),
        (DAYS + 'msgstr[0] "a"\nmsgstr[1] "b"\nmsgstr[2] "%(n)d c"', MANY, ""),
        (DAYS + 'msgstr[0] "a"\nmsgstr[1] "b"\nmsgstr[2] "c"', MANY, "lacks {'n'}"),
        (DAYS + 'msgstr[0] "a"\nmsgstr[2] "%(n)d c"', MANY, "is not translated"),
        ('msgid "One day"\nmsgstr "a"', MANY, "is missing"),
    ],
)
def test_faults_are_found(entry: str, text: Text, fault: str) -> None:
    catalog = read_po(io.BytesIO((HEAD + entry).encode()), locale="ar")
    found = list(faults(catalog, text))
    assert len(found) == bool(fault), found
    assert all(each.startswith(fault) for each in found)


# --- Nothing that clients see is forgotten here


def is_put_into(name: str, base: str) -> bool:
    """Also by way of others, as far as they are ours."""
    found = EXTENDS.search(source_of(name)) if (FOLDER / name).exists() else None
    return found is not None and (found[1] == base or is_put_into(found[1], base))


def test_every_page_of_the_client_is_looked_at() -> None:
    pages = {name for name in matching(["**/*.html"]) if is_put_into(name, "client_base.html")}
    assert "sessions/link_expired.html" in pages, "by way of _link_page.html"
    assert pages - with_others(matching(TEMPLATES)) == set()


def test_every_mail_to_clients_is_looked_at() -> None:
    mails = matching(["mail/*.html", "mail/*.txt"])
    to_staff = with_others(matching(STAFF_MAILS))
    assert mails - to_staff - with_others(matching(TEMPLATES)) == set()


def test_texts_are_found_wherever_they_stand() -> None:
    for words in (
        ("How was your session?",),  # of a tag
        ("l j F",),  # of a filter
        ("%(name)s will read this.",),  # of a block with a gap, in an included template
        ("It takes about a minute.", "It takes about %(minutes)s minutes."),
        ("Skip to the content",),  # of the page around it
        ("Please choose one answer.",),  # of a form
        ("Reminder: %(subject)s",),  # of a mail's subject
        ("Way of working",),  # of a heading
    ):
        assert (None, words) in TEXTS
    of_staff = {"Private note", "The treatment has ended.", "Choose a client"}
    assert not of_staff & {words[0] for _context, words in TEXTS}


# --- As clients see it


def english() -> re.Pattern[str]:
    """Two English words or more, as they stand between the gaps of a text."""
    pieces = {
        piece.strip()
        for _context, words in TEXTS
        for text in words
        for piece in GAP.split(text)[::2]
        if len(re.findall("[A-Za-z]{2,}", piece)) > 1
    }
    longest_first = sorted(map(re.escape, pieces), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)")


ENGLISH = english()
TAG = re.compile(r"<[^>]+>")
# Frequent in English and no words of the others: for texts of sources that are not looked at above.
FREQUENT = re.compile(
    r"\b(?:the|your|you|with|this|will|and|not|please|session|answers?)\b", re.IGNORECASE
)


def english_in(page: str) -> list[str]:
    """The texts, wherever they stand; and between the tags, any English."""
    whole = " ".join(html.unescape(page).split())
    shown = html.unescape(TAG.sub(" ", page))
    return ENGLISH.findall(whole) + FREQUENT.findall(shown)


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def is_in(page: str, language: str) -> bool:
    direction = "rtl" if language == "ar" else "ltr"
    return f'<html lang="{language}" dir="{direction}">' in page


@pytest.fixture
def form(ana: Treatment, language: str) -> RatingRequest:
    """In this language; the clinic names the therapist, and reminds."""
    Client.objects.update(language=language)
    Clinic.objects.update(names_therapist=True, reminder_days=2)
    ana.refresh_from_db()
    return people.hold(ana).request


@pytest.mark.usefixtures("clock")
@every_language
def test_the_form_has_no_english_left(form: RatingRequest, language: str) -> None:
    phone = people.open_form(form)
    page = text(phone.get(f"/rate/{form.pk}/"))
    assert is_in(page, language)
    assert english_in(page) == []
    refused = text(phone.post(f"/rate/{form.pk}/", {"language": language}))
    assert is_in(refused, language)
    assert english_in(refused) == []


@pytest.mark.usefixtures("clock")
@every_language
def test_the_thanks_have_no_english_left(form: RatingRequest, language: str) -> None:
    phone = people.open_form(form)
    sent = people.filled_in(form) | {"language": language}
    page = text(phone.post(f"/rate/{form.pk}/", sent, follow=True))
    assert is_in(page, language)
    assert english_in(page) == []


@every_language
def test_the_mails_have_no_english_left(
    form: RatingRequest, language: str, clock: time_machine.Traveller
) -> None:
    for days in (0, 3):
        clock.shift(timedelta(days=days))
        outbox.deliver_due(at=timezone.now())
    subjects = {sent.subject for sent in mail.outbox}
    assert len(subjects) == 2, "the request and the reminder"
    for sent in mail.outbox:
        assert isinstance(sent, EmailMultiAlternatives)
        page = str(sent.alternatives[0][0])
        assert is_in(page, language)
        assert english_in(f"{sent.subject}\n{sent.body}\n{page}") == []


OWN_PAGES = ["/own/", "/own/answers.txt", "/own/erasure/", "/mail/"]


@pytest.mark.usefixtures("clock")
@every_language
def test_what_clients_open_later_has_no_english_left(form: RatingRequest, language: str) -> None:
    """Their answers, the copy of them, the wish to be forgotten, and the choice of mails."""
    people.answer(form.session, tension="some", follow_up="raise")
    client, phone = Client.objects.get(), Browser()
    client.birth_year = "1984"
    client.save()
    for purpose in ("own", "mail"):
        token = clients.issue_link(client, purpose=purpose, at=timezone.now(), valid=DAY)
        asked = text(phone.get(f"/{purpose}/{token}/", follow=True))
        assert english_in(asked) == []
    phone.post("/own/check/", {"answer": "1984"})
    pages = [text(phone.get(address)) for address in OWN_PAGES]
    assert len(set(pages)) == len(OWN_PAGES)
    for page in pages:
        assert english_in(page) == []


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("language", ["en"])
def test_english_is_found_where_it_is(form: RatingRequest, language: str) -> None:
    found = english_in(text(people.open_form(form).get(f"/rate/{form.pk}/")))
    assert {"How was your session?", "will read this.", "Questions answered"} <= set(found)
