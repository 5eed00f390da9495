use std::fs;

use business::Business;
use sms::Number;

use crate::{Answer, OAKWOOD, PUBLIC_URL, Visitor, between, oakwood, visitor};

const OWN_PAGE: &str = "origin: https://text.oakwood.test\nsec-fetch-site: same-origin";

#[tokio::test]
async fn records_the_number_the_time_the_version_and_the_words() {
    let site = oakwood();
    let page = site.page("/opt-in?lang=es").await;
    let version = between(&page, "name=\"page\" value=\"", "\"");
    let headers = format!("{OWN_PAGE}\ncaller: 203.0.113.77");
    let answer = site.sign_up("/opt-in?lang=es", &headers, "(202)+555-0143", true).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.body.contains("sms:+12025550100?&#38;body=OAKWOOD"), "{}", answer.body);

    let consents = site.store.consents_of(&Number::parse("+12025550143").unwrap()).await.unwrap();
    let [consent] = &consents[..] else { panic!("{consents:?}") };
    assert_eq!((consent.page.as_str(), consent.language.as_str()), (version, "es"));
    assert_eq!(consent.network, "203.0.113.0/24");
    assert_eq!(
        consent.words,
        "Acepto recibir mensajes de texto de Oakwood \"Heating\" sobre su reparación en el número \
         indicado arriba. Frecuencia de los mensajes: una respuesta por cada mensaje que usted \
         envíe. Pueden aplicarse tarifas de mensajes y datos. Responda STOP para cancelar o HELP \
         para obtener ayuda. El consentimiento no es condición para ninguna compra. Vea: \
         Política de privacidad y Términos del servicio."
    );
}

#[tokio::test]
async fn reads_a_number_as_it_is_dialled_where_the_business_is() {
    let hungarian = OAKWOOD.replace("+120255501", "+362023450");
    let site = visitor(Business::parse("oakwood.toml", &hungarian).unwrap(), PUBLIC_URL);
    assert_eq!(site.sign_up("/opt-in", "", "06 20 123 4567", true).await.status, 200);
    let number = Number::parse("+36201234567").unwrap();
    assert_eq!(site.store.consents_of(&number).await.unwrap().len(), 1);
}

#[tokio::test]
async fn records_nothing_without_an_agreement() {
    let site = oakwood();
    for (number, ticked, problems) in [
        ("2025550143", false, &["consent-problem"][..]),
        ("", true, &["number-problem"]),
        ("555-0143", true, &["number-problem"]),
        ("nobody", false, &["number-problem", "consent-problem"]),
        ("&lt;", true, &["number-problem"]),
    ] {
        let answer = site.sign_up("/opt-in", "", number, ticked).await;
        assert_eq!(answer.status, 422, "{number}");
        for problem in ["number-problem", "consent-problem"] {
            let told = answer.body.contains(&format!("id=\"{problem}\" role=\"alert\""));
            assert_eq!(told, problems.contains(&problem), "{number} {problem}");
            let described = answer.body.contains(&format!("{problem}\""));
            assert_eq!(described, told, "{number} {problem}");
        }
        assert_eq!(answer.body.contains(" checked"), ticked, "{number}");
        assert!(answer.body.contains("Nothing is recorded yet."));
    }
    assert_eq!(site.consents().await, 0);
}

#[tokio::test]
async fn records_only_the_network_of_an_address() {
    for (caller, network) in [
        ("192.0.2.255", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("127.0.0.1", "127.0.0.0/24"),
    ] {
        let site = oakwood();
        site.sign_up("/opt-in", &format!("caller: {caller}"), "2025550143", true).await;
        let number = Number::parse("+12025550143").unwrap();
        assert_eq!(site.store.consents_of(&number).await.unwrap()[0].network, network);
    }
}

#[tokio::test]
async fn signs_up_none_of_our_numbers() {
    let site = oakwood();
    // The business's, and a provider's.
    for ours in ["(202) 555-0100", "%2B12025550109"] {
        let answer = site.sign_up("/opt-in", "", ours, true).await;
        assert_eq!(answer.status, 422, "{ours}");
        assert!(answer.body.contains("This is not your phone number"), "{ours}");
    }
}

/// Somebody who enters other people's numbers, one after the other.
#[tokio::test]
async fn limits_one_address_and_keeps_nobody_else_out() {
    let site = oakwood();
    let give = async |caller: &str, number: u32| {
        let caller = format!("caller: {caller}");
        site.sign_up("/opt-in", &caller, &format!("202555{number}"), true).await
    };
    for number in 1_000..1_020 {
        assert_eq!(give("2001:db8:1:2::7", number).await.status, 200);
    }
    // In IPv6, everybody has more addresses than there are telephone numbers.
    let answer = give("2001:db8:1:2::8", 1_020).await;
    assert_eq!((answer.status, answer.header("cache-control")), (429, "no-store"));
    assert!(answer.body.contains("Too many people"), "{}", answer.body);
    assert_eq!(give("2001:db8:1:3::7", 1_021).await.status, 200);
    // Behind an unnamed proxy, everybody comes from its address.
    for number in 1_022..1_044 {
        assert_eq!(give("10.0.0.1", number).await.status, 200);
    }
}

#[tokio::test]
async fn keeps_the_input_and_runs_none_of_it() {
    let site = oakwood();
    for (typed, shown) in [
        ("\"><script>alert(1)</script>", "script"),
        ("' onfocus=alert(1) autofocus x='", "onfocus"),
        ("{{7*7}} ${7*7}", "7*7"),
        ("\r\nSet-Cookie: a=b", "Set-Cookie"),
        ("\u{ff1c}script\u{ff1e}\u{202e}", "script"),
        ("+12025550143;ext=1", ";ext=1"),
        ("2025550144 2025550145", "2025550144"),
        ("911", "911"),
        ("+", "+"),
        (&*"2".repeat(60), "2222"),
    ] {
        let typed: String = url::form_urlencoded::byte_serialize(typed.as_bytes()).collect();
        let answer = site.sign_up("/opt-in", "", &typed, true).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (422, ""), "{typed}");
        let field = between(&answer.body, "maxlength=\"40\" value=\"", "\"");
        assert!(!field.contains(['<', '>', '\'', '\r', '\n']) && field.contains(shown), "{field}");
        assert!(!answer.body.contains("<script"));
    }
    for language in ["%3Cscript%3E", "en%22%3E%3Cscript%3E", "../..", "xx"] {
        let path = format!("/opt-in?lang={language}");
        assert!(!site.sign_up(&path, "", "", true).await.body.contains("<script"), "{language}");
    }
    assert_eq!(site.consents().await, 0);
}

