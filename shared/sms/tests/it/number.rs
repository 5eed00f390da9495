use sms::Number;

#[test]
fn reads_numbers_in_international_form() {
    let read = |written| Number::parse(written).map(String::from).ok();
    assert_eq!(read(" +1 (202) 555-0143 ").as_deref(), Some("+12025550143"));
    assert_eq!(read("+49.30.1234567").as_deref(), Some("+49301234567"));
    for wrong in
        ["12025550143", "0012025550143", "+0202555", "+123456", "+1234567890123456", "+", ""]
    {
        assert_eq!(read(wrong), None, "{wrong}");
    }
    assert_eq!(read("+1202555O143"), None);
    assert_eq!(read("+１２０２５５５０１４３"), None);
}

#[test]
fn splits_off_the_country_code() {
    let split = |written| {
        let number = Number::parse(written).unwrap();
        let (country_code, national) = number.split();
        format!("{country_code} {national}")
    };
    assert_eq!(split("+12025550143"), "1 2025550143");
    assert_eq!(split("+79161234567"), "7 9161234567");
    assert_eq!(split("+919876543210"), "91 9876543210");
    assert_eq!(split("+989121234567"), "98 9121234567");
    assert_eq!(split("+351912345678"), "351 912345678");
    assert_eq!(split("+8801712345678"), "880 1712345678");
}

#[test]
fn tells_a_test_number_from_a_persons() {
    let is_for_tests = |written| Number::parse(written).unwrap().is_for_tests();
    assert!(is_for_tests("+15005550006") && is_for_tests("+1 (500) 555-1234"));
    for persons in ["+12025550143", "+15005560006", "+4915005550006"] {
        assert!(!is_for_tests(persons), "{persons}");
    }
}

#[test]
fn prints_nearly_nothing() {
    assert_eq!(format!("{:?}", Number::parse("+12025550143").unwrap()), "+…43");
}

#[test]
fn is_its_digits_in_a_document() {
    let number = Number::parse("+12025550143").unwrap();
    assert_eq!(serde_json::to_string(&number).unwrap(), r#""+12025550143""#);
    assert_eq!(serde_json::from_str::<Number>(r#""+12025550143""#).unwrap(), number);
    assert!(serde_json::from_str::<Number>(r#""STOP""#).is_err());
}

#[test]
fn has_as_many_digits_as_numbers_of_its_country() {
    let read = |written| Number::parse(written).is_ok();
    // Saint Helena, Tristan da Cunha, Niue, Tokelau, the Faroe Islands, Germany at its longest.
    for number in [
        "+29022334",
        "+2908999",
        "+6834002",
        "+6907290",
        "+298211234",
        "+493012345678",
        "+4915112345678",
    ] {
        assert!(read(number), "{number}");
    }
    // A local number of seven digits with a plus; North America without an area code, and with one
    // that does not exist; Hungary with too many digits.
    for wrong in
        ["+5550143", "+4155501", "+4915501", "+1202555014", "+11025550143", "+362012345678"]
    {
        assert!(!read(wrong), "{wrong}");
    }
    // A new code.
    assert!(read("+9991234567"));
}

#[test]
fn can_be_read_back_from_the_store() {
    assert!(serde_json::from_str::<Number>(r#""+5550143""#).is_ok());
}

#[test]
fn is_displayed_as_people_write_it() {
    let shown = |number| Number::parse(number).unwrap().display();
    assert_eq!(shown("+12025550143"), "(202) 555-0143");
    assert_eq!(shown("+442079460958"), "+44 2079460958");
}
