use proptest::prelude::*;
use sms::Encoding::{Gsm7, Ucs2};
use sms::{gsm7_units, segments};

#[test]
fn counts_as_the_carriers_do() {
    let cases = [
        ("", Gsm7, 0, 1),
        ("Hi", Gsm7, 2, 1),
        (&"a".repeat(160), Gsm7, 160, 1),
        (&"a".repeat(161), Gsm7, 161, 2),
        (&"a".repeat(306), Gsm7, 306, 2),
        (&"a".repeat(307), Gsm7, 307, 3),
        ("{€}", Gsm7, 6, 1),
        (&"€".repeat(80), Gsm7, 160, 1),
        // The 153rd septet of each part would be half a character, and stays empty.
        (&"€".repeat(152), Gsm7, 304, 2),
        (&"€".repeat(153), Gsm7, 306, 3),
        (&format!("{}€{}", "a".repeat(152), "a".repeat(152)), Gsm7, 306, 3),
        ("Grüße, Ångström! ΔΩ é à Ç\n", Gsm7, 26, 1),
        ("ç", Ucs2, 1, 1),
        ("“Hi”", Ucs2, 4, 1),
        (&"я".repeat(70), Ucs2, 70, 1),
        (&"я".repeat(71), Ucs2, 71, 2),
        (&"я".repeat(134), Ucs2, 134, 2),
        (&"я".repeat(135), Ucs2, 135, 3),
        (&"🎉".repeat(35), Ucs2, 70, 1),
        // 33 pairs in a part, whose 67th unit stays empty.
        (&"🎉".repeat(66), Ucs2, 132, 2),
        (&"🎉".repeat(67), Ucs2, 134, 3),
        (&"🎉".repeat(1600), Ucs2, 3200, 49),
    ];
    for (text, encoding, units, count) in cases {
        let actual = segments(text);
        assert_eq!(
            (actual.encoding, actual.units, actual.count),
            (encoding, units, count),
            "{text}"
        );
    }
}

#[test]
fn knows_the_alphabet() {
    let of_size = |size| ('\0'..=char::MAX).filter(|c| gsm7_units(*c) == Some(size)).count();
    assert_eq!((of_size(1), of_size(2)), (127, 10));
}

proptest! {
    #[test]
    fn needs_no_fewer_segments_than_units_fill_and_hardly_more(text in "(\\PC|[a-z€]){0,400}") {
        let counted = segments(&text);
        let (alone, part) = if counted.encoding == Gsm7 { (160, 153) } else { (70, 67) };
        if counted.units <= alone {
            prop_assert_eq!(counted.count, 1);
        } else {
            prop_assert!(counted.count >= counted.units.div_ceil(part));
            prop_assert!(counted.count <= counted.units.div_ceil(part - 1));
        }
    }

    #[test]
    fn never_shrinks_when_words_are_added(text in "(\\PC|[a-z€]){0,200}", more in "(\\PC|[a-z€]){0,200}") {
        let (less, all) = (segments(&text), segments(&format!("{text}{more}")));
        prop_assert!(all.count >= less.count);
        let fits = text.chars().chain(more.chars()).all(|c| gsm7_units(c).is_some());
        prop_assert_eq!(all.encoding == Gsm7, fits);
    }
}
