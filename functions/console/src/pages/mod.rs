//! The pages, drawn here: they work without script.

pub(crate) mod acts;
pub(crate) mod attention;
pub(crate) mod audit;
pub(crate) mod brief;
pub(crate) mod figures;
pub(crate) mod inbox;
pub(crate) mod limits;
mod panels;
pub(crate) mod people;
pub(crate) mod phones;
pub(crate) mod place;
pub(crate) mod saved;
pub(crate) mod thread;
pub(crate) mod trace;
