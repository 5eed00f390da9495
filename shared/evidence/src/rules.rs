//! The numbers by which a route is judged, each with its reason.
//!
//! What they come to is measured, not hoped for: `cargo bench -p evidence` prints how soon a loss
//! is found out, and how often a healthy route is suspected.

use jiff::SignedDuration;

/// How many texts an unproven route is trusted with before one of them has shown a signal: this many
/// out make it suspect, and while there is another way it gets no more.
///
/// Three, because a promise of ours rests on it: a provider that takes everything and delivers
/// nothing is found out within three texts. It needs no rate, so it works at one text an hour.
pub const UNPROVEN_TEXTS: usize = 3;

/// How old the first of those three must be. A receipt takes seconds and a person a minute; three
/// texts that leave in the same second prove nothing yet.
pub const UNPROVEN_GRACE: SignedDuration = SignedDuration::from_secs(60);

/// After how long even a single text without a signal makes an unproven route suspect. As long as a
/// reply lives: after that nobody can do anything for its reader any more.
pub const UNPROVEN_SILENCE: SignedDuration = SignedDuration::from_mins(10);

/// How many texts a country may leave unanswered whose provider and sender are proven elsewhere.
///
/// It may have no receipts at all, so that only people can speak for it. If half of them never
/// answer, twelve in a row keep silent once in 4,000 countries; if three in ten, once in two
/// million.
pub const PATIENT_TEXTS: usize = 12;

/// How many failures, and no arrival, it takes there: silence may be a country's way, failure is
/// not.
pub const PATIENT_FAILURES: usize = 3;

/// How many answers it takes until the share of them says something.
///
/// One makes a route healthy, since nothing else may ever prove one without receipts. But it may
/// have been none, and a probe of a dead route that gets such an answer must not cost many texts.
pub const ANSWERS_TO_TRUST: u32 = 3;

/// How many texts in a row may stay unanswered until then. If three in ten have no answer as soon
/// as they count, once in 15,000 times; if four do, once in 1,500.
pub const UNANSWERED: u32 = 8;

/// How many texts in a row must fail to be handed over (no connection, too many requests, errors of
/// the provider's) until a route is suspect. Each costs its reply the time of a request, so few;
/// one lost connection or two happen to everybody.
pub const REFUSALS: u32 = 3;

/// How far a loss goes that is looked for: nearly everything, half, a fifth of all texts.
///
/// One chart each, since a chart finds soonest what it was made for, and something weaker late or
/// never. Nearly everything, not everything: on a dead route a person now and then texts something
/// that looks like an answer, and one of those must not vouch for the route for long.
pub const LOSSES: [f64; 3] = [0.95, 0.5, 0.2];

/// How much likelier the loss must be than the usual, as the logarithm of that ratio.
///
/// A chart of a route on which nothing is wrong gets this far once in more than e¹² = 160,000
/// texts, so three charts watched for 10,000 texts stay quiet. With one receipt in 50 missing it is
/// reached by four texts in a row without a signal.
pub const ALARM: f64 = 12.0;

/// How much likelier it must be that the loss is over, as a ratio: the logarithm of 30.
///
/// Two confirmed texts in a row where nothing arrived, five where half did, sixteen where a fifth
/// was lost: the less was lost, the less a text that arrives says.
pub const RETURN: f64 = 3.4;

/// The least share of missing signals that is reckoned with. A carrier that confirms 1,000 texts in a
/// row still forgets two now and then, as when a phone is switched off.
pub const LEAST_MISSING: f64 = 0.02;

/// About how many of its last texts tell what is usual on a route. So many that the error of what
/// was learned (one in 100, where three in ten are missing) brings no false alarm, and few enough
/// to follow a carrier that changes its ways.
pub const REMEMBERED: f64 = 2000.0;

/// Until so many texts are known, the guess among them, every text is learned from at once. A route
/// that is worse than the guess from its first day on is no news, and would be suspected for ever.
pub const NEW: f64 = 60.0;

/// What shows whether the texts of a route arrive, and how long one waits for it.
///
/// Which of the two is learned: a route on which a receipt has ever said "delivered" is judged by
/// receipts, any other by answers.
pub(crate) struct Looks {
    /// At which ages a text is looked at: young, for what is found out soon, and old, when what has
    /// not come will not come.
    pub(crate) ages: [SignedDuration; 2],
    /// Which share has no signal at these ages, as a first guess.
    pub(crate) missing: [f64; 2],
    /// As how many texts that guess counts.
    pub(crate) guessed: f64,
    /// The most that can be usual. Where more is missing, the signals are too few to vouch for a
    /// route.
    pub(crate) most_missing: f64,
}

