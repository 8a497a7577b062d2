"""The e-mails as clients would get them, about a session that never was. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Clinic, User
from clients.models import Client, Treatment
from measures import catalogue
from outbox.composers import Email
from sessions import services
from sessions.models import RatingRequest, TherapySession
from sessions.sending import mail

NOWHERE = "example"  # instead of the secret part of a link


def both(clinic: Clinic, decided: Mapping[str, Any], at: datetime) -> list[tuple[str, Email]]:
    """The mail with the form, and the reminder if there is one, with these settings."""
    changed = copy(clinic)
    for name, value in decided.items():
        setattr(changed, name, value)
    request = _request(changed, at)
    mails = [(_("The e-mail"), mail.written("rating_request", request, NOWHERE, NOWHERE))]
    if changed.reminder_days:
        mails.append((_("The reminder"), mail.written("reminder", request, NOWHERE, NOWHERE)))
    return mails


def _request(clinic: Clinic, at: datetime) -> RatingRequest:
    """About an appointment that has just ended, in the language of whoever looks."""
    language = get_language() or catalogue.DEFAULT_LANGUAGE
    therapist = User(clinic=clinic, display_name=_("Name of the therapist"))
    client = Client(clinic=clinic, email="client@mail.example", language=language)
    treatment = Treatment(client=client, therapist=therapist)
    days = clinic.link_valid_days
    instrument = catalogue.newest(services.SHORT_FORM)
    return RatingRequest(
        session=TherapySession(treatment=treatment, held_at=at - timedelta(hours=1)),
        instrument=instrument.key,
        instrument_version=instrument.version,
        language=language,
        created_at=at,
        expires_at=at + timedelta(days=days) if days else None,
    )
