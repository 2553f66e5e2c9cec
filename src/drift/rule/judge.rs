//! One rule made ready for one Arrow type, and asked of arrays.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowNativeTypeOp};
use arrow_buffer::{NullBuffer, i256};
use arrow_schema::{DataType, TimeUnit};

use super::decimal::Decimal;
use super::model::{Kind, Requirement, Rule, Scalar};
use super::tally::{Place, Tally};
use super::text::{TextTest, seconds};

/// One rule, ready for columns of one Arrow type.
#[derive(Debug)]
pub struct Judge {
    counts_nulls: bool,
    test: Test,
}

/// What is asked of a value.
#[derive(Debug)]
enum Test {
    /// Nothing: the rule is about nulls alone, or the type holds nothing else.
    Pass,
    Values(Box<dyn Values>),
    Truth {
        breaks_true: bool,
        breaks_false: bool,
    },
    Text(TextTest),
    /// The values of a dictionary are judged once, not once a row.
    Dictionary {
        values: Box<Test>,
        known: Option<(ArrayRef, Vec<Option<bool>>)>,
    },
}

/// What an array holds that breaks a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Broken {
    rows: u64,
    first: Option<usize>,
}

impl Judge {
    /// Makes a rule ready for a type.
    ///
    /// # Errors
    ///
    /// Where the rule cannot be asked of such values: why, in words that follow the column's name.
    pub fn new(rule: &Rule, data_type: &DataType) -> Result<Self, String> {
        if matches!(rule.requirement, Requirement::Present) {
            return Ok(Self { counts_nulls: true, test: Test::Pass });
        }
        Ok(Self { counts_nulls: false, test: Test::of(&rule.requirement, data_type)? })
    }

    /// Asks the rule of the rows of an array, the first of which is the `first_row`-th of `file`, from 0.
    pub fn judge(&mut self, array: &dyn Array, file: &Arc<str>, first_row: u64, tally: &mut Tally) {
        let nulls = array.logical_null_count() as u64;
        tally.rows += array.len() as u64;
        tally.nulls += nulls;
        if self.counts_nulls {
            tally.broken += nulls;
            return;
        }
        let broken = self.test.broken(array);
        tally.broken += broken.rows;
        if let Some(first) = broken.first {
            let place = Place { file: Arc::clone(file), row: first_row + first as u64 };
            if tally.first.as_ref().is_none_or(|known| place < *known) {
                tally.first = Some(place);
            }
        }
    }

    /// Returns whether the only value of an array of one row breaks the rule; nothing where it is null or NaN.
    pub(super) fn breaks(&mut self, array: &dyn Array) -> Option<bool> {
        let is_answer = array.len() == 1 && array.logical_null_count() == 0 && !is_nan(array);
        is_answer.then(|| self.test.broken(array).rows > 0)
    }

    /// Returns whether the rule is about nulls alone.
    pub(super) const fn counts_nulls(&self) -> bool {
        self.counts_nulls
    }
}

