"""The application below a path of its own: by Streamlit's base path, or behind a proxy that strips the path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

import httpx
import pytest

from horde_core.endpoints.table import ENDPOINTS
from pages.page_table import PAGES
from tests.fixtures.app_server import AppServer
from tests.fixtures.nginx import MAIN, NGINX
from tests.fixtures.processes import LOOPBACK, Server, free_port, wait_until

PREFIX = "horde"
SITE = "server {{ listen {address}; location /{prefix}/ {{ proxy_pass http://{app}/; }} }}"
PROBLEM = "application/problem+json"


class Deployment(NamedTuple):
    """Where visitors find the application, and whether the application knows the path itself."""

    url: str
    base: str

    def ask(self, path: str, method: str = "GET") -> httpx.Response:
        """Return the answer to one request; redirects are not followed."""
        return httpx.request(method, self.url + path, timeout=20)


def stripping(folder: Path, app: AppServer, port: int) -> Server:
    """Return an nginx that has the application below a path which it takes away."""
    site = SITE.format(address=f"{LOOPBACK}:{port}", prefix=PREFIX, app=app.url.removeprefix("http://"))
    configuration = folder / "nginx.conf"
    text = MAIN.format(folder=folder, limits=("", "worker_connections 64;"), site=site)
    configuration.write_text(re.sub(r"ssl_certificate.*", "", text))
    assert NGINX, "nginx is not installed"
    return Server([NGINX, "-c", str(configuration), "-p", str(folder)], folder)


def answers(url: str) -> bool:
    """Whether there is anything behind an address."""
    try:
        return httpx.get(url).status_code < 500
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Deployment]]:
    """Give the application without a path, with one of its own, and behind a proxy that strips one."""
    demo = {"HORDE_SOURCE": "demo", "HORDE_METRICS_ENABLED": "true", "HORDE_API_RATE_LIMIT": "0"}
    root = AppServer(tmp_path_factory.mktemp("root"), demo)
    below = AppServer(tmp_path_factory.mktemp("below"), {**demo, "STREAMLIT_SERVER_BASE_URL_PATH": PREFIX})
    port = free_port()
    proxy = stripping(tmp_path_factory.mktemp("proxy"), root, port)
    stripped = f"http://{LOOPBACK}:{port}/{PREFIX}"
    try:
        root.start()
        below.start()
        proxy.start(lambda: answers(f"{stripped}/_stcore/health"))
        found = {
            "at the root": Deployment(root.url, ""),
            "below a base path": Deployment(below.url, f"/{PREFIX}"),
            "behind a proxy that strips": Deployment(stripped, ""),
        }
        for one in found.values():
            wait_until(lambda one=one: one.ask("/api/health").json()["status"] == "ok", "everything is loaded")
        yield found
    finally:
        proxy.stop()
        below.stop()
        root.stop()


@pytest.fixture(params=["at the root", "below a base path", "behind a proxy that strips"])
def deployed(request: pytest.FixtureRequest, servers: dict[str, Deployment]) -> Deployment:
    return servers[request.param]


def test_health_and_metrics_are_beside_the_pages(deployed: Deployment) -> None:
    assert deployed.ask("/api/health").headers["content-type"] == "application/json"
    metrics = deployed.ask("/metrics")
    assert (metrics.status_code, metrics.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    assert "horde_dashboard_sessions" in metrics.text


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_endpoint_answers(deployed: Deployment, endpoint: object) -> None:
    answer = deployed.ask(f"/api/v1{endpoint.example}")  # type: ignore[attr-defined]
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["returned_count"] > 0


def test_the_index_and_the_description_lead_to_routes_that_exist(deployed: Deployment) -> None:
    redirect = deployed.ask("/api/v1")
    index = urljoin(f"{deployed.url}/api/v1", redirect.headers["location"])
    assert index == f"{deployed.url}/api/v1/"
    links = [urljoin(index, unescape(link)) for link in re.findall(r'href="([^"]+)"', deployed.ask("/api/v1/").text)]
    assert len(links) == 1 + len(ENDPOINTS)
    assert {httpx.get(link, timeout=20).status_code for link in links} == {200}
    assert {link.startswith(f"{deployed.url}/api/v1/") for link in links} == {True}
    (server,) = deployed.ask("/api/v1/openapi.json").json()["servers"]
    assert urljoin(f"{deployed.url}/api/v1/openapi.json", server["url"]) == f"{deployed.url}/api/v1"


@pytest.mark.parametrize("path", [page.path for page in PAGES])
@pytest.mark.parametrize("query", ["", "?category=text"])
def test_every_page_is_found_with_and_without_a_slash_behind_it(deployed: Deployment, path: str, query: str) -> None:
    page = deployed.ask(path + query)
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
    if path != "/":
        redirect = deployed.ask(f"{path}/{query}")
        assert redirect.status_code == 301
        assert urljoin(f"{deployed.url}{path}/", redirect.headers["location"]) == f"{deployed.url}{path}{query}"


def test_the_base_path_itself_leads_to_the_first_page(servers: dict[str, Deployment]) -> None:
    below = servers["below a base path"]
    redirect = below.ask("")
    assert urljoin(below.url, redirect.headers["location"]) == f"{below.url}/"


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nowhere", "/api/v2/sources", "/api/v1/nowhere", "/api/health/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_of_the_api_that_does_not_exist_is_a_problem(deployed: Deployment, path: str, method: str) -> None:
    answer = deployed.ask(path, method)
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
    assert f"GET {deployed.base}/api/v1/ lists" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/health", "/api/v1/sources"])
def test_another_method_is_a_problem_too(deployed: Deployment, path: str) -> None:
    answer = deployed.ask(path, "POST")
    assert (answer.status_code, answer.headers["content-type"]) == (405, PROBLEM)


@pytest.mark.parametrize(
    "path", ["/nowhere", "/wp-login.php", "/audit/x", "/metrics/x", "/static/x.js", "/_stcore/x", "/apiary", "/AUDIT"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_path_that_is_no_page_is_not_found(deployed: Deployment, path: str, method: str) -> None:
    assert deployed.ask(path, method).status_code == 404


def test_nothing_answers_beside_the_base_path(servers: dict[str, Deployment]) -> None:
    below = servers["below a base path"]
    beside = below._replace(url=below.url.removesuffix(below.base))
    for path in ("/", "/audit", "/api/health", "/api/v1/sources", "/metrics", f"{below.base}et"):
        assert beside.ask(path).status_code == 404, path


def test_what_is_not_html_is_served_as_ever(deployed: Deployment) -> None:
    page = deployed.ask("/").text
    scripts = re.findall(r'src="\./(static/[^"]+)"', page)
    assert scripts
    for path in (*scripts, "_stcore/health", "_stcore/host-config"):
        assert deployed.ask(f"/{path}").status_code == 200
