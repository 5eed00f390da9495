//! What the model is told of a page that is the same in each of its turns.

use crate::model::Described;
use crate::page::Page;
use crate::prompt;
use crate::tools::built_in;

/// Takes a while to make.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    /// The prompt, with what one turn adds to it left open.
    pub(crate) prompt: String,
    /// The tools.
    pub(crate) tools: Described,
}

impl Rendered {
    pub(crate) fn of(page: &Page) -> Self {
        Self { prompt: prompt::of_page(page), tools: Described::of(&built_in(page, false)) }
    }
}
