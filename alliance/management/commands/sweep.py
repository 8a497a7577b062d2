from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from alliance.sweep import sweep


class Command(BaseCommand):
    help = "Send the mails and compute the trajectories that are due, without a broker."

    def handle(self, *args: Any, **options: Any) -> None:
        for what, count in sweep(timezone.now()).items():
            self.stdout.write(f"{what}: {count}")
