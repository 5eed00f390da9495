//! Transcripts: `=` begins one, `>` is their text, several of which are taken up together, and `<` is
//! our answer.

use jiff::{SignedDuration, Timestamp};
use policy::{Exchanges, Symptom, Verdict};

const PEOPLE: &str = include_str!("people.txt");

/// Each begins with the exchange by which we have to be silent.
const MACHINES: &str = include_str!("machines.txt");

#[test]
fn people_are_answered() {
    assert!(transcripts(PEOPLE).count() >= 20);
    for (name, spoken) in transcripts(PEOPLE) {
        assert_eq!(silences(&spoken), [], "{name}");
    }
}

#[test]
fn machines_are_not_answered_for_long() {
    assert!(transcripts(MACHINES).count() >= 12);
    for (name, spoken) in transcripts(MACHINES) {
        let (latest, name) = name.split_once(' ').unwrap();
        let silences = silences(&spoken);
        let first = silences.first().unwrap_or_else(|| panic!("{name} is answered"));
        assert!(first.0 <= latest.parse().unwrap(), "{name}: {silences:?}");
        // From then on we say nothing, and tell the operator once.
        let told = silences.iter().filter(|(_, _, first)| *first).count();
        assert_eq!((told, silences.len()), (1, spoken.len() - first.0 + 1), "{name}");
    }
}

#[test]
fn the_first_different_text_ends_it() {
    for (name, spoken) in transcripts(MACHINES) {
        for different in
            ["ok", "hello?", "", "I am back now, sorry. The tap in the bathroom drips."]
        {
            let mut heard = Exchanges::default();
            hear(&mut heard, &spoken);
            assert_eq!(heard.judge(&[different], at(0)), Verdict::Answer, "{name}: {different}");
            let last = spoken.last().unwrap();
            let with_it: Vec<_> = last.0.iter().copied().chain([different]).collect();
            assert_eq!(heard.judge(&with_it, at(0)), Verdict::Answer, "{name}: with {different}");

            // And everything is forgotten.
            heard.note(&[different], Some("Welcome back!"), at(0));
            assert_eq!(heard.judge(&last.0, at(0)), Verdict::Answer, "{name}: after {different}");
        }
    }
}

#[test]
fn a_loop_may_go_through_several_conversations_and_begin_again() {
    let mut heard = Exchanges::default();
    let text = ["The person you are calling has been told of your call"];
    let mut silent = vec![];
    for round in 0..3 {
        for time in 1..=6 {
            match heard.judge(&text, at(0)) {
                Verdict::Answer => {
                    heard.note(&text, Some("What is your address?"), at(0));
                }
                Verdict::Silence { first, .. } => {
                    silent.push((round, time, first));
                    heard.note(&text, None, at(0));
                }
            }
        }
        heard.note(&["sorry, that was my phone"], Some("No problem!"), at(0));
    }
    let told: Vec<_> = silent.iter().map(|(_, time, first)| (*time, *first)).collect();
    assert_eq!(told, [(5, true), (6, false)].repeat(3));
}

/// The same order every week, and the same answer.
#[test]
fn an_exchange_after_a_day_of_quiet_is_not_a_loop() {
    let text = ["please bring me two bottles of gas"];
    for (hours, last) in [(24, Verdict::Answer), (23, LOOP), (0, LOOP), (-24, Verdict::Answer)] {
        let mut heard = Exchanges::default();
        for week in 0..4 {
            heard.note(&text, Some("Gladly! They come on Tuesday."), at(week * hours));
        }
        assert_eq!(heard.judge(&text, at(4 * hours)), last, "{hours}");
        // Silence also ends after a day of it; and an answer does not bring back what was before.
        heard.note(&text, None, at(4 * hours));
        assert_eq!(heard.judge(&text, at(4 * hours + 24)), Verdict::Answer, "{hours}");
        heard.note(&text, Some("Gladly! They come on Tuesday."), at(4 * hours + 24));
        assert_eq!(heard.judge(&text, at(4 * hours + 25)), Verdict::Answer, "{hours}");
    }
}

/// What was before a pause does not count once there is more.
#[test]
fn exchanges_before_a_pause_no_longer_count() {
    let (text, answer) = (["please bring me two bottles of gas"], Some("Gladly!"));
    let mut heard = Exchanges::default();
    for hour in [0, 0, 0, 0, 30] {
        heard.note(&text, answer, at(hour));
    }
    assert_eq!(heard.judge(&text, at(31)), Verdict::Answer);
}

