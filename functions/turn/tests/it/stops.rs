//! Nobody is texted after opting out.

use std::time::Duration;

use fakes::Mode;
use scene::Scene;
use sms::Number;

use crate::answers::bare;

#[tokio::test]
async fn says_nothing_when_twilio_has_confirmed_a_stop() {
    let scene = Scene::sending_by("twilio").await;
    for text in ["My sink leaks", "STOP", "Is anybody there?"] {
        scene.say(text).await;
    }
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
    assert_eq!(scene.companies.twilio.own_replies_to(scene.person).len(), 1);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn confirms_a_stop_once_ever() {
    let mut scene = Scene::sending_by("messagecentral").await;
    for text in ["stop", "Please", "Stop.", "STOP"] {
        scene.say(text).await;
        scene.live(30).await;
    }
    assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.stop.as_str()]);
    assert!(scene.openai.requests().is_empty());
}

#[tokio::test]
async fn confirms_a_stop_once_even_if_it_was_refused_at_first() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.companies.messagecentral.no_credit();
    scene.say("STOP").await;
    scene.live(30).await;
    scene.companies.messagecentral.accept();
    scene.live(30).await;
    scene.say("Are you sure?").await;
    assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.stop.as_str()]);
}

#[tokio::test]
async fn confirms_no_stop_that_was_taken_back() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.companies.messagecentral.no_credit();
    scene.say("STOP").await;
    scene.companies.messagecentral.accept();
    scene.text("START").await;
    scene.live(30).await;
    assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.start.as_str()]);
}

#[tokio::test]
async fn confirms_no_stop_to_a_number_that_was_blocked_meanwhile() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.companies.messagecentral.no_credit();
    scene.say("STOP").await;
    scene.companies.messagecentral.accept();
    let theirs = Number::parse(scene.person).unwrap();
    scene.process.store.block(&theirs, scene.now).await.unwrap();
    scene.live(30).await;
    assert!(scene.heard().is_empty() && scene.is_at_rest().await);
}

#[tokio::test]
async fn says_nothing_that_it_thought_of_before_the_stop() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let stop = async {
        scene.openai.wait_for_requests(1).await;
        scene.text("STOP").await;
        scene.openai.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), stop);
    assert!(scene.heard().is_empty() && scene.attempts().await.is_empty());
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn sends_by_no_other_provider_after_a_refusal_during_a_stop() {
    let scene = Scene::sending_by("twilio,messagecentral").await;
    scene.companies.twilio.refuse_with(20003);
    scene.companies.twilio.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let stop = async {
        while scene.attempts().await.is_empty() {
            tokio::task::yield_now().await;
        }
        scene.text("STOP").await;
        scene.companies.twilio.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), stop);
    assert!(scene.heard().is_empty());
    assert_eq!(scene.attempts().await, ["twilio: failed"]);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn drops_a_reply_that_was_waiting_for_a_provider_when_the_stop_came() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.companies.twilio.refuse_with(20003);
    scene.say("My sink leaks").await;
    scene.text("STOP").await;
    scene.companies.twilio.accept();
    scene.live(60).await;
    assert!(scene.heard().is_empty() && scene.is_at_rest().await);
}

#[tokio::test]
async fn answers_a_person_who_is_back() {
    let scene = Scene::sending_by("messagecentral").await;
    for text in ["STOP", "START", "My sink leaks"] {
        scene.say(text).await;
    }
    let texts = &scene.process.turn.agent.page.texts;
    assert_eq!(scene.heard(), [&texts.stop, &texts.start, "You said: My sink leaks"]);
}

#[tokio::test]
async fn answers_the_texts_after_the_yes_that_opts_in_again() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.say("STOP").await;
    scene.pass(1);
    for text in ["YES", "My sink leaks"] {
        scene.text(text).await;
    }
    scene.work().await;
    let texts = &scene.process.turn.agent.page.texts;
    assert_eq!(scene.heard(), [&texts.stop, &texts.start, "You said: My sink leaks"]);
}

