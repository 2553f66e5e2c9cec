//! What must be flagged and what must not.

use std::sync::Arc;

use arrow_array::Array as _;
use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, Decimal256Array, Float64Array, Int32Array, Int64Array, ListArray, NullArray,
    StringArray, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array, types::Int32Type,
};
use arrow_buffer::i256;

use super::super::compare::Options;
use super::super::result::{Check, Schema, Verdict};
use super::super::rule::RuleSet;
use super::super::scan::{Baseline, Unwatched, profile, run};
use super::super::source::{Every, RowKey, Source};
use super::super::store;
use super::world::{Rng, column, compared, keyed, one, only, piece, written};

const ROWS: usize = 100_000;

fn floats(seed: u64, make: impl Fn(&mut Rng) -> f64) -> ArrayRef {
    let mut rng = Rng(seed);
    Arc::new(Float64Array::from_iter_values((0..ROWS).map(|_| make(&mut rng))))
}

#[test]
fn a_heavy_tail_that_grows_by_half_is_drift() {
    let baseline = one(floats(1, |rng| 1.0 / rng.unit()));
    let grown = compared(&baseline, &one(floats(2, |rng| 1.5 / rng.unit())), false);
    let part = only(&grown);
    assert_eq!(part.verdict, Verdict::Drift, "{}", part.why);
    let ks = part.ks.as_ref().unwrap();
    assert!((ks.d - 1.0 / 3.0).abs() < 0.01 && ks.high - ks.low < 1e-3, "{ks:?}");
    assert!(part.psi.unwrap() > 1.0);
    let same = compared(&baseline, &one(floats(3, |rng| 1.0 / rng.unit())), false);
    assert_eq!(only(&same).verdict, Verdict::Ok, "{}", only(&same).why);
}

#[test]
fn nulls_from_2_to_12_percent_are_drift() {
    let with_nulls = |seed, share| {
        let mut rng = Rng(seed);
        let value = |_| (rng.unit() > share).then(|| rng.normal());
        one(Arc::new((0..ROWS).map(value).collect::<Float64Array>()))
    };
    let comparison = compared(&with_nulls(1, 0.02), &with_nulls(2, 0.12), false);
    let part = only(&comparison);
    assert_eq!((part.verdict, part.reasons[0].check), (Verdict::Drift, Check::MissingValues), "{}", part.why);
    assert!(part.ks.as_ref().unwrap().d < 0.02);
}

#[test]
fn nothing_is_flagged_where_nothing_drifts() {
    for rows in [30, 300, 3_000, 30_000] {
        for seed in 0..20 {
            let data = |seed: u64| {
                let mut rng = Rng(seed);
                let mut many = |make: &mut dyn FnMut(&mut Rng) -> Option<f64>| -> ArrayRef {
                    Arc::new((0..rows).map(|_| make(&mut rng)).collect::<Float64Array>())
                };
                let columns = vec![
                    ("normal", many(&mut |rng| Some(rng.normal()))),
                    ("tail", many(&mut |rng| (rng.unit() > 0.05).then(|| 1.0 / rng.unit()))),
                    ("zeros", many(&mut |rng| Some(if rng.unit() > 0.5 { 0.0 } else { rng.unit() }))),
                ];
                let mut rng = Rng(seed + 1_000_077);
                let names = StringArray::from_iter_values((0..rows).map(|_| format!("c{}", rng.below(1 + rng.0 % 40))));
                let small = Int32Array::from_iter_values((0..rows).map(|_| 18 + rng.below(60) as i32));
                let flags = (0..rows).map(|_| Some(rng.below(3) == 0)).collect::<BooleanArray>();
                let rest: Vec<(&str, ArrayRef)> =
                    vec![("names", Arc::new(names)), ("small", Arc::new(small)), ("flags", Arc::new(flags))];
                written(columns.into_iter().chain(rest).collect(), 1 << 20)
            };
            let baseline = Source { pieces: vec![piece("base", None, data(seed * 2 + 1))] };
            let current = Source { pieces: vec![piece("now", None, data(seed * 2 + 2))] };
            let comparison = compared(&baseline, &current, false);
            for column in &comparison.columns {
                let part = &column.partitions[0];
                assert!(part.verdict <= Verdict::Warn, "{} of {rows} rows, seed {seed}: {}", column.column, part.why);
            }
        }
    }
}

