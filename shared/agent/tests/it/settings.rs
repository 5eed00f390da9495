//! The model that the settings choose.

use std::time::Duration;

use agent::{OpenAi, Page, Timeouts};
use settings::Settings;

fn model<const N: usize>(settings: [(&str, &str); N]) -> String {
    match OpenAi::from_settings(&Settings::from(settings), "gpt-4.1-mini") {
        Ok(model) => format!("{model:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn choose_the_model() {
    let key = ("OPENAI_API_KEY", "sk-1");
    let here = ("OPENAI_BASE_URL", "http://localhost:11434/v1/");
    for (chosen, expected) in [
        (model([]), "None"),
        (model([key]), r#"Some(OpenAi("gpt-4.1-mini"))"#),
        (model([here, ("OPENAI_MODEL", "llama")]), r#"Some(OpenAi("llama"))"#),
        (
            model([("OPENAI_MODEL", "llama")]),
            "the model is half configured: set OPENAI_API_KEY as well",
        ),
        (
            model([("OPENAI_BASE_URL", "localhost:11434")]),
            "OPENAI_BASE_URL cannot be used: write it with http:// or https:// in front, as \
             https://api.openai.com/v1 or http://localhost:11434/v1",
        ),
        (
            model([("OPENAI_API_KEY", "sk-1\nsk-2")]),
            "OPENAI_API_KEY cannot be used: a key is one line of letters and digits",
        ),
    ] {
        assert_eq!(chosen, expected);
    }
}

#[test]
fn say_what_to_write_instead_of_an_invalid_address() {
    for (address, instead) in [
        ("api.openai.com/v1", "write it with http:// or https:// in front"),
        ("https://api.openai.com/v1/chat/completions", "leave out /chat/completions at its end"),
        ("https://api.openai.com/v1/chat/completions/", "leave out /chat/completions at its end"),
        ("https://api.openai.com/v1/completions", "leave out /completions at its end"),
        ("https://api.openai.com/v1/models", "leave out /models at its end"),
        ("http://localhost:11434/api/chat", "write /v1 instead of its end"),
        ("https://api.openai.com/v1?key=elderberry", "leave out the ? and what follows it"),
        ("https://api.openai.com/v1#elderberry", "leave out the # and what follows it"),
        ("https://me:elderberry@api.openai.com/v1", "put the key into OPENAI_API_KEY"),
        ("https://elderberry@api.openai.com/v1", "put the key into OPENAI_API_KEY"),
        ("http://0.0.0.0:8000/v1", "write 127.0.0.1 for this machine"),
        ("http://[::]:8000/v1", "write 127.0.0.1 for this machine"),
    ] {
        let said = model([("OPENAI_BASE_URL", address)]);
        assert!(said.starts_with("OPENAI_BASE_URL cannot be used: "), "{address}: {said}");
        assert!(said.contains(instead) && !said.contains("elderberry"), "{address}: {said}");
    }
}

#[test]
fn choose_the_timeouts_of_the_model() {
    let timeouts = |settings: &[(&'static str, &str)]| {
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        match Timeouts::from_settings(&settings.collect()) {
            Ok(timeouts) => Ok((timeouts.request.as_secs(), timeouts.turn.as_secs())),
            Err(error) => Err(error.to_string()),
        }
    };
    assert_eq!(timeouts(&[]), Ok((45, 75)));
    assert_eq!(
        timeouts(&[("OPENAI_REQUEST_SECONDS", "80"), ("OPENAI_TURN_SECONDS", "90")]),
        Ok((80, 90))
    );
    assert_eq!(timeouts(&[("OPENAI_TURN_SECONDS", "30")]), Ok((30, 30)));
    for (name, value) in [
        ("OPENAI_TURN_SECONDS", "91"),
        ("OPENAI_TURN_SECONDS", "1m"),
        ("OPENAI_REQUEST_SECONDS", "0"),
        ("OPENAI_REQUEST_SECONDS", "-3"),
    ] {
        let instead = if name.contains("TURN") { 75 } else { 45 };
        let expected = format!(
            "{name} cannot be used: write a number of seconds from 5 to 90, such as {instead}"
        );
        assert_eq!(timeouts(&[(name, value)]), Err(expected));
    }
    assert_eq!(Timeouts::default().silence, Duration::from_secs(20));
}

#[test]
fn choose_the_page() {
    let page = |path| Page::from_settings(&Settings::from([("AGENT_FILE", path)]));
    assert_eq!(page("").unwrap().name, "Handy Home");
    let built_in = concat!(env!("CARGO_MANIFEST_DIR"), "/src/home_task.md");
    assert_eq!(page(built_in).unwrap().fields.len(), 5);
    let no_page = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert_eq!(
        page(no_page).unwrap_err().to_string(),
        format!(
            "AGENT_FILE cannot be used: {no_page}, line 1: start the page with its settings between \
             two lines of ---"
        )
    );
    let missing = page("/no/such/page.md").unwrap_err().to_string();
    assert!(
        missing.contains("write the path of the agent's page: /no/such/page.md is not readable"),
        "{missing}"
    );
}
