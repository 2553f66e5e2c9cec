//! Any split of the rows over files, row groups and threads gives the same bits.

use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef, Decimal128Array, Float64Array, Int64Array, StringArray};
use proptest::prelude::*;

use super::super::result::Comparison;
use super::super::source::Source;
use super::world::{Rng, compared, piece, written};

fn columns(seed: u64, rows: usize, spread: f64) -> Vec<(&'static str, ArrayRef)> {
    let mut rng = Rng(seed);
    let odd = |rng: &mut Rng| match rng.below(200) {
        0 => None,
        1 => Some(f64::NAN),
        2 => Some(-0.0),
        3 => Some(1e300 * spread),
        4 => Some(1e-310),
        _ => Some(rng.normal() * spread),
    };
    let numbers: ArrayRef = Arc::new((0..rows).map(|_| odd(&mut rng)).collect::<Float64Array>());
    let tail: ArrayRef = Arc::new(Float64Array::from_iter_values((0..rows).map(|_| spread / rng.unit())));
    let wide: ArrayRef = Arc::new(Int64Array::from_iter_values((0..rows).map(|_| rng.next() as i64)));
    let cents =
        Decimal128Array::from_iter_values((0..rows).map(|_| i128::from(rng.next()) * 1_000)).with_precision_and_scale(30, 2);
    let names: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|_| format!("n{}", rng.below(6_000)))));
    vec![("numbers", numbers), ("tail", tail), ("wide", wide), ("cents", Arc::new(cents.unwrap())), ("names", names)]
}

/// Leaves out what tells of files.
fn without_files(mut comparison: Comparison) -> Comparison {
    assert_eq!(comparison.unreadable, []);
    comparison.files.clear();
    comparison.partitions.iter_mut().for_each(|partition| partition.files = 0);
    comparison
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_split_gives_the_same_bits(
        seed: u64,
        rows in 1_usize..30_000,
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        group in 100_usize..20_000,
        threads in 1_usize..4,
        exact: bool,
    ) {
        let baseline = Source { pieces: vec![piece("base", None, written(columns(seed, 20_000, 1.0), 1 << 20))] };
        let current = columns(seed ^ 1, rows, 1.25);
        let whole = Source { pieces: vec![piece("a", None, written(current.clone(), 1 << 20))] };
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(rows)).chain([0, rows]).collect();
        at.sort_unstable();
        at.dedup();
        let part = |ends: &[usize]| {
            let slices = current.iter().map(|(name, array)| (*name, array.slice(ends[0], ends[1] - ends[0])));
            piece(&format!("{:05}", 99_999 - ends[0]), None, written(slices.collect(), group))
        };
        let parts = Source { pieces: at.windows(2).map(part).collect() };
        let expected = without_files(compared(&baseline, &whole, exact));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = without_files(pool.install(|| compared(&baseline, &parts, exact)));
        // NaN equals nothing, and there must be none.
        prop_assert_eq!(serde_json::to_string(&found).unwrap(), serde_json::to_string(&expected).unwrap());
        prop_assert!(found == expected);
    }
}
