//! A baseline and the days after it: the corpus of the drift benchmark.
//!
//! A million rows a day of 25 columns: 8 double, 4 float, 4 int64, 4 int32, 5 string; some with nulls, some with heavy tails, some
//! of few values. Snappy, four row groups a file. From the 21st day on some columns drift. Everything follows from seeds; what is
//! written once under the target folder is used again.
#![allow(clippy::cast_sign_loss, reason = "draws are not negative")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;

use crate::splitmix::SplitMix;

/// Raised whenever the corpus changes.
const VERSION: u32 = 1;
/// The day from which on some columns drift.
const DRIFTS: usize = 21;
/// Names of the columns that do.
pub(crate) const DRIFTING: [&str; 6] = ["f64_2", "f64_3", "f32_1", "i64_1", "i32_2", "s_2"];

struct Rng(SplitMix);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0.next()
    }

    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Returns the files, the baseline first; writes them if they are not there.
pub(crate) fn files(folder: &Path, days: usize, rows: usize) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let folder = folder.join(format!("drift-v{VERSION}-{rows}"));
    let paths: Vec<PathBuf> =
        (0..=days).map(|day| folder.join(format!("dt=2026-{:02}-{:02}.parquet", 9 + day / 30, day % 30 + 1))).collect();
    fs::create_dir_all(&folder)?;
    paths.par_iter().enumerate().try_for_each(|(day, path)| {
        if path.exists() {
            return Ok(());
        }
        write(path, day, rows).map_err(|error| error.to_string())
    })?;
    Ok(paths)
}

fn write(path: &Path, day: usize, rows: usize) -> Result<(), Box<dyn Error>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(rows.div_ceil(4)))
        .build();
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns(day, rows).into_iter().map(|(name, array)| (name, array, true)))?;
    let partial = path.with_extension("partial");
    let mut writer = ArrowWriter::try_new(fs::File::create(&partial)?, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(fs::rename(partial, path)?)
}

fn columns(day: usize, rows: usize) -> Vec<(String, ArrayRef)> {
    let mut rng = Rng(SplitMix(0x00d4_1f7e ^ (day as u64) << 32));
    let drift = if day >= DRIFTS { 1.0 } else { 0.0 };
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for number in 0..8 {
        let value = |rng: &mut Rng| match number {
            0 => rng.normal(),
            1 => (rng.normal() * 1.2).exp(),
            2 => (1.0 + 0.5 * drift) / rng.unit(),
            3 => rng.normal() + 0.5 * drift,
            4 => {
                if rng.unit() < 0.3 {
                    0.0
                } else {
                    rng.unit() * 100.0
                }
            }
            5 => (rng.unit() * 10_000.0).round() / 100.0,
            6 => 1.7e9 + rng.unit() * 86_400.0,
            _ => rng.normal() * if rng.unit() < 0.5 { 1e-9 } else { 1e9 },
        };
        let nulls = if number == 4 {
            0.02 + 0.1 * drift
        } else if number % 2 == 1 {
            0.02
        } else {
            0.0
        };
        let values = (0..rows).map(|_| (nulls == 0.0 || rng.unit() > nulls).then(|| value(&mut rng)));
        columns.push((format!("f64_{number}"), Arc::new(values.collect::<Float64Array>())));
    }
    for number in 0..4 {
        let values = (0..rows)
            .map(|_| (rng.normal() * (1.0 + f64::from(number)) * if number == 1 { 1.0 + 0.5 * drift } else { 1.0 }) as f32);
        columns.push((format!("f32_{number}"), Arc::new(Float32Array::from_iter_values(values))));
    }
    for number in 0..4 {
        let value = |rng: &mut Rng| match number {
            0 => (rng.next() >> 1).cast_signed(),
            1 => (rng.normal() * 1e6 * (1.0 + 0.5 * drift)) as i64,
            2 => (1e3 / rng.unit()) as i64,
            _ => 1_790_000_000_000 + (rng.unit() * 8.64e7) as i64,
        };
        columns.push((format!("i64_{number}"), Arc::new(Int64Array::from_iter_values((0..rows).map(|_| value(&mut rng))))));
    }
    for number in 0..4 {
        let value = |rng: &mut Rng| match number {
            0 => 18 + (rng.next() % 63) as i32,
            1 => (rng.next() % 50_000) as i32,
            2 => (rng.normal() * 300.0 + 100.0 * drift) as i32,
            _ => (rng.normal() * 1e7) as i32,
        };
        let nulls = if number == 1 { 0.1 } else { 0.0 };
        let values = (0..rows).map(|_| (nulls == 0.0 || rng.unit() > nulls).then(|| value(&mut rng)));
        columns.push((format!("i32_{number}"), Arc::new(values.collect::<Int32Array>())));
    }
    for (number, kinds) in [3_u64, 12, 50, 1_000, 20_000].into_iter().enumerate() {
        let skew = if number == 2 { 2.0 + 2.0 * drift } else { 2.0 };
        let value = |rng: &mut Rng| format!("value-{:05}", (rng.unit().powf(skew) * kinds as f64) as u64);
        columns.push((format!("s_{number}"), Arc::new(StringArray::from_iter_values((0..rows).map(|_| value(&mut rng))))));
    }
    columns
}