#[tokio::test]
async fn takes_a_yes_for_an_answer_unless_the_person_has_stopped() {
    let mut scene = Scene::sending_by("messagecentral").await;
    for text in ["YES", "STOP", "yes!", "My sink leaks"] {
        scene.pass(1);
        scene.say(text).await;
    }
    let texts = &scene.process.turn.agent.page.texts;
    let heard = ["You said: YES", &texts.stop, &texts.start, "You said: My sink leaks"];
    assert_eq!(scene.heard(), heard);
}

#[tokio::test]
async fn ignores_a_yes_from_before_the_stop() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.text("YES").await;
    scene.pass(1);
    scene.text("STOP").await;
    scene.work().await;
    scene.say("Are you sure?").await;
    assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.stop.as_str()]);
}

#[tokio::test]
async fn leaves_start_and_help_to_twilio_which_answers_them() {
    let scene = Scene::sending_by("twilio").await;
    for text in ["STOP", "START", "HELP"] {
        scene.say(text).await;
    }
    assert!(scene.heard().is_empty() && scene.is_at_rest().await);
    assert_eq!(scene.companies.twilio.own_replies_to(scene.person).len(), 3);
}

/// Its owner has configured the keywords at the provider, in any language.
#[tokio::test]
async fn says_nothing_to_a_text_that_the_provider_took_for_a_keyword() {
    for (providers, [stop, start, help]) in [
        ("twilio,messagecentral", ["STOP", "START", "HELP"]),
        ("plivo,messagecentral", ["optout", "optin", "help"]),
    ] {
        let scene = Scene::sending_by(providers).await;
        let say = async |body: &str, word: &str| {
            assert_eq!(scene.post(&scene.handled(body, word)).await, 200);
            scene.work().await;
            scene.loaded().await.stop.map(|stop| stop.confirmed)
        };
        assert_eq!(say("ARRET", stop).await, Some(true), "{providers}");
        scene.say("Is anybody there?").await;
        assert_eq!(say("REPRENDRE", start).await, None, "{providers}");
        assert_eq!(say("AIDE", help).await, None, "{providers}");
        assert!(scene.attempts().await.is_empty() && scene.openai.requests().is_empty());
        assert!(scene.is_at_rest().await);
        scene.say("My sink leaks").await;
        assert_eq!(scene.attempts().await.len(), 1, "{providers}");
    }
}

#[tokio::test]
async fn takes_a_yes_for_an_answer_even_if_the_provider_took_it_for_a_start() {
    let scene = Scene::sending_by("twilio").await;
    for (body, word) in [("Yes", "START"), ("STOP", "STOP"), ("yes", "START")] {
        assert_eq!(scene.post(&scene.handled(body, word)).await, 200);
        scene.work().await;
    }
    assert!(scene.loaded().await.stop.is_none());
    assert_eq!(scene.heard(), ["You said: Yes"]);
}

/// The call is kept for the operator all the same.
#[tokio::test]
async fn recognises_a_stop_in_a_call_that_cannot_be_parsed() {
    let long = "a".repeat(2_100);
    let of_sdk = [("Author", "whatsapp:+12025550143"), ("Body", "Stop"), ("Source", "SDK")];
    let by_rcs = [("From", "rcs:+12025550143"), ("Body", "STOP"), ("MessageSid", "RC1")];
    let too_long =
        [("From", "+12025550143"), ("Body", &*long), ("OptOutType", "STOP"), ("MessageSid", SID)];
    let astray = [("From", "+12025550143"), ("Body", "STOP"), ("MessageSid", SID)];
    for (path, fields) in [
        ("inbound", &of_sdk[..]),
        ("inbound", &by_rcs),
        ("inbound", &too_long),
        ("status", &astray),
    ] {
        let scene = Scene::sending_by("twilio,messagecentral").await;
        let account = ("AccountSid", scene.companies.twilio.account_sid());
        let fields = [fields, &[account, ("To", scene.companies.twilio.number())]].concat();
        let address = format!("/webhooks/twilio/{path}");
        let call = scene.made(|by, to| by.twilio.signed(to, &address, &fields));
        for _ in 0..2 {
            match path {
                "status" => assert_eq!(scene.try_report(&call).await.0, 200),
                _ => assert_eq!(scene.post(&call).await, 200),
            }
        }
        scene.say("My sink leaks").await;
        assert!(scene.attempts().await.is_empty(), "{fields:?}");
        let kept = scene.process.store.quarantined(10).await.unwrap();
        assert_eq!((kept.len(), kept[0].seen), (1, 2), "{fields:?}");
    }
}

