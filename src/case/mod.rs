//! The case: everything the evidence says, by resource, and what follows from it.
//!
//! Facts become entities, each statement with its citation; entities become lineage, each hop a graded claim; what is missing
//! becomes gaps. Nothing here opens a file, knows JSON or reads a clock.

pub mod alarm;
pub mod claim;
pub mod coverage;
mod definitions;
pub mod families;
pub mod freshness;
pub mod gap;
pub mod grade;
mod horizon;
pub mod images;
pub mod impact;
pub mod incidents;
pub mod instances;
pub mod investigation;
pub mod jobs;
pub mod limit;
pub mod lineage;
pub mod logs;
pub mod metrics;
pub mod monitors;
pub mod objects;
pub mod pipelines;
pub mod registry;
mod run_logs;
pub mod said;
pub mod serving;
pub mod study;
pub mod switches;
pub mod targets;
pub mod timeline;
pub mod watchers;

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::citation::{Citation, ExhibitId};
use crate::evidence::ledger::Ledger;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::call::{CallStatement, TagsStatement, TrailStatement, TrailWhat};
use crate::fact::clone::{Question, Searched};
use crate::fact::config::ConfigStatement;
use crate::fact::density::{Density, Scope};
use crate::fact::job::BuildStatement;
use crate::fact::metric::EvaluationStatement;
use crate::fact::model_error::ModelError;
use crate::fact::object::ManifestStatement;
use crate::fact::refused_record::RefusedRecord;
use crate::fact::registry::FeatureGroupStatement;
use crate::fact::run_log::RunLog;
use crate::fact::scaling::ScalingStatement;
use crate::fact::trace::TraceStatement;
use crate::fact::{Fact, Statement};
use crate::time::Instant;

use alarm::Alarms;
use coverage::{Coverage, Part};
use images::Images;
use incidents::Incident;
use jobs::Jobs;
use lineage::Lineage;
use logs::Logs;
use metrics::Metrics;
use monitors::Monitors;
use objects::Objects;
use pipelines::Pipelines;
use registry::{Models, Packages};
use said::Said;
use serving::{Serving, Span};
use study::Study;
use targets::Targets;
use watchers::Watchers;

/// Everything the evidence says, by resource.
#[derive(Debug, Default)]
pub struct Case {
    /// The time of the case: the newest evidence, or what the user says.
    pub as_of: Option<Instant>,
    /// Jobs.
    pub jobs: Jobs,
    /// Models.
    pub models: Models,
    /// Model packages.
    pub packages: Packages,
    /// Pipelines, executions, steps.
    pub pipelines: Pipelines,
    /// Objects in S3.
    pub objects: Objects,
    /// Container images.
    pub images: Images,
    /// Logs.
    pub logs: Logs,
    /// Monitoring schedules.
    pub monitors: Monitors,
    /// Rules and catches.
    pub watchers: Watchers,
    /// Alarms.
    pub alarms: Alarms,
    /// Metric data.
    pub metrics: Metrics,
    /// Traces of requests.
    pub traces: Vec<Said<TraceStatement>>,
    /// What is said about scaling.
    pub scaling: Vec<Said<ScalingStatement>>,
    /// Endpoints and what they served.
    pub serving: Serving,
    /// What evidence there is.
    pub coverage: Coverage,
    /// Builds that checked code out.
    pub builds: Vec<Said<BuildStatement>>,
    /// What CI runs and tasks of schedulers printed.
    pub run_logs: Vec<Said<RunLog>>,
    /// What callers of endpoints were told.
    pub model_errors: Vec<Said<ModelError>>,
    /// Records that Feature Store refused, as callers printed it.
    pub refused_records: Vec<Said<RefusedRecord>>,
    /// Manifests.
    pub manifests: Vec<Said<ManifestStatement>>,
    /// Evaluation results.
    pub evaluations: Vec<Said<EvaluationStatement>>,
    /// What templates, definitions, requests and scripts say to AWS.
    pub written: Vec<Said<ConfigStatement>>,
    /// Feature groups.
    pub feature_groups: Vec<Said<FeatureGroupStatement>>,
    /// Calls that change something, by time.
    pub calls: Vec<Said<CallStatement>>,
    /// Lineage of every model.
    pub lineages: Vec<Lineage>,
    /// Incidents, by beginning.
    pub incidents: Vec<Incident>,
    /// What comparing data of the evidence found; empty until somebody has read it.
    pub studies: Vec<Study>,
    /// What reading offline stores of the evidence found; empty until somebody has read them.
    pub stores: Vec<study::store::StoreStudy>,
    /// What a clone of the repository says of the code of jobs, where one was searched.
    pub searched: Option<Searched>,
    /// Within what time incidents should be noticed and over.
    pub targets: Targets,
    /// What digests list.
    pub digests: Vec<Said<TrailStatement>>,
    /// Files that are not what digests list; empty until somebody has read them.
    pub altered: Vec<study::seal::Altered>,
    tags: BTreeMap<ArnKey, Vec<Said<TagsStatement>>>,
}

