//! An answer that comes as a stream of server-sent events.
//!
//! The chunks are assembled into the body that the same server sends without streaming. The syntax
//! takes a few lines, and they are fed as they come: the crates for it require a stream of their own.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

/// The most calls that are collected of one answer.
const CALLS: usize = 64;

/// The events of one answer so far.
#[derive(Default)]
pub(super) struct Events {
    /// The current line.
    line: Vec<u8>,
    /// The data of the current event.
    data: Vec<u8>,
    /// Fields outside the message: id, model, usage.
    body: Map<String, Value>,
    message: Map<String, Value>,
    calls: Vec<Map<String, Value>>,
    reason: Value,
    error: Option<Value>,
    is_done: bool,
}

impl Events {
    /// Whether a body begins like events, whatever its header says.
    pub(super) fn are_in(body: &[u8]) -> bool {
        let body = body.trim_ascii_start();
        [&b"data:"[..], b"event:", b"id:", b"retry:", b":"].iter().any(|it| body.starts_with(it))
    }

    /// Takes the next bytes, split anywhere.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            match part {
                [rest @ .., b'\n' | b'\r'] => {
                    self.line.extend_from_slice(rest);
                    let line = std::mem::take(&mut self.line);
                    // The gap between a CR and its LF is not an empty line that ends an event early: an
                    // event without data does not count.
                    self.take_line(&line);
                }
                rest => self.line.extend_from_slice(rest),
            }
        }
    }

    /// The assembled body. `None` if the stream broke off before the answer ended.
    pub(super) fn finish(mut self) -> Option<Value> {
        let line = std::mem::take(&mut self.line);
        self.take_line(&line);
        self.take_event();
        if let Some(error) = self.error {
            return Some(json!({ "error": error }));
        }
        if !self.is_done && self.reason.is_null() {
            return None;
        }
        if !self.calls.is_empty() {
            self.message.insert("tool_calls".into(), json!(self.calls));
        }
        let choice = json!({ "index": 0, "message": self.message, "finish_reason": self.reason });
        self.body.insert("choices".into(), json!([choice]));
        Some(Value::Object(self.body))
    }

    fn take_line(&mut self, line: &[u8]) {
        if line.is_empty() {
            return self.take_event();
        }
        let Some(data) = line.strip_prefix(b"data:") else { return };
        let is_first = self.data.is_empty();
        self.data.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
        // Some leave no empty line between two events.
        if is_first && serde_json::from_slice::<IgnoredAny>(&self.data).is_ok() {
            self.take_event();
        }
    }

    fn take_event(&mut self) {
        let data = std::mem::take(&mut self.data);
        if data.trim_ascii() == b"[DONE]" {
            self.is_done = true;
        } else if let Ok(Value::Object(event)) = serde_json::from_slice(&data) {
            self.take(event);
        }
    }

    fn take(&mut self, event: Map<String, Value>) {
        for (name, value) in event {
            match (name.as_str(), value) {
                (_, Value::Null) | ("object", _) => {}
                ("error", error) => self.error = Some(error),
                ("choices", Value::Array(choices)) => {
                    let first =
                        choices.into_iter().find(|it| it["index"].as_u64().unwrap_or(0) == 0);
                    if let Some(Value::Object(choice)) = first {
                        self.take_choice(choice);
                    }
                }
                (_, value) => drop(self.body.insert(name, value)),
            }
        }
    }

    fn take_choice(&mut self, choice: Map<String, Value>) {
        for (name, value) in choice {
            match (name.as_str(), value) {
                ("finish_reason", Value::String(reason)) if !reason.is_empty() => {
                    self.reason = reason.into();
                }
                ("error", error) if !error.is_null() => self.error = Some(error),
                // Some send the whole message at once.
                ("delta" | "message", Value::Object(delta)) => self.take_delta(delta),
                _ => {}
            }
        }
    }

    fn take_delta(&mut self, delta: Map<String, Value>) {
        for (name, value) in delta {
            match (name.as_str(), value) {
                ("tool_calls", Value::Array(calls)) => {
                    for call in calls {
                        if let Value::Object(call) = call {
                            self.take_call(call);
                        }
                    }
                }
                ("role", value) => drop(self.message.insert(name, value)),
                (_, value) => join(&mut self.message, name, value),
            }
        }
    }

    /// A call, or more of one, identified by its index, its id, or only the order.
    fn take_call(&mut self, mut call: Map<String, Value>) {
        let id = call.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let is_named = call
            .get("function")
            .is_some_and(|it| it["name"].as_str().is_some_and(|name| !name.is_empty()));
        // Some give every call of an answer index 0.
        let is_of = |known: &Map<String, Value>| id.is_none() || known.get("id") == call.get("id");
        let known = match call.get("index").and_then(Value::as_u64) {
            Some(index) => self
                .calls
                .iter()
                .rposition(|it| it.get("index").and_then(Value::as_u64) == Some(index)),
            None if id.is_none() && is_named => None,
            None => self.calls.len().checked_sub(1),
        };
        let known = known.filter(|at| {
            let known = &self.calls[*at];
            is_of(known) || known.get("id").is_none_or(|id| id.as_str() == Some(""))
        });
        let Some(at) = known else {
            if self.calls.len() < CALLS {
                self.calls.push(call);
            }
            return;
        };
        let known = &mut self.calls[at];
        let function = call.remove("function");
        known.extend(call.into_iter().filter(|(_, value)| *value != "" && !value.is_null()));
        let Some(Value::Object(function)) = function else { return };
        let known = known.entry("function").or_insert_with(|| json!({}));
        let Value::Object(known) = known else { return };
        for (name, value) in function {
            match name.as_str() {
                // A name is not sent in pieces, but once, or repeated.
                "name" if known.get("name").is_some_and(|name| name != "") => {}
                _ => join(known, name, value),
            }
        }
    }
}

