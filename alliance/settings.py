"""Settings, from the environment only. `.env.example` lists and explains every variable."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from outbox.providers import BadProvider, settings_for
from vault.keys import BadKeys, parse_ring

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

HELP = {
    "SECRET_KEY": "Django signs cookies and password links with it. Make one with\n"
    '    python -c "import secrets; print(secrets.token_urlsafe(50))"',
    "FIELD_KEYS": "Names, addresses, notes and comments are encrypted with it. Make one with\n"
    "    python -c \"import base64,os; print('k1:' + base64.b64encode(os.urandom(32)).decode())\"\n"
    "and keep a copy apart from the database: without it the texts cannot be read again.",
    "DATABASE_URL": "The PostgreSQL to use, for example postgres://alliance:password@db/alliance",
    "REDIS_URL": "The Redis or Valkey that wakes the worker, for example redis://valkey:6379/0\n"
    "(also for Valkey the address begins with redis://).",
    "SITE_URL": "The address under which people reach this site, for example\n"
    "https://alliance.example.org ; it stands in every mailed link.",
    "EMAIL_URL": "The mail server, for example smtp+tls://user:password@mail.example.org:587\n"
    "(or name a mail provider in EMAIL_PROVIDER).",
    "DEFAULT_FROM_EMAIL": "The address that mails come from, for example forms@example.org",
}


def required(name: str) -> str:
    """The variable's value; without it the start ends with a paragraph that says what to do."""
    value: str = env.str(name, default="")
    if value:
        return value
    raise ImproperlyConfigured(
        f"\n\nThe environment variable {name} is not set, so Alliance does not start.\n{HELP[name]}"
        "\nThe file .env.example explains all variables; `make demo` needs none.\n"
    )


# --- Where it runs: https://docs.djangoproject.com/en/5.2/ref/settings/#security
SECRET_KEY = required("SECRET_KEY")
try:
    FIELD_KEYS = parse_ring(required("FIELD_KEYS"))
except BadKeys as error:
    raise ImproperlyConfigured(f"FIELD_KEYS: {error}\n{HELP['FIELD_KEYS']}") from error
SITE_URL = required("SITE_URL").rstrip("/")
_site = urlsplit(SITE_URL)
MAIL_DOMAIN = _site.hostname or "localhost"
ALLOWED_HOSTS = [MAIL_DOMAIN, *env.list("ALLOWED_HOSTS", default=[])]
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]
DEBUG = env.bool("DEBUG", default=False)
HTTPS = env.bool("HTTPS", default=True)
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

ROOT_URLCONF = "alliance.urls"
WSGI_APPLICATION = "alliance.wsgi.application"

INSTALLED_APPS = [
    "alliance",
    "trends",
    "sessions",
    "clients",
    "measures",
    "accounts",
    "outbox",
    "audit",
    "anymail",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_filters",
    "drf_spectacular",
    "heroicons",
    "knox",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "alliance.middleware.private_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "alliance.middleware.LogInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.clinic_time",
    "sessions.at_clinic.handed_over.lock",
]

# --- Database: https://docs.djangoproject.com/en/5.2/ref/settings/#databases
required("DATABASE_URL")
DATABASES = {
    "default": env.db_url("DATABASE_URL")
    | {
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "options": "-c synchronous_commit=on -c lock_timeout=2s -c statement_timeout=60s"
            " -c idle_in_transaction_session_timeout=60s"
        },
    }
}
if env.bool("DATABASE_POOL", default=False):  # web only: a worker that forks cannot share a pool
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 8, "timeout": 2}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Rate limits live in PostgreSQL, so that log-in works while Valkey is down.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # culling would forget counters that still count
    }
}

# --- Log-in: https://docs.allauth.org/en/latest/account/configuration.html
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},  # NIST SP 800-63B-4, 3.1.1.2: without a second factor
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "display_name"]},
    },
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.ClosedAccounts"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "accounts.adapter.display_name"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation reached the address before the account was
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
PASSWORD_RESET_TIMEOUT = 3600

SESSION_COOKIE_AGE = 60 * 60  # after the last page: a session of therapy fits into it
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Not in a cookie: what a page says after saving may name a client.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "alliance.views.csrf_failure"

# --- What the browser may do: https://django-csp.readthedocs.io/en/latest/configuration.html
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Not "no-referrer": browsers then send "Origin: null" with our own forms, which CSRF must refuse.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: [] for feature in ("camera", "geolocation", "microphone", "payment", "usb")
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# --- Pages
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "accounts.context.navigation",
                "trends.lists.context.waiting",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Only our own files: no page uses those that packages bring (the browsable API's, for one).
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nothing is uploaded
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Language and time: stored in UTC, shown in the clinic's time zone
LANGUAGE_CODE = "en"
LANGUAGES = [  # of the client's pages; the translations are unvalidated
    ("en", _("English")),
    ("es", _("Spanish")),
    ("de", _("German")),
    ("fr", _("French")),
    ("ar", _("Arabic")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["alliance.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- Mail: over SMTP, or through a provider's API (https://anymail.dev/en/stable/installation/)
EMAIL_TIMEOUT = 10
EMAIL_PROVIDER = env.str("EMAIL_PROVIDER", default="")
try:
    ANYMAIL = settings_for(EMAIL_PROVIDER, env.ENVIRON, seconds=EMAIL_TIMEOUT)
except BadProvider as error:
    raise ImproperlyConfigured(
        f"\n\n{error}\n\nSo Alliance does not start."
        "\nThe file .env.example explains all variables; `make demo` needs none.\n"
    ) from error
if EMAIL_PROVIDER:
    EMAIL_BACKEND = f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"
else:
    required("EMAIL_URL")
    vars().update(env.email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = required("DEFAULT_FROM_EMAIL")

# --- Worker: https://docs.celeryq.dev/en/v5.6.3/userguide/configuration.html
CELERY_BROKER_URL = required("REDIS_URL")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False  # the rows make redelivery needless; no poison loops
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "global_keyprefix": "alli:",
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TIMEZONE = "UTC"
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=30)
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "alliance.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},  # rings that piled up are worth one
    }
}

# --- API: https://www.django-rest-framework.org/api-guide/settings/
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["alliance.api.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["alliance.api.BoundedJSON"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "alliance.api.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "30/min", "user": "300/min"},
    "NUM_PROXIES": TRUSTED_PROXIES,
    "EXCEPTION_HANDLER": "alliance.problems.as_problem",
}
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer"}  # every token is made with an end of its own
SPECTACULAR_SETTINGS = {
    "TITLE": "Alliance",
    "DESCRIPTION": "Sessions, ratings and possible ruptures of one therapist's clients.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# --- Logs: to standard output, without addresses of pages (a link's token is one)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"mask_links": {"()": "alliance.logs.MaskLinks"}},
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["mask_links"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
    },
}
