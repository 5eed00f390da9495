"""Everybody can use the pages: whatever they read with, and however they type."""

import pytest
from browser import WIDTHS, findings, focused, ring, screenshot
from conftest import LANGUAGES, PAGES, STATES, show

EVERYTHING = [
    pytest.param(path, state, language, id=f"{state or path.strip('/') or 'home'}-{language}")
    for language in LANGUAGES
    for path, state in [(path, None) for path in PAGES] + [("/opt-in", state) for state in STATES]
]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path,state,language", EVERYTHING)
def test_axe_finds_nothing(site, visit, path, state, language, width):
    url = f"{site.url}{path}?lang={language}"
    page = visit(url, width, script=True, color_scheme="light", reduced_motion="reduce")
    show(page, state)
    name = f"{state or path.strip('/') or 'home'}-{language}-{width}"
    screenshot(page, f"{name}-light")
    assert findings(page) == []
    page.emulate_media(color_scheme="dark")
    screenshot(page, f"{name}-dark")
    assert findings(page, runOnly=["color-contrast"]) == []


@pytest.mark.parametrize("width", [320, "desktop"])
@pytest.mark.parametrize("path,state,language", EVERYTHING)
def test_nothing_runs_over_the_side(site, visit, path, state, language, width):
    page = visit(f"{site.url}{path}?lang={language}", width)
    show(page, state)
    wide = """width => [...document.body.querySelectorAll('*')]
        .filter(element => getComputedStyle(element).position !== 'absolute')
        .map(element => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
        .filter(([_, box]) => box.right > width + 0.5 || box.left < -0.5)
        .map(([html]) => html)"""
    size = page.viewport_size["width"]
    assert page.evaluate(wide, size) == []
    assert page.evaluate("document.documentElement.scrollWidth") == size


def test_the_form_can_be_used_with_the_keyboard_alone(site, visit):
    page = visit(f"{site.url}/?lang=en", "desktop")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        assert ring(page) >= 2, f"no visible focus on {focused(page)}"
        if page.evaluate("document.activeElement.id") == "number":
            break
    page.keyboard.type("202 555 0147")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "consent"
    assert ring(page) >= 2
    page.keyboard.press("Space")
    while page.evaluate("document.activeElement.tagName") != "BUTTON":
        page.keyboard.press("Tab")
        assert ring(page) >= 2
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Your consent is recorded.")
    assert site.consents()[-1]["theirs"] == "+12025550147"


def test_a_language_that_is_read_from_the_right_is_laid_out_from_the_right(site, visit):
    page = visit(f"{site.url}/?lang=ar", "desktop")
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    left = lambda selector: page.locator(selector).first.bounding_box()["x"]
    assert left(".pitch") > left(".stage")
    assert left(".brand") > left(".languages")
    assert left(".mine") < left(".theirs")
    # A telephone number is read from the left everywhere.
    order = """() => [...document.querySelectorAll('bdi[dir=ltr]')].every(number => {
        const text = number.firstChild, end = text.length
        const at = index => {
            const range = document.createRange()
            range.setStart(text, index); range.setEnd(text, index + 1)
            return range.getBoundingClientRect().left
        }
        return at(0) < at(end - 1)
    })"""
    assert page.evaluate(order)


def test_dark_mode_is_dark(site, visit):
    background = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    light = visit(site.url, color_scheme="light").evaluate(background)
    dark = visit(site.url, color_scheme="dark").evaluate(background)
    assert min(light) > 200 and max(dark) < 60


def test_on_paper_there_is_what_one_can_read_and_nothing_to_press(site, visit):
    page = visit(f"{site.url}/terms?lang=en")
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible() and not page.locator(".languages").is_visible()