/// Appends to a value.
fn join(to: &mut Map<String, Value>, name: String, next: Value) {
    match (to.get_mut(&name), next) {
        (_, Value::Null) => {}
        (Some(Value::String(known)), Value::String(next)) => known.push_str(&next),
        (Some(Value::Array(known)), Value::Array(next)) => known.extend(next),
        (Some(Value::Object(known)), Value::Object(next)) => known.extend(next),
        (_, next) => drop(to.insert(name, next)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result of these bytes, in pieces of this size.
    fn collected(bytes: &[u8], size: usize) -> Option<Value> {
        let mut events = Events::default();
        bytes.chunks(size).for_each(|part| events.feed(part));
        events.finish()
    }

    /// The message, and how it ended.
    fn message(events: &str) -> (Value, Value) {
        let body = collected(events.as_bytes(), 7).unwrap();
        (body["choices"][0]["message"].clone(), body["choices"][0]["finish_reason"].clone())
    }

    const WHOLE: &str = ": keep-alive\r\n\r\nevent: chunk\r\ndata: {\"id\":\"x\",\"choices\":[{\"index\":0,\
        \"delta\":{\"role\":\"assistant\",\"content\":\"\",\"reasoning_content\":\"h\"}}]}\r\n\r\n\
        data:{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Grüß \",\"reasoning_content\":\"m\"}}]}\
        \r\n\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"dich 👋\"},\
        \"finish_reason\":\"stop\"}]}\r\n\r\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\
        \r\n\r\ndata: [DONE]\r\n\r\n";

    #[test]
    fn makes_the_same_of_events_cut_anywhere() {
        let whole = json!({
            "id": "x",
            "choices": [{ "index": 0, "finish_reason": "stop", "message": {
                "role": "assistant", "content": "Grüß dich 👋", "reasoning_content": "hm" } }],
            "usage": { "prompt_tokens": 3 },
        });
        for (ends, by) in [("", ""), ("\r", ""), ("\n", ""), ("\r\n\r\n", "\r\n")] {
            let events = if ends.is_empty() { WHOLE.into() } else { WHOLE.replace(ends, by) };
            for size in [1, 2, 3, 7, 4_096] {
                assert_eq!(collected(events.as_bytes(), size).as_ref(), Some(&whole), "{size}");
            }
        }
    }

    #[test]
    fn is_whole_by_its_reason_or_by_its_end() {
        let event = |reason: &str| {
            let rest = r#"{"content":"Hello"},"finish_reason":"#;
            format!(r#"data: {{"choices":[{{"index":0,"delta":{rest}{reason}}}]}}"#)
        };
        assert_eq!(message(&event("\"length\"")).1, "length");
        assert_eq!(message(&format!("{}\n\ndata: [DONE]", event("null"))).0["content"], "Hello");
        assert_eq!(collected(event("null").as_bytes(), 9), None);
        assert_eq!(collected(b"", 1), None);
    }

    #[test]
    fn joins_calls_by_index_id_or_order() {
        let call = |call: &str| {
            format!("data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{call}]}}}}]}}\n\n")
        };
        let by_index = [
            r#"{"index":0,"id":"a","type":"function","function":{"name":"record","arguments":""}}"#,
            r#"{"index":1,"id":"b","type":"function","function":{"name":"finish","arguments":"{}"}}"#,
            r#"{"index":0,"id":"","function":{"name":"record","arguments":"{\"field\":"}}"#,
            r#"{"index":0,"function":{"arguments":"1}"}}"#,
        ];
        let by_id = [
            r#"{"index":0,"id":"a","function":{"name":"record","arguments":"{\"field\":1}"}}"#,
            r#"{"index":0,"id":"b","function":{"name":"finish","arguments":"{}"}}"#,
        ];
        let by_order = [
            r#"{"function":{"name":"record","arguments":"{\"field\":"}}"#,
            r#"{"function":{"arguments":"1}"}}"#,
            r#"{"function":{"name":"finish","arguments":"{}"}}"#,
        ];
        for calls in [&by_index[..], &by_id, &by_order] {
            let events: String = calls.iter().map(|it| call(it)).collect();
            let (message, _) = message(&(events + "data: [DONE]\n\n"));
            let calls: Vec<_> = message["tool_calls"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| format!("{}({})", it["function"]["name"], it["function"]["arguments"]))
                .collect();
            assert_eq!(calls, [r#""record"("{\"field\":1}")"#, r#""finish"("{}")"#]);
        }
    }

    #[test]
    fn passes_an_error_on() {
        let events = "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n\
                      event: error\ndata: {\"error\":{\"code\":502}}\n\n";
        assert_eq!(collected(events.as_bytes(), 5), Some(json!({ "error": { "code": 502 } })));
    }

    #[test]
    fn knows_events_from_an_answer() {
        assert!(Events::are_in(WHOLE.as_bytes()) && Events::are_in(b"\n\ndata: {}"));
        assert!(!Events::are_in(b"{\"choices\":[]}") && !Events::are_in(b"<html>"));
    }
}
