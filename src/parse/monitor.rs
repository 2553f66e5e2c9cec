//! Model Monitor's files of data quality: statistics, constraints, violations.
//!
//! They say nothing of their schedule; where they lie does, and the case makes what it can of that.

use super::sink::Sink;
use super::{Context, Reader, output};
use crate::drift::monitor::{Constraints, Inferred, Method, Statistics, Summary, Violations};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::monitor::{MonitorConstraint, MonitorFile, MonitorFileSays, MonitorProfile, MonitorValues, MonitorViolation};
use crate::json::skim::Element;
use crate::recognise::Format;

/// Most values of a column that are kept: more make no difference to whether a few rows say anything.
const KEPT: usize = 500;

/// Returns the reader of a file of Model Monitor.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    let read = match format {
        Format::MonitorStatistics => statistics,
        Format::MonitorConstraints => constraints,
        Format::MonitorViolations => violations,
        _ => return None,
    };
    Some(Box::new(File(read)))
}

/// Reads the whole text of a file.
struct File(fn(&[u8]) -> Result<MonitorFileSays, String>);

impl Reader for File {
    fn element(&mut self, element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink) {
        match (self.0)(element.bytes) {
            Ok(says) => {
                sink.record();
                let uri = output::origin(cx);
                if uri.is_some() {
                    sink.uses_request();
                }
                let statement = MonitorFile { uri, path: cx.path.to_owned(), says };
                sink.say(&place, Source::Output, cx.captured(), Statement::MonitorFile(Box::new(statement)));
            }
            // Files of bias and of model quality have the same names.
            Err(why) if place == Locator::Whole => sink.refuse(why),
            Err(why) => sink.damaged(place, why),
        }
    }
}

fn statistics(text: &[u8]) -> Result<MonitorFileSays, String> {
    let read = Statistics::parse(text)?;
    let profiles = read.profiles.into_iter().map(|profile| MonitorProfile {
        feature: profile.name,
        present: profile.present,
        values: values(profile.summary, profile.present),
    });
    Ok(MonitorFileSays::Statistics { rows: read.rows, profiles: profiles.collect() })
}

#[expect(clippy::cast_precision_loss, reason = "shares need no more digits than counts below 2^53 have")]
fn values(summary: Summary, present: u64) -> Option<MonitorValues> {
    if present == 0 {
        return None;
    }
    let share = |count: u64| count as f64 / present as f64;
    match summary {
        Summary::Numbers(numbers) => {
            let mut steps: Vec<(f64, f64)> = Vec::new();
            let mut counted = 0;
            let mut widest: f64 = 0.0;
            // The share that a step may stand for and still be kept apart from the one before.
            let least = if numbers.len() > KEPT { 1.0 / KEPT as f64 } else { 0.0 };
            let last = numbers.len().saturating_sub(1);
            for (at, (value, weight)) in numbers.into_iter().enumerate() {
                counted += weight;
                let before = steps.last().map_or(0.0, |(_, share)| *share);
                let reached = share(counted);
                match steps.last_mut() {
                    Some((known, share)) if known.total_cmp(&value).is_eq() => *share = reached,
                    _ if at < last && reached - before < least => widest = widest.max(reached - before),
                    _ => steps.push((value, reached)),
                }
            }
            Some(MonitorValues::Numbers(steps, widest))
        }
        Summary::Texts(texts) if texts.len() <= KEPT => {
            Some(MonitorValues::Texts(texts.into_iter().map(|(text, count)| (text, share(count))).collect()))
        }
        Summary::Texts(_) | Summary::Nothing(_) => None,
    }
}

fn constraints(text: &[u8]) -> Result<MonitorFileSays, String> {
    let read = Constraints::parse(text)?;
    let features = read.features.into_iter().map(|feature| {
        let is_text = feature.inferred == Inferred::String;
        let own = feature.monitoring;
        let compares = own.evaluates && own.compares && !(is_text && own.is_chi_squared);
        MonitorConstraint {
            feature: feature.name,
            is_text,
            drift: compares.then_some(if is_text { own.categorical_threshold } else { own.numeric_threshold }),
            is_robust: own.method == Method::Robust,
            completeness: feature.completeness,
            data_type: own.datatype_share,
            domain: own.domain_share,
        }
    });
    Ok(MonitorFileSays::Constraints(features.collect()))
}

fn violations(text: &[u8]) -> Result<MonitorFileSays, String> {
    let read = Violations::parse(text)?;
    if read.violations.is_empty() && read.others > 0 {
        return Err("violations of bias, attributions or model quality: only those of data quality are read".to_owned());
    }
    let found = read.violations.into_iter();
    Ok(MonitorFileSays::Violations(found.map(|one| MonitorViolation { feature: one.feature, check: one.check.name() }).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_values_are_kept_as_few_steps_that_say_how_far_off_they_are() {
        let numbers = (0..10_000_i32).map(|value| (f64::from(value), 1)).collect();
        let Some(MonitorValues::Numbers(steps, widest)) = values(Summary::Numbers(numbers), 10_000) else { panic!("numbers") };
        assert!(steps.len() <= KEPT + 1 && widest > 0.0 && widest <= 0.002, "{} {widest}", steps.len());
        assert_eq!(steps.last().map(|(value, share)| (*value, *share)), Some((9_999.0, 1.0)));
        let Some(MonitorValues::Numbers(steps, widest)) = values(Summary::Numbers(vec![(1.0, 2), (1.0, 1), (2.0, 1)]), 4) else {
            panic!("numbers")
        };
        assert_eq!((steps, widest), (vec![(1.0, 0.75), (2.0, 1.0)], 0.0));
    }
}
