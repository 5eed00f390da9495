//! An answer as the person reads it.

use jiff::Timestamp;
use policy::{Language, fit, fit_behind};
use telemetry::{Step, steps};

use crate::answer::Answered;
use crate::page::Page;
use crate::turns::Turn;

impl Page {
    /// An answer as the person reads it, which is what is stored: fitted into so many segments, and
    /// behind the text that goes ahead of the first answer a person ever gets.
    pub fn fitted(
        &self,
        mut answered: Answered,
        is_first: bool,
        language: Option<Language>,
        segments: u32,
        now: Timestamp,
    ) -> Answered {
        let first = self.texts_in(language).first.as_ref().filter(|_| is_first);
        let fitted = match first {
            Some(first) => fit_behind(first, &answered.reply, segments as usize),
            None => fit(&answered.reply, segments as usize),
        };
        answered.steps.push(
            Step::new(steps::FITTED, now)
                .with("segments", fitted.segments.count)
                .with("cut", fitted.cut),
        );
        answered.reply = fitted.text;
        if let Some(Turn::Agent { text, .. }) = answered.turns.last_mut() {
            *text = Some(answered.reply.clone());
        }
        answered
    }
}
