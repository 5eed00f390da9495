//! Two installations whose agents text each other.

use scene::Scene;

/// What the two say, each time in other words.
const TALK: [[&str; 8]; 2] = [
    [
        "Thanks for getting in touch! Which day would suit you best?",
        "We are flexible. Could you tell us the address first?",
        "Happy to help. How many rooms is it about?",
        "Understood. Is there a lift in the building?",
        "Great question! Let me check with my colleagues and come back.",
        "Certainly. Would the morning or the afternoon be better?",
        "No problem at all. Do you need boxes as well?",
        "Perfect. May I have your name, please?",
    ],
    [
        "Hi there, our plumbers cover the whole county. What is broken?",
        "I see. Has the water been turned off at the main valve?",
        "Sounds like a worn washer. Is the tap dripping or running?",
        "Our visits start at eight. Who will open the door?",
        "Sorry to hear it. When was the boiler last serviced?",
        "Noted! Does the radiator upstairs get warm?",
        "We can send somebody with a pump. Is the cellar flooded?",
        "Good to know. Shall the invoice go to your landlord?",
    ],
];

/// Lets the two talk until neither has anything more to say, and returns how often each has.
async fn talk(both: &mut [Scene; 2], words: impl Fn(usize, usize) -> String) -> [usize; 2] {
    let (mut passed, mut quiet) = ([0, 0], 0);
    both[0].openai.says(&words(0, 0));
    both[0].say("Hello, is this the right number?").await;
    while quiet < 90 {
        quiet += 1;
        for (one, other) in [(0, 1), (1, 0)] {
            for text in both[one].heard().split_off(passed[one]) {
                (quiet, passed[one]) = (0, passed[one] + 1);
                both[other].openai.says(&words(other, passed[other]));
                both[other].say(&text).await;
            }
        }
        for scene in both.iter_mut() {
            scene.live(60).await;
        }
    }
    passed
}

/// The alarms of both about people and what they cost.
fn alarms(both: &[Scene; 2]) -> Vec<String> {
    let logged = both[1].logged();
    let named = |line: &str| Some(line.split_once("alarm=\"")?.1.split_once('"')?.0.to_owned());
    let about = |name: &String| name.starts_with("person.") || name == "money.cap";
    logged.lines().filter_map(named).filter(about).collect()
}

#[tokio::test]
async fn fall_silent_once_they_repeat_themselves() {
    let mut both = [Scene::sending_by("twilio").await, Scene::sending_by("vonage").await];
    let said = talk(&mut both, |who, _| TALK[who][0].to_owned()).await;
    assert!(said.iter().all(|said| (3..=10).contains(said)), "{said:?}");
    assert_eq!(alarms(&both), ["person.loop"], "the other hears nothing more");
}

#[tokio::test]
async fn stop_at_a_limit_whatever_they_say() {
    let say = |who: usize, turn: usize| format!("{} ({turn})", TALK[who][turn * 3 % 8]);
    // Of a hundred replies, or of a dollar that the segments of one of them cost.
    for (off, alarm) in [("CAP_PERSON_DAY", "person.limit"), ("REPLIES_PER_DAY", "money.cap")] {
        let scene = async |provider| Scene::with(provider, &[(off, "off")]).await;
        let mut both = [scene("twilio").await, scene("vonage").await];
        let said = talk(&mut both, say).await;
        assert!(said.iter().all(|said| (10..=101).contains(said)), "{off} is off: {said:?}");
        assert_eq!(alarms(&both), [alarm], "{off} is off");
    }
}