#[tokio::test]
async fn has_a_language_whatever_a_browser_asks_for() {
    let site = oakwood();
    for wanted in ["a,".repeat(5_000), "en;q=nan".into(), format!("en;q={}", "9".repeat(400))] {
        let headers = format!("accept-language: {wanted}");
        assert_eq!(site.sign_up("/opt-in", &headers, "2025550143", true).await.status, 200);
    }
}

#[tokio::test]
async fn asks_again_when_the_words_have_changed_since() {
    let site = oakwood();
    let body = "number=2025550143&consent=yes&page=0123456789abcdef";
    let answer = site.send("POST /opt-in", "", body).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("have changed since") && !answer.body.contains(" checked"));
    // Consent to the words of one language is not consent to those of another.
    let spanish = site.page("/opt-in?lang=es").await;
    let version = between(&spanish, "name=\"page\" value=\"", "\"");
    let body = format!("number=2025550143&consent=yes&page={version}");
    assert_eq!(site.send("POST /opt-in?lang=en", "", &body).await.status, 422);
    assert_eq!(site.consents().await, 0);
}

#[tokio::test]
async fn takes_the_form_only_from_its_own_page() {
    let site = oakwood();
    for (headers, status) in [
        ("", 200),
        ("origin: https://text.oakwood.test", 200),
        ("host: other.oakwood.test\norigin: https://other.oakwood.test", 200),
        ("sec-fetch-site: none", 200),
        ("sec-fetch-site: cross-site", 403),
        ("sec-fetch-site: same-site", 403),
        ("origin: https://elsewhere.test", 403),
        ("origin: https://text.oakwood.test:8443", 403),
        ("origin: null", 403),
        ("origin: https://text.oakwood.test\nsec-fetch-site: cross-site", 403),
        ("origin: https://text.oakwood.test\norigin: https://elsewhere.test", 403),
        ("sec-fetch-site: same-origin\nsec-fetch-site: cross-site", 403),
    ] {
        let answer = site.sign_up("/opt-in", headers, "2025550143", true).await;
        assert_eq!(answer.status, status, "{headers}");
        assert_eq!(answer.body.contains("from another site"), status == 403, "{headers}");
    }
    // A repeat on the same day counts as one.
    assert_eq!(site.consents().await, 1);
}

#[tokio::test]
async fn takes_no_more_than_a_form_can_hold() {
    let long = format!("number={}", "2".repeat(5000));
    assert_eq!(oakwood().send("POST /opt-in", "", &long).await.status, 413);
}

#[tokio::test]
async fn says_so_when_nothing_could_be_recorded() {
    let site = oakwood();
    let folder = site.folder.path().join("data");
    for file in fs::read_dir(folder).unwrap() {
        fs::write(file.unwrap().path(), "no database").unwrap();
    }
    let answer = site.sign_up("/opt-in", OWN_PAGE, "(202) 555-0143", true).await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("We could not record your consent just now."));
    assert!(answer.body.contains("value=\"(202) 555-0143\"") && answer.body.contains(" checked"));
}

impl Visitor {
    /// Opens the form, fills it in and sends it.
    async fn sign_up(&self, path: &str, headers: &str, number: &str, ticked: bool) -> Answer {
        let page = self.page(path).await;
        let version = between(&page, "name=\"page\" value=\"", "\"");
        let number = number.replace('&', "%26");
        let tick = if ticked { "&consent=yes" } else { "" };
        let body = format!("page={version}&number={number}{tick}");
        self.send(&format!("POST {path}"), headers, &body).await
    }

    /// The number of consents of the number that tests agree with.
    async fn consents(&self) -> usize {
        let number = Number::parse("+12025550143").unwrap();
        self.store.consents_of(&number).await.unwrap().len()
    }
}
