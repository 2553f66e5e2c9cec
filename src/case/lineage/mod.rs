//! The lineage of each model: what made it, from which data and code, and who let it go.
//!
//! One lineage for each `SageMaker` model, and for each model package that no model in the evidence uses. Every hop is a
//! [`Claim`]; the hops are found one after the other, each from the ones before.

mod artifact;
mod commit;
mod data;
mod dependencies;
mod disputed;
mod image;
mod named;
mod origin;
mod owner;
mod release;
mod reproduced;
mod run;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use super::claim::{Claim, Grade};
use super::gap::GapKey;
use super::jobs::{Job, ReadWindow};
use super::registry::{Decision, Model, Package};
use crate::evidence::citation::Citations;
use crate::fact::arn::Arn;
use crate::fact::clone::Question;
use crate::fact::registry::{Approval, Container};
use crate::time::Instant;

pub use data::{DataObject, DataVersion};
pub use named::Naming;
pub use owner::Owner;

/// A model's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Where they lie.
    pub uri: String,
    /// Version.
    pub version_id: Option<String>,
    /// `ETag`.
    pub etag: Option<String>,
}

/// A container image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// As it was named.
    pub uri: String,
    /// Its digest.
    pub digest: Option<String>,
}

/// An archive of source code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it lies.
    pub uri: String,
    /// Version.
    pub version_id: Option<String>,
    /// `ETag`.
    pub etag: Option<String>,
    /// SHA-256 of its bytes.
    pub sha256: Option<String>,
    /// The hash of the code that the SDK wrote into its path.
    pub sdk_hash: Option<String>,
}

/// A model package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageRef {
    /// ARN.
    pub arn: Arn,
    /// Version.
    pub version: Option<i64>,
}

/// The approval of a package.
#[derive(Clone, Debug)]
pub struct ApprovalState {
    /// Status in force.
    pub status: Approval,
    /// Who decided.
    pub by: Option<String>,
    /// When.
    pub at: Option<Instant>,
    /// All decisions, oldest first.
    pub history: Vec<Decision>,
}

/// The code of a model.
#[derive(Clone, Debug)]
pub struct Code {
    /// Commit.
    pub commit: Claim<String>,
    /// Image that trained it.
    pub training_image: Claim<Image>,
    /// Image that serves it.
    pub serving_image: Claim<Image>,
    /// Archive of its source.
    pub source: Claim<Source>,
    /// Versions of the packages it was trained with.
    pub dependencies: Claim<BTreeMap<String, String>>,
}

/// Data that trained a model.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Channel, or what names the data.
    pub channel: String,
    /// Where it lies.
    pub uri: String,
    /// Which version was read.
    pub version: Claim<DataVersion>,
    /// When it was read.
    pub read_at: Option<ReadWindow>,
    /// What produced it.
    pub produced_by: Claim<Arn>,
    /// Whether it is a declared input, and not only named somewhere.
    pub is_declared: bool,
}

/// The lineage of one model.
#[derive(Clone, Debug)]
pub struct Lineage {
    /// ARN of the model, or of the package.
    pub arn: Arn,
    /// Name.
    pub name: String,
    /// When it was created.
    pub created: Option<Instant>,
    /// Package.
    pub package: Claim<PackageRef>,
    /// Its approval.
    pub approval: Claim<ApprovalState>,
    /// Job that trained it.
    pub training_job: Claim<Arn>,
    /// Pipeline execution that computed it.
    pub pipeline_execution: Claim<Arn>,
    /// Its bytes.
    pub artifact: Claim<Artifact>,
    /// Its code.
    pub code: Code,
    /// Its data.
    pub data: Vec<Channel>,
    /// Who made its parts, as far as the evidence names them.
    pub owners: Vec<Owner>,
}

/// A hop of a lineage, whatever its value is.
#[derive(Clone, Copy, Debug)]
pub struct Hop<'a> {
    /// Its name, as outputs call it.
    pub name: &'static str,
    /// Its grade.
    pub grade: Grade,
    /// Whether it holds a value.
    pub has_value: bool,
    /// What would lift it.
    pub missing: &'a [GapKey],
}

impl<'a> Hop<'a> {
    fn of<T>(name: &'static str, claim: &'a Claim<T>) -> Self {
        Self { name, grade: claim.grade(), has_value: claim.value().is_some(), missing: claim.missing() }
    }
}

impl Lineage {
    /// Returns whether it is of a container that an inference component brings itself.
    pub fn is_of_component(&self) -> bool {
        self.arn.kind() == "inference-component"
    }

