"""Whatever the environment holds, the app starts or says in one line which value is wrong, and no secret."""

from __future__ import annotations

import os
import re
from pathlib import Path

import certifi
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from horde_core.cache.freshness import Clock
from horde_core.cache.redis_connection import RedisConnection
from horde_core.environment import Proxies, without_secrets
from horde_core.settings import Settings, SettingsError
from horde_core.upstream.client import HordeClient
from tests.fixtures.app_server import StartApp

SECRET = "Zq9secret"
PROXY_VARIABLES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY")
OTHER_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "PROMETHEUS_MULTIPROC_DIR")
HOSTILE = [
    "", " ", "garbage", "0", "-1", "1e400", "nan", "inf", "9" * 400, "1_0", "true", "null", "[]", "{}", "[::1]", "::1",
    "fd00::/8", "10.0.0.0/8", "*", ",", "a,,b", "[::1", "http://", "http://[::1", "http://h:99999", "http://h:x", "://",
    "http://a..b", "http://h/?x=1#y", "https://h h", "socks5://h:1080", "foo://h", "/nope/nothing", "/dev/null", "/",
    "\udcff", "two\r\nlines", "'quoted'", "日本", "http://\u2028", "x" * 70_000, f"http://u:{SECRET}@h:x",
    f"http://u:{SECRET}/@h", f"foo://{SECRET}@h",
]  # fmt: skip
HOSTILE_REDIS = [
    "redis://h/abc", "redis://h/0/1", "redis://h/-1", "redis://h/0?db=-1", "redis://h/0?db=x", "redis://h:99999/0",
    "redis://h/0?protocol=9", "redis://h/0?socket_timeout=x", "redis://h/0?socket_timeout=0", "redis://h/0?timeout=3",
    "redis://h/0?socket_timeout=nan", "redis://h/0?max_connections=-1", "redis://h/0?max_connections=x",
    "redis://h/0?health_check_interval=x", "redis://h/0?connection_class=x", "redis://h/0?parser_class=x",
    "redis://h/0?cache_config=x", "redis://h/0?retry=5", "redis://h/0?host=evil", "redis://h/0?decode_responses=1",
    "redis://h/0?encoding=none", "redis://h/0?ssl_cert_reqs=none", "redis://a..b/0", "redis://[::1/0", "unix:///tmp/x",
    "rediss://h/0?ssl_cert_reqs=maybe", "rediss://h/0?ssl_ca_certs=/nope", "rediss://h/0?ssl_certfile=/nope",
    "rediss://h/0?ssl_min_version=5", "rediss://h/0?ssl_ciphers=none-such", "rediss://h/0?ssl_ocsp_context=x",
    f"redis://:{SECRET}", f"redis://u:{SECRET}", f"redis://:{SECRET}#x@h/0", f"redis://:{SECRET}/x@h/0",
    f"redis://:{SECRET}?x@h/0", f"redis://:x/{SECRET}@h/0", f"redis://:x@{SECRET}/y@h/0", f"redis://:x#{SECRET}@h:1/0",
    f"redis://h/x?password={SECRET}", f"redis://:x\\{SECRET}@h/0", f"redis://x#{SECRET}@h/0",
    f"rediss://h/0?ssl_certfile=/nope&ssl_password={SECRET}", f"redis://u:{SECRET}@h/abc",
]  # fmt: skip
PARTS_OF_AN_ADDRESS = "redis rediss http :// : @ / ? # [ ] % & = db h.example ::1 \\"
UNDERSTOOD = [
    ("HORDE_REPLICATE_MODE", "primary", "replicate_mode", "PRIMARY"),
    ("HORDE_REPLICATE_MODE", " Replica\n", "replicate_mode", "REPLICA"),
    ("HORDE_SOURCE", " Demo ", "source", "demo"),
    ("HORDE_CACHE_HYDRATION_ENABLED", " TRUE ", "cache_hydration_enabled", True),
    ("HORDE_API_TIMEOUT", " 5 ", "api_timeout", 5),
    ("HORDE_API_URL", " HTTP://H.example/api/ ", "api_url", "http://h.example/api"),
    ("HORDE_CONTACT", " me@h.example ", "contact", "me@h.example"),
    ("HORDE_REDIS_URL", " ", "redis_url", None),
    ("HORDE_REDIS_URL", " Redis://h ", "redis_url", "redis://h"),
    ("HORDE_REDIS_URL", "redis://u:p%40%2F%23@[::1]:6380/3?protocol=3", "redis_url", "redis://u:p%40%2F%23@[::1]:6380/3?protocol=3"),
    ("HORDE_REDIS_URL", "rediss://h/0?ssl_cert_reqs=CERT_NONE", "redis_url", "rediss://h/0?ssl_cert_reqs=none"),
    ("HORDE_REDIS_URL", "rediss://h?ssl_cert_reqs=Required", "redis_url", "rediss://h?ssl_cert_reqs=required"),
]  # fmt: skip


