//! What is thought of a route, told by the texts that it was given.

mod incidents;
mod judge;
mod order;
mod rhythm;
mod router;
mod story;
mod together;
mod traffic;
