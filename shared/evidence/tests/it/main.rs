//! The verdict on a route, given the texts it has carried.

mod incidents;
mod judge;
mod order;
mod rhythm;
mod router;
mod story;
mod together;
mod traffic;
