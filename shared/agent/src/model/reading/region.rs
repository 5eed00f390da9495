//! A part of a text that is marked as calls, in any of the known forms.

use serde_json::{Map, Value};

use super::calls::{self, Wish};
use super::marks::Found;
use super::spoken::{LONGEST, cut};
use super::{loose, speech};

/// The part of a text that is marked as calls.
#[derive(Default)]
pub(super) struct Region {
    depth: usize,
    wishes: Vec<Wish>,
    /// The call being read.
    open: Option<Written>,
    /// The name of the next argument.
    key: Option<String>,
    /// The value being read.
    value: Option<String>,
    /// Everything else: calls in a form of their own.
    loose: String,
}

/// A call being read.
struct Written {
    name: String,
    /// Whether it counts as a call even without arguments.
    is_whole: bool,
    arguments: Map<String, Value>,
    body: String,
}

impl Region {
    /// Handles an opening mark.
    pub(super) fn enter(&mut self, found: &Found<'_>, tools: &[&str]) {
        self.depth += 1;
        let name = found.name.as_str();
        if name == "arg_key" || name == "arg_value" {
            self.go_on(tools);
            self.value = Some(String::new());
        } else if name.starts_with("param") || name.starts_with("arg") {
            if found.value.is_none() {
                self.go_on(tools);
            }
            self.end_value();
            self.key = found.value.map(str::to_owned);
            self.value = self.key.is_some().then(String::new);
        } else if let Some(name) = found.value.or(tools.iter().find(|tool| **tool == name).copied())
        {
            self.end_written(tools);
            self.begin(name);
            if let Some(open) = &mut self.open {
                let is_tool = found.value.is_none();
                open.arguments = if is_tool { attributes(found.attributes) } else { Map::new() };
            }
        }
    }

    /// Handles a closing mark. Returns whether the region is over.
    pub(super) fn close(&mut self, found: &Found<'_>, tools: &[&str]) -> bool {
        self.depth = self.depth.saturating_sub(1);
        match found.name.as_str() {
            "arg_key" => self.key = self.value.take().map(|key| key.trim().to_owned()),
            name if name == "arg_value" || name.starts_with("param") || name.starts_with("arg") => {
                self.end_value();
            }
            _ => {
                if let Some(open) = &mut self.open {
                    open.is_whole = true;
                }
                self.end_written(tools);
            }
        }
        self.depth == 0
    }

    /// The last words may have been the name of a tool.
    pub(super) fn go_on(&mut self, tools: &[&str]) {
        if !self.loose.ends_with('\n') {
            self.loose.push('\n');
        }
        if self.open.is_none()
            && let Some((name, length)) = speech::trailing_name(&self.loose, tools)
        {
            self.loose.truncate(length);
            self.begin(name);
        }
    }

    fn begin(&mut self, name: &str) {
        let (arguments, body) = (Map::new(), String::new());
        self.open = Some(Written { name: name.into(), is_whole: false, arguments, body });
    }

    /// Handles the text between two marks.
    pub(super) fn take(&mut self, chunk: &str) {
        let to = match (&mut self.value, &mut self.open) {
            (Some(value), _) => value,
            (None, Some(open)) => &mut open.body,
            (None, None) => &mut self.loose,
        };
        if to.len() < LONGEST {
            to.push_str(cut(chunk));
        }
    }

    fn end_value(&mut self) {
        let (Some(key), Some(value), Some(open)) =
            (self.key.take(), self.value.take(), &mut self.open)
        else {
            return;
        };
        open.arguments.insert(key, unescaped(value.trim()).into());
    }

    fn end_written(&mut self, tools: &[&str]) {
        self.end_value();
        let Some(written) = self.open.take() else { return };
        let Written { name, is_whole, mut arguments, body } = written;
        let Some(name) = calls::named(&name, tools) else { return };
        let body = body.trim();
        if arguments.is_empty() && !body.is_empty() {
            match body.find('{').and_then(|at| loose::value(&body[at..])) {
                Some((Value::Object(object), _)) => arguments = object,
                _ => arguments = children(body),
            }
            // Whatever this is, it is not a call without arguments.
            if arguments.is_empty() && !body.starts_with("{}") {
                return;
            }
        } else if arguments.is_empty() && !is_whole {
            // A tag with only that name may be an unrelated token: `<stop>`.
            return;
        }
        self.wishes.push(Wish { name: name.into(), arguments: arguments.into() });
    }

    /// The calls in it.
    pub(super) fn wishes(mut self, tools: &[&str]) -> Vec<Wish> {
        self.end_written(tools);
        self.wishes.extend(speech::spoken(&self.loose, tools).wishes);
        self.wishes
    }
}

/// `<field>task</field><value>fix tap</value>`
fn children(body: &str) -> Map<String, Value> {
    let mut children = Map::new();
    let mut rest = body;
    while let Some((_, opened)) = rest.split_once('<') {
        let Some((name, inside)) = opened.split_once('>') else { break };
        let Some((value, behind)) = inside.split_once(&format!("</{name}>")) else { break };
        children.insert(name.trim().into(), unescaped(value.trim()).into());
        rest = behind;
    }
    children
}

/// `field="task" value="fix tap"`
fn attributes(text: &str) -> Map<String, Value> {
    let mut attributes = Map::new();
    let mut rest = text;
    while let Some((name, behind)) = rest.split_once('=') {
        let Some(quote) = behind.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
        let Some((value, behind)) = behind[1..].split_once(quote) else { break };
        attributes.insert(name.trim().into(), unescaped(value).into());
        rest = behind;
    }
    attributes
}

/// The text without XML escapes.
fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}
