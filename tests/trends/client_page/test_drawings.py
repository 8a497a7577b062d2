"""From stored points to what is drawn; the drawing itself is tested in `test_charts`."""

import pytest
from django.utils import timezone

from clients.models import Treatment
from sessions.models import Rating
from tests import people
from trends.client_page import drawings
from trends.client_page.drawings import ByTherapist, Came
from trends.models import Flag, Trajectory

STEADY, LOW = (4, 4, 4), (4, 4, 1)


def trajectory(ana: Treatment) -> Trajectory:
    people.course(ana, STEADY, None, STEADY, STEADY, LOW, LOW)
    return Trajectory.objects.get(treatment=ana)


def test_each_point_is_a_mark(ana: Treatment) -> None:
    marks = drawings.marks(trajectory(ana).points, {})
    assert [mark.number for mark in marks] == [1, 2, 3, 4, 5, 6]
    assert [mark.score for mark in marks] == [4.0, None, 4.0, 4.0, 3.0, 3.0]
    assert marks[0].low is None
    assert marks[-1].low is not None


def test_only_a_session_with_a_flag_is_marked_as_possible_rupture(ana: Treatment) -> None:
    found = trajectory(ana)
    flags = drawings.standing(Flag.objects.all())
    assert [mark.number for mark in drawings.marks(found.points, flags) if mark.flagged] == [5]


def test_an_onset_that_was_never_flagged_or_was_withdrawn_is_not_marked(ana: Treatment) -> None:
    """The mark's colour means that somebody is needed."""
    points = trajectory(ana).points
    assert points[4]["point"]["onset"]
    Flag.objects.update(state=Flag.State.WITHDRAWN)
    flags = drawings.standing(Flag.objects.all())
    assert not any(mark.flagged for mark in drawings.marks(points, flags))


def test_a_flag_that_was_seen_is_marked_as_seen(ana: Treatment) -> None:
    points = trajectory(ana).points
    for state, seen in ((each, each != "open") for each in Flag.State if each != "withdrawn"):
        flags = drawings.standing([Flag(session_id=points[4]["session"], state=state)])
        [mark] = [mark for mark in drawings.marks(points, flags) if mark.flagged]
        assert mark.seen == seen


def test_a_mark_has_the_level_where_it_is_known(ana: Treatment) -> None:
    points = trajectory(ana).points
    marks = drawings.marks(points, {})
    assert [mark.level for mark in marks] == [each["looking_back"] for each in points]
    for each in points:
        del each["looking_back"]  # as an earlier engine left it
    assert {mark.level for mark in drawings.marks(points, {})} == {None}


def test_a_mark_says_in_words_what_it_shows(ana: Treatment) -> None:
    marks = drawings.marks(trajectory(ana).points, {})
    assert marks[0].title == "Session 1, 7 Sep 2026: 4.0"
    assert marks[1].title == "Session 2, 14 Sep 2026: no rating"


def test_days_are_those_of_the_clinic_s_wall(ana: Treatment) -> None:
    points = trajectory(ana).points
    with timezone.override("Pacific/Auckland"):
        assert "8 Sep" in drawings.marks(points, {})[0].title


def test_course_and_sparkline_are_svg_with_words(ana: Treatment) -> None:
    found = trajectory(ana)
    for svg in (drawings.course(found, {}), drawings.sparkline(found, {})):
        assert svg.startswith("<svg")
        assert "<title" in svg
    assert "5 of 6 sessions are rated." in drawings.course(found, {})
    assert "Course over 6 sessions" in drawings.sparkline(found, {})


WAYS = {
    "link": ("", ""),
    "late": ("ring", "by the link, late"),
    "room": ("square", "together in the room"),
    "waiting": ("diamond", "in the waiting room"),
    "paper": ("triangle", "on paper"),
    "imported": ("plus", "imported"),
}


@pytest.mark.parametrize("way", Rating.Provenance.values)
def test_each_way_has_a_shape_and_words(ana: Treatment, way: str) -> None:
    points = trajectory(ana).points
    shape, words = WAYS[way]
    mark = drawings.marks(points, {}, {points[0]["session"]: Came(way)})[0]
    assert mark.shape == shape
    assert mark.title == "Session 1, 7 Sep 2026: 4.0" + (f"; {words}" if words else "")


def test_a_mark_tells_what_else_is_known_of_the_rating(ana: Treatment) -> None:
    points = trajectory(ana).points
    came = {points[0]["session"]: Came("link", is_changed=True, says_little=True)}
    title = drawings.marks(points, {}, came)[0].title
    assert title == "Session 1, 7 Sep 2026: 4.0; changed by the client; says little"


def test_a_rating_that_the_stored_course_does_not_have_yet_has_no_shape(ana: Treatment) -> None:
    points = trajectory(ana).points
    assert points[1]["point"]["score"] is None
    assert drawings.marks(points, {}, {points[1]["session"]: Came("paper")})[1].shape == ""


def test_the_legend_has_the_ways_that_are_there(ana: Treatment) -> None:
    assert drawings.legend({"a": Came("link")}) == []
    found = drawings.legend({"a": Came("paper"), "b": Came("link"), "c": Came("late")})
    assert [words for _svg, words in found] == ["by the link, late", "on paper"]
    assert all(svg.startswith("<svg") and 'aria-hidden="true"' in svg for svg, _words in found)


def test_a_score_is_rounded_as_everywhere(ana: Treatment) -> None:
    points = trajectory(ana).points
    points[0]["point"]["score"] = 3.97
    assert drawings.marks(points, {})[0].title.endswith(": 4.0")


def test_the_therapist_s_rating_is_a_second_mark_with_words_of_its_own(ana: Treatment) -> None:
    points = trajectory(ana).points
    own = {points[1]["session"]: ByTherapist(2.75), points[2]["session"]: ByTherapist(3.0, False)}
    marks = drawings.marks(points, {}, None, own)
    assert [mark.therapist for mark in marks] == [None, 2.75, 3.0, None, None, None]
    assert marks[0].therapist_title == ""
    assert marks[1].therapist_title == "Session 2, 14 Sep 2026, rating by the therapist: 2.8"
    assert marks[2].therapist_title.endswith("rating by the therapist: 3.0; not blind")
    assert "chart-therapist" in drawings.course(Trajectory.objects.get(), {}, None, own)
