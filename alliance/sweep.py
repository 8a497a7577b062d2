"""Find whatever is due and not done, and do it: the rows in PostgreSQL tell, the broker does not.

Beat rings for it every half minute; `manage.py sweep` does the same without any broker.
"""

from datetime import datetime

from outbox import services as outbox
from sessions.form import answering
from trends import services as trends
from trends.mails import telling


def sweep(at: datetime) -> dict[str, int]:
    """Do what is due and takes little time; returns how much there was of each kind."""
    return {  # mails last: a slow mail server holds up nothing else
        "trajectories": trends.recompute_due(at=at),
        "drafts": answering.purge_drafts(at=at),
        "reminders": telling.remind_due(at=at),
        "messages": outbox.deliver_due(at=at),
    }


def sweep_and_ring(at: datetime) -> dict[str, int]:
    """With a broker: the nights of clinics take long, so each is a task of its own."""
    return {"nights": trends.ring_for_nights(at=at), **sweep(at)}


def sweep_all(at: datetime) -> dict[str, int]:
    """Without one: the nights too, after everything that somebody may wait for."""
    return {**sweep(at), "nights": trends.nights_due(at=at)}
