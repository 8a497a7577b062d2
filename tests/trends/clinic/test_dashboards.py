"""The clinic's figures, counted by hand, and what they must not give away."""

from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import services as accounts
from accounts.models import Clinic, User
from clients import services as clients
from clients.models import Treatment
from outbox.models import Message
from sessions.models import RatingRequest
from tests import people
from tests.conftest import logged_in
from trends.clinic import dashboards
from trends.clinic.dashboards import FEWEST_CLIENTS, PERIOD, Figures
from trends.models import Flag

WEEK = timedelta(weeks=1)
NOW = people.MONDAY + 4 * WEEK
STEADY, LOW = (4, 4, 4), (4, 4, 1)


def figures_of(therapist: User) -> Figures:
    rows, _total = dashboards.figures(therapist.own_clinic, NOW)
    [row] = [row for row in rows if row.name == therapist.display_name]
    return row


def take_on_many(therapist: User, count: int) -> list[Treatment]:
    return [people.take_on(therapist, f"Client {number}") for number in range(count)]


@pytest.fixture
def five(mara: User) -> list[Treatment]:
    """As many clients as it takes for figures to be shown."""
    return take_on_many(mara, FEWEST_CLIENTS)


def mail_is(treatment: Treatment, state: str) -> None:
    about = [row.request.pk for row in treatment.sessions.filter(request__isnull=False)]
    Message.objects.filter(about__in=about).update(state=state)


def test_figures_counted_by_hand(mara: User, five: list[Treatment]) -> None:
    rupture, answered, silent, lost, ended = five
    people.course(rupture, STEADY, STEADY, LOW)  # 3 sessions, 3 answered, 1 flag
    people.course(answered, STEADY)  # 1 session, 1 answered
    people.course(silent, None, None)  # 2 sessions, sent, no answer
    mail_is(silent, "sent")
    people.course(lost, None)  # 1 session, its form did not arrive
    mail_is(lost, "failed")
    people.hold(lost, people.MONDAY + WEEK, attendance="cancelled")  # not held, no form
    people.course(ended, STEADY)  # 1 session, 1 answered
    take_on_many(mara, 1)
    clients.end_treatment(ended, by=mara, at=NOW)
    Flag.objects.update(state_at=NOW - timedelta(days=6, hours=23))
    assert figures_of(mara) == Figures(
        name="Mara Lindqvist",
        is_active=True,
        active_clients=5,
        sessions=8,
        sent=7,
        not_delivered=1,
        answered=5,
        open_flags=1,
        days_open=6,
    )
    assert figures_of(mara).percent == 71


def test_a_form_on_its_way_is_not_sent_yet(mara: User, five: list[Treatment]) -> None:
    people.hold(five[0])
    assert (figures_of(mara).sessions, figures_of(mara).sent) == (1, 0)


def test_an_answered_form_was_sent_whatever_its_mail_says(
    mara: User, five: list[Treatment]
) -> None:
    people.course(five[0], STEADY)
    mail_is(five[0], "uncertain")
    row = figures_of(mara)
    assert (row.sent, row.answered, row.not_delivered) == (1, 1, 0)


def test_a_form_that_was_sent_again_counts_once(mara: User, five: list[Treatment]) -> None:
    session = people.hold(five[0])
    mail_is(five[0], "failed")
    people.sessions.send_again(session.request, by=mara, at=NOW)
    assert figures_of(mara).not_delivered == 0
    mail_is(five[0], "sent")
    assert figures_of(mara).sent == 1


def test_only_the_last_90_days_count(mara: User, five: list[Treatment]) -> None:
    people.hold(five[0], NOW - PERIOD)
    people.hold(five[0], NOW - PERIOD - timedelta(seconds=1))
    assert figures_of(mara).sessions == 1


def test_flags_of_ended_treatments_wait_for_nobody(mara: User, five: list[Treatment]) -> None:
    people.course(five[0], STEADY, STEADY, LOW)
    assert figures_of(mara).open_flags == 1
    take_on_many(mara, 1)
    clients.end_treatment(five[0], by=mara, at=NOW)
    assert figures_of(mara).open_flags == 0


