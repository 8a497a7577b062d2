"""Templates that show what they are not given, instead of leaving a gap."""

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.test import override_settings

MISSING = "MISSING-%s-MISSING"

# Asked for in vain on purpose.
NOT_GIVEN = {
    "redirect_field",  # of allauth: only there with ?next=
    "user.clinic.name",  # of a superuser, who has none
}


@contextmanager
def loud_templates() -> Iterator[None]:
    configured: list[dict[str, Any]] = copy.deepcopy(settings.TEMPLATES)
    configured[0]["OPTIONS"]["string_if_invalid"] = MISSING
    with override_settings(TEMPLATES=configured):
        yield


def missing_in(page: str) -> set[str]:
    return set(re.findall(r"MISSING-(.*?)-MISSING", page)) - NOT_GIVEN
