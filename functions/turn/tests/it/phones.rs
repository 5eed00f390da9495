//! Owners answer from their own phones.

use fakes::Company as _;
use scene::Scene;

const OWNER: &str = "+12025550187";
const ANN: &str = "+12025550143";
const BEN: &str = "+12025550144";
const HOUR: i64 = 3_600;

#[tokio::test]
async fn an_owner_is_told_of_a_hand_over_and_answers_and_closes_it_by_its_code() {
    let mut scene = with(&[]).await;
    let code = hand_over(&mut scene, ANN, "My tap drips").await;
    let told = owner_heard(&mut scene).pop().unwrap();
    assert!(told.contains("(202) 555-0143 needs a person: wants a human"), "{told}");
    assert!(told.contains("\"My tap drips\""), "{told}");
    says(&mut scene, OWNER, &format!("#{} We come at nine", code.to_lowercase())).await;
    assert_eq!(heard(&mut scene, ANN).pop().unwrap(), "We come at nine");
    says(&mut scene, ANN, "Thanks, see you").await;
    assert_eq!(heard(&mut scene, ANN).len(), 2, "the agent is silent");
    says(&mut scene, OWNER, &format!("#{code} done")).await;
    says(&mut scene, ANN, "One more thing").await;
    assert_eq!(heard(&mut scene, ANN).pop().unwrap(), "You said: One more thing");
    scene.person = ANN;
    assert_eq!(scene.acts().await, ["owner's phone say", "owner's phone done"]);
    assert_eq!(owner_heard(&mut scene).len(), 1, "no more is said than needed");
}

#[tokio::test]
async fn two_hand_overs_at_once_are_answered_crosswise() {
    let mut scene = with(&[]).await;
    let ann = hand_over(&mut scene, ANN, "My tap drips").await;
    let ben = hand_over(&mut scene, BEN, "My door sticks").await;
    scene.person = OWNER;
    scene.text(&format!("#{ben} A carpenter comes")).await;
    scene.text(&format!("#{ann} A plumber comes")).await;
    scene.text(&format!("#{ben} At ten")).await;
    scene.work().await;
    scene.live(70).await;
    assert_eq!(heard(&mut scene, ANN)[1..], ["A plumber comes"]);
    assert_eq!(heard(&mut scene, BEN)[1..], ["A carpenter comes", "At ten"]);
    says(&mut scene, OWNER, "#open").await;
    let open = owner_heard(&mut scene).pop().unwrap();
    assert!(open.contains(&format!("#{ann} (202) 555-0143")), "{open}");
    assert!(open.contains(&format!("#{ben} (202) 555-0144")), "{open}");
}

#[tokio::test]
async fn one_wake_up_carries_out_all_that_an_owner_wrote() {
    let mut scene = with(&[]).await;
    let code = hand_over(&mut scene, ANN, "My tap drips").await;
    scene.person = OWNER;
    for text in ["We come", "at nine", "with a plumber"] {
        scene.text(&format!("#{code} {text}")).await;
    }
    let first = scene.wake_up().await;
    scene.turn(&first).await.unwrap();
    scene.person = ANN;
    let said: Vec<_> = scene.acts().await;
    assert_eq!(said, ["owner's phone say"; 3], "none waits for a wake-up that may have been lost");
}

#[tokio::test]
async fn only_an_owner_s_number_and_a_sign_make_a_command() {
    let mut scene = with(&[]).await;
    let code = hand_over(&mut scene, ANN, "My tap drips").await;
    for text in ["#done", &format!("#{code} done"), &format!("#{code} I am the owner")] {
        says(&mut scene, BEN, text).await;
        assert_eq!(heard(&mut scene, BEN).pop().unwrap(), format!("You said: {text}"));
    }
    says(&mut scene, OWNER, &format!("{code} done")).await;
    assert_eq!(owner_heard(&mut scene).pop().unwrap(), format!("You said: {code} done"));
    assert_eq!(heard(&mut scene, ANN).len(), 1);
    scene.person = ANN;
    assert!(scene.conversation().await.is_with_person(scene.now) && scene.acts().await.is_empty());
    // What the phone was told is for nobody but its owner.
    assert!(!scene.prompt().contains("needs a person"), "{}", scene.prompt());
}

#[tokio::test]
async fn five_wrong_codes_mute_a_number_for_an_hour() {
    let mut scene = with(&[]).await;
    let code = hand_over(&mut scene, ANN, "My tap drips").await;
    for wrong in ["#2222 Hi", "#3333 Hi", "#4444 done", "#5555 Hi", "#6666 Hi"] {
        says(&mut scene, OWNER, wrong).await;
    }
    let told = owner_heard(&mut scene).split_off(1);
    assert_eq!(told.len(), 5);
    assert!(told[3].starts_with("No conversation that is open"), "{told:?}");
    assert!(told[4].starts_with("5 wrong codes"), "{told:?}");
    assert!(scene.is_told("5 wrong codes within an hour").await);
    says(&mut scene, OWNER, &format!("#{code} We come")).await;
    assert_eq!((heard(&mut scene, ANN).len(), owner_heard(&mut scene).len()), (1, 6));
    scene.pass(HOUR);
    says(&mut scene, OWNER, &format!("#{code} We come")).await;
    assert_eq!(heard(&mut scene, ANN).pop().unwrap(), "We come");
}

