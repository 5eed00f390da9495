//! The pages as they are served: rendered once, at the start.

use std::fmt::Write;

use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use business::{Business, Language};
use conversations::Lifetimes;
use localization::Html;
use sha2::{Digest, Sha256};

use crate::public_page::PublicPage;
use crate::words::{Section, Words};

/// The only stylesheet. It is part of each page, so a page is one request.
const STYLE: &str = include_str!("../templates/style.css");

/// The whole site, in every language of the business.
pub struct Pages {
    business: Business,
    public_url: String,
    spoken: Vec<Spoken>,
}

/// The pages in one language.
struct Spoken {
    language: Language,
    words: Words,
    /// Changes with every letter of the words that somebody agrees to with the form.
    version: String,
    pages: [Rendered; 4],
    thanks: Rendered,
}

/// A page as it is sent.
#[derive(Clone)]
pub(crate) struct Rendered {
    pub(crate) html: String,
    /// The entity tag of the content, in quotes as HTTP requires.
    pub(crate) etag: String,
}

/// What is wrong with a submitted form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The number is not valid, and perhaps the box is not ticked either.
    Number {
        /// Whether the box is ticked.
        ticked: bool,
    },
    /// The box is not ticked.
    NotTicked,
    /// The words have changed since the page was opened.
    Changed,
    /// The form came from another site's page.
    Elsewhere,
    /// Too many people signed up recently, so this one has to wait.
    TooMany,
    /// The store does not answer.
    NotStored,
}

impl Pages {
    /// Renders the pages of a business that keeps things for so long. `public_url` has no slash at its
    /// end.
    pub fn of(business: Business, public_url: &str, lifetimes: &Lifetimes) -> Self {
        let of = |language: &Language| Spoken::of(&business, public_url, lifetimes, *language);
        let spoken = business.languages.iter().map(of);
        Self { spoken: spoken.collect(), public_url: public_url.to_owned(), business }
    }

    /// The business of these pages.
    pub fn business(&self) -> &Business {
        &self.business
    }

    /// The address of the site.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// A page, the same for everybody.
    pub fn html(&self, page: PublicPage, language: Language) -> &str {
        &self.rendered(page, language).html
    }

    /// The exact words beside the box of the form.
    pub fn consent(&self, language: Language) -> String {
        self.spoken(language).words.form.consent.text()
    }

    /// The exact words beside the number to text.
    pub fn disclosure(&self, language: Language) -> String {
        self.spoken(language).words.home.disclosure.text()
    }

    /// The example conversation, the person first.
    pub fn conversation(&self, language: Language) -> Vec<String> {
        let spoken = self.spoken(language);
        conversation(&self.business, language, &spoken.words)
    }

    /// The address of a page in a language.
    pub(crate) fn address(&self, page: PublicPage, language: Language) -> String {
        let query = match self.business.languages.len() {
            0 | 1 => String::new(),
            _ => format!("?lang={}", language.code()),
        };
        format!("{}{}{query}", self.public_url, page.path())
    }

    pub(crate) fn rendered(&self, page: PublicPage, language: Language) -> &Rendered {
        &self.spoken(language).pages[page as usize]
    }

    pub(crate) fn thanks(&self, language: Language) -> &Rendered {
        &self.spoken(language).thanks
    }

    /// The current version of the form.
    pub(crate) fn version(&self, language: Language) -> &str {
        &self.spoken(language).version
    }

    /// The form again, with its contents and what is wrong with them.
    pub(crate) fn again(&self, language: Language, typed: &str, trouble: Trouble) -> String {
        let spoken = self.spoken(language);
        let view =
            View::of(&self.business, &self.public_url, language, &spoken.words, PublicPage::OptIn);
        let form = Form {
            view: &view,
            version: &spoken.version,
            typed,
            // A ticked box is an agreement to the words beside it, unless they have changed.
            ticked: !matches!(
                trouble,
                Trouble::NotTicked | Trouble::Number { ticked: false } | Trouble::Changed
            ),
            trouble: Some(trouble),
        };
        render(&Again { view: &view, form: &render(&form) })
    }

    fn spoken(&self, language: Language) -> &Spoken {
        self.spoken
            .iter()
            .find(|spoken| spoken.language == language)
            .or(self.spoken.first())
            .expect("a business has at least one language")
    }
}

