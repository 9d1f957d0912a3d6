#!/usr/bin/env bash
# Set up and run every check and every test, starting from nothing: tests/run.sh [arguments for pytest]
#
# PYTHON        interpreter; python3 when unset
# TEST_BROWSER  Chromium; when unset one on the PATH, else one is installed
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
base_python=${PYTHON:-python3}
venv=.venv-tests
python=$venv/bin/python

fail() {
    echo "tests/run.sh: $1" >&2
    exit 1
}

is_root() {
    [[ $(id -u) == 0 ]]
}

check_python() {
    command -v "$base_python" >/dev/null || fail "no $base_python found: install Debian's python3 and python3-venv"
    "$base_python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or newer is needed, this is $("$base_python" -V 2>&1): name another one in PYTHON"
    "$base_python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Python's venv module is missing: install Debian's python3-venv package"
}

make_environment() {
    local wanted
    wanted=$("$base_python" -VV && cat requirements.txt tests/requirements.txt)
    # The stamp is written last: an environment that was left half-made has none.
    if [[ -x $python && "$(cat $venv/stamp 2>/dev/null)" == "$wanted" ]]; then
        return
    fi
    echo "Installing the requirements in $venv"
    rm -rf $venv
    "$base_python" -m venv $venv
    $python -m pip install --quiet --disable-pip-version-check --no-input -r tests/requirements.txt
    echo "$wanted" >$venv/stamp
}

# In a subshell, for its trap. A policy-rc.d is Debian's way to say that no service may be started.
apt_install() (
    is_root && command -v apt-get >/dev/null || exit 1
    echo "Installing Debian's $1"
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        trap 'rm -f $policy' EXIT
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$1" </dev/null >/dev/null
)

get_playwright() {
    $python -m playwright --version >/dev/null 2>&1 || apt_install libatomic1 ||
        fail "Playwright does not start: install Debian's libatomic1 package"
}

browser_starts() {
    $python -m tests.fixtures.browser 2>/dev/null
}

# Ubuntu has no such package, so root gets Playwright's own there.
get_browser() {
    if browser_starts; then
        return
    elif [[ -n ${TEST_BROWSER:-} ]]; then
        fail "TEST_BROWSER=$TEST_BROWSER does not start"
    elif apt_install chromium-headless-shell && browser_starts; then
        return
    fi
    echo "Downloading Playwright's Chromium"
    $python -m playwright install $(is_root && echo --with-deps) chromium >/dev/null || true
    browser_starts || fail "no browser starts: install Debian's chromium-headless-shell package, or name one in TEST_BROWSER"
}

get_redis() {
    command -v redis-server >/dev/null || apt_install redis-server ||
        $python -m tests.fixtures.redis_server 2>/dev/null ||
        fail "no redis-server: install Debian's redis-server package"
}

get_nginx() {
    PATH=$PATH:/usr/sbin command -v nginx >/dev/null || apt_install nginx ||
        echo "No nginx: the tests of the proxy are skipped (Debian's nginx package has it)"
}

check_python
make_environment
get_playwright
get_browser
get_redis
get_nginx
$python -m ruff check
$python -m ruff format --check
$python -m mypy
$venv/bin/lint-imports --no-cache
$python -m pytest -n auto --maxprocesses 4 --dist worksteal "$@"