def test_one_that_opened_again_is_open_since_then(mara: User, five: list[Treatment]) -> None:
    people.course(five[0], STEADY, STEADY, LOW)
    Flag.objects.update(raised_at=NOW - timedelta(days=22), state_at=NOW - timedelta(hours=5))
    assert figures_of(mara).days_open == 0


@pytest.mark.parametrize("state", [Flag.State.ACKNOWLEDGED, Flag.State.WITHDRAWN])
def test_only_open_flags_count(mara: User, five: list[Treatment], state: str) -> None:
    people.course(five[0], STEADY, STEADY, LOW)
    Flag.objects.update(state=state)
    assert (figures_of(mara).open_flags, figures_of(mara).days_open) == (0, None)


def test_what_does_not_count_is_in_no_figure(mara: User, five: list[Treatment]) -> None:
    """A session by mistake with its form and flag; a rating that was not the client's; a form
    that nobody is to answer any more."""
    *_, low = people.course(five[0], STEADY, STEADY, LOW)
    other = people.course(five[1], STEADY)[0]
    silent = people.course(five[2], None)[0]
    mail_is(five[1], "sent")
    mail_is(five[2], "sent")
    before = figures_of(mara)
    assert (before.sessions, before.sent, before.answered, before.open_flags) == (5, 5, 4, 1)
    low.voided_at = NOW
    low.save()
    other.ratings.update(voided_at=NOW)
    RatingRequest.objects.filter(session=silent).update(withdrawn_at=NOW)
    row = figures_of(mara)
    assert (row.sessions, row.sent, row.answered, row.open_flags) == (4, 3, 2, 0)


def test_the_own_row_is_the_clinic_s_row(mara: User, jonas: User, five: list[Treatment]) -> None:
    people.course(five[0], STEADY, STEADY, LOW)
    for therapist in (mara, jonas):
        assert dashboards.row_of(therapist, NOW) == figures_of(therapist)


def test_a_client_with_two_treatments_counts_once(mara: User, five: list[Treatment]) -> None:
    clients.end_treatment(five[0], by=mara, at=NOW)
    clients.start_treatment(five[0].client, by=mara, at=NOW)
    assert figures_of(mara).active_clients == FEWEST_CLIENTS


def test_rows_are_in_the_order_of_the_alphabet(mara: User, jonas: User, ruth: User) -> None:
    rows, _total = dashboards.figures(mara.own_clinic, NOW)
    assert [row.name for row in rows] == ["Jonas Okafor", "Mara Lindqvist"]


def test_other_clinics_do_not_count(mara: User, stranger: User) -> None:
    for treatment in take_on_many(stranger, 6):
        people.course(treatment, STEADY)
    rows, total = dashboards.figures(mara.own_clinic, NOW)
    assert [row.name for row in rows] == ["Mara Lindqvist"]
    assert (total.sessions, total.sent, total.active_clients) == (0, 0, 0)


def test_a_deactivated_therapist_stays_in_the_table(mara: User, ruth: User) -> None:
    accounts.deactivate(mara, by=ruth, at=NOW)
    assert figures_of(mara).is_active is False


def test_percent_without_a_form_is_nothing() -> None:
    assert figure(sent=0, answered=0).percent is None
    assert figure(sent=8, answered=None).percent is None


def test_percent_when_nobody_answered_is_zero() -> None:
    """Nobody of eight answered: that is the figure an admin has to see."""
    assert figure(sent=8, answered=0).percent == 0


# --- Few clients (A8)


@pytest.mark.parametrize("count", [0, 1, FEWEST_CLIENTS - 1])
def test_below_five_clients_nothing_that_comes_from_answers_is_shown(
    mara: User, count: int
) -> None:
    for treatment in take_on_many(mara, count):
        people.course(treatment, STEADY, STEADY, LOW)
    row = figures_of(mara)
    assert (row.answered, row.open_flags, row.days_open, row.percent) == (None,) * 4
    assert row.suppressed
    assert (row.active_clients, row.sessions) == (count, 3 * count)


def test_from_five_clients_on_it_is_shown(mara: User, five: list[Treatment]) -> None:
    assert not figures_of(mara).suppressed


