"""Django's settings, all from ``config.env``. Defaults run whole on SQLite and the embedded server."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from kombu import Exchange, Queue

from assessments.static_stamp import is_laid_out
from config.env import SettingsInvalid, read_environment
from config.schedule import PERIODIC

try:
    ENVIRONMENT = read_environment()
except SettingsInvalid as error:
    sys.exit(str(error))

BASE_DIR = Path(__file__).parent.parent
DATA_DIR = ENVIRONMENT.data_dir
MIRRORS_DIR = DATA_DIR / "mirrors"
EXPORTS_DIR = DATA_DIR / "exports"
ANSWERS = DATA_DIR / "answers.sqlite3"

SECRET_KEY = ENVIRONMENT.secret_key
SECRET_KEY_FALLBACKS = ENVIRONMENT.secret_key_fallbacks
CREDENTIAL_KEYS = ENVIRONMENT.credential_keys
CREDENTIAL_KEYS_FILE = ENVIRONMENT.credential_keys_file
PUBLIC_ADDRESS = ENVIRONMENT.public_address
MAIL_IS_SENT = bool(ENVIRONMENT.email_url)
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = ENVIRONMENT.hosts
SITE_ID = 1
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "lucide",
    "django_structlog",
    "django_celery_beat",
    "django_celery_results",
    "django_rq",
    "assessments",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "assessments.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "assessments.middleware.OneTimePasswordMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database() -> dict[str, Any]:
    url = ENVIRONMENT.database_url
    if url.startswith("postgres"):
        parts = urlsplit(url)
        database: dict[str, Any] = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.strip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            # Compiling our queries takes longer than they do: 7 of 8 seconds of a fleet's roll-up.
            "OPTIONS": {"options": "-c jit=off"},
        }
        if ENVIRONMENT.role == "web":
            # Workers keep one connection each and are faster without a pool.
            database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 8, "timeout": 10}
        else:
            database["CONN_MAX_AGE"] = 600
            database["CONN_HEALTH_CHECKS"] = True
        return database
    place = url.removeprefix("sqlite://") or str(DATA_DIR / "plumbline.sqlite3")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": place,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
        },
    }


DATABASES = {"default": _database()}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENVIRONMENT.redis(1),
        "KEY_PREFIX": "plumbline",
        # JSON only: what sits in a shared cache must never be able to run code when it is read.
        "OPTIONS": {"serializer": "assessments.cache_json.JsonSerializer"},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.https
SECURE_SSL_REDIRECT = ENVIRONMENT.https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked on this machine, past the proxy
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if ENVIRONMENT.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENVIRONMENT.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ENVIRONMENT.hosts] if ENVIRONMENT.https else []
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 << 20
API_REQUESTS_PER_MINUTE = ENVIRONMENT.api_requests_per_minute

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "fleet"
ACCOUNT_ADAPTER = "assessments.accounts.ClosedAdapter"
ACCOUNT_FORMS = {
    "login": "assessments.account_forms.LoginForm",
    "add_email": "assessments.account_forms.AddEmailForm",
    "change_password": "assessments.account_forms.ChangePasswordForm",
    "reset_password": "assessments.account_forms.ResetPasswordForm",
    "reset_password_from_key": "assessments.account_forms.ResetPasswordKeyForm",
    "reauthenticate": "assessments.account_forms.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "assessments.accounts.login_name"
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_VERBOSE = False
AXES_ENABLE_ACCESS_FAILURE_LOG = False

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = ENVIRONMENT.from_email
if ENVIRONMENT.email_url:
    _mail = urlsplit(ENVIRONMENT.email_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_TLS = _mail.scheme == "smtp+tls"
    EMAIL_TIMEOUT = 20

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns about a missing one
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "assessments.finders.PlotlyFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "assessments.static_files.PackedStorage"
            if is_laid_out(BASE_DIR / "static", STATIC_ROOT)
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

CELERY_BROKER_URL = ENVIRONMENT.broker()
CELERY_RESULT_BACKEND = "django-db"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
# Cloning and reading each have the limit for themselves: a slow host must not take from the time for its repository.
CELERY_TASK_SOFT_TIME_LIMIT = 2 * ENVIRONMENT.scan_seconds + 60
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + 60
CELERY_TASK_DEFAULT_QUEUE = "scans"
# What a worker serves that is started without --queues; others are still sent to.
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in ENVIRONMENT.scan_queues]
CELERY_TASK_DEFAULT_PRIORITY = 5
CELERY_TASK_QUEUE_MAX_PRIORITY = 9 if CELERY_BROKER_URL.startswith("amqp") else None
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 4 * 3600, "priority_steps": [0, 3, 6, 9], "queue_order_strategy": "priority"}
    if "redis" in CELERY_BROKER_URL.split(":", 1)[0]
    else {"confirm_publish": True}  # or what RabbitMQ had not written yet is lost with it, and nobody knows
)
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "assessments.scheduler:Scheduler"
PERIODIC_TASKS = PERIODIC

_QUEUE = {"URL": ENVIRONMENT.redis(0), "DEFAULT_TIMEOUT": 600, "SERIALIZER": "rq.serializers.JSONSerializer"}
RQ_QUEUES = {"exports": _QUEUE, "mails": _QUEUE}
RQ = {"WORKER_CLASS": "assessments.job_worker.JobWorker"}
RQ_SHOW_ADMIN_LINK = False

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"structured": {"()": "config.logs.formatter", "as_json": ENVIRONMENT.log_json}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": ENVIRONMENT.log_level},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "rq": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
LOGGING_CONFIG = "config.logs.configure"
