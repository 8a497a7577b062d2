"""Who gets what at every address: the whole policy, and the proof that nothing is missing in it.

Object addresses are asked for with Ana's ids. `link` holds the cookies of Ana's open form, of
her page about e-mails, and of her own answers (there it has not passed the second check).
"""

import re
from collections.abc import Iterator

import pytest

from tests.registry import world as worlds
from tests.registry.addresses import all_addresses
from tests.registry.loud import loud_templates, missing_in
from tests.registry.requests import Answer, Row, ask, walk
from tests.registry.world import World
from trends.flags import reasons

Answers = dict[Row, Answer]

# `login` means: sent to the log-in page. (A POST is answered there and then, with what was typed.)
# Every POST has a body that no form accepts; a form that asks for nothing shows how that will look.
TABLE = """
route                                              method nobody link  mara  jonas vera  ruth  noor  root  sven
/                                                  GET    login  login 302   302   302   302   302   200   302
/                                                  POST   403    403   405   405   405   405   405   405   405
caseload/                                          GET    login  login 200   200   200   403   403   403   403
caseload/                                          POST   403    403   405   405   405   405   405   405   405
today/                                             GET    login  login 200   200   200   403   403   403   403
today/                                             POST   403    403   405   405   405   405   405   405   405
inbox/                                             GET    login  login 200   200   200   403   403   403   403
inbox/                                             POST   403    403   405   405   405   405   405   405   405
ratings/<uuid:rating_id>/read/                     GET    login  login 405   405   405   405   405   405   405
ratings/<uuid:rating_id>/read/                     POST   403    403   302   404   404   403   403   403   403
clients/add/                                       GET    login  login 200   200   200   403   403   403   403
clients/add/                                       POST   403    403   422   422   422   403   403   403   403
clients/<uuid:client_id>/                          GET    login  login 200   404   404   403   403   403   200
clients/<uuid:client_id>/                          POST   403    403   405   405   405   405   405   405   405
clients/<uuid:client_id>/edit/                     GET    login  login 200   404   404   404   200   404   404
clients/<uuid:client_id>/edit/                     POST   403    403   422   404   404   404   422   404   404
clients/<uuid:client_id>/resume-mail/              GET    login  login 405   405   405   405   405   405   405
clients/<uuid:client_id>/resume-mail/              POST   403    403   302   404   404   404   302   404   404
clients/<uuid:client_id>/unlock/                   GET    login  login 405   405   405   405   405   405   405
clients/<uuid:client_id>/unlock/                   POST   403    403   302   404   404   404   302   404   404
clients/<uuid:client_id>/confirm/                  GET    login  login 405   405   405   405   405   405   405
clients/<uuid:client_id>/confirm/                  POST   403    403   302   404   404   403   403   403   403
clients/<uuid:client_id>/own-answers/              GET    login  login 405   405   405   405   405   405   405
clients/<uuid:client_id>/own-answers/              POST   403    403   302   404   404   403   403   403   403
clients/<uuid:client_id>/settle-erasure/           GET    login  login 405   405   405   405   405   405   405
clients/<uuid:client_id>/settle-erasure/           POST   403    403   302   404   404   404   302   404   404
clients/<uuid:client_id>/start/                    GET    login  login 405   405   405   405   405   405   405
clients/<uuid:client_id>/start/                    POST   403    403   302   404   404   403   403   403   403
treatments/<uuid:treatment_id>/take-along/         GET    login  login 200   404   404   403   403   403   403
treatments/<uuid:treatment_id>/take-along/         POST   403    403   422   404   404   403   403   403   403
treatments/<uuid:treatment_id>/agreements/         GET    login  login 200   404   404   403   403   403   200
treatments/<uuid:treatment_id>/agreements/         POST   403    403   405   405   405   405   405   405   405
treatments/<uuid:treatment_id>/agreements/add/     GET    login  login 405   405   405   405   405   405   405
treatments/<uuid:treatment_id>/agreements/add/     POST   403    403   422   404   404   403   403   403   403
agreements/<uuid:agreement_id>/reword/             GET    login  login 405   405   405   405   405   405   405
agreements/<uuid:agreement_id>/reword/             POST   403    403   422   404   404   403   403   403   403
agreements/<uuid:agreement_id>/end/                GET    login  login 405   405   405   405   405   405   405
agreements/<uuid:agreement_id>/end/                POST   403    403   302   404   404   403   403   403   403
agreements/<uuid:agreement_id>/resume/             GET    login  login 405   405   405   405   405   405   405
agreements/<uuid:agreement_id>/resume/             POST   403    403   302   404   404   403   403   403   403
agreements/answers/<uuid:answer_id>/take-over/     GET    login  login 405   405   405   405   405   405   405
agreements/answers/<uuid:answer_id>/take-over/     POST   403    403   302   404   404   403   403   403   403
ratings/<uuid:rating_id>/add-goal/                 GET    login  login 405   405   405   405   405   405   405
ratings/<uuid:rating_id>/add-goal/                 POST   403    403   302   404   404   403   403   403   403
treatments/<uuid:treatment_id>/next/               GET    login  login 200   404   404   403   403   403   403
treatments/<uuid:treatment_id>/next/               POST   403    403   422   404   404   403   403   403   403
treatments/<uuid:treatment_id>/end/                GET    login  login 200   404   404   403   403   403   403
treatments/<uuid:treatment_id>/end/                POST   403    403   422   404   404   403   403   403   403
treatments/<uuid:treatment_id>/transfer/           GET    login  login 200   404   404   403   403   403   403
treatments/<uuid:treatment_id>/transfer/           POST   403    403   422   404   404   403   403   403   403
treatments/<uuid:treatment_id>/share/              GET    login  login 405   405   405   405   405   405   405
treatments/<uuid:treatment_id>/share/              POST   403    403   422   404   404   403   403   403   403
shares/<uuid:share_id>/withdraw/                   GET    login  login 405   405   405   405   405   405   405
shares/<uuid:share_id>/withdraw/                   POST   403    403   302   404   404   403   403   403   403
supervision/                                       GET    login  login 403   403   403   403   403   403   200
supervision/                                       POST   403    403   405   405   405   405   405   405   405
sessions/record/                                   GET    login  login 200   200   200   403   403   403   403
sessions/record/                                   POST   403    403   422   422   422   403   403   403   403
sessions/<uuid:session_id>/hand-over/              GET    login  login 405   405   405   405   405   405   405
sessions/<uuid:session_id>/hand-over/              POST   403    403   303   404   404   403   303   403   403
sessions/<uuid:session_id>/paper/                  GET    login  login 200   404   404   403   403   403   403
sessions/<uuid:session_id>/paper/                  POST   403    403   422   404   404   403   403   403   403
sessions/<uuid:session_id>/correct/                GET    login  login 200   404   404   403   403   403   403
sessions/<uuid:session_id>/correct/                POST   403    403   422   404   404   403   403   403   403
corrections/<uuid:correction_id>/undo/             GET    login  login 405   405   405   405   405   405   405
corrections/<uuid:correction_id>/undo/             POST   403    403   302   404   404   403   403   403   403
sessions/<uuid:session_id>/own-rating/             GET    login  login 200   404   404   403   403   403   403
sessions/<uuid:session_id>/own-rating/             POST   403    403   422   404   404   403   403   403   403
sessions/<uuid:session_id>/side-by-side/           GET    login  login 200   404   404   403   403   403   200
sessions/<uuid:session_id>/side-by-side/           POST   403    403   405   405   405   405   405   405   405
device/                                            GET    login  login 303   303   303   303   303   303   303
device/                                            POST   403    403   303   303   303   303   303   303   303
device/unlock/                                     GET    login  login 303   303   303   303   303   303   303
device/unlock/                                     POST   403    403   303   303   303   303   303   303   303
requests/<uuid:request_id>/send-again/             GET    login  login 405   405   405   405   405   405   405
requests/<uuid:request_id>/send-again/             POST   403    403   302   404   404   403   302   403   403
flags/<uuid:flag_id>/                              GET    login  login 200   404   404   403   403   403   200
flags/<uuid:flag_id>/                              POST   403    403   405   405   405   405   405   405   405
flags/<uuid:flag_id>/acknowledge/                  GET    login  login 405   405   405   405   405   405   405
flags/<uuid:flag_id>/acknowledge/                  POST   403    403   302   404   404   403   403   403   403
flags/<uuid:flag_id>/repair/                       GET    login  login 200   404   404   403   403   403   403
flags/<uuid:flag_id>/repair/                       POST   403    403   422   404   404   403   403   403   403
flags/<uuid:flag_id>/close/                        GET    login  login 200   404   404   403   403   403   403
flags/<uuid:flag_id>/close/                        POST   403    403   422   404   404   403   403   403   403
flags/<uuid:flag_id>/reopen/                       GET    login  login 405   405   405   405   405   405   405
flags/<uuid:flag_id>/reopen/                       POST   403    403   409   404   404   403   403   403   403
sessions/<uuid:session_id>/mark/                   GET    login  login 200   404   404   403   403   403   403
sessions/<uuid:session_id>/mark/                   POST   403    403   302   404   404   403   403   403   403
front-desk/                                        GET    login  login 403   403   403   403   200   403   403
front-desk/                                        POST   403    403   405   405   405   405   405   405   405
delivery/                                          GET    login  login 200   200   200   403   200   403   403
delivery/                                          POST   403    403   405   405   405   405   405   405   405
clinic/                                            GET    login  login 403   403   403   200   403   403   403
clinic/                                            POST   403    403   405   405   405   405   405   405   405
clinic/as-admins-see/                              GET    login  login 200   200   200   403   403   403   403
clinic/as-admins-see/                              POST   403    403   405   405   405   405   405   405   405
clinic/alerts/                                     GET    login  login 403   403   403   200   403   403   403
clinic/alerts/                                     POST   403    403   403   403   403   422   403   403   403
clinic/people/                                     GET    login  login 403   403   403   200   403   403   403
clinic/people/                                     POST   403    403   405   405   405   405   405   405   405
clinic/people/invite/                              GET    login  login 405   405   405   405   405   405   405
clinic/people/invite/                              POST   403    403   403   403   403   422   403   403   403
clinic/invitations/<uuid:invitation_id>/withdraw/  GET    login  login 405   405   405   405   405   405   405
clinic/invitations/<uuid:invitation_id>/withdraw/  POST   403    403   403   403   403   302   403   403   403
clinic/invitations/<uuid:invitation_id>/withdraw/  GET    login  login 405   405   405   405   405   405   405
clinic/invitations/<uuid:invitation_id>/withdraw/  POST   403    403   403   403   403   302   403   403   403
clinic/people/<uuid:user_id>/deactivate/           GET    login  login 405   405   405   405   405   405   405
clinic/people/<uuid:user_id>/deactivate/           POST   403    403   403   403   403   302   403   403   403
clinic/people/<uuid:user_id>/reactivate/           GET    login  login 405   405   405   405   405   405   405
clinic/people/<uuid:user_id>/reactivate/           POST   403    403   403   403   403   302   403   403   403
clinic/settings/                                   GET    login  login 403   403   403   200   403   403   403
clinic/settings/                                   POST   403    403   403   403   403   422   403   403   403
clinic/about/                                      GET    login  login 403   403   403   200   403   403   403
clinic/about/                                      POST   403    403   403   403   403   200   403   403   403
clinic/forms/                                      GET    login  login 403   403   403   200   403   403   403
clinic/forms/                                      POST   403    403   403   403   403   422   403   403   403
method/                                            GET    login  login 200   200   200   200   200   200   200
method/                                            POST   403    403   405   405   405   405   405   405   405
settings/about/                                    GET    login  login 200   200   200   403   403   403   403
settings/about/                                    POST   403    403   200   200   200   403   403   403   403
settings/about/take-down/                          GET    login  login 405   405   405   405   405   405   405
settings/about/take-down/                          POST   403    403   302   302   302   403   403   403   403
settings/mail/                                     GET    login  login 200   200   200   403   403   403   403
settings/mail/                                     POST   403    403   422   422   422   403   403   403   403
settings/tokens/                                   GET    login  login 200   200   200   403   403   403   403
settings/tokens/                                   POST   403    403   422   422   422   403   403   403   403
settings/tokens/<slug:token_key>/revoke/           GET    login  login 405   405   405   405   405   405   405
settings/tokens/<slug:token_key>/revoke/           POST   403    403   302   404   404   403   403   403   403
r/<str:token>/                                     GET    303    303   303   303   303   303   303   303   303
r/<str:token>/                                     POST   405    405   405   405   405   405   405   405   405
rate/<uuid:request_id>/                            GET    404    200   404   404   404   404   404   404   404
rate/<uuid:request_id>/                            POST   404    422   404   404   404   404   404   404   404
rate/<uuid:request_id>/thanks/                     GET    404    302   404   404   404   404   404   404   404
rate/<uuid:request_id>/thanks/                     POST   405    405   405   405   405   405   405   405   405
mail/<str:token>/                                  GET    303    303   303   303   303   303   303   303   303
mail/<str:token>/                                  POST   400    400   400   400   400   400   400   400   400
mail/                                              GET    404    200   404   404   404   404   404   404   404
mail/                                              POST   404    422   404   404   404   404   404   404   404
own/                                               GET    404   200   404   404   404   404   404   404   404
own/                                               POST   405   405   405   405   405   405   405   405   405
own/check/                                         GET    405   405   405   405   405   405   405   405   405
own/check/                                         POST   404   422   404   404   404   404   404   404   404
own/leave/                                         GET    405   405   405   405   405   405   405   405   405
own/leave/                                         POST   200   200   200   200   200   200   200   200   200
own/erasure/                                       GET    404   303   404   404   404   404   404   404   404
own/erasure/                                       POST   404   303   404   404   404   404   404   404   404
own/answers.json                                   GET    404   303   404   404   404   404   404   404   404
own/answers.json                                   POST   405   405   405   405   405   405   405   405   405
own/answers.txt                                    GET    404   303   404   404   404   404   404   404   404
own/answers.txt                                    POST   405   405   405   405   405   405   405   405   405
own/<str:token>/                                   GET    303   303   303   303   303   303   303   303   303
own/<str:token>/                                   POST   405   405   405   405   405   405   405   405   405
about/<uuid:user_id>/                              GET    200    200   200   200   200   200   200   200   200
about/<uuid:user_id>/                              POST   405    405   405   405   405   405   405   405   405
rate/<uuid:request_id>/check/                      GET    405    405   405   405   405   405   405   405   405
rate/<uuid:request_id>/check/                      POST   404    303   404   404   404   404   404   404   404
rate/<uuid:request_id>/draft/                      GET    405    405   405   405   405   405   405   405   405
rate/<uuid:request_id>/draft/                      POST   404    204   404   404   404   404   404   404   404
rate/<uuid:request_id>/later/                      GET    405    405   405   405   405   405   405   405   405
rate/<uuid:request_id>/later/                      POST   404    200   404   404   404   404   404   404   404
rate/<uuid:request_id>/language/                   GET    405    405   405   405   405   405   405   405   405
rate/<uuid:request_id>/language/                   POST   404    303   404   404   404   404   404   404   404
rate/<uuid:request_id>/ask/                        GET    405    405   405   405   405   405   405   405   405
rate/<uuid:request_id>/ask/                        POST   404    303   404   404   404   404   404   404   404
rate/<uuid:request_id>/own/                        GET    405    405   405   405   405   405   405   405   405
rate/<uuid:request_id>/own/                        POST   404    303   404   404   404   404   404   404   404
rate/<uuid:request_id>/change/                     GET    404    303   404   404   404   404   404   404   404
rate/<uuid:request_id>/change/                     POST   404    303   404   404   404   404   404   404   404
join/<str:token>/                                  GET    303    303   303   303   303   303   303   303   303
join/<str:token>/                                  POST   405    405   405   405   405   405   405   405   405
join/                                              GET    410    410   410   410   410   410   410   410   410
join/                                              POST   410    410   410   410   410   410   410   410   410
accounts/login/                                    GET    200    200   302   302   302   302   302   302   302
accounts/login/                                    POST   200    200   302   302   302   302   302   302   302
accounts/logout/                                   GET    302    302   200   200   200   200   200   200   200
accounts/logout/                                   POST   302    302   302   302   302   302   302   302   302
accounts/inactive/                                 GET    200    200   200   200   200   200   200   200   200
accounts/inactive/                                 POST   405    405   405   405   405   405   405   405   405
accounts/signup/                                   GET    200    200   302   302   302   302   302   302   302
accounts/signup/                                   POST   200    200   302   302   302   302   302   302   302
accounts/reauthenticate/                           GET    login  login 200   200   200   200   200   200   200
accounts/reauthenticate/                           POST   403    403   200   200   200   200   200   200   200
accounts/password/change/                          GET    login  login 200   200   200   200   200   200   200
accounts/password/change/                          POST   403    403   200   200   200   200   200   200   200
accounts/password/reset/                           GET    200    200   200   200   200   200   200   200   200
accounts/password/reset/                           POST   200    200   200   200   200   200   200   200   200
accounts/password/reset/done/                      GET    200    200   200   200   200   200   200   200   200
accounts/password/reset/done/                      POST   405    405   405   405   405   405   405   405   405
accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$ GET  200 200 200 200 200 200 200 200   200
accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$ POST 200 200 200 200 200 200 200 200   200
accounts/password/reset/key/done/                  GET    200    200   200   200   200   200   200   200   200
accounts/password/reset/key/done/                  POST   405    405   405   405   405   405   405   405   405
api/v1/^clients/$                                  GET    401    401   200   200   200   403   403   403   403
api/v1/^clients/$                                  POST   401    401   405   405   405   403   403   403   403
api/v1/^clients/(?P<pk>[^/.]+)/$                   GET    401    401   200   404   404   403   403   403   403
api/v1/^clients/(?P<pk>[^/.]+)/$                   POST   401    401   405   405   405   403   403   403   403
api/v1/^sessions/$                                 GET    401    401   200   200   200   403   403   403   403
api/v1/^sessions/$                                 POST   401    401   400   400   400   403   403   403   403
api/v1/^sessions/(?P<pk>[^/.]+)/$                  GET    401    401   200   404   404   403   403   403   403
api/v1/^sessions/(?P<pk>[^/.]+)/$                  POST   401    401   405   405   405   403   403   403   403
api/v1/^trajectories/$                             GET    401    401   200   200   200   403   403   403   403
api/v1/^trajectories/$                             POST   401    401   405   405   405   403   403   403   403
api/v1/^trajectories/(?P<pk>[^/.]+)/$              GET    401    401   200   404   404   403   403   403   403
api/v1/^trajectories/(?P<pk>[^/.]+)/$              POST   401    401   405   405   405   403   403   403   403
api/v1/^flags/$                                    GET    401    401   200   200   200   403   403   403   403
api/v1/^flags/$                                    POST   401    401   405   405   405   403   403   403   403
api/v1/^flags/(?P<pk>[^/.]+)/$                     GET    401    401   200   404   404   403   403   403   403
api/v1/^flags/(?P<pk>[^/.]+)/$                     POST   401    401   405   405   405   403   403   403   403
api/v1/schema/                                     GET    200    200   200   200   200   200   200   200   200
api/v1/schema/                                     POST   405    405   405   405   405   405   405   405   405
webhooks/mail/<slug:provider>/                     GET    404    404   404   404   404   404   404   404   404
webhooks/mail/<slug:provider>/                     POST   404    404   404   404   404   404   404   404   404
healthz                                            GET    200    200   200   200   200   200   200   200   200
healthz                                            POST   405    405   405   405   405   405   405   405   405
readyz                                             GET    200    200   200   200   200   200   200   200   200
readyz                                             POST   405    405   405   405   405   405   405   405   405
"""  # noqa: E501  a table is read across

