use business::{Business, Language};
use conversations::Lifetimes;
use site::{Pages, PublicPage};

use crate::{between, oakwood, visitor};

#[tokio::test]
async fn the_address_decides_and_the_browser_is_a_hint() {
    let site = oakwood();
    for (path, accepted, language) in [
        ("/", "", "en"),
        ("/?lang=es", "", "es"),
        ("/?lang=ES-mx", "", "es"),
        ("/?lang=es", "en", "es"),
        ("/", "es-MX,es;q=0.9,en;q=0.8", "es"),
        ("/", "fr,ar;q=0.9,es;q=0.5", "es"),
        ("/", "en;q=0.4, es;q=0.6", "es"),
        ("/", "es;q=0, de", "en"),
        ("/", "*", "en"),
        ("/", "es;q=x", "en"),
        ("/?lang=fr", "es", "es"),
        ("/?lang=fr", "", "en"),
        ("/?lang=%FF&lang", "", "en"),
        ("/?x=1&lang=es#y", "", "es"),
    ] {
        let headers = format!("accept-language: {accepted}");
        let page = site.call(&format!("GET {path}"), &headers).await.body;
        assert_eq!(between(&page, "<html lang=\"", "\""), language, "{path} {accepted}");
    }
}

#[test]
fn every_page_says_its_language_and_where_the_others_are() {
    let pages =
        Pages::of(Business::sample(), "https://text.handy-home.test", &Lifetimes::default());
    for page in PublicPage::ALL {
        for language in Language::ALL {
            let html = pages.html(page, language);
            let (code, direction) = (language.code(), language.direction());
            assert!(html.contains(&format!("<html lang=\"{code}\" dir=\"{direction}\">")));
            let address = format!("https://text.handy-home.test{}", page.path());
            assert!(html.contains(&format!("<link rel=\"canonical\" href=\"{address}\">")));
            for other in Language::ALL.map(Language::code) {
                let link = format!("hreflang=\"{other}\" href=\"{address}?lang={other}\"");
                assert!(html.contains(&link), "{} {code} {other}", page.path());
            }
        }
    }
}

#[test]
fn keywords_are_the_same_in_every_language() {
    let pages =
        Pages::of(Business::sample(), "https://text.handy-home.test", &Lifetimes::default());
    for language in Language::ALL {
        for page in [PublicPage::Home, PublicPage::Terms, PublicPage::OptIn] {
            let html = pages.html(page, language);
            for word in ["STOP", "HELP", "HOME"] {
                let bold = format!("<b translate=\"no\">{word}</b>");
                assert!(html.contains(&bold), "{} {} {word}", page.path(), language.code());
            }
        }
        let consent = pages.consent(language);
        assert!(consent.contains("STOP") && consent.contains("Handy Home"), "{consent}");
        assert!(!consent.contains(['<', '{', '&']), "{consent}");
    }
}

#[tokio::test]
async fn a_business_of_one_language_has_plain_addresses() {
    let one = crate::OAKWOOD.replace("languages = [\"en\", \"es\"]", "");
    let one = one.split("[es]").next().unwrap();
    let site = visitor(Business::parse("one.toml", one).unwrap(), crate::PUBLIC_URL);
    let page = site.page("/?lang=es").await;
    assert_eq!(between(&page, "<html lang=\"", "\""), "en");
    assert!(!page.contains("lang=en") && !page.contains("hreflang"));
    assert!(page.contains("<a href=\"privacy\">"));
}
