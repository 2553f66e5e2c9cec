//! An image starts services with a service manager that does not run in it.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::config::ConfigSays;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "config/no-systemd",
    severity: Severity::Low,
    fires_when: "The `CMD`, `ENTRYPOINT` or `HEALTHCHECK` that a container has in the end, from the last stage or those it begins with, calls `systemctl`, and nothing in the Dockerfile brings systemd.",
    why: "A container runs the process it is given and no service manager. `systemctl` fails or is missing: a loop that waits for a service ends at once or never, and a check of health says nothing of the server that answers.",
    needs: "The Dockerfile that the image is built from.",
    fooled_by: "A base image that brings systemd under a name that does not say so. A script that `CMD` runs is not looked into; one that asks first whether `systemctl` is there is let be.",
    remedy: "Start the server itself in the foreground, and let `/ping` answer for its health.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for said in &case.written {
        let ConfigSays::Dockerfile { base, brings_systemd: false, systemctl } = &said.says.says else { continue };
        let lines = systemctl.iter().map(|(line, _)| said.on(Some(*line)));
        let Some(evidence) = Citations::from_all(lines) else { continue };
        let words: Vec<&str> = systemctl.iter().map(|(_, word)| word.as_str()).collect();
        let file = said.says.file.to_string();
        let lasting = file.rsplit('/').next().unwrap_or(&file).to_owned();
        let base = base.as_ref().map(|base| format!(" It begins with {base}.")).unwrap_or_default();
        let finding = CHECK
            .finds(
                &file,
                format!("{} of an image without systemd calls systemctl: {file}", words.join(" and ")),
                Grade::B,
                evidence,
            )
            .because(format!("Nothing in the file installs or starts systemd.{base}"))
            .told_apart_by(words.join(" "))
            .lasting(lasting);
        findings.add(finding);
    }
}
