//! A step reads a path that another step writes, and names it by hand.

use super::definition::{self, Step};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "pipeline/literal-path",
    severity: Severity::Low,
    fires_when: "A step's input is a literal S3 path that another step of the same definition writes, or one that lies in what the other writes or holds it.",
    why: "SageMaker does not know that one step feeds the other: it may start both at once, and lineage ends there. All runs share the path, so a run may read what another one wrote.",
    needs: "The definition: a file, or the answer or the recorded request that holds it.",
    fooled_by: "A path in a folder that another step writes to may be filled by somebody else (grade C). Paths that are joined or passed as parameters are not compared, nor what a script computes. With `DependsOn` the order is kept, and the path is still one for all runs: it fires and says so.",
    remedy: "Refer to the step's output (`Steps.NAME.ProcessingOutputConfig…`), and let SageMaker or the execution's id make the path.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for (said, members) in definition::all(case) {
        let steps = definition::steps(members);
        for consumer in &steps {
            for (uri, read_at) in consumer.reads() {
                let Some((producer, (own, written_at))) = writer(&steps, consumer, uri) else { continue };
                let cites = [read_at, written_at].map(|line| said.on(line));
                let Some(evidence) = Citations::from_all(cites) else { continue };
                let order = if consumer.waits_for(producer.name) {
                    "DependsOn keeps their order; all runs share the path."
                } else {
                    "Nothing says that one waits for the other."
                };
                let file = said.says.file.to_string();
                let lasting = file.rsplit('/').next().unwrap_or(&file).to_owned();
                let (title, grade) = if own == uri {
                    (format!("{} reads {uri} by name, which {} writes: {file}", consumer.name, producer.name), Grade::B)
                } else if is_below(uri, own) {
                    (format!("{} reads {uri} by name, and {} writes below {own}: {file}", consumer.name, producer.name), Grade::C)
                } else {
                    (
                        format!(
                            "{} reads {uri} by name, and with it {own}, which {} writes: {file}",
                            consumer.name, producer.name
                        ),
                        Grade::B,
                    )
                };
                let finding = CHECK
                    .finds(&file, title, grade, evidence)
                    .because(order)
                    .concerning([uri])
                    .told_apart_by(format!("{} {} {uri}", consumer.name, producer.name))
                    .lasting(lasting);
                findings.add(finding);
            }
        }
    }
}

/// Returns the other step that writes what lies under a path, and where it says so: the path itself rather than one around or in it.
fn writer<'a>(steps: &[Step<'a>], consumer: &Step<'a>, uri: &str) -> Option<(Step<'a>, (&'a str, Option<u32>))> {
    let others = || steps.iter().filter(|step| step.name != consumer.name);
    let written = || others().flat_map(|step| step.writes().into_iter().map(move |written| (*step, written)));
    let same = written().find(|(_, (own, _))| *own == uri);
    same.or_else(|| written().find(|(_, (own, _))| is_below(own, uri) || is_below(uri, own)))
}

/// Returns whether a path lies in a folder.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
