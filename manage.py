#!/usr/bin/env python
"""Command line of the project."""

import os
import sys

from django.core.management import execute_from_command_line

OFFLINE = ("detect",)  # researchers run it from a fresh checkout, without any environment


def main() -> None:
    offline = len(sys.argv) > 1 and sys.argv[1] in OFFLINE
    settings = "alliance.offline" if offline else "alliance.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