const SID: &str = "SM00000000000000000000000000000001";

/// Carriers and Twilio apply a stop to SMS, MMS and RCS together.
#[tokio::test]
async fn knows_a_person_by_rcs_as_the_same_by_sms() {
    let scene = Scene::sending_by("twilio").await;
    let by_rcs = async |sid: &str, body: &str| {
        let fields = [
            ("From", "rcs:+12025550143"),
            ("To", "rcs:brand_agent"),
            ("Body", body),
            ("MessageSid", sid),
            ("AccountSid", scene.companies.twilio.account_sid()),
        ];
        let call = scene.made(|by, to| by.twilio.signed(to, "/webhooks/twilio/inbound", &fields));
        assert_eq!(scene.post(&call).await, 200);
        scene.work().await;
    };
    scene.say("My sink leaks").await;
    by_rcs(SID, "In the kitchen").await;
    assert_eq!(scene.heard(), ["You said: My sink leaks", "You said: In the kitchen"]);
    assert_eq!(scene.companies.twilio.messages()[1].from, scene.companies.twilio.number());
    by_rcs("SM00000000000000000000000000000002", "STOP").await;
    scene.say("Is anybody there?").await;
    assert_eq!(scene.heard().len(), 2);
}

/// Twilio itself answers no keywords to a short code.
#[tokio::test]
async fn answers_keywords_that_came_to_a_short_code() {
    let scene = Scene::sending_by("twilio,messagecentral").await;
    scene.companies.twilio.switch.set(Mode::Fails(429, String::new()));
    for (sid, body) in [(SID, "HELP"), ("SM00000000000000000000000000000002", "STOP")] {
        let fields = [
            ("From", scene.person),
            ("To", "384387"),
            ("Body", body),
            ("MessageSid", sid),
            ("AccountSid", scene.companies.twilio.account_sid()),
        ];
        let call = scene.made(|by, to| by.twilio.signed(to, "/webhooks/twilio/inbound", &fields));
        assert_eq!(scene.post(&call).await, 200);
        scene.work().await;
    }
    let texts = &scene.process.turn.agent.page.texts;
    assert_eq!(scene.heard(), [&*texts.help, &*texts.stop]);
}

#[tokio::test]
async fn stops_texting_a_person_whose_opt_out_only_the_model_understands() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.openai.calls("stop", "{}");
    scene.say("You lot drive me up the wall with this").await;
    for text in ["Hello?", "START", "My sink leaks"] {
        scene.pass(1);
        scene.say(text).await;
    }
    let texts = &scene.process.turn.agent.page.texts;
    assert_eq!(scene.heard(), [&texts.stop, &texts.start, "You said: My sink leaks"]);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn stops_nobody_who_came_back_while_the_model_thought() {
    let scene = Scene::sending_by("messagecentral").await;
    scene.openai.calls("stop", "{}");
    scene.openai.switch.set(Mode::Holds);
    scene.text("You lot drive me up the wall with this").await;
    let wall = scene.wake_up().await;
    let back = async {
        scene.openai.wait_for_requests(1).await;
        scene.say("START").await;
        scene.openai.switch.set(Mode::Works);
    };
    let (answered, ()) = tokio::join!(scene.turn(&wall), back);
    answered.unwrap();
    assert!(scene.loaded().await.stop.is_none());
    assert_eq!(scene.heard()[0], scene.process.turn.agent.page.texts.start);
}