HEADING, *ROWS = (line.split() for line in TABLE.strip().splitlines())
PEOPLE = HEADING[2:]
EXPECTED = {
    (route.removeprefix("/"), method): dict(zip(PEOPLE, cells, strict=True))
    for route, method, *cells in ROWS
}
ADDRESSES = {address.route: address for address in all_addresses()}

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # nothing to others; our own forms need their origin
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
}


def test_every_address_has_a_row_for_get_and_post() -> None:
    assert {(route, method) for route in ADDRESSES for method in ("GET", "POST")} == set(EXPECTED)


@pytest.mark.parametrize("person", PEOPLE)
def test_every_address_answers_as_it_should(world: World, person: str) -> None:
    """One walk for all checks. What is wrong is listed as sentences."""
    with loud_templates():
        answers = walk(world, person)
    wrong = [
        *differs_from_the_table(answers, person),
        *differs_between_absent_and_forbidden(answers),
        *differs_between_head_and_get(answers),
        *writes_without_post(answers, person),
        *is_not_given_what_it_asks_for(answers),
        *lacks_a_header(answers),
        *gives_an_open_cookie(answers),
        *tells_what_is_clinical(answers, world, person),
        *tells_who_comes(answers, person),
    ]
    assert wrong == []


def differs_from_the_table(answers: Answers, person: str) -> Iterator[str]:
    for row, cells in EXPECTED.items():
        if answers[row].status != cells[person]:
            yield f"{row} gives {answers[row].status}, expected {cells[person]}"


