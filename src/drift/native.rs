//! The numbers in an Arrow array: runs of valid ones, in the type in which they are stored.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_buffer::i256;
use arrow_schema::{DataType, TimeUnit};

/// A stored number that is a whole count of something.
pub(crate) trait Whole: Copy + PartialOrd {
    /// Returns it; what lies beyond 128 bits, which no digits of a decimal need, becomes the greatest or least that fits.
    fn count(self) -> i128;
    /// Returns it, rounded.
    fn real(self) -> f64;
    /// Returns it less `origin`, which is at most 2^53 from 0; too great where it is less or far away.
    fn above(self, origin: i64) -> u64;
}

macro_rules! whole {
    ($above:expr; $($type:ty, $real:expr;)*) => {$(
        impl Whole for $type {
            #[inline(always)]
            fn count(self) -> i128 {
                i128::from(self)
            }
            #[inline(always)]
            fn real(self) -> f64 {
                let real: fn(Self) -> f64 = $real;
                real(self)
            }
            #[inline(always)]
            fn above(self, origin: i64) -> u64 {
                let above: fn(Self, i64) -> u64 = $above;
                above(self, origin)
            }
        }
    )*};
}

whole! {
    |value, origin| i64::from(value).wrapping_sub(origin).cast_unsigned();
    i8, f64::from;
    i16, f64::from;
    i32, f64::from;
    u8, f64::from;
    u16, f64::from;
    u32, f64::from;
}

whole! {
    |value, origin| value.wrapping_sub(origin).cast_unsigned();
    i64, |count| count as f64;
}

whole! {
    |value, origin| i64::try_from(value).map_or(u64::MAX, |count| count.wrapping_sub(origin).cast_unsigned());
    u64, |count| count as f64;
    i128, |count| count as f64;
}

impl Whole for i256 {
    fn count(self) -> i128 {
        self.to_i128().unwrap_or(if self < Self::ZERO { i128::MIN } else { i128::MAX })
    }

    fn real(self) -> f64 {
        self.count() as f64
    }

    fn above(self, origin: i64) -> u64 {
        self.count().above(origin)
    }
}

/// What is done with the numbers of an array.
pub(crate) trait Visit {
    /// Takes a run of whole counts.
    fn whole<T: Whole>(&mut self, values: &[T]);
    /// Takes a run of 64-bit numbers.
    fn double(&mut self, values: &[f64]);
    /// Takes a run of 32-bit numbers.
    fn single(&mut self, values: &[f32]);
}

/// Hands the valid numbers of an array to a visitor, in runs; returns false for arrays of anything else.
pub(crate) fn visit(array: &dyn Array, visitor: &mut impl Visit) -> bool {
    match array.data_type() {
        DataType::Int8 => whole::<Int8Type>(array, visitor),
        DataType::Int16 => whole::<Int16Type>(array, visitor),
        DataType::Int32 => whole::<Int32Type>(array, visitor),
        DataType::Int64 => whole::<Int64Type>(array, visitor),
        DataType::UInt8 => whole::<UInt8Type>(array, visitor),
        DataType::UInt16 => whole::<UInt16Type>(array, visitor),
        DataType::UInt32 => whole::<UInt32Type>(array, visitor),
        DataType::UInt64 => whole::<UInt64Type>(array, visitor),
        DataType::Decimal32(..) => whole::<Decimal32Type>(array, visitor),
        DataType::Decimal64(..) => whole::<Decimal64Type>(array, visitor),
        DataType::Decimal128(..) => whole::<Decimal128Type>(array, visitor),
        DataType::Decimal256(..) => whole::<Decimal256Type>(array, visitor),
        DataType::Date32 => whole::<Date32Type>(array, visitor),
        DataType::Date64 => {
            const DAY: i64 = 86_400_000;
            runs(array.as_primitive::<Date64Type>(), |values| {
                visitor.whole(&values.iter().map(|milliseconds| milliseconds.div_euclid(DAY)).collect::<Vec<_>>());
            });
        }
        DataType::Timestamp(TimeUnit::Second, _) => whole::<TimestampSecondType>(array, visitor),
        DataType::Timestamp(TimeUnit::Millisecond, _) => whole::<TimestampMillisecondType>(array, visitor),
        DataType::Timestamp(TimeUnit::Microsecond, _) => whole::<TimestampMicrosecondType>(array, visitor),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => whole::<TimestampNanosecondType>(array, visitor),
        DataType::Time32(TimeUnit::Second) => whole::<Time32SecondType>(array, visitor),
        DataType::Time32(_) => whole::<Time32MillisecondType>(array, visitor),
        DataType::Time64(TimeUnit::Microsecond) => whole::<Time64MicrosecondType>(array, visitor),
        DataType::Time64(_) => whole::<Time64NanosecondType>(array, visitor),
        DataType::Duration(TimeUnit::Second) => whole::<DurationSecondType>(array, visitor),
        DataType::Duration(TimeUnit::Millisecond) => whole::<DurationMillisecondType>(array, visitor),
        DataType::Duration(TimeUnit::Microsecond) => whole::<DurationMicrosecondType>(array, visitor),
        DataType::Duration(TimeUnit::Nanosecond) => whole::<DurationNanosecondType>(array, visitor),
        DataType::Float16 => runs(array.as_primitive::<Float16Type>(), |values| {
            visitor.single(&values.iter().map(|value| value.to_f32()).collect::<Vec<_>>());
        }),
        DataType::Float32 => runs(array.as_primitive::<Float32Type>(), |values| visitor.single(values)),
        DataType::Float64 => runs(array.as_primitive::<Float64Type>(), |values| visitor.double(values)),
        DataType::Dictionary(..) => return unpacked(array).is_some_and(|array| visit(&array, visitor)),
        _ => return false,
    }
    true
}