impl Case {
    /// Builds the case. Where `as_of` is not given, it is the newest time in the evidence by the clocks of AWS; where it is, what came later is cut off.
    pub fn build(facts: Vec<Vec<Fact>>, density: &BTreeMap<Scope, Density>, ledger: &Ledger, as_of: Option<Instant>) -> Self {
        let newest = newest(&facts, density, ledger);
        let facts = match as_of {
            Some(as_of) => horizon::cut(facts, as_of),
            None => facts,
        };
        let as_of = as_of.or(newest);
        let mut sorted = Sorted::default();
        let mut spans = Coverage::default();
        for fact in facts.into_iter().flatten() {
            note_coverage(&fact, &mut spans);
            sorted.take(fact);
        }
        let files: BTreeSet<String> =
            ledger.exhibits().iter().map(|exhibit| exhibit.path.rsplit('/').next().unwrap_or(&exhibit.path).to_owned()).collect();
        let mut coverage = Coverage::build(density, &sorted.trails, sorted.lists, &files);
        coverage.take_spans(spans);
        let mut models = Models::build(sorted.models);
        let metrics = Metrics::build(sorted.metrics);
        let serving = Serving::build(sorted.endpoints, sorted.configs, sorted.components, &models, &metrics, &coverage, as_of);
        models.take(serving.brought());
        sorted.calls.sort_by(|left, right| left.says.at.cmp(&right.says.at).then_with(|| left.cite.cmp(&right.cite)));
        let jobs = Jobs::build(sorted.jobs);
        let mut alarms = Alarms::build(&sorted.watchers, sorted.alarms);
        alarms.locate(&serving);
        let named = jobs.iter().map(|job| &job.arn).chain(serving.endpoints().iter().map(|endpoint| &endpoint.arn));
        let shared = shared_names(named);
        let mut case = Self {
            as_of,
            jobs,
            models,
            packages: Packages::build(sorted.packages),
            written: definitions::in_force(sorted.written, &sorted.pipelines, ledger),
            pipelines: Pipelines::build(sorted.pipelines, sorted.definitions, sorted.executions, sorted.steps),
            objects: Objects::build(sorted.objects),
            images: Images::build(sorted.images),
            logs: Logs::build(sorted.logs, shared),
            alarms,
            monitors: Monitors::build(sorted.monitors, sorted.monitor_files),
            watchers: Watchers::build(sorted.watchers),
            metrics,
            traces: sorted.traces,
            scaling: sorted.scaling,
            serving,
            coverage,
            builds: sorted.builds,
            run_logs: sorted.run_logs,
            model_errors: sorted.model_errors,
            refused_records: sorted.refused_records,
            manifests: sorted.manifests,
            evaluations: sorted.evaluations,
            feature_groups: sorted.feature_groups,
            calls: sorted.calls,
            lineages: Vec::new(),
            incidents: Vec::new(),
            studies: Vec::new(),
            stores: Vec::new(),
            searched: None,
            targets: Targets::default(),
            digests: sorted.trails.into_iter().filter(|said| matches!(said.says.what, TrailWhat::Digest { .. })).collect(),
            altered: Vec::new(),
            tags: sorted.tags,
        };
        case.lineages = lineage::build(&case);
        case.incidents = incidents::build(&case);
        case
    }