#[tokio::test]
async fn answers_help_behind_a_text_that_the_model_cannot_answer() {
    let scene = Scene::sending_by("messagecentral").await;
    scene.openai.switch.set(Mode::Fails(401, String::new()));
    for text in ["My sink leaks", "HELP"] {
        scene.say(text).await;
    }
    let texts = &scene.process.turn.agent.page.texts;
    assert_eq!(scene.heard(), [texts.sorry.as_str(), texts.help.as_str()]);
}

#[tokio::test]
async fn answers_help_while_the_model_thinks_and_loses_no_thought() {
    let scene = Scene::sending_by("messagecentral").await;
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let sink = scene.wake_up().await;
    let help = async {
        scene.openai.wait_for_requests(1).await;
        scene.say("HELP").await;
        assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.help.as_str()]);
        scene.openai.switch.set(Mode::Works);
    };
    let (answered, ()) = tokio::join!(scene.turn(&sink), help);
    answered.unwrap();
    assert_eq!(scene.heard()[1..], ["You said: My sink leaks"]);
    assert_eq!(scene.openai.requests().len(), 1);
}

#[tokio::test]
async fn ignores_a_stop_that_is_replayed_after_the_return() {
    let mut scene = Scene::sending_by("twilio").await;
    let stop = scene.text("STOP").await;
    scene.say("START").await;
    scene.pass(5 * 24 * 3_600);
    assert_eq!(scene.post(&stop).await, 200);
    scene.say("My sink leaks").await;
    assert_eq!(scene.heard().len(), 1);
}

#[tokio::test]
async fn stops_again_at_a_word_without_an_id() {
    let mut scene = Scene::sending_by("messagecentral").await;
    for (word, days) in [("STOP", 0), ("START", 1), ("STOP", 1), ("START", 1), ("STOP", 0)] {
        scene.pass(days * 24 * 3_600);
        assert_eq!(scene.post(&bare(&scene, word)).await, 200);
        scene.work().await;
        let stopped =
            scene.process.store.load(&scene.id(), scene.now).await.unwrap().unwrap().stop.is_some();
        assert_eq!(stopped, word == "STOP", "after {word}");
    }
}

#[tokio::test]
async fn hears_of_a_stop_from_twilio_and_texts_by_nobody_else() {
    let scene = Scene::sending_by("twilio,messagecentral").await;
    scene.companies.twilio.opt_out(scene.person);
    scene.say("My sink leaks").await;
    scene.say("Is anybody there?").await;
    assert!(scene.heard().is_empty() && scene.is_at_rest().await);
    assert_eq!(scene.attempts().await, ["twilio: failed"]);
    assert_eq!(scene.openai.requests().len(), 1);
}

#[tokio::test]
async fn hears_of_a_stop_by_receipt_and_texts_by_nobody_else() {
    let scene = Scene::sending_by("twilio,messagecentral").await;
    scene.say("My sink leaks").await;
    let sid = scene.companies.twilio.messages()[0].sid.clone();
    scene.report(&scene.receipt(&sid, "undelivered", Some(21610))).await.unwrap();
    scene.say("Is anybody there?").await;
    assert_eq!(scene.heard().len(), 1);
}

#[tokio::test]
async fn holds_a_stop_for_all_our_numbers() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.carrier = "messagecentral";
    scene.say("STOP").await;
    scene.carrier = "twilio";
    scene.say("My sink leaks").await;
    assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.stop.as_str()]);
}

/// The model is slow, and the stop comes when the reply is on its way: it cannot be unsent.
#[tokio::test]
async fn stays_silent_after_a_stop_that_came_too_late() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.companies.twilio.switch.set(Mode::Slow(Duration::from_millis(300)));
    scene.text("My sink leaks").await;
    let stop = async {
        while scene.attempts().await.is_empty() {
            tokio::task::yield_now().await;
        }
        scene.text("STOP").await;
    };
    tokio::join!(scene.work(), stop);
    scene.live(60).await;
    assert!(scene.heard().len() <= 1 && scene.is_at_rest().await);
}
