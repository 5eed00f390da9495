//! The limits on what a stranger's text can cause.

use conversations::SetAside;
use scene::Scene;

const AWAY: &str = "Thanks for your text, we are closed today and will call you back tomorrow.";

#[tokio::test]
async fn falls_silent_towards_a_machine_and_says_so_once() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.says("Hello! What can we do for you?");
    for _ in 0..12 {
        scene.say(AWAY).await;
        scene.live(20).await;
    }
    // The first answer is unlike the others: it says who we are.
    assert_eq!((scene.openai.requests().len(), scene.heard().len()), (5, 5));
    assert_eq!(scene.logged().matches("alarm=\"person.loop\"").count(), 1);
    let told = "The sender says the same again and again";
    let notices = scene.notices().await;
    assert_eq!(notices.iter().filter(|notice| notice.contains(told)).count(), 1);
    assert_eq!(aside(&scene).await, vec![(AWAY.to_owned(), "loop"); 7]);

    scene.say("Sorry, that was my mailbox. Can you come on Friday?").await;
    assert_eq!(scene.heard().len(), 6);
}

#[tokio::test]
async fn answers_a_mailbox_once() {
    let mut scene = Scene::sending_by("twilio").await;
    for text in ["Automatic reply: I am out of the office.", "Auto-reply: back on Monday."] {
        scene.say(text).await;
        scene.live(20).await;
    }
    assert_eq!(scene.heard().len(), 1);
}

#[tokio::test]
async fn spends_nothing_on_numbers_that_may_not_be_replied_to() {
    let abroad = "+442079460958";
    let (premium, satellite, shared_cost) = ("+19005550143", "+881655501430", "+448431234567");
    for (countries, person, answered) in [
        ("", "+12025550143", true),
        ("", abroad, false),
        ("GB,1", abroad, true),
        ("all", abroad, true),
        ("all", premium, false),
        ("all", satellite, false),
        ("44", shared_cost, false),
    ] {
        let mut scene = Scene::with("twilio", &[("COUNTRIES", countries)]).await;
        scene.person = person;
        scene.say("My sink leaks").await;
        scene.say("HELP").await;
        assert_eq!(!scene.heard().is_empty(), answered, "{person} with COUNTRIES={countries}");
        assert_eq!(!scene.openai.requests().is_empty(), answered, "{person}");
        if !answered {
            let kept = [("My sink leaks".into(), "country"), ("HELP".into(), "country")];
            assert_eq!(aside(&scene).await, kept);
            assert!(scene.is_at_rest().await);
        }
    }
}

#[tokio::test]
async fn records_a_stop_from_a_country_that_may_not_be_replied_to() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.person = "+442079460958";
    scene.say("STOP").await;
    assert!(scene.loaded().await.stop.is_some());
    assert!(scene.heard().is_empty());
    scene.say("START").await;
    assert!(scene.loaded().await.stop.is_none());
}

#[tokio::test]
async fn reports_a_country_once_a_day_however_many_text_from_there() {
    let mut scene = Scene::sending_by("twilio").await;
    let people = ["+442079460950", "+442079460951", "+442079460952", "+33639980010"];
    for person in people.into_iter().chain(people) {
        scene.person = person;
        scene.say("My sink leaks").await;
    }
    assert_eq!(scene.notices().await.len(), 2, "one for +44 and one for +33");
    scene.pass(24 * 3_600);
    scene.say("My sink leaks").await;
    assert_eq!(scene.notices().await.len(), 3);
}

#[tokio::test]
async fn makes_a_person_wait_who_has_had_their_replies_for_the_minute_or_the_hour() {
    for (limit, wait) in [("REPLIES_PER_MINUTE", 60), ("REPLIES_PER_HOUR", 3_600)] {
        let mut scene = Scene::with("twilio", &[(limit, "2")]).await;
        for text in ["The first", "The second", "The third", "The fourth"] {
            scene.say(text).await;
        }
        assert_eq!(scene.openai.requests().len(), 2, "{limit}");
        scene.live(wait - 5).await;
        assert_eq!(scene.heard().len(), 2);
        scene.live(10).await;
        assert_eq!(scene.heard()[2..], ["You said: The third | The fourth"]);
        assert!(!scene.is_told(limit).await, "a short wait is not reported");
    }
}

#[tokio::test]
async fn sets_texts_aside_beyond_the_replies_of_a_day() {
    let mut scene = Scene::with("twilio", &[("REPLIES_PER_DAY", "3")]).await;
    for number in 1..=5 {
        scene.say(&format!("Question {number}")).await;
        scene.live(60).await;
    }
    assert_eq!((scene.openai.requests().len(), scene.heard().len()), (3, 3));
    let kept = [("Question 4".into(), "limit"), ("Question 5".into(), "limit")];
    assert_eq!(aside(&scene).await, kept);
    assert!(scene.is_told("or raise REPLIES_PER_DAY").await);
    assert_eq!(scene.notices().await.len(), 1);
    assert_eq!(scene.logged().matches("alarm=\"person.limit\"").count(), 1);
    scene.pass(24 * 3_600);
    scene.say("Question 6").await;
    assert_eq!(scene.heard().len(), 4);
}