    /// Returns what a clone of the repository could tell of the code of jobs; nothing where no job's code has a hash.
    pub fn code_asked(&self) -> Question {
        lineage::code_asked(self)
    }

    /// Takes what a clone of the repository answered, and claims again what rests on it.
    pub fn take_searched(&mut self, searched: Searched) {
        self.searched = Some(searched);
        self.lineages = lineage::build(self);
        self.incidents = incidents::build(self);
    }

    /// Returns the tags that were listed for or added to a resource: name, value, citation.
    pub fn tags_of(&self, arn: &Arn) -> Vec<(String, String, Citation)> {
        let said = self.tags.get(&arn.key()).into_iter().flatten();
        said.flat_map(|said| said.says.tags.iter().map(|(name, value)| (name.clone(), value.clone(), said.cite.clone())))
            .collect()
    }

    /// Returns the calls of an operation that succeeded on a resource.
    pub fn calls_on<'a>(&'a self, operation: &'a str, arn: &'a Arn) -> impl Iterator<Item = &'a Said<CallStatement>> {
        let key = arn.key();
        self.calls.iter().filter(move |said| {
            said.says.operation == operation
                && said.says.error.is_none()
                && said.says.arn.as_ref().is_some_and(|own| own.key() == key)
        })
    }

    /// Returns the lineage of a model or package.
    pub fn lineage_of(&self, arn: &Arn) -> Option<&Lineage> {
        let key = arn.key();
        self.lineages.iter().rfind(|lineage| lineage.arn.key() == key)
    }

    /// Returns the lineage of what ran in an interval of serving.
    pub fn lineage_of_span(&self, span: &Span) -> Option<&Lineage> {
        let key = span.model.key();
        let own = self.lineages.iter().rfind(|own| own.arn.key() == key && own.created == span.model_created);
        own.or_else(|| self.lineage_of(&span.model))
    }

    /// Returns everything that happened, by time.
    pub fn timeline(&self) -> Vec<timeline::Event> {
        timeline::of(self)
    }

    /// Returns whether the evidence holds any ML activity.
    pub fn has_ml_activity(&self) -> bool {
        let any =
            self.jobs.iter().next().is_some() || self.models.iter().next().is_some() || self.packages.iter().next().is_some();
        any || !self.serving.endpoints().is_empty() || self.pipelines.iter().next().is_some() || !self.feature_groups.is_empty()
    }
}

/// Returns, in lower case, the names that resources of several accounts or regions share.
fn shared_names<'a>(arns: impl Iterator<Item = &'a Arn>) -> BTreeSet<String> {
    let mut homes: BTreeMap<String, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for arn in arns {
        homes.entry(arn.last().to_lowercase()).or_default().insert((arn.account(), arn.region()));
    }
    homes.into_iter().filter(|(_, homes)| homes.len() > 1).map(|(name, _)| name).collect()
}

/// Facts by kind.
#[derive(Default)]
struct Sorted {
    jobs: Vec<(ArnKey, Said<crate::fact::job::JobStatement>)>,
    models: Vec<(ArnKey, Said<crate::fact::registry::ModelStatement>)>,
    packages: Vec<(ArnKey, Said<crate::fact::registry::PackageStatement>)>,
    configs: Vec<(ArnKey, Said<crate::fact::serving::ConfigStatement>)>,
    endpoints: Vec<(ArnKey, Said<crate::fact::serving::EndpointStatement>)>,
    components: Vec<(ArnKey, Said<crate::fact::component::ComponentStatement>)>,
    pipelines: Vec<Said<crate::fact::pipeline::PipelineStatement>>,
    definitions: Vec<Said<crate::fact::pipeline::DefinitionStatement>>,
    executions: Vec<Said<crate::fact::pipeline::ExecutionStatement>>,
    steps: Vec<Said<crate::fact::pipeline::StepStatement>>,
    objects: Vec<Fact>,
    images: Vec<Said<crate::fact::image::ImageStatement>>,
    logs: Vec<Said<crate::fact::log::LogStatement>>,
    watchers: Vec<Said<crate::fact::watch::WatchStatement>>,
    alarms: Vec<Said<crate::fact::alarm::AlarmStatement>>,
    scaling: Vec<Said<ScalingStatement>>,
    traces: Vec<Said<TraceStatement>>,
    monitors: Vec<Said<crate::fact::monitor::MonitorStatement>>,
    monitor_files: Vec<Said<crate::fact::monitor::MonitorFile>>,
    metrics: Vec<Said<crate::fact::metric::MetricStatement>>,
    trails: Vec<Said<TrailStatement>>,
    lists: Vec<Said<crate::fact::call::ListedStatement>>,
    builds: Vec<Said<BuildStatement>>,
    run_logs: Vec<Said<RunLog>>,
    refused_records: Vec<Said<RefusedRecord>>,
    model_errors: Vec<Said<ModelError>>,
    manifests: Vec<Said<ManifestStatement>>,
    evaluations: Vec<Said<EvaluationStatement>>,
    written: Vec<Said<ConfigStatement>>,
    feature_groups: Vec<Said<FeatureGroupStatement>>,
    calls: Vec<Said<CallStatement>>,
    tags: BTreeMap<ArnKey, Vec<Said<TagsStatement>>>,
}

