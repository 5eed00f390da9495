//! The product from outside: the program as its owner starts it, between stand-ins for everything
//! it talks to.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod answers;
mod aws;
mod backups;
mod beside;
mod chat;
mod clocks;
mod commands;
mod consents;
mod console;
mod crash;
mod disk;
mod doctor;
mod each_company;
mod examples;
mod failover;
mod floods;
mod generated;
mod hand_over;
mod health;
mod messagecentral;
mod mock;
mod operators;
mod page;
mod port;
mod quarantine;
mod refusals;
mod register;
mod rehearse;
mod results;
mod rights;
mod secrets;
mod settings;
mod smoke;
mod stop_words;
mod stopping;
mod strangers;
mod trouble;