def differs_between_absent_and_forbidden(answers: Answers) -> Iterator[str]:
    for (route, method), forbidden in answers.items():
        absent = answers.get((route, f"{method} ABSENT"))
        if absent is not None:
            if (absent.status, absent.content) != ("404", forbidden.content):
                yield f"{method} {route} tells a forbidden row from one that does not exist"
            if absent.headers != forbidden.headers:
                yield f"{method} {route} has other headers for a row that does not exist"


def differs_between_head_and_get(answers: Answers) -> Iterator[str]:
    for (route, method), answer in answers.items():
        if method == "HEAD" and (answer.status, answer.content) != (
            answers[route, "GET"].status,
            "",
        ):
            yield f"HEAD {route} gives {answer.status} and {len(answer.content)} characters"


# Pages that write when they are shown: the therapist sees when a supervisor has read it.
NOTED = {
    ("clients/<uuid:client_id>/", "GET"),
    ("flags/<uuid:flag_id>/", "GET"),
    ("sessions/<uuid:session_id>/side-by-side/", "GET"),
    ("treatments/<uuid:treatment_id>/agreements/", "GET"),
}
READING = {'UPDATE "clients_share"', 'INSERT INTO "audit_event"'}


def writes_without_post(answers: Answers, person: str) -> Iterator[str]:
    for row, answer in answers.items():
        if person == "sven" and row in NOTED:
            if {sql.partition(" SET")[0].partition(" (")[0] for sql in answer.written} != READING:
                yield f"{row} writes more than that it was read: {answer.written}"
        elif answer.written and not row[1].startswith("POST"):
            yield f"{row} writes: {answer.written}"