impl Sorted {
    fn take(&mut self, fact: Fact) {
        if objects::is_storage(&fact.statement) {
            return self.objects.push(fact);
        }
        let cite = fact.cite();
        let by = fact.by;
        match fact.statement {
            Statement::Job(says) => self.jobs.push((says.arn.key(), Said { says: *says, by, cite })),
            Statement::Model(says) => self.models.push((says.arn.key(), Said { says: *says, by, cite })),
            Statement::Package(says) => self.packages.push((says.arn.key(), Said { says: *says, by, cite })),
            Statement::EndpointConfig(says) => self.configs.push((says.arn.key(), Said { says: *says, by, cite })),
            Statement::Endpoint(says) => self.endpoints.push((says.arn.key(), Said { says: *says, by, cite })),
            Statement::Component(says) => self.components.push((says.arn.key(), Said { says: *says, by, cite })),
            Statement::Pipeline(says) => self.pipelines.push(Said { says: *says, by, cite }),
            Statement::Definition(says) => self.definitions.push(Said { says: *says, by, cite }),
            Statement::Execution(says) => self.executions.push(Said { says: *says, by, cite }),
            Statement::Step(says) => self.steps.push(Said { says: *says, by, cite }),
            Statement::FeatureGroup(says) => self.feature_groups.push(Said { says: *says, by, cite }),
            Statement::Manifest(says) => self.manifests.push(Said { says: *says, by, cite }),
            Statement::Image(says) => self.images.push(Said { says: *says, by, cite }),
            Statement::Build(says) => self.builds.push(Said { says: *says, by, cite }),
            Statement::RunLog(says) => self.run_logs.push(Said { says: *says, by, cite }),
            Statement::ModelError(says) => self.model_errors.push(Said { says: *says, by, cite }),
            Statement::RefusedRecord(says) => self.refused_records.push(Said { says: *says, by, cite }),
            Statement::Log(says) => self.logs.push(Said { says: *says, by, cite }),
            Statement::Call(says) => self.calls.push(Said { says: *says, by, cite }),
            Statement::Listed(says) => self.lists.push(Said { says: *says, by, cite }),
            Statement::Tags(says) => self.tags.entry(says.arn.key()).or_default().push(Said { says: *says, by, cite }),
            Statement::Trail(says) => self.trails.push(Said { says: *says, by, cite }),
            Statement::Watch(says) => self.watchers.push(Said { says: *says, by, cite }),
            Statement::Alarm(says) => self.alarms.push(Said { says: *says, by, cite }),
            Statement::Scaling(says) => self.scaling.push(Said { says: *says, by, cite }),
            Statement::Monitor(says) => self.monitors.push(Said { says: *says, by, cite }),
            Statement::MonitorFile(says) => self.monitor_files.push(Said { says: *says, by, cite }),
            Statement::Trace(says) => self.traces.push(Said { says: *says, by, cite }),
            Statement::Metric(says) => self.metrics.push(Said { says: *says, by, cite }),
            Statement::Evaluation(says) => self.evaluations.push(Said { says: *says, by, cite }),
            Statement::Config(says) => self.written.push(Said { says: *says, by, cite }),
            // SageMaker's own lineage graph knows places, not versions: it adds nothing that a description does not tell better.
            Statement::Association(_) | Statement::Object(_) | Statement::Listing(_) | Statement::Bucket(_) => {}
        }
    }
}

