"""The console of a program that nobody has set up: pretended phones, and the offline model."""

import sys
from pathlib import Path

import pytest

# The browser is that of the site's tests.
sys.path.append(str(Path(__file__).parents[3] / "site/tests/browser"))

import browser  # noqa: E402
from browser import chromium, visit  # noqa: E402, F401

ANSWER = ".phone .row[data-who=agent] button.bubble"
MINE = ".phone .row[data-who=person] button.bubble"


def give_phone(page, last):
    """Puts this phone on the page, and no other: each test texts from a number of its own."""
    page.evaluate(f"localStorage.setItem('phones', JSON.stringify(['+120255501{last}']))")
    page.reload()
    page.wait_for_selector(f"article[aria-label='Phone +1 202 555 01{last}']")


def text(page, said, answers=1):
    """Types a text and waits for the answer."""
    page.fill(".phone textarea", said)
    page.press(".phone textarea", "Enter")
    page.locator(ANSWER).nth(answers - 1).wait_for()


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


@pytest.fixture(scope="session")
def desk(program, chromium):  # noqa: F811
    """Somebody's browser that the console knows: its cookies, after four people have texted."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(program.console)
    for last, said in [
        (71, ["The waterfall in my kitchen", "12 Oak Road", "tomorrow", "morning", "Zoë Miller", "yes"]),
        (72, ["I want to talk to a person"]),
        (73, ["<script>alert(1)</script><img src=x onerror=alert(2)> <b>bold</b>"]),
        (74, ["الحنفية تسرب الماء"]),
    ]:
        give_phone(page, last)
        for number, words in enumerate(said, 1):
            text(page, words, number)
    page.get_by_text("delivered").first.wait_for()
    cookies = context.cookies()
    context.close()
    return cookies


@pytest.fixture
def open_desk(program, desk, chromium):  # noqa: F811
    """Opens a page of the desk: `open_desk("/console/inbox", width=360, script=False)`."""
    contexts = []

    def open_page(path, width="desktop", script=True, **device):
        size = browser.WIDTHS.get(width) or (width, 800)
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=script,
            reduced_motion="reduce", **device,
        )
        context.add_cookies(desk)
        contexts.append(context)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("dialog", lambda dialog: page.errors.append(f"dialog: {dialog.message}"))
        page.goto(f"{program.url}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
