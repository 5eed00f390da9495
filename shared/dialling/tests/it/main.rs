//! Held to numbers as they are typed in a few countries, and to what links it.

mod linked;
mod typed;
