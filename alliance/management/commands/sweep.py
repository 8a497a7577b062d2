from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from alliance.sweep import sweep_all


class Command(BaseCommand):
    help = "Do all that is due without a broker: mails, trajectories, nights of clinics."

    def handle(self, *args: Any, **options: Any) -> None:
        for what, count in sweep_all(timezone.now()).items():
            self.stdout.write(f"{what}: {count}")
