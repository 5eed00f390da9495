//! Prints the consent ledger: `textback consents`.

use std::io::{self, BufWriter, ErrorKind, Write as _};

use clap::Args;
use conversations::{ConsentEvent, Store};
use host::Error;
use serde_json::Value;
use settings::Settings;

use crate::by_hand;

/// How many events are in memory at a time.
const PAGE: u32 = 200;

/// The options of `consents`.
#[derive(Args)]
pub(crate) struct Asked {
    /// Only those of this number, written as +12025550143 or as it is dialled locally
    number: Option<String>,
    /// Print comma-separated values (RFC 4180), for a lawyer or a spreadsheet
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON: `version` and `events`, with the same names as the columns of --csv
    #[arg(long)]
    json: bool,
}

/// Prints all events, earliest first, page by page, until nobody reads on.
pub(crate) async fn run(settings: Settings, asked: Asked) -> Result<(), Error> {
    let closed = |error: &Error| {
        let error = error.downcast_ref::<io::Error>();
        error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    };
    match print(settings, asked).await {
        Err(error) if closed(&error) => Ok(()),
        done => done,
    }
}

async fn print(settings: Settings, asked: Asked) -> Result<(), Error> {
    let typed = asked.number.as_deref();
    let number = typed.map(|typed| by_hand::number(&settings, typed)).transpose()?;
    let mut out = Printer::of(&asked);
    out.write(&out.form.before())?;
    if let Some(store) = Store::open_existing(&settings)? {
        let (mut after, mut after_of) = (None, None::<String>);
        loop {
            let (events, is_last) = match &number {
                None => {
                    let page = store.consent_events(after, PAGE).await?;
                    after = page.next;
                    (page.found, after.is_none())
                }
                Some(number) => {
                    let of = store.consent_events_of(number, after_of.as_deref(), PAGE).await?;
                    after_of = of.1;
                    (of.0, after_of.is_none())
                }
            };
            for event in &events {
                out.event(event)?;
            }
            if is_last {
                break;
            }
        }
    }
    out.end()
}

/// How the ledger is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    Csv,
    Json,
}

impl Form {
    fn before(self) -> String {
        match self {
            Self::Lines => String::new(),
            Self::Csv => spreadsheet::row(ConsentEvent::COLUMNS),
            Self::Json => "{\n  \"version\": 1,\n  \"events\": [".to_owned(),
        }
    }
}

struct Printer {
    form: Form,
    out: BufWriter<io::Stdout>,
    events: u64,
}

impl Printer {
    fn of(asked: &Asked) -> Self {
        let form = match asked {
            Asked { csv: true, .. } => Form::Csv,
            Asked { json: true, .. } => Form::Json,
            _ => Form::Lines,
        };
        Self { form, out: BufWriter::new(io::stdout()), events: 0 }
    }

    fn event(&mut self, event: &ConsentEvent) -> Result<(), Error> {
        let text = match self.form {
            Form::Lines => line(event),
            Form::Csv => row(event),
            Form::Json => {
                let comma = if self.events == 0 { "" } else { "," };
                format!("{comma}\n    {}", as_json(event))
            }
        };
        self.events += 1;
        self.write(&text)
    }

    fn end(mut self) -> Result<(), Error> {
        self.write(match (self.form, self.events) {
            (Form::Json, _) => "\n  ]\n}\n",
            (Form::Lines, 0) => "Nothing is on record.\n",
            _ => "",
        })?;
        Ok(self.out.flush()?)
    }

    fn write(&mut self, text: &str) -> Result<(), Error> {
        Ok(self.out.write_all(text.as_bytes())?)
    }
}

/// An event for the reader of a terminal.
fn line(event: &ConsentEvent) -> String {
    let at = event.at.round(jiff::Unit::Second).unwrap_or(event.at);
    let (number, word) = (event.theirs.as_str(), event.kind.word());
    let words = event.words.replace(char::is_control, " ");
    format!("{at}  {number:<16}  {word:<8}  {words}  ({})\n", event.source)
}

fn as_json(event: &ConsentEvent) -> Value {
    let fields = ConsentEvent::COLUMNS.into_iter().map(str::to_owned).zip(event.columns());
    Value::Object(fields.map(|(name, value)| (name, value.into())).collect())
}

fn row(event: &ConsentEvent) -> String {
    spreadsheet::row(event.columns())
}
