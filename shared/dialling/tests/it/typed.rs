use dialling::{Mistyped, parse};
use sms::Number;

const USA: &str = "+12025550100";
const HUNGARY: &str = "+3612345678";
const BRITAIN: &str = "+442079460958";
const ITALY: &str = "+390612345678";

fn typed(typed: &str, home: &str) -> Result<String, Mistyped> {
    parse(typed, Some(&Number::parse(home).unwrap())).map(String::from)
}

#[test]
fn is_read_as_it_is_dialled_at_home() {
    for (home, written, number) in [
        (USA, "(202) 555-0143", "+12025550143"),
        (USA, "202.555.0143", "+12025550143"),
        (USA, " 1 202 555 0143 ", "+12025550143"),
        (USA, "+1 202/555 0143", "+12025550143"),
        (USA, "\u{202a}+1 (202) 555\u{2011}0143\u{202c}", "+12025550143"),
        (USA, "٢٠٢ ٥٥٥ ٠١٤٣", "+12025550143"),
        (USA, "（２０２）５５５－０１４３", "+12025550143"),
        // Canada and Jamaica dial like the USA.
        ("+14165550100", "604 555 0143", "+16045550143"),
        ("+18765550100", "1 (876) 555-0143", "+18765550143"),
        // The Bahamas have one area, which nobody dials at home.
        ("+12423221234", "322-1235", "+12423221235"),
        (HUNGARY, "06 20 123 4567", "+36201234567"),
        (HUNGARY, "20 123 4567", "+36201234567"),
        (HUNGARY, "36 20 123 4567", "+36201234567"),
        (BRITAIN, "07700 900123", "+447700900123"),
        (BRITAIN, "+44 (0)7700 900123", "+447700900123"),
        ("+525512345678", "55 1234 5678", "+525512345678"),
        ("+525512345678", "00 52 55 1234 5678", "+525512345678"),
        ("+541123456789", "011 15-2345-6789", "+5491123456789"),
        // Italy keeps the zero.
        (ITALY, "06 1234 5678", "+390612345678"),
        (ITALY, "347 123 4567", "+393471234567"),
        ("+79161234567", "8 (916) 123-45-67", "+79161234567"),
        ("+919876543210", "098765 43211", "+919876543211"),
    ] {
        assert_eq!(typed(written, home).as_deref(), Ok(number), "{written} at {home}");
    }
}

#[test]
fn is_read_with_the_prefix_of_calls_abroad() {
    for (home, written, number) in [
        (USA, "011 44 7700 900123", "+447700900123"),
        (USA, "00 44 7700 900123", "+447700900123"),
        (BRITAIN, "00 1 202 555 0143", "+12025550143"),
        (HUNGARY, "0044 7700 900123", "+447700900123"),
        ("+61291234567", "0011 1 202 555 0143", "+12025550143"),
        (USA, "+44 7700 900123", "+447700900123"),
    ] {
        assert_eq!(typed(written, home).as_deref(), Ok(number), "{written} at {home}");
    }
}

#[test]
fn is_not_guessed_at_where_nobody_is_at_home() {
    assert_eq!(parse("+1 202 555 0143", None).map(String::from).as_deref(), Ok("+12025550143"));
    assert_eq!(parse("202 555 0143", None), Err(Mistyped::Unknown));
}

#[test]
fn is_refused_with_what_to_write() {
    for (written, why) in [
        ("", Mistyped::TooShort),
        ("+", Mistyped::TooShort),
        ("555-0143", Mistyped::TooShort),
        ("202555014", Mistyped::TooShort),
        ("202 555 0143 3", Mistyped::TooLong),
        ("102 555 0143", Mistyped::Unknown),
        ("202 155 0143", Mistyped::Unknown),
        ("+999 12345678", Mistyped::Unknown),
        // Parsed again it would be +919876543210.
        ("+91 0098765 43210", Mistyped::Unknown),
        ("202 555 0143 ext. 12", Mistyped::Extension),
        ("202 555 0143 x12", Mistyped::Extension),
        ("call me", Mistyped::Characters),
        ("202 555 01 4O", Mistyped::Characters),
        ("Tel: 202 555 0143", Mistyped::Characters),
        ("202 555 0143 ☎", Mistyped::Characters),
        ("1-800-FLOWERS", Mistyped::Characters),
        ("202 555 014½", Mistyped::Characters),
    ] {
        assert_eq!(typed(written, USA), Err(why), "{written}");
    }
    assert!(Mistyped::TooShort.to_string().ends_with("as +12025550143"));
}

#[test]
fn what_the_library_knows_is_a_number_of_ours() {
    use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};
    let mut read = 0;
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        for kind in [PhoneNumberType::Mobile, PhoneNumberType::FixedLine] {
            let example = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind);
            let Ok(example) = example else { continue };
            let written = example.format_as(PhoneNumberFormat::E164).into_owned();
            assert!(Number::parse(&written).is_ok(), "{written}");
            read += 1;
        }
    }
    assert!(read > 400, "{read}");
}
