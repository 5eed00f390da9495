//! The product itself speaks the language of the person.

use agent::Texts;
use fakes::OpenAi;
use policy::Language;
use scene::Scene;

/// A page whose agent answers in German only.
const GERMAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/german.md");

fn texts(scene: &Scene, code: &str) -> Texts {
    scene.process.turn.agent.page.texts_in(Language::of_code(code)).clone()
}

#[tokio::test]
async fn confirms_a_stop_in_the_language_of_the_conversation() {
    let scene = Scene::sending_by("messagecentral").await;
    scene.openai.says("Claro, ¿cuándo le viene bien?");
    for text in ["Hola, mi grifo gotea", "STOP"] {
        scene.say(text).await;
    }
    assert_eq!(scene.heard()[1..], [texts(&scene, "es").stop]);
}

#[tokio::test]
async fn stays_with_the_language_after_an_ok_and_changes_it_with_the_person() {
    let mut scene = Scene::sending_by("messagecentral").await;
    let mut languages = vec![];
    for (said, reply) in [
        ("Mein Hahn tropft", "Gern, wann passt es Ihnen?"),
        ("OK", "👍"),
        ("Ann", "OK, Ann."),
        ("Can we go on in English?", "Of course, what is it about?"),
    ] {
        scene.openai.says(reply);
        scene.say(said).await;
        scene.live(10).await;
        languages.push(scene.conversation().await.language.map(Language::code));
    }
    assert_eq!(languages, [Some("de"), Some("de"), Some("de"), Some("en")]);
}

#[tokio::test]
async fn knows_the_language_in_the_next_conversation() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.openai.says("Bien sûr, quel jour vous convient ?");
    scene.say("Mon robinet fuit").await;
    scene.live(25 * 3_600).await;
    assert_eq!(scene.conversation().await.number, 2);
    scene.say("HELP").await;
    assert_eq!(scene.heard()[1..], [texts(&scene, "fr").help]);
}

#[tokio::test]
async fn answers_a_keyword_of_a_stranger_in_its_own_language() {
    for (keyword, code) in [("AYUDA", "es"), ("Hilfe", "de"), ("помощь", "ru"), ("HELP", "en")]
    {
        let scene = Scene::sending_by("messagecentral").await;
        scene.say(keyword).await;
        assert_eq!(scene.heard(), [texts(&scene, code).help], "{keyword}");
    }
}

#[tokio::test]
async fn apologises_in_the_language_of_a_text_that_no_model_has_read() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.openai.switch.set(OpenAi::overloaded());
    scene.say("Hola, mi grifo gotea").await;
    let sorry = texts(&scene, "es").sorry;
    assert_eq!(scene.heard(), [sorry.as_str()]);
    scene.openai.switch.set(fakes::Mode::Works);
    scene.live(300).await;
    // The apology is no part of what the model reads.
    assert_eq!(scene.asked().pop().unwrap().len(), 1);
}

#[tokio::test]
async fn says_in_the_persons_language_that_there_is_no_answer() {
    let scene = Scene::sending_by("messagecentral").await;
    scene.openai.filters("granada");
    scene.say("Hola, mi granada gotea").await;
    assert_eq!(scene.heard(), [texts(&scene, "es").unanswered]);
}

#[tokio::test]
async fn says_everything_in_the_only_language_of_a_page() {
    let scene = Scene::with("messagecentral", &[("AGENT_FILE", GERMAN)]).await;
    scene.say("AYUDA").await;
    assert_eq!(scene.heard(), [texts(&scene, "de").help]);
    assert!(scene.heard()[0].contains("Schreiben Sie"));
}
