"""What the demo's therapists did with older flags: most seen, some repaired, some called wrong."""

from datetime import datetime, timedelta
from random import Random

from trends import services
from trends.flags import moves
from trends.models import Flag, RepairEntry

SEEN = 0.8  # share of the older flags that were looked at
REPAIRED, WRONG = 0.55, 0.15  # shares of those
OLDER = timedelta(days=10)

WORDS = (
    "Asked how the last session was for them. Things had gone too fast.",
    "Said what I may have missed. Went through the plan again.",
    "Named it at the start. We will look at it again next time.",
)
TRIED = (
    ("bond_named", "any_slower"),
    ("bond_heard",),
    ("task_doubts", "any_validated"),
)


def write(at: datetime, rng: Random) -> None:
    """In the order in which it happened; then the program says what came of it."""
    older = Flag.objects.open().filter(session__held_at__lt=at - OLDER)
    touched = set()
    for flag in older.select_related("treatment__therapist", "session").order_by(
        "session__held_at", "treatment__client__created_at"
    ):
        if rng.random() < SEEN:
            _work_on(flag, rng)
            touched.add(flag.treatment_id)
    for treatment_id in sorted(touched):
        services.recompute(treatment_id, at=at)


def _work_on(flag: Flag, rng: Random) -> None:
    by, seen_at = flag.treatment.therapist, flag.session.held_at + timedelta(days=2)
    moves.acknowledge(flag, note="To be talked about next time.", by=by, at=seen_at)
    chance, choice = rng.random(), rng.randrange(len(WORDS))
    if chance < REPAIRED:
        moves.log_repair(
            flag,
            kind=rng.choice(RepairEntry.Kind.values),
            tried=TRIED[choice],
            words=WORDS[choice],
            raise_when=RepairEntry.When.RAISED,
            by=by,
            at=flag.session.held_at + timedelta(days=7, hours=1),
        )
    elif chance < REPAIRED + WRONG:
        reason = rng.choice([Flag.Closed.NO_RUPTURE, Flag.Closed.ELSEWHERE])
        moves.close(flag, reason=reason, words="", by=by, at=seen_at + timedelta(days=5))
