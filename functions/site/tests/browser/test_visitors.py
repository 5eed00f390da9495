"""What a visitor meets: who it is, how to text, and a form that says what it does."""

import pytest
from browser import WIDTHS, screenshot
from conftest import LANGUAGES, PAGES, sign_up

# What is left of 844 px on a phone whose browser shows its bars.
FIRST_SCREEN = 664


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_opt_in_stands_on_the_first_screen_of_a_phone(site, visit, language):
    page = visit(f"{site.url}/?lang={language}")
    box = page.locator(".call").bounding_box()
    assert box["y"] + box["height"] <= FIRST_SCREEN
    link = page.locator(".call .button")
    assert link.get_attribute("href") == "sms:+12025550100?&body=OAKWOOD"
    for word in ["OAKWOOD", "(202) 555-0100", "STOP", "HELP"]:
        assert word in page.locator(".call").inner_text()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_one_request_and_leaves_nothing_behind(site, visit, path, width):
    page = visit(f"{site.url}{path}", width, script=True)
    assert [url for url in page.asked if not url.startswith("data:")] == [f"{site.url}{path}"]
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length + document.scripts.length") == 0


def test_all_pages_can_be_reached_from_each_other(site, visit):
    page = visit(f"{site.url}/?lang=es")
    for name in ["Política de privacidad", "Términos del servicio", "Suscribirse a los mensajes"]:
        page.click(f"footer >> text={name}")
        assert page.locator("h1").inner_text() == name
        assert page.locator("html").get_attribute("lang") == "es"
    page.click("nav >> text=Français")
    assert page.locator("h1").inner_text() == "S'inscrire aux SMS"
    page.click("header >> text=Oakwood")
    assert page.url == f"{site.url}/?lang=fr"


def test_consent_is_recorded_in_the_words_that_were_shown(site, visit):
    page = visit(f"{site.url}/?lang=es")
    words = page.locator("label[for=consent]").inner_text()
    version = page.locator("input[name=page]").get_attribute("value")
    assert not page.locator("#consent").is_checked()
    sign_up(page, "(202) 555-0144")
    assert page.locator("h1").inner_text() == "Falta un paso"
    assert page.locator(".button").get_attribute("href") == "sms:+12025550100?&body=OAKWOOD"
    consent = site.consents()[-1]
    told = {name: consent[name] for name in ["theirs", "language", "page", "words"]}
    assert told == {
        "theirs": "+12025550144",
        "language": "es",
        "page": version,
        "words": " ".join(words.split()),
    }


def test_a_number_that_is_none_is_kept_and_explained_beside_the_field(site, visit):
    before = site.consents()
    page = visit(f"{site.url}/?lang=en")
    sign_up(page, "555-01 <b>")
    field = page.locator("#number")
    assert field.input_value() == "555-01 <b>"
    assert field.evaluate("field => field === document.activeElement")
    explained = field.get_attribute("aria-describedby").split()
    assert "area code" in page.locator(f"#{explained[-1]}").inner_text()
    assert page.locator("#consent").is_checked()
    page.fill("#number", "202-555-0145")
    page.click("form button")
    page.wait_for_selector("text=Your consent is recorded.")
    assert len(site.consents()) == len(before) + 1


def test_without_a_tick_nothing_is_recorded(site, visit):
    before = site.consents()
    page = visit(f"{site.url}/?lang=en")
    sign_up(page, "202-555-0146", tick=False)
    assert page.locator("#consent-problem").is_visible()
    assert page.locator("#number").input_value() == "202-555-0146"
    assert not page.locator("#consent").is_checked()
    assert site.consents() == before


@pytest.mark.parametrize("width", WIDTHS)
def test_the_smallest_business_has_whole_pages(smallest, visit, width):
    page = visit(smallest.url, width)
    screenshot(page, f"smallest-{width}")
    assert page.locator("h1").inner_text() == "Ann Lee Piano Lessons"
    assert page.locator(".languages").count() == 0
    assert page.locator(".talk li").count() == 4
    page.click("footer >> text=Privacy policy")
    assert page.url == f"{smallest.url}/privacy"
