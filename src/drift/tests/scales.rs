//! Mean, standard deviation and Wasserstein distance of current values of any scale, whatever the scale of the baseline's.
//!
//! `scales.json` holds pairs of samples, their numbers spelled so that they are read exactly, and the truth, computed with fractions and
//! rounded once; where it can, numpy agrees.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Decimal128Array, Float64Array, Int64Array, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use proptest::prelude::*;
use serde::Deserialize;

use super::super::result::PartitionColumn;
use super::super::scan::{Unwatched, profile};
use super::super::source::Source;
use super::super::store;
use super::world::{Rng, compared, one, only, piece, written};

#[derive(Deserialize)]
struct Pair {
    kind: String,
    baseline: Vec<String>,
    current: Vec<String>,
    mean: Option<String>,
    /// Nothing where digits lie too far apart to be added up.
    sd: Option<String>,
    wasserstein: Option<String>,
}

fn array(kind: &str, values: &[String]) -> ArrayRef {
    fn all<T: std::str::FromStr<Err: std::fmt::Debug>>(values: &[String]) -> Vec<T> {
        values.iter().map(|value| value.parse().unwrap()).collect()
    }
    match kind {
        "f64" => Arc::new(Float64Array::from(all::<f64>(values))),
        "i64" => Arc::new(Int64Array::from(all::<i64>(values))),
        "u64" => Arc::new(UInt64Array::from(all::<u64>(values))),
        "us" => Arc::new(TimestampMicrosecondArray::from(all::<i64>(values))),
        "ns" => Arc::new(TimestampNanosecondArray::from(all::<i64>(values))),
        "decimal" => Arc::new(Decimal128Array::from(all::<i128>(values)).with_precision_and_scale(30, 0).unwrap()),
        _ => unreachable!("{kind}"),
    }
}

fn near(found: f64, expected: f64, relative: f64) -> bool {
    (found - expected).abs() <= relative * expected.abs() + f64::from_bits(1)
}

