//! A made-up organisation's trail, as `CloudTrail` delivers it: the corpus of the benchmarks.
//!
//! Everything follows from seeds, so every machine measures the same bytes. The corpus is written once, under the target folder,
//! and used again. Every file is checked against what was written: a benchmark that reads something else measures nothing.

mod call;
mod rng;

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use modeltrail::evidence::ledger::Disposition;
use modeltrail::intake::Intake;
use rayon::prelude::*;

use rng::Rng;

/// Raised whenever the text of the corpus changes, so that an older one is not taken for it.
const VERSION: u32 = 1;
/// Full size of the largest shape, in millions of inflated bytes.
const FULL: u64 = 1_000;
/// Inflated size of an ordinary delivered file.
const DELIVERED: usize = 1_429_000;
const ACCOUNTS: u64 = 10;
/// Seconds between deliveries.
const DELIVERY: i64 = 300;

/// A corpus on disk, and what must be found in it.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) folder: PathBuf,
    pub(crate) files: Vec<PathBuf>,
    /// Bytes of the records, inflated.
    pub(crate) inflated: u64,
    pub(crate) records: u64,
    /// Records that must become facts.
    pub(crate) relevant: u64,
}

impl Shape {
    /// Fails unless everything in the corpus was found, and nothing else.
    pub(crate) fn check(&self, intake: &Intake) -> Result<(), Box<dyn Error>> {
        let read = intake.ledger.count(Disposition::Read);
        let records: u64 = intake.ledger.exhibits().iter().map(|exhibit| exhibit.records).sum();
        let covered: u64 = intake.density.values().map(modeltrail::fact::density::Density::records).sum();
        let telling: std::collections::BTreeSet<_> =
            intake.facts.iter().flatten().filter_map(|fact| Some(&fact.record.as_ref()?.key)).collect();
        let found = (read, records, covered, telling.len() as u64);
        let written = (self.files.len(), self.records, self.records, self.relevant);
        if found != written {
            let what = "(files read, records, records in the time coverage, records that became facts)";
            return Err(format!("{}: {what} are {found:?}, written were {written:?}", self.name).into());
        }
        Ok(())
    }
}

/// How a shape is made.
struct Plan {
    name: &'static str,
    /// Number of files at full size; above 1 it shrinks with the size asked for.
    files: u64,
    /// Deliveries in each file.
    deliveries: u64,
    size: Size,
    /// One record in so many is relevant.
    one_in: u64,
    regions: u64,
    gzip: bool,
}

/// When a delivery is full.
#[derive(Clone, Copy)]
enum Size {
    Bytes(usize),
    /// From 1 to so many records.
    Records(u64),
}

/// Writes what is missing of the corpus, at the size that `MODELTRAIL_BENCH_MB` asks for, and returns the shapes that the command line
/// names, or all of them.
pub(crate) fn shapes() -> Result<Vec<Shape>, Box<dyn Error>> {
    let megabytes = match std::env::var("MODELTRAIL_BENCH_MB") {
        Ok(text) => text.parse::<u64>().map_err(|_| format!("MODELTRAIL_BENCH_MB is no number: {text}"))?.max(1),
        Err(_) => FULL,
    };
    let scaled = |count: u64| (count * megabytes / FULL).max(1);
    let delivered = Size::Bytes(DELIVERED);
    let plans = [
        Plan { name: "organisation", files: scaled(700), deliveries: 1, size: delivered, one_in: 2_000, regions: 2, gzip: true },
        Plan {
            name: "tiny",
            files: scaled(36_000),
            deliveries: 1,
            size: Size::Records(5),
            one_in: 2_000,
            regions: 12,
            gzip: true,
        },
        Plan { name: "single.json", files: 1, deliveries: scaled(210), size: delivered, one_in: 2_000, regions: 2, gzip: false },
        Plan {
            name: "single.json.gz",
            files: 1,
            deliveries: scaled(210),
            size: delivered,
            one_in: 2_000,
            regions: 2,
            gzip: true,
        },
        Plan { name: "dense", files: scaled(140), deliveries: 1, size: delivered, one_in: 10, regions: 2, gzip: true },
    ];
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("corpus-{VERSION}-{megabytes}"));
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |plan: &&Plan| named.is_empty() || named.iter().any(|name| name == plan.name);
    Ok(plans.iter().filter(wanted).map(|plan| plan.shape(&root)).collect::<io::Result<_>>()?)
}

