from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from knox.models import AuthToken

from accounts import services
from accounts.models import Clinic, Invitation, User
from accounts.permissions import Role
from outbox import links
from outbox.composers import NotWanted
from outbox.models import Message
from tests import people

AT = people.MONDAY
LATER = AT + timedelta(days=1)


def test_open_clinic_with_settings(db: None) -> None:
    clinic = services.open_clinic(name="North", at=AT, link_valid_days=7)
    assert Clinic.objects.get() == clinic
    assert clinic.link_valid_days == 7
    assert clinic.names_therapist is False, "a clinic has to choose it"


def test_change_clinic_changes_what_is_named(clinic: Clinic, ruth: User) -> None:
    services.change_clinic(clinic, by=ruth, at=AT, sender_name="Desk")
    clinic.refresh_from_db()
    assert (clinic.sender_name, clinic.crisis_text) == ("Desk", "Call 112.")


@pytest.mark.parametrize("days", [0, 31])
def test_links_are_valid_for_1_to_30_days(clinic: Clinic, ruth: User, days: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        services.change_clinic(clinic, by=ruth, at=AT, link_valid_days=days)


def test_invite_owes_one_mail(ruth: User) -> None:
    invitation = people.invite(ruth, " Lena@Northside.example ", Role.THERAPIST, Role.ADMIN)
    assert invitation.email == "lena@northside.example"
    assert invitation.roles == ["therapist", "admin"]
    assert invitation.expires_at == AT + timedelta(days=7)
    assert Message.objects.get(kind=services.INVITATION).about == invitation.pk


def test_invite_somebody_who_is_here_is_refused(ruth: User, mara: User) -> None:
    with pytest.raises(services.AlreadyHere):
        people.invite(ruth, mara.email.upper())
    assert not Invitation.objects.exists()


def test_invite_again_ends_the_earlier_invitation(ruth: User) -> None:
    first = people.invite(ruth)
    token = people.join_token(first)
    second = people.invite(ruth, at=LATER)
    assert list(Invitation.objects.open(LATER)) == [second]
    with pytest.raises(services.InvitationOver):
        join(token)


def join(token: str, *, at: object = LATER) -> User:
    return services.accept_invitation(
        token,
        display_name=" Lena Berg ",
        password=people.PASSWORD,
        at=at,  # type: ignore[arg-type]
    )


def test_accept_invitation_makes_the_account(ruth: User) -> None:
    lena = join(people.join_token(people.invite(ruth)))
    assert (lena.email, lena.display_name) == ("lena@northside.example", "Lena Berg")
    assert (lena.clinic, lena.roles) == (ruth.clinic, ["therapist"])
    assert lena.check_password(people.PASSWORD)


def test_accept_invitation_works_once(ruth: User) -> None:
    token = people.join_token(people.invite(ruth))
    join(token)
    with pytest.raises(services.InvitationOver):
        join(token)
    assert User.objects.filter(display_name="Lena Berg").count() == 1


def test_accept_invitation_after_a_week_is_refused(ruth: User) -> None:
    token = people.join_token(people.invite(ruth))
    with pytest.raises(services.InvitationOver):
        join(token, at=AT + timedelta(days=7))


@pytest.mark.parametrize("token", ["", "guess", "x" * 43])
def test_accept_invitation_with_another_token_is_refused(ruth: User, token: str) -> None:
    people.join_token(people.invite(ruth))
    with pytest.raises(services.InvitationOver):
        join(token)


def test_an_invitation_that_was_not_mailed_opens_with_nothing(ruth: User) -> None:
    assert people.invite(ruth).digest is None
    with pytest.raises(services.InvitationOver):
        join("")


def test_accept_invitation_when_the_account_exists_meanwhile(ruth: User, clinic: Clinic) -> None:
    token = people.join_token(people.invite(ruth))
    people.hire(clinic, "Lena Other", Role.ADMIN)
    with pytest.raises(services.AlreadyHere):
        join(token)


def test_a_withdrawn_invitation_opens_nothing_and_is_not_mailed(ruth: User) -> None:
    invitation = people.invite(ruth)
    token = people.join_token(invitation)
    services.withdraw_invitation(invitation, by=ruth, at=LATER)
    with pytest.raises(services.InvitationOver):
        join(token)
    with pytest.raises(NotWanted):
        people.join_token(invitation, at=LATER)


def test_only_the_digest_of_an_invitation_is_stored(ruth: User) -> None:
    invitation = people.invite(ruth)
    token = people.join_token(invitation)
    invitation.refresh_from_db()
    assert invitation.digest is not None
    assert bytes(invitation.digest) == links.digest(token)


def test_an_invitation_that_was_replaced_is_not_mailed(ruth: User) -> None:
    invitation = people.invite(ruth)
    people.invite(ruth, at=LATER)
    with pytest.raises(NotWanted):
        people.join_token(invitation, at=LATER)


def test_one_account_for_each_address(clinic: Clinic) -> None:
    people.hire(clinic, "Lena Berg", Role.ADMIN)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("LENA@northside.example", created_at=AT)


def test_deactivate_ends_logins_and_tokens(mara: User, ruth: User, as_ruth: Browser) -> None:
    browser = Browser()
    browser.force_login(mara)
    services.create_token(by=mara, days=30, at=AT)
    services.deactivate(mara, by=ruth, at=AT)
    mara.refresh_from_db()
    assert (mara.is_active, mara.deactivated_at) == (False, AT)
    assert not AuthToken.objects.filter(user=mara).exists()
    assert browser.get("/caseload/").status_code == 302
    assert as_ruth.get("/clinic/").status_code == 200, "others stay logged in"
    assert Session.objects.count() == 1


def test_deactivate_oneself_is_refused(ruth: User) -> None:
    with pytest.raises(services.CannotDeactivateYourself):
        services.deactivate(ruth, by=ruth, at=AT)
    ruth.refresh_from_db()
    assert ruth.is_active


def test_reactivate_lets_in_again_with_a_new_login(mara: User, ruth: User) -> None:
    browser = Browser()
    browser.force_login(mara)
    services.deactivate(mara, by=ruth, at=AT)
    services.reactivate(mara, by=ruth, at=LATER)
    mara.refresh_from_db()
    assert (mara.is_active, mara.deactivated_at) == (True, None)
    assert browser.get("/caseload/").status_code == 302, "the old login stays ended"
    browser.force_login(mara)
    assert browser.get("/caseload/").status_code == 200


def test_inactive_needs_a_date(mara: User) -> None:
    mara.is_active = False
    with pytest.raises(IntegrityError), transaction.atomic():
        mara.save()


def test_create_token_ends_after_its_days(mara: User) -> None:
    token, _secret = services.create_token(by=mara, days=30, at=AT)
    assert token.expiry is not None
    assert timedelta(days=29) < token.expiry - token.created <= timedelta(days=30, minutes=1)


def test_revoke_token_only_of_ones_own(mara: User, jonas: User) -> None:
    token, _secret = services.create_token(by=mara, days=30, at=AT)
    assert not services.revoke_token(token_key=token.token_key, by=jonas, at=AT)
    assert AuthToken.objects.count() == 1
    assert services.revoke_token(token_key=token.token_key, by=mara, at=AT)
    assert not AuthToken.objects.exists()


def test_a_new_password_ends_every_token(mara: User, jonas: User) -> None:
    """Whoever knew the old one may have made tokens with it."""
    for user in (mara, jonas):
        services.create_token(by=user, days=30, at=AT)
    services.password_changed(mara, at=AT)
    assert [token.user for token in AuthToken.objects.all()] == [jonas]


def test_each_reset_that_is_asked_for_is_a_mail_of_its_own(mara: User) -> None:
    services.ask_password_reset(mara, at=AT)
    services.ask_password_reset(mara, at=LATER)
    slots = Message.objects.filter(kind=services.PASSWORD_RESET).values_list("slot", flat=True)
    assert sorted(slots) == [0, 1]