#[test]
fn any_scale_is_right_against_any_other() {
    let pairs: Vec<Pair> = serde_json::from_str(include_str!("scales.json")).unwrap();
    assert!(pairs.len() > 200);
    let mut wrong = Vec::new();
    for pair in &pairs {
        let (before, after) = pair.kind.split_once("_then_").unwrap_or((&pair.kind, &pair.kind));
        let before = if before == "whole" { "i64" } else { before };
        let size = [("us", 1e6), ("ns", 1e9)].iter().find(|(kind, _)| *kind == after).map_or(1.0, |(_, size)| *size);
        let truth = |number: &Option<String>| number.as_ref().map(|number| number.parse::<f64>().unwrap() / size);
        let (mean, sd, area) = (truth(&pair.mean), truth(&pair.sd), truth(&pair.wasserstein));
        let (baseline, current) = (one(array(before, &pair.baseline)), one(array(after, &pair.current)));
        for exact in [false, true] {
            let comparison = compared(&baseline, &current, exact);
            let part = only(&comparison);
            let same = |found: Option<f64>, expected: Option<f64>, relative| match (found, expected) {
                (Some(found), Some(expected)) => near(found, expected, relative),
                (found, expected) => found.is_none() && expected.is_none(),
            };
            let found = part.wasserstein;
            let holds = match (found, area) {
                (Some(found), Some(area)) => {
                    let slack = 1e-9 * area + f64::from_bits(1);
                    found.low - slack <= area && area <= found.high + slack && (!found.exact || near(found.value, area, 1e-9))
                }
                // Values whose distance from the line is beyond 128 bits.
                (None, Some(area)) => area > 1e38 && pair.kind == "whole_then_f64",
                (found, None) => found.is_none(),
            };
            if !same(part.current.mean, mean, 1e-14) || !same(part.current.sd, sd, 1e-12) || !holds {
                let (found_mean, found_sd) = (part.current.mean, part.current.sd);
                wrong.push(format!(
                    "{} {:?} against {:?}: mean {found_mean:?} not {mean:?}, sd {found_sd:?} not {sd:?}, {found:?} not {area:?}",
                    pair.kind, pair.current, pair.baseline
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Mean and deviation by two passes, which do not cancel.
fn two_passes(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let scale = values.iter().fold(f64::MIN_POSITIVE, |most, value| value.abs().max(most));
    let values: Vec<f64> = values.iter().map(|value| value / scale).collect();
    let first = values[0];
    let mean = first + values.iter().map(|value| value - first).sum::<f64>() / n;
    let spread: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let rest: f64 = values.iter().map(|value| value - mean).sum();
    (mean * scale, ((spread - rest * rest / n) / (n - 1.0)).sqrt() * scale)
}

/// Many values, so that blocks of rows see different parts of them.
fn sample(seed: u64, rows: usize, shape: u8, scale: f64, offset: f64) -> Vec<f64> {
    let mut rng = Rng(seed);
    let mut values: Vec<f64> = (0..rows)
        .map(|_| match shape {
            0 => offset + scale * rng.normal(),
            2 => offset + scale * rng.normal().exp2().exp2(),
            3 if rng.below(5_000) == 0 => offset + scale * 1e9,
            1 | 3 => offset + scale * rng.unit(),
            _ => offset + scale * rng.below(5) as f64,
        })
        .collect();
    if seed.is_multiple_of(3) {
        values.sort_by(f64::total_cmp);
    }
    values
}

fn split(values: &[f64], at: &[usize], group: usize) -> Source {
    let mut ends: Vec<usize> = at.iter().copied().chain([0, values.len()]).collect();
    ends.sort_unstable();
    ends.dedup();
    let file = |ends: &[usize]| {
        let array: ArrayRef = Arc::new(Float64Array::from(values[ends[0]..ends[1]].to_vec()));
        piece(&ends[0].to_string(), None, written(vec![("x", array)], group))
    };
    Source { pieces: ends.windows(2).map(file).collect() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn many_values_of_any_scale_have_their_mean_and_deviation_in_any_split(
        seed: u64,
        rows in [2_usize..20_000, 2_usize..20_000],
        shapes in [0_u8..5, 0_u8..5],
        scales in [-30..30_i32, -30..30_i32],
        offsets in [prop_oneof![Just(None), (-15..40_i32).prop_map(Some)], prop_oneof![Just(None), (-15..10_i32).prop_map(Some)]],
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        group in 100_usize..20_000,
    ) {
        let made = [0, 1].map(|side: usize| {
            let scale = 10_f64.powi(scales[side]);
            let offset = offsets[side].map_or(0.0, |more| scale * 10_f64.powi(more));
            sample(seed.wrapping_add(side as u64), rows[side], shapes[side], scale, offset)
        });
        let baseline = split(&made[0], &[], 1 << 20);
        let cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(rows[1])).collect();
        let (whole, parts) = (split(&made[1], &[], 1 << 20), split(&made[1], &cuts, group));
        let found = compared(&baseline, &whole, false);
        let moments = |part: &PartitionColumn| (part.current.mean, part.current.sd, part.wasserstein);
        prop_assert_eq!(moments(only(&compared(&baseline, &parts, false))), moments(only(&found)));
        let (mean, sd) = two_passes(&made[1]);
        let (found_mean, found_sd) = (only(&found).current.mean.unwrap(), only(&found).current.sd.unwrap());
        let most = made[1].iter().fold(0.0_f64, |most, value| value.abs().max(most));
        prop_assert!((found_mean - mean).abs() <= 1e-12 * most, "mean {} is not {}", found_mean, mean);
        // The two passes themselves are rounded to 2^-53 of the values.
        prop_assert!((found_sd - sd).abs() <= 1e-9 * sd + 1e-13 * most, "sd {} is not {}", found_sd, sd);
        let summary = found.columns[0].baseline.as_ref().unwrap();
        let (mean, sd) = two_passes(&made[0]);
        let most = made[0].iter().fold(0.0_f64, |most, value| value.abs().max(most));
        prop_assert!((summary.mean.unwrap() - mean).abs() <= 1e-12 * most);
        prop_assert!((summary.sd.unwrap() - sd).abs() <= 1e-9 * sd + 1e-13 * most);
    }
}

#[test]
fn current_values_a_billion_times_smaller_have_a_deviation() {
    let rows = |seed: u64, make: &dyn Fn(&mut Rng) -> i64| -> (Source, Vec<i64>) {
        let mut rng = Rng(seed);
        let values: Vec<i64> = (0..70_000).map(|_| make(&mut rng)).collect();
        (one(Arc::new(Int64Array::from(values.clone()))), values)
    };
    let (baseline, _) = rows(1, &|rng| rng.below(1 << 40) as i64);
    for (current, values) in [rows(2, &|rng| rng.below(100) as i64), rows(3, &|rng| (1 << 60) + rng.below(100) as i64)] {
        let comparison = compared(&baseline, &current, false);
        let (sum, squares) = values.iter().fold((0, 0), |(sum, squares), value| {
            let distance = i128::from(value - values[0]);
            (sum + distance, squares + distance * distance)
        });
        let n = values.len() as i128;
        let sd = ((n * squares - sum * sum) as f64 / (n * (n - 1)) as f64).sqrt();
        let mean = (i128::from(values[0]) * n + sum) as f64 / n as f64;
        let part = only(&comparison);
        assert!(near(part.current.sd.unwrap(), sd, 1e-14), "{:?} is not {sd}", part.current.sd);
        assert!(near(part.current.mean.unwrap(), mean, 1e-15), "{:?} is not {mean}", part.current.mean);
    }
}

#[test]
fn hashes_of_the_other_sign_are_not_moved_to_the_end_of_the_line() {
    let mut rng = Rng(5);
    let mut hashes = |make: &dyn Fn(i64) -> i64| -> Vec<i64> { (0..70_000).map(|_| make((rng.next() >> 1) as i64)).collect() };
    let (before, after) = (hashes(&|hash| (1 << 62) | hash), hashes(&|hash| !((1 << 62) | hash)));
    let mean = |values: &[i64]| values.iter().map(|value| i128::from(*value)).sum::<i128>() as f64 / values.len() as f64;
    let comparison =
        compared(&one(Arc::new(Int64Array::from(before.clone()))), &one(Arc::new(Int64Array::from(after.clone()))), false);
    let part = only(&comparison);
    assert!(near(part.current.mean.unwrap(), mean(&after), 1e-15));
    // All of one side lie below all of the other.
    let area = part.wasserstein.unwrap();
    assert!(area.exact && near(area.value, mean(&before) - mean(&after), 1e-14), "{area:?}");
    let least = part.current.quantiles.first().unwrap();
    assert!(least.low <= least.value && least.value <= least.high && least.high < -4e18, "{least:?}");
}

#[test]
fn what_lies_beyond_every_line_is_counted_as_it_is() {
    let huge = |values: [i128; 4]| -> Source {
        one(Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(38, 0).unwrap()))
    };
    let far = 10_i128.pow(36);
    let comparison = compared(&huge([far, far + 1, far + 2, far + 3]), &huge([-far, -far - 2, -far - 4, -far - 9]), false);
    let part = only(&comparison);
    assert!(near(part.current.mean.unwrap(), -1e36, 1e-15) && near(part.wasserstein.unwrap().value, 2e36, 1e-15));
    // The digits that differ are beyond what the sums hold: nothing is better than a wrong number.
    assert_eq!(part.current.sd, None);
    let quantile = part.current.quantiles.first().unwrap();
    assert!(quantile.low <= -1e36 && quantile.high >= -1e36, "{quantile:?}");
}

#[test]
fn a_profile_does_not_know_how_its_rows_were_split() {
    let values = sample(3, 30_000, 1, 1e3, 1e9);
    let bytes = |source: &Source| {
        let mut profile = profile(source, &Unwatched);
        profile.files = 0;
        store::save(&profile).unwrap()
    };
    let whole = split(&values, &[], 1 << 20);
    assert_eq!(bytes(&whole), bytes(&split(&values, &[7, 11_111], 777)));
}
