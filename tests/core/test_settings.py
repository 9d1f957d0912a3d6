"""Settings come from the environment and ``.env``; a bad one stops the start with one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from horde_core.settings import Settings, SettingsError


def test_every_setting_says_what_it_means() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]
    assert silent == []
    assert len(Settings.model_fields) > 15


def test_the_defaults_are_valid_and_those_that_users_rely_on() -> None:
    settings = Settings.load()
    assert settings.api_url == "https://aihorde.net/api"
    assert (settings.api_timeout, settings.cold_wait, settings.api_cache_ttl, settings.cache_stale_ttl) == (
        30, 8, 60, 3_600,
    )  # fmt: skip
    assert (settings.source, settings.replicate_mode, settings.redis_url) == ("live", "PRIMARY", None)
    assert settings.redis_key_prefix == "horde:model_ref"
    assert settings.reference_url == "https://models.aihorde.net/api"
    assert settings.reference_cache_ttl == 3_600
    assert settings.preferred_file_hosts == ("huggingface.co",)
    assert settings.low_usage_threshold_percentage == 0.0065
    assert settings.text_gen_low_usage_threshold_percentage == 0.02
    assert (settings.audit_grace_days, settings.audit_minimum_month_usage, settings.audit_cache_ttl) == (30, 0, 300)
    assert settings.reference_image_ages_url.endswith("/AI-Horde-image-model-reference/main/model_mod_data.json")


def test_a_default_passes_its_own_validation() -> None:
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert Settings(**defaults) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("API_URL", "nonsense", "valid URL"),
        ("API_URL", "", "valid URL"),
        ("API_URL", "ftp://aihorde.net/api", "'http' or 'https'"),
        ("REFERENCE_URL", "models.aihorde.net", "valid URL"),
        ("REFERENCE_TEXT_FALLBACK_URL", "db.json", "valid URL"),
        ("API_TIMEOUT", "0", "greater than 0"),
        ("API_TIMEOUT", "inf", "finite"),
        ("API_TIMEOUT", "soon", "number"),
        ("API_CACHE_TTL", "-1", "greater than or equal to 0"),
        ("API_CACHE_TTL", "nan", "finite"),
        ("COLD_WAIT", "-0.1", "greater than or equal to 0"),
        ("COLD_WAIT", "1e10", "less than or equal to 31536000"),
        ("REDIS_URL", "redis://localhost:6379/0?nonsense=1", "unknown option"),
        ("SOURCE", "moon", "'live' or 'demo'"),
        ("REPLICATE_MODE", "SECONDARY", "'PRIMARY' or 'REPLICA'"),
        ("REDIS_URL", "http://localhost:6379", "'redis' or 'rediss'"),
        ("REDIS_KEY_PREFIX", "", "at least 1 character"),
        ("LOW_USAGE_THRESHOLD_PERCENTAGE", "100.1", "less than or equal to 100"),
        ("TEXT_GEN_CRITICAL_USAGE_THRESHOLD", "1.5", "integer"),
        ("TEXT_GEN_CRITICAL_WORKER_THRESHOLD", "-1", "greater than or equal to 0"),
        ("TEXT_GEN_IGNORE_DOWNLOAD_HOSTS", "maybe", "boolean"),
        ("BACKEND_IMBALANCE_THRESHOLD", "1.1", "less than or equal to 1"),
        ("AUDIT_GRACE_DAYS", "-1", "greater than or equal to 0"),
        ("AUDIT_GRACE_DAYS", "3651", "less than or equal to 3650"),
        ("AUDIT_MINIMUM_MONTH_USAGE", "-1", "greater than or equal to 0"),
        ("AUDIT_CACHE_TTL", "-1", "greater than or equal to 0"),
        ("REFERENCE_IMAGE_AGES_URL", "model_mod_data.json", "valid URL"),
        ("CONTACT", "two\r\nlines", "pattern"),
    ],
)
def test_a_bad_value_is_one_line_with_the_setting_the_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(f"HORDE_{name}", value)
    with pytest.raises(SettingsError) as refusal:
        Settings.load()
    line = str(refusal.value)
    assert len(line.splitlines()) == 1
    assert line.startswith(f"HORDE_{name}={value!r} is not allowed. ")
    assert allowed in line


def test_several_bad_values_are_all_named_in_the_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORDE_SOURCE", "moon")
    monkeypatch.setenv("HORDE_API_TIMEOUT", "-3")
    with pytest.raises(SettingsError, match=r"HORDE_API_TIMEOUT='-3' .*; HORDE_SOURCE='moon' ") as refusal:
        Settings.load()
    assert "\n" not in str(refusal.value)


def test_a_file_of_settings_in_the_working_folder_is_read_and_the_environment_goes_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("HORDE_SOURCE=demo\nHORDE_COLD_WAIT=2\nHORDE_NOT_A_SETTING=1\nSOURCE=moon\n")
    monkeypatch.setenv("HORDE_COLD_WAIT", "3")
    settings = Settings.load()
    assert (settings.source, settings.cold_wait) == ("demo", 3)


def test_a_bad_value_in_the_file_is_named_as_one_in_the_environment() -> None:
    Path(".env").write_text("HORDE_API_CACHE_TTL=often\n")
    with pytest.raises(SettingsError, match=r"^HORDE_API_CACHE_TTL='often' is not allowed"):
        Settings.load()


@pytest.mark.parametrize(
    ("value", "hosts"),
    [
        ("huggingface.co", ("huggingface.co",)),
        (" HuggingFace.co , civitai.com ", ("huggingface.co", "civitai.com")),
        ("huggingface.co,,", ("huggingface.co",)),
        ("", ()),
    ],
)
def test_hosts_are_a_comma_list_without_case_and_blanks(
    monkeypatch: pytest.MonkeyPatch, value: str, hosts: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HORDE_PREFERRED_FILE_HOSTS", value)
    assert Settings.load().preferred_file_hosts == hosts


@pytest.mark.parametrize(
    ("url", "mode", "uses_redis"),
    [
        ("redis://localhost:6379/0", "PRIMARY", True),
        ("rediss://user:word@cache.example:6380/1", "PRIMARY", True),
        ("redis://localhost:6379/0", "REPLICA", False),
        ("", "PRIMARY", False),
        ("", "REPLICA", False),
    ],
)
def test_redis_needs_an_address_and_a_primary(
    monkeypatch: pytest.MonkeyPatch, url: str, mode: str, uses_redis: bool
) -> None:
    monkeypatch.setenv("HORDE_REDIS_URL", url)
    monkeypatch.setenv("HORDE_REPLICATE_MODE", mode)
    assert Settings.load().uses_redis is uses_redis


def test_an_address_may_end_in_a_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORDE_API_URL", "http://127.0.0.1:7080/api/")
    assert Settings.load().api_url == "http://127.0.0.1:7080/api"


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().source = "demo"  # type: ignore[misc]
