"""Django's settings; every variable of the environment is read here and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from laidan.config import environment as env

PACKAGE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(Path.cwd() / ".env")

LAIDAN_DATA_DIR = Path(env.text("LAIDAN_DATA_DIR", str(Path.cwd() / "data"))).resolve()
LAIDAN_BASE_URL = env.text("LAIDAN_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
LAIDAN_REDIS_URL = env.text("LAIDAN_REDIS_URL")
# Addresses and networks of proxies whose X-Forwarded-For is believed.
LAIDAN_TRUSTED_PROXIES = env.networks("LAIDAN_TRUSTED_PROXIES")
# Calls a minute that one API key, and one address that is not signed in, may make of a process.
LAIDAN_API_RATE = env.number("LAIDAN_API_RATE", 600_000)
LAIDAN_PUBLIC_RATE = env.number("LAIDAN_PUBLIC_RATE", 600)
LAIDAN_BROKER_URL = env.text("LAIDAN_BROKER_URL")
# Begins the names of exchange and queues: two installations on one broker have one each.
LAIDAN_BROKER_PREFIX = env.text("LAIDAN_BROKER_PREFIX", "laidan")
# Webhooks may go to http:// and to addresses inside: for an intranet, and for tests.
LAIDAN_WEBHOOK_ALLOW_PRIVATE = (
    env.choice("LAIDAN_WEBHOOK_ALLOW_PRIVATE", "no", {"no", "yes"}) == "yes"
)
# Where mail is handed in (smtp://user:password@host:587, smtps://…), and who sends it.
LAIDAN_SMTP_URL = env.text("LAIDAN_SMTP_URL")
LAIDAN_MAIL_FROM = env.text("LAIDAN_MAIL_FROM")
LAIDAN_ADMIN_PASSWORD = env.text("LAIDAN_ADMIN_PASSWORD")
LAIDAN_DEMO_KEY = env.text("LAIDAN_DEMO_KEY")


def _local_secrets() -> dict[str, str]:
    """Return secrets of this machine alone, made at the first start and kept beside the data.

    Serving other machines with them is refused (see laidan.config.serving).
    """
    path = LAIDAN_DATA_DIR / "secrets.json"
    if not path.is_file():
        LAIDAN_DATA_DIR.mkdir(parents=True, exist_ok=True)
        made = {
            "secret_key": secrets.token_urlsafe(50),
            "encryption_key": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        scratch = path.with_suffix(f".{os.getpid()}")
        scratch.touch(mode=0o600)
        scratch.write_text(json.dumps(made), encoding="utf-8")
        try:
            os.link(scratch, path)  # fails where another process was first, whose file then holds
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
    loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


SECRET_KEY = env.text("LAIDAN_SECRET_KEY")
LAIDAN_ENCRYPTION_KEYS = env.listed("LAIDAN_ENCRYPTION_KEYS")
LAIDAN_OWN_SECRETS = bool(SECRET_KEY and LAIDAN_ENCRYPTION_KEYS)
if not SECRET_KEY:
    SECRET_KEY = _local_secrets()["secret_key"]
if not LAIDAN_ENCRYPTION_KEYS:
    LAIDAN_ENCRYPTION_KEYS = [_local_secrets()["encryption_key"]]

DEBUG = False
ALLOWED_HOSTS = env.listed("LAIDAN_ALLOWED_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [LAIDAN_BASE_URL] if LAIDAN_BASE_URL.startswith("https://") else []
ROOT_URLCONF = "laidan.config.urls"
WSGI_APPLICATION = "laidan.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ninja",
    "laidan.engine",
    "laidan.domain.access",
    "laidan.domain.audit",
    "laidan.domain.catalog",
    "laidan.domain.channels",
    "laidan.domain.dictionary",
    "laidan.domain.files",
    "laidan.domain.drafts",
    "laidan.domain.fulfilment",
    "laidan.domain.jobs",
    "laidan.domain.notices",
    "laidan.domain.order_types",
    "laidan.domain.orders",
    "laidan.domain.parties",
    "laidan.domain.payments",
    "laidan.domain.schedules",
    "laidan.domain.security",
    "laidan.domain.settlement",
    "laidan.domain.stock",
    "laidan.domain.test_provider",
    "laidan.domain.webhooks",
    "laidan.domain.workplace",
    "laidan.interfaces.web",
    "laidan.interfaces.cli",
]

MIDDLEWARE = [
    "laidan.interfaces.web.arrivals.Arrivals",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "laidan.interfaces.web.compression.CompressedPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "laidan.interfaces.web.security.ContentSecurityPolicy",
    "laidan.interfaces.web.views.faults.BusyPages",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "laidan.interfaces.web.context.frame",
            ],
        },
    },
]

DATABASES = {
    "default": env.database(
        env.text("LAIDAN_DATABASE_URL", f"sqlite:///{LAIDAN_DATA_DIR / 'laidan.sqlite3'}")
    )
}

if LAIDAN_REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": LAIDAN_REDIS_URL,
        }
    }

AUTH_USER_MODEL = "access.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "/sign-in"
CSRF_FAILURE_VIEW = "laidan.interfaces.web.views.faults.stale_form"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in"

USE_TZ = True
TIME_ZONE = env.text("LAIDAN_TIME_ZONE", "Asia/Shanghai")
LANGUAGE_CODE = env.choice("LAIDAN_LANGUAGE", "en", {"en", "zh-hans"})
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [PACKAGE_DIR / "interfaces" / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = LAIDAN_DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
# Bundles carry a hash in their names and may be kept for ever; everything else is asked for anew.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+\.[0-9a-f]{12}\.\w+$"
WHITENOISE_MAX_AGE = 60

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
# Nothing is remembered: a browser that was closed signs in again, one that stays open weekly.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LAIDAN_BASE_URL.startswith("https://")
# Two installations on one host (a demo beside the real one) must not share a session.
SESSION_COOKIE_NAME = "laidan_" + hashlib.sha256(SECRET_KEY.encode()).hexdigest()[:8]
DATA_UPLOAD_MAX_MEMORY_SIZE = 9 * 1024 * 1024
# The form of an import has two fields for each value of a column that is given one of ours.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
# What one file, and all that is kept in the files together, may have in bytes.
LAIDAN_FILE_MAX = env.number("LAIDAN_FILE_MAX_MB", 100) * 1024 * 1024
LAIDAN_FILES_QUOTA = env.number("LAIDAN_FILES_QUOTA_MB", 20_000) * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "laidan.interfaces.web.uploads.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
SILENCED_SYSTEM_CHECKS = [
    "models.W036",  # MariaDB has no conditional indexes: there the index is a whole one
    "models.W037",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "laidan": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
        # Scanners send any host name; each is answered with 400 and worth no traceback.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
