//! Families of jobs: runs of one recurring task, told by their names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::jobs::Job;
use crate::fact::job::{JobKind, JobStatus};
use crate::time::{Instant, Seconds};

/// The runs of one task, oldest first.
#[derive(Debug)]
pub struct Family<'a> {
    /// Name that the runs share.
    pub name: String,
    /// Kind.
    pub kind: JobKind,
    /// The runs.
    pub runs: Vec<&'a Job>,
}

/// How regularly a task runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Median time between one run and the next.
    pub period: Seconds,
    /// How far a run strays from it: the median deviation.
    pub stray: Seconds,
}

/// What a run's name ends with: a date, a time, a number, a random token.
static SUFFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)[-_.](?:
            \d{4}-\d{2}-\d{2}(?:[-T_]\d{2}-?\d{2}(?:-?\d{2}(?:-\d{3})?)?)?   # 2026-10-14[-03-58[-00[-123]]]
            | \d{8}(?:[-T_]?\d{4,6})?Z?                                    # 20261014[-0358[00]]
            | \d{6}-\d{4}                                                  # 261014-0358
            | [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12} # UUID
            | v?\d+                                                        # 17, v41, an epoch
            | [0-9a-f]*\d[0-9a-f]{5,}                                      # a hash
        )$",
    )
    .ok()
});

static PIPELINE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^pipelines-[a-z0-9]{12}-(.+)-[A-Za-z0-9]{10}$").ok());

/// Returns the name that the runs of a task share.
pub fn family_name(job: &str) -> String {
    if let Some(found) = PIPELINE.as_ref().and_then(|pattern| pattern.captures(job)) {
        return format!("pipelines/{}", &found[1]);
    }
    let mut name = job;
    while let Some(found) = SUFFIX.as_ref().and_then(|pattern| pattern.find(name)) {
        if found.start() == 0 {
            break;
        }
        name = &name[..found.start()];
    }
    name.to_lowercase()
}

/// Sorts jobs into families.
pub fn families<'a>(jobs: impl Iterator<Item = &'a Job>) -> Vec<Family<'a>> {
    let mut found: BTreeMap<(String, String, JobKind, String), Vec<&Job>> = BTreeMap::new();
    for job in jobs.filter(|job| !job.is_repack()) {
        let pipeline = job
            .tags
            .get("sagemaker:pipeline-execution-arn")
            .and_then(|arn| arn.split_once("/execution/"))
            .map(|(arn, _)| arn.rsplit('/').next().unwrap_or(arn));
        let mut name = family_name(&job.name);
        if let (Some(pipeline), Some(step)) = (pipeline, name.strip_prefix("pipelines/")) {
            name = format!("{pipeline}/{step}");
        }
        found.entry((job.arn.account().to_owned(), job.arn.region().to_owned(), job.kind, name)).or_default().push(job);
    }
    found
        .into_iter()
        .map(|((_, _, kind, name), mut runs)| {
            runs.sort_by(|left, right| left.created.cmp(&right.created).then_with(|| left.arn.cmp(&right.arn)));
            Family { name, kind, runs }
        })
        .collect()
}

impl<'a> Family<'a> {
    /// Returns how regularly the task runs, from at least four runs.
    pub fn cadence(&self) -> Option<Cadence> {
        let starts: Vec<Instant> = self.runs.iter().filter_map(|run| run.created).collect();
        if starts.len() < 4 {
            return None;
        }
        let spacings: Vec<Seconds> = starts.windows(2).map(|pair| pair[1].since(pair[0])).collect();
        let period = median(spacings.clone())?;
        let stray = median(spacings.into_iter().map(|spacing| (spacing - period).abs()).collect())?;
        (period > 0).then_some(Cadence { period, stray })
    }

    /// Returns the runs that completed, oldest first.
    pub fn completed(&self) -> impl DoubleEndedIterator<Item = &'a Job> {
        self.runs.iter().copied().filter(|run| run.status == Some(JobStatus::Completed))
    }
}

/// Returns the lower median.
pub fn median(mut values: Vec<Seconds>) -> Option<Seconds> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

impl Cadence {
    /// Returns whether the task runs regularly enough to expect the next run.
    pub fn is_regular(self) -> bool {
        self.stray * 5 <= self.period
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_a_task_share_a_name() {
        for (job, family) in [
            ("features-daily-20261014", "features-daily"),
            ("features-daily-2026-10-14", "features-daily"),
            ("churn-train-2026-03-02-09-15-20-417", "churn-train"),
            ("risk-xgb-1009-0412", "risk-xgb"),
            ("risk-xgb-v41", "risk-xgb"),
            ("Prep-1760400000", "prep"),
            ("pipelines-p4jn9xou8a8s-Train-tmgxRY49ug", "pipelines/Train"),
            ("etl-9f2feb0f1ef4", "etl"),
            ("20261014", "20261014"),
            ("train-facade", "train-facade"),
        ] {
            assert_eq!(family_name(job), family, "{job}");
        }
    }
}
