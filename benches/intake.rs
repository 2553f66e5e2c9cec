//! What reading evidence costs, against what it cannot cost less than: the floor is measured in the same run.
//!
//! `cargo bench --bench intake`; `MODELTRAIL_BENCH_MB=50` for a quick look. See `docs/benchmarks.md`.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock, files and its environment")]
#![allow(clippy::cast_precision_loss, reason = "numbers for people, in four digits")]

mod corpus;
mod machine;
mod splitmix;

use std::cell::RefCell;
use std::error::Error;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use corpus::Shape;
use machine::processor_time;
use modeltrail::intake::{self, Unwatched};
use modeltrail::parse::Options;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Floor and subject take turns so many times; of each the fastest counts, as noise only ever adds.
const ROUNDS: usize = 7;
/// Bytes that one measurement inflates at least, by repeating small shapes, so that what is rare counts as often as it occurs.
const AT_LEAST: u64 = 1_000_000_000;
/// The bound: processor time, times the floor.
const BOUND: f64 = 2.5;

fn main() -> Result<(), Box<dyn Error>> {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("nothing measured: run `cargo bench --bench intake`");
        return Ok(());
    }
    let processors = std::thread::available_parallelism()?.get();
    println!(
        "{:<15} {:>7} {:>6} {:>8} {:>8} {:>9} {:>9} {:>9} {:>6} {:>9} {:>9} {:>7}",
        "shape", "threads", "files", "MB", "records", "relevant", "floor CPU", "CPU", "ratio", "floor s", "s", "MB/s"
    );
    for shape in corpus::shapes()? {
        for threads in if processors > 1 { vec![1, processors] } else { vec![1] } {
            let row = measure(&shape, threads)?;
            let megabytes = shape.inflated as f64 / 1e6;
            let ratio = row.subject.processor / row.floor.processor;
            println!(
                "{:<15} {threads:>7} {:>6} {megabytes:>8.1} {:>8} {:>9} {:>9.3} {:>9.3} {ratio:>6.2} {:>9.3} {:>9.3} {:>7.0}{}",
                shape.name,
                shape.files.len(),
                shape.records,
                shape.relevant,
                row.floor.processor,
                row.subject.processor,
                row.floor.wall,
                row.subject.wall,
                megabytes / row.subject.wall,
                if is_packed(&shape) && ratio > BOUND { "  over the bound" } else { "" }
            );
        }
    }
    println!(
        "\nMB: inflated. CPU: user and system seconds of one pass. Floor: inflating with libdeflate; of single.json, SHA-256.\n\
         Bound: {BOUND} times the floor, where the floor is inflating."
    );
    Ok(())
}

fn is_packed(shape: &Shape) -> bool {
    shape.files.iter().all(|file| file.extension().is_some_and(|extension| extension == "gz"))
}

/// What one pass costs.
#[derive(Clone, Copy)]
struct Cost {
    processor: f64,
    wall: f64,
}

impl Cost {
    const MOST: Self = Self { processor: f64::INFINITY, wall: f64::INFINITY };

    fn of(passes: u64, mut pass: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<Self, Box<dyn Error>> {
        let (processor, wall) = (processor_time(), Instant::now());
        for _ in 0..passes {
            pass()?;
        }
        let wall = wall.elapsed().as_secs_f64();
        Ok(Self { processor: (processor_time() - processor) / passes as f64, wall: wall / passes as f64 })
    }

    fn min(self, other: Self) -> Self {
        Self { processor: self.processor.min(other.processor), wall: self.wall.min(other.wall) }
    }
}

struct Row {
    floor: Cost,
    subject: Cost,
}

fn measure(shape: &Shape, threads: usize) -> Result<Row, Box<dyn Error>> {
    let passes = AT_LEAST.div_ceil(shape.inflated.max(1)).min(50);
    let mut row = Row { floor: Cost::MOST, subject: Cost::MOST };
    let floor = Floor::default();
    let roots = [shape.folder.clone()];
    let options = Options::default();
    // Fills the page cache and the floor's buffers, and makes sure that both do what they should.
    if floor.run(shape, threads)? != shape.inflated {
        return Err(format!("{}: the files on disk are not those that were written", shape.name).into());
    }
    shape.check(&intake::read(&roots, &options, threads, &Unwatched))?;
    for _ in 0..ROUNDS {
        row.floor = row.floor.min(Cost::of(passes, || floor.run(shape, threads).map(drop))?);
        // What was read is kept, as a command keeps it: giving it up again is no part of reading.
        let mut kept = Vec::new();
        row.subject = row.subject.min(Cost::of(passes, || {
            kept.push(intake::read(&roots, &options, threads, &Unwatched));
            Ok(())
        })?);
    }
    Ok(row)
}

/// The floor: reads each file and inflates it in one step, into memory that is used again and again.
#[derive(Default)]
struct Floor {
    /// Buffers outlive the threads, so that the floor never pays for fresh pages.
    spare: Mutex<Vec<Buffers>>,
}

#[derive(Default)]
struct Buffers {
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Floor {
    /// Returns the size of what the files hold.
    fn run(&self, shape: &Shape, threads: usize) -> Result<u64, Box<dyn Error>> {
        thread_local! {
            static INFLATER: RefCell<libdeflater::Decompressor> = RefCell::default();
        }
        let one = |path: &Path| -> Result<u64, Box<dyn Error + Send + Sync>> {
            let mut buffers = self.spare.lock().map_err(|_| "poisoned")?.pop().unwrap_or_default();
            let Buffers { input, output } = &mut buffers;
            input.clear();
            File::open(path)?.read_to_end(input)?;
            let size = match input.last_chunk::<4>() {
                Some(trailer) if input.starts_with(&[0x1f, 0x8b]) => {
                    let size = u32::from_le_bytes(*trailer) as usize;
                    if output.len() < size {
                        output.resize(size, 0);
                    }
                    INFLATER.with_borrow_mut(|inflater| inflater.gzip_decompress(input, &mut output[..size]))?
                }
                _ => {
                    std::hint::black_box(Sha256::digest(&*input));
                    input.len()
                }
            };
            self.spare.lock().map_err(|_| "poisoned")?.push(buffers);
            Ok(size as u64)
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let sizes = || shape.files.par_iter().map(|path| one(path)).try_reduce(|| 0, |left, right| Ok(left + right));
        pool.install(sizes).map_err(|error| error.to_string().into())
    }
}
