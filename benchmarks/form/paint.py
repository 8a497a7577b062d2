"""When the first words are seen, with a cold cache: the form beside a bare page."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.form.slow_phone import Phones

PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
BARE, FORM, LINK = "bare page", "the form itself", "the form by its link (a redirect more)"


@dataclass
class Contestant:
    name: str
    milliseconds: list[float] = field(default_factory=list)
    bytes: int = 0
    answers: int = 0


def measure(phones: Phones, links: Iterator[str], laps: int) -> list[Contestant]:
    """They take turns; the first lap, in which the server reads its templates, does not count."""
    contestants = [Contestant(BARE), Contestant(FORM), Contestant(LINK)]
    for lap in range(laps + 1):
        for contestant in contestants:
            took = _painted(phones, contestant, links)
            if lap:
                contestant.milliseconds.append(took)
    return contestants


def _painted(phones: Phones, contestant: Contestant, links: Iterator[str]) -> float:
    with phones.new() as (page, line):
        path = "/bare/" if contestant.name == BARE else next(links)
        if contestant.name == FORM:  # the cookie is fetched outside the page, so nothing is cached
            path = page.context.request.get(path).url
        page.goto(path)
        page.wait_for_function(PAINTED)
        page.wait_for_load_state("networkidle")
        contestant.bytes, contestant.answers = line.bytes, line.answers
        return float(page.evaluate(PAINTED))
