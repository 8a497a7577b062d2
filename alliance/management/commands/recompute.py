from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Clinic
from clients.models import Treatment
from trends import services


class Command(BaseCommand):
    help = (
        "Compute courses anew, after an update for instance. Flags are raised for sessions of the "
        "last 30 days only, and none is withdrawn. Without options: all clinics."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--clinic", type=UUID, metavar="ID", help="only this clinic")
        which.add_argument("--treatment", type=UUID, metavar="ID", help="only this treatment")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["treatment"]:
            self._one(options["treatment"])
        else:
            for clinic in _clinics(options["clinic"]):
                self._all(clinic)

    def _one(self, treatment_id: UUID) -> None:
        if not Treatment.objects.filter(pk=treatment_id).exists():
            raise CommandError(f"There is no treatment {treatment_id}.")
        services.recompute(treatment_id, at=timezone.now())
        self.stdout.write("1 course computed.")

    def _all(self, clinic: Clinic) -> None:
        done = services.recompute_clinic(
            clinic.pk, at=timezone.now(), tell=self._progress(clinic.name)
        )
        self.stdout.write(f"{clinic.name}: {done} courses computed.")

    def _progress(self, name: str) -> Callable[[int, int], None]:
        """On a terminal, a line that is written over."""

        def tell(done: int, of: int) -> None:
            if self.stdout.isatty():
                self.stdout.write(f"\r{name}: {done} of {of}", ending="" if done < of else "\r")
                self.stdout.flush()

        return tell


def _clinics(clinic_id: UUID | None) -> list[Clinic]:
    clinics = Clinic.objects.order_by("name", "pk")
    found = list(clinics.filter(pk=clinic_id) if clinic_id else clinics)
    if clinic_id and not found:
        raise CommandError(f"There is no clinic {clinic_id}.")
    return found
