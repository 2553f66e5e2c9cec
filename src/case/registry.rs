//! Models and model packages.

use std::collections::BTreeMap;

use litemap::LiteMap;
use std::sync::Arc;

use super::said::{Said, cites, first, incarnations};
use super::serving::Span;
use crate::evidence::citation::{Citation, Citations};
use crate::fact::Words;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::principal::Principal;
use crate::fact::registry::{Approval, Container, ModelStatement, PackageStatement};
use crate::fact::s3::S3Uri;
use crate::time::Instant;

/// A model.
#[derive(Clone, Debug)]
pub struct Model {
    /// ARN.
    pub arn: Arn,
    /// Name with its case.
    pub name: String,
    /// When it was created; of a container that an inference component brings, when it was asked for.
    pub created: Option<Instant>,
    /// By when its bytes had been read, where that may be later than its creation.
    pub loaded: Option<Instant>,
    /// Its containers; of a model that is disputed, those on which both sides agree.
    pub containers: Vec<Container>,
    /// The containers that two records of equal standing state, which were made in one second and disagree.
    pub disputed: Option<(Vec<Container>, Vec<Container>)>,
    /// Whether its containers are known, and not only that it exists.
    pub is_described: bool,
    /// Who created it.
    pub by: Option<Arc<Principal>>,
    /// Tags.
    pub tags: LiteMap<String, String>,
    /// Everything that was said of it.
    pub said: Vec<Said<ModelStatement>>,
}

/// A change of a package's approval.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Status from then on.
    pub status: Approval,
    /// When.
    pub at: Option<Instant>,
    /// Who decided.
    pub by: Option<Arc<Principal>>,
    /// Who decided, where only the package itself records it.
    pub recorded_by: Option<String>,
    /// The reason given.
    pub reason: Option<String>,
    /// Whether the record is of the decision itself, and not of the state it led to.
    pub is_act: bool,
    /// Where that is said.
    pub cite: Citation,
}

/// A model package.
#[derive(Clone, Debug)]
pub struct Package {
    /// ARN, with the version.
    pub arn: Arn,
    /// Group.
    pub group: Option<String>,
    /// Version.
    pub version: Option<i64>,
    /// When it was created.
    pub created: Option<Instant>,
    /// Its containers.
    pub containers: Vec<Container>,
    /// Whether its containers are known.
    pub is_described: bool,
    /// Commit in its metadata.
    pub commit: Option<String>,
    /// What generated it.
    pub generated_by: Option<String>,
    /// The caller's metadata and tags.
    pub metadata: LiteMap<String, String>,
    /// Where its evaluation results lie.
    pub evaluations: Vec<S3Uri>,
    /// Who created it.
    pub by: Option<Arc<Principal>>,
    /// Who created it, where only the package itself records it.
    pub recorded_by: Option<String>,
    /// Its approval, oldest first.
    pub decisions: Vec<Decision>,
    /// Everything that was said of it.
    pub said: Vec<Said<PackageStatement>>,
}

/// Models, by ARN and creation.
#[derive(Debug, Default)]
pub struct Models {
    all: Vec<Model>,
    by_arn: BTreeMap<ArnKey, Vec<usize>>,
}

/// Packages, by ARN.
#[derive(Debug, Default)]
pub struct Packages {
    all: Vec<Package>,
    by_arn: BTreeMap<ArnKey, usize>,
}

/// Which words to trust first about what a resource is.
const fn rank(words: Words) -> u8 {
    match words {
        Words::Answer => 0,
        Words::Event => 1,
        Words::Request => 2,
        Words::Row => 3,
    }
}

impl Models {
    pub(super) fn build(said: Vec<(ArnKey, Said<ModelStatement>)>) -> Self {
        let mut models = Self::default();
        for (key, groups) in incarnations(said, |statement| statement.created) {
            for (created, said) in groups {
                models.by_arn.entry(key.clone()).or_default().push(models.all.len());
                models.all.extend(Model::of(created, said));
            }
        }
        models
    }

    /// Adds containers that inference components brought themselves, which are models without a name.
    pub(super) fn take(&mut self, brought: Vec<Model>) {
        for model in brought {
            self.by_arn.entry(model.arn.key()).or_default().push(self.all.len());
            self.all.push(model);
        }
    }