impl Plan {
    fn shape(&self, root: &Path) -> io::Result<Shape> {
        let folder = root.join(self.name);
        let stamp = root.join(format!("{}.written", self.name));
        let files: Vec<PathBuf> = (0..self.files).map(|file| folder.join(self.path(file))).collect();
        let numbers = match fs::read_to_string(&stamp) {
            Ok(text) => text.split_whitespace().filter_map(|word| word.parse().ok()).collect(),
            Err(_) => self.write(&files, &folder, &stamp)?,
        };
        let &[inflated, records, relevant] = numbers.as_slice() else {
            return Err(io::Error::other(format!("{} is damaged; remove it", stamp.display())));
        };
        Ok(Shape { name: self.name, folder, files, inflated, records, relevant })
    }

    /// Returns where the trail delivers the given file.
    fn path(&self, file: u64) -> PathBuf {
        if self.files == 1 {
            return PathBuf::from(if self.gzip { "exported.json.gz" } else { "exported.json" });
        }
        let delivery = self.delivery(file);
        let (account, region, at) = (&delivery.account, delivery.region, &call::time(delivery.from));
        let (day, id) = (at[..10].replace('-', "/"), Rng::new(file).hex(16));
        let stamp = at[..16].replace(['-', ':'], "");
        PathBuf::from(format!("{account}/{region}/{day}/{account}_CloudTrail_{region}_{stamp}Z_{id}.json.gz"))
    }

    /// Returns who and when the given delivery is about: every account and region in turn, then the next interval.
    fn delivery(&self, number: u64) -> call::Place {
        let places = ACCOUNTS * self.regions;
        let slot = i64::try_from(number / places).unwrap_or_default();
        call::Place::new(number % ACCOUNTS, number % places / ACCOUNTS, slot * DELIVERY)
    }

    fn write(&self, files: &[PathBuf], folder: &Path, stamp: &Path) -> io::Result<Vec<u64>> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let numbers = files.par_iter().enumerate().map(|(file, path)| self.write_file(path, file as u64));
        let add = |left: [u64; 3], right: [u64; 3]| Ok([left[0] + right[0], left[1] + right[1], left[2] + right[2]]);
        let sums = numbers.try_reduce(|| [0; 3], add)?;
        fs::write(stamp, format!("{} {} {}\n", sums[0], sums[1], sums[2]))?;
        Ok(sums.to_vec())
    }

    /// Writes a file; returns its inflated size, its records and how many of them are relevant.
    fn write_file(&self, path: &Path, file: u64) -> io::Result<[u64; 3]> {
        let mut text = String::from(r#"{"Records":["#);
        let (mut records, mut relevant) = (0, 0);
        for number in file * self.deliveries..(file + 1) * self.deliveries {
            let place = self.delivery(number);
            let mut rng = Rng::new(number.wrapping_mul(31).wrapping_add(self.one_in));
            let begin = text.len();
            let (full, mut filled) = match self.size {
                Size::Records(most) => (rng.below(most) + 1, 0),
                Size::Bytes(bytes) => (bytes as u64, 0),
            };
            while filled < full {
                if records > 0 {
                    text.push(',');
                }
                let into = DELIVERY * i64::try_from(filled).unwrap_or_default() / i64::try_from(full).unwrap_or(1);
                let is_relevant = rng.below(self.one_in) == 0;
                call::write(&mut text, &mut rng, &place, into, is_relevant);
                records += 1;
                relevant += u64::from(is_relevant);
                filled = if matches!(self.size, Size::Records(_)) { filled + 1 } else { (text.len() - begin) as u64 };
            }
        }
        text.push_str("]}");
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        if self.gzip {
            let mut encoder = GzEncoder::new(fs::File::create(path)?, Compression::new(6));
            encoder.write_all(text.as_bytes())?;
            encoder.finish()?;
        } else {
            fs::write(path, &text)?;
        }
        Ok([text.len() as u64, records, relevant])
    }
}