#[tokio::test]
async fn what_cannot_be_said_comes_back_to_the_phone_that_wrote_it() {
    let mut scene = with(&[]).await;
    let code = hand_over(&mut scene, ANN, "My tap drips").await;
    says(&mut scene, ANN, "STOP").await;
    says(&mut scene, OWNER, &format!("#{code} We come at nine")).await;
    assert!(!heard(&mut scene, ANN).contains(&"We come at nine".to_owned()));
    let told = owner_heard(&mut scene).pop().unwrap();
    assert!(told.starts_with(&format!("#{code}: your text to (202) 555-0143")), "{told}");
    assert!(told.contains("the person has stopped"), "{told}");

    let code = hand_over(&mut scene, BEN, "My door sticks").await;
    says(&mut scene, OWNER, &format!("#{code} At ten")).await;
    let id = scene.companies.twilio.taken().pop().unwrap().id;
    scene.report(&scene.receipt(&id, "undelivered", Some(30005))).await;
    scene.work().await;
    scene.live(70).await;
    let told = owner_heard(&mut scene).pop().unwrap();
    assert!(
        told.contains("to (202) 555-0144") && told.contains("did not arrive (30005)"),
        "{told}"
    );
}

#[tokio::test]
async fn a_phone_that_stops_is_told_nothing_and_the_business_is_told_that() {
    let mut scene = with(&[]).await;
    says(&mut scene, OWNER, "STOP").await;
    let before = owner_heard(&mut scene).len();
    scene.person = ANN;
    handed_over(&mut scene, "My tap drips").await;
    assert_eq!(owner_heard(&mut scene).len(), before);
    assert!(scene.is_told("A phone in OWNER_NUMBERS has stopped").await);
}

#[tokio::test]
async fn nobody_is_told_at_night_nor_of_what_is_over_by_the_morning() {
    let mut scene = with(&[]).await;
    scene.pass(12 * HOUR);
    scene.person = ANN;
    handed_over(&mut scene, "My tap drips").await;
    scene.person = BEN;
    handed_over(&mut scene, "My door sticks").await;
    assert_eq!(owner_heard(&mut scene).len(), 0, "at ten in the evening");
    scene.person = BEN;
    scene.give_back().await;
    scene.pass(9 * HOUR);
    scene.sweep().await;
    scene.live(70).await;
    assert_eq!(owner_heard(&mut scene).len(), 0, "at seven in the morning");
    scene.pass(HOUR);
    scene.live(130).await;
    let told = owner_heard(&mut scene);
    assert!(told.len() == 1 && told[0].contains("My tap drips"), "{told:?}");
}

#[tokio::test]
async fn the_owner_s_cap_pays_for_it_and_ends_it() {
    let prices = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(prices.path(), "[segments.twilio.US]\nsegment = 0.01\n").unwrap();
    let path = prices.path().display().to_string();
    let mut scene =
        with(&[("PRICES_FILE", path.as_str()), ("CAP_TURN", "0.01"), ("CAP_OWNER_DAY", "0.01")])
            .await;
    let code = hand_over(&mut scene, ANN, "My tap drips").await;
    assert!(!code.is_empty());
    scene.person = BEN;
    handed_over(&mut scene, "My door sticks").await;
    assert_eq!(owner_heard(&mut scene).len(), 1);
    assert!(scene.is_told("CAP_OWNER_DAY is reached").await);
}

#[tokio::test]
async fn an_answer_from_a_phone_is_sent_once_wherever_it_dies() {
    for steps in 0.. {
        let mut scene = with(&[]).await;
        let code = hand_over(&mut scene, ANN, "My tap drips").await;
        scene.person = OWNER;
        scene.text(&format!("#{code} We come at nine")).await;
        let died = scene.die_after(steps * 5).await;
        scene.live(300).await;
        assert_eq!(heard(&mut scene, ANN)[1..], ["We come at nine"], "{steps}");
        if !died {
            return;
        }
    }
}

/// A scene with an owner's phone.
async fn with(settings: &[(&str, &str)]) -> Scene {
    Scene::with("twilio", &[&[("OWNER_NUMBERS", OWNER)], settings].concat()).await
}

/// The agent hands the conversation with this person over; returns the code that the owner got.
async fn hand_over(scene: &mut Scene, person: &'static str, text: &str) -> String {
    scene.person = person;
    handed_over(scene, text).await;
    let told = owner_heard(scene).pop().unwrap();
    told.split_once(':').unwrap().0.trim_start_matches('#').to_owned()
}

async fn handed_over(scene: &mut Scene, text: &str) {
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.openai.says("Somebody calls you.");
    scene.say(text).await;
    scene.live(70).await;
}

/// Somebody texts, and what follows from it is done.
async fn says(scene: &mut Scene, person: &'static str, text: &str) {
    scene.person = person;
    scene.say(text).await;
    scene.live(70).await;
}

fn heard(scene: &mut Scene, person: &'static str) -> Vec<String> {
    scene.person = person;
    scene.heard()
}

fn owner_heard(scene: &mut Scene) -> Vec<String> {
    heard(scene, OWNER)
}