#[test]
fn drift_is_dated_by_the_run_that_lasts() {
    let day = |day: &str, seed, shift: f64| {
        piece(day, Some(day), written(vec![("x", floats(seed, |rng| rng.normal() + shift))], 1 << 14))
    };
    let current = Source {
        pieces: vec![day("2026-10-04", 5, 1.0), day("2026-10-01", 2, 1.0), day("2026-10-02", 3, 0.0), day("2026-10-03", 4, 0.5)],
    };
    let comparison = compared(&one(floats(1, Rng::normal)), &current, false);
    let found = column(&comparison, "x");
    let verdicts: Vec<Verdict> = found.partitions.iter().map(|part| part.verdict).collect();
    assert_eq!(verdicts, [Verdict::Drift, Verdict::Ok, Verdict::Drift, Verdict::Drift]);
    assert_eq!(found.drift_since.as_deref(), Some("dt=2026-10-03"));
    assert_eq!(comparison.dataset.verdict, Verdict::Drift);
}

#[test]
fn large_whole_numbers_are_compared_exactly() {
    let near =
        |offsets: [i64; 4]| -> ArrayRef { Arc::new(Int64Array::from_iter_values(offsets.map(|offset| (1 << 60) + offset))) };
    let comparison = compared(&one(near([0, 1, 2, 3])), &one(near([2, 3, 4, 5])), false);
    let part = only(&comparison);
    let ks = part.ks.as_ref().unwrap();
    assert!((ks.d - 0.5).abs() < 1e-15 && ks.exact, "{ks:?}");
    assert!((part.wasserstein.unwrap().value - 2.0).abs() < 1e-12);
    assert_eq!(part.current.max.as_ref().unwrap().to_string(), ((1_i64 << 60) + 5).to_string());
    let unsigned = |values: [u64; 2]| -> ArrayRef { Arc::new(UInt64Array::from_iter_values(values)) };
    let comparison = compared(&one(unsigned([u64::MAX - 1, u64::MAX])), &one(unsigned([u64::MAX, u64::MAX])), false);
    assert!((only(&comparison).ks.as_ref().unwrap().d - 0.5).abs() < 1e-15);
}

#[test]
fn decimals_of_any_width_are_compared_exactly() {
    // Beyond 2^53 units neighbours are the same double; here they lie on either side.
    let base: i128 = 10_i128.pow(17);
    let narrow = |offsets: [i128; 4]| -> ArrayRef {
        let units = offsets.map(|offset| base + offset);
        Arc::new(Decimal128Array::from_iter_values(units).with_precision_and_scale(38, 4).unwrap())
    };
    let wide = |offsets: [i128; 4]| -> ArrayRef {
        let units = offsets.map(|offset| i256::from_i128(base + offset));
        Arc::new(Decimal256Array::from_iter_values(units).with_precision_and_scale(60, 4).unwrap())
    };
    let pairs = [
        (narrow([0, 1, 2, 3]), narrow([2, 3, 4, 5])),
        (wide([0, 1, 2, 3]), wide([2, 3, 4, 5])),
        (narrow([0, 1, 2, 3]), wide([2, 3, 4, 5])),
        (wide([0, 1, 2, 3]), narrow([2, 3, 4, 5])),
    ];
    for (baseline, current) in pairs {
        let types = format!("{} against {}", current.data_type(), baseline.data_type());
        let comparison = compared(&one(baseline), &one(current), false);
        let part = only(&comparison);
        let ks = part.ks.as_ref().unwrap();
        assert!((ks.d - 0.5).abs() < 1e-15 && ks.exact, "{types}: {ks:?}");
        assert_eq!(part.current.max.as_ref().unwrap().to_string(), "10000000000000.0005", "{types}");
    }
    // A span of more than 2^64 units is compared as doubles, and says nothing wrong of what is far apart.
    let far = |most: i128| -> ArrayRef {
        let units = [0, most / 2, most].map(i256::from_i128);
        Arc::new(Decimal256Array::from_iter_values(units).with_precision_and_scale(60, 4).unwrap())
    };
    let comparison = compared(&one(far(10_i128.pow(30))), &one(far(10_i128.pow(34))), false);
    assert!((only(&comparison).ks.as_ref().unwrap().d - 2.0 / 3.0).abs() < 1e-15);
}

