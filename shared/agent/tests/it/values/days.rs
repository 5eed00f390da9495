//! What counts as a day.

use super::{NO_VALUE, all_become, check};

const NO_DATE: &str = "write it as YYYY-MM-DD, such as 2026-11-25";
const NO_DAY: &str = "there is no such day: write the one that is meant, such as 2026-11-25";

#[tokio::test]
async fn reads_days() {
    let day = "\"2026-11-25\"";
    let same = [
        "2026-11-25",
        " 2026-11-25 ",
        "2026-11-25.",
        "2026/11/25",
        "2026.11.25",
        "2026.11.25.",
        "20261125",
        "2026-11-25T14:00",
        "2026-11-25T14:00:00",
        "2026-11-25 14:00",
        "2026-11-25T00:00:00Z",
        "2026-11-25T23:59:59.999Z",
        "2026-11-25T23:30:00-05:00",
        "2026-11-25T14:00:00+05:30",
        "2026-11-25t14:00:00z",
        "2026-11-25T14:00+01:00[Europe/Berlin]",
        "20261125T140000Z",
        "2026-11-25 at 2pm",
        "2026-11-25 around noon",
        "2026-11-25 14:00:00 +02:00",
        "2026-11-25 14:00 Z",
        "\"2026-11-25\"",
        "[\"2026-11-25\"]",
        "2026-11-25 at 2 p.m.",
        "2026-11-25, 2:30 PM",
        "2026-11-25 at 14",
        "2026-11-25 in the afternoon",
        "2026-11-25 (afternoon)",
        "2026-11-25 um 14 Uhr",
        "2026-11-25 à 14h30",
        "2026-11-25 a las 14:00",
        "2026-11-25 alle 14:00",
        "2026-11-25 às 14h",
        "2026-11-25 в 14:00",
        "2026-11-25 الساعة 14:00",
        "2026-11-25 सुबह 10 बजे",
        "2026-11-25 下午2点",
        "2026年11月25日",
        "2026年11月25日14点",
        "Wednesday, 2026-11-25",
        "2026-11-25 (Wed)",
        "Wednesday, 2026-11-25, 14:00",
        "٢٠٢٦-١١-٢٥",
        "۲۰۲۶/۱۱/۲۵",
        "२०२६-११-२५",
        "２０２６－１１－２５",
        "2026‑11‑25",
        "2026–11–25",
        "\u{200e}2026-11-25\u{200e}",
        "2026-11-25Z",
    ];
    all_become("type: date", &same, day).await;
    let early = [("2026-1-5", "\"2026-01-05\""), ("2028-02-29", "\"2028-02-29\"")];
    check("type: date", &early).await;
}

#[tokio::test]
async fn asks_for_days_that_are_not_clear() {
    all_become("type: date", UNCLEAR, NO_DATE).await;
    let none = ["2026-02-30", "2026-13-01", "2026-11-31", "2027-02-29", "2026-00-10", "2026-25-11"];
    all_become("type: date", &none, NO_DAY).await;
    let never = [
        "0001-01-01",
        "0000-00-00",
        "1970-01-01",
        "1970-01-01T00:00:00Z",
        "9999-12-31",
        "1900-01-01",
        "YYYY-MM-DD",
        "0001-01-01T00:00:00",
    ];
    all_become("type: date", &never, NO_VALUE).await;
    let other = "the day and the weekday do not agree: write the day as YYYY-MM-DD";
    all_become("type: date", &["Friday, 2026-11-25"], other).await;
}

const UNCLEAR: &[&str] = &[
    "3/4",
    "next Friday",
    "Dec 4",
    "4 Dec",
    "December 4, 2026",
    "12/01/2026",
    "01.12.2026",
    "25.11.26",
    "26-11-25",
    "tomorrow",
    "today",
    "morgen",
    "mañana",
    "Friday",
    "11-25",
    "2026-11",
    "2026",
    "the 25th",
    "25",
    "2026-11-25 or 2026-11-26",
    "2026-11-25/2026-11-28",
    "2026-11-25 to 2026-11-28",
    "not 2026-11-25",
    "before 2026-11-25",
    "around 2026-11-25",
    "by 2026-11-25",
    "2026-11-25 or later",
    "2026-11-25 plus 3 days",
    "2026-11-25 3",
    "2026-11/25",
    "in an hour",
    "14:00",
    "in 3 days",
    "明天",
    "завтра",
    "غدا",
    "कल",
    "2026-W48",
    "2026-11-255",
    "1764028800",
    "asap",
    "2026-11-25?",
];