    /// Returns all hops, in the order outputs show them.
    pub fn hops(&self) -> Vec<Hop<'_>> {
        let mut hops = vec![
            Hop::of("package", &self.package),
            Hop::of("approval", &self.approval),
            Hop::of("training_job", &self.training_job),
            Hop::of("pipeline_execution", &self.pipeline_execution),
            Hop::of("artifact", &self.artifact),
            Hop::of("commit", &self.code.commit),
            Hop::of("training_image", &self.code.training_image),
            Hop::of("serving_image", &self.code.serving_image),
            Hop::of("source", &self.code.source),
            Hop::of("dependencies", &self.code.dependencies),
        ];
        for channel in &self.data {
            hops.extend([Hop::of("data", &channel.version), Hop::of("produced_by", &channel.produced_by)]);
        }
        hops
    }

    /// Returns whether the content of the data that trained the model is known: every declared input at grade B or better; where
    /// the job declares none, every place that it names.
    pub fn is_data_pinned(&self) -> bool {
        let declares = self.data.iter().any(|channel| channel.is_declared);
        let mut data = self.data.iter().filter(|channel| channel.is_declared == declares).peekable();
        data.peek().is_some() && data.all(|channel| is_pinned(&channel.version))
    }

    /// Returns whether the code that trained the model is known by content: a commit that a build system checked out, or the image's
    /// digest together with the version of the source archive (or the certainty that there is none).
    pub fn is_code_pinned(&self) -> bool {
        let source = is_pinned(&self.code.source) || (self.code.source.value().is_none() && self.code.source.grade() <= Grade::B);
        is_pinned(&self.code.commit) || (is_pinned(&self.code.training_image) && source)
    }

    /// Returns whether the model's package is approved.
    pub fn is_approved(&self) -> bool {
        self.approval.value().is_some_and(|approval| approval.status == Approval::Approved)
    }
}

fn is_pinned<T>(claim: &Claim<T>) -> bool {
    claim.value().is_some() && claim.grade() <= Grade::B
}

/// A model or package, seen alike.
pub(super) struct View<'a> {
    pub(super) arn: &'a Arn,
    pub(super) created: Option<Instant>,
    /// By when its bytes had been read, where that may be later.
    pub(super) loaded: Option<Instant>,
    pub(super) model: Option<&'a Model>,
    /// The package itself, or the one the model's container names.
    pub(super) package: Option<&'a Package>,
    pub(super) containers: Vec<&'a Container>,
    pub(super) is_described: bool,
}

impl<'a> View<'a> {
    fn of_model(case: &'a Case, model: &'a Model) -> Self {
        let named = model.containers.iter().find_map(|container| container.package.as_ref());
        let package = named.and_then(|arn| case.packages.get(arn));
        let of_package = package.map(|package| package.containers.iter()).into_iter().flatten();
        let containers: Vec<&Container> = model.containers.iter().chain(of_package).collect();
        Self {
            arn: &model.arn,
            created: model.created,
            loaded: model.loaded,
            model: Some(model),
            package,
            containers,
            is_described: model.is_described,
        }
    }

    fn of_package(package: &'a Package) -> Self {
        Self {
            arn: &package.arn,
            created: package.created,
            loaded: None,
            model: None,
            package: Some(package),
            containers: package.containers.iter().collect(),
            is_described: package.is_described,
        }
    }

    /// Returns the citations that describe the containers.
    pub(super) fn cites(&self) -> Option<Citations> {
        let of_model = self.model.and_then(|model| model.cites(|says| !says.containers.is_empty()));
        let of_package = || self.package.and_then(|package| package.cites(|says| !says.containers.is_empty()));
        of_model.or_else(of_package)
    }

    /// Returns the citations of model and package together.
    pub(super) fn all_cites(&self) -> Option<Citations> {
        let of_model = self.model.and_then(|model| model.cites(|says| !says.containers.is_empty()));
        let of_package = self.package.and_then(|package| package.cites(|says| !says.containers.is_empty()));
        match (of_model, of_package) {
            (Some(one), Some(other)) => Some(one.and(other)),
            (one, other) => one.or(other),
        }
    }

    /// Returns what would describe the model.
    pub(super) fn missing(&self) -> GapKey {
        if self.model.is_some() { GapKey::description_of(self.arn) } else { GapKey::Package(self.arn.clone()) }
    }
}

