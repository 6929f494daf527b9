"""Everything that a deployment can set, typed, read once from the environment."""

from enum import StrEnum
from math import inf, nan
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEVELOPMENT_KEY = "development-only-key-that-production-refuses-to-start-with"
WEAK_WORDS = ("development", "changeme", "change-me", "secret-key", "insecure", "example")


class Environment(StrEnum):
    DEV = "dev"
    PROD = "prod"


class ConfigurationError(Exception):
    """A value is missing, malformed or too weak; the text names the variable."""


class Config(BaseSettings):
    """The environment variables of the README's deployment chapter."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    stentor_env: Environment = Environment.DEV
    stentor_home: Path = Path(".stentor")
    secret_key: str = DEVELOPMENT_KEY
    allowed_hosts: Annotated[list[str], NoDecode] = ["127.0.0.1", "localhost", "[::1]"]
    allowed_origins: Annotated[list[str], NoDecode] = []
    database_url: str = ""
    redis_url: str = ""
    trust_proxy: bool = False
    log_level: str = "INFO"

    access_token_minutes: int = Field(default=60, ge=1, le=24 * 60)
    max_upload_mb: int = Field(default=1024, ge=1)
    max_attachment_mb: int = Field(default=20, ge=1, le=200)
    max_document_mb: int = Field(default=20, ge=1, le=200)
    max_documents_per_user: int = Field(default=50_000, ge=1)
    max_batch_file_mb: int = Field(default=100, ge=1, le=200)
    max_audio_hours: float = Field(default=4.0, gt=0)
    max_queued_jobs_per_user: int = Field(default=100, ge=1)

    sockets_per_user: int = Field(default=20, ge=1)
    subscriptions_per_socket: int = Field(default=100, ge=1)
    commands_per_second: float = Field(default=20.0, gt=0)

    transcriber: str = "auto"
    whisper_model: str = ""
    whisper_device: str = "auto"
    whisper_compute_type: str = "default"
    whisper_threads: int = Field(default=0, ge=0)
    whisper_batch_size: int = Field(default=1, ge=1, le=64)
    transcribe_chunk_s: float = Field(default=30.0, ge=2.0, le=30.0)
    second_pass_model: str = ""

    live_sessions: int = Field(default=4, ge=1, le=1000)
    live_step_s: float = Field(default=0.5, ge=0.2, le=5.0)
    live_grace_s: float = Field(default=60.0, ge=1.0, le=3600.0)

    diarizer: str = "auto"
    diarization_model: str = ""
    hf_token: SecretStr = SecretStr("")

    chat_answers: int = Field(default=40, ge=1, le=1000)
    chat_engine: str = "auto"
    openai_base_url: str = ""
    openai_api_key: SecretStr = SecretStr("")
    chat_model: str = ""
    chat_models: Annotated[list[str], NoDecode] = []
    chat_context_tokens: int = Field(default=16_000, ge=2_000, le=2_000_000)
    chat_tokens_per_day: int = Field(default=0, ge=0)
    chat_titles: bool = True
    chat_prices: Annotated[dict[str, tuple[float, float]], NoDecode] = {}
    chat_currency: str = Field(default="USD", max_length=8)

    prompt_cells: int = Field(default=8, ge=1, le=1000)
    prompt_jobs: int = Field(default=20, ge=1, le=1000)
    prompt_jobs_per_user: int = Field(default=2, ge=1, le=1000)
    max_cells_per_batch: int = Field(default=50_000, ge=1)

    keep_audio_days: float | None = Field(default=None, ge=0)
    keep_transcripts_days: float | None = Field(default=None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in ("allowed_hosts", "allowed_origins", "chat_models"):
            if isinstance(values.get(name), str):
                values[name] = [part.strip() for part in values[name].split(",") if part.strip()]
        if isinstance(values.get("chat_prices"), str):
            values["chat_prices"] = _read_prices(values["chat_prices"])
        return values

    @model_validator(mode="after")
    def _production_is_explicit(self) -> Self:
        if self.stentor_env is not Environment.PROD:
            return self
        problems = []
        if len(self.secret_key) < 50 or any(word in self.secret_key.lower() for word in WEAK_WORDS):
            problems.append("SECRET_KEY must be a random string of at least 50 characters")
        if "allowed_hosts" not in self.model_fields_set or not self.allowed_hosts or "*" in self.allowed_hosts:
            problems.append("ALLOWED_HOSTS must name the host names that this server answers to")
        if not self.database_url:
            problems.append("DATABASE_URL must be set, for example postgres://user:password@host:5432/stentor")
        if not self.redis_url:
            problems.append("REDIS_URL must be set, for example redis://host:6379/0")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def is_production(self) -> bool:
        return self.stentor_env is Environment.PROD

    @property
    def home(self) -> Path:
        return self.stentor_home.absolute()

    @property
    def redis_location(self) -> str:
        """The Redis to use: the configured one, or the socket of the embedded one in `STENTOR_HOME`."""
        return self.redis_url or f"unix://{self.home / 'redis' / 'redis.sock'}"

    @property
    def database_location(self) -> str:
        return self.database_url or f"sqlite:///{self.home / 'stentor.sqlite3'}"


def _read_prices(text: str) -> dict[str, tuple[float, float]]:
    """`model=2.5/10, other=0.1/0.4`: what a million tokens cost that are sent, and that come back."""
    prices: dict[str, tuple[float, float]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        model, _, price = part.rpartition("=")
        sent, _, received = price.partition("/")
        try:
            pair = float(sent), float(received)
        except ValueError:
            pair = nan, nan
        if not model.strip() or not all(0 <= one < inf for one in pair):
            raise ValueError(f"CHAT_PRICES: {part!r} is not of the form model=2.5/10")
        prices[model.strip()] = pair
    return prices


def load() -> Config:
    """Read the environment; raise `ConfigurationError` that names each variable at fault."""
    try:
        return Config()
    except ValidationError as error:
        lines = []
        for item in error.errors():
            name = "_".join(str(part) for part in item["loc"]).upper()
            message = item["msg"].removeprefix("Value error, ")
            lines.append(f"{name}: {message}" if name else message)
        raise ConfigurationError("Stentor cannot start. " + "; ".join(lines)) from None