#[test]
fn types_that_widen_compare_and_types_that_part_do_not() {
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
    let real: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), Some(2.5), None, Some(f64::NAN), Some(4.0)]));
    let comparison = compared(&one(Arc::clone(&whole)), &one(real), false);
    let part = only(&comparison);
    assert_eq!((part.schema, part.current.nulls, part.current.nan), (Schema::Narrowed, 1, 1));
    // At 3, three of four against two of three.
    assert!((part.ks.as_ref().unwrap().d - (2.0 / 3.0 - 0.5)).abs() < 1e-15);

    let cents: ArrayRef = Arc::new(Decimal128Array::from(vec![10, 20, 30]).with_precision_and_scale(10, 2).unwrap());
    let thousandths: ArrayRef = Arc::new(Decimal128Array::from(vec![100, 205, 300]).with_precision_and_scale(12, 3).unwrap());
    let comparison = compared(&one(cents), &one(thousandths), false);
    let part = only(&comparison);
    assert_eq!(part.schema, Schema::Widened);
    assert!((part.ks.as_ref().unwrap().d - 1.0 / 3.0).abs() < 1e-15);
    assert!((part.wasserstein.unwrap().value - 0.005 / 3.0).abs() < 1e-12);
    assert_eq!(part.current.max.as_ref().unwrap().to_string(), "0.300");

    let text: ArrayRef = Arc::new(StringArray::from(vec!["1", "2"]));
    let comparison = compared(&one(whole), &one(text), false);
    let part = only(&comparison);
    assert_eq!((part.verdict, part.schema, part.ks.is_none()), (Verdict::Schema, Schema::Incompatible, true));
}

#[test]
fn columns_come_and_go_and_nested_ones_are_named() {
    let numbers = || -> ArrayRef { Arc::new(Int32Array::from(vec![1, 2, 3])) };
    let lists: ArrayRef =
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]), None, Some(vec![])]));
    let baseline =
        Source { pieces: vec![piece("b", None, written(vec![("a", numbers()), ("gone", numbers()), ("l", lists)], 10))] };
    let nulls: ArrayRef = Arc::new(NullArray::new(3));
    let current = Source {
        pieces: vec![
            piece("1", Some("1"), written(vec![("a", numbers()), ("new", numbers())], 10)),
            piece("2", Some("2"), written(vec![("gone", numbers()), ("a", nulls)], 10)),
        ],
    };
    let comparison = compared(&baseline, &current, false);
    let schemas = |name| column(&comparison, name).partitions.iter().map(|part| part.schema).collect::<Vec<_>>();
    assert_eq!(schemas("gone"), [Schema::Missing, Schema::Same]);
    assert_eq!(schemas("new"), [Schema::Added, Schema::Same]);
    assert_eq!(column(&comparison, "a").partitions[1].current.nulls, 3);
    assert_eq!(comparison.skipped[0].column, "l");
}

#[test]
fn times_in_other_units_and_zones_are_told() {
    let hour = 3_600_000_000_i64;
    let micro = |shift: i64| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(
            (0..24_000).map(|at| 1_790_000_000_000_000 + at * hour / 1_000 + shift),
        ))
    };
    let nano = |shift: i64| -> ArrayRef {
        let micros = (0..24_000).map(|at| 1_790_000_000_000_000 + at * hour / 1_000 + shift);
        Arc::new(TimestampNanosecondArray::from_iter_values(micros.map(|micros| micros * 1_000)))
    };
    let same = compared(&one(micro(0)), &one(nano(0)), false);
    assert_eq!((only(&same).schema, only(&same).ks.as_ref().unwrap().d), (Schema::Widened, 0.0));
    let coarser = compared(&one(nano(0)), &one(micro(0)), false);
    assert_eq!((only(&coarser).schema, only(&coarser).ks.as_ref().unwrap().d), (Schema::Narrowed, 0.0));
    for (shift, verdict) in [(24 * hour, Verdict::Ok), (9 * hour, Verdict::Drift), (33 * hour, Verdict::Drift)] {
        let comparison = compared(&one(micro(0)), &one(micro(shift)), false);
        let part = only(&comparison);
        assert_eq!((part.verdict, part.reasons[0].check), (verdict, Check::TimeShift), "{}", part.why);
        assert!((part.shift.unwrap().seconds - shift as f64 / 1e6).abs() < 1e-6);
    }
}

#[test]
fn new_and_missing_categories_are_named() {
    let names = |names: &[(&str, usize)]| -> Source {
        let rows: Vec<&str> = names.iter().flat_map(|(name, rows)| std::iter::repeat_n(*name, *rows)).collect();
        one(Arc::new(StringArray::from(rows)))
    };
    let comparison = compared(&names(&[("ä", 500), ("b", 480), ("c", 20)]), &names(&[("ä", 500), ("b", 490), ("d", 30)]), false);
    let part = only(&comparison);
    assert_eq!(part.verdict, Verdict::Drift, "{}", part.why);
    assert_eq!((part.new_categories[0].value.as_str(), part.new_categories[0].rows), ("d", 30));
    assert_eq!((part.missing_categories[0].value.as_str(), part.missing_categories[0].baseline_rows), ("c", 20));
    assert_eq!(part.chi2.unwrap().dof, 3);
}