def test_totals_leave_out_who_is_hidden(mara: User, jonas: User, five: list[Treatment]) -> None:
    people.course(five[0], STEADY)
    people.course(people.take_on(jonas, "Only One"), STEADY, STEADY, LOW)
    _rows, total = dashboards.figures(mara.own_clinic, NOW)
    assert (total.active_clients, total.sessions) == (6, 4), "of those nothing was hidden"
    assert total.sent == 1, "what the answers are held against"
    assert (total.answered, total.open_flags, total.days_open) == (1, 0, None)


def figure(
    *,
    clients: int = 9,
    sessions: int = 9,
    sent: int = 0,
    answered: int | None = 0,
    flags: int = 0,
    days: int | None = None,
) -> Figures:
    hidden = answered is None
    return Figures(
        name="",
        is_active=True,
        active_clients=clients,
        sessions=sessions,
        sent=sent,
        not_delivered=0,
        answered=answered,
        open_flags=None if hidden else flags,
        days_open=None if hidden else days,
    )


counts = st.integers(0, 30)
therapists = st.lists(
    st.builds(
        figure,
        clients=counts,
        sessions=counts,
        sent=counts,
        answered=st.none() | counts,
        flags=counts,
        days=counts,
    ),
    max_size=8,
)
SHOWN_ALWAYS = ("active_clients", "sessions", "not_delivered")
FROM_ANSWERS = ("answered", "open_flags", "days_open")


@given(therapists)
def test_no_difference_of_totals_and_rows_gives_away_a_hidden_row(rows: list[Figures]) -> None:
    """Whoever takes the shown rows from the total is left with nothing, whatever is hidden."""
    total = dashboards._total(rows)
    shown = [row for row in rows if not row.suppressed]
    for name in ("answered", "open_flags", "sent"):
        rest = (getattr(total, name) or 0) - sum(getattr(row, name) for row in shown)
        assert rest == 0


@given(therapists, therapists)
def test_totals_of_answers_do_not_depend_on_hidden_rows(
    rows: list[Figures], others: list[Figures]
) -> None:
    shown = [row for row in rows if not row.suppressed]
    hidden = [row for row in others if row.suppressed]
    alone, together = dashboards._total(shown), dashboards._total(shown + hidden)
    for name in (*FROM_ANSWERS, "sent", "percent"):
        assert getattr(together, name) == getattr(alone, name)


@given(therapists)
def test_totals_of_what_is_always_shown_are_of_all_rows(rows: list[Figures]) -> None:
    total = dashboards._total(rows)
    for name in SHOWN_ALWAYS:
        assert getattr(total, name) == sum(getattr(row, name) for row in rows)


def test_totals_of_hidden_rows_alone_are_hidden_too() -> None:
    total = dashboards._total([figure(answered=None)])
    assert (total.answered, total.open_flags, total.percent) == (None, None, None)


def test_who_asks_to_be_forgotten_is_counted_and_not_named(
    clinic: Clinic, ana: Treatment, stranger: User, ruth: User
) -> None:
    """Also after the treatment has ended. It is no figure from answers, and of no therapist."""
    browser = logged_in(ruth)
    assert "deleted" not in browser.get("/clinic/").content.decode()
    for client in (ana.client, people.take_on(stranger, "Foreign F.").client):
        clients.ask_erasure(client, at=people.MONDAY)
    clients.end_treatment(ana, by=ana.therapist, at=people.MONDAY)
    rows, total = dashboards.figures(clinic, people.MONDAY)
    assert total.to_forget == 1
    assert not any(row.to_forget for row in rows)
    page = browser.get("/clinic/").content.decode()
    assert "1 client asks for all data to be deleted." in page
    assert "Ana" not in page


def test_every_figure_is_in_the_properties_above() -> None:
    """A new figure has to be thought of, too."""
    known = {*SHOWN_ALWAYS, *FROM_ANSWERS, "sent", "name", "is_active", "to_forget"}
    assert {field.name for field in fields(Figures)} == known


def test_figures_read_no_text(
    clinic: Clinic, mara: User, five: list[Treatment], monkeypatch: pytest.MonkeyPatch
) -> None:
    people.course(five[0], STEADY, STEADY, LOW)

    def unseal(sealed: bytes, place: str) -> str:
        raise AssertionError(f"opened {place}")

    monkeypatch.setattr("vault.fields.unseal", unseal)
    dashboards.figures(clinic, NOW)
