//! Two steps of a pipeline have one name.

use std::collections::BTreeMap;

use super::definition::{self, Step};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::config::ConfigSays;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "pipeline/duplicate-step",
    severity: Severity::Medium,
    fires_when: "Two steps of one pipeline have the same name: in its definition, branches of conditions included, or in the script that makes it.",
    why: "A step's name is what others refer to and what its cache, its jobs and its logs go by. With two of one name SageMaker refuses the pipeline, or the second stands in for the first.",
    needs: "The definition (a file, or the answer or the recorded request that holds it), or Python that lists the steps of a `Pipeline` of the SDK: variables, or calls of functions that make them.",
    fooled_by: "Names that are worked out when the definition is made are not seen, nor steps that a script puts into a list otherwise. The same name in two definitions is no duplicate.",
    remedy: "Give every step a name of its own.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for (said, members) in definition::all(case) {
        let mut by_name: BTreeMap<&str, Vec<Step<'_>>> = BTreeMap::new();
        for step in definition::steps(members) {
            by_name.entry(step.name).or_default().push(step);
        }
        for (name, steps) in by_name.iter().filter(|(_, steps)| steps.len() > 1) {
            let Some(evidence) = Citations::from_all(steps.iter().map(|step| said.on(step.line))) else { continue };
            let kinds: Vec<&str> = steps.iter().map(|step| step.kind).collect();
            let file = said.says.file.to_string();
            let lasting = file.rsplit('/').next().unwrap_or(&file).to_owned();
            let finding = CHECK
                .finds(&file, format!("{} steps are called {name}: {file}", steps.len()), Grade::B, evidence)
                .because(format!("They are of type {}.", kinds.join(" and ")))
                .told_apart_by((*name).to_owned())
                .lasting(lasting);
            findings.add(finding);
        }
    }
    for said in &case.written {
        let ConfigSays::Steps { steps } = &said.says.says else { continue };
        let mut by_name: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (name, line) in steps {
            by_name.entry(name).or_default().push(*line);
        }
        for (name, lines) in by_name.iter().filter(|(_, lines)| lines.len() > 1) {
            let Some(evidence) = Citations::from_all(lines.iter().map(|line| said.on(Some(*line)))) else { continue };
            let file = said.says.file.to_string();
            let lasting = file.rsplit('/').next().unwrap_or(&file).to_owned();
            let finding = CHECK
                .finds(&file, format!("{} steps are called {name}: {file}", lines.len()), Grade::B, evidence)
                .because("The script makes each of them, and gives all to one pipeline.")
                .told_apart_by((*name).to_owned())
                .lasting(lasting);
            findings.add(finding);
        }
    }
}
