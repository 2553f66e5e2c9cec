//! Some columns of a piece, value by value: for what is asked of single records, and not of distributions.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};

use super::source::Piece;
use super::table::Table;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// None.
    Null,
    /// Text.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// A time, in microseconds since 1970; of a local time, as if it were UTC.
    Time(i64),
    /// True or false.
    Flag(bool),
    /// Something else.
    Other,
}

/// Hands out the values of some columns, row by row; of columns that the piece lacks, nulls. Returns which columns it has.
///
/// # Errors
///
/// Where the piece cannot be opened or read to its end: why.
pub fn rows(piece: &Piece, columns: &[&str], mut each: impl FnMut(&[Cell<'_>])) -> Result<Vec<bool>, String> {
    let table = Table::open(piece, true)?;
    let places: Vec<Option<usize>> = columns.iter().map(|name| table.column(name).map(|(place, _)| place)).collect();
    // A row group at a time, so that memory does not grow with the file.
    for group in 0..table.groups.len() {
        let mut held: Vec<Vec<ArrayRef>> = vec![Vec::new(); columns.len()];
        for (place, arrays) in places.iter().zip(&mut held) {
            if let Some(place) = place {
                table.read(*place, group..group + 1, |array, _| arrays.push(array.clone()))?;
            }
        }
        let Some(lengths) = held.iter().find(|arrays| !arrays.is_empty()) else { continue };
        let lengths: Vec<usize> = lengths.iter().map(Array::len).collect();
        let mut cells = vec![Cell::Null; columns.len()];
        for (part, length) in lengths.into_iter().enumerate() {
            for row in 0..length {
                for (cell, arrays) in cells.iter_mut().zip(&held) {
                    *cell = arrays.get(part).map_or(Cell::Null, |array| value(array, row));
                }
                each(&cells);
            }
        }
    }
    Ok(places.iter().map(Option::is_some).collect())
}

fn value(array: &ArrayRef, row: usize) -> Cell<'_> {
    if row >= array.len() || array.is_null(row) {
        return Cell::Null;
    }
    #[expect(clippy::cast_precision_loss, reason = "a number that stands for a time lies far below 2^53")]
    match array.data_type() {
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Cell::Text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Cell::Text(array.as_string_view().value(row)),
        DataType::Dictionary(keys, _) if **keys == DataType::Int32 => {
            let codes = array.as_dictionary::<Int32Type>();
            let place = usize::try_from(codes.keys().value(row)).unwrap_or(usize::MAX);
            value(codes.values(), place)
        }
        DataType::Float64 => Cell::Number(array.as_primitive::<Float64Type>().value(row)),
        DataType::Float32 => Cell::Number(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Int8 => Cell::Number(array.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Cell::Number(array.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Cell::Number(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Cell::Number(array.as_primitive::<Int64Type>().value(row) as f64),
        DataType::UInt32 => Cell::Number(array.as_primitive::<UInt32Type>().value(row).into()),
        DataType::UInt64 => Cell::Number(array.as_primitive::<UInt64Type>().value(row) as f64),
        DataType::Boolean => Cell::Flag(array.as_boolean().value(row)),
        DataType::Timestamp(unit, _) => Cell::Time(match unit {
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row).saturating_mul(1_000_000),
            TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row).saturating_mul(1_000),
            TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
            TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row) / 1_000,
        }),
        _ => Cell::Other,
    }
}
