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
    fires_when: "A step's input is a literal S3 path that another step of the same definition writes.",
    why: "SageMaker does not know that one step feeds the other: it may start both at once, and lineage ends there. All runs share the path, so a run may read what another one wrote.",
    needs: "The definition: a file, or the answer that holds it.",
    fooled_by: "Paths that are joined or passed as parameters are not compared, nor what a script computes. With `DependsOn` the order is kept, and the path is still one for all runs: it fires and says so.",
    remedy: "Refer to the step's output (`Steps.NAME.ProcessingOutputConfig…`), and let SageMaker or the execution's id make the path.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for (said, members) in definition::all(case) {
        let steps = definition::steps(members);
        for consumer in &steps {
            for (uri, read_at) in consumer.reads() {
                let writes = |step: &&Step<'_>| step.name != consumer.name && step.writes().iter().any(|(own, _)| *own == uri);
                let Some(producer) = steps.iter().find(writes) else { continue };
                let written_at = producer.writes().into_iter().find(|(own, _)| *own == uri).and_then(|(_, line)| line);
                let cites = [read_at, written_at].map(|line| said.on(line));
                let Some(evidence) = Citations::from_all(cites) else { continue };
                let order = if consumer.waits_for(producer.name) {
                    "DependsOn keeps their order; all runs share the path."
                } else {
                    "Nothing says that one waits for the other."
                };
                let file = said.says.file.to_string();
                let lasting = file.rsplit('/').next().unwrap_or(&file).to_owned();
                let title = format!("{} reads {uri} by name, which {} writes: {file}", consumer.name, producer.name);
                let finding = CHECK
                    .finds(&file, title, Grade::B, evidence)
                    .because(order)
                    .concerning([uri])
                    .told_apart_by(format!("{} {} {uri}", consumer.name, producer.name))
                    .lasting(lasting);
                findings.add(finding);
            }
        }
    }
}
