//! Models of six companies behind LiteLLM's proxy, which presents each as if it were OpenAI's.

use fakes::{Form, LiteLlm, Model, OpenAi, litellm};
use jiff::Timestamp;
use product::{ANN, Product, between};
use serde_json::{Value, json};

/// What the person and the agent say, in turn.
const SAID: [(&str, &str); 3] = [
    ("My kitchen tap drips", "Which time of the day suits you?"),
    ("In the morning", "Is there anything else to know?"),
    ("No, that is all", "Good, we have noted it."),
];

/// The fields that the model records before its first and its second answer.
const RECORDED: [(&str, &str); 2] = [("task", "mend the kitchen tap"), ("time_of_day", "morning")];

/// A conversation of three texts, two of which are recorded, with a model of each form.
#[tokio::test]
async fn a_conversation_with_two_rounds_of_tools_is_finished_through_litellm() {
    let openai = OpenAi::start().await;
    let models = [Form::Anthropic, Form::DeepSeek, Form::Gemini, Form::Mistral, Form::Ollama]
        .map(|form| (form, Model::start(form)));
    let mut routes = vec![(
        "openai",
        json!({ "model": "openai/gpt-4.1-mini", "api_base": openai.url(), "api_key": OpenAi::KEY }),
    )];
    routes.extend(models.iter().map(|(form, model)| route(*form, model)));
    let Some(proxy) = litellm(&routes).await else { return };

    for (index, (_, said)) in SAID.iter().enumerate() {
        if let Some(arguments) = recorded(index) {
            openai.calls("record", &arguments.to_string());
        }
        openai.says(said);
    }
    converse(&proxy, "openai").await;
    for ((form, model), (route, _)) in models.iter().zip(&routes[1..]) {
        for (index, (_, said)) in SAID.iter().enumerate() {
            if let Some(arguments) = recorded(index) {
                model.calls("record", arguments);
            }
            model.says(said);
        }
        converse(&proxy, route).await;
        assert_eq!((model.refused(), model.left()), (vec![], 0), "{form:?}");
    }
}

/// The name of a route, and its LiteLLM configuration.
fn route(form: Form, model: &Model) -> (&'static str, Value) {
    let (name, model_name, path) = match form {
        Form::Anthropic => ("anthropic", "anthropic/claude-sonnet-4-5", ""),
        Form::DeepSeek => ("deepseek", "deepseek/deepseek-reasoner", ""),
        Form::Gemini => ("gemini", "gemini/gemini-3-pro-preview", "/v1beta"),
        Form::Mistral => ("mistral", "mistral/mistral-small-latest", "/v1"),
        Form::Ollama => ("ollama", "ollama_chat/qwen3", ""),
    };
    let address = format!("{}{path}", model.url());
    (name, json!({ "model": model_name, "api_base": address, "api_key": Model::KEY }))
}

/// The arguments of the call before this answer, if there is one.
fn recorded(index: usize) -> Option<Value> {
    let (field, value) = RECORDED.get(index)?;
    Some(json!({ "field": field, "value": value }))
}

/// Has the conversation through this route, until each reply reaches the provider and the fields
/// are recorded.
async fn converse(proxy: &LiteLlm, route: &str) {
    let url = proxy.url();
    let settings = [
        ("OPENAI_BASE_URL", url.as_str()),
        ("OPENAI_API_KEY", LiteLlm::KEY),
        ("OPENAI_MODEL", route),
    ];
    let mut product = Product::start_with(&["twilio"], &settings).await;
    for (text, _) in SAID {
        product.text(ANN, text).await;
        product.settled().await;
    }
    assert_eq!(product.companies.twilio.texts_to(ANN), SAID.map(|(_, said)| said), "{route}");
    let kept = product.store.load(&between("twilio", ANN), Timestamp::now()).await.unwrap();
    let brief = Value::Object(kept.unwrap().conversation.brief);
    let expected: Value = RECORDED.iter().map(|(name, value)| (*name, *value)).collect();
    assert_eq!(brief, expected, "{route}");
}