def is_not_given_what_it_asks_for(answers: Answers) -> Iterator[str]:
    for row, answer in answers.items():
        if missing := missing_in(answer.content):
            yield f"{row} has a template that asks in vain for {missing}"


def lacks_a_header(answers: Answers) -> Iterator[str]:
    for row, answer in answers.items():
        for name, value in HEADERS.items():
            if value not in answer.headers.get(name, ""):
                yield f"{row} has {name}: {answer.headers.get(name)}"
        if "unsafe-" in answer.headers.get("Content-Security-Policy", ""):
            yield f"{row} allows scripts or styles in the page"


# With her letter, for three alone stand in a random token sooner or later.
NAMES_ANA = re.compile(r"Ana( |\+|%20)R")


def gives_an_open_cookie(answers: Answers) -> Iterator[str]:
    """An empty value is a cookie that is being deleted."""
    for row, answer in answers.items():
        for name, cookie in answer.cookies.items():
            is_closed = cookie["httponly"] and cookie["samesite"] in ("Lax", "Strict")
            if cookie.value and not is_closed:
                yield f"{row} opens the cookie {name} to scripts or other sites"
            if NAMES_ANA.search(cookie.value):
                yield f"{row} names a client in the cookie {name}"


def readable_words(world: World) -> list[str]:
    why = world.flag.why
    assert why
    said = [worlds.COMMENT, worlds.OTHER_WORDS]
    return [*said, reasons.one_line(why, world.ana.client.name), "score--bond"]


