//! What memory reading evidence takes beyond what it keeps. Fails where it is more than promised.
//!
//! `cargo bench --bench memory`; `MODELTRAIL_BENCH_MB=50` for a quick look. See `docs/benchmarks.md`.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads files and its environment")]
#![allow(clippy::cast_precision_loss, reason = "numbers for people, in four digits")]

mod corpus;
mod splitmix;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use modeltrail::intake::{self, Unwatched};
use modeltrail::parse::Options;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MIB: f64 = (1 << 20) as f64;
/// The bound, in MiB beyond what is kept.
const BOUND: f64 = 64.0;
/// Each thread has buffers of its own: measured also with more threads than small machines have processors.
const MANY: usize = 8;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("nothing measured: run `cargo bench --bench memory`");
        return Ok(ExitCode::SUCCESS);
    }
    let processors = std::thread::available_parallelism()?.get();
    println!(
        "{:<15} {:>7} {:>6} {:>8} {:>8} {:>8} {:>9} {:>9} {:>11}",
        "shape", "threads", "files", "MB", "records", "facts", "kept MiB", "peak MiB", "beyond MiB"
    );
    let mut exceeded = false;
    for shape in corpus::shapes()? {
        let mut counts = vec![1, processors, MANY];
        counts.sort_unstable();
        counts.dedup();
        for threads in counts {
            let roots = [shape.folder.clone()];
            let before = settled();
            MEMORY.reset_peak_usage();
            let intake = intake::read(&roots, &Options::default(), threads, &Unwatched);
            let (peak, after) = (MEMORY.peak_usage(), settled());
            shape.check(&intake)?;
            let mib = |bytes: usize| bytes as f64 / MIB;
            let beyond = mib(peak.saturating_sub(after));
            exceeded |= beyond > BOUND;
            println!(
                "{:<15} {threads:>7} {:>6} {:>8.1} {:>8} {:>8} {:>9.1} {:>9.1} {beyond:>11.1}{}",
                shape.name,
                shape.files.len(),
                shape.inflated as f64 / 1e6,
                shape.records,
                intake.facts.iter().map(Vec::len).sum::<usize>(),
                mib(after.saturating_sub(before)),
                mib(peak.saturating_sub(before)),
                if beyond > BOUND { "  over the bound" } else { "" }
            );
        }
    }
    println!(
        "\nKept: facts, ledger and time coverage. Bound: {BOUND} MiB beyond them. Counted: what the Rust allocator hands out."
    );
    Ok(if exceeded { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Returns what is in use once threads that are ending have given up their buffers.
fn settled() -> usize {
    let mut usage = MEMORY.current_usage();
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let now = MEMORY.current_usage();
        if now == usage {
            return now;
        }
        usage = now;
    }
}
