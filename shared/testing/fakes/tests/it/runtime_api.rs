use fakes::RuntimeApi;
use reqwest::Client;
use serde_json::{Value, json};

/// A scripted function.
struct Function {
    client: Client,
    url: String,
}

impl Function {
    fn of(lambda: &RuntimeApi) -> Self {
        let environment = lambda.environment("function");
        let (_, address) =
            environment.iter().find(|(name, _)| name == "AWS_LAMBDA_RUNTIME_API").unwrap();
        Self { client: Client::new(), url: format!("http://{address}/2018-06-01/runtime") }
    }

    /// Asks for an event, and returns its id and its content.
    async fn next(&self) -> (String, Value) {
        let url = format!("{}/invocation/next", self.url);
        let answer = self.client.get(url).send().await.unwrap();
        let id = answer.headers()["lambda-runtime-aws-request-id"].to_str().unwrap().to_owned();
        (id, answer.json().await.unwrap())
    }

    async fn post(&self, path: &str, kind: Option<&str>, body: &Value) -> u16 {
        let mut request = self.client.post(format!("{}/{path}", self.url)).json(body);
        if let Some(kind) = kind {
            request = request.header("lambda-runtime-function-error-type", kind);
        }
        request.send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn gives_one_event_after_the_other() {
    let lambda = RuntimeApi::start().await;
    let function = Function::of(&lambda);
    let working = async {
        for _ in 0..2 {
            let (id, event) = function.next().await;
            let answer = json!({ "to": event });
            let path = format!("invocation/{id}/response");
            assert_eq!(function.post(&path, None, &answer).await, 202);
        }
        let (id, _) = function.next().await;
        let error = json!({ "errorType": "Broken", "errorMessage": "no luck" });
        let path = format!("invocation/{id}/error");
        assert_eq!(function.post(&path, Some("Broken"), &error).await, 202);
    };
    let invoking = async {
        let (one, two) = (json!(1), json!(2));
        let answers = tokio::join!(lambda.invoke(&one), lambda.invoke(&two));
        assert_eq!(answers, (json!({ "to": 1 }), json!({ "to": 2 })));
        assert_eq!(lambda.try_invoke(&json!(3)).await.unwrap_err()["errorMessage"], "no luck");
    };
    tokio::join!(working, invoking);
}

#[tokio::test]
#[should_panic(expected = "did not start")]
async fn reports_a_function_that_did_not_start() {
    let lambda = RuntimeApi::start().await;
    let error = json!({ "errorType": "Broken", "errorMessage": "no luck" });
    Function::of(&lambda).post("init/error", Some("Broken"), &error).await;
    lambda.ready().await;
}

#[tokio::test]
#[should_panic(expected = "an event that it was not given")]
async fn reports_an_unrequested_answer() {
    let lambda = RuntimeApi::start().await;
    Function::of(&lambda).post("invocation/1/response", None, &Value::Null).await;
    lambda.ready().await;
}

#[tokio::test]
#[should_panic(expected = "before it answered the last one")]
async fn reports_a_function_that_leaves_an_event_unanswered() {
    let lambda = RuntimeApi::start().await;
    let function = Function::of(&lambda);
    tokio::join!(lambda.invoke(&Value::Null), async {
        function.next().await;
        let url = format!("{}/invocation/next", function.url);
        assert_eq!(function.client.get(url).send().await.unwrap().status(), 403);
    });
}

#[tokio::test]
#[should_panic(expected = "Lambda has no GET /2018-06-01/runtime/somewhere")]
async fn reports_an_unknown_path() {
    let lambda = RuntimeApi::start().await;
    let url = format!("{}/somewhere", Function::of(&lambda).url);
    reqwest::get(url).await.unwrap();
    lambda.ready().await;
}