/// By receipts.
///
/// Most come within seconds. At two minutes a sweep, which runs every minute and looks at what is a
/// minute old, has been over every text, so what was heard and what was not are known alike. Of
/// receipts that take longer than ten minutes there are too few to wait for. A carrier that
/// confirms less than half of what arrives would look like one that loses the rest.
pub(crate) const RECEIPTS: Looks = Looks {
    ages: [SignedDuration::from_mins(2), SignedDuration::from_mins(10)],
    missing: [0.15, 0.10],
    guessed: 10.0,
    most_missing: 0.5,
};

/// By answers.
///
/// People who answer mostly do so within a few minutes, and after half an hour have put the phone
/// away. Some texts want no answer, the last of every conversation first of all: one in two is a
/// guess that errs towards patience, and counts for 40 texts, since the first silence on a route
/// may be its end. Where fewer than three in ten answer, a dead route on which now and then
/// somebody seems to would pass for it.
///
/// A route that loses half of its texts is told this way, one that loses a fifth hardly ever:
/// people's moods change by as much.
pub(crate) const ANSWERS: Looks = Looks {
    ages: [SignedDuration::from_mins(5), SignedDuration::from_mins(30)],
    missing: [0.55, 0.5],
    guessed: 40.0,
    most_missing: 0.7,
};

/// Every age at which a text counts for something that it did not count for before.
pub(crate) const AGES: [SignedDuration; 6] = [
    UNPROVEN_GRACE,
    RECEIPTS.ages[0],
    ANSWERS.ages[0],
    UNPROVEN_SILENCE,
    RECEIPTS.ages[1],
    ANSWERS.ages[1],
];

/// How soon a route is judged again at which silence has come to mean more: the sweep looks once a
/// minute.
pub(crate) const LOOK: SignedDuration = SignedDuration::from_secs(60);

/// How soon and how rarely a route is probed that loses what it takes: each probe is a real text to
/// a real person, who may never get it. The wait doubles. Half an hour, since a fault of a
/// carrier's rarely ends sooner; six hours, so that a way that works again is used again within the
/// day.
pub const PROBE_AT_A_LOSS: [SignedDuration; 2] =
    [SignedDuration::from_mins(30), SignedDuration::from_hours(6)];

/// The same for a route that refuses. That costs the text a moment, since another provider takes it
/// at once; so five minutes, doubling to an hour: whoever has topped up an account wants to see it
/// work.
pub const PROBE_AT_A_REFUSAL: [SignedDuration; 2] =
    [SignedDuration::from_mins(5), SignedDuration::from_hours(1)];

/// How many texts of a route are remembered one by one. At [`KEPT_A_MINUTE`] more than half an
/// hour, by when everything about a text is known that will ever count; at one text an hour ten
/// days.
pub const KEPT: usize = 256;

/// How many texts of the same minute are kept, the first of them. More would say the same once
/// more, and a record is written with every signal that is noted in it.
pub const KEPT_A_MINUTE: usize = 8;

/// Of which time unknown outcomes are counted. A day, so that one bad evening is still seen at one
/// text an hour.
pub const UNKNOWN_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// How many unknown outcomes it takes at least. One or two cut connections happen to everybody.
pub const UNKNOWN_AT_LEAST: usize = 3;

/// And which share of all texts: one in twenty, ten times what good providers come to.
pub const UNKNOWN_SHARE: f64 = 0.05;

/// How many texts of a route, each old enough for an answer, may show no signal until that is said.
/// It is said only where it is not held against the route yet, as [`PATIENT_TEXTS`] are.
///
/// Two thirds of those, so that a person can look before the route is suspect. If half of the people
/// never answer, eight in a row keep silent in one country of 256.
pub const SILENT_TEXTS: usize = 8;

/// For how long after the last of them: a route that is no longer used needs nobody.
pub const SILENT_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// How many conversations would usually have begun since the last one, when silence is worth an
/// alarm: chance leaves out 6.9 once in a thousand times (e^-6.9 = 0.001).
pub const SILENCE: f64 = 6.9;

/// How many weeks tell what is usual at an hour of the week. Four, so that a holiday weighs a
/// quarter and a change of season is followed.
pub const WEEKS: f64 = 4.0;

/// How many whole weeks must have been seen before silence means anything. Two, so that no hour is
/// judged by a single one.
pub const WEEKS_BEFORE: i64 = 2;
