"""Find whatever is due and not done, and do it: the rows in PostgreSQL tell, the broker does not.

Beat rings for it every half minute; `manage.py sweep` does the same without any broker.
"""

from datetime import datetime

from outbox import services as outbox
from trends import services as trends


def sweep(at: datetime) -> dict[str, int]:
    """Do all due work; returns how much there was of each kind."""
    return {  # mails last: a slow mail server holds up nothing else
        "trajectories": trends.recompute_due(at=at),
        "messages": outbox.deliver_due(at=at),
    }
