//! A list of packages leaves to the day of installation which versions are installed.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::config::{ConfigSays, Requirement};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "code/dependency-unpinned",
    severity: Severity::Low,
    fires_when: "A `requirements.txt` does not pin the version of a package.",
    why: "SageMaker's containers install the list when they start. An instance that is added weeks later, a retry or the next training may get other versions than those beside or before it; a model may not be readable by another version of the library that wrote it.",
    needs: "The list itself, as pip reads it.",
    fooled_by: "A list that no container installs, or an index that holds one version of each package. Where the list names constraints (`-c`), the check keeps silent: the versions may stand there.",
    remedy: "Pin every package (`pip freeze`, `pip-compile`), with hashes, or install them into the image when it is built.",
    run,
};

/// Packages that write models to files, or read them: what one version wrote another may refuse or read otherwise.
const SERIALISES: &[&str] = &[
    "catboost",
    "cloudpickle",
    "dill",
    "joblib",
    "keras",
    "lightgbm",
    "numpy",
    "onnx",
    "pandas",
    "safetensors",
    "scikit-learn",
    "skops",
    "tensorflow",
    "torch",
    "transformers",
    "xgboost",
];

/// Packages that are named.
const NAMED: usize = 8;

fn run(case: &Case, findings: &mut Findings) {
    for said in &case.written {
        let ConfigSays::Requirements { required, constrained: false } = &said.says.says else { continue };
        let mut loose: Vec<&Requirement> = required.iter().filter(|one| !one.is_pinned).collect();
        // Those that concern the model itself come first.
        loose.sort_by_key(|one| !serialises(one));
        let Some(evidence) = Citations::from_all(loose.iter().take(NAMED).map(|one| said.on(Some(one.line)))) else { continue };
        let of_models = loose.iter().filter(|one| serialises(one)).count();
        let named: Vec<String> = loose.iter().take(NAMED).map(|one| format!("{}{}", one.name, one.wanted)).collect();
        let more = if loose.len() > NAMED { format!(" and {} more", loose.len() - NAMED) } else { String::new() };
        let writes = match of_models {
            0 => String::new(),
            count => format!(" {count} of them write or read models."),
        };
        let file = said.says.file.to_string();
        let lasting = file.rsplit('/').next().unwrap_or(&file).to_owned();
        let finding = CHECK
            .finds(&file, format!("{} of {} packages are not pinned: {file}", loose.len(), required.len()), Grade::B, evidence)
            .because(format!("{}{more}.{writes}", named.join(", ")))
            .lasting(lasting);
        findings.add(finding);
    }
}

fn serialises(one: &Requirement) -> bool {
    SERIALISES.contains(&one.name.as_str())
}
