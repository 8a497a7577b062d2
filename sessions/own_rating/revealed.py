"""When a therapist's own rating is shown or used: once nothing can be coloured by it any more.

This is the one rule. `trends.computing.histories` says the same in SQL for a whole night; a test
holds the two together.
"""

from datetime import datetime

from sessions.models import Rating, RatingRequest, TherapistRating, TherapySession


def request_of(session: TherapySession) -> RatingRequest | None:
    return getattr(session, "request", None)


def is_revealed(request: RatingRequest | None, rating: Rating | None, at: datetime) -> bool:
    """Whether the therapist's rating of a session is shown and used; before, to nobody at all.

    request, rating: the client's, of the same session. Either the answers are in, or none are
    expected any more: the time for them is over, the form was withdrawn, or there never was one.
    """
    if rating is not None and rating.voided_at is None:
        return True
    return request is None or _is_over(request, at)


def _is_over(request: RatingRequest, at: datetime) -> bool:
    if request.withdrawn_at is not None:
        return True
    if request.expires_at is None:
        return at >= request.created_at + RatingRequest.SILENT_AFTER
    return request.is_too_late(at)


def shown(session: TherapySession, at: datetime) -> TherapistRating | None:
    """The therapist's rating of a session that counts, if it is revealed."""
    own: TherapistRating | None = getattr(session, "therapist_rating", None)
    if own is None or session.voided_at is not None:
        return None
    rating = next((row for row in session.ratings.all() if row.voided_at is None), None)
    return own if is_revealed(request_of(session), rating, at) else None
