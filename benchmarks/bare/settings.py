"""Ours, so that server, database and its options are the same, around one bare view.

BARE_MIDDLEWARE=ours keeps every middleware; otherwise only what the view needs: lengths of answers
(without which no connection could be used twice) and the check against forged requests.
"""

import os

from alliance import settings as ours

vars().update({name: value for name, value in vars(ours).items() if name.isupper()})

ROOT_URLCONF = "benchmarks.bare.urls"
if os.environ.get("BARE_MIDDLEWARE") == "ours":
    INSTALLED_APPS = [*ours.INSTALLED_APPS, "benchmarks.bare"]
else:
    INSTALLED_APPS = ["benchmarks.bare"]
    MIDDLEWARE = [
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ]
