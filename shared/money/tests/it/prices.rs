use std::fs;
use std::sync::LazyLock;

use money::{Amount, Basis, ModelPrice, Prices, SegmentPrice};
use proptest::prelude::*;
use settings::Settings;

use crate::amount::amount;

/// Read once, which takes longer than a test.
static BUILT_IN: LazyLock<Prices> = LazyLock::new(Prices::built_in);

#[test]
fn a_listed_model_has_a_price_with_its_source() {
    let price = BUILT_IN.model("gpt-4o-mini", false);
    assert_eq!(amounts(&price), ["0.15", "0.075", "0.60"]);
    assert_eq!(
        price.basis.to_string(),
        "https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json, 2026-11-30"
    );
}

#[test]
fn a_date_at_the_end_makes_no_other_model_and_any_other_word_does() {
    let prices = &*BUILT_IN;
    let mini = prices.model("gpt-4o-mini", false);
    assert_eq!(prices.model("gpt-4o-mini-2024-07-18", false), mini);
    assert_eq!(
        prices.model("claude-haiku-4-5-20251001", false),
        prices.model("claude-haiku-4-5", false)
    );
    assert_ne!(prices.model("gpt-4o", false), mini);
    // It is listed with its date, and was dearer.
    assert_eq!(amounts(&prices.model("gpt-4o-2024-05-13", false)), ["5.00", "5.00", "15.00"]);
    for other in ["gpt-4o-mini-realtime", "gpt-4", "gpt-4-0613", "GPT-4o", "gpt", ""] {
        let price = prices.model(other, false);
        assert_eq!(price.basis.is_assumed(), other != "gpt-4", "{other}");
    }
}

#[test]
fn tokens_that_the_server_begins_to_remember_are_in_the_price_of_the_prompt() {
    let prices =
        of("[models]\nm = { input = 2, cache_write = 2.5, cached_input = 0.2, output = 9 }");
    assert_eq!(amounts(&prices.model("m", false)), ["2.50", "0.20", "9.00"]);
}

#[test]
fn a_request_costs_its_tokens_rounded_up_to_a_billionth() {
    let price = BUILT_IN.model("gpt-4o-mini", false);
    assert_eq!(price.cost(1_000_000, 0, 0), amount("0.15"));
    assert_eq!(price.cost(3_000, 2_048, 250), amount("0.0004464"));
    assert_eq!(price.cost(0, 0, 0), Amount::ZERO);
    let tiny = of("[models]\nm = { input = 0.0028, output = 0 }").model("m", false);
    assert_eq!(tiny.cost(1, 0, 7), amount("0.000000003"));
    assert_eq!(tiny.cost(5, 0, 7), amount("0.000000014"));
}

#[test]
fn a_server_that_counts_nonsense_makes_no_request_cheaper() {
    let price = BUILT_IN.model("gpt-4o-mini", false);
    assert_eq!(price.cost(100, 5_000, 0), price.cost(100, 100, 0));
    assert_eq!(price.cost(u64::MAX, 0, u64::MAX), amount("9223372036.854775807"));
}

#[test]
fn the_built_in_model_and_a_server_here_are_free_unless_the_owner_lists_them() {
    let free = BUILT_IN.model("gpt-4o", true);
    assert_eq!((free.cost(1_000_000, 0, 1_000_000), free.basis), (Amount::ZERO, Basis::Free));
    let gateway = of("[models]\nsmart = { input = 3, output = 4 }");
    assert_eq!(amounts(&gateway.model("smart", true)), ["3.00", "3.00", "4.00"]);
}

#[test]
fn an_unknown_model_costs_the_most_and_says_what_to_add() {
    let prices = &*BUILT_IN;
    let price = prices.model("acme/smart \"2\"", false);
    assert_eq!(amounts(&price), ["150.00", "150.00", "600.00"]);
    let Basis::Assumed { line } = &price.basis else { panic!("{:?}", price.basis) };
    assert_eq!(
        line,
        "[models.\"acme/smart \\\"2\\\"\"]\ninput = 150.00\ncached_input = 150.00\noutput = 600.00\n"
    );
    let listed = prices.clone().with("prices.toml", line).unwrap().model("acme/smart \"2\"", false);
    assert_eq!(amounts(&listed), amounts(&price));
    assert_eq!(listed.basis.to_string(), "prices.toml");
}

#[test]
fn a_segment_costs_the_providers_price_and_the_carriers_fee() {
    let prices = &*BUILT_IN;
    let price = prices.segment("twilio", "US");
    assert_eq!(text(&price), ["0.0083", "0.005"]);
    assert_eq!(price.cost(3), amount("0.0399"));
    assert_eq!(price.basis.to_string(), "https://www.twilio.com/en-us/sms/pricing/us, 2026-08-24");
    assert_eq!(text(&prices.segment("twilio", "de")), ["0.112", "0.00"]);
    assert_eq!(prices.mms("twilio", "US").cost(1), amount("0.032"));
}

