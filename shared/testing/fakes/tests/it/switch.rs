use std::time::Duration;

use fakes::{Mode, Twilio};

/// Sends one text, and returns the client's view of the answer.
async fn send(twilio: &Twilio) -> Result<(u16, String), String> {
    let account = twilio.account_sid();
    let url = format!("{}/2010-04-01/Accounts/{account}/Messages.json", twilio.url());
    let client = reqwest::Client::builder().timeout(Duration::from_secs(1)).build().unwrap();
    let form = [("To", "+12025550143"), ("From", twilio.number()), ("Body", "Hi")];
    let request = client.post(url).basic_auth(account, Some(twilio.auth_token())).form(&form);
    let read = async {
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    };
    read.await.map_err(|error: reqwest::Error| {
        match error {
            error if error.is_timeout() => "no answer in time",
            error if error.is_request() => "cut",
            _ => "half an answer",
        }
        .into()
    })
}

#[tokio::test]
async fn misbehaves_before_or_after_the_work() {
    let twilio = Twilio::start().await;
    for (mode, seen, taken) in [
        (Mode::Fails(503, "busy".into()), Ok((503, "busy".into())), 0),
        (Mode::HangsBefore, Err("no answer in time".into()), 0),
        (Mode::HangsAfter, Err("no answer in time".into()), 1),
        (Mode::CutsAfter, Err("cut".into()), 2),
        (Mode::CutsBefore, Err("cut".into()), 2),
        (Mode::Nonsense, Ok((200, "<html>It works!</html>".into())), 3),
        (Mode::FailsAfter(502, "busy".into()), Ok((502, "busy".into())), 4),
        (Mode::Holds, Err("no answer in time".into()), 4),
    ] {
        twilio.switch.set(mode.clone());
        assert_eq!(send(&twilio).await, seen, "{mode:?}");
        assert_eq!(twilio.messages().len(), taken, "{mode:?}");
    }
}

#[tokio::test]
async fn uses_the_planned_modes_before_the_current_one() {
    let twilio = Twilio::start().await;
    twilio.switch.plan([Mode::Fails(503, "busy".into()), Mode::HangsAfter]);
    assert_eq!(send(&twilio).await, Ok((503, "busy".into())));
    let hanging = twilio.switch.next_hanging();
    assert_eq!(send(&twilio).await, Err("no answer in time".into()));
    hanging.await;
    assert_eq!(twilio.switch.left(), 0);
    assert_eq!(send(&twilio).await.unwrap().0, 201);
}
