"""Two treatments that a therapist of the demo has opened to the supervisor."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from accounts import services as accounts
from accounts.models import User
from clients import sharing
from clients.models import Treatment


def write(treatments: Sequence[Treatment], at: datetime) -> None:
    """Of the first therapist's; one of them was read yesterday."""
    first, second = treatments[:2]
    mara, sven = first.therapist, User.objects.supervisors().get()
    share = sharing.share(first, supervisor=sven, by=mara, at=at - timedelta(days=5))
    sharing.share(second, supervisor=sven, by=mara, at=at - timedelta(days=1))
    sharing.note_reading(share, by=sven, at=at - timedelta(days=1))


def hush_nobody(therapists: Sequence[User], at: datetime) -> None:
    """Who tries the demo at night wants to see the mail."""
    for therapist in therapists:
        accounts.set_mail_wishes(
            tells=True,
            reminds=True,
            digest=True,
            quiet_from=time(),
            quiet_until=time(),
            by=therapist,
            at=at,
        )