#[test]
fn rows_are_grouped_by_their_own_keys() {
    let hour = 3_600_000_000_i64;
    let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter_values((0..4_000).map(|row| (row % 2) * hour + row)));
    let ends: ArrayRef = Arc::new(StringArray::from_iter_values((0..4_000).map(|row| if row < 1_000 { "a" } else { "b" })));
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values((0..4_000).map(f64::from)));
    let keys = [RowKey::Column { column: "end".into() }, RowKey::Time { column: "at".into(), every: Every::Hour }];
    let bytes = written(vec![("at", times), ("end", ends), ("x", values)], 700);
    let baseline = Source { pieces: vec![piece("base", None, bytes.clone())] };
    let current = Source { pieces: vec![keyed("now", &keys, bytes)] };
    let rules = RuleSet::parse_json(r#"{"x":{"min":1500}}"#).unwrap();
    let comparison = run(Baseline::Data(&baseline), &current, &rules, &Options::default(), &Unwatched);
    let found: Vec<(&str, u64)> = comparison.partitions.iter().map(|part| (part.partition.as_str(), part.rows)).collect();
    let expected = [
        ("end=a/hour=1970-01-01T00", 500),
        ("end=a/hour=1970-01-01T01", 500),
        ("end=b/hour=1970-01-01T00", 1_500),
        ("end=b/hour=1970-01-01T01", 1_500),
    ];
    assert_eq!(found, expected);
    let parts = &column(&comparison, "x").partitions;
    let ends: Vec<(String, String)> = parts
        .iter()
        .map(|part| (part.current.min.as_ref().unwrap().to_string(), part.current.max.as_ref().unwrap().to_string()))
        .collect();
    assert_eq!(ends[1], ("1".to_owned(), "999".to_owned()));
    assert_eq!(ends[2], ("1000".to_owned(), "3998".to_owned()));
    let broken: Vec<(u64, u64)> = comparison.rules.iter().map(|rule| (rule.rows, rule.first.as_ref().unwrap().row)).collect();
    assert_eq!(broken, [(500, 0), (500, 1), (250, 1_000), (250, 1_001)]);
}

#[test]
fn a_damaged_file_is_told_and_the_rest_is_compared() {
    let whole = written(vec![("x", floats(1, Rng::normal))], 1 << 14);
    let mut damaged = whole.to_vec();
    damaged[4..90_000].fill(0xff);
    let current = Source {
        pieces: vec![
            piece("good", Some("1"), whole.clone()),
            piece("truncated", Some("1"), whole.slice(..whole.len() / 2)),
            piece("damaged", Some("2"), damaged.into()),
            piece("empty", Some("3"), written(vec![("x", Arc::new(Float64Array::from(Vec::<f64>::new())))], 10)),
        ],
    };
    let comparison = compared(&one(floats(1, Rng::normal)), &current, false);
    let names: Vec<&str> = comparison.unreadable.iter().map(|unreadable| unreadable.file.as_str()).collect();
    assert_eq!(names, ["damaged", "truncated"]);
    let parts = &column(&comparison, "x").partitions;
    assert_eq!(parts[0].verdict, Verdict::Ok);
    assert_eq!(parts[0].current.rows, ROWS as u64);
    assert_eq!(parts[2].verdict, Verdict::Empty);
}

#[test]
fn a_saved_profile_answers_as_the_data_does() {
    let data = |seed: u64, rows: usize| {
        let mut rng = Rng(seed);
        let numbers: ArrayRef = Arc::new(Float64Array::from_iter_values((0..rows).map(|_| rng.normal())));
        let whole: ArrayRef = Arc::new(Int64Array::from_iter_values((0..rows).map(|_| rng.next() as i64)));
        let names: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|_| format!("n{}", rng.below(9)))));
        piece("file", None, written(vec![("numbers", numbers), ("whole", whole), ("names", names)], 1 << 15))
    };
    for rows in [0, 1, 500, 100_000] {
        let baseline = Source { pieces: vec![data(1, rows)] };
        let current = Source { pieces: vec![data(2, 2_000)] };
        let (bytes, hash) = store::save(&profile(&baseline, &Unwatched)).unwrap();
        let (loaded, loaded_hash) = store::load(&bytes).unwrap();
        assert_eq!(hash, loaded_hash);
        let options = Options::default();
        let mut by_profile = run(Baseline::Profile(&loaded, &hash), &current, &RuleSet::default(), &options, &Unwatched);
        assert_eq!(by_profile.baseline.profile.take(), Some(hash));
        assert_eq!(by_profile, compared(&baseline, &current, false));
        for at in (0..bytes.len()).step_by(bytes.len().div_ceil(40)) {
            let mut broken = bytes.clone();
            broken[at] ^= 0x40;
            assert!(store::load(&broken).is_err());
            assert!(store::load(&bytes[..at]).is_err());
        }
    }
}
