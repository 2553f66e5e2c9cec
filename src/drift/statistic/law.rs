//! Probabilities without drift. They are given for information and decide nothing.

use statrs::distribution::{ChiSquared, ContinuousCDF as _};

use super::super::result::Law;

/// Samples up to this size get the exact law, as in scipy.
const EXACT_UP_TO: u64 = 10_000;
/// Below this, the exact law is not computed: it would take long and say the same.
const CERTAIN: f64 = 1e-13;

/// Returns the probability of a Kolmogorov-Smirnov distance of `d` or more between samples of `n` and `m` values of one law.
pub fn kolmogorov_smirnov(d: f64, n: u64, m: u64) -> (f64, Law) {
    let size = n as f64 * m as f64 / (n as f64 + m as f64);
    let l = size.sqrt() * d;
    let corrected = kolmogorov(l + 1.0 / (6.0 * size.sqrt()) + (l - 1.0) / (4.0 * size));
    if n.max(m) <= EXACT_UP_TO && corrected > CERTAIN {
        return (exact(d, n, m), Law::Exact);
    }
    (corrected, Law::CorrectedLimit)
}

/// Returns Kolmogorov's limit law: the probability of more than `l`.
pub fn kolmogorov(l: f64) -> f64 {
    use std::f64::consts::PI;
    if l <= 0.0 {
        return 1.0;
    }
    if l < 1.0 {
        // The dual series of the theta function converges where the usual one does not.
        let term = |k: i32| (-f64::from((2 * k - 1).pow(2)) * PI * PI / (8.0 * l * l)).exp();
        return (1.0 - (2.0 * PI).sqrt() / l * (1..=5).map(term).sum::<f64>()).clamp(0.0, 1.0);
    }
    let term = |k: i32| (-2.0 * f64::from(k * k) * l * l).exp() * if k % 2 == 1 { 2.0 } else { -2.0 };
    (1..=10).map(term).sum::<f64>().clamp(0.0, 1.0)
}

/// Returns the probability that a random path of n steps right and m up leaves the strip that a distance of `d` allows: the exact
/// law of samples without ties (Hodges, "The significance probability of the Smirnov two-sample test", 1958).
fn exact(d: f64, n: u64, m: u64) -> f64 {
    let (n, m) = (n.max(m), n.min(m));
    let divisor = gcd(n, m);
    let (to_n, to_m) = (i64::try_from(n / divisor).unwrap_or(1), i64::try_from(m / divisor).unwrap_or(1));
    // The distance is a whole number of 1 / lcm(n, m).
    #[expect(clippy::cast_possible_truncation, reason = "at most the least common multiple, below 10^8")]
    let h = (d * (m as f64 * to_n as f64)).round() as i64;
    if h == 0 {
        return 1.0;
    }
    // After i steps of the m, j of the n: inside if |i n - j m| / gcd < h. `left[j]` is the probability of having been outside, of
    // the paths to (i, j), weighed by all orders of the steps.
    let (n, m) = (i64::try_from(n).unwrap_or(i64::MAX), i64::try_from(m).unwrap_or(i64::MAX));
    let from_of = |i: i64| ((to_n * i - h).div_euclid(to_m) + 1).clamp(0, n);
    let to_of = |i: i64| (-(-(to_n * i + h)).div_euclid(to_m)).min(n + 1);
    let (mut from, mut to) = (0, to_of(0));
    let mut left: Vec<f64> = vec![0.0; usize::try_from(to).unwrap_or_default()];
    for i in 1..=m {
        let (last_from, last_to) = (from, to);
        (from, to) = (from_of(i), to_of(i));
        if to <= from {
            return 1.0;
        }
        let mut value = if from == 0 { 0.0 } else { 1.0 };
        let next = (from..to).map(|j| {
            let below = if (last_from..last_to).contains(&j) {
                usize::try_from(j - last_from).ok().and_then(|at| left.get(at)).copied().unwrap_or(1.0)
            } else {
                1.0
            };
            value = (below * i as f64 + value * j as f64) / (i + j) as f64;
            value
        });
        left = next.collect();
    }
    left.last().copied().unwrap_or(1.0)
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// Returns the probability that a chi-square variable exceeds a value.
pub fn chi_square(statistic: f64, dof: u64) -> f64 {
    ChiSquared::new(dof as f64).map_or(f64::NAN, |law| law.sf(statistic))
}

/// Returns the z of two proportions, pooled: `a` of `n` and `b` of `m`. Nothing where there is no variance.
pub fn two_proportions((a, n): (u64, u64), (b, m): (u64, u64)) -> Option<f64> {
    if n == 0 || m == 0 {
        return None;
    }
    let (n, m, share) = (n as f64, m as f64, (a + b) as f64 / (n + m) as f64);
    let variance = share * (1.0 - share) * (1.0 / n + 1.0 / m);
    (variance > 0.0).then(|| (b as f64 / m - a as f64 / n) / variance.sqrt())
}

/// Returns q for each p: the false discovery rate at which it would be found (Benjamini and Hochberg, 1995).
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut q = vec![1.0; p.len()];
    let mut least = 1.0_f64;
    for (rank, index) in order.iter().enumerate().rev() {
        least = least.min(p[*index] * p.len() as f64 / (rank + 1) as f64);
        q[*index] = least;
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance * expected.abs(), "{found} is not {expected}");
    }

    #[test]
    fn the_smallest_samples_are_counted_by_hand() {
        // Of the 2 orders of one and one, both have distance 1.
        close(exact(1.0, 1, 1), 1.0, 0.0);
        // Of the 6 orders of two and two, 2 have distance 1.
        close(exact(1.0, 2, 2), 2.0 / 6.0, 1e-15);
        close(exact(0.5, 2, 2), 1.0, 1e-15);
        // Of the 10 orders of two and three, 2 have distance 1, and 4 at least 2/3.
        close(exact(1.0, 2, 3), 2.0 / 10.0, 1e-15);
        close(exact(2.0 / 3.0, 2, 3), 6.0 / 10.0, 1e-15);
    }

    #[test]
    fn both_series_of_the_limit_meet() {
        for l in [0.999_999_9, 1.0] {
            close(kolmogorov(l), 0.269_999_671_677_355, 1e-6);
        }
        close(kolmogorov(1.358_098_8), 0.05, 1e-6);
        assert!(kolmogorov(0.1) > 0.999_999);
    }

    #[test]
    fn q_values_are_those_of_the_paper() {
        let q = benjamini_hochberg(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in q.iter().zip([0.02, 0.04, 0.04, 0.02]) {
            close(*found, expected, 1e-12);
        }
    }
}
