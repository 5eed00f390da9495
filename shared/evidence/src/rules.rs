//! The numbers by which a route is judged, each with its reason.
//!
//! Their effect is measured: `cargo bench -p evidence` prints how soon a loss is detected, and how often
//! a healthy route is suspected.

use jiff::SignedDuration;

/// How many unconfirmed texts an unproven route may have out. At this number it becomes suspect, and
/// while there is another route it gets no more.
///
/// Three, because we promise that a provider that takes everything and delivers nothing is found out
/// within three texts. It needs no rate, so it works at one text an hour.
pub const UNPROVEN_TEXTS: usize = 3;

/// How old the first of those three must be. A receipt takes seconds and a person a minute; three
/// texts that leave in the same second prove nothing yet.
pub const UNPROVEN_GRACE: SignedDuration = SignedDuration::from_secs(60);

/// After how long even a single text without a signal makes an unproven route suspect. As long as a
/// reply lives: later than that, its reader cannot be helped anyway.
pub const UNPROVEN_SILENCE: SignedDuration = SignedDuration::from_mins(10);

/// How many texts may stay unanswered in a country, if the provider and the sender are proven
/// elsewhere.
///
/// A country may have no receipts at all, so only people's answers count. If half of them never answer,
/// twelve in a row stay silent in one of 4,000 countries; if three in ten, in one of two million.
pub const PATIENT_TEXTS: usize = 12;

/// How many failures without any arrival make such a route suspect: silence may be normal for a
/// country, failure is not.
pub const PATIENT_FAILURES: usize = 3;

/// How many answers it takes before their share means anything.
///
/// One answer makes a route healthy, since without receipts nothing else may ever prove it. But that
/// text may not have been an answer, and a probe of a dead route that gets one must not cost many texts.
pub const ANSWERS_TO_TRUST: u32 = 3;

/// How many texts in a row may stay unanswered until then. If three in ten are still unanswered when
/// they count, this happens once in 15,000 times; if four, once in 1,500.
pub const UNANSWERED: u32 = 8;

/// How many texts in a row must fail to be dispatched (no connection, rate limits, provider errors)
/// before a route is suspect. Few, because each costs its reply the time of a request; more than two,
/// because one or two lost connections happen to everybody.
pub const REFUSALS: u32 = 3;

/// The sizes of loss to detect: nearly all, half, a fifth of all texts.
///
/// One chart for each, since a chart is quickest at the loss it was made for, and slow or blind for a
/// smaller one. Nearly all, not all: on a dead route a person now and then texts something that looks
/// like an answer, and one of those must not vouch for the route for long.
pub const LOSSES: [f64; 3] = [0.95, 0.5, 0.2];

/// How much likelier the loss must be than the usual, as the logarithm of that ratio.
///
/// On a healthy route a chart gets this far less than once in e¹² = 160,000 texts, so three charts stay
/// quiet over 10,000 texts. If one receipt in 50 is usually missing, four texts in a row without a
/// signal reach it.
pub const ALARM: f64 = 12.0;

/// How much likelier it must be that the loss is over, as a logarithm: that of 30.
///
/// Two confirmed texts in a row if nothing arrived before, five after a loss of half, sixteen after a
/// loss of a fifth: the smaller the loss, the less an arrival says.
pub const RETURN: f64 = 3.4;

/// The lowest usual share of missing signals. A carrier that confirms 1,000 texts in a row still misses
/// two now and then, as when a phone is switched off.
pub const LEAST_MISSING: f64 = 0.02;

/// Roughly how many of the last texts define what is usual on a route. Enough that the error of the
/// estimate (one in 100, where three in ten are missing) causes no false alarm, and few enough to
/// follow a carrier that changes.
pub const REMEMBERED: f64 = 2000.0;

/// Until this many texts are known, including the initial guess, each text is learned from immediately.
/// A route that is worse than the guess from its first day is no news, and would be suspected forever.
pub const NEW: f64 = 60.0;

/// The signals by which a route is judged, and how long to wait for them.
///
/// Which kind is learned: a route on which any receipt ever reported a delivery is judged by receipts,
/// every other route by answers.
pub(crate) struct Looks {
    /// The ages at which a text is checked: young, to find out quickly, and old, when no more signals
    /// will come.
    pub(crate) ages: [SignedDuration; 2],
    /// The share without a signal at these ages, as a first guess.
    pub(crate) missing: [f64; 2],
    /// How many texts that guess counts for.
    pub(crate) guessed: f64,
    /// The highest share that can be usual. If more is missing, the signals are too few to vouch for a
    /// route.
    pub(crate) most_missing: f64,
}