#[test]
fn a_country_without_a_price_costs_the_most_and_says_what_to_add() {
    let prices = &*BUILT_IN;
    for (price, line) in [
        (prices.segment("vonage", "us"), "[segments.vonage.US]\nsegment = 0.75\n"),
        (prices.segment("twilio", "NG"), "[segments.twilio.NG]\nsegment = 0.75\n"),
        (prices.mms("twilio", "DE"), "[mms.twilio.DE]\nmessage = 0.75\n"),
    ] {
        assert_eq!(price.cost(1), amount("0.75"));
        assert_eq!(price.basis, Basis::Assumed { line: line.into() });
        assert!(prices.clone().with("prices.toml", line).is_ok());
    }
}

#[test]
fn what_is_assumed_can_be_added_to_any_file_as_it_is() {
    let prices = &*BUILT_IN;
    let mut file =
        "[models]\na = { input = 1, output = 2 }\n[segments.twilio]\nUS = { segment = 1 }\n"
            .to_owned();
    for basis in [
        prices.model("gpt-99", false).basis,
        prices.segment("twilio", "NG").basis,
        prices.segment("acme", "US").basis,
        prices.mms("aws", "US").basis,
    ] {
        let Basis::Assumed { line } = basis else { panic!("{basis}") };
        file += &line;
    }
    let prices = of(&file);
    assert!(!prices.model("gpt-99", false).basis.is_assumed());
    assert!(!prices.segment("twilio", "NG").basis.is_assumed());
    assert!(!prices.segment("acme", "US").basis.is_assumed());
    assert!(!prices.mms("aws", "US").basis.is_assumed());
}

#[test]
fn the_mock_is_free() {
    let price = BUILT_IN.segment("mock", "US");
    assert_eq!((price.cost(9), price.basis), (Amount::ZERO, Basis::Free));
}