fn is_nan(array: &dyn Array) -> bool {
    match array.data_type() {
        DataType::Float16 => array.as_primitive::<Float16Type>().value(0).is_nan(),
        DataType::Float32 => array.as_primitive::<Float32Type>().value(0).is_nan(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(0).is_nan(),
        _ => false,
    }
}

impl Test {
    fn of(requirement: &Requirement, data_type: &DataType) -> Result<Self, String> {
        let whole = |scale| move |number: Decimal| number.units(scale);
        Ok(match data_type {
            DataType::Null => Self::Pass,
            DataType::Boolean => return truth(requirement),
            DataType::Int8 => integers::<Int8Type>(requirement, numeric(), whole(0))?,
            DataType::Int16 => integers::<Int16Type>(requirement, numeric(), whole(0))?,
            DataType::Int32 => integers::<Int32Type>(requirement, numeric(), whole(0))?,
            DataType::Int64 => integers::<Int64Type>(requirement, numeric(), whole(0))?,
            DataType::UInt8 => integers::<UInt8Type>(requirement, numeric(), whole(0))?,
            DataType::UInt16 => integers::<UInt16Type>(requirement, numeric(), whole(0))?,
            DataType::UInt32 => integers::<UInt32Type>(requirement, numeric(), whole(0))?,
            DataType::UInt64 => integers::<UInt64Type>(requirement, numeric(), whole(0))?,
            DataType::Decimal32(_, scale) => integers::<Decimal32Type>(requirement, numeric(), whole((*scale).into()))?,
            DataType::Decimal64(_, scale) => integers::<Decimal64Type>(requirement, numeric(), whole((*scale).into()))?,
            DataType::Decimal128(_, scale) => integers::<Decimal128Type>(requirement, numeric(), whole((*scale).into()))?,
            DataType::Decimal256(_, scale) => integers::<Decimal256Type>(requirement, numeric(), whole((*scale).into()))?,
            DataType::Float16 => floats::<Float16Type>(requirement, half::f16::from_f64)?,
            DataType::Float32 => floats::<Float32Type>(requirement, nearest_f32)?,
            DataType::Float64 => floats::<Float64Type>(requirement, |number| number)?,
            DataType::Timestamp(TimeUnit::Second, _) => integers::<TimestampSecondType>(requirement, temporal(), whole(0))?,
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                integers::<TimestampMillisecondType>(requirement, temporal(), whole(3))?
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                integers::<TimestampMicrosecondType>(requirement, temporal(), whole(6))?
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                integers::<TimestampNanosecondType>(requirement, temporal(), whole(9))?
            }
            DataType::Date32 => integers::<Date32Type>(requirement, temporal(), |at| at.units_of(86_400))?,
            DataType::Date64 => integers::<Date64Type>(requirement, temporal(), whole(3))?,
            DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Self::Text(TextTest::of(requirement)?),
            DataType::Dictionary(_, values) => Self::Dictionary { values: Box::new(Self::of(requirement, values)?), known: None },
            other => return Err(format!("its type {other} is not one that rules are about")),
        })
    }

    fn broken(&mut self, array: &dyn Array) -> Broken {
        match self {
            Self::Pass => Broken::default(),
            Self::Values(values) => values.broken(array),
            Self::Truth { breaks_true, breaks_false } => {
                let (breaks_true, breaks_false) = (*breaks_true, *breaks_false);
                let array = array.as_boolean();
                at_each(array.len(), array.nulls(), |row| if array.value(row) { breaks_true } else { breaks_false })
            }
            Self::Text(test) => text(test, array),
            Self::Dictionary { values, known } => dictionary(values, known, array),
        }
    }
}

fn text(test: &TextTest, array: &dyn Array) -> Broken {
    let (len, nulls) = (array.len(), array.nulls());
    match array.data_type() {
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            at_each(len, nulls, |row| test.is_broken_by(array.value(row).as_bytes()))
        }
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            at_each(len, nulls, |row| test.is_broken_by(array.value(row).as_bytes()))
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            at_each(len, nulls, |row| test.is_broken_by(array.value(row).as_bytes()))
        }
        DataType::Binary => {
            let array = array.as_binary::<i32>();
            at_each(len, nulls, |row| test.is_broken_by(array.value(row)))
        }
        DataType::LargeBinary => {
            let array = array.as_binary::<i64>();
            at_each(len, nulls, |row| test.is_broken_by(array.value(row)))
        }
        DataType::BinaryView => {
            let array = array.as_binary_view();
            at_each(len, nulls, |row| test.is_broken_by(array.value(row)))
        }
        DataType::FixedSizeBinary(_) => {
            let array = array.as_fixed_size_binary();
            at_each(len, nulls, |row| test.is_broken_by(array.value(row)))
        }
        _ => Broken::default(),
    }
}

fn dictionary(test: &mut Test, known: &mut Option<(ArrayRef, Vec<Option<bool>>)>, array: &dyn Array) -> Broken {
    let Some(array) = array.as_any_dictionary_opt() else { return Broken::default() };
    let values = array.values();
    if values.is_empty() {
        return Broken::default();
    }
    // Batches of one row group share their dictionary; only the values that occur are judged, each once.
    let is_same = known.as_ref().is_some_and(|(same, _)| same.to_data().ptr_eq(&values.to_data()));
    if !is_same {
        *known = Some((Arc::clone(values), vec![None; values.len()]));
    }
    let Some((_, verdicts)) = known else { return Broken::default() };
    let keys = array.normalized_keys();
    at_each(keys.len(), array.keys().nulls(), |row| {
        let key = keys[row];
        *verdicts[key].get_or_insert_with(|| test.broken(&*values.slice(key, 1)).rows > 0)
    })
}

/// Counts the rows with a value that break a rule.
fn at_each(len: usize, nulls: Option<&NullBuffer>, mut breaks: impl FnMut(usize) -> bool) -> Broken {
    let mut broken = Broken::default();
    let mut look = |row| {
        if breaks(row) {
            broken.rows += 1;
            broken.first.get_or_insert(row);
        }
    };
    match nulls {
        None => (0..len).for_each(&mut look),
        Some(nulls) => nulls.valid_indices().for_each(&mut look),
    }
    broken
}

