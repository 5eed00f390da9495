use money::Amount;
use proptest::prelude::*;

#[test]
fn an_amount_is_written_with_as_few_decimals_as_it_has_and_two_at_least() {
    for (written, printed) in [
        ("0.10", "0.10"),
        ("1", "1.00"),
        ("0.0123", "0.0123"),
        ("0.000000001", "0.000000001"),
        ("12.500", "12.50"),
        ("007", "7.00"),
        ("-0.005", "-0.005"),
        ("0.1000000000000", "0.10"),
        ("-0", "0.00"),
    ] {
        assert_eq!(amount(written).to_string(), printed);
    }
    assert_eq!(amount("0.15"), Amount::from_billionths(150_000_000));
}

#[test]
fn what_is_no_amount_is_refused_with_what_to_write() {
    let form = "write an amount such as 0.10, with a point and without a currency";
    let (fine, large) = ("write at most nine decimals", "write less than nine billion");
    for (written, problem) in [
        ("", form),
        ("-", form),
        ("1.", form),
        (".5", form),
        ("1,50", form),
        ("1.2.3", form),
        ("+1", form),
        ("--1", form),
        ("1e3", form),
        ("$1", form),
        ("1 USD", form),
        (" 1", form),
        ("nan", form),
        ("٣", form),
        ("0.0000000001", fine),
        ("9223372036.854775808", large),
        ("100000000000000000000", large),
    ] {
        assert_eq!(written.parse::<Amount>().unwrap_err().to_string(), problem, "{written}");
    }
}

#[test]
fn sums_and_products_stop_at_the_largest_amount() {
    assert_eq!(Amount::MAX.saturating_add(amount("1")), Amount::MAX);
    assert_eq!(amount("5000000000").times(2), Amount::MAX);
    assert_eq!(amount("0.0083").times(3), amount("0.0249"));
    assert_eq!(amount("1").saturating_sub(amount("1.50")), amount("-0.50"));
    assert_eq!([amount("1"), Amount::MAX, amount("-1")].into_iter().sum::<Amount>().to_string(), {
        "9223372035.854775807"
    });
}

#[test]
fn as_json_it_is_a_whole_number() {
    assert_eq!(serde_json::to_string(&amount("0.15")).unwrap(), "150000000");
    assert_eq!(serde_json::from_str::<Amount>("150").unwrap().to_string(), "0.00000015");
    assert!(serde_json::from_str::<Amount>("0.15").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_printed_is_read_as_the_same(billionths in any::<i64>()) {
        let amount = Amount::from_billionths(billionths);
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-0-9.]{0,24}|.{0,8}") {
        if let Ok(amount) = text.parse::<Amount>() {
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }
    }

    #[test]
    fn amounts_are_in_the_order_of_their_numbers(one in any::<i64>(), other in any::<i64>()) {
        let amounts = [one, other].map(Amount::from_billionths);
        prop_assert_eq!(amounts[0].cmp(&amounts[1]), one.cmp(&other));
    }
}

pub(crate) fn amount(written: &str) -> Amount {
    written.parse().unwrap()
}
