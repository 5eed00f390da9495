//! Prints what to paste into the forms that register a number, and what a reviewer would reject:
//! `textback register`.
//!
//! Everything comes from the business facts, the agent's page and the public pages as they are
//! served, so forms, pages and texts cannot contradict each other. It makes no network call and
//! submits nothing.

mod forms;
mod review;
mod submission;
#[cfg(test)]
mod tests;

use agent::Page;
use business::Business;
use conversations::Lifetimes;
use host::Error;
use settings::Settings;
use site::Pages;

use crate::commands::register::forms::{Field, Form, Value};
use crate::commands::register::submission::Submission;

/// Prints the forms and the faults in them. Fails if there is any.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings) -> Result<(), Error> {
    let (business, url) = (Business::from_settings(&settings)?, host::public_url(&settings)?);
    let pages = Pages::of(business, &url, &Lifetimes::from_settings(&settings)?);
    let submission = Submission::of(&pages, &Page::from_settings(&settings)?, &settings);
    for form in forms::all(&submission) {
        print(&form);
    }
    let findings = review::review(&submission);
    println!("== Checked before anybody pays for a review\n");
    for finding in &findings {
        println!("✗ {}: {}\n  fix: {}\n", finding.code, finding.says, finding.fix);
    }
    match findings.len() {
        0 => {
            println!("✓ Nothing that is known to be rejected. Reviewers may still ask.");
            Ok(())
        }
        1 => Err("1 thing would be rejected".into()),
        several => Err(format!("{several} things would be rejected").into()),
    }
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
fn print(form: &Form) {
    println!("== {}\n{}\n", form.title, form.about);
    for Field { name, value, .. } in &form.fields {
        match value {
            Value::Text(text) if text.contains('\n') || text.len() > 100 => {
                println!("{name}:\n{text}\n");
            }
            Value::Text(text) => println!("{name}: {text}"),
            Value::Yours(hint) => println!("{name}: … {hint}"),
        }
    }
    println!();
}
