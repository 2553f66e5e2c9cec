//! What breaks a rule and what only looks like it, for each Arrow type; and that any split of the rows gives the same tally.

use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{
    BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int32Array, Int64Array, ListArray,
    NullArray, StringArray, StringViewArray, TimestampMicrosecondArray, UInt64Array,
};
use proptest::prelude::*;

use super::super::RuleSet;
use super::*;

fn rules(text: &str) -> RuleSet {
    RuleSet::parse(text).unwrap()
}

/// Returns the rows that break each rule of a file, alone.
fn broken(text: &str, array: &dyn Array) -> Vec<(u64, Option<u64>)> {
    let file: Arc<str> = "f".into();
    rules(text)
        .rules()
        .iter()
        .map(|rule| {
            let mut tally = Tally::default();
            Judge::new(rule, array.data_type()).unwrap().judge(array, &file, 100, &mut tally);
            assert_eq!((tally.rows, tally.nulls), (array.len() as u64, array.logical_null_count() as u64));
            (tally.broken, tally.first.map(|place| place.row))
        })
        .collect()
}

fn refused(text: &str, data_type: &DataType) -> String {
    Judge::new(&rules(text).rules()[0], data_type).unwrap_err()
}

#[test]
fn bounds_are_inclusive_and_null_breaks_none() {
    let ages = Int32Array::from(vec![Some(18), None, Some(17), Some(80), Some(81), Some(5)]);
    assert_eq!(broken(r#"{"age": {"min": 18, "max": 80}}"#, &ages), [(2, Some(102)), (1, Some(104))]);
    assert_eq!(broken(r#"{"age": {"min": 17.5, "max": 80.5}}"#, &ages), [(2, Some(102)), (1, Some(104))]);
    assert_eq!(broken(r#"{"age": {"min": 16.5}}"#, &ages), [(1, Some(105))]);
    assert_eq!(broken(r#"{"age": {"max_null_share": 0}}"#, &ages), [(1, None)]);
}

#[test]
fn bounds_beyond_the_type_break_everything_or_nothing() {
    let ages = Int32Array::from(vec![1, 2]);
    assert_eq!(broken(r#"{"age": {"min": 3000000000, "max": 3000000000}}"#, &ages), [(2, Some(100)), (0, None)]);
    assert_eq!(broken(r#"{"age": {"min": -3000000000, "max": -3000000000}}"#, &ages), [(0, None), (2, Some(100))]);
}

#[test]
fn large_integers_are_compared_exactly() {
    let ids = Int64Array::from(vec![9_007_199_254_740_992, 9_007_199_254_740_993]);
    assert_eq!(broken(r#"{"id": {"max": 9007199254740992}}"#, &ids), [(1, Some(101))]);
    let ids = UInt64Array::from(vec![u64::MAX, u64::MAX - 1]);
    assert_eq!(broken(r#"{"id": {"min": 18446744073709551615}}"#, &ids), [(1, Some(101))]);
    assert_eq!(broken(r#"{"id": {"in": [18446744073709551615, "18446744073709551614"]}}"#, &ids), [(0, None)]);
}

#[test]
fn nan_breaks_nothing_and_infinities_break_their_bound() {
    let amounts = Float64Array::from(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 10_000.0, -0.0]);
    assert_eq!(broken(r#"{"amount": {"min": 0, "max": 10000}}"#, &amounts), [(1, Some(102)), (1, Some(101))]);
    assert_eq!(broken(r#"{"amount": {"in": [0, 10000]}}"#, &amounts), [(2, Some(101))]);
    assert_eq!(broken(r#"{"amount": {"not_in": [0]}}"#, &amounts), [(1, Some(104))]);
    assert_eq!(broken(r#"{"amount": {"max_null_share": 0}}"#, &amounts), [(0, None)]);
    // The bound is the column's own 0.1, not one that no value of the column can reach.
    assert_eq!(broken(r#"{"share": {"max": 0.1}}"#, &Float32Array::from(vec![0.1, 0.2])), [(1, Some(101))]);
}

#[test]
fn decimals_and_times_are_compared_in_their_unit() {
    let prices = Decimal128Array::from(vec![1_999, 2_000, 2_001]).with_precision_and_scale(10, 2).unwrap();
    assert_eq!(broken(r#"{"price": {"min": 19.995, "max": "20.00"}}"#, &prices), [(1, Some(100)), (1, Some(102))]);
    assert_eq!(broken(r#"{"price": {"in": [19.99, 20, 20.005]}}"#, &prices), [(1, Some(102))]);
    let times = TimestampMicrosecondArray::from(vec![-1, 0, 86_400_000_000]).with_timezone("UTC");
    let bounds = r#"{"at": {"min": "1970-01-01T00:00:00Z", "max": "1970-01-01T23:59:59.9999999Z"}}"#;
    assert_eq!(broken(bounds, &times), [(1, Some(100)), (1, Some(102))]);
    let days = Date32Array::from(vec![-1, 0, 1]);
    assert_eq!(broken("[day]\nmin = 1970-01-01\nmax = 1970-01-01T12:00:00Z", &days), [(1, Some(100)), (1, Some(102))]);
    assert_eq!(broken("[day]\nmin = 1969-12-31T12:00:00Z", &days), [(1, Some(100))]);
    assert!(refused(r#"{"day": {"min": 0}}"#, &DataType::Date32).contains("the column holds times, and 0"));
}

#[test]
fn texts_are_asked_for_sets_and_patterns() {
    let countries = [Some("DE"), None, Some("de"), Some("FRA"), Some("")];
    let sets = r#"{"country": {"in": ["DE", "FR"], "not_in": ["de"], "regex": "^[A-Z]{2}$"}}"#;
    let expected = [(3, Some(102)), (1, Some(102)), (3, Some(102))];
    assert_eq!(broken(sets, &StringArray::from(countries.to_vec())), expected);
    assert_eq!(broken(sets, &StringViewArray::from(countries.to_vec())), expected);
    let dictionary: DictionaryArray<Int8Type> = countries.iter().copied().collect();
    assert_eq!(broken(sets, &dictionary), expected);
    assert!(refused(r#"{"country": {"min": 3}}"#, &DataType::Utf8).contains("no bounds"));
    assert!(refused(r#"{"age": {"regex": "x"}}"#, &DataType::Int32).contains("no text"));
}

#[test]
fn truth_is_asked_for_sets_alone() {
    let flags = BooleanArray::from(vec![Some(true), None, Some(false)]);
    assert_eq!(broken(r#"{"flag": {"in": [true], "not_in": ["true"]}}"#, &flags), [(1, Some(102)), (1, Some(100))]);
    assert!(refused(r#"{"flag": {"min": 0}}"#, &DataType::Boolean).contains("only in and not_in"));
}

#[test]
fn columns_without_values_break_nothing_and_nested_ones_are_refused() {
    assert_eq!(
        broken(r#"{"x": {"min": 18, "in": ["a"], "max_null_share": 0.5}}"#, &NullArray::new(3)),
        [(0, None), (0, None), (3, None)]
    );
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)])]);
    assert!(refused(r#"{"x": {"min": 1}}"#, list.data_type()).contains("not one that rules are about"));
    let empty: DictionaryArray<Int8Type> = vec![None::<&str>, None].into_iter().collect();
    assert_eq!(broken(r#"{"x": {"in": ["a"]}}"#, &empty), [(0, None)]);
}

#[test]
fn dictionaries_that_change_between_batches_are_judged_anew() {
    let rules = rules(r#"{"x": {"in": ["a"]}}"#);
    let file: Arc<str> = "f".into();
    let (one, other): (DictionaryArray<Int32Type>, DictionaryArray<Int32Type>) =
        (vec!["a", "b"].into_iter().collect(), vec!["b", "a"].into_iter().collect());
    let mut judge = Judge::new(&rules.rules()[0], one.data_type()).unwrap();
    let mut tally = Tally::default();
    judge.judge(&one, &file, 0, &mut tally);
    judge.judge(&one.slice(1, 1), &file, 2, &mut tally);
    judge.judge(&other, &file, 3, &mut tally);
    assert_eq!((tally.broken, tally.first.unwrap().row), (3, 1));
}

#[test]
fn files_of_rules_that_make_no_sense_are_refused_with_the_place() {
    for (text, words) in [
        (r#"{"age": {"mni": 18}}"#, "unknown field `mni`"),
        (r#"{"age": {}}"#, "column `age` has no rule"),
        (r#"{"age": {"min": 81, "max": 18}}"#, "no value could keep both"),
        (r#"{"age": {"min": 1}, "age": {"max": 2}}"#, "`age` occurs twice"),
        (r#"{"age": {"min": 1, "min": 2}}"#, "duplicate field `min`"),
        (r#"{"age": {"in": []}}"#, "the set is empty"),
        (r#"{"age": {"regex": "("}}"#, "regex"),
        (r#"{"age": {"max_null_share": 5}}"#, "lies from 0 to 1"),
        (r#"{"age": {"min": {"value": 1, "allowed_share": -0.1}}}"#, "lies from 0 to 1"),
        (r#"{"age": {"min": true}}"#, "no bound"),
        (r#"{"age": {"min": [1]}}"#, "a number, a time"),
        (r#"{"age": 18}"#, "line 1 column"),
        (r#"{"age": {"min": 18}"#, "line 1 column"),
        ("[age]\nmin = \n", "line 2"),
        ("age = 3", "a number is no table at line 1, column 7"),
    ] {
        let error = RuleSet::parse(text).map(|_| ()).unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn shares_can_be_allowed_for_a_column_and_for_a_rule() {
    let rules =
        rules("[age]\nmin = 18\nmax = { value = 80, allowed_share = 0.5 }\nallowed_share = 0.01\nmax_null_share = 0.25\n");
    let told: Vec<(String, f64)> = rules.rules().iter().map(|rule| (rule.flag.clone(), rule.allowed_share)).collect();
    let expected = [("age_below_min", 0.01), ("age_above_max", 0.5), ("age_null_share", 0.25)];
    assert_eq!(told, expected.map(|(flag, share)| (flag.to_owned(), share)));
    assert!(!rules.rules()[0].is_broken(1, 100) && rules.rules()[0].is_broken(2, 100) && !rules.rules()[0].is_broken(0, 0));
}

#[test]
fn numbers_are_told_from_what_only_looks_like_them() {
    let broken = |kind, array: &dyn Array| {
        let rule = Rule::new("x", Requirement::Reads(kind), 0.0);
        let mut tally = Tally::default();
        Judge::new(&rule, array.data_type()).unwrap().judge(array, &"f".into(), 0, &mut tally);
        tally.broken
    };
    let texts =
        StringArray::from(vec![Some("12"), Some("-3 "), Some("4.5"), Some("1e3"), Some(""), Some("0x1"), Some("ok"), None]);
    assert_eq!((broken(Kind::Integral, &texts), broken(Kind::Fractional, &texts)), (5, 3));
    // A column of whole numbers with nulls is written as floats by pandas.
    let floats = Float64Array::from(vec![Some(1.0), Some(2.5), None, Some(f64::NAN), Some(-0.0)]);
    assert_eq!((broken(Kind::Integral, &floats), broken(Kind::Fractional, &floats)), (1, 0));
    assert_eq!(broken(Kind::Integral, &Int32Array::from(vec![1])), 0);
    let prices = Decimal128Array::from(vec![100]).with_precision_and_scale(10, 2).unwrap();
    assert_eq!((broken(Kind::Integral, &prices), broken(Kind::Fractional, &prices)), (1, 0));
}

proptest! {
    #[test]
    fn any_split_of_the_rows_gives_the_same_tally(
        values in proptest::collection::vec(proptest::option::of(-5_i64..5), 0..40),
        cuts in proptest::collection::vec(0_usize..40, 0..4),
    ) {
        let rules = rules(r#"{"x": {"min": -2, "in": [-3, 0, 4]}}"#);
        let array = Int64Array::from(values);
        let file: Arc<str> = "f".into();
        for rule in rules.rules() {
            let mut whole = Tally::default();
            Judge::new(rule, array.data_type()).unwrap().judge(&array, &file, 0, &mut whole);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| (*cut).min(array.len())).collect();
            cuts.extend([0, array.len()]);
            cuts.sort_unstable();
            let mut parts: Vec<Tally> = cuts.windows(2).map(|cut| {
                let mut part = Tally::default();
                let slice = array.slice(cut[0], cut[1] - cut[0]);
                Judge::new(rule, array.data_type()).unwrap().judge(&slice, &file, cut[0] as u64, &mut part);
                part
            }).collect();
            parts.reverse();
            let mut merged = Tally::default();
            for part in parts {
                merged.merge(part);
            }
            prop_assert_eq!(merged, whole);
        }
    }
}
