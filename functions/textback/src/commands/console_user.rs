//! Makes a user of the console: `textback console-user ann`.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use host::Error;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret, SecretString};

/// Asks for a password, twice at a terminal, and prints the user for `CONSOLE_USERS`.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) fn run(name: &str) -> Result<(), Error> {
    let password = match stdin().is_terminal() {
        true => asked(name)?,
        false => line()?,
    };
    let user = access::user(name, &password)?;
    eprintln!(
        "Add this line to CONSOLE_USERS, after a comma if there are others, and in single quotes \
         where a shell reads it. Keep it like a password, and start textback again."
    );
    println!("{}", user.expose_secret());
    Ok(())
}

/// Asks without showing what is typed.
fn asked(name: &str) -> Result<SecretString, Error> {
    let shown = tcgetattr(stdin())?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(stdin(), OptionalActions::Now, &hidden)?;
    let typed = prompt(&format!("A password for {name}, at least 12 characters: "))
        .and_then(|password| Ok((password, prompt("The same again: ")?)));
    tcsetattr(stdin(), OptionalActions::Now, &shown)?;
    let (password, again) = typed?;
    match password.expose_secret() == again.expose_secret() {
        true => Ok(password),
        false => Err("the two passwords differ: nothing was made".into()),
    }
}

fn prompt(question: &str) -> Result<SecretString, Error> {
    eprint!("{question}");
    stderr().flush()?;
    let typed = line();
    eprintln!();
    typed
}

/// A line of the input, without its end.
fn line() -> Result<SecretString, Error> {
    let mut typed = String::new();
    stdin().read_line(&mut typed)?;
    Ok(typed.trim_end_matches(['\r', '\n']).into())
}
