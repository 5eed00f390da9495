use super::{ACCEPTED, INVALID, LOW_BALANCE, NOBODY, SECRET, UNAUTHORIZED, vonage};
use crate::harness::diagnosed;

#[tokio::test]
async fn says_what_can_be_seen_of_the_account() {
    let found = async |answer| diagnosed(|url| vonage(url, SECRET), &[(NOBODY, answer)]).await;
    let let_in = "Works Credentials: Vonage accepts the application's key";
    assert_eq!(found((422, INVALID)).await, [let_in]);
    assert_eq!(
        found((401, UNAUTHORIZED)).await,
        ["Broken Credentials: Vonage does not let us in: application and private key do not \
          belong together. Copy VONAGE_APPLICATION_ID from Vonage's dashboard again, and set \
          VONAGE_PRIVATE_KEY to that application's key; a lost key is replaced by making a new \
          one there."]
    );
    assert_eq!(
        found((402, LOW_BALANCE)).await,
        [
            let_in,
            "Broken Balance: The account has too little credit. Top it up in Vonage's dashboard, \
             and switch automatic reload on."
        ]
    );
    let suspended = r#"{"type":"https://developer.vonage.com/api-errors#account-suspended"}"#;
    assert_eq!(
        found((403, suspended)).await,
        [let_in, "Broken Account: The account is suspended. Write to Vonage's support."]
    );
    for answer in [(200, "<html>It works!</html>"), (202, ACCEPTED), (404, ""), (503, "")] {
        assert_eq!(
            found(answer).await,
            [format!(
                "Doubtful Credentials: Vonage gives no usable answer (http {}). See the provider's status \
                 page, and try again.",
                answer.0
            )]
        );
    }
}
