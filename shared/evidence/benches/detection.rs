//! Prints how soon a loss is detected, and how often a healthy route is suspected.

fn main() {
    simulation::tables::print(20);
}
