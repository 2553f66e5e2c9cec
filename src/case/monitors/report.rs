//! What Model Monitor's files say of a run: which of them are its own, and what it was held against.
//!
//! The files name neither schedule nor run. A run's report lies under `ENDPOINT/SCHEDULE/2026/10/12/07/` of the place it is written
//! to; a baseline lies where the schedule says. Where a sidecar states the place a file was copied from, and the schedule or the
//! run's job states the same, that is one direct record; folders of the evidence that are called so are a convention.

use super::Schedule;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::said::Said;
use crate::evidence::citation::Citation;
use crate::fact::monitor::{
    Execution, MonitorConstraint, MonitorFile, MonitorFileSays, MonitorProfile, MonitorValues, MonitorViolation,
};
use crate::fact::s3::S3Uri;

/// What a file says, and how well it is known to be of this run.
#[derive(Clone, Debug)]
pub struct Filed<T> {
    /// What it says.
    pub says: T,
    /// How well it is known whose file it is.
    pub grade: Grade,
    /// The file.
    pub cite: Citation,
}

/// Rows of a data set, and its columns.
pub type Sample<'a> = (u64, &'a [MonitorProfile]);

/// What the files say of one run.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// What is asked of each column.
    pub constraints: Option<Filed<&'a [MonitorConstraint]>>,
    /// The baseline.
    pub baseline: Option<Filed<Sample<'a>>>,
    /// What the run saw.
    pub sample: Option<Filed<Sample<'a>>>,
    /// What it found.
    pub violations: Option<Filed<&'a [MonitorViolation]>>,
    /// What states the places of baseline and report.
    pub cites: Vec<Citation>,
}

impl Case {
    /// Returns what Model Monitor's files say of a run of a schedule.
    pub fn monitor_report(&self, schedule: &Schedule, run: &Execution) -> Report<'_> {
        let job = run.job.as_ref().and_then(|arn| self.jobs.iter().rfind(|job| job.arn.key() == arn.key()));
        let outputs: Vec<&S3Uri> = job.iter().flat_map(|job| &job.outputs).filter_map(|output| output.uri.as_ref()).collect();
        let stated = job.and_then(|job| job.cites(|says| !says.outputs.is_empty())).filter(|_| !outputs.is_empty());
        let cites = schedule.cites.iter().cloned().chain(stated.into_iter().flatten()).collect();
        // Folders do not tell which of several schedules of one name they are of.
        let namesakes = self.monitors.iter().filter(|other| other.name.eq_ignore_ascii_case(&schedule.name)).count();
        let sure = move |grade: &Grade| namesakes < 2 || *grade <= Grade::B;
        let of_run = |file: &MonitorFile| of_run(file, schedule, run, &outputs).filter(sure);
        let of_baseline = |file: &MonitorFile, stated: Option<&S3Uri>| of_baseline(file, schedule, stated).filter(sure);
        let baseline = &schedule.baseline;
        let files = self.monitors.files();
        Report {
            cites,
            constraints: best(files, |file| match &file.says {
                MonitorFileSays::Constraints(asked) => {
                    Some((asked.as_slice(), of_baseline(file, baseline.constraints.as_ref())?))
                }
                _ => None,
            }),
            baseline: best(files, |file| Some((sample(file)?, of_baseline(file, baseline.statistics.as_ref())?))),
            sample: best(files, |file| Some((sample(file)?, of_run(file)?))),
            violations: best(files, |file| match &file.says {
                MonitorFileSays::Violations(found) => Some((found.as_slice(), of_run(file)?)),
                _ => None,
            }),
        }
    }
}

fn sample(file: &MonitorFile) -> Option<Sample<'_>> {
    match &file.says {
        MonitorFileSays::Statistics { rows, profiles } => Some((*rows, profiles.as_slice())),
        _ => None,
    }
}

/// Returns the file that is best known to be the one: of several the first by path.
fn best<'a, T>(files: &'a [Said<MonitorFile>], told: impl Fn(&'a MonitorFile) -> Option<(T, Grade)>) -> Option<Filed<T>> {
    let fitting = files.iter().filter_map(|said| {
        let (says, grade) = told(&said.says)?;
        Some(Filed { says, grade, cite: said.cite.clone() })
    });
    fitting.min_by(|one, other| (one.grade, &one.cite).cmp(&(other.grade, &other.cite)))
}

