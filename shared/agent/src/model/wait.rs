//! How long a server asks us to wait.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;

/// The longest wait that is accepted. Nobody waits longer for an answer, whatever a server says.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait, by any of the headers, or else by the body.
pub(super) fn asked_to_wait(
    status: StatusCode,
    headers: &HeaderMap,
    body: &Value,
) -> Option<Duration> {
    let header = |name| headers.get(name)?.to_str().ok().map(str::trim);
    header("retry-after-ms")
        .and_then(|value| units(value, 0.001))
        .or_else(|| header("retry-after").and_then(|value| after(value, header("date"))))
        .or_else(|| {
            // In each answer, OpenAI says how long it takes until the full quota is available again.
            let used_up = |name| header(name).is_some_and(|left| left == "0");
            let reset = match used_up("x-ratelimit-remaining-tokens") {
                true => "x-ratelimit-reset-tokens",
                false => "x-ratelimit-reset-requests",
            };
            header(reset).filter(|_| status == StatusCode::TOO_MANY_REQUESTS).and_then(span)
        })
        .or_else(|| delay(body, 0).and_then(span))
        .map(|wait| wait.min(LONGEST))
}

/// Seconds, or a date by the server's own clock.
fn after(value: &str, now: Option<&str>) -> Option<Duration> {
    units(value, 1.0).or_else(|| span(value)).or_else(|| {
        let time = |date| DateTimeParser::new().parse_timestamp(date).ok();
        let now = now.and_then(time).unwrap_or_else(Timestamp::now);
        Some(Duration::try_from(time(value)?.duration_since(now)).unwrap_or_default())
    })
}

/// A number of units of this many seconds. The past counts as now.
fn units(value: &str, seconds: f64) -> Option<Duration> {
    let number = value.parse::<f64>().ok().filter(|number| !number.is_nan())?;
    let seconds = (number * seconds).clamp(0.0, LONGEST.as_secs_f64());
    Some(Duration::from_secs_f64(seconds))
}

/// `6m0s`, `1.2s`, `340ms`.
fn span(value: &str) -> Option<Duration> {
    let (mut rest, mut sum) = (value, Duration::ZERO);
    while !rest.is_empty() {
        let number =
            rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (number, after) = rest.split_at(number);
        let unit = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        sum += units(number, seconds)?;
        rest = after;
    }
    (!value.is_empty()).then_some(sum)
}

/// Google's `retryDelay`, somewhere in the details.
fn delay(body: &Value, depth: u32) -> Option<&str> {
    match body {
        _ if depth > 6 => None,
        Value::Array(list) => list.iter().find_map(|value| delay(value, depth + 1)),
        Value::Object(map) => map
            .get("retryDelay")
            .and_then(Value::as_str)
            .or_else(|| map.values().find_map(|value| delay(value, depth + 1))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn waits<const N: usize>(
        headers: [(&'static str, &'static str); N],
        body: &Value,
    ) -> Option<u64> {
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        let headers = headers.map(|(name, value)| (http::HeaderName::from_static(name), value));
        let wait =
            asked_to_wait(StatusCode::TOO_MANY_REQUESTS, &headers.into_iter().collect(), body);
        wait.map(|wait| u64::try_from(wait.as_millis()).unwrap())
    }

    #[test]
    fn understands_every_way_to_say_how_long() {
        let (none, date) = (&Value::Null, ("date", "Sun, 29 Nov 2026 10:00:00 GMT"));
        let google = json!([{ "error": { "code": 429, "details": [
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s" }] } }]);
        for (waited, expected) in [
            (waits([("retry-after", "7")], none), Some(7_000)),
            (waits([("retry-after", " 1.5 ")], none), Some(1_500)),
            (waits([("retry-after", "20s")], none), Some(20_000)),
            (waits([("retry-after-ms", "340"), ("retry-after", "7")], none), Some(340)),
            (waits([("retry-after", "Sun, 29 Nov 2026 10:01:30 GMT"), date], none), Some(90_000)),
            (waits([("retry-after", "Sun, 29 Nov 2026 09:00:00 GMT"), date], none), Some(0)),
            (waits([("x-ratelimit-reset-requests", "6m0s")], none), Some(360_000)),
            (waits([("x-ratelimit-reset-requests", "1.2s")], none), Some(1_200)),
            (
                waits([("retry-after", "2"), ("x-ratelimit-reset-requests", "6m0s")], none),
                Some(2_000),
            ),
            (waits([], &google), Some(34_500)),
            (waits([("retry-after", "-5")], none), Some(0)),
            (waits([("retry-after", "1e300")], none), Some(86_400_000)),
            (waits([("retry-after", "99999999999999999999")], none), Some(86_400_000)),
            (waits([("retry-after", "NaN")], none), None),
            (waits([("retry-after", "soon")], none), None),
            (waits([("retry-after", "")], none), None),
        ] {
            assert_eq!(waited, expected);
        }
    }
}
