use money::Caps;
use proptest::prelude::*;
use settings::Settings;

use crate::amount::amount;

#[test]
fn by_default_a_turn_a_person_and_a_day_are_capped() {
    let caps = caps([]);
    assert_eq!(
        caps.lines(),
        [
            "at most 0.10 USD a turn (CAP_TURN)",
            "at most 1.00 USD a person and day (CAP_PERSON_DAY)",
            "at most 10.00 USD a day (CAP_DAY)",
            "at most 1.00 USD a day for the owner (CAP_OWNER_DAY)",
            "no cap a month (CAP_MONTH)",
            "no cap in total (CAP_TOTAL)",
        ]
    );
    assert_eq!(
        caps.to_string(),
        "at most 0.10 USD a turn, 1.00 a person and day, 10.00 a day, 1.00 a day for the owner; \
         no cap a month, in total"
    );
}

#[test]
fn each_cap_can_be_set_or_switched_off() {
    let caps = caps([
        ("CAP_TURN", "0.0500"),
        ("CAP_PERSON_DAY", "OFF"),
        ("CAP_DAY", "off"),
        ("CAP_OWNER_DAY", "off"),
        ("CAP_MONTH", "100"),
        ("CAP_TOTAL", "999.999"),
        ("CAP_CURRENCY", "eur"),
    ]);
    assert_eq!(
        caps.to_string(),
        "at most 0.05 EUR a turn, 100.00 a month, 999.999 in total; \
         no cap a person and day, a day, a day for the owner"
    );
    assert_eq!(caps.currency.to_string(), "EUR");
}

#[test]
fn without_any_cap_it_says_so() {
    let off = ["CAP_TURN", "CAP_PERSON_DAY", "CAP_DAY", "CAP_OWNER_DAY"].map(|name| (name, "off"));
    assert_eq!(
        caps(off).to_string(),
        "no cap a turn, a person and day, a day, a day for the owner, a month, in total"
    );
}

#[test]
fn a_cap_is_the_owners_if_he_set_an_amount() {
    for (settings, expected) in [
        (vec![], false),
        (vec![("CAP_CURRENCY", "USD")], false),
        (vec![("CAP_DAY", "off")], false),
        (vec![("CAP_DAY", "")], false),
        (vec![("CAP_DAY", "10")], true),
        (vec![("CAP_MONTH", "100"), ("CAP_DAY", "off")], true),
    ] {
        let settings: Settings = settings.into_iter().collect();
        assert_eq!(Caps::from_settings(&settings).unwrap().set_by_owner, expected, "{settings:?}");
    }
}

#[test]
fn what_cannot_be_read_stops_the_start() {
    let form =
        "write an amount such as 0.10, with a point and without a currency, or off for no cap";
    let zero = "nothing could be answered with it: write an amount above 0, or off for no cap";
    for (name, written, problem) in [
        ("CAP_TURN", "ten", form),
        ("CAP_DAY", "10,50", form),
        ("CAP_DAY", "$10", form),
        ("CAP_MONTH", "none", form),
        ("CAP_TOTAL", "0", zero),
        ("CAP_OWNER_DAY", "0.00", zero),
        ("CAP_PERSON_DAY", "-1", zero),
        ("CAP_TURN", "0.0000000001", "write at most nine decimals, or off for no cap"),
        ("CAP_CURRENCY", "dollars", "write the three letters of a currency, such as USD"),
        ("CAP_CURRENCY", "U$D", "write the three letters of a currency, such as USD"),
    ] {
        assert_eq!(refused([(name, written)]), format!("{name} cannot be used: {problem}"));
    }
}

#[test]
fn caps_that_contradict_each_other_stop_the_start() {
    let turn = "it is below CAP_TURN, so that not one turn could use what it may cost: raise it, or \
                lower CAP_TURN";
    for (settings, problem) in [
        ([("CAP_TURN", "0.10"), ("CAP_DAY", "0.05")], format!("CAP_DAY cannot be used: {turn}")),
        // The default of a turn is a cap like any other.
        ([("CAP_DAY", "10"), ("CAP_TOTAL", "0.09")], format!("CAP_TOTAL cannot be used: {turn}")),
        ([("CAP_TURN", "2"), ("CAP_DAY", "5")], format!("CAP_PERSON_DAY cannot be used: {turn}")),
        (
            [("CAP_PERSON_DAY", "20"), ("CAP_DAY", "5")],
            "CAP_PERSON_DAY cannot be used: it is above CAP_DAY, so that it would never apply: \
             lower it, write off, or raise CAP_DAY"
                .into(),
        ),
        (
            [("CAP_MONTH", "20"), ("CAP_TOTAL", "5")],
            "CAP_MONTH cannot be used: it is above CAP_TOTAL, so that it would never apply: \
             lower it, write off, or raise CAP_TOTAL"
                .into(),
        ),
    ] {
        assert_eq!(refused(settings), problem);
    }
}

#[test]
fn a_default_that_another_cap_makes_idle_is_no_contradiction() {
    assert_eq!(caps([("CAP_DAY", "0.50")]).day, Some(amount("0.50")));
    assert_eq!(caps([("CAP_MONTH", "5")]).month, Some(amount("5")));
    assert_eq!(caps([("CAP_TURN", "off"), ("CAP_DAY", "0.05")]).day, Some(amount("0.05")));
}

#[test]
fn a_share_is_good_for_twenty_turns() {
    for (settings, shards, share) in [
        (vec![], 5, "2.00"),
        (vec![("CAP_DAY", "2")], 1, "2.00"),
        (vec![("CAP_DAY", "1")], 1, "1.00"),
        (vec![("CAP_DAY", "5.99")], 2, "2.995"),
        (vec![("CAP_DAY", "1000")], 500, "2.00"),
        (vec![("CAP_DAY", "10240")], 1024, "10.00"),
        (vec![("CAP_TOTAL", "4")], 2, "5.00"),
        (vec![("CAP_TURN", "off")], 1, "10.00"),
        (vec![("CAP_TURN", "off"), ("CAP_DAY", "1000")], 50, "20.00"),
        (vec![("CAP_DAY", "off")], 1024, "0.009765625"),
        (vec![("CAP_TURN", "0.000000001")], 1024, "0.009765625"),
    ] {
        let settings: Settings = settings.into_iter().collect();
        let caps = Caps::from_settings(&settings).unwrap();
        let day = caps.day.unwrap_or(amount("10"));
        assert_eq!((caps.shards(), caps.share(day)), (shards, amount(share)), "{caps}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn all_shares_together_are_within_the_cap(turn in 1..1_000_000_000_u64, times in 1..100_000_u64) {
        let turn = money::Amount::from_billionths(turn.try_into().unwrap());
        let day = turn.times(times);
        let caps = Caps { turn: Some(turn), day: Some(day), ..caps([]) };
        prop_assert!((1..=1024).contains(&caps.shards()));
        prop_assert!(caps.share(day).times(caps.shards()) <= day);
        prop_assert!(caps.shards() == 1 || caps.share(day) >= turn.times(20));
    }
}

fn caps<const N: usize>(settings: [(&str, &str); N]) -> Caps {
    Caps::from_settings(&Settings::from(settings)).unwrap()
}

fn refused<const N: usize>(settings: [(&str, &str); N]) -> String {
    Caps::from_settings(&Settings::from(settings)).unwrap_err().to_string()
}
