//! A build or script changes the account without anybody's approval.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::config::ConfigSays;
use crate::finding::Severity;
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "change/no-gate",
    severity: Severity::Info,
    fires_when: "A build's specification, the log of a run or a shell script runs `cdk deploy` with `--require-approval never`, `terraform apply` with `-auto-approve`, or `sam deploy` with `--no-confirm-changeset`, by itself or through what runs it (`npx`, `sudo`, `docker run`, `bash -c`).",
    why: "These tools show what they are about to change and ask first. So told, they ask nobody: whoever may push code may change what roles may do.",
    needs: "`codebuild batch-get-builds`, where the specification stands in the answer itself; logs of GitHub Actions, GitLab CI, CodeBuild or Airflow that show the command; shell scripts. Specifications in the repository are not read.",
    fooled_by: "A gate elsewhere: a review that every change must pass, an environment or action that waits for approval before the deployment. Terraform that applies a plan from a file asks nothing however it is told, and does not fire; a variable without quotes is taken for options unless its name speaks of a plan. Change sets that are only prepared do not fire. What is only printed is no command.",
    remedy: "Let changes be reviewed where they are made: `--require-approval broadening`, a plan or change set that somebody reads, or an approval before the deployment.",
    run,
};

/// The same command in one place, however often it was run.
#[derive(Default)]
struct Command {
    evidence: Vec<Citation>,
    roles: Vec<String>,
    from: Option<Instant>,
}

fn run(case: &Case, findings: &mut Findings) {
    // What is said to run it, where, and the command.
    let mut found: BTreeMap<(&str, String, &str), Command> = BTreeMap::new();
    for said in &case.builds {
        if let Some(line) = &said.says.ungated {
            let project = said.says.project.as_deref().unwrap_or(&said.says.id);
            let command = found.entry(("build", project.to_owned(), line)).or_default();
            command.evidence.push(said.cite.clone());
            command.roles.extend(said.says.role.clone());
            command.from = [command.from, said.says.started].into_iter().flatten().min();
        }
    }
    for said in &case.run_logs {
        for (line, text) in &said.says.ungated {
            let command = found.entry(("run", said.says.title(), text)).or_default();
            command.evidence.push(said.on(Some(*line)));
            command.from = [command.from, said.says.from].into_iter().flatten().min();
        }
    }
    for said in &case.written {
        if let ConfigSays::Ungated { command, line } = &said.says.says {
            let entry = found.entry(("script", said.says.file.to_string(), command)).or_default();
            entry.evidence.push(said.on(Some(*line)));
        }
    }
    for ((kind, place, line), command) in found {
        let times = command.evidence.len();
        let Some(evidence) = Citations::from_all(command.evidence) else { continue };
        let title = match kind {
            "script" => format!("{place} deploys without anybody's approval"),
            _ => format!("{times} {kind}(s) of {place} deploy without anybody's approval"),
        };
        let says = match kind {
            "build" => "The specification has",
            "run" => "The log shows",
            _ => "The script has",
        };
        let finding = CHECK
            .finds(place.as_str(), title, Grade::B, evidence)
            .because(format!("{says}: {line}"))
            .concerning(command.roles)
            .between(command.from, None)
            .told_apart_by(line);
        let name = place.rsplit('/').next().unwrap_or(&place).to_owned();
        findings.add(if kind == "script" { finding.lasting(name) } else { finding });
    }
}
