"""Everything that Django has to do before the first page, in one process: it imports Django once.

Standard output speaks to the program that starts this one, a JSON object a line:
{"step": what begins now} ... {"logins": [...]}. What the commands print goes to standard error.
"""

import io
import json
import os
import sys

import django
from django.core.management import call_command

STEPS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("Database tables", "migrate", {"interactive": False, "verbosity": 1}),
    ("Cache table", "createcachetable", {}),
    ("Static files", "collectstatic", {"interactive": False}),
    ("Synthetic clinic", "seed_demo", {}),
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alliance.settings")
    _tell(step="Django")
    django.setup()
    for words, command, options in STEPS:
        _tell(step=words)
        call_command(command, stdout=sys.stderr, **options)
    logins = io.StringIO()
    call_command("seed_demo", print_logins=True, stdout=logins)
    _tell(logins=json.loads(logins.getvalue()))


def _tell(**message: object) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
