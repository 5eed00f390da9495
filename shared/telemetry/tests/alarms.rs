//! The alarms as log systems see them, and as described to the people who get them.

#![expect(clippy::unwrap_used, reason = "a test ends where an assumption does")]

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use telemetry::{Alarm, raise};

const FOR_TERRAFORM: &str = include_str!("../../../infra/alarms.json");
const FOR_PEOPLE: &str = include_str!("../../../docs/operating.md");

#[test]
fn infra_knows_every_alarm_and_no_other() {
    let listed: BTreeMap<String, Value> = serde_json::from_str(FOR_TERRAFORM).unwrap();
    let all = Alarm::ALL.map(|alarm| {
        (alarm.name().to_owned(), json!({ "meaning": alarm.meaning(), "fix": alarm.fix() }))
    });
    assert_eq!(listed, BTreeMap::from(all));
}

#[test]
fn the_operators_page_lists_every_alarm_and_no_other() {
    let (_, rest) = FOR_PEOPLE.split_once("\n## Alarms\n").unwrap();
    let chapter = rest.split("\n## ").next().unwrap();
    let listed: Vec<_> = chapter.lines().filter(|line| line.starts_with("| `")).collect();
    let all =
        Alarm::ALL.map(|alarm| format!("| `{alarm}` | {} | {} |", alarm.meaning(), alarm.fix()));
    assert_eq!(listed, all);
}

#[test]
fn an_alarm_is_one_json_line_that_names_it() {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt().json().flatten_event(true);
    let subscriber = lines.with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        raise!(Alarm::RouteDown, provider.name = "twilio", "no credit is left");
    });
    let line: Value = serde_json::from_slice(&log.0.lock().unwrap()).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["alarm"], "route.down");
    assert_eq!(line["provider.name"], "twilio");
    assert_eq!(line["message"], "no credit is left");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
