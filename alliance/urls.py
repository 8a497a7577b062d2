"""Every address of the site. `tests/registry/test_access.py` has a row for each, or fails."""

from allauth.account import views as account
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from accounts import views as accounts
from alliance import views
from clients import views as clients
from clients.api import ClientViewSet
from sessions import client_views
from sessions import views as sessions
from sessions.api import SessionViewSet
from trends import views as trends
from trends.api import FlagViewSet, TrajectoryViewSet

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
    path("caseload/", trends.caseload, name="caseload"),
    path("clients/add/", clients.add_client, name="add_client"),
    path("clients/<uuid:client_id>/", trends.client, name="client"),
    path("clients/<uuid:client_id>/edit/", clients.edit_client, name="edit_client"),
    path("clients/<uuid:client_id>/start/", clients.start_treatment, name="start_treatment"),
    path("treatments/<uuid:treatment_id>/end/", clients.end_treatment, name="end_treatment"),
    path("sessions/record/", sessions.record_session, name="record_session"),
    path("requests/<uuid:request_id>/send-again/", sessions.send_again, name="send_again"),
    path("flags/<uuid:flag_id>/acknowledge/", trends.acknowledge_flag, name="acknowledge_flag"),
    path("front-desk/", sessions.front_desk, name="front_desk"),
    path("clinic/", trends.clinic, name="clinic"),
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
    path("method/", trends.method, name="method"),
    path("settings/tokens/", accounts.tokens, name="tokens"),
    path("settings/tokens/<slug:token_key>/revoke/", accounts.revoke_token, name="revoke_token"),
]

CLIENT = [
    path("r/<str:token>/", client_views.open_link, name="open_link"),
    path("rate/<uuid:request_id>/", client_views.rate, name="rate"),
    path("rate/<uuid:request_id>/thanks/", client_views.thanks, name="rate_thanks"),
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
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
