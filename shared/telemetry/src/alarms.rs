//! Events that need a person, for any log system.

use std::fmt;

/// What is said of an alarm.
struct Words {
    name: &'static str,
    meaning: &'static str,
    fix: &'static str,
}

/// Makes the alarms of a table.
macro_rules! alarms {
    ($($(#[$attribute:meta])* $alarm:ident => $words:expr,)*) => {
        /// Something that a person has to act on soon.
        ///
        /// Raised by [`raise!`](crate::raise), it is one line at level ERROR with the field `alarm`,
        /// which holds [`Alarm::name`], and a sentence about this very case. `infra/alarms.json` and
        /// `docs/operating.md` list them, in the same words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Alarm {
            $($(#[$attribute])* $alarm,)*
        }

        impl Alarm {
            /// All of them.
            pub const ALL: [Self; [$(Self::$alarm),*].len()] = [$(Self::$alarm),*];

            fn words(self) -> Words {
                match self {
                    $(Self::$alarm => $words,)*
                }
            }
        }
    };
}

alarms! {
    /// A provider accepts texts that show no signal of arriving.
    RouteSuspect => Words {
        name: "route.suspect",
        meaning: "A provider accepts texts, and they no longer seem to arrive.",
        fix: "Replies take another provider if there is one. Run `doctor`, and ask the provider \
              what became of the messages that the console shows as unconfirmed.",
    },

    /// A provider accepts no texts until its account is fixed.
    RouteDown => Words {
        name: "route.down",
        meaning: "A provider refuses texts because of its account: credentials, credit, activation \
                  or registration.",
        fix: "The line says which, and how to fix it. Nothing takes this route until then.",
    },

    /// No provider is left that accepts a text.
    NothingWorks => Words {
        name: "nothing.works",
        meaning: "No provider accepts texts at the moment, so nobody is answered.",
        fix: "Run `doctor`: it says for each provider what is wrong and who can fix it. The \
              console shows who is waiting: answer them by hand.",
    },

    /// The model refuses to answer until a person has acted.
    ModelRefuses => Words {
        name: "model.refuses",
        meaning: "The model refuses our requests: the key, the quota or its name is wrong, and \
                  nobody is answered.",
        fix: "The line says which. Check OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL and the \
              quota of the account until `doctor` gets an answer. People who are waiting are \
              answered then, or handed over after eight attempts: see the console.",
    },

    /// The model has not answered for minutes.
    ModelSilent => Words {
        name: "model.silent",
        meaning: "The model has given no answer for three minutes, so nobody is answered.",
        fix: "The line says how it fails. Check the status page of its company, and whether \
              OPENAI_BASE_URL can be reached. People who are waiting are answered when it is back, \
              or handed over after eight attempts: see the console.",
    },

    /// A changed page of the agent cannot be used.
    PageRefused => Words {
        name: "page.refused",
        meaning: "The agent's page was changed and cannot be used: the previous one still answers.",
        fix: "The line says what is wrong with which line of the page. Mend it before anything is \
              started again: nothing starts with such a page. It is then used within seconds, \
              without a restart.",
    },

    /// The receiver of results does not accept them.
    ResultsRefused => Words {
        name: "results.refused",
        meaning: "The results of conversations have not been accepted for three minutes, so no \
                  lead is delivered.",
        fix: "The line says what RESULT_WEBHOOK_URL answers. Nothing is lost: each result is tried \
              again, in the end every hour, and is in the console until then.",
    },

    /// Texts were accepted, and nothing has ever shown that one arrived.
    NoEvidence => Words {
        name: "evidence.none",
        meaning: "Texts were accepted, and nothing shows that any of them arrived.",
        fix: "Run `doctor --send-to` with a phone of your own. Without receipts, answers are the \
              only evidence there is.",
    },

    /// The outcome of too many texts is unknown.
    UnknownOutcomes => Words {
        name: "outcomes.unknown",
        meaning: "For too many texts it is unknown whether they were sent.",
        fix: "Look at the provider's status page and at the traces. They are not sent again, so \
              that nobody is texted twice.",
    },

    /// Nobody texts at a time when people usually do.
    Silence => Words {
        name: "texts.silent",
        meaning: "Nobody has texted for much longer than usual.",
        fix: "Text the number yourself. If nothing arrives, run `doctor`: it compares the \
              provider's webhook address with ours.",
    },

    /// Work was put aside because it failed repeatedly.
    DeadLetters => Words {
        name: "queue.dead_letters",
        meaning: "A wake-up failed three times and was put aside: somebody may have no answer.",
        fix: "Find the cause in the log of turn and fix it, then send the wake-up back: SQS, the \
              queue that ends in -dead.fifo, Start DLQ redrive.",
    },

    /// More is due than can be handled.
    Behind => Words {
        name: "sweep.behind",
        meaning: "More is due than the sweep can handle, and people wait longer and longer.",
        fix: "The line says what is late. If the log of sweep has errors, fix those first: a \
              store, a queue or a provider that hangs. Otherwise it has too little time or \
              processor: on AWS give `sweep` more memory, and see `How it grows` in \
              docs/performance.md.",
    },

    /// The store takes no writes, or nothing can be read from it.
    StoreRefuses => Words {
        name: "store.refuses",
        meaning: "The store cannot be written or read, so nobody is answered.",
        fix: "The line says why. SQLite: check whether the disk of `DATA_DIR` is full, the file \
              can be written, and nobody has locked it. Firestore: check quota, billing and the \
              rights of the service account, and whether it can be reached. Providers call again \
              for some minutes; look in their logs for later texts.",
    },

    /// A provider's calls have a form that no parser understands.
    Quarantine => Words {
        name: "webhook.quarantined",
        meaning: "A provider makes calls in a form that is not understood. They are kept for seven \
                  days.",
        fix: "`quarantine` lists them with their fields. Change the settings that say how they are \
              read, then run `quarantine replay`.",
    },

    /// A call contains a STOP but does not say whose.
    UnheardStop => Words {
        name: "stop.unheard",
        meaning: "A call says STOP, in a form that does not tell who said it: this person may be \
                  texted again.",
        fix: "`quarantine` lists it: stop texting the number that it shows. Then change the \
              settings so that such calls can be read, such as MC_COUNTRY for numbers without a \
              country code, and run `quarantine replay`.",
    },

    /// A text between two of our own numbers did not arrive.
    ProbeSilent => Words {
        name: "probe.silent",
        meaning: "A text between two of our own numbers did not arrive, whatever the receipts say.",
        fix: "The line names the two providers. Run `doctor` for both.",
    },

    /// A machine answers ours, which could go on forever.
    Loop => Words {
        name: "person.loop",
        meaning: "A machine keeps answering our replies: it gets no more of them.",
        fix: "See in the console what it says. If it goes on, block the number: `textback person`.",
    },

    /// A person has had all replies of a day and keeps texting.
    Limit => Words {
        name: "person.limit",
        meaning: "A person has had all replies of a day and keeps texting: the texts are set aside.",
        fix: "See in the console whether it is a customer or a machine. Answer by hand, or raise \
              REPLIES_PER_DAY.",
    },

    /// More new people text than are admitted.
    Flood => Words {
        name: "people.flood",
        meaning: "More new people text than are answered in a minute: the rest are answered later.",
        fix: "See in the console whether they are customers. If not, block them: `textback \
              person`. NEW_PEOPLE_PER_MINUTE is the limit.",
    },

    /// A cap on what may be spent is reached, or nearly.
    Cap => Words {
        name: "money.cap",
        meaning: "A cap on what may be spent is reached, or most of it is used. At a cap, texts wait for \
                  up to 24 hours.",
        fix: "The line names the cap. See in the console who texts so much. If they are customers, raise \
              the cap: CAP_DAY, CAP_MONTH, CAP_TOTAL or CAP_PERSON_DAY.",
    },

    /// Something was bought whose price nobody has listed.
    Price => Words {
        name: "money.price",
        meaning: "The price of a model or a text is not known, and the most that it could cost is counted.",
        fix: "The line says what to add to the file that PRICES_FILE names, once you know the price.",
    },

    /// A model charges more than it was allowed to.
    Overspent => Words {
        name: "money.overspent",
        meaning: "A model's server counts more tokens than it was allowed to use, so a turn cost more than \
                  was reserved.",
        fix: "What it cost is counted, and the caps hold back what follows. Find out whether the server \
              knows `max_completion_tokens`: `doctor` says what it lacks.",
    },

    /// Somebody is trying passwords at the console.
    Guesses => Words {
        name: "console.guesses",
        meaning: "Somebody is guessing at the console's password: a hundred attempts within ten \
                  minutes.",
        fix: "Whoever knows it is let in as usual. If a program did not make it, set \
              `CONSOLE_PASSWORD` to what `openssl rand -base64 24` prints.",
    },

    /// A webhook secret can be guessed.
    ShortSecret => Words {
        name: "secret.short",
        meaning: "A webhook secret is so short that it can be guessed.",
        fix: "The line names it. Set it to what `openssl rand -base64 24` prints, here and at the \
              other end.",
    },
}

impl Alarm {
    /// The name by which log systems know it. Never changes.
    pub fn name(self) -> &'static str {
        self.words().name
    }

    /// Its meaning, in a sentence.
    pub fn meaning(self) -> &'static str {
        self.words().meaning
    }

    /// What to do about it.
    pub fn fix(self) -> &'static str {
        self.words().fix
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Raises an [`Alarm`]: `raise!(Alarm::RouteDown, provider.name = name, code, "{sentence}")`.
///
/// The arguments after the alarm are those of [`tracing::error!`], and contain nothing personal.
#[macro_export]
macro_rules! raise {
    ($alarm:expr, $($event:tt)+) => {
        $crate::tracing::error!(alarm = $crate::Alarm::name($alarm), $($event)+)
    };
}
