"""What the tests of the site's pages share: businesses, and how their form is filled in."""

import json
import sqlite3
from pathlib import Path

import browser
import pytest
from browser import chromium, visit  # noqa: F401

HERE = Path(__file__).parent

PAGES = ["/", "/privacy", "/terms", "/opt-in"]
# States of the form, shown under the address of the last page.
STATES = ["wrong", "unticked", "thanks"]
LANGUAGES = ["en", "es", "fr", "de", "pt", "ar"]


class Site:
    """The program, serving the pages of one business."""

    def __init__(self, business, data):
        self.program = browser.start(data, BUSINESS_FILE=str(HERE / business))
        self.url = self.program.url

    def consents(self):
        """Everything that was agreed to, earliest first."""
        with sqlite3.connect(self.program.data / "textback.db") as database:
            rows = database.execute("SELECT body FROM consents ORDER BY body ->> '$.at'")
            return [json.loads(body) for (body,) in rows]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A business with everything, in four languages."""
    site = Site("oakwood.toml", tmp_path_factory.mktemp("oakwood"))
    yield site
    site.program.stop()


@pytest.fixture(scope="session")
def smallest(tmp_path_factory):
    """A business that wrote no more than it must."""
    site = Site("smallest.toml", tmp_path_factory.mktemp("smallest"))
    yield site
    site.program.stop()


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
