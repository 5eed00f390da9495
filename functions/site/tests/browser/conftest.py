"""Starts the built program and a real browser.

The program is `textback`, with the same pages as the function `site` and a store in a file that the
tests can look into. Build it first: `cargo build -p textback`.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SCREENSHOTS = TARGET / "screenshots"

# Without these Chromium asks its maker's servers for this and that at every start.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PAGES = ["/", "/privacy", "/terms", "/opt-in"]
# States of the form, shown under the address of the last page.
STATES = ["wrong", "unticked", "thanks"]
LANGUAGES = ["en", "es", "fr", "ar"]
WIDTHS = {"phone": (390, 844), "desktop": (1280, 900)}


def missing(what):
    """Skips the tests for want of something, unless they are what decides."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI=true", pytrace=False)
    pytest.skip(what)


@dataclass
class Site:
    """The program, serving the pages of one business."""

    url: str
    data: Path
    process: subprocess.Popen

    def consents(self):
        """Everything that was agreed to, earliest first."""
        with sqlite3.connect(self.data / "textback.db") as database:
            rows = database.execute("SELECT body FROM consents ORDER BY body ->> '$.at'")
            return [json.loads(body) for (body,) in rows]


def start(business, data):
    program = TARGET / "debug" / "textback"
    if not program.exists():
        missing("the program is not built: cargo build -p textback")
    settings = {
        "BUSINESS_FILE": str(HERE / business),
        "DATA_DIR": str(data),
        "PORT": "0",
        "LOG_FORMAT": "json",
    }
    log = data / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [program], env=settings, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    for line in process.stdout:
        if found := re.search(r"answers at (http://localhost:\d+)/", line):
            return Site(found.group(1), data, process)
    pytest.fail(f"the program ended: {log.read_text()}", pytrace=False)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A business with everything, in four languages."""
    site = start("oakwood.toml", tmp_path_factory.mktemp("oakwood"))
    yield site
    site.process.terminate()
    site.process.wait(10)


@pytest.fixture(scope="session")
def smallest(tmp_path_factory):
    """A business that wrote no more than it must."""
    site = start("smallest.toml", tmp_path_factory.mktemp("smallest"))
    yield site
    site.process.terminate()
    site.process.wait(10)


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("no browser: apt-get install chromium")
    try:
        import axe_playwright_python  # noqa: F401
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("no playwright: pip install playwright axe-playwright-python")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Opens pages as somebody with such a device would: `visit(url, width=390)`."""
    contexts = []

    def open_page(url, width="phone", script=False, **device):
        size = WIDTHS.get(width) or (width, 800)
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=script, **device
        )
        contexts.append(context)
        page = context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()


def sign_up(page, number="(202) 555-0143", tick=True):
    """Fills in the form and sends it."""
    page.fill("#number", number)
    if tick:
        page.check("#consent")
    page.click("form button")


def show(page, state):
    """Brings the form into one of its states."""
    match state:
        case "wrong":
            sign_up(page, "555-01", tick=False)
        case "unticked":
            sign_up(page, tick=False)
        case "thanks":
            sign_up(page)


def screenshot(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
