//! Prints how soon a loss is found out, and how often a healthy route is suspected.

mod tables;

fn main() {
    tables::print(20);
}
