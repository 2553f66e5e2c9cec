//! Model Monitor's statistics as rows: each value as often as it stands for.
//!
//! Rows of different columns have nothing to do with each other; each column alone has the distribution that the file keeps.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, RecordBatchReader, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use crate::drift::monitor::{Inferred, Profile, Statistics, Summary};

/// Rows of a batch.
const BATCH: u64 = 8_192;

/// Rows that a file may stand for: a few bytes can claim any number, and the comparison keeps rows in memory.
const MOST_ROWS: u64 = 1 << 25;

/// The rows of a file of statistics, batch by batch.
pub(super) struct Expanded {
    schema: SchemaRef,
    columns: Vec<Column>,
    left: u64,
}

/// One column, and how far it has been written out.
struct Column {
    values: Values,
    /// Position of the value that comes next, and how often it has come.
    at: usize,
    times: u64,
}

enum Values {
    Whole(Vec<(i64, u64)>),
    Real(Vec<(f64, u64)>),
    Texts(Vec<(String, u64)>),
}

/// Returns the rows of a file of statistics. `problem` is told of columns that the file keeps no values of.
///
/// # Errors
///
/// Where it stands for more rows than are written out.
pub(super) fn expand(statistics: Statistics, problem: &mut dyn FnMut(String)) -> Result<Expanded, String> {
    let mut columns = Vec::new();
    let mut fields = Vec::new();
    let mut left = statistics.rows;
    for profile in statistics.profiles {
        left = left.max(profile.present.saturating_add(profile.missing));
        let name = profile.name.clone();
        match values(profile) {
            Ok(values) => {
                let data_type = match values {
                    Values::Whole(_) => DataType::Int64,
                    Values::Real(_) => DataType::Float64,
                    Values::Texts(_) => DataType::Utf8,
                };
                fields.push(Field::new(name, data_type, true));
                columns.push(Column { values, at: 0, times: 0 });
            }
            Err(why) => problem(format!("column {name}: {why}")),
        }
    }
    if left > MOST_ROWS {
        return Err(format!("its sketches stand for {left} rows; more than {MOST_ROWS} are not written out again"));
    }
    Ok(Expanded { schema: Arc::new(Schema::new(fields)), columns, left })
}

fn values(profile: Profile) -> Result<Values, String> {
    match profile.summary {
        Summary::Nothing(why) => Err(why),
        Summary::Texts(values) => Ok(Values::Texts(values)),
        Summary::Numbers(values) => {
            let whole: Option<Vec<(i64, u64)>> = match profile.inferred {
                Inferred::Integral => values.iter().map(|(value, times)| Some((whole(*value)?, *times))).collect(),
                _ => None,
            };
            Ok(whole.map_or(Values::Real(values), Values::Whole))
        }
    }
}

fn whole(value: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and below 2^53")]
    (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0).then_some(value as i64)
}

impl Column {
    fn next(&mut self, rows: usize) -> ArrayRef {
        fn take<T>(values: &[(T, u64)], at: &mut usize, times: &mut u64) -> Option<usize> {
            while values.get(*at).is_some_and(|(_, wanted)| *times >= *wanted) {
                (*at, *times) = (*at + 1, 0);
            }
            *times += 1;
            (*at < values.len()).then_some(*at)
        }
        let (at, times) = (&mut self.at, &mut self.times);
        match &self.values {
            Values::Whole(values) => {
                Arc::new((0..rows).map(|_| take(values, at, times).map(|at| values[at].0)).collect::<Int64Array>())
            }
            Values::Real(values) => {
                Arc::new((0..rows).map(|_| take(values, at, times).map(|at| values[at].0)).collect::<Float64Array>())
            }
            Values::Texts(values) => {
                Arc::new((0..rows).map(|_| take(values, at, times).map(|at| values[at].0.as_str())).collect::<StringArray>())
            }
        }
    }
}

impl Iterator for Expanded {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let rows = usize::try_from(self.left.min(BATCH)).unwrap_or(usize::MAX);
        self.left -= self.left.min(BATCH);
        let arrays = self.columns.iter_mut().map(|column| column.next(rows)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Some(RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options))
    }
}

impl RecordBatchReader for Expanded {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;

    use super::*;

    #[test]
    fn each_value_comes_as_often_as_it_stands_for() {
        let profile =
            |name: &str, inferred, summary| Profile { name: name.into(), inferred, present: 9_000, missing: 1_000, summary };
        let statistics = Statistics {
            rows: 10_000,
            profiles: vec![
                profile("n", Inferred::Integral, Summary::Numbers(vec![(1.0, 4_500), (2.0, 4_500)])),
                profile("f", Inferred::Integral, Summary::Numbers(vec![(0.5, 9_000)])),
                profile("t", Inferred::String, Summary::Texts(vec![("a".into(), 0), ("b".into(), 9_000)])),
                profile("x", Inferred::String, Summary::Nothing("why".into())),
            ],
        };
        let mut problems = Vec::new();
        let batches: Vec<RecordBatch> =
            expand(statistics, &mut |why| problems.push(why)).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(problems, ["column x: why"]);
        assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [8_192, 1_808]);
        let ones: usize = batches
            .iter()
            .map(|batch| batch.column(0).as_primitive::<Int64Type>().iter().flatten().filter(|n| *n == 1).count())
            .sum();
        assert_eq!(ones, 4_500);
        assert_eq!(batches.iter().map(|batch| batch.column(2).null_count()).sum::<usize>(), 1_000);
        assert_eq!(*batches[0].column(1).data_type(), DataType::Float64);
    }

    #[test]
    fn a_file_that_claims_too_many_rows_is_refused() {
        let profile = Profile {
            name: "n".into(),
            inferred: Inferred::Integral,
            present: 1 << 40,
            missing: 0,
            summary: Summary::Numbers(vec![(1.0, 1 << 40)]),
        };
        let claims = Statistics { rows: 1, profiles: vec![profile] };
        assert!(expand(claims, &mut |_| ()).is_err_and(|why| why.contains("1099511627776 rows")));
    }
}
