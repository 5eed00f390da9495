use policy::{Countries, Country, CountryRefusal};
use settings::{Settings, SettingsError};
use sms::Number;

/// One line for each country and kind: written together with the tables that these tests check.
const EXAMPLES: &str = include_str!("numbers.txt");

/// Mobile numbers with digits of the country that the calling code belongs to.
const NOT_TOLD: [&str; 9] = [
    "VA is IT", "IM is GB", "SJ is NO", "CC is AU", "CX is AU", "EH is MA", "AX is FI", "BL is GP",
    "MF is GP",
];

#[test]
fn every_country_has_numbers_that_may_be_texted_and_expensive_ones_that_may_not() {
    let mut seen = [0, 0];
    for (country, kind, number) in examples() {
        let expected = match kind {
            "fixed_line" | "mobile" => Ok(()),
            "premium_rate" => Err(CountryRefusal::Premium),
            "shared_cost" => Err(CountryRefusal::SharedCost),
            other => panic!("{other} is not spoken of"),
        };
        seen[usize::from(expected.is_err())] += 1;
        assert_eq!(Countries::ALL.allows(&number), expected, "{country} {kind} {number:?}");
    }
    assert!(seen[0] > 450 && seen[1] > 150, "{seen:?}");
}

#[test]
fn a_country_that_is_named_may_be_texted_and_no_other() {
    let mut not_told = vec![];
    for (country, _, number) in examples().filter(|(_, kind, _)| *kind == "mobile") {
        let is = Country::of(&number).unwrap().to_string();
        assert_eq!(countries(&is).allows(&number), Ok(()), "{number:?}");
        assert_eq!(countries("DE").allows(&number).is_ok(), country == "DE", "{country}");
        if is != country {
            not_told.push(format!("{country} is {is}"));
        }
    }
    assert_eq!(not_told, NOT_TOLD);
}

#[test]
fn one_is_the_usa_canada_and_their_territories() {
    let allowed = countries("1");
    let mainland = ["+12025550143", "+14165550143", "+18005550143", "+15005550006"];
    let territories = ["+17875550143", "+13405550143", "+16715550143", "+16845550143"];
    for number in mainland.into_iter().chain(territories) {
        assert_eq!(allowed.allows(&of(number)), Ok(()), "{number}");
    }
    let islands = ["+18765550143", "+18095550143", "+12425550143", "+17675550143", "+14415550143"];
    let refused = islands.map(|number| allowed.allows(&of(number)).unwrap_err().to_string());
    assert_eq!(refused, ["JM", "DO", "BS", "DM", "BM"]);
}

#[test]
fn islands_are_named_by_their_letters_or_their_area() {
    let jamaica = of("+18765550143");
    for named in ["JM", "jm", "1876", "+1876", "1,JM", " 44 , 1876 ", "all", "44,ALL"] {
        assert_eq!(countries(named).allows(&jamaica), Ok(()), "{named}");
    }
    assert_eq!(countries("1658").allows(&jamaica).unwrap_err().to_string(), "JM");
}

#[test]
fn a_calling_code_is_wider_than_one_of_its_countries() {
    let jersey = of("+447797123456");
    assert_eq!(countries("44").allows(&jersey), Ok(()));
    assert_eq!(countries("GB").allows(&jersey).unwrap_err().to_string(), "JE");
    let almaty = of("+77011234567");
    assert_eq!(countries("7").allows(&almaty), Ok(()));
    assert_eq!(countries("RU").allows(&almaty).unwrap_err().to_string(), "KZ");
}

#[test]
fn expensive_numbers_are_never_texted() {
    let dear = [
        ("+19005550143", "premium-rate"),
        ("+979123456789", "premium-rate"),
        ("+449098790123", "premium-rate"),
        ("+80812345678", "shared-cost"),
        ("+4918012345", "shared-cost"),
        ("+8821234567", "satellite"),
        ("+881612345678", "satellite"),
        ("+870773123456", "satellite"),
        ("+883510012345", "satellite"),
    ];
    for allowed in ["all", "1,44,49,DE,GB", "1900"] {
        for (number, word) in dear {
            let refused = countries(allowed).allows(&of(number)).unwrap_err();
            assert_eq!(refused.to_string(), word, "{number} {allowed}");
        }
    }
}

#[test]
fn numbers_of_no_country_are_texted_only_if_all_are() {
    for number in ["+80012345678", "+878101234567890", "+9991234567"] {
        assert_eq!(countries("1,44").allows(&of(number)), Err(CountryRefusal::Unassigned));
        assert_eq!(Countries::ALL.allows(&of(number)), Ok(()));
    }
}

#[test]
fn our_own_numbers_say_where_replies_go() {
    let of_ours =
        |ours: &[&str]| Countries::of_numbers(&ours.iter().map(|it| of(it)).collect::<Vec<_>>());
    assert_eq!(of_ours(&["+14165550143"]), Some(countries("1")));
    assert_eq!(of_ours(&["+12025550143", "+447400123456"]), Some(countries("1,44")));
    assert_eq!(of_ours(&["+18765550143"]), Some(countries("JM")));
    assert_eq!(of_ours(&["+80012345678"]), None);
    assert_eq!(of_ours(&[]), None);
}

#[test]
fn an_unreadable_setting_stops_the_start() {
    assert_eq!(Countries::from_settings(&Settings::default()), Ok(None));
    for written in
        ["UK", "Germany", "off", "0", "4", "447", "5993", "999", "1;44", "1 44", ",", "+", "é"]
    {
        let read = Countries::from_settings(&Settings::from([("COUNTRIES", written)]));
        let problem = read.unwrap_err();
        assert!(matches!(problem, SettingsError::Invalid { name: "COUNTRIES", .. }), "{written}");
    }
}

#[test]
fn a_refusal_does_not_give_the_number_away() {
    for (_, _, number) in examples() {
        for allowed in ["all", "TV"] {
            if let Err(refusal) = countries(allowed).allows(&number) {
                let said = format!("{refusal} {refusal:?}");
                assert!(!said.contains(|c: char| c.is_ascii_digit()), "{said}");
            }
        }
    }
}

fn examples() -> impl Iterator<Item = (&'static str, &'static str, Number)> {
    EXAMPLES.lines().map(|line| {
        let words: Vec<_> = line.split(' ').collect();
        (words[0], words[1], of(words[2]))
    })
}

fn countries(written: &str) -> Countries {
    Countries::from_settings(&Settings::from([("COUNTRIES", written)])).unwrap().unwrap()
}

fn of(number: &str) -> Number {
    Number::parse(number).unwrap()
}
