"""A clinic's whole night on PostgreSQL, beside reading and writing the same rows alone.

(Imported once Django is ready.)
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from statistics import median
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Clinic
from benchmarks import rows
from sessions.models import Rating, TherapySession
from trends import services
from trends.computing import batches, histories
from trends.computing.storing import COMPUTED
from trends.engine.trends import AT_ONCE
from trends.models import Trajectory

SESSIONS = 20
LAPS = 3

# Every table's rows are made from one row that the program wrote, in the database itself: columns
# that are not named are copied. (Names and notes are then sealed for another place; nobody opens
# them here.) `s` is a session of `made`, the table of all sessions to be.
CLIENTS = "SELECT DISTINCT client AS id FROM made"
SCORES = "least(5, greatest(1, round(2 * (4 + made.person + 0.9 * (random() - 0.5))) / 2))"


def measure(treatments: int, at: datetime) -> dict[str, float]:
    clinic = fill(treatments, at)
    services.nightly(clinic.pk, at=at)  # as on any night, there is a course already
    plain, whole = [], []
    for lap in range(1, LAPS + 1):
        later = at + timedelta(days=lap)
        plain.append(seconds(lambda: read_and_write(clinic.pk)))
        whole.append(seconds(partial(services.nightly, clinic.pk, at=later)))
    return {
        "treatments": treatments,
        "sessions": TherapySession.objects.filter(treatment__client__clinic=clinic).count(),
        "ratings": Rating.objects.filter(session__treatment__client__clinic=clinic).count(),
        "plain_seconds": median(plain),
        "night_seconds": median(whole),
        "ratio": median(whole) / median(plain),
    }


def read_and_write(clinic_id: UUID) -> None:
    """The night's own query, row by row; then every trajectory is written back as it was."""
    read = TherapySession.objects.filter(treatment__client__clinic_id=clinic_id)
    for _ in histories.rows(read).iterator(chunk_size=10_000):
        pass
    columns = [name if name != "points" else "points::text" for name in COMPUTED]
    names = ", ".join([*columns, "computed_at", "id"])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM trends_trajectory")
        known = cursor.fetchall()
    for start in range(0, len(known), AT_ONCE):
        with transaction.atomic():
            batches.update(known[start : start + AT_ONCE])


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# --- Rows


def fill(treatments: int, at: datetime) -> Clinic:
    staff = rows.open_clinic("night", at)
    written = rows.write(staff.therapist, treatments=1, sessions=2, at=at)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TEMPORARY TABLE made AS
            SELECT client, treatment, number, person, gen_random_uuid() AS session,
                   gen_random_uuid() AS request, random() < 0.85 AS answered,
                   %s::timestamptz - (interval '7 days' * (%s - number)) AS held_at
            FROM (SELECT gen_random_uuid() AS client, gen_random_uuid() AS treatment,
                         random() - 0.5 AS person
                  FROM generate_series(1, %s)) AS person,
                 generate_series(1, %s) AS number
            """,
            [at, SESSIONS + 1, treatments, SESSIONS],
        )
    first = "made WHERE number = 1"
    copy("clients_client", written.clients[0].pk, first, id="client")
    copy("clients_treatment", written.treatments[0].pk, first, id="treatment", client_id="client")
    session = written.sessions[0].pk
    copy("therapy_sessions_therapysession", session, "made", id="session",
         treatment_id="treatment", held_at="made.held_at")  # fmt: skip
    copy("therapy_sessions_ratingrequest", written.requests[0].pk, "made", id="request",
         session_id="session", expires_at="made.held_at + interval '4 days'")  # fmt: skip
    copy("therapy_sessions_rating", written.ratings[0].pk, "made WHERE answered",
         id="gen_random_uuid()", session_id="session", request_id="request",
         goal=SCORES, task=SCORES, bond=SCORES)  # fmt: skip
    Trajectory.objects.update(due_at=None)
    [trajectory] = Trajectory.objects.values_list("pk", flat=True)
    copy("trends_trajectory", trajectory, first, id="gen_random_uuid()", treatment_id="treatment")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return staff.therapist.own_clinic


def copy(table: str, template: UUID, made: str, **changed: str) -> None:
    """One row of `table` for each row of `made`, like the template but for what is changed."""
    with connection.cursor() as cursor:
        names = [
            column.name for column in connection.introspection.get_table_description(cursor, table)
        ]
        values = ", ".join(changed.get(name, f"template.{name}") for name in names)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} "
            f"FROM {made.replace('made', 'made CROSS JOIN ' + table + ' AS template', 1)} "
            + ("AND" if "WHERE" in made else "WHERE")
            + " template.id = %s",
            [template],
        )
