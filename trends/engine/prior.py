"""What is taken for granted about alliances before a treatment's own ratings speak.

All sizes are shares of the scale's length, so that they serve any scale: .25 is one point of a
scale from 1 to 5. A clinic can learn its own values (`learning.py`); these are where it starts.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

DEFAULT_VERSION = "default-1"


@dataclass(frozen=True)
class Prior:
    """The population that a treatment is drawn from.

    Sources. "Items": item-level short Working Alliance Inventories, scale 1 to 7 (length 6): SD of
    persons' totals .75 to .92, within-person SD of the total .45 and of four-item subscales .48 to
    .66, twelve-item standard error .27 to .29, growth over the first sessions .3 to .4. "Choice":
    no figure is published; the value is the same for every simulated world, and docs/method.md says
    what a different one would change.

    mean: level at the first session, mean of persons (items: 5.7 of 1 to 7).
    between: SD of persons' levels around it (items: .85 / 6).
    apart: SD of a person's goal, task and bond around the person's own level (items: .45 / 6).
    growth: rise over the first 20 sessions, most of it early (items: .35 / 6).
    drift: SD of the slow change of a level from one session to the next (choice).
    state: SD of how a session differs from the level, shared by the dimensions (items: .30 / 6).
    carry: how much of that is carried into the next session, 0 to 1 (choice; no published figure).
    noise: SD of one item's error, the geometric mean of persons (items: .94 / 6, and the rounding
        to whole points).
    noise_varies: SD of its logarithm between persons (choice).
    hazard: chance that a rupture begins in a session, from the third on (choice; in studies of
        ratings 25 to 50 of 100 treatments have one).
    depth: mean fall in a rupture (choice).
    depth_varies: SD of falls, as a share of their mean (choice).
    one_sided: share of ruptures that are mostly in one dimension (choice).
    beside: how far the other two dimensions fall in those, as a share (choice).
    stays: chance that a rupture is still there at the next session (choice; in one study the
        longest decline took six sessions, the commonest was a V).
    lasting: share of ruptures that stay for good (choice).
    silent: chance of no rating in a session without a rupture (choice).
    silent_in_rupture: the same inside one; weak evidence, on purpose (choice; no published figure).
    """

    mean: float = 4.7 / 6
    between: float = 0.85 / 6
    apart: float = 0.45 / 6
    growth: float = 0.35 / 6
    drift: float = 0.008
    state: float = 0.30 / 6
    carry: float = 0.4
    noise: float = 0.17
    noise_varies: float = 0.27
    hazard: float = 0.06
    depth: float = 0.225
    depth_varies: float = 0.65
    one_sided: float = 0.5
    beside: float = 0.2
    stays: float = 0.55
    lasting: float = 0.12
    silent: float = 0.14
    silent_in_rupture: float = 0.22
    version: str = DEFAULT_VERSION

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Prior":
        """The prior that as_dict described. Raises TypeError for unknown keys."""
        return cls(**data)


NUMBERS = tuple(field.name for field in fields(Prior) if field.type is float)

DEFAULT = Prior()
