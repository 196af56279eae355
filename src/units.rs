//! Units at the edge: durations and sizes as people write and read them; inside, integers.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de::Error as _};

/// Reads a duration such as `5ms`, `1.5s`, `2m` or `1h30m`; a bare number counts seconds, as the old scripts did.
///
/// # Errors
/// Says what was seen and which forms are taken; negative durations are refused.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let refused =
        || format!("`{text}` is not a duration: write 250ms, 30s, 2m, or a number of seconds");
    if let Ok(seconds) = trimmed.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| refused());
    }
    let signed: SignedDuration = trimmed.parse().map_err(|_| refused())?;
    Duration::try_from(signed).map_err(|_| refused())
}

/// Writes a duration with three significant digits in the unit that fits: `1.24 ms`, `310 µs`, `2.00 s`.
pub fn format_duration(duration: Duration) -> String {
    format_nanos(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

/// As [`format_duration`], from nanoseconds.
pub fn format_nanos(nanos: u64) -> String {
    let (value, unit) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (nanos as f64 / 1e3, "µs"),
        1_000_000..1_000_000_000 => (nanos as f64 / 1e6, "ms"),
        _ => (nanos as f64 / 1e9, "s"),
    };
    let decimals = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.decimals$} {unit}")
}

/// For `#[serde(deserialize_with)]`: a duration written as text (`"5ms"`) or as a number of seconds.
///
/// # Errors
/// As [`parse_duration`].
pub fn duration<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Seconds(f64),
    }
    let text = match Written::deserialize(input)? {
        Written::Text(text) => text,
        Written::Seconds(seconds) => seconds.to_string(),
    };
    parse_duration(&text).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, millis) in
            [("5ms", 5), ("2s", 2_000), ("0.1", 100), ("90", 90_000), ("1m30s", 90_000)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "abc", "-1", "-5ms", "NaN", "inf", "5 parsecs"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nanoseconds_are_written_with_three_digits() {
        let written = [7, 1_500, 12_340, 310_000, 1_240_000, 2_000_000_000].map(format_nanos);
        assert_eq!(written, ["7 ns", "1.50 µs", "12.3 µs", "310 µs", "1.24 ms", "2.00 s"]);
    }
}
