//! Telephone numbers, as companies write them and as people type them.

use std::sync::LazyLock;

use providers::ENTRIES;
use sms::Number;

use crate::calls::WORLD;
use crate::text;

/// Countries with different ways of dialling.
static HOMES: LazyLock<[Option<Number>; 5]> = LazyLock::new(|| {
    let home = |number| Some(Number::parse(number).unwrap());
    [None, home("+12025550100"), home("+3612345678"), home("+919876543210"), home("+390612345678")]
});

/// Whatever is parsed as a number parses again as itself, and does not appear in debug output.
pub fn numbers(data: &[u8]) {
    let written = text(data);
    Number::parse(&written).iter().for_each(check);
    for country in [None, Some("1"), Some("91"), Some(&*written)] {
        Number::completed(&written, country).iter().for_each(check);
    }
    for entry in ENTRIES {
        let provider = WORLD.providers.named(entry.name).unwrap();
        provider.whole_number(&written).iter().for_each(check);
    }
    for home in &*HOMES {
        let Ok(number) = dialling::parse(&written, home.as_ref()) else { continue };
        check(&number);
        for home in &*HOMES {
            assert_eq!(dialling::parse(number.as_str(), home.as_ref()).as_ref(), Ok(&number));
        }
    }
}

fn check(number: &Number) {
    let digits = number.as_str().strip_prefix('+').expect("it begins with a plus");
    assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit()));
    assert_eq!(Number::parse(number.as_str()).as_ref(), Ok(number));
    let stored = serde_json::to_string(number).unwrap();
    assert_eq!(serde_json::from_str::<Number>(&stored).ok().as_ref(), Some(number));
    let (code, national) = number.split();
    assert_eq!(format!("{code}{national}"), digits);
    assert!(number.display().chars().filter(char::is_ascii_digit).eq(match code {
        "1" => national.chars(),
        _ => digits.chars(),
    }));
    assert_eq!(format!("{number:?}").chars().count(), "+…43".chars().count());
}
