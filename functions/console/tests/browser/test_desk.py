"""What people do at the desk, from a phone and from the keyboard, with script and without."""

import json
from pathlib import Path

import browser
import pytest
from browser import findings, ring, screenshot, visit  # noqa: F401

PAGES = {
    "inbox": "/console/inbox",
    "search": "/console/inbox?q=waterfall",
    "people": "/console/people",
    "attention": "/console/attention",
    "figures": "/console/figures",
    "weeks": "/console/figures?by=week&from=2026-01-01",
    "audit": "/console/audit",
    "limits": "/console/limits",
    "wrong": "/console/inbox/zzz",
}
# A name stands apart from the direction of the text around it.
HELD = "text=/With .?owner.? since/"
LANGUAGES = ["en", "es", "fr", "de", "pt", "ar"]


def rows(page):
    return page.locator(".rows a strong").all_inner_texts()


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("typed", ["0171", "+1 202 555 0171", "zoe", "ZOË MILLER", "oak road", "waterfall"])
def test_a_person_is_found(open_desk, typed, script):
    page = open_desk("/console/inbox", script=script)
    page.fill("[name=q]", typed)
    page.press("[name=q]", "Enter")
    page.wait_for_url("**q=**")
    assert rows(page) == ["Zoë Miller"]
    page.click(".rows a")
    page.wait_for_url("**/console/inbox/**")
    assert page.locator("#who").inner_text() == "Zoë Miller"
    assert "The waterfall in my kitchen" in page.locator(".thread-pane").inner_text()
    page.click("text=Show all again")
    page.wait_for_url("**/console/inbox")
    assert len(rows(page)) > 3
    assert page.errors == []


@pytest.mark.parametrize("script", [True, False])
def test_on_a_phone_a_row_opens_its_thread_and_back_leads_back(open_desk, script):
    page = open_desk("/console/inbox?view=handed_over", width=360, script=script)
    assert page.locator(".thread-pane").count() == 0
    page.click(".rows a")
    page.wait_for_url("**/console/inbox/**")
    assert page.locator("text=I want to talk to a person").first.is_visible()
    assert not page.locator(".rows").is_visible()
    page.click(".to-brief")
    assert page.locator("#brief-title").is_visible()
    assert not page.locator(".bubble").first.is_visible()
    page.click("#brief .back")
    assert page.locator(".bubble").first.is_visible()
    page.click(".thread-pane .back")
    page.wait_for_url("**view=handed_over**")
    assert page.locator(".rows").is_visible()
    assert page.errors == []


@pytest.mark.parametrize("script", [True, False])
def test_a_person_is_answered_by_hand_and_given_back(open_desk, script):
    page = open_desk("/console/inbox?q=0174", script=script)
    page.click(".rows a")
    words = f"We come at nine, {'with' if script else 'without'} script"
    page.fill("#words", words)
    if script:
        assert page.locator("[data-counter]").inner_text() == "Segments: 1 · left: 132"
    page.click("text=Send >> nth=-1")
    sees(page, f".bubble:has-text('{words}')", script)
    assert page.input_value("#words") == ""
    sees(page, HELD, script)
    page.click("text=Give it back to the agent")
    gone(page, HELD, script)
    assert page.errors == []


def test_what_was_collected_is_corrected_with_a_note_who_did(open_desk):
    page = open_desk("/console/inbox?q=0171")
    page.click(".rows a")
    page.click("#brief summary:has-text('Correct') >> nth=0")
    page.fill("#brief .correct[open] [name=value]", "a dripping tap")
    page.click("#brief .correct[open] button")
    page.wait_for_selector("#brief td:has-text('a dripping tap')")
    page.wait_for_selector(".thread-pane :text('task: a dripping tap')")
    page.click("#brief summary:has-text('Correct') >> nth=2")
    page.fill("#brief .correct[open] [name=value]", "soon")
    page.click("#brief .correct[open] button")
    page.wait_for_selector("text=write it as YYYY-MM-DD")
    assert page.errors == []


def sees(page, selector, script):
    """Waits until a page shows something: one without script has to be loaded anew."""
    until(page, script, lambda: page.locator(selector).first.is_visible())


def gone(page, selector, script):
    until(page, script, lambda: page.locator(selector).count() == 0)


def until(page, script, happened):
    for _ in range(100):
        if happened():
            return
        page.wait_for_timeout(150)
        if not script:
            page.reload()
    raise AssertionError(page.locator("main").inner_text())


@pytest.mark.parametrize("script", [True, False])
def test_a_number_is_blocked_and_unblocked(open_desk, script):
    page = open_desk("/console/inbox?q=0173", script=script)
    page.click(".rows a")
    page.click("text=Block this number")
    page.wait_for_selector("text=Blocked: their texts are counted, not answered.")
    page.click("text=Unblock")
    page.wait_for_selector("text=Block this number")
    assert page.locator("text=Blocked:").count() == 0
    assert page.errors == []


