"""Ours, with one page more: a line of HTML behind the same server and the same middleware."""

from alliance import settings as ours

vars().update({name: value for name, value in vars(ours).items() if name.isupper()})

ROOT_URLCONF = "benchmarks.form.urls"
