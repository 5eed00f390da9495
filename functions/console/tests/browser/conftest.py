"""The console of a program that nobody has set up: pretended phones, and the offline model."""

import sys
from pathlib import Path

import pytest

# The browser is that of the site's tests.
sys.path.append(str(Path(__file__).parents[3] / "site/tests/browser"))

import browser  # noqa: E402
from browser import chromium, visit  # noqa: E402, F401


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    program = browser.start(tmp_path_factory.mktemp("console"))
    yield program
    program.stop()


@pytest.fixture
def console(program, visit):  # noqa: F811
    """Opens the console: `console(width="desktop")`."""

    def open_console(width="desktop", **device):
        page = visit(program.console, width, script=True, reduced_motion="reduce", **device)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("dialog", lambda dialog: page.errors.append(f"dialog: {dialog.message}"))
        page.wait_for_selector("article.phone")
        return page

    return open_console
