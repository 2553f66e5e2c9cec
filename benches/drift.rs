//! What comparing data with a baseline costs, against decoding the same columns and nothing else in the same run.
//!
//! `cargo bench --bench drift`; `MODELTRAIL_BENCH_DAYS=5` for a quick look. See `docs/benchmarks.md`.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock, files and its environment")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "numbers for people; a corpus that follows from a seed"
)]

mod days;
mod machine;
mod splitmix;

use std::error::Error;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use arrow_schema::{DataType, Field, Schema};
use machine::processor_time;
use modeltrail::drift::compare::Options;
use modeltrail::drift::proof;
use modeltrail::drift::result::{Comparison, Verdict};
use modeltrail::drift::rule::RuleSet;
use modeltrail::drift::scan::{Baseline, Unwatched, run};
use modeltrail::drift::source::{Content, Opened, Partition, Piece, ReadAt, Source};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use rayon::prelude::*;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Each takes turns so many times; the fastest counts, and the greatest peak.
const ROUNDS: usize = 3;
const ROWS: usize = 1_000_000;
const DAYS: usize = 30;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, pass, threads, days] = &arguments[..]
        && flag == PASS
    {
        return alone(pass, threads.parse()?, days.parse()?);
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("nothing measured: run `cargo bench --bench drift`");
        return Ok(());
    }
    let days = std::env::var("MODELTRAIL_BENCH_DAYS").ok().and_then(|days| days.parse().ok()).unwrap_or(DAYS);
    let files = files(days)?;
    let processors = std::thread::available_parallelism()?.get();
    println!("{} files of {ROWS} rows and 25 columns\n", files.len());
    println!(
        "{:<16} {:>7} {:>8} {:>8} {:>8} {:>10} {:>9}",
        "pass", "threads", "CPU s", "wall s", "ratio", "wall / CPU", "peak MiB"
    );
    for threads in [1, processors] {
        let mut costs = [Cost::NONE; PASSES.len()];
        for _ in 0..ROUNDS {
            for (cost, pass) in costs.iter_mut().zip(PASSES) {
                *cost = cost.with(Cost::of(pass, threads, days)?);
            }
        }
        for (name, cost) in PASSES.into_iter().zip(costs) {
            println!(
                "{name:<16} {threads:>7} {:>8.2} {:>8.2} {:>8.2} {:>10.2} {:>9.0}",
                cost.processor,
                cost.wall,
                cost.processor / costs[0].processor,
                cost.wall / cost.processor,
                cost.peak
            );
        }
    }
    let asked = (0..ROUNDS)
        .map(|_| Cost::of(RULES, processors, days))
        .try_fold(Cost::NONE, |least, cost| Ok::<_, Box<dyn Error>>(least.with(cost?)))?;
    println!(
        "\nRules and null rates of all columns, asked of footers: {:.0} ms elapsed, {:.0} ms of the processor; bound 100 ms.",
        asked.wall * 1e3,
        asked.processor * 1e3
    );
    println!(
        "\nBounds: default 2.0 (aim 1.5) and --exact 2.5 (aim 2.0) times the floor's CPU; 128 MiB and wall / CPU 0.55 at 2 threads."
    );
    Ok(())
}

/// Has this program run one pass, in a process of its own so that its peak is its own.
const PASS: &str = "--pass";
/// What takes turns; the first is the floor.
const PASSES: [&str; 3] = ["decode (floor)", "default", "--exact"];

/// Another pass: rules alone.
const RULES: &str = "rules";

fn files(days: usize) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    days::files(Path::new(env!("CARGO_TARGET_TMPDIR")), days, ROWS)
}

/// Runs one pass and prints what it cost.
fn alone(pass: &str, threads: usize, days: usize) -> Result<(), Box<dyn Error>> {
    let files = files(days)?;
    let (baseline, current) = (source(&files[..1]), source(&files[1..]));
    let scan = |exact| {
        let options = Options { exact, ..Options::default() };
        run(Baseline::Data(&baseline), &current, &RuleSet::default(), &options, &Unwatched)
    };
    let rules = RuleSet::parse(&rules())?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (processor, wall) = (processor_time(), Instant::now());
    match PASSES.iter().position(|known| *known == pass) {
        Some(0) => pool.install(|| files.par_iter().try_for_each(|file| decode(file).map_err(|error| error.to_string())))?,
        Some(number) => pool.install(|| check(&scan(number == 2), days, number == 2))?,
        None if pass == RULES => {
            let asked = pool.install(|| proof::rules(&source(&files), &rules, &Options::default(), &Unwatched));
            let broken = asked.rules.iter().find(|rule| rule.verdict != Verdict::Ok);
            if !asked.unreadable.is_empty() || asked.files.len() != files.len() || broken.is_some() {
                return Err(format!("not all was asked: {:?} {broken:?}", asked.unreadable).into());
            }
        }
        None => return Err(format!("no pass is called {pass}").into()),
    }
    println!("{} {} {}", processor_time() - processor, wall.elapsed().as_secs_f64(), peak()?);
    Ok(())
}

