//! Gives a person back to the agent: `textback give-back +12025550143`.

use conversations::Store;
use host::Error;
use jiff::Timestamp;
use settings::Settings;
use sms::Number;

/// Gives the conversation with a person who was handed over back to the agent. A running textback
/// takes up the waiting texts within a minute.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings, person: String) -> Result<(), Error> {
    let theirs = Number::parse(&person)?;
    let store = Store::open(&settings)?;
    // Handed-over conversations belong to real providers, never to the mock.
    let id = store.names().conversation("", &theirs);
    if !store.give_back(&id, Timestamp::now()).await? {
        return Err("the agent already has this person: nothing was changed".into());
    }
    println!("The agent has this person again, and answers the waiting texts within a minute.");
    println!("At night it waits until the morning of the person.");
    Ok(())
}
