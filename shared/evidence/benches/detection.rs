//! Prints how soon a loss is found out, and how often a healthy route is suspected.

fn main() {
    simulation::tables::print(20);
}
