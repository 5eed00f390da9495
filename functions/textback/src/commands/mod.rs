//! The commands of the program, one module each.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod chat;
pub(crate) mod consents;
pub(crate) mod console_user;
pub(crate) mod doctor;
pub(crate) mod figures;
pub(crate) mod languages;
pub(crate) mod limits;
pub(crate) mod orders;
pub(crate) mod person;
pub(crate) mod quarantine;
pub(crate) mod register;
pub(crate) mod rehearse;
pub(crate) mod restore;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod smoke;
