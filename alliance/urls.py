"""Every address of the site. `tests/registry/test_access.py` has a row for each, or fails."""

from allauth.account import views as account
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from accounts import client_views as about
from accounts import views as accounts
from alliance import views
from clients import client_views as client_mail
from clients import views as clients
from clients.api import ClientViewSet
from outbox import views as outbox
from sessions import plan_views
from sessions import views as sessions
from sessions.api import SessionViewSet
from sessions.at_clinic import device_views, paper_views
from sessions.correcting import correct_views
from sessions.form import client_views, link_views, own_link_views
from sessions.own_rating import therapist_views
from sessions.sending import clinic_views
from trends import views as trends
from trends.api import FlagViewSet, TrajectoryViewSet
from trends.client_page import agreement_views as agreed
from trends.client_page import ending_views, side_by_side_views
from trends.flags import flag_views as flags
from trends.lists import caseload_views as lists
from trends.lists import record_views as record
from trends.own_answers import own_views as own
from trends.report import report_views as reports
from trends.supervising import supervision_views as supervision

# Only what this house uses of allauth: nobody signs up, addresses are not changed by oneself.
LOGIN = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

STAFF = [
    path("", accounts.home, name="home"),
    path("caseload/", lists.caseload, name="caseload"),
    path("today/", lists.today, name="today"),
    path("inbox/", lists.inbox, name="inbox"),
    path("ratings/<uuid:rating_id>/read/", lists.mark_read, name="mark_read"),
    path("clients/add/", clients.add_client, name="add_client"),
    path("clients/<uuid:client_id>/", trends.client, name="client"),
    path("clients/<uuid:client_id>/edit/", clients.edit_client, name="edit_client"),
    path("clients/<uuid:client_id>/resume-mail/", clients.resume_mail, name="resume_mail"),
    path("clients/<uuid:client_id>/unlock/", clients.unlock, name="unlock"),
    path("clients/<uuid:client_id>/confirm/", clients.confirm_contact, name="confirm_contact"),
    path(
        "clients/<uuid:client_id>/own-answers/",
        own_link_views.mail_own_answers,
        name="mail_own_answers",
    ),
    path("clients/<uuid:client_id>/settle-erasure/", clients.settle_erasure, name="settle_erasure"),
    path("clients/<uuid:client_id>/start/", clients.start_treatment, name="start_treatment"),
    path("treatments/<uuid:treatment_id>/take-along/", reports.take_along, name="take_along"),
    path("treatments/<uuid:treatment_id>/next/", plan_views.plan_next, name="plan_next"),
    path("treatments/<uuid:treatment_id>/end/", ending_views.end_treatment, name="end_treatment"),
    path("treatments/<uuid:treatment_id>/transfer/", ending_views.transfer, name="transfer"),
    path("treatments/<uuid:treatment_id>/share/", supervision.share, name="share"),
    path("shares/<uuid:share_id>/withdraw/", supervision.withdraw_share, name="withdraw_share"),
    path("supervision/", supervision.supervise, name="supervision"),
    path("sessions/record/", record.record_session, name="record_session"),
    path("sessions/<uuid:session_id>/hand-over/", device_views.hand_over, name="hand_over"),
    path("sessions/<uuid:session_id>/paper/", paper_views.paper, name="paper"),
    path(
        "sessions/<uuid:session_id>/own-rating/",
        therapist_views.therapist_rating,
        name="therapist_rating",
    ),
    path(
        "sessions/<uuid:session_id>/side-by-side/",
        side_by_side_views.side_by_side,
        name="side_by_side",
    ),
    path(
        "sessions/<uuid:session_id>/correct/",
        correct_views.correct_session,
        name="correct_session",
    ),
    path(
        "corrections/<uuid:correction_id>/undo/",
        correct_views.undo_correction,
        name="undo_correction",
    ),
    path("device/", device_views.device, name="device"),
    path("device/unlock/", device_views.unlock, name="device_unlock"),
    path("requests/<uuid:request_id>/send-again/", sessions.send_again, name="send_again"),
    path("flags/<uuid:flag_id>/", flags.flag, name="flag"),
    path("flags/<uuid:flag_id>/acknowledge/", flags.acknowledge_flag, name="acknowledge_flag"),
    path("flags/<uuid:flag_id>/repair/", flags.log_repair, name="log_repair"),
    path("flags/<uuid:flag_id>/close/", flags.close_flag, name="close_flag"),
    path("flags/<uuid:flag_id>/reopen/", flags.reopen_flag, name="reopen_flag"),
    path("sessions/<uuid:session_id>/mark/", flags.mark_rupture, name="mark_rupture"),
    path("front-desk/", sessions.front_desk, name="front_desk"),
    path("delivery/", sessions.sent_forms, name="delivery"),
    path("treatments/<uuid:treatment_id>/agreements/", agreed.agreements, name="agreements"),
    path(
        "treatments/<uuid:treatment_id>/agreements/add/",
        agreed.add_agreement,
        name="add_agreement",
    ),
    path(
        "agreements/<uuid:agreement_id>/reword/", agreed.reword_agreement, name="reword_agreement"
    ),
    path("agreements/<uuid:agreement_id>/end/", agreed.end_agreement, name="end_agreement"),
    path(
        "agreements/<uuid:agreement_id>/resume/", agreed.resume_agreement, name="resume_agreement"
    ),
    path(
        "agreements/answers/<uuid:answer_id>/take-over/",
        agreed.take_over_words,
        name="take_over_words",
    ),
    path("ratings/<uuid:rating_id>/add-goal/", agreed.add_proposed_goal, name="add_proposed_goal"),
    path("clinic/", trends.clinic, name="clinic"),
    path("clinic/as-admins-see/", trends.seen_by_admins, name="seen_by_admins"),
    path("clinic/alerts/", trends.alerts, name="alerts"),
    path("clinic/people/", accounts.people, name="people"),
    path("clinic/people/invite/", accounts.invite, name="invite"),
    path(
        "clinic/invitations/<uuid:invitation_id>/withdraw/",
        accounts.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path(
        "clinic/people/<uuid:user_id>/deactivate/",
        accounts.set_active,
        {"active": False},
        name="deactivate",
    ),
    path(
        "clinic/people/<uuid:user_id>/reactivate/",
        accounts.set_active,
        {"active": True},
        name="reactivate",
    ),
    path("clinic/settings/", accounts.clinic_settings, name="clinic_settings"),
    path("clinic/about/", accounts.clinic_about, name="clinic_about"),
    path("clinic/forms/", clinic_views.forms_settings, name="forms_settings"),
    path("method/", trends.method, name="method"),
    path("settings/about/", accounts.own_about, name="own_about"),
    path("settings/about/take-down/", accounts.take_about_down, name="take_about_down"),
    path("settings/mail/", accounts.mail_wishes, name="mail_wishes"),
    path("settings/tokens/", accounts.tokens, name="tokens"),
    path("settings/tokens/<slug:token_key>/revoke/", accounts.revoke_token, name="revoke_token"),
]

# What clients may see of themselves, and ask for.
OWN = [
    path("", own.own_answers, name="own"),
    path("check/", own.own_check, name="own_check"),
    path("leave/", own.own_leave, name="own_leave"),
    path("erasure/", own.own_erasure, name="own_erasure"),
    path("answers.json", own.own_json, name="own_json"),
    path("answers.txt", own.own_text, name="own_text"),
    path("<str:token>/", own.open_own, name="open_own"),  # last: it would take the others
]

CLIENT = [
    path("r/<str:token>/", link_views.open_link, name="open_link"),
    path("rate/<uuid:request_id>/", client_views.rate, name="rate"),
    path("rate/<uuid:request_id>/thanks/", link_views.thanks, name="rate_thanks"),
    path("rate/<uuid:request_id>/check/", link_views.check, name="rate_check"),
    path("rate/<uuid:request_id>/draft/", client_views.keep_draft, name="rate_draft"),
    path("rate/<uuid:request_id>/later/", client_views.go_on_later, name="rate_later"),
    path("rate/<uuid:request_id>/language/", client_views.change_language, name="rate_language"),
    path("rate/<uuid:request_id>/change/", client_views.change, name="rate_change"),
    path("rate/<uuid:request_id>/ask/", link_views.ask_for_link, name="rate_ask"),
    path("rate/<uuid:request_id>/own/", link_views.mail_own, name="rate_own"),
    path("mail/<str:token>/", client_mail.open_mail, name="open_mail"),
    path("mail/", client_mail.mail_choice, name="mail_choice"),
    path("own/", include(OWN)),
    path("about/<uuid:user_id>/", about.about, name="about"),
    path("join/<str:token>/", accounts.join_link, name="join_link"),
    path("join/", accounts.join, name="join"),
]

router = SimpleRouter()
router.register("clients", ClientViewSet, basename="api-client")
router.register("sessions", SessionViewSet, basename="api-session")
router.register("trajectories", TrajectoryViewSet, basename="api-trajectory")
router.register("flags", FlagViewSet, basename="api-flag")

API = [
    *router.urls,
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]

handler400 = "alliance.views.bad_request"

urlpatterns = [
    *STAFF,
    *CLIENT,
    path("accounts/", include(LOGIN)),
    path("api/v1/", include(API)),
    path("webhooks/mail/<slug:provider>/", outbox.mail_webhook, name="mail_webhook"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
