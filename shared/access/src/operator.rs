//! Who works with the console.

/// The name of whoever has the one password or the link.
pub const OWNER: &str = "owner";

/// The longest name, in characters.
const LONGEST: usize = 64;

/// Somebody who was admitted to the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator(String);

impl Operator {
    /// Whoever has the one password or the link.
    pub(crate) fn owner() -> Self {
        Self(OWNER.into())
    }

    /// The operator of this name, if it can be one: at most 64 ASCII letters, digits, and `.`, `_`,
    /// `@`, `-`. It is part of a setting and of a cookie.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
        let fits = (1..=LONGEST).contains(&name.len()) && name.bytes().all(may_be);
        fits.then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }
}