/// By receipts.
///
/// Most come within seconds. After two minutes a sweep, which runs every minute and checks what is a
/// minute old, has seen every text, so both arrivals and missing signals are known. Too few receipts
/// take longer than ten minutes to be worth waiting for. A carrier that confirms less than half of what
/// arrives would look like one that loses the rest.
pub(crate) const RECEIPTS: Looks = Looks {
    ages: [SignedDuration::from_mins(2), SignedDuration::from_mins(10)],
    missing: [0.15, 0.10],
    guessed: 10.0,
    most_missing: 0.5,
};

/// By answers.
///
/// People who answer mostly do so within a few minutes, and after half an hour have put the phone away.
/// Some texts need no answer, above all the last of every conversation: one in two is a cautious guess,
/// and counts for 40 texts, since the first silence on a route may be its end. If fewer than three in
/// ten answered, a dead route on which somebody occasionally seems to answer would pass for such a
/// route.
///
/// This detects a route that loses half of its texts, but hardly ever one that loses a fifth: people's
/// moods vary by as much.
pub(crate) const ANSWERS: Looks = Looks {
    ages: [SignedDuration::from_mins(5), SignedDuration::from_mins(30)],
    missing: [0.55, 0.5],
    guessed: 40.0,
    most_missing: 0.7,
};

/// Every age at which a text starts to count in a new way.
pub(crate) const AGES: [SignedDuration; 6] = [
    UNPROVEN_GRACE,
    RECEIPTS.ages[0],
    ANSWERS.ages[0],
    UNPROVEN_SILENCE,
    RECEIPTS.ages[1],
    ANSWERS.ages[1],
];

/// How soon a route is judged again when silence has come to mean more: the sweep runs once a minute.
pub(crate) const LOOK: SignedDuration = SignedDuration::from_secs(60);

/// How soon and how rarely a route that loses texts is probed: each probe is a real text to a real
/// person, who may never get it. The wait doubles. Half an hour, since a carrier's fault rarely ends
/// sooner; six hours, so that a route that works again is used again within the day.
pub const PROBE_AT_A_LOSS: [SignedDuration; 2] =
    [SignedDuration::from_mins(30), SignedDuration::from_hours(6)];

/// The same for a route that refuses. A refusal costs the text a moment, since another provider takes
/// it next; so five minutes, doubling to an hour: whoever has topped up an account wants to see it
/// work.
pub const PROBE_AT_A_REFUSAL: [SignedDuration; 2] =
    [SignedDuration::from_mins(5), SignedDuration::from_hours(1)];

/// How many texts of a route are kept one by one. At [`KEPT_A_MINUTE`], that covers more than half an
/// hour, after which nothing new about a text counts; at one text an hour, ten days.
pub const KEPT: usize = 256;

/// How many texts of the same minute are kept, the earliest ones. More would add nothing new, and a
/// record is rewritten with every signal that is noted in it.
pub const KEPT_A_MINUTE: usize = 8;

/// How far back unknown outcomes are counted. A day, so that one bad evening still counts at one text
/// an hour.
pub const UNKNOWN_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// The minimum number of unknown outcomes. One or two cut connections happen to everybody.
pub const UNKNOWN_AT_LEAST: usize = 3;

/// And their minimum share of all texts: one in twenty, ten times that of good providers.
pub const UNKNOWN_SHARE: f64 = 0.05;

/// How many texts of a route, each old enough for an answer, may show no signal before that is
/// reported. Reported only while it does not count against the route yet, as under [`PATIENT_TEXTS`].
///
/// Two thirds of those, so that a person can look before the route is suspect. If half of the people
/// never answer, eight in a row stay silent in one country of 256.
pub const SILENT_TEXTS: usize = 8;

/// How long after the last of them: a route that is no longer used needs no attention.
pub const SILENT_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// How many conversations would usually have begun since the last one before silence raises an alarm:
/// by chance 6.9 are missing once in a thousand times (e^-6.9 = 0.001).
pub const SILENCE: f64 = 6.9;

/// How many weeks define what is usual at an hour of the week. Four, so that a holiday weighs a quarter
/// and a change of season is followed.
pub const WEEKS: f64 = 4.0;

/// How many whole weeks must have been seen before silence means anything. Two, so that no hour is
/// judged by a single one.
pub const WEEKS_BEFORE: i64 = 2;
