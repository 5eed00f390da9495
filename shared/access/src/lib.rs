//! Who may see the console and call the mock: one rule for both. And which sites' pages may make a
//! browser call us.
//!
//! A caller presents a password, the link of this start, or the cookie that a browser got for one of
//! them; or a trusted proxy names the caller. The absence of something is never evidence: a proxy that
//! adds no header of its own, or a tunnel, looks like this machine.
//!
//! What a browser sends by itself, a cookie or a password that it remembers, shows who somebody is, and
//! not that they want anything changed. For that our own pages show a form token as well.

#![warn(missing_docs)]

mod known;
mod operator;
mod pages;
mod presented;
mod sessions;
mod tries;
mod users;

use std::sync::Arc;
use std::time::Instant;

use host::Caller;
use http::HeaderValue;
use http::request::Parts;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use settings::{Names, Settings};
use uuid::Uuid;

use crate::known::Known;
use crate::presented::{Presented, TOKEN};
use crate::sessions::{Genuine, is};
use crate::tries::Tries;

pub use known::Closed;
pub use operator::{OWNER, Operator};
pub use pages::OwnPages;
pub use sessions::FormToken;
pub use users::{Unfit, user};

/// Who may see the console and text as its phone does. Clones count wrong attempts together.
#[derive(Clone)]
pub struct Access {
    sign_in: SignIn,
    pages: OwnPages,
    /// The name of the cookie. One for each port, since a browser keeps the cookies of all ports of
    /// this machine together.
    cookie: String,
    tries: Arc<Tries>,
}

/// The way in. A `session` is the value of the cookie.
#[derive(Clone)]
enum SignIn {
    Closed(Closed),
    Known(Known),
    Link { session: SecretString },
}

/// Somebody who was admitted.
#[derive(Debug)]
pub struct Admitted {
    /// Who it is.
    pub operator: Operator,
    /// What our pages show to change anything on their behalf.
    pub form_token: FormToken,
    /// Whether this call may change something: it shows that token, or is a program's.
    pub may_act: bool,
    /// What their browser does next.
    pub then: Then,
}

/// What the browser of an admitted caller does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// It keeps this cookie.
    Keep(HeaderValue),
    /// It keeps this cookie, and comes back without the token of the link.
    KeepAndReturn(HeaderValue),
}

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nobody is let in.
    Closed(Closed),
    /// The password is missing or wrong.
    Password,
    /// Nobody has signed in, or no longer is signed in: there is a page for it.
    SignedOut,
    /// No trusted proxy names the caller.
    Unnamed,
    /// The link is missing or that of another start.
    Link,
    /// The call comes from another site's page.
    Foreign,
}

/// What becomes of the credentials of a call.
enum Judged {
    Admitted(Admitted),
    /// There are none, or they were right once.
    Nobody,
    /// Somebody guesses.
    Wrong,
}

impl Access {
    /// What [`Access::by_password`] reads.
    pub const SETTINGS: Names = &["CONSOLE_PASSWORD", "CONSOLE_TRUSTED_HEADER", "CONSOLE_USERS"];

    /// Admits whoever knows `CONSOLE_PASSWORD`, is one of `CONSOLE_USERS` and knows theirs, or is named
    /// in `CONSOLE_TRUSTED_HEADER` by a trusted proxy, except on Lambda. Admits nobody if none of these
    /// is set, or one cannot be used. `public_url` is the address of the console's own pages.
    pub fn by_password(settings: &Settings, public_url: &str) -> Self {
        let sign_in = Known::from_settings(settings).map_or_else(SignIn::Closed, SignIn::Known);
        Self::new(sign_in, public_url)
    }

    /// Admits whoever has the link that is made here, which nobody else has been given.
    pub fn by_link(public_url: &str) -> Self {
        Self::new(SignIn::Link { session: random() }, public_url)
    }

    /// Admits nobody.
    pub fn nobody() -> Self {
        Self::new(SignIn::Closed(Closed::NoPassword), "")
    }

    fn new(sign_in: SignIn, public_url: &str) -> Self {
        let pages = OwnPages::guarded(public_url);
        let cookie = match pages.port() {
            Some(port) => format!("console-{port}"),
            None => "console".into(),
        };
        Self { sign_in, pages, cookie, tries: Arc::default() }
    }

    /// Why nobody is let in, if that is the case.
    pub fn closed(&self) -> Option<Closed> {
        match self.sign_in {
            SignIn::Closed(why) => Some(why),
            SignIn::Known(_) | SignIn::Link { .. } => None,
        }
    }

    /// The path that admits a browser, if there is a link. It is a secret.
    pub fn link(&self) -> Option<String> {
        match &self.sign_in {
            SignIn::Link { session } => {
                Some(format!("/console?{TOKEN}={}", session.expose_secret()))
            }
            SignIn::Known(_) | SignIn::Closed(_) => None,
        }
    }

    /// Whether there are users, who sign in on a page.
    pub fn has_users(&self) -> bool {
        matches!(&self.sign_in, SignIn::Known(known) if !known.users().are_none())
    }

    /// Admits a call, or says why not. The answer to repeated guesses is delayed; an admitted call
    /// never waits.
    pub async fn admit(&self, call: &Parts, now: Timestamp) -> Result<Admitted, Refused> {
        let refused = self.refused();
        if matches!(refused, Refused::Closed(_)) {
            return Err(refused);
        }
        if self.pages.is_foreign(call) {
            return Err(Refused::Foreign);
        }
        match self.judge(call, now) {
            Judged::Admitted(admitted) => return Ok(admitted),
            Judged::Nobody => {}
            Judged::Wrong => self.hold_back(call).await,
        }
        Err(refused)
    }