def private_words(world: World) -> list[str]:
    """The second is how programs are told of a flag; the last is Ana's PIN."""
    why = world.flag.why
    assert why
    return [worlds.WHY_CORRECTED, worlds.NOTE, reasons.one_line(why), 'value="4711"']


def tells_what_is_clinical(answers: Answers, world: World, person: str) -> Iterator[str]:
    """To anybody but the therapist, and the supervisor whom she has asked.

    Who has to be told, or this looks for the wrong words.
    """
    told_to: dict[str, tuple[str, ...]] = dict.fromkeys(readable_words(world), ("mara", "sven"))
    told_to |= dict.fromkeys(private_words(world), ("mara",))
    for words, known_to in told_to.items():
        if bool(where(words, answers)) != (person in known_to):
            yield f"{words!r} stands in {where(words, answers)}"


def tells_who_comes(answers: Answers, person: str) -> Iterator[str]:
    """To anybody but the therapist and the front desk; her supervisor gets no address."""
    knows = {"Ana R.": ("mara", "noor", "sven"), "ana@mail.example": ("mara", "noor")}
    for words, known_to in knows.items():
        if bool(where(words, answers)) != (person in known_to):
            yield f"{words!r} stands in {where(words, answers)}"


def where(words: str, answers: Answers) -> list[Row]:
    return [row for row, answer in answers.items() if words in answer.content]


def test_a_post_that_is_let_through_writes(world: World) -> None:
    """So that looking for writes, above, can see one."""
    address = ADDRESSES["corrections/<uuid:correction_id>/undo/"]
    assert ask(world, "mara", "POST", address).written
