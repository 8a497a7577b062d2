"""What the first therapist's first clients have agreed on, in each state that there is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clients import agreements
from clients.models import Agreement, Side, Treatment
from sessions.form import asked
from sessions.models import AgreementAnswer, Rating, RatingRequest

EVERY = 3  # ratings
GOAL, TASK = Agreement.Kind.GOAL, Agreement.Kind.TASK
Answer = AgreementAnswer.Answer


@dataclass(frozen=True, slots=True)
class Plan:
    """One goal or task: what was last answered to it, and how it went. "": nobody asked yet."""

    kind: str
    words: str
    answer: str = ""
    other_words: str = ""
    progress: tuple[int, ...] = ()  # oldest first
    is_taken_over: bool = False
    ended_as: str = ""


# By the number of the client. Each is asked anew at every third rating.
PLANS: dict[int, tuple[Plan, ...]] = {
    0: (
        Plan(GOAL, "Sleep through the night again", Answer.YES, progress=(2, 4, 5)),
        Plan(TASK, "I write down my worries before I go to bed", Answer.UNSURE),
    ),
    1: (
        Plan(
            GOAL,
            "Have fewer arguments at home",
            Answer.OTHERWISE,
            "Say what I need before I get angry",
            progress=(3, 3, 4),
        ),
    ),
    2: (
        Plan(GOAL, "Go to the shops alone", Answer.YES, progress=(1, 3, 6)),
        Plan(TASK, "We plan one outing together in each session"),
        Plan(GOAL, "Take the bus again", Answer.YES, progress=(4, 7, 9), ended_as="reached"),
    ),
    3: (
        Plan(
            GOAL,
            "Be less hard on myself",
            Answer.OTHERWISE,
            "Talk to myself as I would to a friend",
            progress=(2, 5),
            is_taken_over=True,
        ),
    ),
}
PROPOSALS = {0: "Find the courage to call my sister"}
ELEMENTS_OF = 0
ELEMENTS = ((3, 3, 3, 4, 3, 2, 3), (3, 4, 4, 4, 4, 3, 4), (4, 3, 4, 3, 4, 2, 4))


def write(treatments: list[Treatment], at: datetime) -> None:
    """treatments: by the numbers of the clients. Their ratings are there already."""
    for number, plans in PLANS.items():
        treatment = treatments[number]
        ratings = _ratings(treatment)
        for plan in plans:
            _agree(treatment, plan, ratings[::EVERY], at)
        if number in PROPOSALS and ratings:
            ratings[-1].proposal = PROPOSALS[number]
            ratings[-1].save(update_fields=["proposal"])
    _rate_elements(_ratings(treatments[ELEMENTS_OF]))


def _ratings(treatment: Treatment) -> list[Rating]:
    """Oldest first."""
    rows = Rating.objects.filter(session__treatment=treatment).select_related("request")
    return list(rows.order_by("session__held_at"))


def _agree(treatment: Treatment, plan: Plan, asked_in: list[Rating], at: datetime) -> None:
    by, begun = treatment.therapist, treatment.client.created_at
    agreement = agreements.propose(treatment, kind=plan.kind, words=plan.words, by=by, at=begun)
    if plan.answer:
        _answer(agreement, plan, asked_in)
    if plan.is_taken_over:
        earlier = at - timedelta(days=2)
        agreements.take_over(agreement, words=plan.other_words, by=by, at=earlier)
    if plan.ended_as:
        agreements.end(agreement, ended_as=plan.ended_as, by=by, at=at - timedelta(days=1))


def _answer(agreement: Agreement, plan: Plan, asked_in: list[Rating]) -> None:
    """Yes at first, and what the plan says the last time."""
    wording = agreement.wordings.get(side=Side.THERAPIST)
    last = len(asked_in) - 1
    for place, rating in enumerate(asked_in):
        is_last = place == last
        AgreementAnswer.objects.create(
            rating=rating,
            wording=wording,
            answer=plan.answer if is_last else Answer.YES,
            words=plan.other_words if is_last else "",
            progress=plan.progress[min(place, len(plan.progress) - 1)] if plan.progress else None,
        )
    asked_for = RatingRequest.objects.filter(rating__in=asked_in)
    asked_for.update(asks_agreements=True)


def _rate_elements(ratings: list[Rating]) -> None:
    """In the newest ratings, the last of them now."""
    form = asked.elements()
    for rating, points in zip(ratings[-len(ELEMENTS) :], ELEMENTS, strict=False):
        rating.elements = {item.key: point for item, point in zip(form.items, points, strict=True)}
        rating.save(update_fields=["elements"])
        rating.request.asks_elements = True
        rating.request.save(update_fields=["asks_elements"])
