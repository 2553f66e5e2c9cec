//! Distances of categories.

use super::super::result::ChiSquare;
use super::law;

/// Distances between two samples of categories.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Distances {
    /// Greatest difference of the shares of any category.
    pub(crate) linf: f64,
    /// Half the sum of the differences.
    pub(crate) tvd: f64,
    /// Jensen-Shannon distance: the root of the divergence in bits.
    pub(crate) jensen_shannon: f64,
    /// Two-sample test on the contingency table; nothing with a single category.
    pub(crate) chi2: Option<ChiSquare>,
    /// Effect size of the same.
    pub(crate) cramers_v: Option<f64>,
}

/// Returns the distances, of rows by category of the baseline and the current rows; nothing where a side has no values.
pub(crate) fn distances(rows: &[(u64, u64)]) -> Option<Distances> {
    let (n, m) = rows.iter().fold((0, 0), |(n, m), (baseline, current)| (n + baseline, m + current));
    if n == 0 || m == 0 {
        return None;
    }
    let (n, m) = (n as f64, m as f64);
    let (mut linf, mut sum, mut divergence, mut statistic) = (0.0_f64, 0.0, 0.0, 0.0);
    let mut used = 0_u64;
    for (baseline, current) in rows.iter().filter(|(baseline, current)| baseline + current > 0) {
        let (baseline, current) = (*baseline as f64, *current as f64);
        let (p, q) = (baseline / n, current / m);
        linf = linf.max((p - q).abs());
        sum += (p - q).abs();
        // p log(p / middle) + q log(q / middle) over 2, written so that nothing cancels where the shares are nearly the same: with
        // p = middle (1 + by) and q = middle (1 - by) it is middle (2 by artanh by + ln(1 - by²)) over 2.
        let middle = f64::midpoint(p, q);
        let by = (p - q).abs() / (p + q);
        let nats = if by < 1.0 { 2.0 * by * by.atanh() + (-by * by).ln_1p() } else { 2.0 * std::f64::consts::LN_2 };
        divergence += middle * nats / (2.0 * std::f64::consts::LN_2);
        // (observed - expected)² / expected of both rows of the table, where expected is the total times n or m over n + m.
        let total = baseline + current;
        let off = baseline * m - current * n;
        statistic += off / total * off / (n * m);
        used += 1;
    }
    let chi2 = (used > 1).then(|| ChiSquare { statistic, dof: used - 1, p: law::chi_square(statistic, used - 1) });
    Some(Distances {
        linf,
        tvd: sum / 2.0,
        jensen_shannon: divergence.clamp(0.0, 1.0).sqrt(),
        chi2,
        cramers_v: chi2.map(|chi2| (chi2.statistic / (n + m)).sqrt()),
    })
}
