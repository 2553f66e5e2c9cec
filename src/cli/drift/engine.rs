//! The comparison itself, on the threads and under the eyes that the command line asks for.

use std::path::PathBuf;

use crate::cli::Failure;
use crate::cli::progress::Progress;
use crate::dataset::Dataset;
use crate::drift::compare::Options;
use crate::drift::profile::Profile;
use crate::drift::proof;
use crate::drift::result::{self, Comparison};
use crate::drift::rule::RuleSet;
use crate::drift::scan::{self, Baseline};
use crate::drift::store;
use crate::evidence::{container, random, walk};

/// What is compared with.
pub(super) enum Base {
    /// Data, which the comparison reads.
    Data(Dataset),
    /// What was kept of data, with its hash.
    Kept(Box<Profile>, String),
}

/// Largest file of a kept baseline that is read.
const LARGEST: u64 = 4 << 30;

/// Returns the baseline that a path names, if it is one that was kept.
pub(super) fn kept(paths: &[PathBuf]) -> Result<Option<Base>, Failure> {
    let is_kept = |path: &PathBuf| {
        let file = walk::file(path).ok().filter(|_| path.is_file())?;
        random::head(&file, 8).is_ok_and(|head| store::is_profile(&head)).then_some(file)
    };
    let Some(file) = paths.iter().find_map(is_kept) else { return Ok(None) };
    if paths.len() > 1 {
        return Err(Failure::usage(format!("--baseline {}: a kept baseline stands alone", file.shown)));
    }
    let bytes = container::slurp(&file, LARGEST).map_err(|error| error.to_string());
    let (profile, hash) = bytes
        .and_then(|bytes| store::load(&bytes))
        .map_err(|why| Failure::unread(format!("--baseline {}: {why}", file.shown)))?;
    Ok(Some(Base::Kept(Box::new(profile), hash)))
}

/// Reads what is to be kept of a baseline: the baseline, and its bytes.
pub(super) fn keep(dataset: &Dataset, watch: &Progress) -> Result<(Base, Vec<u8>), Failure> {
    let profile = scan::profile(&dataset.source, watch);
    let (bytes, hash) = store::save(&profile).map_err(Failure::internal)?;
    Ok((Base::Kept(Box::new(profile), hash), bytes))
}

/// Compares.
pub(super) fn compare(base: &Base, current: &Dataset, rules: &RuleSet, options: &Options, watch: &Progress) -> Comparison {
    let baseline = match base {
        Base::Data(dataset) => Baseline::Data(&dataset.source),
        Base::Kept(profile, hash) => Baseline::Profile(profile, hash),
    };
    scan::run(baseline, &current.source, rules, options, watch)
}

/// Asks rules alone.
pub(super) fn ask(current: &Dataset, rules: &RuleSet, options: &Options, watch: &Progress) -> Comparison {
    proof::rules(&current.source, rules, options, watch)
}

/// Returns what is said of a kept baseline.
pub(super) fn described(profile: &Profile, hash: &str) -> result::Baseline {
    result::Baseline {
        files: profile.files,
        rows: profile.rows,
        columns: profile.columns.len() as u64,
        profile: Some(hash.to_owned()),
    }
}

/// Runs work on as many threads as are asked for; 0 is one for each processor.
pub(super) fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map(|pool| pool.install(work)).map_err(|error| Failure::internal(format!("no threads: {error}")))
}
