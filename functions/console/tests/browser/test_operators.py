"""Signing in to the console, as an operator does."""

import browser
import pytest
from browser import findings, ring, screenshot

PASSWORD = "nine red herons"


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """A console with two operators."""
    if not (browser.TARGET / "debug" / "textback").exists():
        browser.missing("the program is not built: cargo build -p textback")
    users = ",".join(browser.console_user(name, PASSWORD) for name in ["ann", "ben"])
    program = browser.start(tmp_path_factory.mktemp("desk"), CONSOLE_USERS=users)
    yield program
    program.stop()


def sign_in(page, name, password=PASSWORD):
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.click("text=Sign in >> nth=-1")


def test_signing_in_needs_no_script(desk, visit):
    page = visit(f"{desk.console}/icon.svg?a=1&b=2", script=False)
    assert page.title() == "Sign in · Handy Home · textback console"
    sign_in(page, "ann", "nine red heron")
    assert page.get_by_role("alert").inner_text() == "There is nobody with this name and this password."
    assert page.title().startswith("Error: ")
    assert page.input_value("[name=name]") == "ann"
    assert page.input_value("[name=password]") == ""
    sign_in(page, "ann")
    # Where they wanted to go, now that they are let in.
    assert page.url == f"{desk.console}/icon.svg?a=1&b=2"


def test_two_operators_work_and_one_signs_out(desk, visit):
    pages = {name: visit(desk.console, "desktop", script=True) for name in ["ann", "ben"]}
    for name, page in pages.items():
        sign_in(page, name)
        page.locator(".account").get_by_text(name, exact=True).wait_for()
    page = pages["ann"]
    page.fill(".phone textarea", "My tap drips")
    page.press(".phone textarea", "Enter")
    page.locator(".phone .row[data-who=agent] button.bubble").first.wait_for()
    page.click("nav >> text=Inbox")
    page.click(".rows a")
    page.click("text=Block this number")
    page.click("text=Unblock")
    page.locator("text=Block this number").wait_for()
    page.click("text=Sign out")
    page.wait_for_selector("[name=password]")
    pages["ben"].reload()
    pages["ben"].locator(".account").get_by_text("ben", exact=True).wait_for()


def test_a_second_operator_is_warned_before_they_talk_over_the_first(desk, visit):
    pages = {name: visit(desk.console, "desktop", script=True) for name in ["ann", "ben"]}
    for name, page in pages.items():
        sign_in(page, name)
    ann, ben = pages.values()
    ann.fill(".phone textarea", "My door sticks")
    ann.press(".phone textarea", "Enter")
    ann.locator(".phone .row[data-who=agent] button.bubble").last.wait_for()
    for page in [ann, ben]:
        page.click("nav >> text=Inbox")
        page.click(".rows a >> nth=0")
        page.wait_for_url("**/console/inbox/**")
    # Ben's page is from before.
    ben.route("**/console/**", lambda route: route.abort() if route.request.method == "GET" else route.continue_())
    ann.click("text=Take over")
    ann.wait_for_selector("text=/With .?ann.? since/")
    ben.unroute("**/console/**")
    ben.fill("#words", "I come at ten")
    ben.click("text=Send >> nth=-1")
    ben.wait_for_selector("text=/ann.? has this conversation. Nothing was sent./")
    assert ben.input_value("#words") == "I come at ten"
    assert ann.locator(".bubble:has-text('I come at ten')").count() == 0
    ben.click("text=Send >> nth=-1")
    ann.wait_for_selector(".bubble:has-text('I come at ten')", timeout=15_000)
    ann.wait_for_selector("text=/With .?ben.? since/")


def test_a_session_that_has_ended_leads_back_to_the_page(desk, visit):
    page = visit(desk.console, "desktop", script=True)
    sign_in(page, "ann")
    page.wait_for_selector("article.phone")
    page.context.clear_cookies()
    page.wait_for_selector("[name=password]")


def test_a_link_in_a_mail_leads_somebody_who_has_signed_in_straight_to_the_page(desk, visit):
    page = visit(desk.console, "desktop", script=True)
    sign_in(page, "ann")
    page.wait_for_selector("article.phone")
    page.goto(f"data:text/html,<a href='{desk.console}'>Look</a>")
    page.click("text=Look")
    page.wait_for_selector("article.phone")


def test_the_keyboard_alone_suffices(desk, visit):
    page = visit(desk.console, script=False)
    assert page.evaluate("document.activeElement.name") == "name"
    page.keyboard.type("ann")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "password"
    assert ring(page) >= 2, "no visible focus"
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(desk.console)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, "phone", "desktop"])
def test_axe_finds_nothing_and_nothing_runs_over_the_side(desk, visit, width, scheme):
    page = visit(desk.console, width, script=True, color_scheme=scheme)
    for problem in [False, True]:
        if problem:
            sign_in(page, "ann", "wrong")
            page.get_by_role("alert").wait_for()
        screenshot(page, f"console-sign-in-{width}-{scheme}-{problem}")
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]
