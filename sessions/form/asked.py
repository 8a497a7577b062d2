"""What a form asks beside its instrument: about agreed goals and tasks, and the seven elements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from clients.models import Agreement, Side, Treatment, Wording
from measures import catalogue
from measures.catalogue import Instrument
from sessions.models import AgreementAnswer, Rating, RatingRequest, TherapySession

# Names of fields; the id of a wording follows.
AGREE, REWORD, PROGRESS = ABOUT_AGREEMENTS = ("agree_", "reword_", "progress_")


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of one form; without any it asks what every form asks."""

    wordings: tuple[Wording, ...] = ()
    suggested: frozenset[UUID] = frozenset()  # of these: to which the client never said yes
    proposal: bool = False  # whether there is something else to work on
    elements: Instrument | None = None

    @property
    def agreed(self) -> bool:
        """Whether any of these is agreed on."""
        return len(self.suggested) < len(self.wordings)


NOTHING = Asked()


def elements() -> Instrument:
    """Which version it was is not kept with the answers, so there is this one."""
    return catalogue.get("elements-7", 1)


def of_request(
    request: RatingRequest, named: Iterable[str] = (), *, with_therapist: bool = False
) -> Asked:
    """named: fields that came back from a page, or with a draft.

    A page that was opened earlier keeps the words that it showed, whatever was agreed on since.
    with_therapist: it is read in the room or on paper. Otherwise the link may be with somebody who
    entered an address, a PIN or a year of their own: no words are shown until these are confirmed.
    """
    session, names = request.session, frozenset(named)
    is_known = with_therapist or session.treatment.client.own_link_blocked_at is None
    asks_agreements = request.asks_agreements and is_known
    wordings = _wordings(session.treatment, _ids(names)) if asks_agreements else ()
    return Asked(
        wordings,
        _suggested(wordings, session, names),
        proposal=asks_agreements,
        elements=elements() if request.asks_elements else None,
    )


def of_session(session: TherapySession, named: Iterable[str] = ()) -> Asked:
    """As the form would ask that is made now, for a session that has none yet."""
    if not asks_agreements(session):
        return NOTHING
    names = frozenset(named)
    wordings = _wordings(session.treatment, _ids(names))
    return Asked(wordings, _suggested(wordings, session, names), proposal=True)


def asks_agreements(session: TherapySession) -> bool:
    """From the first agreement on, and then after as many sessions as the clinic wants."""
    treatment = session.treatment
    every = treatment.client.clinic.agreements_every
    if every is None or not treatment.agreements.standing().exists():
        return False
    held = treatment.sessions.standing().filter(attendance__in=TherapySession.TOOK_PLACE)
    asked = held.filter(request__asks_agreements=True, request__withdrawn_at=None)
    last = asked.exclude(pk=session.pk).order_by("-held_at").first()
    if last is None:
        return True
    since = held.filter(held_at__gt=last.held_at, held_at__lte=session.held_at)
    return since.count() >= every


def _ids(named: Iterable[str]) -> frozenset[str]:
    return frozenset(
        name.removeprefix(prefix)
        for name in named
        for prefix in ABOUT_AGREEMENTS
        if name.startswith(prefix)
    )


def _wordings(treatment: Treatment, shown: frozenset[str]) -> tuple[Wording, ...]:
    """One for each agreement, oldest first: the words that were shown, else those that stand."""
    rows = Wording.objects.filter(agreement__treatment=treatment).select_related("agreement")
    chosen: dict[UUID, Wording] = {}
    for row in rows.order_by("agreement__kind", "agreement__created_at", "said_at"):
        before = chosen.get(row.agreement_id)
        is_shown = row.pk.hex in shown
        was_shown = before is not None and before.pk.hex in shown
        if is_shown or (row.agreement.ended_at is None and not was_shown):
            chosen[row.agreement_id] = row
    return tuple(chosen.values())


def _suggested(
    wordings: Iterable[Wording], session: TherapySession, names: frozenset[str]
) -> frozenset[UUID]:
    """Words of the therapist to which the client has not said yes, other than on this form.

    Where a page came back with progress, it was asked for, so these are shown as they were.
    """
    asked_for = {row.pk for row in wordings if PROGRESS + row.pk.hex in names}
    theirs = {row.pk for row in wordings if row.side == Side.THERAPIST} - asked_for
    if not theirs:
        return frozenset()
    yes = AgreementAnswer.objects.filter(wording__in=theirs, answer=AgreementAnswer.Answer.YES)
    elsewhere = yes.filter(rating__in=Rating.objects.standing()).exclude(rating__session=session)
    return frozenset(theirs - set(elsewhere.values_list("wording_id", flat=True)))


def is_goal(wording: Wording) -> bool:
    return wording.agreement.kind == Agreement.Kind.GOAL