@pytest.mark.parametrize("script", [True, False])
def test_a_conversation_is_saved_as_a_test_without_its_number(open_desk, script):
    page = open_desk("/console/inbox?q=0171", script=script)
    page.click(".rows a")
    page.wait_for_url("**/console/inbox/**")
    with page.expect_download() as download:
        page.click("text=Save as a test")
    saved = json.loads(Path(download.value.path()).read_text())
    assert saved["person"] == "+12025550100"
    assert "0171" not in json.dumps(saved)
    assert "The waterfall in my kitchen" in json.dumps(saved)
    assert page.errors == []


def test_what_a_stranger_types_is_shown_as_text(open_desk):
    page = open_desk("/console/inbox?q=0173")
    page.click(".rows a")
    page.wait_for_url("**/console/inbox/**")
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)> <b>bold</b>"
    assert hostile in page.locator(".bubble").all_inner_texts()
    assert page.locator(".panes img, .panes script").count() == 0
    assert page.errors == []


def test_a_text_that_is_read_from_the_right_is_shown_from_the_right(open_desk):
    page = open_desk("/console/inbox?q=0174")
    page.click(".rows a")
    page.wait_for_url("**/console/inbox/**")
    said = page.locator(".line[data-who=person] .bubble").first
    assert said.evaluate("said => getComputedStyle(said).direction") == "rtl"
    assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"


def test_the_latest_is_in_sight_from_the_start(open_desk):
    page = open_desk("/console/inbox?q=0171", script=False)
    page.click(".rows a")
    page.wait_for_url("**/console/inbox/**")
    last = page.locator(".line").last.bounding_box()
    pane = page.locator(".thread-pane .scroll").bounding_box()
    assert pane["y"] <= last["y"] and last["y"] + last["height"] <= pane["y"] + pane["height"]


def test_a_new_text_appears_by_itself_and_what_is_typed_stays(open_desk, console):
    page = open_desk("/console/inbox")
    page.fill("[name=q]", "half a que")
    page.focus("[name=q]")
    phones = console()
    phones.evaluate("localStorage.setItem('phones', JSON.stringify(['+12025550175']))")
    phones.reload()
    phones.fill(".phone textarea", "Is anybody there?")
    phones.press(".phone textarea", "Enter")
    page.wait_for_selector(".rows a:has-text('(202) 555-0175')", timeout=15_000)
    assert page.input_value("[name=q]") == "half a que"
    assert page.evaluate("document.activeElement.name") == "q"
    assert page.errors == []


def test_the_page_says_so_when_the_server_does_not_answer(tmp_path, visit):
    program = browser.start(tmp_path)
    page = visit(program.console, "desktop", script=True)
    page.goto(f"{program.url}/console/inbox")
    assert not page.locator("#stale").is_visible()
    program.stop()
    page.locator("#stale").get_by_text("This is what was known at").wait_for(timeout=20_000)


def test_keys_move_through_the_list(open_desk):
    page = open_desk("/console/inbox")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.matches('.rows li:nth-child(2) a')")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.matches('.rows li:nth-child(1) a')")
    page.keyboard.press("/")
    page.keyboard.type("jk")
    assert page.input_value("[name=q]") == "jk"
    assert page.errors == []


def test_the_keyboard_alone_suffices(open_desk):
    page = open_desk("/console/inbox?view=handed_over", script=False)
    for _ in range(40):
        page.keyboard.press("Tab")
        assert ring(page) >= 2, "no visible focus"
        if page.evaluate("document.activeElement.matches('.rows a')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/inbox/**")
    for _ in range(60):
        page.keyboard.press("Tab")
        assert ring(page) >= 2, "no visible focus"
        if page.evaluate("document.activeElement.textContent.includes('Block this number')"):
            return
    raise AssertionError("the button is not reached")


def test_a_language_is_chosen_and_kept(open_desk):
    page = open_desk("/console/limits", script=False, locale="en")
    page.click("footer >> text=العربية")
    assert page.get_attribute("html", "dir") == "rtl"
    page.click("nav >> text=الأشخاص")
    assert page.locator("h1").inner_text() == "الأشخاص"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [360, "phone", 900, "desktop"])
def test_axe_finds_nothing_and_nothing_runs_over_the_side(open_desk, width, language):
    scheme = "dark" if width in [360, "desktop"] else "light"
    page = open_desk("/console/inbox?q=0171", width, locale=language, color_scheme=scheme)
    thread = page.locator(".rows a").get_attribute("href")
    for name, path in (PAGES | {"thread": thread}).items():
        page.goto(f"{page.url.split('/console')[0]}{path}")
        # All of it in sight: axe cannot judge what is scrolled away.
        page.set_viewport_size({"width": page.viewport_size["width"], "height": 2600})
        if name == "thread":
            for details in page.locator("details").all():
                details.evaluate("details => { details.open = true; }")
        screenshot(page, f"desk-{name}-{width}-{language}-{scheme}")
        assert findings(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"], name
    assert page.errors == []
