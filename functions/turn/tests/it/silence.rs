//! A number that is texted from again after a long silence.

use scene::Scene;

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn a_number_that_was_silent_for_a_year_starts_as_a_stranger() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.say("Hola, me llamo Ana y vivo en la Plaza Mayor 4. Necesito un fontanero.").await;
    let known = scene.conversation().await;
    assert_eq!(known.language.map(|language| language.code()), Some("es"));
    assert_eq!((known.number, known.answers), (1, 1));

    scene.pass(366 * DAY);
    scene.say("Hello, who is this?").await;
    let told = scene.openai.requests().pop().unwrap().to_string();
    assert!(!told.contains("Ana") && !told.contains("Mayor"), "{told}");
    let now = scene.conversation().await;
    assert_eq!(now.language.map(|language| language.code()), Some("en"));
    assert_eq!((now.number, now.answers), (2, 1));
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    let ended: Vec<_> = ended.iter().map(|it| (it.number, &*it.ending, it.turns.len())).collect();
    assert_eq!(ended, [(1, "quiet", 2)]);
}

#[tokio::test]
async fn a_number_that_was_silent_for_less_than_a_year_is_known() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.say("Hola, me llamo Ana y vivo en la Plaza Mayor 4. Necesito un fontanero.").await;
    scene.pass(364 * DAY);
    scene.say("Are you there?").await;
    let told = scene.openai.requests().pop().unwrap().to_string();
    assert!(told.contains("Ana"), "{told}");
    scene.pass(364 * DAY);
    scene.say("And now?").await;
    let told = scene.openai.requests().pop().unwrap().to_string();
    assert!(told.contains("Ana"), "{told}");
}

#[tokio::test]
async fn a_stop_outlasts_any_silence() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.say("STOP").await;
    scene.pass(3 * 366 * DAY);
    scene.say("Hello, who is this?").await;
    assert!(scene.heard().is_empty());
    assert!(scene.loaded().await.stop.is_some());
    scene.say("START").await;
    scene.pass(10);
    scene.say("Hello, who is this?").await;
    assert_eq!(scene.heard().len(), 1);
}

#[tokio::test]
async fn thanks_to_whom_the_number_belonged_before_are_not_taken_from_a_stranger() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    scene.pass(2 * DAY);
    scene.sweep().await;
    assert_eq!(scene.conversation().await.number, 2, "it has ended");
    scene.pass(366 * DAY);
    scene.say("Thanks").await;
    assert_eq!(scene.heard().len(), 2);
}