/// Returns the newest time in the evidence, by the clocks of AWS. Those of callers, of builds and of traces count only where there is
/// nothing else: one that goes wrong would make everything old.
fn newest(facts: &[Vec<Fact>], density: &BTreeMap<Scope, Density>, ledger: &Ledger) -> Option<Instant> {
    let is_foreign = |fact: &Fact| {
        matches!(
            fact.statement,
            Statement::RunLog(_) | Statement::ModelError(_) | Statement::RefusedRecord(_) | Statement::Trace(_)
        )
    };
    let foreign: BTreeSet<ExhibitId> =
        facts.iter().flatten().filter(|fact| is_foreign(fact)).map(|fact| fact.source.exhibit).collect();
    let of = |is_own: bool| {
        let of_facts = facts.iter().flatten().filter(|fact| is_own != is_foreign(fact)).filter_map(|fact| fact.source.time);
        let exhibits = ledger.exhibits().iter().filter(|exhibit| is_own != foreign.contains(&exhibit.id));
        of_facts.chain(exhibits.filter_map(|exhibit| exhibit.latest)).max()
    };
    let counted = density.values().filter_map(|density| density.span().map(|(_, last)| last)).max();
    of(true).max(counted).or_else(|| of(false))
}

/// Notes what source, account and region a fact is evidence of.
fn note_coverage(fact: &Fact, coverage: &mut Coverage) {
    let Some(at) = fact.source.time else { return };
    let arn = match &fact.statement {
        Statement::Job(says) => Some(&says.arn),
        Statement::Model(says) => Some(&says.arn),
        Statement::Package(says) => Some(&says.arn),
        Statement::EndpointConfig(says) => Some(&says.arn),
        Statement::Endpoint(says) => Some(&says.arn),
        Statement::Component(says) => Some(&says.arn),
        Statement::Pipeline(says) => Some(&says.arn),
        Statement::Execution(says) => Some(&says.arn),
        Statement::Tags(says) => Some(&says.arn),
        Statement::FeatureGroup(says) => Some(&says.arn),
        Statement::Monitor(says) => Some(&says.schedule),
        _ => None,
    };
    let (account, region, of) = match (&fact.statement, arn) {
        (_, Some(arn)) => (Some(arn.account()), Some(arn.region()), None),
        (Statement::Image(says), _) => (says.account.as_deref(), says.region.as_deref(), Some(says.repository.as_str())),
        (Statement::Watch(says), _) => (says.account.as_deref(), says.region.as_deref(), None),
        (Statement::Alarm(says), _) => (says.home.account.as_deref(), says.home.region.as_deref(), None),
        (Statement::Trace(says), _) => (says.home.account.as_deref(), says.home.region.as_deref(), None),
        (Statement::Scaling(says), _) => (says.home.account.as_deref(), says.home.region.as_deref(), None),
        (Statement::Listed(says), _) => (says.account.as_deref(), says.region.as_deref(), None),
        (Statement::Object(says), _) => (None, None, Some(&*says.bucket)),
        (Statement::Listing(says), _) => (None, None, says.bucket.as_deref()),
        (Statement::Log(says), _) => (says.home.account.as_deref(), says.home.region.as_deref(), says.group.as_deref()),
        (Statement::Metric(says), _) => {
            let endpoint = says.dimensions.get("EndpointName").map(String::as_str);
            (says.home.account.as_deref(), says.home.region.as_deref(), endpoint)
        }
        (Statement::Bucket(says), _) => (None, None, Some(&*says.bucket)),
        _ => (None, None, None),
    };
    let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let part = Part { source: fact.source.source, account: filled(account), region: filled(region), of: filled(of) };
    coverage.note(part, at);
}