/// A test of the values of a primitive array.
trait Values: std::fmt::Debug + Send + Sync {
    fn broken(&self, array: &dyn Array) -> Broken;
}

/// What breaks a rule, in the column's own representation.
#[derive(Debug)]
enum Range<N> {
    Nothing,
    Everything,
    Below(N),
    Above(N),
    /// What has places after the point.
    Broken,
    /// Sorted.
    OutOf(Vec<N>),
    /// Sorted.
    Among(Vec<N>),
}

struct Ranged<T: ArrowPrimitiveType>(Range<T::Native>);

impl<T: ArrowPrimitiveType> std::fmt::Debug for Ranged<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: ArrowPrimitiveType> Values for Ranged<T> {
    fn broken(&self, array: &dyn Array) -> Broken {
        let Some(array) = array.as_primitive_opt::<T>() else { return Broken::default() };
        let (values, nulls) = (array.values().as_ref(), array.nulls());
        match &self.0 {
            Range::Nothing => Broken::default(),
            Range::Everything => in_slices(values, nulls, is_ordered),
            Range::Below(bound) => in_slices(values, nulls, |value| value < *bound),
            Range::Above(bound) => in_slices(values, nulls, |value| value > *bound),
            Range::Broken => {
                in_slices(values, nulls, |value| is_ordered(value) && value.mod_wrapping(T::Native::ONE) != T::Native::ZERO)
            }
            Range::OutOf(set) => in_slices(values, nulls, |value| is_in(set, value) == Some(false)),
            Range::Among(set) => in_slices(values, nulls, |value| is_in(set, value) == Some(true)),
        }
    }
}

/// Returns whether a value is not NaN, which compares with nothing and breaks nothing.
fn is_ordered<N: PartialOrd + Copy>(value: N) -> bool {
    value.partial_cmp(&value).is_some()
}

/// Returns whether a sorted set has a value; nothing where the value compares with none, as NaN.
fn is_in<N: PartialOrd + Copy>(set: &[N], value: N) -> Option<bool> {
    value.partial_cmp(&value)?;
    Some(set.binary_search_by(|known| known.partial_cmp(&value).unwrap_or(Ordering::Less)).is_ok())
}

/// Counts the values that break a rule; the loop over a run of values without nulls has no branch.
fn in_slices<N: Copy>(values: &[N], nulls: Option<&NullBuffer>, breaks: impl Fn(N) -> bool + Copy) -> Broken {
    let mut broken = Broken::default();
    let mut run = |from: usize, to: usize| {
        let values = &values[from..to];
        let rows: usize = values.iter().map(|value| usize::from(breaks(*value))).sum();
        if rows > 0 {
            broken.rows += rows as u64;
            if broken.first.is_none() {
                broken.first = values.iter().position(|value| breaks(*value)).map(|at| from + at);
            }
        }
    };
    match nulls {
        None => run(0, values.len()),
        Some(nulls) => nulls.valid_slices().for_each(|(from, to)| run(from, to)),
    }
    broken
}

/// Reads a scalar as what the column holds.
type Reads = fn(&Scalar) -> Result<Decimal, String>;

const fn numeric() -> Reads {
    |scalar| match scalar {
        Scalar::Number(number) => Ok(*number),
        Scalar::Text(text) => {
            Decimal::parse(text).ok_or_else(|| format!("the column holds numbers, and `{text}` in the rule is none"))
        }
        Scalar::Truth(truth) => Err(format!("the column holds numbers, and {truth} in the rule is none")),
    }
}

const fn temporal() -> Reads {
    |scalar| match scalar {
        Scalar::Text(text) => seconds(text).ok_or_else(|| {
            format!("the column holds times, and `{text}` in the rule is none; write it like 2026-10-12T00:00:00Z")
        }),
        other => Err(format!("the column holds times, and {other} in the rule is none; write it like \"2026-10-12T00:00:00Z\"")),
    }
}

