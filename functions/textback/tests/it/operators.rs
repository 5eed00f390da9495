//! Operators with names of their own, from the command that makes them to what they do.

use product::{ANN, Process, Product, Settings};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

const PASSWORD: &str = "nine red herons";
const SESSION: &str = "/console/api/session";

#[tokio::test]
async fn the_command_makes_a_user_who_can_sign_in_and_text_as_the_phone() {
    let made = console_user("ann", &format!("{PASSWORD}\n")).await;
    let [user] = &made.printed[..] else { panic!("{made:?}") };
    assert!(user.starts_with("ann:$argon2id$") && made.code == Some(0), "{made:?}");
    let users = [("CONSOLE_USERS", user.as_str()), ("CONSOLE_PASSWORD", "")];
    let product = Product::start_with(&["mock"], &users).await;
    assert!(product.process.printed().join("\n").contains("/console, for its users"));

    let cookie = signed_in(&product).await;
    let known = |method, path| product.call(method, path).header("cookie", &cookie);
    let session = json(known(Method::GET, SESSION).send().await.unwrap()).await;
    assert_eq!(session["operator"], "ann");
    let token = session["form_token"].as_str().unwrap();
    let text = json!({ "from": ANN, "text": "My tap drips", "id": "1" });
    let text = || known(Method::POST, "/webhooks/mock/inbound").json(&text);
    assert_eq!(text().send().await.unwrap().status(), 403);
    assert_eq!(text().header("x-form-token", token).send().await.unwrap().status(), 200);
    product.settled().await;
    let logged = product.process.logged().join("\n");
    assert!(!logged.contains(PASSWORD) && !logged.contains("argon2id"), "{logged}");
}

#[tokio::test]
async fn the_command_asks_twice_at_a_terminal() {
    let settings = Settings::from([("RUST_LOG".to_owned(), String::new())]);
    for (typed, code, said) in [
        (format!("{PASSWORD}\n{PASSWORD}\n"), 0, "Add this line to CONSOLE_USERS"),
        (format!("{PASSWORD}\nnine red heron\n"), 1, "error: the two passwords differ"),
    ] {
        let mut process = Process::start_at_terminal(&["console-user", "ann"], &settings, &typed);
        assert_eq!(process.end().await, Some(code));
        let logged = process.logged().join("\n");
        assert!(logged.contains(said) && !logged.contains("herons"), "{logged}");
        assert_eq!(process.printed().len(), usize::from(code == 0));
    }
}

#[tokio::test]
async fn the_command_says_which_users_there_cannot_be() {
    for (name, typed, problem) in [
        ("ann", "eleven char\n", "the password needs 12 characters or more"),
        ("ann", "", "the password needs 12 characters or more"),
        ("owner", PASSWORD, "\"owner\" is whoever signs in with CONSOLE_PASSWORD"),
        ("a b", PASSWORD, "a name is at most 64 letters without accents"),
    ] {
        let made = console_user(name, typed).await;
        assert_eq!((made.code, made.printed.len()), (Some(1), 0), "{name}");
        assert!(made.said.join("\n").contains(problem), "{made:?}");
    }
}

#[tokio::test]
async fn a_proxy_names_operators_only_if_it_is_trusted() {
    let named = ("CONSOLE_TRUSTED_HEADER", "X-Forwarded-User");
    for (proxies, status, says) in [
        ("127.0.0.1", 200, "/console, for whom a trusted proxy names"),
        ("192.0.2.7", 403, "/console, for whom a trusted proxy names"),
        ("", 403, "/console, for nobody: name the proxy in TRUSTED_PROXIES"),
    ] {
        let settings = [named, ("TRUSTED_PROXIES", proxies), ("CONSOLE_PASSWORD", "")];
        let product = Product::start_with(&["twilio"], &settings).await;
        let printed = product.process.printed().join("\n");
        assert!(printed.contains(says), "{printed}");
        let call = product.call(Method::GET, SESSION).header("x-forwarded-user", "ann");
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{proxies}");
        if status == 200 {
            assert_eq!(json(answer).await["operator"], "ann");
        }
        assert_eq!(product.call(Method::GET, SESSION).send().await.unwrap().status(), 403);
    }
}

#[derive(Debug)]
struct Made {
    code: Option<i32>,
    printed: Vec<String>,
    said: Vec<String>,
}

async fn console_user(name: &str, typed: &str) -> Made {
    let mut process = Process::start(&["console-user", name], &Settings::new(), typed);
    let code = process.end().await;
    Made { code, printed: process.printed(), said: process.logged() }
}

/// The cookie of a browser in which ann has signed in.
async fn signed_in(product: &Product) -> String {
    let browser = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let page = browser.get(format!("{}/console", product.home())).send().await.unwrap();
    assert_eq!(page.headers()["location"], "/console/sign-in?next=%2Fconsole");
    let form = [("name", "ann"), ("password", PASSWORD), ("next", "/console")];
    let call = browser.post(format!("{}/console/sign-in", product.home())).form(&form);
    let answer = call.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/console".parse().unwrap())
    );
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

async fn json(answer: Response) -> Value {
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}