    /// Returns all models, sorted by ARN and creation; behind them the containers of inference components.
    pub fn iter(&self) -> std::slice::Iter<'_, Model> {
        self.all.iter()
    }

    /// Returns the model of that ARN that was created or existed at `at`; the latest, where no instant is given.
    pub fn get(&self, arn: &Arn, at: Option<Instant>) -> Option<&Model> {
        let found = self.by_arn.get(&arn.key())?;
        let exact = found.iter().map(|position| &self.all[*position]).find(|model| at.is_some() && model.created == at);
        if exact.is_some() {
            return exact;
        }
        let lived = |model: &&Model| at.is_none_or(|at| model.created.is_none_or(|created| created.plus(-90) <= at));
        found.iter().rev().map(|position| &self.all[*position]).find(lived)
    }
}

impl Models {
    /// Returns the model that ran in an interval of serving.
    pub fn of(&self, span: &Span) -> Option<&Model> {
        self.get(&span.model, span.model_created.or(Some(span.from.latest)))
    }
}

impl Model {
    fn of(created: Option<Instant>, mut said: Vec<Said<ModelStatement>>) -> Option<Self> {
        said.sort_by(|left, right| left.cite.cmp(&right.cite));
        let order = |says: &ModelStatement| rank(says.words);
        let arn = first(&said, order, |says| Some(says.arn.clone()))?;
        let disputed = disputed(&said);
        let mut containers =
            first(&said, order, |says| (!says.containers.is_empty()).then(|| says.containers.clone())).unwrap_or_default();
        if let Some((one, other)) = &disputed {
            containers = one.iter().filter(|own| other.contains(own)).cloned().collect();
        }
        Some(Self {
            name: first(&said, order, |says| says.name.clone()).unwrap_or_else(|| arn.last().to_owned()),
            created: first(&said, order, |says| says.created).or(created),
            loaded: None,
            is_described: !containers.is_empty() && disputed.is_none(),
            disputed,
            containers,
            by: said.iter().find(|said| said.says.words == Words::Request).and_then(|said| said.by.clone()),
            tags: said.iter().flat_map(|said| said.says.tags.clone()).collect(),
            arn,
            said,
        })
    }

    /// Returns the citations of what `relevant` picks, or of everything said of the model.
    pub fn cites(&self, relevant: impl Fn(&ModelStatement) -> bool) -> Option<Citations> {
        cites(&self.said, relevant)
    }
}

/// Returns the containers of two answers of one second that disagree, where nothing of better standing or another time decides; in an
/// order that no file gives.
fn disputed(said: &[Said<ModelStatement>]) -> Option<(Vec<Container>, Vec<Container>)> {
    let described = || said.iter().filter(|said| !said.says.containers.is_empty());
    let best = described().min_by_key(|said| (rank(said.says.words), said.cite.time))?;
    let second = |said: &Said<ModelStatement>| said.cite.time.map(Instant::seconds);
    let rival = described().find(|said| {
        rank(said.says.words) == rank(best.says.words)
            && second(said) == second(best)
            && contradict(&said.says.containers, &best.says.containers)
    })?;
    let mut sides = [best, rival].map(|said| said.says.containers.clone());
    sides.sort_by_key(|containers| format!("{containers:?}"));
    let [one, other] = sides;
    Some((one, other))
}

/// Returns whether containers that two records state can't be those of one model; what only one of them states contradicts nothing.
fn contradict(one: &[Container], other: &[Container]) -> bool {
    fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.zip(other).is_some_and(|(one, other)| one != other)
    }
    let pair = |(one, other): (&Container, &Container)| {
        differ(one.image.as_ref(), other.image.as_ref())
            || differ(one.artifact.as_ref(), other.artifact.as_ref())
            || differ(one.artifact_etag.as_ref(), other.artifact_etag.as_ref())
            || differ(one.package.as_ref(), other.package.as_ref())
    };
    one.len() != other.len() || one.iter().zip(other).any(pair)
}

impl Packages {
    pub(super) fn build(said: Vec<(ArnKey, Said<PackageStatement>)>) -> Self {
        let mut by_arn: BTreeMap<ArnKey, Vec<Said<PackageStatement>>> = BTreeMap::new();
        for (key, said) in said {
            by_arn.entry(key).or_default().push(said);
        }
        let mut packages = Self::default();
        for (key, said) in by_arn {
            if let Some(package) = Package::of(said) {
                packages.by_arn.insert(key, packages.all.len());
                packages.all.push(package);
            }
        }
        packages
    }

