//! What scipy says of generated pairs of samples. `.ci/drift_oracle.py` wrote `pairs.json`, and generates the same samples.

use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, StringArray};
use serde::Deserialize;

use super::super::result::{Law, PartitionColumn};
use super::world::{Rng, compared, one, only};

#[derive(Deserialize)]
struct Pair {
    case: String,
    seed: u64,
    rows: [usize; 2],
    m: u64,
    d: Option<f64>,
    p: Option<f64>,
    wasserstein: Option<f64>,
    mean: Option<f64>,
    sd: Option<f64>,
    psi: Option<f64>,
    linf: Option<f64>,
    tvd: Option<f64>,
    jensen_shannon: Option<f64>,
    chi2: Option<f64>,
    dof: Option<u64>,
    cramers_v: Option<f64>,
    new: Option<u64>,
}

fn real(case: &str, rng: &mut Rng, side: f64) -> Option<f64> {
    Some(match case {
        "normal" => rng.normal() * (1.0 + 0.25 * side),
        "same" => rng.normal(),
        "tail" => (1.0 + 0.5 * side) / rng.unit(),
        "ties" => rng.below(7 + side as u64) as f64,
        "zeros" if rng.unit() > 0.5 - 0.1 * side => 0.0,
        "zeros" => -rng.unit(),
        "nan" if rng.below(10) == 0 => f64::NAN,
        "nan" if rng.below(10) == 0 => return None,
        "nan" => rng.normal() + 0.1 * side,
        "inf" if rng.below(20) == 0 => [f64::NEG_INFINITY, f64::INFINITY][rng.below(2) as usize],
        "inf" => rng.normal() + 0.2 * side,
        "epoch" => 1.7e9 + rng.below(86_400) as f64 + 3600.0 * side,
        "tiny" => rng.unit() * 1e-300 * (1.0 + side),
        "bimodal" if rng.below(2) == 1 => rng.normal() * 1e-9,
        "bimodal" => 1e9 + rng.normal() + side,
        "nulls" => return None,
        _ => unreachable!("{case}"),
    })
}

fn whole(case: &str, rng: &mut Rng, side: i64) -> i64 {
    match case {
        "above_2p53" => (1 << 60) + rng.below(40) as i64 + 10 * side,
        "hash" => (rng.next() >> (1 + side)) as i64 - (1 << 61),
        "small" => rng.below(60) as i64 + 5 * side,
        "cents" => rng.below(1_000_000) as i64 * 7 + side,
        _ => unreachable!("{case}"),
    }
}

fn text(case: &str, rng: &mut Rng, side: u64) -> Option<String> {
    Some(match case {
        "words" => ["a", "b", "ä", "日本", ""][(rng.below(5 + side) as usize).min(4)].to_owned(),
        "many" => format!("c{}", rng.below(300 + 30 * side)),
        "none" => return None,
        "one" => "x".to_owned(),
        _ => unreachable!("{case}"),
    })
}

fn sample(pair: &Pair, side: u8) -> ArrayRef {
    let mut rng = Rng(pair.seed + u64::from(side));
    let rows = 0..pair.rows[usize::from(side)];
    let case = pair.case.as_str();
    match case {
        "words" | "many" | "none" | "one" => Arc::new(rows.map(|_| text(case, &mut rng, side.into())).collect::<StringArray>()),
        "cents" => {
            let cents = Decimal128Array::from_iter_values(rows.map(|_| whole(case, &mut rng, side.into()).into()));
            Arc::new(cents.with_precision_and_scale(18, 0).unwrap())
        }
        "above_2p53" | "hash" | "small" => {
            Arc::new(Int64Array::from_iter_values(rows.map(|_| whole(case, &mut rng, side.into()))))
        }
        _ => Arc::new(rows.map(|_| real(case, &mut rng, side.into())).collect::<Float64Array>()),
    }
}