    /// Signs somebody in who gives this name and password, and returns the cookie that their browser
    /// should keep. The answer to repeated guesses is delayed; a right password never waits for that.
    pub async fn sign_in(
        &self,
        call: &Parts,
        name: &str,
        password: SecretString,
        now: Timestamp,
    ) -> Result<HeaderValue, Refused> {
        let SignIn::Known(known) = &self.sign_in else { return Err(self.refused()) };
        if self.pages.is_foreign(call) {
            return Err(Refused::Foreign);
        }
        match known.sign_in(name, password, now).await {
            Some(session) => Ok(self.cookie(&session)),
            None => {
                self.hold_back(call).await;
                Err(self.refused())
            }
        }
    }

    /// The cookie with which a browser forgets its session.
    pub fn forgotten(&self) -> HeaderValue {
        let mut cookie = self.cookie(&SecretString::default()).as_bytes().to_vec();
        cookie.extend_from_slice(b"; Max-Age=0");
        HeaderValue::try_from(cookie).expect("it is ASCII")
    }

    /// Why somebody without the right credentials is refused.
    fn refused(&self) -> Refused {
        match &self.sign_in {
            SignIn::Closed(why) => Refused::Closed(*why),
            SignIn::Known(_) if self.has_users() => Refused::SignedOut,
            SignIn::Known(known) if known.has_password() => Refused::Password,
            SignIn::Known(_) => Refused::Unnamed,
            SignIn::Link { .. } => Refused::Link,
        }
    }

    /// Counts a wrong attempt, and waits if there were many.
    async fn hold_back(&self, call: &Parts) {
        let wait = self.tries.wrong(Caller::of(&call.extensions).counted_as(), Instant::now());
        if !wait.is_zero() {
            host::hold_back(&call.extensions, wait).await;
        }
    }

    fn judge(&self, call: &Parts, now: Timestamp) -> Judged {
        let vouching = match &self.sign_in {
            SignIn::Known(known) => known.vouching(),
            SignIn::Link { .. } | SignIn::Closed(_) => None,
        };
        let shown = Presented::by(call, &self.cookie, vouching);
        if let Some(operator) = &shown.vouched {
            return Judged::Admitted(self.vouched(operator, &shown));
        }
        let mut wrong = shown.password.is_some() || shown.token.is_some();
        for session in shown.sessions() {
            match self.whose(session, now) {
                Ok(operator) => {
                    // No browser sends a bearer by itself.
                    let may_act = shown.bearer == Some(session);
                    return Judged::Admitted(shown.admitted(operator, session, may_act));
                }
                Err(genuine) => wrong |= genuine == Genuine::No,
            }
        }
        match self.opened(&shown, now) {
            Some((session, then)) => {
                let session = session.expose_secret().as_bytes();
                let may_act = shown.by_program && shown.password.is_some();
                let admitted = shown.admitted(Operator::owner(), session, may_act);
                Judged::Admitted(Admitted { then, ..admitted })
            }
            None if wrong => Judged::Wrong,
            None => Judged::Nobody,
        }
    }

    /// Somebody whom a trusted proxy names. Their cookie admits nobody: it only makes the token of their
    /// forms, which other sites' pages cannot know.
    fn vouched(&self, operator: &Operator, shown: &Presented<'_>) -> Admitted {
        if let Some(session) = shown.cookies.iter().find(|session| session.len() >= RANDOM) {
            return shown.admitted(operator.clone(), session, false);
        }
        let session = random();
        let admitted = shown.admitted(operator.clone(), session.expose_secret().as_bytes(), false);
        Admitted { then: Then::Keep(self.cookie(&session)), ..admitted }
    }

    fn whose(&self, shown: &[u8], now: Timestamp) -> Result<Operator, Genuine> {
        match &self.sign_in {
            SignIn::Known(known) => known.whose(shown, now),
            SignIn::Link { session } if is(shown, session) => Ok(Operator::owner()),
            SignIn::Link { .. } | SignIn::Closed(_) => Err(Genuine::No),
        }
    }

    /// The session of somebody who presents the one password or the link.
    fn opened(&self, shown: &Presented<'_>, now: Timestamp) -> Option<(SecretString, Then)> {
        match &self.sign_in {
            SignIn::Known(known) => {
                let session = known.owner(shown.password.as_ref()?, now)?;
                let cookie = self.cookie(&session);
                Some((session, Then::Keep(cookie)))
            }
            SignIn::Link { session } => {
                let right = is(shown.token.as_ref()?.as_bytes(), session);
                right.then(|| (session.clone(), Then::KeepAndReturn(self.cookie(session))))
            }
            SignIn::Closed(_) => None,
        }
    }

    fn cookie(&self, session: &SecretString) -> HeaderValue {
        let secure = if self.pages.are_secure() { "; Secure" } else { "" };
        let (name, session) = (&self.cookie, session.expose_secret());
        // The phone's calls go to the webhooks, beside the console.
        let cookie = format!("{name}={session}; Path=/; HttpOnly; SameSite=Strict{secure}");
        let mut cookie = HeaderValue::try_from(cookie).expect("a session is ASCII");
        cookie.set_sensitive(true);
        cookie
    }
}

impl Presented<'_> {
    /// This operator, in this session. `may_act` if more is known than a browser sends by itself.
    fn admitted(&self, operator: Operator, session: &[u8], may_act: bool) -> Admitted {
        let form_token = FormToken::of(session);
        let may_act = may_act || self.form_token.is_some_and(|shown| form_token.is(shown));
        Admitted { operator, form_token, may_act, then: Then::Nothing }
    }
}

/// The length of a random session.
const RANDOM: usize = 64;

/// A session that nobody can guess: each half holds 122 random bits.
fn random() -> SecretString {
    [Uuid::new_v4(), Uuid::new_v4()].map(|half| half.simple().to_string()).concat().into()
}
