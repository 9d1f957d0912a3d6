"""Settings of the dashboard: one table of name, default, meaning and bounds.

Settings come from the environment (prefix ``HORDE_``) and from a ``.env`` file in the working directory.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import httpx
from pydantic import (
    AfterValidator,
    Field,
    HttpUrl,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from horde_core.environment import check, complaint
from horde_core.redis_address import redis_address

GITHUB_RAW = "https://raw.githubusercontent.com/Haidra-Org"

_HTTP_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)


class SettingsError(ValueError):
    """A setting has a value that is not allowed; the message is one line fit for the operator's terminal."""


def _http_url(value: str) -> str:
    url = str(_HTTP_URL.validate_python(value)).rstrip("/")
    try:
        httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"It cannot be asked: {error}") from error
    return url


def _base_url(url: str) -> str:
    if "?" in url or "#" in url:
        raise ValueError("Paths are appended to it, so it ends before any ? or #")
    return url


def _database_url(url: str) -> str:
    scheme, found, path = url.partition(":///")
    if scheme != "sqlite" or not found or path.strip("/") in ("", ":memory:") or set(path) & set("?#"):
        raise ValueError("The address of a file such as sqlite:///history/horde.sqlite is")
    return url


HttpAddress = Annotated[str, AfterValidator(_http_url)]
BaseAddress = Annotated[HttpAddress, AfterValidator(_base_url)]
A_YEAR = 31_536_000
Seconds = Annotated[float, Field(gt=0, le=A_YEAR, allow_inf_nan=False)]
SecondsOrZero = Annotated[float, Field(ge=0, le=A_YEAR, allow_inf_nan=False)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Percentage = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class Settings(BaseSettings):
    """The settings in force. Immutable; build another one to change a value.

    Use :meth:`load` at start: it turns a bad value into a :class:`SettingsError` of one clear line.
    """

    model_config = SettingsConfigDict(env_prefix="HORDE_", env_file=".env", extra="ignore", frozen=True)

    api_url: BaseAddress = Field("https://aihorde.net/api", description="base of the API; /v2/... is appended")
    api_timeout: Seconds = Field(30, description="seconds for one request as a whole; connecting takes at most 3")
    api_rate_limit: int = Field(
        60, ge=0, le=1_000_000, description="requests a minute that one address may send to /api/v1; 0 = no limit"
    )
    api_cache_ttl: SecondsOrZero = Field(60, description="seconds before a body is refreshed; 0 = no caching")
    cache_stale_ttl: SecondsOrZero = Field(3600, description="seconds that last good data may be served after its TTL")
    cold_wait: SecondsOrZero = Field(8, description="seconds that a page with nothing cached waits for all its sources")
    source: Literal["live", "demo"] = Field("live", description="live, or demo for the simulated Horde")
    contact: str = Field("unknown", pattern=r"^[\x21-\x7e]+$", description="who runs this; sent in Client-Agent")

    reference_url: BaseAddress = Field(
        "https://models.aihorde.net/api", description="v2 model reference; /model_references/v2/<category> is appended"
    )
    reference_image_fallback_url: HttpAddress = Field(
        f"{GITHUB_RAW}/AI-Horde-image-model-reference/main/stable_diffusion.json",
        description="legacy image reference, used when the v2 service does not answer",
    )
    reference_text_fallback_url: HttpAddress = Field(
        f"{GITHUB_RAW}/AI-Horde-text-model-reference/main/db.json",
        description="legacy text reference, used when the v2 service does not answer",
    )
    reference_image_ages_url: HttpAddress = Field(
        f"{GITHUB_RAW}/AI-Horde-image-model-reference/main/model_mod_data.json",
        description="when each image model was added; optional, for the audit's grace period",
    )
    reference_cache_ttl: SecondsOrZero = Field(3600, description="seconds before a reference is refreshed")
    statistics_cache_ttl: SecondsOrZero = Field(300, description="seconds that the statistics of a snapshot are kept")
    audit_cache_ttl: SecondsOrZero = Field(300, description="seconds that the audit of a snapshot is kept")

    cache_hydration_enabled: bool = Field(False, description="keep caches warm in the background")
    cache_hydration_interval_seconds: Annotated[float, Field(ge=1, le=A_YEAR, allow_inf_nan=False)] = Field(
        45, description="seconds between two rounds of that; below HORDE_API_CACHE_TTL"
    )

    replicate_mode: Literal["PRIMARY", "REPLICA"] = Field(
        "PRIMARY", description="PRIMARY may use Redis; REPLICA keeps to memory"
    )
    redis_url: Annotated[str, AfterValidator(redis_address)] | None = Field(
        None, description="for example redis://localhost:6379/0; unset = memory only"
    )
    redis_key_prefix: str = Field(
        "horde:model_ref",
        min_length=1,
        description="keys live under {prefix}:horde_api, {prefix}:stats and {prefix}:audit",
    )
    metrics_enabled: bool = Field(False, description="answer GET /metrics for Prometheus; keep it behind the proxy")

    history: Literal["on", "off"] = Field("on", description="keep a history of what the API says; demo invents its own")
    history_url: Annotated[str, AfterValidator(_database_url)] = Field(
        "sqlite:///history/horde.sqlite", description="where it is kept: sqlite:///PATH, from the working directory"
    )
    history_interval_seconds: Annotated[int, Field(ge=60, le=3600)] = Field(
        300, description="seconds from one sample of workers, threads and queues to the next"
    )
    history_sample_days: Days = Field(35, description="days for which each sample of the network is kept; then hours")
    history_name_hour_days: Days = Field(400, description="days for which hours by name are kept; then days")
    history_worker_days: Days = Field(90, description="days for which a worker that left is kept; then only numbers")

    low_usage_threshold_percentage: Percentage = Field(
        0.0065, description="percent of the image category's 30-day usage below which a model is low-usage"
    )
    text_gen_low_usage_threshold_percentage: Percentage = Field(
        0.02, description="percent of the text category's 30-day usage below which a model is low-usage"
    )
    preferred_file_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("huggingface.co",), description="hosts (and their sub-domains) that downloads should use, comma list"
    )
    text_gen_ignore_download_hosts: bool = Field(True, description="text models skip the host and download flags")
    text_gen_critical_usage_threshold: int = Field(
        10, ge=0, description="30-day requests below which an unserved text model is critical"
    )
    text_gen_critical_worker_threshold: int = Field(
        1, ge=0, description="workers below which such a text model is critical"
    )
    audit_grace_days: int = Field(
        30, ge=0, le=3650, description="days in which a new image model is no deletion candidate; 0 = none"
    )
    audit_minimum_month_usage: int = Field(
        0, ge=0, description="30-day requests below which a model is low-usage whatever its share; 0 = none"
    )
    backend_imbalance_threshold: float = Field(
        0.3, ge=0, le=1, description="imbalance (0 even, 1 opposite) from which backends are uneven"
    )

    @field_validator("preferred_file_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        hosts = value.split(",") if isinstance(value, str) else value
        if not isinstance(hosts, list | tuple):
            return value
        return tuple(host.strip().lower() for host in hosts if isinstance(host, str) and host.strip())

    @field_validator("redis_url", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("*", mode="before")
    @classmethod
    def _harmless_spelling(cls, value: object, field: ValidationInfo) -> object:
        """Spaces around a value mean nothing, nor does the case of one of a few words."""
        if not isinstance(value, str):
            return value
        value.encode()  # raises ValueError for bytes of the environment that are no text
        value = value.strip()
        words = get_args(cls.model_fields[field.field_name or ""].annotation)
        return next((word for word in words if isinstance(word, str) and word.lower() == value.lower()), value)

    @property
    def uses_redis(self) -> bool:
        """Whether the cache has a Redis layer: a URL is set and this process is a ``PRIMARY``."""
        return self.redis_url is not None and self.replicate_mode == "PRIMARY"

    @classmethod
    def load(cls) -> Settings:
        """Read the settings from the environment and ``.env``.

        Raises :class:`SettingsError` naming each bad setting, its value and what is allowed, in one line.
        """
        try:
            settings = cls()
            if settings.source == "live":  # the simulated Horde connects to nothing
                check()
        except UnicodeDecodeError as error:
            raise SettingsError(f"the file .env is not text in UTF-8: {error.reason}") from error
        except OSError as error:
            raise SettingsError(f"the file .env cannot be read: {error.strerror}") from error
        except ValidationError as error:
            details = error.errors(include_url=False)
            lines = (complaint(f"HORDE_{d['loc'][0]}".upper(), d["input"], d["msg"]) for d in details)
            raise SettingsError("; ".join(lines)) from error
        except ValueError as error:
            raise SettingsError(str(error)) from error
        return settings
