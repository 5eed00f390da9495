//! What counts as a number.

use super::{NO_VALUE, all_become, check, recorded};

const NO_NUMBER: &str = "write it as a number alone, such as 12 or 2.5";

#[tokio::test]
async fn reads_numbers() {
    check(
        "type: number",
        &[
            ("12", "12"),
            ("2.5", "2.5"),
            ("12.0", "12"),
            ("-3", "-3"),
            ("−3", "-3"),
            ("+3", "3"),
            ("007", "7"),
            (".5", "0.5"),
            ("0.250", "0.25"),
            ("1,250", "1250"),
            ("1.250,00", "1250"),
            ("1,250.00", "1250"),
            ("1 250", "1250"),
            ("1\u{a0}250", "1250"),
            ("1\u{202f}250,5", "1250.5"),
            ("1'250", "1250"),
            ("1’250.50", "1250.5"),
            ("1,250,000", "1250000"),
            ("1.250.000", "1250000"),
            ("1,25,000", "125000"),
            ("2,5", "2.5"),
            ("12,50", "12.5"),
            ("0,125", "0.125"),
            ("12345.678", "12345.678"),
            ("١٢", "12"),
            ("१२.५", "12.5"),
            ("１２", "12"),
            ("٢٫٥", "2.5"),
            ("١٬٢٥٠", "1250"),
            ("0", "0"),
            ("-0", "0"),
            ("5.", "5"),
        ],
    )
    .await;
}

#[tokio::test]
async fn asks_for_numbers_that_are_not_clear() {
    let unclear = [
        "12 m²", "about 12", "twelve", "a few", "12-14", "12 or 13", "$12", "12%", "½", "1/2",
        "5²", "1e999", "infinity", "-inf", "1,2,3", "1,25.0", "12 5", "1.2.3", "0x10", "--3",
        "zwölf", "十二", "12,", "1, 250", "true",
    ];
    let asked = recorded("type: number", &unclear).await;
    let wrong: Vec<_> = unclear.iter().zip(asked).filter(|(_, told)| told != NO_NUMBER).collect();
    assert_eq!(wrong, [(&"12,", "12".into())]);
    all_become("type: number", &["NaN", "nan"], NO_VALUE).await;
    let told = "write it as 1250 or as 1.2500, whichever is meant";
    check("type: number", &[("1.250", told), ("1.2500", "1.25")]).await;
    let many = "1".repeat(400);
    all_become("type: number", &[&many, "12345678901234567"], "write it in at most 15 digits")
        .await;
}
