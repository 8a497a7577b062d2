"""How much one filled-in form can say. Pure: imports neither Django nor an app.

Never an accusation. A client who is content with everything answers everything alike, and honestly;
somebody who knows the questions by heart is quick. All that is said is how much the answers can
tell about goals, tasks and bond *apart*.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from measures.catalogue import Instrument
from measures.scoring import check

# Answered faster than one item a second, forms of online samples become much less consistent (Wood
# and others 2017, 10.1177/1948550617703168). Two seconds is the commoner limit (Huang and others
# 2012; Bowling and others 2021, 10.1177/10944281211056520), for people who meet the questions once.
# Clients meet them every week, hence the lower one: a choice.
SECONDS_FOR_AN_ITEM = 1.0


@dataclass(frozen=True, slots=True)
class Quality:
    """What stands out about the answers of one form.

    same_answer: one point was chosen for every item.
    all_highest: that point is the scale's highest. Then it also cannot show how much more there is.
    quick: the form was sent sooner than its items can be read; False where the time is not known.
    """

    same_answer: bool
    all_highest: bool
    quick: bool

    @property
    def says_little(self) -> bool:
        """Whether the form counts for less: as one look, not as one for every item.

        Either sign is enough. All alike, the items tell one thing between them, whatever the
        reason; unread, they tell no more. Neither shows a careless person. In experiments long runs
        of one answer told careless forms from careful ones no better than chance (Goldammer and
        others 2024, 10.3758/s13428-024-02484-3; whether these called forth that kind of
        carelessness at all is disputed). So such a form counts for less, and is never left out.
        """
        return self.same_answer or self.quick


def quality(instrument: Instrument, answers: Mapping[str, int], seconds: float | None) -> Quality:
    """Look at one complete form of a client.

    Parameters: `answers` maps every item key of `instrument` to a whole point of its scale;
    `seconds` runs from opening the form to sending it, None where nobody measured it (paper, or
    read out in the room).
    Raises `BadAnswers` as scoring does. An instrument of one item never has the `same_answer`.
    """
    check(instrument, answers)
    same_answer = is_same_answer(answers)
    return Quality(
        same_answer=same_answer,
        all_highest=same_answer and instrument.highest in answers.values(),
        quick=seconds is not None and seconds < least_seconds(instrument),
    )


def is_same_answer(answers: Mapping[str, int]) -> bool:
    return len(answers) > 1 and len(set(answers.values())) == 1


def least_seconds(instrument: Instrument) -> float:
    """A form that took less was quick. Whatever else is on its page is not counted."""
    return SECONDS_FOR_AN_ITEM * len(instrument.items)