/// Rules that all data keep, as footers show: the share of nulls of every column, and the range of some.
fn rules() -> String {
    let families = [("f64", 8), ("f32", 4), ("i64", 4), ("i32", 4), ("s", 5)];
    let columns = families.into_iter().flat_map(|(family, count)| (0..count).map(move |number| format!("{family}_{number}")));
    let range = |column: &str| match column {
        "f64_4" => r#", "min": 0, "max": 100"#,
        "f64_6" => r#", "min": 1700000000, "max": 1700086400"#,
        "i32_0" => r#", "min": 18, "max": 80"#,
        "i64_3" => r#", "min": 1790000000000"#,
        _ => "",
    };
    let rules = columns.map(|column| format!(r#""{column}": {{"max_null_share": 0.2{}}}"#, range(&column)));
    format!("{{{}}}", rules.collect::<Vec<_>>().join(", "))
}

/// Fails unless what drifts was flagged, and nothing else.
fn check(comparison: &Comparison, days: usize, exact: bool) -> Result<(), String> {
    if !comparison.unreadable.is_empty() || comparison.columns.len() != 25 {
        return Err(format!("not everything was read: {:?}", comparison.unreadable));
    }
    for column in &comparison.columns {
        for (day, part) in (1..=days).zip(&column.partitions) {
            let drifts = day >= 21 && (days::DRIFTING.contains(&column.column.as_str()) || column.column == "f64_4");
            if (part.verdict >= Verdict::Warn) != drifts {
                return Err(format!("{} on day {day} is {:?}: {}", column.column, part.verdict, part.why));
            }
            if let Some(ks) = &part.ks
                && (ks.high - ks.low > 1e-3 || exact && !ks.exact)
            {
                return Err(format!("{} on day {day}: the distance is only known as {ks:?}", column.column));
            }
        }
    }
    Ok(())
}

/// The floor: every column of a file, text as dictionaries.
fn decode(path: &Path) -> Result<(), Box<dyn Error>> {
    let file = File::open(path)?;
    let plain = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
    let coded = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8 => Field::new_dictionary(field.name(), DataType::Int32, DataType::Utf8, field.is_nullable()),
        other => Field::new(field.name(), other.clone(), field.is_nullable()),
    };
    let schema = Schema::new(plain.schema().fields().iter().map(coded).collect::<Vec<_>>());
    let footer =
        ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), ArrowReaderOptions::new().with_schema(Arc::new(schema)))?;
    for batch in ParquetRecordBatchReaderBuilder::new_with_metadata(file, footer).with_batch_size(8192).build()? {
        std::hint::black_box(batch?);
    }
    Ok(())
}

struct OnDisk(PathBuf);

impl Content for OnDisk {
    fn open(&self) -> Result<Opened, String> {
        let file = File::open(&self.0).map_err(|error| error.to_string())?;
        let size = file.metadata().map_err(|error| error.to_string())?.len();
        Ok(Opened::Parquet(Arc::new(Placed { file, size })))
    }
}

struct Placed {
    file: File,
    size: u64,
}

impl ReadAt for Placed {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(into, at)
    }
}

fn source(files: &[PathBuf]) -> Source {
    let piece = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let day = name.trim_start_matches("dt=").trim_end_matches(".parquet").to_owned();
        Piece {
            partition: Partition::default().with("dt", Some(&day)),
            name: name.into(),
            row_keys: Arc::from([]),
            content: Arc::new(OnDisk(path.clone())),
        }
    };
    Source { pieces: files.iter().map(piece).collect() }
}

/// What one pass costs.
#[derive(Clone, Copy)]
struct Cost {
    processor: f64,
    wall: f64,
    peak: f64,
}

impl Cost {
    /// Before the first round.
    const NONE: Self = Self { processor: f64::INFINITY, wall: f64::INFINITY, peak: 0.0 };

    fn of(pass: &str, threads: usize, days: usize) -> Result<Self, Box<dyn Error>> {
        let this = std::env::current_exe()?;
        let told = Command::new(this).args([PASS, pass, &threads.to_string(), &days.to_string()]).output()?;
        let text = String::from_utf8_lossy(&told.stdout);
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        match numbers[..] {
            [processor, wall, peak] if told.status.success() => Ok(Self { processor, wall, peak }),
            _ => Err(format!("{pass}: {text}{}", String::from_utf8_lossy(&told.stderr)).into()),
        }
    }

    /// Returns the least time, as noise only ever adds, and the greatest peak: a bound holds in every round.
    fn with(self, other: Self) -> Self {
        Self { processor: self.processor.min(other.processor), wall: self.wall.min(other.wall), peak: self.peak.max(other.peak) }
    }
}

/// Returns the greatest resident memory of this process, in MiB.
fn peak() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}
