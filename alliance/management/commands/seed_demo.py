import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from alliance.demo import seed


class Command(BaseCommand):
    help = "Fill an empty database with an invented clinic."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--print-logins", action="store_true", help="print them as JSON only")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["print_logins"]:
            self.stdout.write(json.dumps(seed.log_ins()))
        elif seed.is_seeded():
            self.stdout.write("The database already holds a clinic; nothing was added.")
        else:
            clinic = seed.seed(timezone.now(), self._tell)
            self.stdout.write(f"{clinic.name} is ready.")

    def _tell(self, what: str, done: int, of: int) -> None:
        if done % 10 == 0 or done == of:
            self.stdout.write(f"{what}: {done} of {of}")
