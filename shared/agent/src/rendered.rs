//! The parts of a page's prompt that are the same in every turn.

use crate::model::Described;
use crate::page::Page;
use crate::prompt;
use crate::tools::built_in;

/// The constant parts. Takes a while to make.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    /// The prompt, with placeholders for one turn.
    pub(crate) prompt: String,
    /// The tools.
    pub(crate) tools: Described,
}

impl Rendered {
    pub(crate) fn of(page: &Page) -> Self {
        Self { prompt: prompt::of_page(page), tools: Described::of(&built_in(page, false)) }
    }
}