@pytest.fixture(scope="session")
def one_certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name a file with one certificate: reading a hundred of them takes most of the time of a start."""
    path = tmp_path_factory.mktemp("certificates") / "one.pem"
    first, end, _ = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----\n")
    path.write_text(first + end)
    return str(path)


@pytest.fixture(autouse=True)
def _usual_environment(monkeypatch: pytest.MonkeyPatch, one_certificate: str) -> None:
    for name in (*PROXY_VARIABLES, *OTHER_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", one_certificate)


def outcome() -> Settings | str:
    """Start as the app does, up to the first socket; return the settings, or the line that it ends with."""
    try:
        loaded = Settings.load()
    except SettingsError as error:
        return str(error)
    HordeClient(loaded).close()
    if loaded.redis_url is not None:
        RedisConnection(loaded.redis_url, Clock()).close()
    return loaded


def starts_or_says_why(name: str, value: str) -> None:
    end = outcome()
    if isinstance(end, str):
        assert end.startswith(f"{name}="), value
        assert " is not allowed. " in end, value
        assert len(end.encode().splitlines()) == 1, value
        assert SECRET not in end, value


@pytest.mark.parametrize("name", [*Settings.model_fields, *PROXY_VARIABLES, *OTHER_VARIABLES])
def test_each_variable_with_hostile_values(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    name = f"HORDE_{name.upper()}" if name in Settings.model_fields else name
    for value in HOSTILE:
        monkeypatch.setenv(name, value)
        starts_or_says_why(name, value)


@pytest.mark.parametrize("value", HOSTILE_REDIS)
def test_a_hostile_address_of_redis_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HORDE_REDIS_URL", value)
    starts_or_says_why("HORDE_REDIS_URL", value)
    assert isinstance(outcome(), str)


@pytest.mark.parametrize(("variable", "value", "name", "meaning"), UNDERSTOOD)
def test_a_harmless_spelling_is_understood(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, name: str, meaning: object
) -> None:
    monkeypatch.setenv(variable, value)
    end = outcome()
    assert isinstance(end, Settings)
    assert getattr(end, name) == meaning


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["HORDE_API_URL", "HORDE_REDIS_URL", "HORDE_CONTACT", "HTTPS_PROXY", "NO_PROXY"]),
    value=st.builds(
        "".join,
        st.lists(
            st.one_of(
                st.sampled_from(
                    [
                        "redis",
                        "rediss",
                        "http",
                        "://",
                        ":",
                        "@",
                        "/",
                        "?",
                        "#",
                        "[",
                        "]",
                        "%",
                        "&",
                        "=",
                        "db",
                        "h.example",
                        "\\",
                        "::1",
                    ]
                ),
                st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4),
            ),
            max_size=9,
        ),
    ),
)
def test_any_text_as_an_address(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with monkeypatch.context() as environment:
        environment.setenv(name, value)
        starts_or_says_why(name, value)


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_direct"),
    [
        ("[::1]", "http://[::1]:7080/", True),
        ("::1", "http://[::1]/", True),
        ("[::1]:7080", "http://[::1]:7080/", True),
        ("[::1]:7080", "http://[::1]:7081/", False),
        ("fd00::/8", "https://[fd12::1]/", True),
        ("fd00::/8", "https://[fe80::1]/", False),
        ("10.0.0.0/8,172.16.0.1", "http://10.1.2.3/", True),
        ("10.0.0.0/8 , 172.16.0.1", "http://172.16.0.1/", True),
        ("10.0.0.0/8", "http://11.1.2.3/", False),
        ("example.com", "https://example.com/", True),
        ("Example.com", "https://api.example.com/", True),
        (".example.com", "https://api.example.com/", True),
        ("*.example.com", "https://api.example.com/", True),
        ("example.com", "https://myexample.com/", False),
        ("example.com:443", "https://example.com/", True),
        ("example.com:80", "https://example.com/", False),
        ("a.example, *", "https://example.com/", True),
        ("localhost", "http://localhost:1/", True),
        ("", "http://localhost:1/", False),
        (",, ,", "http://localhost:1/", False),
    ],
)
def test_no_proxy_names_hosts_addresses_and_networks(no_proxy: str, url: str, is_direct: bool) -> None:
    proxies = Proxies({"http": "p.example:3128", "https": "http://p.example:3128", "no": no_proxy})
    assert (proxies.for_url(httpx.URL(url)) is None) is is_direct


def test_the_proxy_of_a_scheme_goes_before_the_one_for_all() -> None:
    proxies = Proxies({"http": "one.example", "all": "http://two.example:3128"})
    found = [proxies.for_url(httpx.URL(f"{scheme}://h.example")) for scheme in ("http", "https")]
    assert [str(proxy.url) for proxy in found if proxy] == ["http://one.example", "http://two.example:3128"]
    assert Proxies({}).for_url(httpx.URL("https://h.example")) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://u:pass@h/0", "redis://***@h/0"),
        ("redis://:p/a@s@h/0", "redis://***@h/0"),
        ("redis://u:pass", "redis://u:***"),
        ("redis://h:6379/0?password=pass&db=1", "redis://h:6379/0?password=***&db=1"),
        ("http://h:80/a", "http://h:80/a"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
    ],
)
def test_what_is_shown_of_an_address_holds_no_secret(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("HORDE_REDIS_URL", "redis://h/0?protocol=9", "protocol must be either 2 or 3"),
        ("HTTPS_PROXY", "socks9://h", "An address such as http://host:3128 is"),
        ("SSL_CERT_FILE", "/nope", "A file with certificates is: No such file or directory"),
    ],
)
def test_a_start_that_ends_prints_the_line_and_no_traceback(
    start_app: StartApp, variable: str, value: str, allowed: str
) -> None:
    with pytest.raises(RuntimeError) as ended:
        start_app(**{variable: value})
    log = str(ended.value)
    assert f"{variable}='{value}' is not allowed. " in log
    assert allowed in log
    assert "Traceback" not in log


def test_a_start_with_odd_spellings_works(start_app: StartApp) -> None:
    app = start_app(
        HORDE_SOURCE=" Demo ", HORDE_REPLICATE_MODE="replica", NO_PROXY="[::1],fd00::/8", HTTPS_PROXY="garbage"
    )
    assert "Traceback" not in app.log()


def test_a_folder_or_a_file_that_cannot_be_read_in_place_of_the_settings_file() -> None:
    Path(".env").mkdir()
    assert isinstance(outcome(), Settings)
    Path(".env").rmdir()
    Path(".env").write_bytes(b"HORDE_SOURCE=\xff")
    assert re.fullmatch(r"the file \.env is not text in UTF-8: .*", str(outcome()))
    if os.getuid() != 0:
        Path(".env").chmod(0)
        assert re.fullmatch(r"the file \.env cannot be read: .*", str(outcome()))
