"""What two have agreed on and how it stands: derived from wordings and the client's answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from clients.models import Agreement, Side, Treatment, Wording
from sessions.models import AgreementAnswer, Rating
from trends.models import Flag

Answer = AgreementAnswer.Answer


class State(TextChoices):
    PROPOSED = "proposed", _("proposed: not asked yet")
    AGREED = "agreed", _("agreed")
    DOUBTED = "doubted", _("doubted")
    OTHERWISE = "otherwise", _("put differently")
    REACHED = "reached", _("reached")
    DROPPED = "dropped", _("no longer followed")


@dataclass(frozen=True, slots=True)
class Status:
    """One goal or task: its words, what the client says to them, and how far a goal has come."""

    agreement: Agreement
    wordings: list[Wording]  # newest first
    answers: list[AgreementAnswer]  # to any of them, newest first

    @property
    def wording(self) -> Wording:
        return self.wordings[0]

    @property
    def words(self) -> str:
        words: str = self.wording.words
        return words

    @property
    def answer(self) -> AgreementAnswer | None:
        """The newest to the words that stand, if one was chosen."""
        to_these = (row for row in self.answers if row.wording_id == self.wording.pk)
        return next((row for row in to_these if row.answer), None)

    @property
    def said_yes(self) -> bool:
        """Whether the client ever agreed to the words that stand."""
        to_these = (row for row in self.answers if row.wording_id == self.wording.pk)
        return self.wording.side == Side.CLIENT or any(row.answer == Answer.YES for row in to_these)

    @property
    def state(self) -> State:
        return state(self.agreement.ended_as, self.wording.side, self.answer)

    @property
    def doubted(self) -> bool:
        """Whether it is worth talking about again."""
        return self.state in (State.DOUBTED, State.OTHERWISE)

    @property
    def clients_words(self) -> str:
        """How the client would put it instead; "" if nothing was said."""
        is_otherwise = self.state == State.OTHERWISE
        words: str = self.answer.words if self.answer and is_otherwise else ""
        return words

    @property
    def progress(self) -> list[AgreementAnswer]:
        """Those that say how far the goal has come, newest first."""
        return [row for row in self.answers if row.progress is not None]

    @property
    def last_progress(self) -> int | None:
        return self.progress[0].progress if self.progress else None


def state(ended_as: str, side: str, answer: AgreementAnswer | None) -> State:
    """From how it ended, whose words stand, and the newest answer to them."""
    if ended_as:
        return State(ended_as)
    if answer is None:
        return State.AGREED if side == Side.CLIENT else State.PROPOSED
    return {Answer.YES: State.AGREED, Answer.UNSURE: State.DOUBTED}.get(
        Answer(answer.answer), State.OTHERWISE
    )


def of_treatments(treatments: Iterable[Treatment]) -> dict[UUID, list[Status]]:
    """Those that stand, by treatment, goals first; three queries for as many as there are."""
    found: defaultdict[UUID, list[Status]] = defaultdict(list)
    for status in _statuses(Agreement.objects.standing().filter(treatment__in=list(treatments))):
        found[status.agreement.treatment_id].append(status)
    return dict(found)


def of_treatment(treatment: Treatment) -> list[Status]:
    """All of one treatment: those that stand before those that have ended."""
    every = _statuses(Agreement.objects.filter(treatment=treatment))
    return sorted(every, key=lambda status: bool(status.agreement.ended_as))


def _statuses(rows: Iterable[Agreement]) -> list[Status]:
    agreements = sorted(rows, key=lambda row: (row.kind, row.created_at))
    wordings: defaultdict[UUID, list[Wording]] = defaultdict(list)
    for wording in Wording.objects.filter(agreement__in=agreements).order_by("-said_at"):
        wordings[wording.agreement_id].append(wording)
    answers: defaultdict[UUID, list[AgreementAnswer]] = defaultdict(list)
    for answer in _answers(agreements):
        answers[answer.wording.agreement_id].append(answer)
    return [Status(row, wordings[row.pk], answers[row.pk]) for row in agreements]


def _answers(agreements: Sequence[Agreement]) -> Iterable[AgreementAnswer]:
    rows = AgreementAnswer.objects.filter(wording__agreement__in=agreements)
    counted = rows.filter(rating__in=Rating.objects.standing())
    return counted.select_related("rating__session", "wording").order_by("-rating__submitted_at")


# --- What follows from it


@dataclass(frozen=True, slots=True)
class Proposal:
    """A goal that the client would like to add, and that nobody has taken over."""

    rating: Rating
    words: str
    said_at: datetime


def proposals(treatment: Treatment, statuses: Iterable[Status]) -> list[Proposal]:
    """Newest first. statuses: all of this treatment; what was ever written so is left out."""
    rows = Rating.objects.standing().filter(session__treatment=treatment, proposal__isnull=False)
    written = {_plain(row.words) for status in statuses for row in status.wordings}
    found: dict[str, Proposal] = {}
    for row in rows.order_by("-submitted_at"):
        words = _plain(row.proposal or "")
        if words and words not in written:
            found.setdefault(words, Proposal(row, row.proposal or "", row.submitted_at))
    return list(found.values())


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold()


UNSETTLED = (Flag.State.OPEN, Flag.State.ACKNOWLEDGED, Flag.State.IN_REPAIR, Flag.State.NOT_YET)


def fell(flags: Iterable[Flag]) -> set[str]:
    """Of goal and task, those that fell and are not back: worth agreeing on again."""
    standing = (flag.why for flag in flags if flag.state in UNSETTLED)
    return {why.dimension for why in standing if why and why.dimension in Agreement.Kind.values}
