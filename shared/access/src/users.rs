//! People who sign in with a name and a password of their own.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::operator::{OWNER, Operator};

/// The shortest password that is accepted, in characters. A program-made password of this length cannot
/// be guessed, however long somebody tries.
pub(crate) const SHORTEST: usize = 12;

/// How many passwords are checked at once. Each takes 19 MiB of memory and some hundredths of a second of
/// a processor.
const AT_ONCE: usize = 2;

/// The users of `CONSOLE_USERS`. Clones take turns in checking passwords.
#[derive(Clone)]
pub(crate) struct Users {
    users: Arc<[User]>,
    turns: Arc<Semaphore>,
}

struct User {
    operator: Operator,
    /// The hash of the password, as a PHC string.
    hash: SecretString,
}

/// Why nobody can be a user with this name and password. The text says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The name has other characters than a name may have.
    Name,
    /// The name is that of whoever has the one password.
    Owner,
    /// The password is too short.
    Password,
}

impl fmt::Display for Unfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Name => {
                "a name is at most 64 letters without accents, digits, and any of . _ @ -"
            }
            Self::Owner => "\"owner\" is whoever signs in with CONSOLE_PASSWORD: take another name",
            Self::Password => "the password needs 12 characters or more",
        })
    }
}

impl std::error::Error for Unfit {}

/// A user as `CONSOLE_USERS` lists them: the name, a colon, and the hash of the password. It is a
/// secret, since with it one can make a session.
pub fn user(name: &str, password: &SecretString) -> Result<SecretString, Unfit> {
    let operator = operator(name)?;
    if password.expose_secret().chars().count() < SHORTEST {
        return Err(Unfit::Password);
    }
    let hash = Argon2::default()
        .hash_password_with_salt(password.expose_secret().as_bytes(), Uuid::new_v4().as_bytes())
        .expect("a salt of 16 bytes and the usual parameters fit");
    Ok(format!("{}:{hash}", operator.name()).into())
}

fn operator(name: &str) -> Result<Operator, Unfit> {
    match Operator::named(name) {
        None => Err(Unfit::Name),
        Some(_) if name == OWNER => Err(Unfit::Owner),
        Some(operator) => Ok(operator),
    }
}

impl Users {
    /// The users in a list, separated by commas, semicolons or new lines; `None` if it cannot be read.
    pub(crate) fn read(list: &str) -> Option<Self> {
        // A hash has commas of its own, so what follows a comma is another user only with a name.
        let mut entries: Vec<String> = Vec::new();
        for part in list.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
            match entries.last_mut() {
                Some(last) if !part.contains(':') => *last = format!("{last},{part}"),
                _ => entries.push(part.to_owned()),
            }
        }
        let users: Arc<[User]> =
            entries.iter().map(|entry| User::read(entry)).collect::<Option<_>>()?;
        let names = || users.iter().map(|user| user.operator.name());
        let twice = names().enumerate().any(|(at, name)| names().skip(at + 1).any(|it| it == name));
        (!twice).then(|| Self { users, turns: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    pub(crate) fn are_none(&self) -> bool {
        self.users.is_empty()
    }

    /// The user of this name, and what their sessions are made with.
    pub(crate) fn named(&self, name: &str) -> Option<(&Operator, &SecretString)> {
        let user = self.users.iter().find(|user| user.operator.name() == name)?;
        Some((&user.operator, &user.hash))
    }

    /// Whether this is the password of the user of that name. An unknown name takes as long as a known
    /// one.
    pub(crate) async fn know(&self, name: &str, password: SecretString) -> bool {
        let known = self.named(name);
        let Some(any) = self.users.first() else { return false };
        let hash = known.map_or(&any.hash, |(_, hash)| hash).clone();
        let Ok(turn) = Arc::clone(&self.turns).acquire_owned().await else { return false };
        let checked = tokio::task::spawn_blocking(move || {
            // Kept until the check ends, also if the caller does not wait for it.
            let _turn = turn;
            let password = password.expose_secret().as_bytes();
            Argon2::default().verify_password(password, hash.expose_secret()).is_ok()
        });
        checked.await.unwrap_or(false) && known.is_some()
    }
}

impl User {
    fn read(entry: &str) -> Option<Self> {
        let (name, hash) = entry.split_once(':')?;
        let operator = operator(name.trim()).ok()?;
        let hash = hash.trim();
        let parsed = PasswordHash::new(hash).ok()?;
        let usable = parsed.algorithm.as_str() == "argon2id"
            && parsed.salt.is_some()
            && parsed.hash.is_some();
        usable.then(|| Self { operator, hash: hash.into() })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    const PASSWORD: &str = "correct horse";

    fn listed(name: &str) -> String {
        user(name, &PASSWORD.into()).unwrap().expose_secret().to_owned()
    }

    #[test]
    fn reads_several_users_however_they_are_separated() {
        let (ann, ben) = (listed("ann"), listed("ben@example.com"));
        for list in [
            format!("{ann},{ben}"),
            format!(" {ann} ; {ben};"),
            format!("{ann}\n{ben}\n"),
            format!("{ben}, {ann},"),
        ] {
            let users = Users::read(&list).unwrap();
            assert_eq!(users.users.len(), 2);
            for name in ["ann", "ben@example.com"] {
                assert_eq!(users.named(name).unwrap().0.name(), name);
            }
            assert!(users.named("ann ").is_none());
        }
    }

    #[test]
    fn a_list_that_cannot_be_read_has_no_user_at_all() {
        let ann = listed("ann");
        let other = ann.replace("argon2id", "argon2i");
        for list in [
            "ann",
            "ann:",
            "ann:correct horse",
            // What a shell leaves of it.
            "ann:=19=19456,t=2,p=1",
            &ann[..ann.rfind('$').unwrap()],
            &other,
            &format!("{ann},{ann}"),
            &format!("{ann},ben:x"),
            &ann.replacen("ann", "owner", 1),
            &ann.replacen("ann", "a nn", 1),
            &ann.replacen("ann", "", 1),
        ] {
            assert!(Users::read(list).is_none(), "{list}");
        }
        assert!(Users::read("").unwrap().are_none());
    }

    #[test]
    fn says_which_users_there_cannot_be() {
        let unfit = |name: &str, password: &str| user(name, &password.into()).unwrap_err();
        assert_eq!(unfit("", PASSWORD), Unfit::Name);
        assert_eq!(unfit("jörg", PASSWORD), Unfit::Name);
        assert_eq!(unfit(&"a".repeat(65), PASSWORD), Unfit::Name);
        assert_eq!(unfit("owner", PASSWORD), Unfit::Owner);
        assert_eq!(unfit("ann", "eleven char"), Unfit::Password);
    }

    #[tokio::test]
    async fn an_unknown_name_takes_as_long_as_a_known_one() {
        let users = Users::read(&listed("ann")).unwrap();
        assert!(users.know("ann", PASSWORD.into()).await);
        let mut least = [Duration::MAX; 2];
        for _ in 0..5 {
            for (least, name) in least.iter_mut().zip(["ann", "nobody"]) {
                let begun = Instant::now();
                assert!(!users.know(name, "another horse".into()).await);
                *least = begun.elapsed().min(*least);
            }
        }
        assert!(!users.know("nobody", PASSWORD.into()).await);
        let [known, unknown] = least;
        // Without the work it is a thousandth.
        assert!(unknown > known / 10, "{unknown:?} and not {known:?}");
    }
}
