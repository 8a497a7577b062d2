"""The command that opens a clinic."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Clinic

pytestmark = pytest.mark.django_db


def create(*options: str) -> str:
    told = StringIO()
    where = ("--admin", "ruth@northside.example", "--time-zone", "Europe/Berlin")
    call_command("create_clinic", "Northside Clinic", *where, *options, stdout=told)
    return told.getvalue()


def test_without_words_for_those_in_need_forms_wait() -> None:
    assert "Forms go out once the admin has said whom clients call" in create()
    assert Clinic.objects.get().crisis_text == ""


def test_with_them_forms_go_out() -> None:
    told = create("--crisis-text", " Call 112 at once. ")
    assert "Forms go out; the words" in told
    assert "{" not in told
    assert Clinic.objects.get().crisis_text == "Call 112 at once."


def test_words_that_are_too_long_open_no_clinic() -> None:
    with pytest.raises(CommandError, match="1000 characters"):
        create("--crisis-text", "x" * 1001)
    assert not Clinic.objects.exists()
