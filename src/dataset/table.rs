//! Rows of cells turned into typed columns: the type of a column is what all of its cells are.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, NullArray, RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, Field, Schema};

use crate::time::Instant;

/// Columns that rows may have; what has more is no table.
pub(super) const MOST_COLUMNS: usize = 10_000;

/// Bytes of cells that one file may have: rows are kept in memory, and a small compressed file can hold very many.
const MOST_BYTES: usize = 2 << 30;

/// A cell as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    /// Nothing.
    Null,
    /// Text that may be a number, a time, or true or false, as in CSV.
    Loose(&'a str),
    /// Text in quotes, which is text (or a time).
    Quoted(&'a str),
}

/// Rows as they come, kept by columns.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Cells>,
    by_name: HashMap<String, usize>,
    rows: usize,
    bytes: usize,
    most_bytes: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self { columns: Vec::new(), by_name: HashMap::new(), rows: 0, bytes: 0, most_bytes: MOST_BYTES }
    }
}

/// Cells of one column: their text in one string, the end of each, and which are null.
#[derive(Debug)]
struct Cells {
    name: String,
    text: String,
    ends: Vec<usize>,
    nulls: Vec<bool>,
    is_quoted: bool,
}

impl Cells {
    fn push(&mut self, cell: Cell<'_>) {
        let (text, is_null) = match cell {
            Cell::Null => ("", true),
            Cell::Loose(text) => (text, false),
            Cell::Quoted(text) => {
                self.is_quoted = true;
                (text, false)
            }
        };
        self.text.push_str(text);
        self.ends.push(self.text.len());
        self.nulls.push(is_null);
    }

    fn cells(&self) -> impl Iterator<Item = Option<&str>> {
        self.nulls.iter().enumerate().map(|(row, is_null)| {
            let from = if row == 0 { 0 } else { self.ends[row - 1] };
            (!is_null).then(|| &self.text[from..self.ends[row]])
        })
    }

    fn all(&self, is: impl Fn(&str) -> bool) -> bool {
        self.cells().flatten().all(is)
    }

    fn array(&self) -> ArrayRef {
        if self.nulls.iter().all(|is_null| *is_null) {
            return Arc::new(NullArray::new(self.nulls.len()));
        }
        if !self.is_quoted {
            if self.all(|text| text.parse::<i64>().is_ok()) {
                let mut built = Int64Builder::with_capacity(self.nulls.len());
                self.cells().for_each(|cell| built.append_option(cell.and_then(|text| text.parse().ok())));
                return Arc::new(built.finish());
            }
            if self.all(|text| text.parse::<f64>().is_ok()) {
                let mut built = Float64Builder::with_capacity(self.nulls.len());
                self.cells().for_each(|cell| built.append_option(cell.and_then(|text| text.parse().ok())));
                return Arc::new(built.finish());
            }
            if self.all(|text| truth(text).is_some()) {
                let mut built = BooleanBuilder::with_capacity(self.nulls.len());
                self.cells().for_each(|cell| built.append_option(cell.and_then(truth)));
                return Arc::new(built.finish());
            }
        }
        if self.all(|text| instant(text).is_some()) {
            let mut built = TimestampMicrosecondBuilder::with_capacity(self.nulls.len());
            self.cells().for_each(|cell| built.append_option(cell.and_then(instant).map(Instant::micros)));
            return Arc::new(built.finish().with_timezone("UTC"));
        }
        let mut built = StringBuilder::with_capacity(self.nulls.len(), self.text.len());
        self.cells().for_each(|cell| built.append_option(cell));
        Arc::new(built.finish())
    }
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Reads a date with a time of day; a date alone stays text.
fn instant(text: &str) -> Option<Instant> {
    let bytes = text.as_bytes();
    let looks = bytes.len() >= 16 && bytes[4] == b'-' && bytes[7] == b'-' && matches!(bytes[10], b'T' | b' ');
    if looks { Instant::parse(text, true) } else { None }
}

impl Table {
    /// Returns the position of a column, making it where there is none; nothing where there are too many.
    pub(super) fn column(&mut self, name: &str) -> Option<usize> {
        if let Some(at) = self.by_name.get(name) {
            return Some(*at);
        }
        if self.columns.len() >= MOST_COLUMNS {
            return None;
        }
        let at = self.columns.len();
        self.by_name.insert(name.to_owned(), at);
        let mut cells =
            Cells { name: name.to_owned(), text: String::new(), ends: Vec::new(), nulls: Vec::new(), is_quoted: false };
        // Rows before this one had no such column.
        (0..self.rows).for_each(|_| cells.push(Cell::Null));
        self.columns.push(cells);
        Some(at)
    }