/// Returns a dictionary array as an array of its values.
pub(crate) fn unpacked(array: &dyn Array) -> Option<ArrayRef> {
    let array = array.as_any_dictionary_opt()?;
    let keys = array.normalized_keys();
    let keys = keys.iter().enumerate().map(|(row, key)| array.keys().is_valid(row).then_some(*key as u64));
    let keys: arrow_array::UInt64Array = keys.collect();
    arrow_select::take::take(array.values(), &keys, None).ok()
}

fn whole<T: ArrowPrimitiveType<Native: Whole>>(array: &dyn Array, visitor: &mut impl Visit) {
    runs(array.as_primitive::<T>(), |values| visitor.whole(values));
}

/// Hands out the valid values in as few runs as is cheap.
fn runs<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, mut each: impl FnMut(&[T::Native])) {
    /// From this share of nulls on, copying one value at a time is cheaper than finding runs.
    const MANY: usize = 32;
    let values = array.values();
    let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) else {
        if !values.is_empty() {
            each(values);
        }
        return;
    };
    let valid = array.len() - nulls.null_count();
    if valid == 0 {
        return;
    }
    let mut kept = Vec::with_capacity(array.len());
    if nulls.null_count() * MANY < array.len() {
        for (from, to) in nulls.valid_slices() {
            kept.extend_from_slice(&values[from..to]);
        }
    } else {
        // Writes every value and moves on past the valid ones only.
        kept.resize(array.len(), T::default_value());
        let mut length = 0;
        for (value, is_valid) in values.iter().zip(nulls.inner()) {
            kept[length] = *value;
            length += usize::from(is_valid);
        }
        kept.truncate(valid);
    }
    each(&kept);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{DictionaryArray, Float64Array, Int32Array, UInt64Array};

    use super::*;

    #[derive(Default)]
    struct Seen(Vec<f64>);

    impl Visit for Seen {
        fn whole<T: Whole>(&mut self, values: &[T]) {
            self.0.extend(values.iter().map(|value| value.count() as f64));
        }
        fn double(&mut self, values: &[f64]) {
            self.0.extend(values);
        }
        fn single(&mut self, values: &[f32]) {
            self.0.extend(values.iter().map(|value| f64::from(*value)));
        }
    }

    fn seen(array: &dyn Array) -> Vec<f64> {
        let mut seen = Seen::default();
        assert!(visit(array, &mut seen));
        seen.0
    }

    #[test]
    fn nulls_are_left_out_however_many_there_are() {
        for gap in [2, 3, 100] {
            let values: Vec<Option<i32>> = (0..300).map(|value| (value % gap != 0).then_some(value)).collect();
            let expected: Vec<f64> = values.iter().flatten().map(|value| f64::from(*value)).collect();
            let array = Int32Array::from(values);
            assert_eq!(seen(&array), expected);
            let within = seen(&array.slice(7, 100));
            assert_eq!(within, expected.into_iter().filter(|value| (7.0..107.0).contains(value)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn numbers_in_dictionaries_are_numbers() {
        let keys = Int32Array::from(vec![Some(1), None, Some(0), Some(1)]);
        let array = DictionaryArray::new(keys, Arc::new(Float64Array::from(vec![0.5, 1.5])));
        assert_eq!(seen(&array), [1.5, 0.5, 1.5]);
    }

    #[test]
    fn whole_numbers_know_how_far_they_are() {
        assert_eq!(u64::MAX.above(-5), u64::MAX);
        assert_eq!(7_i128.above(-5), 12);
        assert!((-6_i32).above(-5) > u64::from(u32::MAX));
        assert_eq!(seen(&UInt64Array::from(vec![3])), [3.0]);
    }
}