/// Returns the lineage of every model.
pub(super) fn build(case: &Case) -> Vec<Lineage> {
    let mut used: BTreeSet<crate::fact::arn::ArnKey> = BTreeSet::new();
    let mut all: Vec<Lineage> = Vec::new();
    for model in case.models.iter() {
        let lineage =
            disputed::of(case, model).unwrap_or_else(|| lineage(case, &View::of_model(case, model), model.name.clone()));
        used.extend(lineage.package.value().map(|package| package.arn.key()));
        used.extend(model.containers.iter().filter_map(|container| container.package.as_ref()).map(Arn::key));
        all.push(lineage);
    }
    for package in case.packages.iter().filter(|package| !used.contains(&package.arn.key())) {
        let view = View::of_package(package);
        all.push(lineage(case, &view, package.arn.name().to_owned()));
    }
    all.sort_by(|left, right| left.arn.cmp(&right.arn).then(left.created.cmp(&right.created)));
    all
}

fn lineage(case: &Case, view: &View<'_>, name: String) -> Lineage {
    let artifact = artifact::claim(case, view);
    let origin = origin::find(case, view, &artifact);
    let job = origin.job();
    let package = release::package(case, view, &artifact);
    let approval = release::approval(case, view, &package);
    let unknown_job = origin.missing(view);
    let run = run::find(case, view, &package, job, &unknown_job);
    let mut training_job = origin.claim.clone().via(run.taken_through.iter().cloned());
    if artifact::replaced(case, view).is_some() {
        training_job = training_job.at_most(Grade::C, artifact::REPLACED);
    }
    let code = Code {
        commit: commit::claim(case, view, &package, job, &unknown_job),
        training_image: image::training(case, job, &unknown_job),
        serving_image: image::serving(case, view),
        source: source::claim(case, job, &unknown_job),
        dependencies: dependencies::claim(case, job, &unknown_job),
    };
    let data = job.map(|job| data::channels(case, job)).unwrap_or_default();
    let mut lineage = Lineage {
        arn: view.arn.clone(),
        name,
        created: view.created,
        package,
        approval,
        training_job,
        pipeline_execution: run.claim,
        artifact,
        code,
        data,
        owners: Vec::new(),
    };
    lineage.owners = owner::of(case, view, &lineage, job);
    lineage
}

/// Returns the version that a job read of one of its inputs: the same claim that lineage makes, for jobs of any kind.
pub fn input_version(case: &Case, job: &Job, input: &crate::fact::job::JobInput) -> Claim<DataVersion> {
    data::version(case, job, input)
}

/// Returns the code that a job ran: its source archive and image, the same claims that lineage makes.
pub fn job_code(case: &Case, job: &Job) -> (Claim<Source>, Claim<Image>) {
    (source::claim(case, Some(job), &[]), image::training(case, Some(job), &[]))
}

/// Returns the data of a job of any kind: the same claims that lineage makes of a training job.
pub fn job_data(case: &Case, job: &Job) -> Vec<Channel> {
    data::channels(case, job)
}

/// Returns the commit that a job of any kind ran, as far as the job itself, its image, its log and its builds state it.
pub fn job_commit(case: &Case, job: &Job) -> Claim<String> {
    commit::of_job_alone(case, job)
}

/// Returns what a clone of the repository could tell: the hashes of code in the paths of jobs, and the commits that are stated of them.
pub(super) fn code_asked(case: &Case) -> Question {
    let mut question = Question::default();
    for job in case.jobs.iter() {
        if let Some((wanted, _)) = reproduced::wanted(case, job) {
            question.code.insert(wanted);
            question.commits.extend(commits(&job_commit(case, job)));
        }
    }
    if !question.code.is_empty() {
        let of_packages = of_packages(case);
        let lineages = case.lineages.iter().chain(&of_packages);
        question.commits.extend(lineages.flat_map(|lineage| commits(&lineage.code.commit)));
    }
    question
}

/// Returns the commits that a claim holds, whether or not they agree.
fn commits(claim: &Claim<String>) -> impl Iterator<Item = String> {
    claim.value().into_iter().chain(claim.conflicts().iter().map(|side| &side.value)).cloned()
}

/// Returns the lineage of every package by its own content, also of those that a model in the evidence uses.
pub fn of_packages(case: &Case) -> Vec<Lineage> {
    let packages = case.packages.iter();
    packages.map(|package| lineage(case, &View::of_package(package), package.arn.name().to_owned())).collect()
}

/// Returns the S3 places that a job's environment, hyperparameters or arguments name, beside its declared inputs and outputs.
pub fn named_data(job: &Job) -> Vec<(Naming, crate::fact::s3::S3Uri)> {
    named::places(job)
}

/// Returns the jobs that produced a job's inputs, by channel.
pub fn producers_of(case: &Case, job: &Job) -> Vec<(String, Arn)> {
    data::channels(case, job)
        .into_iter()
        .filter_map(|channel| Some((channel.channel, channel.produced_by.value()?.clone())))
        .collect()
}