/// Returns how well a file is known to be of a run.
fn of_run(file: &MonitorFile, schedule: &Schedule, run: &Execution, outputs: &[&S3Uri]) -> Option<Grade> {
    let folders = folders(file);
    let [.., endpoint, name, year, month, day, hour] = folders.as_slice() else { return None };
    let time = run.scheduled.to_seconds_text();
    let stamp = format!("{year}-{month}-{day}T{hour}");
    let of_endpoint = schedule.endpoint.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(endpoint));
    if !time.starts_with(&stamp) || stamp.len() != 13 || !name.eq_ignore_ascii_case(&schedule.name) || !of_endpoint {
        return None;
    }
    let stated = file.uri.as_ref().is_some_and(|uri| outputs.iter().any(|output| output.is_folder_of(uri)));
    Some(if stated { Grade::B } else { Grade::C })
}

/// Returns how well a file is known to be what a schedule holds its runs against.
fn of_baseline(file: &MonitorFile, schedule: &Schedule, stated: Option<&S3Uri>) -> Option<Grade> {
    if let Some(stated) = stated {
        if let Some(uri) = &file.uri {
            return (uri == stated).then_some(Grade::B);
        }
        let end = format!("{}/{}", stated.bucket, stated.key);
        let rest = file.path.strip_suffix(&end)?;
        return (rest.is_empty() || rest.ends_with('/')).then_some(Grade::C);
    }
    // Nothing says where the baseline lies: a folder that is called like the schedule, and holds no run, has it.
    let folders = folders(file);
    let own = folders.iter().rposition(|folder| folder.eq_ignore_ascii_case(&schedule.name))?;
    let is_number = |folder: &&str| folder.bytes().all(|byte| byte.is_ascii_digit());
    (!folders[own + 1..].iter().any(is_number)).then_some(Grade::C)
}

/// Returns the folders that a file lies in: those of its object, if its command states that.
fn folders(file: &MonitorFile) -> Vec<&str> {
    let place = file.uri.as_ref().map_or(file.path.as_str(), |uri| &uri.key);
    let mut parts: Vec<&str> = place.split('/').filter(|part| !part.is_empty()).collect();
    parts.pop();
    parts
}

/// Returns the distance of two samples of a column as Model Monitor takes it before any correction, and by how much it may be off.
pub fn distance(one: &MonitorValues, other: &MonitorValues) -> Option<(f64, f64)> {
    match (one, other) {
        (MonitorValues::Numbers(one, one_off), MonitorValues::Numbers(other, other_off)) => {
            let upto = |steps: &[(f64, f64)], value: f64| {
                let at = steps.partition_point(|(step, _)| step.total_cmp(&value).is_le());
                at.checked_sub(1).and_then(|at| steps.get(at)).map_or(0.0, |(_, share)| *share)
            };
            let steps = one.iter().chain(other).map(|(value, _)| (upto(one, *value) - upto(other, *value)).abs());
            Some((steps.fold(0.0, f64::max), one_off + other_off))
        }
        (MonitorValues::Texts(one), MonitorValues::Texts(other)) => {
            let share = |texts: &[(String, f64)], text: &str| {
                let found = texts.binary_search_by(|(own, _)| own.as_str().cmp(text)).ok();
                found.and_then(|at| texts.get(at)).map_or(0.0, |(_, share)| *share)
            };
            let all = one.iter().chain(other).map(|(text, _)| (share(one, text) - share(other, text)).abs());
            Some((all.fold(0.0, f64::max), 0.0))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_the_greatest_difference_of_shares() {
        let numbers = |steps: &[(f64, f64)]| MonitorValues::Numbers(steps.to_vec(), 0.001);
        let (one, other) = (numbers(&[(1.0, 0.5), (2.0, 1.0)]), numbers(&[(2.0, 0.25), (3.0, 1.0)]));
        let (far, off) = distance(&one, &other).unwrap();
        assert!((far - 0.75).abs() < 1e-9 && (off - 0.002).abs() < 1e-9);
        let texts = |shares: &[(&str, f64)]| {
            MonitorValues::Texts(shares.iter().map(|(text, share)| ((*text).to_owned(), *share)).collect())
        };
        let (one, other) = (texts(&[("a", 0.5), ("b", 0.5)]), texts(&[("b", 0.9), ("c", 0.1)]));
        assert!(distance(&one, &other).is_some_and(|(far, _)| (far - 0.5).abs() < 1e-9));
        assert!(distance(&one, &numbers(&[(1.0, 1.0)])).is_none());
    }
}