#[tokio::test]
async fn says_a_fixed_text_five_times_a_day_and_hears_every_stop() {
    let scene = Scene::sending_by("messagecentral").await;
    for _ in 0..8 {
        scene.say("HELP").await;
    }
    assert_eq!(scene.heard().len(), 5);
    scene.say("STOP").await;
    assert_eq!(scene.heard().len(), 5, "its confirmation would be the sixth");
    assert!(scene.loaded().await.stop.is_some());
    scene.say("My sink leaks").await;
    assert_eq!(scene.heard().len(), 5);
}

#[tokio::test]
async fn lets_a_few_new_people_in_each_minute_and_all_known_ones() {
    let bound = [("NEW_PEOPLE_PER_MINUTE", "3")];
    let mut scene = Scene::with("twilio", &bound).await;
    scene.person = "+12025550150";
    scene.say("My sink leaks").await;
    scene.pass(60);
    let crowd: Vec<&'static str> =
        (1..=8).map(|number| &*format!("+1202555011{number}").leak()).collect();
    for person in &crowd {
        scene.person = person;
        scene.say("Do you move sofas?").await;
    }
    scene.person = "+12025550150";
    scene.say("It still leaks").await;
    assert_eq!(scene.heard().len(), 2, "a known person does not wait");
    let let_in = |scene: &Scene| {
        crowd.iter().filter(|person| !scene.companies.twilio.texts_to(person).is_empty()).count()
    };
    assert_eq!(let_in(&scene), 3);
    scene.live(60).await;
    assert_eq!(let_in(&scene), 6);
    scene.live(60).await;
    assert_eq!(let_in(&scene), 8);
    assert_eq!(scene.openai.requests().len(), 10, "the model was not asked about those who wait");
    assert_eq!(scene.logged().matches("alarm=\"people.flood\"").count(), 1);
    let told = scene.notices().await;
    assert_eq!(told.iter().filter(|notice| notice.contains("NEW_PEOPLE_PER_MINUTE")).count(), 1);
}

#[tokio::test]
async fn enforces_no_limit_that_is_off() {
    let off = [
        "REPLIES_PER_MINUTE",
        "REPLIES_PER_HOUR",
        "REPLIES_PER_DAY",
        "NEW_PEOPLE_PER_MINUTE",
        "CAP_PERSON_DAY",
        "CAP_DAY",
    ]
    .map(|name| (name, "off"));
    let mut scene = Scene::with("twilio", &off).await;
    for number in 0..120 {
        scene.say(&format!("Question {number}: what does a sofa cost?")).await;
        scene.openai.says(&format!("Answer {number}"));
    }
    assert_eq!(scene.heard().len(), 120);
    for number in 0..40 {
        scene.person = format!("+121255501{number:02}").leak();
        scene.say("Do you move sofas?").await;
        assert_eq!(scene.heard().len(), 1);
    }
}

#[tokio::test]
async fn keeps_and_displays_a_flood_from_one_person() {
    let scene = Scene::sending_by("twilio").await;
    for number in 1..=140 {
        scene.text(&format!("Text {number}")).await;
    }
    scene.work().await;
    assert_eq!(scene.openai.requests().len(), 5, "a hundred texts, twenty at once");
    let kept: Vec<_> = (101..=140).map(|number| (format!("Text {number}"), "too many")).collect();
    assert_eq!(aside(&scene).await, kept);
    assert!(scene.is_told("One person sent so many texts").await);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn hands_a_conversation_over_that_has_become_too_large() {
    let scene = Scene::sending_by("twilio").await;
    let call = ("nothing of ours", &*"\u{1f4a7}".repeat(4_000));
    scene.openai.calls_many(&[call; 16]);
    scene.say("My sink leaks").await;
    assert!(scene.is_told("The agent handed a conversation over").await);
    assert_eq!((scene.heard().len(), scene.openai.requests().len()), (1, 2));
    assert!(scene.is_at_rest().await);
    scene.give_back().await;
    scene.say("Is anybody there?").await;
    assert_eq!(scene.heard().last().unwrap(), "You said: Is anybody there?");
    assert_eq!(scene.asked().last().unwrap().len(), 1, "and nothing from before");
}

#[tokio::test]
async fn limits_what_the_model_is_sent_however_much_a_person_writes() {
    let scene = Scene::sending_by("twilio").await;
    for _ in 0..90 {
        scene.text(&"It leaks. ".repeat(160)).await;
    }
    let long = format!(r#"{{"what":"{}"}}"#, "a".repeat(3_900));
    for _ in 0..20 {
        scene.openai.calls_many(&[("nothing of ours", &*long); 16]);
    }
    scene.work().await;
    let requests = scene.openai.requests();
    let longest = requests.iter().map(|request| request.to_string().len()).max().unwrap();
    assert!(longest < 250_000, "{longest} characters in {} requests", requests.len());
}

/// The texts of the person that were set aside, each with its reason.
async fn aside(scene: &Scene) -> Vec<(String, &'static str)> {
    let kept = scene.process.store.set_aside(&scene.id(), 200).await.unwrap();
    kept.into_iter().map(|SetAside { text, why, .. }| (text.body, &*why.leak())).collect()
}
