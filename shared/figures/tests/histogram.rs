//! What a histogram says of the times it has counted.

use figures::{Histogram, bucket};

#[test]
fn the_median_and_the_95th_are_within_five_percent() {
    // Times as they are: many short ones, and a long tail up to an hour.
    let times: Vec<u64> = (1..=5_000).map(|n: u64| 400 + n * n * n / 35_000).collect();
    let mut histogram = Histogram::default();
    times.iter().for_each(|ms| histogram.add(bucket(*ms), 1));
    assert_eq!(histogram.count(), 5_000);
    for (part, exact) in [(0.5, times[2_499]), (0.95, times[4_749])] {
        let told = histogram.quantile(part).expect("there are times");
        assert!(told.abs_diff(exact) * 20 <= exact, "{told} ms instead of {exact} ms");
    }
}

#[test]
fn a_day_without_times_has_no_median() {
    assert_eq!(Histogram::default().quantile(0.5), None);
}
