//! The public pages, and their addresses.

use business::{Business, Language};

/// A public page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PublicPage {
    /// Who the business is and how to text it.
    Home,
    /// How people's data is used.
    Privacy,
    /// What people agree to.
    Terms,
    /// How people sign up, for them and for reviewers.
    OptIn,
}

impl PublicPage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Home, Self::Privacy, Self::Terms, Self::OptIn];

    /// Its address below the public URL.
    pub fn path(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Privacy => "/privacy",
            Self::Terms => "/terms",
            Self::OptIn => "/opt-in",
        }
    }

    /// The key of its title in the words file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Privacy => "privacy",
            Self::Terms => "terms",
            Self::OptIn => "opt_in",
        }
    }

    /// Its address from any other page. All pages are in one folder, so the site works below any
    /// folder of a host.
    pub(crate) fn link(self, business: &Business, language: Language) -> String {
        let page = match self {
            Self::Home => "./",
            other => &other.path()[1..],
        };
        match business.languages.len() {
            0 | 1 => page.to_owned(),
            _ => format!("{page}?lang={}", language.code()),
        }
    }
}
