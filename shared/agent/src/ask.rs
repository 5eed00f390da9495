//! Asks the model until there is a usable answer.

use policy::{fit, fit_behind};
use telemetry::{Step, steps};
use tokio::time::Instant;

use crate::answer::{Agent, Thinking};
use crate::fault::Fault;
use crate::judge;
use crate::model::{Completion, End, ModelError, Question};
use crate::prompt;
use crate::when::without_notes;

/// The end of a sentence, in the languages of this product.
const ENDS: [char; 8] = ['.', '!', '?', '。', '！', '？', '؟', '।'];

impl Thinking<'_> {
    /// Asks until there is a usable answer, or nothing is left to try.
    ///
    /// It waits through an outage, changes the form if the server does not accept it, and asks once
    /// more about a faulty answer or question.
    pub(crate) async fn ask(&mut self, may_call: bool) -> Result<Completion, ModelError> {
        loop {
            let form = self.form.clone();
            let (error, goes_on) = match self.ask_once(may_call).await {
                Ok((answer, None)) => return Ok(answer),
                Ok((answer, Some(fault))) => {
                    if let Some(long) = self.long.take() {
                        return Ok(if fault == Fault::Long { answer } else { long });
                    }
                    if self.fault.replace(fault).is_some() {
                        return self.make_do(answer, fault);
                    }
                    if fault == Fault::NoRoom {
                        self.form.give_room();
                    }
                    if fault == Fault::Long {
                        self.long = Some(answer);
                        continue;
                    }
                    (fault.error(), self.left.pause_refused().await)
                }
                Err(error) => {
                    let goes_on = match &error {
                        ModelError::Misconfigured { .. } => false,
                        error if error.is_over_budget() => false,
                        ModelError::Unavailable { after, .. } => self.left.pause(*after).await,
                        ModelError::Refused { .. } => {
                            let is_another =
                                self.form != form || self.fault.replace(Fault::Refused).is_none();
                            is_another && self.left.pause_refused().await
                        }
                    };
                    (error, goes_on)
                }
            };
            if !goes_on {
                return self.long.take().ok_or(error);
            }
        }
    }

    /// Asks once. Returns the answer with its fault, if any.
    async fn ask_once(
        &mut self,
        may_call: bool,
    ) -> Result<(Completion, Option<Fault>), ModelError> {
        let Agent { model, page, .. } = self.agent;
        let told = self.agent.rendered();
        let now = self.now();
        let (turns, brief) = (&self.turns, &self.draft.brief);
        let (number, language) = (self.number, self.language);
        let mut prompt = prompt::system(&told.prompt, page, brief, turns, number, language, now);
        if self.segments < page.segments {
            prompt.push_str(&prompt::shorter(page, self.segments, number, language));
        }
        if let Some(fault) = self.fault {
            prompt.push_str(fault.instead());
        }
        let alone = self.fault.is_some_and(Fault::is_about_what_was_said);
        let question = Question {
            prompt: &prompt,
            turns: &self.turns[if alone { self.before } else { 0 }..],
            tools: &told.tools,
            may_call: may_call && self.fault.is_none_or(Fault::may_call),
            now,
            zone: &page.time_zone,
            until: self.left.until,
            spending: &self.spending,
        };
        let (limit, asked) = (self.left.request(), Instant::now());
        let result = model.ask(&mut self.form, &question, &self.pulse, limit).await;
        let step = Step::new(steps::ASKED_THE_MODEL, now).took(asked.elapsed());
        let mut answer = match result {
            Ok(answer) => answer,
            Err((error, used)) => {
                let cost = self.spending.book(used);
                self.steps.push(step.with("outcome", error.code()).with("cost", cost.to_string()));
                return Err(error);
            }
        };
        self.tokens.input += answer.used.input;
        self.tokens.output += answer.used.output;
        let cost = self.spending.book(answer.used);
        answer.text = answer.text.as_deref().and_then(without_notes);
        let mut fault = self.fault_of(&answer);
        if fault.is_some() && !answer.tool_calls.is_empty() {
            // Words beside a call are optional.
            (answer.text, fault) = (None, None);
        }
        self.steps.push(
            step.with("tokens_in", answer.used.input)
                .with("tokens_out", answer.used.output)
                .with("cost", cost.to_string())
                .with("tool_calls", answer.tool_calls.len())
                .with("outcome", fault.map_or("answered", Fault::word)),
        );
        Ok((answer, fault))
    }

    /// The fault that makes an answer unusable.
    fn fault_of(&self, answer: &Completion) -> Option<Fault> {
        match (&answer.text, answer.end) {
            (_, End::Filtered) => Some(Fault::Filtered),
            (Some(_), End::Cut) => Some(Fault::Cut),
            (Some(text), End::Whole) => self.fault_of_words(text),
            (None, _) if self.said.is_some() => None,
            (None, End::Cut) => Some(Fault::NoRoom),
            (None, End::Whole) => Some(Fault::Empty),
        }
    }

    fn fault_of_words(&self, text: &str) -> Option<Fault> {
        let page = &self.agent.page;
        let fitted = fit(text, self.segments as usize).text;
        if fitted.is_empty() {
            return Some(Fault::Unfit);
        }
        let (turns, brief) = (&self.turns, &self.draft.brief);
        judge::broken(&fitted, page.rules, self.agent.named(), turns, brief)
            .map(Fault::Broken)
            .or_else(|| self.is_cut(text).then_some(Fault::Long))
    }

    /// Whether some of the words will not be sent.
    fn is_cut(&self, text: &str) -> bool {
        let budget = self.segments as usize;
        match &self.agent.page.texts.first {
            Some(first) if self.number == 1 => fit_behind(first, text, budget).cut,
            _ => fit(text, budget).cut,
        }
    }

    /// The last resort for a faulty answer: its whole sentences if it was cut, or the page's own text.
    fn make_do(&self, answer: Completion, fault: Fault) -> Result<Completion, ModelError> {
        let (page, text) = (&self.agent.page, answer.text.as_deref().unwrap_or_default());
        let (text, is_ours) = match fault {
            Fault::Broken(_) => (page.texts_in(self.language).unanswered.as_str(), true),
            Fault::Cut => (whole_sentences(text), false),
            Fault::Long => (text, false),
            _ => ("", false),
        };
        if text.is_empty()
            || !is_ours && self.fault_of_words(text).is_some_and(|it| it != Fault::Long)
        {
            return Err(fault.error());
        }
        Ok(Completion { text: Some(text.into()), is_ours, ..answer })
    }
}

/// The text up to the end of the last whole sentence.
fn whole_sentences(text: &str) -> &str {
    let mut ends = text.match_indices(ENDS).filter(|(at, end)| {
        let next = text[at + end.len()..].chars().next();
        // Not within 4.50.
        next.is_none_or(char::is_whitespace) || !end.is_ascii()
    });
    ends.next_back().map_or("", |(at, end)| &text[..at + end.len()])
}

#[cfg(test)]
mod tests {
    use super::whole_sentences;

    #[test]
    fn knows_where_a_sentence_ends() {
        for (text, whole) in [
            ("We can help. It costs between 4 and", "We can help."),
            ("We can help! It costs 4.50 an h", "We can help!"),
            ("It costs 4.50 an h", ""),
            ("我们可以帮忙。费用大约是", "我们可以帮忙。"),
            ("Which day?", "Which day?"),
            ("", ""),
        ] {
            assert_eq!(whole_sentences(text), whole);
        }
    }
}
