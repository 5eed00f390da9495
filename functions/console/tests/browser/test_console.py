"""The phones that an owner tries the agent with."""

import pytest
from browser import WIDTHS, findings, ring, screenshot
from conftest import ANSWER, MINE, give_phone, text

def test_a_text_gets_a_reply_and_its_trace(console):
    page = console()
    give_phone(page, 51)
    text(page, "Hi, my kitchen tap drips")
    assert page.locator(MINE).all_inner_texts() == ["Hi, my kitchen tap drips"]
    trace = page.get_by_role("region", name="What happened").first
    trace.locator("li[data-kind=model]").first.wait_for()
    trace.get_by_text("until sent").wait_for()
    # What the agent wrote down from it.
    page.get_by_role("region", name="Brief").get_by_text("my kitchen tap drips").wait_for()
    # The phone confirms what it got.
    page.get_by_text("delivered").first.wait_for()
    assert page.errors == []


def test_a_text_that_is_read_from_the_right_is_shown_from_the_right(console):
    page = console()
    give_phone(page, 57)
    text(page, "الحنفية تسرب الماء")
    said = page.locator(f"{MINE} .said")
    assert said.evaluate("said => getComputedStyle(said).direction") == "rtl"
    # While it is typed as well, and nothing else is turned around.
    page.fill(".phone textarea", "متى يمكنكم الحضور؟")
    assert page.locator(".phone textarea").evaluate("box => getComputedStyle(box).direction") == "rtl"
    page.fill(".phone textarea", "When can you come?")
    assert page.locator(".phone textarea").evaluate("box => getComputedStyle(box).direction") == "ltr"
    assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"
    assert page.errors == []


def test_what_a_stranger_types_is_shown_as_text(console):
    page = console()
    give_phone(page, 53)
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)> <b>bold</b>"
    text(page, hostile)
    assert page.locator(MINE).all_inner_texts() == [hostile]
    assert page.locator(".phone b, main script, .thread img, #inspector img").count() == 0
    assert page.errors == []


def test_stop_is_heeded_and_start_takes_it_back(console):
    page = console()
    give_phone(page, 54)
    page.click(".phone .keywords >> text=STOP")
    page.locator(".phone .stopped").wait_for()
    page.click(".phone .keywords >> text=START")
    page.locator(".phone .stopped").wait_for(state="hidden")
    assert page.errors == []


@pytest.mark.parametrize("said,counted", [
    ("a" * 160, "1 segment · 0 left"),
    ("a" * 161, "2 segments · 145 left"),
    ("[" * 80, "1 segment · 0 left"),
    ("я" * 70, "1 segment · 0 left (Unicode)"),
    ("я" * 71, "2 segments · 63 left (Unicode)"),
    # A character of two units is never cut in two.
    ("a" + "😀" * 35, "2 segments · 63 left (Unicode)"),
])
def test_the_phone_counts_what_a_text_takes(console, said, counted):
    page = console()
    page.fill(".phone textarea", said)
    assert page.locator(".phone .counter").inner_text() == counted


def test_the_keyboard_alone_suffices(console):
    page = console()
    give_phone(page, 55)
    tab_to(page, "document.activeElement.matches('.phone textarea')")
    page.keyboard.type("Hello")
    page.keyboard.press("Enter")
    page.locator(ANSWER).wait_for()
    page.keyboard.type("A door sticks")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Send"
    page.keyboard.press("Enter")
    page.locator(ANSWER).nth(1).wait_for()
    # A message is chosen, and the inbox is opened, without a pointer.
    tab_to(page, "document.activeElement.matches('.phone button.bubble')", key="Shift+Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    tab_to(page, "document.activeElement.pathname === '/console/inbox'", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.locator(".rows a:has-text('(202) 555-0155')").wait_for()
    tab_to(page, "document.activeElement.matches('.rows a') && document.activeElement.textContent.includes('0155')")
    page.keyboard.press("Enter")
    page.locator(".bubble").get_by_text("A door sticks", exact=True).wait_for()
    assert page.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(console, width, scheme):
    page = console(width, color_scheme=scheme)
    give_phone(page, 56)
    if page.locator(MINE).count() == 0:
        text(page, "Hi, my kitchen tap drips")
    page.get_by_role("region", name="What happened").first.locator("li[data-kind=sent]").first.wait_for()
    screenshot(page, f"console-phones-{width}-{scheme}")
    assert findings(page) == []


@pytest.mark.parametrize("width", [320, "phone", "desktop"])
def test_nothing_runs_over_the_side(console, width):
    page = console(width)
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]


def tab_to(page, reached, key="Tab"):
    """Presses the key until this has the focus, which everything on the way shows."""
    for _ in range(60):
        page.keyboard.press(key)
        # Around a text that is typed, the mark is around all of its box.
        box = page.evaluate("document.activeElement.closest('.composer textarea') !== null")
        assert ring(page, ".composer" if box else None) >= 2, "no visible focus"
        if page.evaluate(reached):
            return
    raise AssertionError(f"not reached: {reached}")