#[test]
fn the_owners_row_replaces_the_built_in_one_and_leaves_the_others() {
    let prices = of(r#"
        [models]
        gpt-4o = { input = "2", output = 8, source = "our contract", date = 2026-10-01 }
        [segments.twilio]
        US = { segment = 0.0075 }
    "#);
    let price = prices.model("gpt-4o", false);
    assert_eq!(amounts(&price), ["2.00", "2.00", "8.00"]);
    assert_eq!(price.basis.to_string(), "our contract, 2026-10-01");
    assert_eq!(text(&prices.segment("twilio", "US")), ["0.0075", "0.00"]);
    assert_eq!(prices.segment("twilio", "US").basis.to_string(), "prices.toml");
    assert_eq!(text(&prices.segment("twilio", "DE")), ["0.112", "0.00"]);
    assert_eq!(amounts(&prices.model("gpt-4o-mini", false)), ["0.15", "0.075", "0.60"]);
}

#[test]
fn a_file_that_cannot_be_used_says_what_to_write_on_which_line() {
    let file = r#"price = 3
[models]
gpt-4o = { input = -1, output = "ten", outputs = 4 }
small = { input = 1e-3, date = "yesterday" }
flat = 3
[segments.Twilio]
us = { segment = 0.1, carrier_fee = nan, source = "" }
[mms.twilio]
US = { segment = 1 }
"#;
    let problems = BUILT_IN.clone().with("prices.toml", file).unwrap_err();
    let amount = "write an amount such as 0.10, with a point and without a currency";
    let expected = [
        "line 1 price is not known: write one of currency, per_usd, models, segments, mms".to_owned(),
        "line 3 models.gpt-4o.input is below zero: write what it costs".into(),
        format!("line 3 models.gpt-4o.output cannot be read: {amount}"),
        "line 3 models.gpt-4o.outputs is not known: write one of input, output, cached_input, \
         cache_write, source, date"
            .into(),
        "line 4 models.small has no output: add output = 0.15".into(),
        "line 4 models.small.date: write the date as 2026-11-30".into(),
        format!("line 4 models.small.input cannot be read: {amount}"),
        "line 5 models.flat has no input: add input = 0.15".into(),
        "line 5 models.flat has no output: add output = 0.15".into(),
        "line 5 models.flat: write it as a table: { … }".into(),
        "line 6 segments.Twilio.us: write the country in two letters, US".into(),
        "line 6 segments.Twilio: write the provider as in SMS_PROVIDERS, twilio".into(),
        format!("line 7 segments.Twilio.us.carrier_fee cannot be read: {amount}"),
        "line 7 segments.Twilio.us.source: write the address of the page, in quotes".into(),
        "line 9 mms.twilio.US has no message: add message = 0.15".into(),
        "line 9 mms.twilio.US.segment is not known: write one of message, carrier_fee, source, date"
            .into(),
    ];
    let expected = expected.map(|problem| format!("prices.toml: {problem}"));
    assert_eq!(problems.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_not_toml_is_refused() {
    let problem = BUILT_IN.clone().with("prices.toml", "[models]\nthree =\n").unwrap_err();
    assert!(problem.starts_with("prices.toml: line 2 is not TOML: "), "{problem}");
    let twice = "[models]\na = { input = 1, output = 1 }\na = { input = 2, output = 1 }\n";
    assert!(BUILT_IN.clone().with("prices.toml", twice).is_err());
}

#[test]
fn prices_in_another_currency_stand_alone() {
    let file = r#"
        currency = "EUR"
        per_usd = 0.9
        [models]
        gpt-4o = { input = 2.2, output = 9 }
    "#;
    let prices = of(file);
    assert_eq!(prices.currency().to_string(), "EUR");
    assert_eq!(amounts(&prices.model("gpt-4o", false)), ["2.20", "2.20", "9.00"]);
    // The built-in ones are dollars, and only the ceilings are converted.
    assert_eq!(amounts(&prices.model("gpt-4o-mini", false)), ["135.00", "135.00", "540.00"]);
    assert!(prices.segment("twilio", "US").basis.is_assumed());
    assert_eq!(prices.segment("twilio", "US").cost(1), amount("0.675"));
    for (file, problem) in [
        (
            "currency = \"EUR\"",
            "line 1 per_usd is missing: add what a US dollar costs in that currency at most, such as \
             per_usd = 1.10, by which the ceilings for what is not listed are converted",
        ),
        (
            "per_usd = 0.9",
            "line 1 per_usd is for prices in another currency: leave it out, or name the currency",
        ),
        (
            "currency = \"Euro\"",
            "line 1 currency: write the three letters of a currency, such as USD",
        ),
    ] {
        let problems = BUILT_IN.clone().with("prices.toml", file).unwrap_err();
        assert_eq!(problems, format!("prices.toml: {problem}"));
    }
}

#[test]
fn the_settings_name_the_file_and_the_currency() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.toml").into_os_string().into_string().unwrap();
    let read = |settings: &[(&str, &str)]| {
        Prices::from_settings(&settings.iter().copied().collect::<Settings>())
    };
    let refused = |settings: &[(&str, &str)]| read(settings).unwrap_err().to_string();
    assert!(read(&[]).unwrap().model("gpt-4o", false).cost(1_000_000, 0, 0) == amount("2.50"));
    assert!(refused(&[("PRICES_FILE", &path)]).starts_with(&format!(
        "PRICES_FILE cannot be used: write the path of a file of prices: {path} is not readable: "
    )));

    fs::write(&path, "[models]\ngpt-4o = { input = 1 }\n").unwrap();
    assert_eq!(
        refused(&[("PRICES_FILE", &path)]),
        format!(
            "PRICES_FILE cannot be used: {path}: line 2 models.gpt-4o has no output: add output = 0.15"
        )
    );

    fs::write(&path, "currency = \"EUR\"\nper_usd = 1\n[models]\na = { input = 1, output = 1 }\n")
        .unwrap();
    let euros = [("PRICES_FILE", path.as_str()), ("CAP_CURRENCY", "EUR")];
    assert_eq!(amounts(&read(&euros).unwrap().model("a", false)), ["1.00", "1.00", "1.00"]);
    assert_eq!(
        refused(&[("PRICES_FILE", &path)]),
        "CAP_CURRENCY cannot be used: the prices are in EUR: write that, or give prices in the other \
         currency in a PRICES_FILE that says so, currency = \"USD\""
    );
    assert_eq!(
        refused(&[("CAP_CURRENCY", "EUR")]),
        "CAP_CURRENCY cannot be used: the prices are in USD: write that, or give prices in the other \
         currency in a PRICES_FILE that says so, currency = \"EUR\""
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_file_and_no_name_makes_it_panic(file in "(?s).{0,80}", name in ".{0,30}") {
        let _ = BUILT_IN.clone().with("prices.toml", &file);
        let price = BUILT_IN.model(&name, false);
        if let Basis::Assumed { line } = price.basis {
            let listed = BUILT_IN.clone().with("prices.toml", &line).unwrap();
            prop_assert!(!listed.model(&name, false).basis.is_assumed());
        }
    }

    #[test]
    fn more_tokens_never_cost_less(input in 0..1_000_000_u64, cached in 0..1_000_000_u64, more in 0..1_000_u64) {
        let price = BUILT_IN.model("gpt-5-mini", false);
        prop_assert!(price.cost(input + more, cached, 0) >= price.cost(input, cached, 0));
        prop_assert!(price.cost(input, cached, more) >= price.cost(input, cached, 0));
    }
}

fn of(file: &str) -> Prices {
    BUILT_IN.clone().with("prices.toml", file).unwrap()
}

fn amounts(price: &ModelPrice) -> [String; 3] {
    [price.input, price.cached, price.output].map(|it| it.to_string())
}

fn text(price: &SegmentPrice) -> [String; 2] {
    [price.segment, price.carrier_fee].map(|it| it.to_string())
}