impl Spoken {
    fn of(
        business: &Business,
        public_url: &str,
        lifetimes: &Lifetimes,
        language: Language,
    ) -> Self {
        let words = Words::of(business, lifetimes, language);
        let view = |page| View::of(business, public_url, language, &words, page);
        let form = |version: &str| {
            render(&Form {
                view: &view(PublicPage::OptIn),
                version,
                typed: "",
                ticked: false,
                trouble: None,
            })
        };
        let version = hexadecimal(&Sha256::digest(form(""))[..8]);
        let form = form(&version);
        let pages = PublicPage::ALL.map(|page| {
            let view = view(page);
            Rendered::of(match page {
                PublicPage::Home => {
                    let conversation = conversation(business, language, &words);
                    render(&Home { view: &view, conversation, form: &form })
                }
                PublicPage::Privacy => render(&Prose {
                    view: &view,
                    lead: &words.privacy.lead,
                    sections: &words.privacy.sections(),
                }),
                PublicPage::Terms => render(&Prose {
                    view: &view,
                    lead: &words.terms.lead,
                    sections: &words.terms.sections(),
                }),
                PublicPage::OptIn => render(&OptIn { view: &view, form: &form }),
            })
        });
        let thanks = Rendered::of(render(&Thanks { view: &view(PublicPage::OptIn) }));
        Self { language, version, pages, thanks, words }
    }
}

impl Rendered {
    fn of(html: String) -> Self {
        let etag = format!("\"{}\"", hexadecimal(&Sha256::digest(&html)[..16]));
        Self { html, etag }
    }
}

/// The common parts of every page.
struct View<'a> {
    business: &'a Business,
    public_url: &'a str,
    language: Language,
    words: &'a Words,
    page: PublicPage,
    title: &'a Html,
    style: &'static str,
}

impl<'a> View<'a> {
    fn of(
        business: &'a Business,
        public_url: &'a str,
        language: Language,
        words: &'a Words,
        page: PublicPage,
    ) -> Self {
        let title = match page {
            PublicPage::Home => &words.titles.home,
            PublicPage::Privacy => &words.titles.privacy,
            PublicPage::Terms => &words.titles.terms,
            PublicPage::OptIn => &words.titles.opt_in,
        };
        Self { business, public_url, language, words, page, title, style: STYLE }
    }

    /// The address of a page, in this language.
    fn to(&self, page: PublicPage) -> String {
        page.link(self.business, self.language)
    }

    /// The address of this page in another language.
    fn in_language(&self, language: &Language) -> String {
        self.page.link(self.business, *language)
    }

    /// The address of this page without a language.
    fn address(&self) -> String {
        format!("{}{}", self.public_url, self.page.path())
    }

    fn is_home(&self) -> bool {
        self.page == PublicPage::Home
    }

    /// Opens a message to the number with the keyword in it. `?&` serves both kinds of phone.
    fn sms(&self) -> String {
        format!("sms:{}?&body={}", self.business.number.as_str(), self.business.keyword)
    }

    /// Represents the business where its name does not fit.
    fn initial(&self) -> String {
        self.business.brand().chars().take(1).flat_map(char::to_uppercase).collect()
    }

    fn does(&self) -> &str {
        &self.business.wording(self.language).does
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    view: &'a View<'a>,
    conversation: Vec<String>,
    form: &'a str,
}

#[derive(Template)]
#[template(path = "prose.html")]
struct Prose<'a> {
    view: &'a View<'a>,
    lead: &'a Html,
    sections: &'a [(&'static str, &'a Section)],
}

#[derive(Template)]
#[template(path = "opt_in.html")]
struct OptIn<'a> {
    view: &'a View<'a>,
    form: &'a str,
}

#[derive(Template)]
#[template(path = "again.html")]
struct Again<'a> {
    view: &'a View<'a>,
    form: &'a str,
}

#[derive(Template)]
#[template(path = "thanks.html")]
struct Thanks<'a> {
    view: &'a View<'a>,
}

#[derive(Template)]
#[template(path = "form.html")]
struct Form<'a> {
    view: &'a View<'a>,
    version: &'a str,
    typed: &'a str,
    ticked: bool,
    trouble: Option<Trouble>,
}

impl Form<'_> {
    fn number_is_bad(&self) -> bool {
        matches!(self.trouble, Some(Trouble::Number { .. }))
    }

    fn is_not_ticked(&self) -> bool {
        matches!(self.trouble, Some(Trouble::NotTicked | Trouble::Number { ticked: false }))
    }

    /// What is wrong with the form as a whole.
    fn problem(&self) -> Option<&Html> {
        let words = &self.view.words.form;
        match self.trouble? {
            Trouble::Number { .. } | Trouble::NotTicked => Some(&words.problem),
            Trouble::Changed => Some(&words.changed),
            Trouble::Elsewhere => Some(&words.elsewhere),
            Trouble::TooMany => Some(&words.too_many),
            Trouble::NotStored => Some(&words.not_stored),
        }
    }
}

/// The owner's example, or one that fits every business.
fn conversation(business: &Business, language: Language, words: &Words) -> Vec<String> {
    let own = &business.wording(language).conversation;
    match own.is_empty() {
        true => words.home.conversation.iter().map(Html::text).collect(),
        false => own.clone(),
    }
}

/// The source that allows the stylesheet, in terms of Content-Security-Policy.
pub(crate) fn style_source() -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(STYLE)))
}

fn render(template: &impl Template) -> String {
    template.render().expect("writing to a string does not fail")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