    /// Sets a cell of the row that is being written; the first value of a row and column counts.
    pub(super) fn set(&mut self, column: usize, cell: Cell<'_>) {
        if let Some(cells) = self.columns.get_mut(column)
            && cells.nulls.len() == self.rows
        {
            cells.push(cell);
        }
    }

    /// Ends the row that is being written; cells that were not set are null.
    ///
    /// # Errors
    ///
    /// Where the table is full: no row can be added.
    pub(super) fn end_row(&mut self) -> Result<(), String> {
        self.rows += 1;
        for cells in &mut self.columns {
            if cells.nulls.len() < self.rows {
                cells.push(Cell::Null);
            }
        }
        // A cell costs its text, the end of it, and whether it is null.
        self.bytes = self.columns.iter().map(|cells| cells.text.len() + cells.ends.len() * 9).sum();
        if self.is_full() { Err(format!("more than {} bytes of rows: the rest is left out", self.most_bytes)) } else { Ok(()) }
    }

    /// Returns whether no row can be added.
    pub(super) const fn is_full(&self) -> bool {
        self.bytes > self.most_bytes
    }

    /// Returns the number of rows.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the columns with the types of what they hold.
    pub(super) fn finish(self) -> Result<RecordBatch, ArrowError> {
        let arrays: Vec<ArrayRef> = self.columns.iter().map(Cells::array).collect();
        let fields: Vec<Field> = self
            .columns
            .iter()
            .zip(&arrays)
            .map(|(cells, array)| Field::new(&cells.name, array.data_type().clone(), true))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Float64Type;
    use arrow_schema::{DataType, TimeUnit};

    use super::*;

    fn time_type() -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
    }

    fn typed(cells: &[Cell<'_>]) -> ArrayRef {
        let mut table = Table::default();
        let column = table.column("x").unwrap();
        for cell in cells {
            table.set(column, *cell);
            table.end_row().unwrap();
        }
        Arc::clone(table.finish().unwrap().column(0))
    }

    #[test]
    fn a_column_is_what_all_of_its_cells_are() {
        use Cell::{Loose, Null, Quoted};
        let is = |cells: &[Cell<'_>], expected: DataType| assert_eq!(*typed(cells).data_type(), expected, "{cells:?}");
        is(&[Loose("1"), Null, Loose("-2")], DataType::Int64);
        is(&[Loose("1"), Loose("2.5")], DataType::Float64);
        is(&[Loose("9223372036854775808")], DataType::Float64);
        is(&[Loose("true"), Loose("False")], DataType::Boolean);
        is(&[Loose("1"), Loose("ok")], DataType::Utf8);
        // What JSON has in quotes is text: `00123` is no number.
        is(&[Quoted("123")], DataType::Utf8);
        is(&[Quoted("2026-10-12T03:58:00Z"), Loose("2026-10-12 03:58:00")], time_type());
        is(&[Loose("2026-10-12")], DataType::Utf8);
        is(&[Null, Null], DataType::Null);
        let numbers = typed(&[Loose("NaN"), Loose("inf"), Null]);
        assert!(numbers.as_primitive::<Float64Type>().value(0).is_nan() && numbers.null_count() == 1);
    }

    #[test]
    fn columns_that_come_later_are_null_before() {
        let mut table = Table::default();
        let a = table.column("a").unwrap();
        table.set(a, Cell::Loose("1"));
        table.end_row().unwrap();
        let b = table.column("b").unwrap();
        table.set(b, Cell::Loose("2"));
        table.set(b, Cell::Loose("3"));
        table.end_row().unwrap();
        assert_eq!(table.rows(), 2);
        let batch = table.finish().unwrap();
        assert_eq!((batch.column(0).null_count(), batch.column(1).null_count()), (1, 1));
        assert!(batch.column(1).is_null(0));
    }

    #[test]
    fn a_table_that_is_full_says_so() {
        let mut table = Table { most_bytes: 24, ..Table::default() };
        let column = table.column("x").unwrap();
        for is_full in [false, false, true] {
            table.set(column, Cell::Loose("1"));
            assert_eq!(table.end_row().is_err(), is_full);
        }
        assert!(table.is_full());
    }
}
