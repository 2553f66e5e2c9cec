//! Which stage of a request to an endpoint took the time.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::said::Said;
use crate::case::serving::Endpoint;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::trace::{TraceSpan, TraceStatement};
use crate::finding::Severity;
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/latency-breakdown",
    severity: Severity::Info,
    fires_when: "Traces show which stage (input, predict, output) broke the latency objective of 800 ms.",
    why: "`ModelLatency` is one number for all that the container does. Whether the model, or what comes before or after it, is slow decides what to mend.",
    needs: "Traces that hold spans of the stages and name the endpoint (`aws.endpoint_name`, an annotation or attribute, or a segment of its name): `xray batch-get-traces`, or OpenTelemetry spans as JSON.",
    fooled_by: "Stages are told by their names (`input_fn`, preprocess, `predict_fn`, inference, `output_fn`, postprocess), so the grade is C. Traces are a sample, by default one a second and one in twenty, and requests that died may be missing. Spans that were not finished are left out.",
    remedy: "Mend the stage that takes the time: the model or its instance for predict, parsing and feature look-ups for input, serialisation for output.",
    run,
};

/// The objective, in microseconds.
const OBJECTIVE: i64 = 800_000;

/// The stages of a request in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::check) enum Stage {
    Input,
    Predict,
    Output,
}

impl Stage {
    /// Tells a stage by the name of a span.
    pub(in crate::check) fn of(name: &str) -> Option<Self> {
        let name: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let is = |names: &[&str]| names.contains(&name.as_str());
        match () {
            () if is(&["inputfn", "input", "preprocess", "preprocessing", "deserialize"]) => Some(Self::Input),
            () if is(&["predictfn", "predict", "inference", "prediction", "forward"]) => Some(Self::Predict),
            () if is(&["outputfn", "output", "postprocess", "postprocessing", "serialize"]) => Some(Self::Output),
            () => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Predict => "predict",
            Self::Output => "output",
        }
    }
}

/// A request that took longer than the objective.
struct Slow {
    from: Instant,
    to: Instant,
    micros: i64,
    stages: BTreeMap<Stage, i64>,
    cites: Vec<Citation>,
}

fn run(case: &Case, findings: &mut Findings) {
    let mut traces: BTreeMap<&str, Vec<&Said<TraceStatement>>> = BTreeMap::new();
    // Rows of lists tell of services and not of stages.
    for said in case.traces.iter().filter(|said| !said.says.is_summary) {
        traces.entry(&said.says.trace).or_default().push(said);
    }
    let mut seen = BTreeSet::new();
    for endpoint in case.serving.endpoints().iter().rev() {
        // Traces name an endpoint, and not which of those that had its name one after the other.
        if seen.insert(endpoint.arn.key()) {
            judge(case, endpoint, &traces, findings);
        }
    }
}

fn judge(case: &Case, endpoint: &Endpoint, traces: &BTreeMap<&str, Vec<&Said<TraceStatement>>>, findings: &mut Findings) {
    let all: Vec<Slow> = traces.values().filter_map(|said| request(case, endpoint, said)).collect();
    let slow: Vec<&Slow> = all.iter().filter(|request| request.micros > OBJECTIVE).collect();
    let (Some(from), Some(to)) = (slow.iter().map(|slow| slow.from).min(), slow.iter().map(|slow| slow.to).max()) else { return };
    let medians: Vec<(Stage, i64)> = [Stage::Input, Stage::Predict, Stage::Output]
        .into_iter()
        .filter_map(|stage| Some((stage, median(slow.iter().filter_map(|slow| slow.stages.get(&stage).copied()))?)))
        .collect();
    let Some((worst, took)) = medians.iter().copied().max_by_key(|(stage, micros)| (*micros, std::cmp::Reverse(*stage))) else {
        return;
    };
    let Some(evidence) = Citations::from_all(slow.iter().flat_map(|slow| slow.cites.iter().cloned())) else { return };
    let whole = median(slow.iter().map(|slow| slow.micros)).unwrap_or_default();
    let list: Vec<String> = medians.iter().map(|(stage, micros)| format!("{} {} ms", stage.name(), micros / 1_000)).collect();
    let finding = CHECK
        .finds(
            &endpoint.arn,
            format!(
                "{} of {} traced request(s) to {} took longer than 800 ms, most of it in {}",
                slow.len(),
                all.len(),
                endpoint.name,
                worst.name()
            ),
            Grade::C,
            evidence,
        )
        .because(format!(
            "In the median of them {} took {} ms of {} ms: {}.",
            worst.name(),
            took / 1_000,
            whole / 1_000,
            list.join(", ")
        ))
        .between(Some(from), Some(to))
        .told_apart_by(worst.name());
    findings.add(finding);
}

/// Returns what a trace says of a request to an endpoint; nothing where it tells no stages, or of another endpoint.
fn request(case: &Case, endpoint: &Endpoint, said: &[&Said<TraceStatement>]) -> Option<Slow> {
    let shared = case.serving.is_shared(&endpoint.arn);
    let fits = said.iter().all(|said| said.says.home.may_hold(&endpoint.arn, shared));
    let spans: Vec<&TraceSpan> = said.iter().flat_map(|said| &said.says.spans).collect();
    let asked: BTreeSet<String> =
        spans.iter().filter_map(|span| span.endpoint.as_ref()).map(|name| name.to_lowercase()).collect();
    let own = endpoint.arn.last().to_lowercase();
    // A trace of requests to several endpoints does not tell whose stages these are. Where no caller took part, the container's own
    // part may be called what the endpoint is.
    let is_own = match asked.len() {
        0 => spans.iter().any(|span| span.name.to_lowercase() == own),
        count => count == 1 && asked.contains(&own),
    };
    if !fits || !is_own {
        return None;
    }
    let mut stages: BTreeMap<Stage, Vec<(i64, i64)>> = BTreeMap::new();
    for span in &spans {
        if let (Some(stage), Some(to)) = (Stage::of(&span.name), span.to) {
            stages.entry(stage).or_default().push((span.from.micros(), to.micros()));
        }
    }
    let from = stages.values().flatten().map(|(from, _)| *from).min()?;
    let to = stages.values().flatten().map(|(_, to)| *to).max()?;
    Some(Slow {
        from: Instant::from_micros(from),
        to: Instant::from_micros(to),
        micros: to - from,
        stages: stages.into_iter().map(|(stage, spans)| (stage, covered(spans))).collect(),
        cites: said.iter().map(|said| said.cite.clone()).collect(),
    })
}

/// Returns how much time intervals cover together; those that overlap are not counted twice.
fn covered(mut spans: Vec<(i64, i64)>) -> i64 {
    spans.sort_unstable();
    let mut reached = i64::MIN;
    let mut sum = 0;
    for (from, to) in spans {
        sum += (to - from.max(reached)).max(0);
        reached = reached.max(to);
    }
    sum
}

fn median(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_told_by_name_and_overlap_counts_once() {
        assert_eq!((Stage::of("predict_fn"), Stage::of("Pre-process")), (Some(Stage::Predict), Some(Stage::Input)));
        assert_eq!((Stage::of("DynamoDB"), Stage::of("predictions-api")), (None, None));
        assert_eq!(covered(vec![(0, 10), (5, 20), (30, 40)]), 30);
        assert_eq!((median([3, 1, 2].into_iter()), median([].into_iter())), (Some(2), None));
    }
}
