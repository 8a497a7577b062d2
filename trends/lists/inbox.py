"""Everything that a mail could tell of, on one page: so nothing hangs on a mail."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from clients import notices
from clients.models import Client, ClientQuerySet, Treatment
from outbox.models import Message
from sessions.models import (
    Rating,
    RatingQuerySet,
    RatingRequest,
    RatingRequestQuerySet,
    TherapySession,
)
from sessions.sending import delivery, to_know
from trends.lists import next_steps
from trends.lists.before import says_something
from trends.lists.caseload import flag_words
from trends.lists.known import SHOWN_FOR
from trends.models import Flag, FlagQuerySet

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class After:
    """What there is to say of a treatment that has ended."""

    ended_on: date
    arrived_later: bool


@dataclass(frozen=True, slots=True)
class Flagged:
    flag: Flag
    client: Client
    url: str
    reason: str
    after: After | None


@dataclass(frozen=True, slots=True)
class Said:
    rating: Rating
    client: Client
    url: str
    after: After | None
    asked_at: datetime | None  # of a wish to talk, if the client has rated again since


@dataclass(slots=True)
class InTrouble:
    """A client whom forms do not reach, or who asks for something by one of our pages."""

    client: Client
    url: str
    notes: list[to_know.ToKnow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Inbox:
    flags: list[Flagged]  # nobody has seen them yet
    wishes: list[Said]  # asked the therapist to raise something
    troubles: list[InTrouble]
    not_back: list[Flagged]  # in repair, and not back yet
    said: list[Said]  # "just so you know", and words beside a rating
    handed: list[Treatment]  # by a colleague; their first session is still to come

    @property
    def needing(self) -> int:
        return len(self.flags) + len(self.wishes) + len(self.troubles)

    @property
    def is_empty(self) -> bool:
        return not (self.needing or self.not_back or self.said or self.handed)


@dataclass(frozen=True, slots=True)
class Waits:
    """Something clinical that waits for the therapist: which row, and since when."""

    about: Flag | Rating
    since: datetime


def waiting(user: User, at: datetime) -> list[Waits]:
    """Open flags and wishes to talk that nobody has read, what waits longest first."""
    flags = [Waits(flag, flag.state_at) for flag in _open_flags(user)]
    wishes = [Waits(rating, rating.submitted_at) for rating in _wishes(user, at)]
    return sorted([*flags, *wishes], key=lambda each: each.since)


def count(user: User, at: datetime) -> int:
    """How many things need this person: `Inbox.needing`, in one query."""
    flags = _open_flags(user).order_by().values_list("pk")
    wishes = _wishes(user, at).order_by().values_list("pk")
    forms = _troubled_forms(user).order_by().values_list("session__treatment__client")
    contacts = _troubled_clients(user).order_by().values_list("pk")
    return flags.union(wishes, forms, contacts).count()


def inbox(user: User, at: datetime) -> Inbox:
    """What needs a person, each kind in the order in which it came; then what is only told."""
    wishes = list(_wishes(user, at).select_related("session__treatment__client"))
    return Inbox(
        flags=_told(_open_flags(user)),
        wishes=[_said(rating) for rating in wishes],
        troubles=_troubles(user, at),
        not_back=_told(_not_back(user)),
        said=_unread(user, at, without=wishes),
        handed=_handed(user),
    )


def _open_flags(user: User) -> FlagQuerySet:
    """After the end of a treatment too: an answer may come in later, and is for its therapist."""
    return Flag.objects.visible_to(user).counting().open().order_by("state_at")


def _not_back(user: User) -> FlagQuerySet:
    open_ = Treatment.objects.visible_to(user).open()
    rows = Flag.objects.counting().filter(treatment__in=open_, state=Flag.State.NOT_YET)
    return rows.order_by("state_at")


def _told(flags: FlagQuerySet) -> list[Flagged]:
    return [
        Flagged(
            flag=flag,
            client=flag.treatment.client,
            url=next_steps.flag_page(flag),
            reason=flag_words(flag, flag.treatment.client.name),
            after=_after(flag.treatment, flag.raised_at),
        )
        for flag in flags.select_related("treatment__client")
    ]


def _after(treatment: Treatment, came_at: datetime) -> After | None:
    """Of the day itself nobody knows which was first."""
    if treatment.ended_on is None:
        return None
    return After(treatment.ended_on, timezone.localdate(came_at) > treatment.ended_on)


def _unread_ratings(user: User) -> RatingQuerySet:
    """After the end of a treatment too, as open flags."""
    unread = Rating.objects.visible_to(user).standing().filter(read_at__isnull=True)
    return unread.order_by("submitted_at")


def _wishes(user: User, at: datetime) -> RatingQuerySet:
    """As `Known.wish`: a later rating does not take it back."""
    later = Rating.objects.standing().filter(
        session__treatment=OuterRef("session__treatment"),
        session__held_at__gt=OuterRef("session__held_at"),
    )
    asked = _unread_ratings(user).filter(follow_up=Rating.FollowUp.RAISE)
    told = asked.annotate(is_newest=~Exists(later))
    return told.filter(Q(is_newest=True) | Q(submitted_at__gt=at - SHOWN_FOR))


def _unread(user: User, at: datetime, *, without: list[Rating]) -> list[Said]:
    """Shown, and pushed to nobody; the newest first."""
    told = {rating.pk for rating in without}
    lately = _unread_ratings(user).filter(submitted_at__gt=at - SHOWN_FOR)
    rows = lately.select_related("session__treatment__client").order_by("-submitted_at")
    return [_said(row) for row in rows if row.pk not in told and says_something(row)]


def _said(rating: Rating) -> Said:
    treatment = rating.session.treatment
    page = reverse("client", args=[treatment.client_id])
    return Said(
        rating=rating,
        client=treatment.client,
        url=f"{page}?treatment={treatment.pk}" if treatment.ended_on else page,
        after=_after(treatment, rating.submitted_at),
        asked_at=None if getattr(rating, "is_newest", True) else rating.submitted_at,
    )


def _handed(user: User) -> list[Treatment]:
    held = TherapySession.objects.standing().filter(treatment=OuterRef("pk"))
    own = Treatment.objects.visible_to(user).open().filter(~Exists(held), follows__isnull=False)
    return list(own.select_related("client", "follows__therapist").order_by("-started_on"))


# --- Forms that do not arrive, and what clients ask for


def _troubled_forms(user: User) -> RatingRequestQuerySet:
    """Of a client who asks for a new link; or the newest one, if its mail did not arrive."""
    open_ = Treatment.objects.visible_to(user).open()
    later = RatingRequest.objects.standing().filter(
        session__treatment=OuterRef("session__treatment"),
        session__held_at__gt=OuterRef("session__held_at"),
    )
    forms = RatingRequest.objects.standing().with_delivery()
    unanswered = forms.filter(session__treatment__in=open_, rating__isnull=True)
    is_lost = Q(mail_state__in=Message.TROUBLED) & ~Exists(later)
    return unanswered.filter(Q(link_asked_at__isnull=False) | is_lost)


def _troubled_clients(user: User) -> ClientQuerySet:
    """Those of whom `notices` has something to tell that needs a person."""
    return Client.objects.treated_by(user).filter(
        Q(erasure_asked_at__isnull=False)
        | Q(own_link_blocked_at__isnull=False)
        | Q(bounced_at__isnull=False)
        | Q(failed_checks__gte=Client.MOST_TRIES)
    )


def _troubles(user: User, at: datetime) -> list[InTrouble]:
    """One for each client, by name."""
    found: dict[Client, list[to_know.ToKnow]] = defaultdict(list)
    forms = _troubled_forms(user).select_related(
        "session__treatment__client__clinic", "session__treatment__therapist", "rating"
    )
    for request in forms:
        found[request.session.treatment.client] += _about_form(request, at)
    for client in {*found, *_troubled_clients(user)}:
        found[client] += [
            to_know.ToKnow(each.words, url=each.url, needs_person=True)
            for each in notices.of_client(client)
            if each.needs_person
        ]
    made = [
        InTrouble(client, reverse("client", args=[client.pk]), notes)
        for client, notes in found.items()
    ]
    return sorted(made, key=lambda each: each.client.name.lower())


def _about_form(request: RatingRequest, at: datetime) -> list[to_know.ToKnow]:
    form = delivery.as_possible(delivery.of_request(request, at), request.session.treatment)
    if form.is_asked_for:
        return [to_know.link_asked(request, can_send=form.can_resend)]
    again = request.pk if form.can_resend else None
    return [to_know.ToKnow(form.words, more=form.reason, needs_person=True, request_id=again)]