    /// Returns all packages, sorted by ARN.
    pub fn iter(&self) -> std::slice::Iter<'_, Package> {
        self.all.iter()
    }

    /// Returns a package.
    pub fn get(&self, arn: &Arn) -> Option<&Package> {
        self.by_arn.get(&arn.key()).map(|position| &self.all[*position])
    }
}

impl Package {
    fn of(mut said: Vec<Said<PackageStatement>>) -> Option<Self> {
        said.sort_by(|left, right| left.cite.cmp(&right.cite));
        let order = |says: &PackageStatement| if says.is_update { 4 } else { rank(says.words) };
        let arn = first(&said, order, |says| Some(says.arn.clone()))?;
        let containers =
            first(&said, order, |says| (!says.containers.is_empty()).then(|| says.containers.clone())).unwrap_or_default();
        let creation = said.iter().find(|said| said.says.words == Words::Request && !said.says.is_update);
        let metadata =
            said.iter().flat_map(|said| said.says.metadata.clone().into_iter().chain(said.says.tags.clone())).collect();
        Some(Self {
            group: first(&said, order, |says| says.group.clone()),
            version: first(&said, order, |says| says.version),
            created: first(&said, order, |says| says.created),
            is_described: !containers.is_empty(),
            containers,
            commit: first(&said, order, |says| says.commit.clone()),
            generated_by: first(&said, order, |says| says.generated_by.clone()),
            metadata,
            evaluations: first(&said, order, |says| (!says.evaluations.is_empty()).then(|| says.evaluations.clone()))
                .unwrap_or_default(),
            by: creation.and_then(|said| said.by.clone()),
            recorded_by: first(&said, order, |says| says.created_by.clone()),
            decisions: decisions(&said),
            arn,
            said,
        })
    }

    /// Returns the citations of what `relevant` picks, or of everything said of the package.
    pub fn cites(&self, relevant: impl Fn(&PackageStatement) -> bool) -> Option<Citations> {
        cites(&self.said, relevant)
    }

    /// Returns the approval in force at `at`.
    pub fn approval_at(&self, at: Instant) -> Option<&Decision> {
        self.decisions.iter().rfind(|decision| decision.at.is_none_or(|decided| decided <= at))
    }

    /// Returns the latest approval.
    pub fn approval(&self) -> Option<&Decision> {
        self.decisions.last()
    }
}

/// Puts a package's approval in order: acts where they are recorded, and states where they tell something that no act does.
fn decisions(said: &[Said<PackageStatement>]) -> Vec<Decision> {
    let mut decisions: Vec<Decision> = Vec::new();
    for said in said {
        let Some(status) = said.says.approval else { continue };
        let is_act = said.says.words == Words::Request;
        // A state was reached at its last change, and who changed it is recorded beside it. What was decided in a row that does
        // not tell of the change was decided when it was listed, or before.
        let undated =
            if status == Approval::PendingManualApproval { said.says.created } else { said.says.seen.or(said.says.created) };
        let at = if is_act { said.cite.time } else { said.says.modified.or(undated) };
        decisions.push(Decision {
            status,
            at,
            by: said.by.clone(),
            recorded_by: said.says.modified_by.clone().or_else(|| said.says.created_by.clone()),
            reason: said.says.reason.clone(),
            is_act,
            cite: said.cite.clone(),
        });
    }
    decisions.sort_by(|left, right| {
        left.at.cmp(&right.at).then(right.is_act.cmp(&left.is_act)).then_with(|| left.cite.cmp(&right.cite))
    });
    // A state repeats the act that led to it, within the seconds that the records of both differ.
    let mut kept: Vec<Decision> = Vec::new();
    for decision in decisions {
        match kept.last_mut() {
            Some(last) if last.status == decision.status && !decision.is_act => {
                if last.reason.is_none() {
                    last.reason = decision.reason;
                }
                if last.by.is_none() && last.recorded_by.is_none() {
                    last.recorded_by = decision.recorded_by;
                }
            }
            Some(last) if last.status == decision.status && !last.is_act && decision.is_act => *last = decision,
            _ => kept.push(decision),
        }
    }
    kept
}