fn same(pair: &Pair, what: &str, found: Option<f64>, expected: Option<f64>, relative: f64, absolute: f64) {
    let agrees = match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() <= absolute + relative * expected.abs(),
        (found, expected) => found.is_none() && expected.is_none(),
    };
    assert!(agrees, "{} of {:?} rows: {what} is {found:?}, not {expected:?}", pair.case, pair.rows);
}

fn agrees(pair: &Pair, part: &PartitionColumn) {
    let ks = part.ks.as_ref();
    assert_eq!(part.current.rows - part.current.nulls - part.current.nan, pair.m, "{}", pair.case);
    same(pair, "D", ks.map(|ks| ks.d), pair.d, 0.0, 1e-12);
    assert!(ks.is_none_or(|ks| ks.exact && ks.low <= ks.d && ks.d <= ks.high));
    // Where scipy gave up, or p is so small that it rounds.
    if let Some(ks) = ks.filter(|_| pair.p.is_some_and(|p| p > 1e-10)) {
        same(pair, "p", Some(ks.p), pair.p, 1e-6, 0.0);
        assert_eq!(ks.law == Law::Exact, pair.rows.iter().all(|rows| *rows <= 10_000));
    }
    let area = part.wasserstein;
    if pair.linf.is_none() {
        same(pair, "Wasserstein", area.map(|area| area.value), pair.wasserstein, 1e-9, 0.0);
        same(pair, "mean", part.current.mean.filter(|_| pair.mean.is_some()), pair.mean, 1e-12, 1e-15);
        same(pair, "sd", part.current.sd.filter(|_| pair.sd.is_some()), pair.sd, 1e-9, 0.0);
    }
    same(pair, "PSI", part.psi, pair.psi, 1e-12, 1e-12);
    same(pair, "L-infinity", part.linf, pair.linf, 0.0, 1e-12);
    same(pair, "total variation", part.tvd, pair.tvd, 0.0, 1e-12);
    // Near 0, scipy's own sum is rounded to 1e-16, of which it takes the root.
    let rounded = if pair.jensen_shannon.is_some_and(|distance| distance < 1e-4) { 1e-8 } else { 0.0 };
    same(pair, "Jensen-Shannon", part.jensen_shannon, pair.jensen_shannon, 1e-12, rounded);
    same(pair, "chi-square", part.chi2.map(|chi2| chi2.statistic), pair.chi2, 1e-9, 1e-12);
    assert_eq!(part.chi2.map(|chi2| chi2.dof), pair.dof, "{}", pair.case);
    same(pair, "Cramér's V", part.cramers_v, pair.cramers_v, 1e-9, 1e-12);
    if let (Some(chi2), Some(p)) = (part.chi2, pair.p) {
        same(pair, "p of chi-square", Some(chi2.p), Some(p), 1e-8, 1e-300);
    }
    if let Some(new) = pair.new {
        assert_eq!(part.new_total.unwrap().rows, new);
    }
}

#[test]
fn scipy_agrees() {
    let pairs: Vec<Pair> = serde_json::from_str(include_str!("pairs.json")).unwrap();
    assert!(pairs.len() > 100);
    for pair in &pairs {
        let (baseline, current) = (one(sample(pair, 0)), one(sample(pair, 1)));
        agrees(pair, only(&compared(&baseline, &current, true)));
        // What is not exact without being asked for must hold what is.
        let comparison = compared(&baseline, &current, false);
        let part = only(&comparison);
        if let (Some(ks), Some(d)) = (&part.ks, pair.d) {
            assert!(ks.low <= d + 1e-15 && d <= ks.high + 1e-15 && ks.high - ks.low < 1e-3, "{}: {ks:?} for {d}", pair.case);
        }
        if let (Some(area), Some(exact)) = (part.wasserstein, pair.wasserstein) {
            let slack = 1e-9 * exact.abs();
            assert!(
                area.low <= exact + slack && exact <= area.high + slack,
                "{} {:?}: {area:?} for {exact}",
                pair.case,
                pair.rows
            );
        }
    }
}
