//! Numbers for people: short, and as small drawings of one line.

/// Heights of a bar, from nothing on.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws values as bars, the greatest of which is `full`; a value that is not there is a point. What is more than nothing shows.
pub(super) fn bars(values: &[Option<f64>], full: f64) -> String {
    values.iter().map(|value| value.map_or('·', |value| bar(value, full))).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies from 0 to 8")]
fn bar(value: f64, full: f64) -> char {
    let eighths = if full > 0.0 && value > 0.0 { (value / full * 8.0).round().clamp(1.0, 8.0) } else { 0.0 };
    BARS[eighths as usize]
}

/// Draws two distributions over the same bins, to one scale.
pub(super) fn histograms(bins: &[(f64, f64)]) -> (String, String) {
    let full = bins.iter().fold(0.0_f64, |full, (one, other)| full.max(*one).max(*other));
    let draw = |side: fn(&(f64, f64)) -> f64| bars(&bins.iter().map(|bin| Some(side(bin))).collect::<Vec<_>>(), full);
    (draw(|bin| bin.0), draw(|bin| bin.1))
}

/// Writes a number with four digits that matter; very large and small ones with an exponent.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() || !(1e-4..1e15).contains(&size) {
        return format!("{value:.2e}");
    }
    if size >= 1e4 && value.fract() == 0.0 {
        return format!("{value}");
    }
    let places = [(1000.0, 0), (100.0, 1), (10.0, 2), (1.0, 3), (0.1, 4), (0.01, 5)];
    let places = places.iter().find(|(from, _)| size >= *from).map_or(6, |(_, places)| *places);
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Writes a share as per cent.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent >= 0.1 { format!("{percent:.1} %") } else { format!("{} %", number(percent)) }
}

/// Returns a part as a share of a whole; nothing of nothing.
#[expect(clippy::cast_precision_loss, reason = "a share for people")]
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_what_is_there() {
        assert_eq!(bars(&[Some(0.0), Some(0.001), Some(0.5), None, Some(1.0), Some(2.0)], 1.0), " ▁▄·██");
        assert_eq!(bars(&[Some(0.0)], 0.0), " ");
        assert_eq!(histograms(&[(0.1, 0.0), (0.1, 0.2)]), ("▄▄".to_owned(), " █".to_owned()));
    }

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (0.333_333, "0.3333"),
            (0.05, "0.05"),
            (-1.5, "-1.5"),
            (12_345.678, "12346"),
            (1_234_567.0, "1234567"),
            (1.2e-9, "1.20e-9"),
            (3e20, "3.00e20"),
            (100.0, "100"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!([percent(0.02), percent(0.0), percent(0.000_003), percent(1.0)], ["2.0 %", "0.0 %", "0.0003 %", "100.0 %"]);
    }
}
