"""The switching filter: levels that are Gaussian, ruptures that come and go.

A treatment's goal, task and bond scores of session t are taken to be

    score[d] = clip(level[d] + state - fall[d]) + error[d]

level: the person's own level of each dimension; it grows early on and drifts slowly.
state: how this session differs from it, shared by the dimensions, partly carried to the next.
fall: zero, or one of a grid of looks of a rupture: general or mostly one dimension, some depths.
error: of SD noise / sqrt(items), with the person's noise on a grid.

Given a noise and the looks of all sessions so far, levels and state are Gaussian (a Kalman filter).
The looks are too many to follow each sequence of them; those that end in the same look are merged
into one of the same mean at every session (Kim & Nelson 1999, ch. 5; Blom & Bar-Shalom 1988). The
covariance is shared by the looks of a noise: giving each its own made no difference on our
simulation and costs four times as much.

The three dimensions are alike in how uncertain they are, so the mean of the levels and what each
dimension adds to it are independent, and the update is arithmetic with single numbers. That is
exact for complete ratings. Where a session has one or two dimensions, they inform the mean and each
other, and what they tell of the missing one beyond the mean is let go.

The ceiling bends the scores: clip() is a hyperbola close to the mean of a clipped normal item, and
the update uses its slope at the expected place (an extended Kalman filter).

Shapes: R looks (the first is "none"), I noises, N treatments; arrays end with the treatments, which
keeps the arithmetic of a treatment the same in any batch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from typing import NamedTuple

import numpy as np

from .grid import Grid, grid
from .history import Bools, Floats
from .prior import Prior
from .steps import Trace

EARLY_SESSIONS = 20  # by then all of the early growth has happened
FIRST_AT_RISK = 2  # index of the first session in which a rupture can begin
BEND = 0.3  # of the clip, in SDs of an item's error: fits the mean of a clipped normal within 1 %
LEAST = 1e-26  # no look and no noise is ever ruled out further than that


@dataclass
class Belief:
    """What is believed after a session, for every noise and look.

    means: (4, R, I, N), of the levels of goal, task, bond and of the state.
    mean_var, apart_var, state_var: (I, N), variances of the mean of the levels, of what a dimension
        adds to it (its SD is `apart` at first), and of the state; mean_state: covariance of the
        mean and the state.
    weights: (R, I, N), sum 1 over looks and noises. lasting: (R-1, I, N), the part of the ruptures'
        weights that stays for good.
    """

    means: Floats
    mean_var: Floats
    apart_var: Floats
    state_var: Floats
    mean_state: Floats
    weights: Floats
    lasting: Floats


class Seen(NamedTuple):
    """One session of N treatments, as far as it is known before it is weighed.

    scores: (3, N), zero where not rated. rated: (3, N). dimensions: (N,), how many of them are
    rated; is_partial: whether some treatment has one or two. noise_var: (I, N), variance of a
    score's error. odds: (N,), as `follow` takes them.
    """

    scores: Floats
    rated: Bools
    dimensions: Floats
    is_partial: bool
    noise_var: Floats
    odds: Floats


def follow(
    scores: Floats, items: Floats, odds: Floats, weeks: Floats, prior: Prior
) -> Iterator[Trace]:
    """Session after session, each from itself and those before it.

    scores: (T, 3, N) as shares of the scale, NaN where not rated. items: (T, N) per dimension.
    odds: (T, N), log odds for a rupture from whatever else is known of a session (`evidence.py`).
    weeks: (T, N), time since the session before; the level drifts with it.
    """
    looks = grid(prior)
    belief = begin(prior, looks, scores.shape[2])
    for t, seen in enumerate(sessions(scores, items, odds, looks)):
        begun = move_on(belief, prior, looks, t, weeks[t]) if t else belief.lasting
        yield look_at(belief, begun, looks, seen)


def sessions(scores: Floats, items: Floats, odds: Floats, looks: Grid) -> Iterator[Seen]:
    rated = ~np.isnan(scores)
    count = rated.sum(axis=1).astype(float)
    is_partial = ((count == 1) | (count == 2)).any(axis=1).tolist()
    noise_var = looks.noise[:, None] ** 2 / items[:, None]
    filled = np.where(rated, scores, 0.0)
    columns = (filled, rated, count, is_partial, noise_var, odds)
    return (Seen(*of_one) for of_one in zip(*columns, strict=True))


def begin(prior: Prior, looks: Grid, count: int) -> Belief:
    """Before the first session: a person drawn from the prior, no rupture."""
    shape = (len(looks.falls), len(looks.noise), count)
    means = np.zeros((4, *shape))
    means[:3] = prior.mean
    weights = np.zeros(shape)
    weights[0] = looks.noise_odds[:, None]
    return Belief(
        means=means,
        mean_var=np.full(shape[1:], prior.between**2 + prior.apart**2 / 3),
        apart_var=np.full(shape[1:], prior.apart**2),
        state_var=np.full(shape[1:], prior.state**2),
        mean_state=np.zeros(shape[1:]),
        weights=weights,
        lasting=np.zeros((shape[0] - 1, *shape[1:])),
    )


def move_on(belief: Belief, prior: Prior, looks: Grid, t: int, weeks: Floats) -> Floats:
    """From one session to the next, before its scores. Returns which share of each look is new."""
    begun = switch(belief, prior, looks) if t >= FIRST_AT_RISK else belief.lasting
    belief.means[:3] += growth(prior, t)
    belief.means[3] *= prior.carry
    belief.mean_state *= prior.carry
    belief.mean_var += prior.drift**2 * weeks
    belief.state_var *= prior.carry**2
    belief.state_var += (1 - prior.carry**2) * prior.state**2
    return begun


def growth(prior: Prior, t: int) -> float:
    """How much levels rise from session t - 1 to session t, counted from 0; less and less."""
    return prior.growth * log((1 + t) / t) / log(EARLY_SESSIONS)


def switch(belief: Belief, prior: Prior, looks: Grid) -> Floats:
    """Ruptures end, stay or begin; what ends in the same look gets one common mean."""
    none, inside = belief.weights[0], belief.weights[1:]
    begins = (prior.hazard * looks.chances)[:, None, None] * none
    ends = (1 - prior.stays) * (inside - belief.lasting)
    inside += begins - ends
    none *= 1 - prior.hazard
    none += ends.sum(axis=0)
    np.maximum(none, LEAST, out=none)
    belief.lasting += prior.lasting * begins

    above = belief.means[:, 1:] - belief.means[:, :1]
    share: Floats = begins / np.maximum(inside, LEAST)
    belief.means[:, 1:] -= share * above
    belief.means[:, 0] += np.einsum("krin,rin->kin", above, ends / none)
    return share


def look_at(belief: Belief, begun: Floats, looks: Grid, seen: Seen) -> Trace:
    """Take in one session; the belief changes in place. begun: (R-1, I, N), share that is new.

    For p_rupture the noises are weighed as they stood *before* this session, so that a collapse is
    never explained away as noise. For p_onset, and for the sessions to come, they are weighed anew.
    """
    before = belief.weights.sum(axis=0)
    belief.weights /= before
    belief.lasting /= before
    scores, slope = foresee(belief, looks)
    expected = np.einsum("drin,rin->dn", scores, belief.weights * before)
    none_var = slope**2 * (belief.mean_var + 2 * belief.mean_state + belief.state_var)
    own_var = slope**2 * belief.apart_var + seen.noise_var

    distance = update(belief, seen, scores, slope)
    distance[1:] -= seen.odds
    evidence = weigh_looks(belief, distance)
    p_rupture = (before * (1 - belief.weights[0])).sum(axis=0)
    after, total = weigh_noises(before, evidence)
    belief.weights *= after
    belief.lasting *= after
    p_onset = np.minimum(np.einsum("rin,rin->n", belief.weights[1:], begun), p_rupture)
    level, spread = level_now(belief)
    return Trace(
        p_onset=p_onset,
        p_rupture=p_rupture,
        evidence=total,
        level=level,
        level_spread=spread,
        mean_var=belief.mean_var.copy(),
        apart_var=belief.apart_var.copy(),
        after=after,
        expected=expected,
        none=scores[:, 0].copy(),
        none_var=none_var + seen.noise_var / 3,
        own_var=own_var,
        before=before,
    )


def foresee(belief: Belief, looks: Grid) -> tuple[Floats, Floats]:
    """Mean scores for every look and noise, (3, R, I, N), and the slope of the clip, (I, N).

    The slope is that at the place that is to be expected; a straight line through it serves all.
    """
    actual = belief.means[:3] + (belief.means[3] - looks.falls.T[:, :, None, None])
    bend = BEND * looks.noise[:, None]
    place = np.einsum("drin,rin->in", actual, belief.weights) / 3
    return clip(actual, bend), clip_slope(place, bend)


def clip(actual: Floats, bend: Floats) -> Floats:
    """Mean scores at the actual place of a dimension, as shares of the scale.

    Bent where the scale ends at the top; few are near its bottom, which is a sharp end.
    """
    over = actual - 1
    bent = over * over
    bent += 4 * bend**2
    np.sqrt(bent, out=bent)
    np.subtract(over, bent, out=bent)
    bent /= 2
    bent += 1
    return np.maximum(bent, 0, out=bent)


def clip_slope(place: Floats, bend: Floats) -> Floats:
    """Slope of `clip` at a place, (I, N); never nothing, so that a rating always tells a little."""
    over = place - 1
    slope: Floats = (1 - over / np.sqrt(over * over + 4 * bend**2)) / 2
    return slope


def update(belief: Belief, seen: Seen, expected: Floats, slope: Floats) -> Floats:
    """Kalman update by the mean of the rated dimensions and by how each differs from it.

    Returns minus the log-density of the scores (but for a constant), (R, I, N).
    """
    some, many = seen.dimensions > 0, np.maximum(seen.dimensions, 1)
    common, own = surprises(seen, expected)

    # Of the mean of the rated dimensions; with all three, (1 / many - 1 / 3) is zero.
    to_mean = slope * (belief.mean_var + belief.mean_state)
    to_state = slope * (belief.mean_state + belief.state_var)
    unlike = (1 / many - 1 / 3) * belief.apart_var
    var = slope * (to_mean + to_state + slope * unlike) + seen.noise_var / many
    known = some / var
    # Of the differences: one direction less than there are rated dimensions, of two at most.
    to_own = slope * belief.apart_var
    own_var = slope * to_own + seen.noise_var
    directions = np.maximum(seen.dimensions - 1, 0)
    own_known = some / own_var

    squares: Floats = np.einsum("drin,drin->rin", own, own)
    squares *= own_known / 2
    squares += (common * common) * (known / 2)
    squares += (some * np.log(var) + directions * np.log(own_var)) / 2
    own *= own_known * to_own
    own += common * (known * to_mean)
    belief.means[:3] += own
    belief.means[3] += common * (known * to_state)

    belief.mean_var -= known * to_mean**2
    belief.mean_state -= known * to_mean * to_state
    belief.state_var -= known * to_state**2
    belief.apart_var -= (directions / 2) * own_known * to_own**2
    return squares


def surprises(seen: Seen, expected: Floats) -> tuple[Floats, Floats]:
    """Scores less expected ones: their mean (R, I, N), and each dimension less that, (3, R, I, N).

    Where some dimensions are not rated these have zeros; where none is, the numbers mean nothing.
    """
    own = seen.scores[:, None, None] - expected
    if seen.is_partial:
        own *= seen.rated[:, None, None]
    common = own.sum(axis=0)
    common /= np.maximum(seen.dimensions, 1)
    own -= common
    if seen.is_partial:
        own *= seen.rated[:, None, None]
    return common, own


def weigh_looks(belief: Belief, distance: Floats) -> Floats:
    """Weigh the looks anew, given each noise. Returns the evidence for each noise, (I, N)."""
    nearest = distance.min(axis=0)
    likelihood = np.exp(nearest - distance)
    np.maximum(likelihood, LEAST, out=likelihood)
    chance = np.einsum("rin,rin->in", likelihood, belief.weights)
    likelihood /= chance
    belief.weights *= likelihood
    belief.lasting *= likelihood[1:]
    evidence: Floats = np.log(chance) - nearest
    return evidence


def weigh_noises(noises: Floats, evidence: Floats) -> tuple[Floats, Floats]:
    """Chances of the noises after a session, (I, N), and log-probability of what was seen, (N,)."""
    best = evidence.max(axis=0)
    noises = noises * np.maximum(np.exp(evidence - best), LEAST)
    total = noises.sum(axis=0)
    return np.maximum(noises / total, LEAST), best + np.log(total)


def level_now(belief: Belief) -> tuple[Floats, Floats]:
    """Means of the three levels, (3, N), and the variance of their mean over looks and noises."""
    level = np.einsum("drin,rin->dn", belief.means[:3], belief.weights)
    away = belief.means[:3].sum(axis=0)
    away -= level.sum(axis=0)
    away *= away
    return level, np.einsum("rin,rin->n", away, belief.weights) / 9
