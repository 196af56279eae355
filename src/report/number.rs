//! Numbers as a report writes them: grouped counts, latencies in the unit that fits, rates, sizes.

use std::time::Duration;

use super::Lang;
use crate::units::{format_duration, format_nanos};

/// `1,234,567`
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `48 of 50`
pub(super) fn of(part: u64, whole: u64, lang: Lang) -> String {
    format!("{}{}{}", count(part), lang.pick(" of ", " / "), count(whole))
}

/// A latency; what was not measured is `n/a`.
pub(super) fn latency(micros: Option<f64>, lang: Lang) -> String {
    match micros {
        Some(micros) if micros.is_finite() => format_nanos((micros * 1e3).round() as u64),
        Some(_) => lang.pick("never", "未送达").into(),
        None => lang.pick("n/a", "无").into(),
    }
}

/// A duration in milliseconds.
pub(super) fn millis(millis: u64) -> String {
    match millis {
        0 => "0 ms".into(),
        _ => format_duration(Duration::from_millis(millis)),
    }
}

/// `99.9 %`; the whole is not zero.
pub(super) fn percent(part: u64, whole: u64) -> String {
    // Rounded down: 99.96 % must not read as 100.0 %.
    let tenths = (u128::from(part) * 1000).checked_div(u128::from(whole)).unwrap_or(0);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A value with as many decimals as are worth reading.
pub(super) fn value(value: f64) -> String {
    let size = value.abs();
    if size >= 1000.0 {
        let grouped = count(size.round() as u64);
        return if value < 0.0 { format!("-{grouped}") } else { grouped };
    }
    let decimals = if size >= 100.0 { 1 } else { 2 };
    let text = format!("{value:.decimals$}");
    // A slope of -0.00 is none.
    if text.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.')) {
        return "0".into();
    }
    text.strip_suffix(".00").or_else(|| text.strip_suffix(".0")).unwrap_or(&text).to_owned()
}

/// `7.80 GiB`
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{size:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_three() {
        let written = [0, 12, 123, 1_234, 123_456, 1_234_567].map(count);
        assert_eq!(written, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
    }

    #[test]
    fn a_share_is_never_rounded_up_to_the_whole() {
        assert_eq!(percent(9_999, 10_000), "99.9 %");
        assert_eq!(percent(10_000, 10_000), "100.0 %");
        assert_eq!(percent(0, 0), "0.0 %");
    }

    #[test]
    fn values_have_the_digits_worth_reading() {
        let written = [0.0, -0.001, 0.25, 12.0, -3.456, 123.45, 20_000.7, -1234.0].map(value);
        assert_eq!(written, ["0", "0", "0.25", "12", "-3.46", "123.5", "20,001", "-1,234"]);
    }

    #[test]
    fn latencies_and_sizes_carry_their_unit() {
        assert_eq!(latency(Some(1_240.0), Lang::En), "1.24 ms");
        assert_eq!(latency(Some(f64::INFINITY), Lang::En), "never");
        assert_eq!(latency(None, Lang::Zh), "无");
        assert_eq!([512, 8 << 30].map(bytes), ["512 B", "8.0 GiB"]);
        assert_eq!([0, 999, 61_000].map(millis), ["0 ms", "999 ms", "61.0 s"]);
    }
}