/// Returns the test of values that are whole numbers of some unit; `units` gives a number in that unit, rounded down.
fn integers<T>(requirement: &Requirement, reads: Reads, units: impl Fn(Decimal) -> (i256, bool)) -> Result<Test, String>
where
    T: ArrowPrimitiveType,
    T::Native: Whole,
{
    let exact = |set: &[Scalar]| {
        let mut natives = Vec::new();
        for scalar in set {
            let (number, is_exact) = units(reads(scalar)?);
            // What the type cannot hold is equal to none of its values.
            natives.extend(T::Native::narrow(number).ok().filter(|_| is_exact));
        }
        natives.sort_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
        Ok::<_, String>(natives)
    };
    let range = match requirement {
        Requirement::Min(bound) => {
            let (down, is_exact) = units(reads(bound)?);
            let least = if is_exact { down } else { down.wrapping_add(i256::ONE) };
            match T::Native::narrow(least) {
                Ok(least) => Range::Below(least),
                Err(Ordering::Greater) => Range::Everything,
                Err(_) => Range::Nothing,
            }
        }
        Requirement::Max(bound) => match T::Native::narrow(units(reads(bound)?).0) {
            Ok(most) => Range::Above(most),
            Err(Ordering::Greater) => Range::Nothing,
            Err(_) => Range::Everything,
        },
        Requirement::In(set) => Range::OutOf(exact(set)?),
        Requirement::NotIn(set) => Range::Among(exact(set)?),
        Requirement::Matches(_) => return Err("the column holds no text to match".to_owned()),
        Requirement::Reads(_) if is_temporal(&T::DATA_TYPE) => return Err("the column holds times, not numbers".to_owned()),
        // A decimal with places is no whole number, whatever its value.
        Requirement::Reads(kind) if *kind == Kind::Integral && units(Decimal::ONE).0 != i256::ONE => Range::Everything,
        Requirement::Reads(_) | Requirement::Present => Range::Nothing,
    };
    Ok(Test::Values(Box::new(Ranged::<T>(range))))
}

/// Returns the test of floating-point values. A bound is rounded to the column's type, as comparisons in numpy do.
fn floats<T>(requirement: &Requirement, narrow: impl Fn(f64) -> T::Native) -> Result<Test, String>
where
    T: ArrowPrimitiveType,
{
    let read = |scalar: &Scalar| numeric()(scalar).map(|number| narrow(number.to_f64()));
    let all = |set: &[Scalar]| {
        let mut natives = set.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        natives.sort_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
        Ok::<_, String>(natives)
    };
    let range = match requirement {
        Requirement::Min(bound) => Range::Below(read(bound)?),
        Requirement::Max(bound) => Range::Above(read(bound)?),
        Requirement::In(set) => Range::OutOf(all(set)?),
        Requirement::NotIn(set) => Range::Among(all(set)?),
        Requirement::Matches(_) => return Err("the column holds no text to match".to_owned()),
        Requirement::Reads(Kind::Integral) => Range::Broken,
        Requirement::Reads(Kind::Fractional) | Requirement::Present => Range::Nothing,
    };
    Ok(Test::Values(Box::new(Ranged::<T>(range))))
}

const fn is_temporal(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64)
}

#[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is what is wanted")]
const fn nearest_f32(number: f64) -> f32 {
    number as f32
}

fn truth(requirement: &Requirement) -> Result<Test, String> {
    let has = |set: &[Scalar], wanted: bool| {
        let mut found = false;
        for scalar in set {
            let truth = match scalar {
                Scalar::Truth(truth) => *truth,
                Scalar::Text(text) => {
                    text.parse().map_err(|_| format!("the column holds true and false, and `{text}` in the rule is neither"))?
                }
                Scalar::Number(number) => {
                    return Err(format!("the column holds true and false, and {number} in the rule is neither"));
                }
            };
            found |= truth == wanted;
        }
        Ok::<bool, String>(found)
    };
    Ok(match requirement {
        Requirement::In(set) => Test::Truth { breaks_true: !has(set, true)?, breaks_false: !has(set, false)? },
        Requirement::NotIn(set) => Test::Truth { breaks_true: has(set, true)?, breaks_false: has(set, false)? },
        _ => return Err("the column holds true and false, which only in and not_in are about".to_owned()),
    })
}

/// Whole numbers of a width.
trait Whole: ArrowNativeTypeOp {
    /// Returns a number as this type, or on which side of its range the number lies.
    fn narrow(number: i256) -> Result<Self, Ordering>;
}

macro_rules! whole {
    ($($native:ty),*) => {$(
        impl Whole for $native {
            fn narrow(number: i256) -> Result<Self, Ordering> {
                let side = if number < i256::ZERO { Ordering::Less } else { Ordering::Greater };
                number.to_i128().and_then(|number| Self::try_from(number).ok()).ok_or(side)
            }
        }
    )*};
}

whole!(i8, i16, i32, i64, i128, u8, u16, u32, u64);

impl Whole for i256 {
    fn narrow(number: i256) -> Result<Self, Ordering> {
        Ok(number)
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
