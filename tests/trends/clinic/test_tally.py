"""The clinic's tally of its flags, counted by hand, and what it must not give away."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import User
from clients import services as clients
from clients.models import Treatment
from tests import people
from tests.conftest import logged_in
from trends.clinic import dashboards
from trends.clinic.dashboards import FEWEST_CLIENTS, PERIOD
from trends.clinic.tally import SOON, Tally, tally
from trends.flags import moves
from trends.models import Flag

NOW = people.MONDAY + timedelta(weeks=4)
HOUR = timedelta(hours=1)


def fall(therapist: User, name: str) -> Flag:
    """A flag of the program, raised ten days ago."""
    treatment = people.take_on(therapist, name)
    people.course(treatment, (5, 5, 5), (5, 5, 5), (5, 5, 1))
    flag = Flag.objects.get(treatment=treatment)
    flag.raised_at = flag.state_at = NOW - timedelta(days=10)
    flag.save()
    return flag


def see(flag: Flag, hours: int) -> Flag:
    return moves.acknowledge(
        flag, note="", by=flag.treatment.therapist, at=flag.raised_at + hours * HOUR
    )


def repair(flag: Flag) -> Flag:
    return moves.log_repair(
        flag,
        kind="unclear",
        tried=[],
        words="",
        raise_when="next",
        by=flag.treatment.therapist,
        at=flag.raised_at + 2 * HOUR,
    )


def close(flag: Flag, reason: str) -> Flag:
    return moves.close(
        flag, reason=reason, words="", by=flag.treatment.therapist, at=flag.raised_at + 4 * HOUR
    )


def put_into(flag: Flag, state: str) -> None:
    Flag.objects.filter(pk=flag.pk).update(state=state)


def of(therapist: User) -> Tally | None:
    return tally(therapist.own_clinic, NOW)


@pytest.fixture
def five(mara: User) -> list[Flag]:
    return [fall(mara, f"Client {number}") for number in range(FEWEST_CLIENTS)]


def test_counted_by_hand(mara: User, five: list[Flag]) -> None:
    repaired, still_low, wrong, seen, unseen = five
    put_into(repair(repaired), Flag.State.CAME_BACK)
    put_into(repair(still_low), Flag.State.NOT_YET)
    close(wrong, "no_rupture")
    see(seen, hours=60)
    marked = people.hold(seen.treatment, NOW - timedelta(days=3))
    moves.mark_by_hand(marked, words="", by=mara, at=NOW - timedelta(days=2))
    assert of(mara) == Tally(
        flags=5,
        confirmed=2,
        wrong=1,
        by_hand=1,
        seen=4,
        hours=3.0,  # of 2, 2, 4 and 60
        late=1,
        repairs=2,
        came_back=1,
    )
    assert unseen.state == Flag.State.OPEN


def test_not_judged_is_what_is_left(mara: User, five: list[Flag]) -> None:
    close(five[0], "misread")
    counted = of(mara)
    assert counted
    assert (counted.confirmed, counted.wrong, counted.not_judged) == (0, 1, 4)
    assert counted.hours == 4
    assert counted.days is None


def test_a_mark_that_was_called_wrong_is_no_rupture_that_was_marked(
    mara: User, five: list[Flag]
) -> None:
    for treatment, days in ((five[0].treatment, 3), (five[1].treatment, 4)):
        marked = people.hold(treatment, NOW - timedelta(days=days))
        flag = moves.mark_by_hand(marked, words="", by=mara, at=NOW - timedelta(days=2))
    close(flag, "no_rupture")
    counted = of(mara)
    assert counted
    assert counted.by_hand == 1


def test_many_hours_are_told_as_days(mara: User, five: list[Flag]) -> None:
    see(five[0], hours=72)
    counted = of(mara)
    assert counted
    assert counted.days == 3


def test_only_flags_of_the_period_that_stand_in_sessions_that_count(
    mara: User, five: list[Flag]
) -> None:
    for number in range(3):
        fall(mara, f"More {number}")
    withdrawn, old, voided = Flag.objects.order_by("-treatment__started_on", "-pk")[:3]
    put_into(withdrawn, Flag.State.WITHDRAWN)
    Flag.objects.filter(pk=old.pk).update(raised_at=NOW - PERIOD - HOUR)
    voided.session.voided_at = NOW
    voided.session.save()
    counted = of(mara)
    assert counted
    assert counted.flags == 5


@pytest.mark.parametrize(("hours", "late"), [(47, 0), (48, 5)])
def test_late_is_from_48_hours_on(mara: User, five: list[Flag], hours: int, late: int) -> None:
    assert timedelta(hours=48) == SOON
    Flag.objects.update(state_at=NOW - hours * HOUR)
    counted = of(mara)
    assert counted
    assert counted.late == late


def test_flags_of_ended_treatments_count_and_are_late_for_nobody(
    mara: User, five: list[Flag]
) -> None:
    people.take_on(mara, "One more")
    Treatment.objects.filter(pk=five[0].treatment_id).update(ended_on=NOW.date())
    counted = of(mara)
    assert counted
    assert (counted.flags, counted.late) == (5, 4)


# --- What must not be given away


def test_nothing_is_said_about_fewer_than_five_clients(mara: User, five: list[Flag]) -> None:
    put_into(five[0], Flag.State.WITHDRAWN)
    assert of(mara) is None


def test_two_flags_of_one_client_are_one_client(mara: User, five: list[Flag]) -> None:
    put_into(five[0], Flag.State.WITHDRAWN)
    marked = people.hold(five[1].treatment, NOW - timedelta(days=3))
    moves.mark_by_hand(marked, words="", by=mara, at=NOW - timedelta(days=2))
    assert of(mara) is None


def test_whose_figures_are_hidden_in_the_table_does_not_count_here_either(
    mara: User, jonas: User, five: list[Flag]
) -> None:
    """Else the difference between the two would tell of the one client."""
    before = of(mara)
    fall(jonas, "Petra K.")
    rows, total = dashboards.figures(mara.own_clinic, NOW)
    assert [row.suppressed for row in rows] == [True, False]
    assert of(mara) == before
    assert before
    assert total.open_flags == before.flags


def test_other_clinics_do_not_count(mara: User, stranger: User, five: list[Flag]) -> None:
    assert of(stranger) is None
    for number in range(FEWEST_CLIENTS):
        fall(stranger, f"Theirs {number}")
    counted = of(mara)
    assert counted
    assert counted.flags == FEWEST_CLIENTS


# --- The pages


def words_of(browser: Browser, path: str) -> str:
    return " ".join(browser.get(path).content.decode().split())


def test_the_clinic_s_page_says_it_with_denominators(
    as_ruth: Browser, mara: User, five: list[Flag], clock: time_machine.Traveller
) -> None:
    close(five[0], "no_rupture")
    repair(five[1])
    clock.move_to(NOW)
    page = words_of(as_ruth, "/clinic/")
    said = "Of 5 flags of the program, therapists confirmed 1, called 1 wrong, 3 are not judged."
    assert said in page
    assert "2 of 5 were seen, half of those within 3 hours." in page
    assert "<strong>3 are still not seen after 48 hours.</strong>" in page
    repairs = "Of 1 flag with a repair logged, the ratings came back in 0."
    assert f"{repairs} Ratings also come back by themselves." in page
    assert "marked by hand" not in page, "a line that is all zero"


def test_the_clinic_s_page_says_when_it_is_too_little(as_ruth: Browser) -> None:
    page = words_of(as_ruth, "/clinic/")
    assert "Too few to say: this is shown once flags of 5 clients stand behind it." in page


def row_in(page: str, name: str) -> str:
    return page[page.index(name) :].partition("</tr>")[0]


@pytest.mark.parametrize("number", [1, FEWEST_CLIENTS])
def test_a_therapist_sees_exactly_the_row_that_admins_see(
    as_ruth: Browser, mara: User, jonas: User, number: int, clock: time_machine.Traveller
) -> None:
    for each in range(number):
        fall(mara, f"Client {each}")
    clients.end_treatment(people.take_on(jonas, "Petra K."), by=jonas, at=NOW)
    clock.move_to(NOW)
    own, admins = words_of(logged_in(mara), "/clinic/as-admins-see/"), words_of(as_ruth, "/clinic/")
    assert row_in(own, "Mara Lindqvist</th>") == row_in(admins, "Mara Lindqvist</th>")
    assert ("too few to say" in own) is (number < FEWEST_CLIENTS)
    assert "Jonas" not in own
    assert "What admins never see" in own
