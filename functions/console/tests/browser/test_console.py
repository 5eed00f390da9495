"""What an owner does with the console, and sees there."""

import pytest
from browser import WIDTHS, findings, ring, screenshot

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


def test_a_text_gets_a_reply_and_its_trace(console):
    page = console()
    give_phone(page, 51)
    text(page, "Hi, my kitchen tap drips")
    assert page.locator(MINE).all_inner_texts() == ["Hi, my kitchen tap drips"]
    trace = page.get_by_role("region", name="Trace")
    trace.locator("li[data-kind=model]").first.wait_for()
    trace.get_by_text("until sent").wait_for()
    # What the agent wrote down from it.
    page.get_by_role("region", name="Brief").get_by_text("my kitchen tap drips").wait_for()
    # The phone confirms what it got.
    page.get_by_text("delivered").first.wait_for()
    assert page.errors == []


def open_conversation(page, last):
    """Opens the conversation of a phone in the list."""
    page.click("nav >> text=Conversations")
    page.click(f"#conversations .list a:has-text('+1 202 555 01{last}')")
    page.locator("article.reading .row").first.wait_for()


def test_a_conversation_is_found_and_opened_in_the_list(console):
    page = console()
    give_phone(page, 52)
    text(page, "The boiler is cold")
    page.click("nav >> text=Conversations")
    page.click("#conversations .list a:has-text('+1 202 555 0152')")
    reading = page.locator("article.reading")
    reading.get_by_text("The boiler is cold", exact=True).wait_for()
    assert "+1 202 555 0152" in reading.locator("header").inner_text()
    assert reading.locator(".row").count() == 2
    page.go_back()
    reading.wait_for(state="hidden")
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
    page.click("nav >> text=Conversations")
    page.click("#conversations .list a:has-text('+1 202 555 0153')")
    page.locator("article.reading").get_by_text(hostile, exact=True).wait_for()
    assert page.locator("main b, main script, .thread img, #inspector img").count() == 0
    assert page.errors == []


def test_stop_is_heeded_and_start_takes_it_back(console):
    page = console()
    give_phone(page, 54)
    page.click(".phone .keywords >> text=STOP")
    page.locator(".phone .stopped").wait_for()
    page.click(".phone .keywords >> text=START")
    page.locator(".phone .stopped").wait_for(state="hidden")
    assert page.errors == []


def test_a_number_is_blocked_and_unblocked(console):
    page = console()
    give_phone(page, 58)
    text(page, "Buy my pills")
    open_conversation(page, 58)
    reading = page.locator("article.reading")
    reading.get_by_role("button", name="Block this number").click()
    reading.get_by_text("Blocked: their texts are counted, not answered. 0 texts so far.").wait_for()
    unblock = reading.get_by_role("button", name="Unblock")
    assert unblock.evaluate("button => button === document.activeElement"), "it keeps the focus"
    assert findings(page) == []
    page.click("nav >> text=Phone")
    page.locator(".phone .stopped").get_by_text("Blocked: what this phone texts is counted").wait_for()
    page.fill(".phone textarea", "Cheap pills")
    page.press(".phone textarea", "Enter")
    open_conversation(page, 58)
    reading.get_by_text("1 text so far.").wait_for()
    assert reading.locator(".row").count() == 2
    unblock.click()
    reading.get_by_text("Blocked:").wait_for(state="hidden")
    page.click("nav >> text=Phone")
    text(page, "My tap drips", answers=2)
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
    # A message is chosen, and another view is opened, without a pointer.
    tab_to(page, "document.activeElement.matches('.phone button.bubble')", key="Shift+Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    tab_to(page, "document.activeElement.hash === '#conversations'", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.locator("#conversations .list a:has-text('+1 202 555 0155')").wait_for()
    tab_to(page, "document.activeElement.textContent.includes('+1 202 555 0155')")
    page.keyboard.press("Enter")
    page.locator("article.reading").get_by_text("A door sticks", exact=True).wait_for()
    assert page.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(console, width, scheme):
    page = console(width, color_scheme=scheme)
    give_phone(page, 56)
    if page.locator(MINE).count() == 0:
        text(page, "Hi, my kitchen tap drips")
    page.get_by_role("region", name="Trace").locator("li[data-kind=sent]").first.wait_for()
    for view in ["phones", "conversations", "attention"]:
        page.click(f"nav a[href='#{view}']")
        page.locator(f"#{view} > *").first.wait_for()
        if view == "conversations":
            page.click("#conversations .list a:has-text('+1 202 555 0156')")
            page.locator("article.reading .row").first.wait_for()
        screenshot(page, f"console-{view}-{width}-{scheme}")
        assert findings(page) == [], view


@pytest.mark.parametrize("width", [320, "phone", "desktop"])
def test_nothing_runs_over_the_side(console, width):
    page = console(width)
    for view in ["phones", "conversations", "attention"]:
        page.click(f"nav a[href='#{view}']")
        page.locator(f"#{view} > *").first.wait_for()
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
