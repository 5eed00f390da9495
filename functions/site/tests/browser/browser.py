"""The built program and a real browser, for the pages of the site and those of the console.

The program is `textback`, with a store in a file that the tests can look into. Build it first:
`cargo build -p textback`.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
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

WIDTHS = {"phone": (390, 844), "desktop": (1280, 900)}


def missing(what):
    """Skips the tests for want of something, unless they are what decides."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI=true", pytrace=False)
    pytest.skip(what)


@dataclass
class Program:
    """The program, running."""

    url: str
    console: str
    data: Path
    process: subprocess.Popen

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def start(data, **settings):
    """Starts the program with these settings and no others, and a store in `data`."""
    program = TARGET / "debug" / "textback"
    if not program.exists():
        missing("the program is not built: cargo build -p textback")
    settings |= {"DATA_DIR": str(data), "PORT": "0", "LOG_FORMAT": "json"}
    log = data / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [program], env=settings, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    url = None
    for line in process.stdout:
        if found := re.search(r"answers at (http://localhost:\d+)/", line):
            url = found.group(1)
        if line.strip().startswith("console"):
            console = re.search(r"http[^\s,]+", line)
            return Program(url, console and console.group(), data, process)
    pytest.fail(f"the program ended: {log.read_text()}", pytrace=False)


def console_user(name, password):
    """Somebody who may sign in to the console, as the program makes them."""
    command = [TARGET / "debug" / "textback", "console-user", name]
    made = subprocess.run(command, env={}, input=password, capture_output=True, text=True, check=True)
    return made.stdout.strip()


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


def screenshot(page, name):
    from playwright.sync_api import Error

    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    try:
        page.screenshot(path=path, full_page=True)
    except Error:
        # Chromium cannot always capture a long page while it draws others. Nothing is asserted about it.
        page.screenshot(path=path, full_page=True)


def findings(page, **options):
    """What axe finds, and what it cannot decide."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=options).response
    return [
        f"{kind} {rule['id']}: {[node['html'] for node in rule['nodes']]}"
        for kind in ("violations", "incomplete")
        for rule in found[kind]
    ]


def focused(page):
    return page.evaluate("document.activeElement.textContent.trim()")


def ring(page, around=None):
    """How wide the mark around what has the focus is, or around the box that it is in."""
    what = f"document.activeElement.closest('{around}')" if around else "document.activeElement"
    style = f"getComputedStyle({what})"
    return page.evaluate(
        f"{style}.outlineStyle === 'none' ? 0 : parseFloat({style}.outlineWidth)"
    )
