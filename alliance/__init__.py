"""The project: settings, addresses, workers and the local services for demo and tests."""

from alliance.celery import app as celery_app

__all__ = ["celery_app"]