#[test]
fn names_the_symptom() {
    let symptoms: Vec<_> = transcripts(MACHINES)
        .map(|(name, spoken)| (name, silences(&spoken)[0].1))
        .map(|(name, symptom)| format!("{} {symptom}", name.split_once(' ').unwrap().1))
        .collect();
    assert_eq!(symptoms[1], "Android Auto answers by itself");
    assert_eq!(symptoms[6], "T-Mobile is a carrier that did not deliver ours");
    assert_eq!(symptoms[9], "our own words come back sends our own texts back");
    assert_eq!(symptoms[12], "an assistant like ourselves says the same again and again");
}

#[test]
fn one_text_of_a_person_among_those_of_a_machine_is_a_persons() {
    let mut heard = Exchanges::default();
    let driving =
        "I'm driving with Focus turned on. I'll see your message when I get where I'm going.";
    heard.note(&[driving], Some("No hurry!"), at(0));
    let silence = Verdict::Silence { symptom: Symptom::AutoReply, first: true };
    assert_eq!(heard.judge(&[driving], at(0)), silence);
    assert_eq!(heard.judge(&[driving, driving, driving], at(0)), silence);
    assert_eq!(heard.judge(&[driving, "Parked. 12 Oak Street"], at(0)), Verdict::Answer);
    assert_eq!(heard.judge(&[], at(0)), Verdict::Answer);
}

/// A slow model, and a person who sends the same again and again before it has said anything.
#[test]
fn impatience_before_our_answer_is_not_a_loop() {
    let mut heard = Exchanges::default();
    let text = "the sink in the kitchen leaks and the floor is wet";
    assert_eq!(heard.judge(&[text; 20], at(0)), Verdict::Answer);
    heard.note(&[text; 20], Some("Is the water turned off?"), at(0));
    assert_eq!(heard.judge(&[text; 20], at(0)), Verdict::Answer);
}

#[test]
fn the_stored_fingerprints_are_small_and_unreadable() {
    let mut heard = Exchanges::default();
    let long: String = (0..20_000).map(|word| format!("secretword{} ", word % 26)).collect();
    let other = "Zauberwort Elefant Giraffe Nashorn ".repeat(500);
    for _ in 0..20 {
        heard.note(&[&long, &other, "tiny"], Some(&long), at(0));
        heard.note(&[&long, &other], Some(&other), at(0));
    }
    heard.note(&[&long, &other], None, at(0));
    let kept = serde_json::to_string(&heard).unwrap();
    assert!(kept.len() < 2048, "{}", kept.len());
    assert_eq!(serde_json::from_str::<Exchanges>(&kept).unwrap(), heard);
    let kept = kept.to_lowercase();
    for word in ["secret", "zauber", "elefant", "giraffe", "nashorn", "tiny"] {
        assert!(!kept.contains(word), "{word}");
    }
    assert_eq!(serde_json::from_str::<Exchanges>("{}").unwrap(), Exchanges::default());
}

const LOOP: Verdict = Verdict::Silence { symptom: Symptom::Repetition, first: true };

/// This many hours after the first text.
fn at(hour: i64) -> Timestamp {
    let first: Timestamp = "2026-11-29T10:00:00Z".parse().unwrap();
    first + SignedDuration::from_hours(hour)
}

type Spoken = Vec<(Vec<&'static str>, &'static str)>;

/// The exchanges in which we are silent, from 1, the symptom, and whether the silence begins there.
fn silences(spoken: &Spoken) -> Vec<(usize, Symptom, bool)> {
    hear(&mut Exchanges::default(), spoken)
}

fn hear(heard: &mut Exchanges, spoken: &Spoken) -> Vec<(usize, Symptom, bool)> {
    let mut silences = vec![];
    for (index, (texts, answer)) in spoken.iter().enumerate() {
        // Stored and loaded in between.
        *heard = serde_json::from_str(&serde_json::to_string(heard).unwrap()).unwrap();
        match heard.judge(texts, at(0)) {
            Verdict::Answer => heard.note(texts, Some(answer), at(0)),
            Verdict::Silence { symptom, first } => {
                silences.push((index + 1, symptom, first));
                heard.note(texts, None, at(0));
            }
        }
    }
    silences
}

fn transcripts(all: &'static str) -> impl Iterator<Item = (&'static str, Spoken)> {
    all.split("= ").skip(1).map(|transcript| {
        let (name, lines) = transcript.split_once('\n').unwrap();
        let mut spoken = vec![(vec![], "")];
        for line in lines.lines().filter(|line| !line.is_empty()) {
            let (who, said) = line.split_once(' ').unwrap();
            let last = spoken.last_mut().unwrap();
            match who {
                ">" => last.0.push(said),
                "<" => {
                    last.1 = said;
                    spoken.push((vec![], ""));
                }
                other => panic!("{other} is nobody"),
            }
        }
        spoken.retain(|(texts, _)| !texts.is_empty());
        (name, spoken)
    })
}
