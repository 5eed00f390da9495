//! A person back to the agent: `textback give-back +12025550143`.

use conversations::Store;
use host::Error;
use jiff::Timestamp;
use settings::Settings;
use sms::Number;

/// Gives the conversation with a person who was handed over back to the agent. Whoever runs takes up
/// what waited, within a minute.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings, person: String) -> Result<(), Error> {
    let theirs = Number::parse(&person)?;
    let store = Store::open(&settings)?;
    // No real provider, so that it is nobody of the mock's.
    let id = store.names().conversation("", &theirs);
    if !store.give_back(&id, Timestamp::now()).await? {
        return Err("this person is with the agent: nothing was changed".into());
    }
    println!("The agent has this person again, and answers what waited within a minute.");
    Ok(())
}
