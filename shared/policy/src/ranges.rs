//! Stand-in until the table is generated.

/// Why nobody may be texted in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    Premium,
    SharedCost,
    Satellite,
}

/// First digits, the number of digits in all or 0 for any, and what they are. Sorted.
pub(crate) static RANGES: &[(&str, u8, Range)] = &[
    ("1900", 0, Range::Premium),
    ("808", 0, Range::SharedCost),
    ("870", 0, Range::Satellite),
    ("881", 0, Range::Satellite),
    ("882", 0, Range::Satellite),
    ("883", 0, Range::Satellite),
    ("979", 0, Range::Premium),
];

/// First digits and the country. The longest that fits counts. Sorted.
pub(crate) static COUNTRIES: &[(&str, [u8; 2])] = &[
    ("1", *b"US"),
    ("1416", *b"CA"),
    ("1787", *b"PR"),
    ("1809", *b"DO"),
    ("1876", *b"JM"),
    ("371", *b"LV"),
    ("44", *b"GB"),
    ("49", *b"DE"),
];
