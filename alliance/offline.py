"""Settings of commands that need no database and no secrets: `manage.py detect`."""

INSTALLED_APPS = ["alliance"]
DATABASES: dict[str, dict[str, str]] = {}
USE_TZ = True
