//! Prints what is said without the model, in each language: `textback languages`.

use agent::Page;
use clap::Args;
use host::Error;
use serde_json::{Value, json};
use settings::Settings;
use sms::{Encoding, Segments, segments};

/// The options of `languages`.
#[derive(Args)]
pub(crate) struct Asked {
    /// Print JSON: `language`, the page's own, and `languages`, each with its `texts`
    #[arg(long)]
    json: bool,
}

/// Prints the fixed texts of the agent's page, with the alphabet and the segments of each.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings, asked: Asked) -> Result<(), Error> {
    let page = Page::from_settings(&settings)?;
    match asked.json {
        true => println!("{:#}", as_json(&page)),
        false => table(&page).iter().for_each(|line| println!("{line}")),
    }
    Ok(())
}

/// The page's own language first, which is what everybody hears whose language is not in the table.
fn table(page: &Page) -> Vec<String> {
    let mut lines = Vec::new();
    for (language, texts) in page.texts_by_language() {
        lines.push(format!("{} ({language})", language.name()));
        for (key, text) in texts.by_key() {
            let Segments { encoding, count, .. } = segments(text);
            lines.push(format!("  {key:<10}  {:<5}  {count}  {text}", alphabet(encoding)));
        }
    }
    lines
}

fn as_json(page: &Page) -> Value {
    let text = |(key, text): (&str, &str)| {
        let Segments { encoding, count, .. } = segments(text);
        let text = json!({ "text": text, "alphabet": alphabet(encoding), "segments": count });
        (key.to_owned(), text)
    };
    let languages = page.texts_by_language().map(|(language, texts)| {
        let texts: serde_json::Map<_, _> = texts.by_key().map(text).collect();
        json!({ "language": language, "name": language.name(), "texts": texts })
    });
    let languages: Vec<_> = languages.collect();
    json!({ "version": 1, "language": page.own_language, "languages": languages })
}

fn alphabet(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Gsm7 => "GSM-7",
        Encoding::Ucs2 => "UCS-2",
    }
}
