"""Django's settings, made from `backend.core.config`."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext

from backend.core import config as configuration
from backend.core.logs import configure_logging

try:
    CONFIG = configuration.load()
except configuration.ConfigurationError as error:
    sys.exit(str(error))

# Lets Django's generic classes be written with their type in brackets, as the checker wants them.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = CONFIG.home
HOME.mkdir(parents=True, exist_ok=True)

SECRET_KEY = CONFIG.secret_key
DEBUG = False
ALLOWED_HOSTS = CONFIG.allowed_hosts
REDIS_URL = CONFIG.redis_location

# Engines that phone home or fetch at run time are told not to, before any of them is imported.
os.environ.setdefault("PYANNOTE_METRICS_ENABLED", "0")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

INSTALLED_APPS = [
    "backend.server",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "django_structlog",
    "backend.core",
    "consumers",
    "backend.accounts",
    "backend.live",
    "backend.jobs",
    "backend.documents",
    "backend.speech",
    "backend.chat",
    "backend.prompts",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "backend.core.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backend.core.middleware.RequestLog",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "backend.urls"
ASGI_APPLICATION = "backend.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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

# --- Database: PostgreSQL by DATABASE_URL, otherwise SQLite with writers that queue up instead of failing.
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(CONFIG.database_location)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Opening the file and setting it up would cost a socket's subscription more than its queries do.
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # Tests run several threads and processes on one database, which one in memory cannot serve.
    DATABASES["default"]["TEST"] = {"NAME": HOME / "test.sqlite3"}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "backend.accounts.backends.UsernameOrEmailBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "backend.accounts.lockout.account_name"
AXES_CLIENT_IP_CALLABLE = "backend.accounts.lockout.client_address"
AXES_LOCKOUT_CALLABLE = "backend.accounts.lockout.respond"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.is_production
CSRF_TRUSTED_ORIGINS = CONFIG.allowed_origins
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=CONFIG.access_token_minutes),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "UPDATE_LAST_LOGIN": True,
}

# --- HTTP
USE_X_FORWARDED_HOST = CONFIG.trust_proxy
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.trust_proxy else None
SECURE_HSTS_SECONDS = 31_536_000 if CONFIG.is_production else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# nginx redirects to HTTPS, and whether subdomains follow is for the owner of the domain to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
APPEND_SLASH = False

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "backend.accounts.authentication.BearerAuthentication",
        "backend.accounts.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["backend.accounts.authentication.SignedInWithScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["backend.core.api.BoundedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "backend.core.api.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "backend.core.api.answer_problem",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.AnonRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"user": "3000/min", "anon": "120/min"},
    "NUM_PROXIES": 1 if CONFIG.trust_proxy else 0,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Stentor",
    "DESCRIPTION": "A WebSocket-first real-time server. Live events are described by the AsyncAPI document.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "ENUM_NAME_OVERRIDES": {
        "ConversationStatusEnum": "backend.chat.models.ConversationStatus",
        "ResponseStatusEnum": "backend.chat.models.ResponseStatus",
    },
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# --- Files
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [("app", BASE_DIR / "frontend_demo")]
MEDIA_ROOT = HOME / "uploads"
FILE_UPLOAD_TEMP_DIR = HOME / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)
DATA_UPLOAD_MAX_NUMBER_FILES = 200
FILE_UPLOAD_HANDLERS = ["backend.core.uploads.BoundedFileUploadHandler"]
WHITENOISE_USE_FINDERS = not CONFIG.is_production
# In development a changed file is served as it is now; otherwise sizes are remembered from the start.
WHITENOISE_AUTOREFRESH = not CONFIG.is_production

# --- Live delivery
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "stentor"},
    }
}

# --- Engines, by dotted path; `auto` takes the real one where its model is there
ENGINES = {
    "transcriber": {
        "faster-whisper": "backend.engines.whisper.WhisperTranscriber",
        "pocketsphinx": "backend.engines.sphinx.SphinxTranscriber",
    },
    "live_transcriber": {
        "faster-whisper": "backend.engines.listening.whisper.LiveWhisper",
        "pocketsphinx": "backend.engines.listening.sphinx.LiveSphinx",
    },
    "diarizer": {
        "pyannote": "backend.engines.diarizing.pyannote.PyannoteDiarizer",
        "embedded": "backend.engines.diarizing.embedded.EmbeddedDiarizer",
    },
    "chat": {
        "openai": "backend.engines.chatting.openai.OpenAIChat",
        "embedded": "backend.engines.chatting.extractive.ExtractiveChat",
    },
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

LOGGING_CONFIG = None
configure_logging(CONFIG.log_level, as_json=CONFIG.is_production)
