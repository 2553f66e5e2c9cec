//! Everything the evidence says to have happened, in order.
//!
//! One thing that happened is one event, however many records tell of it: all of them are its evidence. What was asked for and
//! what came of it are two events. A call that no resource's history tells of is an event of its own.

use std::collections::BTreeSet;

use super::Case;
use super::claim::Grade;
use super::said::Said;
use super::serving::{Bounds, Endpoint, Role};
use crate::evidence::citation::{Citation, Citations, ExhibitId, Locator};
use crate::fact::alarm::State;
use crate::fact::arn::Arn;
use crate::fact::call::CallStatement;
use crate::fact::component::{ComponentAct, ComponentStatement};
use crate::fact::image::{ImageStatement, ImageWhat};
use crate::fact::job::JobStatus;
use crate::fact::model_error::ModelError;
use crate::fact::principal::Principal;
use crate::fact::registry::Approval;
use crate::fact::run_log::Mentioned;
use crate::fact::serving::{EndpointAct, EndpointStatement};
use crate::time::{Instant, Seconds};

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// When: both bounds are the same where the instant is recorded.
    pub at: Bounds,
    /// What it happened to: an ARN, an S3 URI, or the name a call gave.
    pub subject: String,
    /// What else is concerned.
    pub related: Vec<String>,
    /// What happened, in a few fixed words; for other calls `service:Operation`.
    pub what: String,
    /// Who did it.
    pub actor: Option<String>,
    /// How well it is known.
    pub grade: Grade,
    /// Where it is recorded.
    pub evidence: Citations,
    /// More about it, for people.
    pub detail: String,
}

/// Returns everything that happened, by time.
pub(super) fn of(case: &Case) -> Vec<Event> {
    let mut book = Book::default();
    jobs(case, &mut book);
    pipelines(case, &mut book);
    models(case, &mut book);
    endpoints(case, &mut book);
    objects(case, &mut book);
    images(case, &mut book);
    builds(case, &mut book);
    run_logs(case, &mut book);
    model_errors(case, &mut book);
    alarms(case, &mut book);
    calls(case, &mut book);
    book.close()
}

/// The events so far.
#[derive(Default)]
struct Book {
    events: Vec<Event>,
    /// Records that tell of an event already.
    told: BTreeSet<(ExhibitId, Locator)>,
}

impl Book {
    /// Notes an event that has a time and evidence; others cannot be put in order.
    fn note(&mut self, at: Option<Instant>, subject: &str, what: &str, evidence: Option<Citations>) -> Option<&mut Event> {
        let (at, evidence) = (at?, evidence?);
        self.told.extend(evidence.iter().map(|cite| (cite.exhibit, cite.locator.clone())));
        self.note_between(Bounds { earliest: at, latest: at }, subject, what, evidence)
    }

    /// Notes what follows from records that tell of something else.
    fn note_between(&mut self, at: Bounds, subject: &str, what: &str, evidence: Citations) -> Option<&mut Event> {
        self.events.push(Event {
            at,
            subject: subject.to_owned(),
            related: Vec::new(),
            what: what.to_owned(),
            actor: None,
            grade: Grade::B,
            evidence,
            detail: String::new(),
        });
        self.events.last_mut()
    }

    fn close(mut self) -> Vec<Event> {
        for event in &mut self.events {
            event.related.retain(|related| *related != event.subject);
            event.related.sort();
            event.related.dedup();
        }
        self.events.sort_by(|left, right| {
            let key = |event: &Event| (event.at, rank(&event.what), event.subject.clone(), event.what.clone());
            key(left).cmp(&key(right)).then_with(|| left.evidence.iter().cmp(right.evidence.iter()))
        });
        self.events
    }
}

/// Of events of one instant, a request comes before what came of it.
fn rank(what: &str) -> u8 {
    u8::from(!what.ends_with("requested")) + u8::from(what.starts_with("serving") || what.starts_with("shadow"))
}

impl Event {
    fn by(&mut self, actor: Option<&Principal>) -> &mut Self {
        self.actor = self.actor.take().or_else(|| actor.map(|actor| actor.actor().to_owned()));
        self
    }

    fn detail(&mut self, detail: impl Into<String>) -> &mut Self {
        self.detail = detail.into();
        self
    }

    fn related(&mut self, related: impl IntoIterator<Item = String>) -> &mut Self {
        self.related.extend(related);
        self
    }

    fn grade(&mut self, grade: Grade) -> &mut Self {
        self.grade = grade;
        self
    }

    /// Returns the name of the source that tells of it first.
    pub fn source(&self) -> &'static str {
        self.evidence.iter().next().map_or("", |cite| cite.source.name())
    }

    /// Returns whether it concerns a resource of the given name, ARN or S3 URI (an S3 prefix ends in `/`), whatever its case.
    pub fn concerns(&self, name: &str) -> bool {
        let is = |text: &String| {
            text.eq_ignore_ascii_case(name)
                || Arn::parse(text)
                    .is_some_and(|arn| arn.last().eq_ignore_ascii_case(name) || arn.name().eq_ignore_ascii_case(name))
                || (name.starts_with("s3://") && name.ends_with('/') && text.starts_with(name))
        };
        is(&self.subject) || self.related.iter().any(is)
    }
}

fn jobs(case: &Case, book: &mut Book) {
    for job in case.jobs.iter() {
        let arn = job.arn.as_str();
        let places = || job.inputs.iter().filter_map(|input| input.uri.as_ref()).map(ToString::to_string);
        let outputs = || job.outputs.iter().filter_map(|output| output.uri.as_ref()).map(ToString::to_string);
        let kind = job.kind.name();
        if let Some(event) = book.note(job.created, arn, "job requested", job.cites(|says| says.created.is_some())) {
            let limit = job.limit.map(|limit| format!(", limit {limit} s")).unwrap_or_default();
            event.by(job.by.as_deref()).related(job.parent.iter().map(ToString::to_string)).related(places());
            event.detail(format!("{kind} job{limit}"));
        }
        if let Some(event) = book.note(job.started, arn, "job started", job.cites(|says| says.course().started.is_some())) {
            event.detail(format!("{kind} job"));
        }
        let ended = match job.status {
            Some(JobStatus::Completed) => "job completed",
            Some(JobStatus::Failed) => "job failed",
            Some(JobStatus::Stopped) => "job stopped",
            _ => "job ended",
        };
        if let Some(event) = book.note(job.ended, arn, ended, job.cites(|says| says.course().ended.is_some())) {
            let lasted = job.duration().zip(job.limit).map(|(lasted, limit)| format!("after {lasted} s of at most {limit} s"));
            let words: Vec<String> = [job.secondary.clone(), lasted, job.exit.clone()].into_iter().flatten().collect();
            event.related(outputs()).detail(words.join("; "));
        }
    }
}

fn pipelines(case: &Case, book: &mut Book) {
    for execution in case.pipelines.iter() {
        let arn = execution.arn.as_str();
        let cites = || Citations::from_all(execution.cites.iter().cloned());
        if let Some(event) = book.note(execution.created, arn, "pipeline execution started", cites()) {
            event.by(execution.by.as_deref()).related(execution.pipeline.iter().map(ToString::to_string));
        }
        let ended = match execution.status.as_deref() {
            Some("Succeeded") => "pipeline execution succeeded",
            Some("Failed") => "pipeline execution failed",
            Some("Stopped") => "pipeline execution stopped",
            _ => "pipeline execution ended",
        };
        if let Some(event) = book.note(execution.ended, arn, ended, cites()) {
            event.related(execution.pipeline.iter().map(ToString::to_string));
        }
        for step in execution.steps.iter().filter(|step| step.is_cache_hit || step.taken_from.is_some()) {
            let at = step.ended.or(step.started);
            let what = if step.is_cache_hit { "step served from cache" } else { "step left out, its earlier result taken" };
            if let Some(event) = book.note(at, arn, what, Some(Citations::one(step.cite.clone()))) {
                let from = step.taken_from.as_ref().map(|from| format!(" of {from}")).unwrap_or_default();
                event.related(step.taken_from.iter().chain(&step.made).map(ToString::to_string));
                event.detail(format!("step {}{from}", step.name));
            }
        }
    }
}

fn models(case: &Case, book: &mut Book) {
    // What a component brings is told where the component is.
    for model in case.models.iter().filter(|model| model.arn.kind() == "model") {
        let cites = model.cites(|says| says.created.is_some());
        if let Some(event) = book.note(model.created, model.arn.as_str(), "model created", cites) {
            event.by(model.by.as_deref());
            event.related(model.containers.iter().filter_map(|container| container.artifact.as_ref()).map(ToString::to_string));
            event.related(model.containers.iter().filter_map(|container| container.package.as_ref()).map(ToString::to_string));
        }
    }
    for package in case.packages.iter() {
        let arn = package.arn.as_str();
        let cites = package.cites(|says| says.created.is_some());
        if let Some(event) = book.note(package.created, arn, "package registered", cites) {
            event.by(package.by.as_deref());
            event.actor = event.actor.take().or_else(|| package.recorded_by.clone());
        }
        for decision in &package.decisions {
            let what = match decision.status {
                Approval::Approved => "package approved",
                Approval::Rejected => "package rejected",
                Approval::PendingManualApproval => "package left for approval",
            };
            if let Some(event) = book.note(decision.at, arn, what, Some(Citations::one(decision.cite.clone()))) {
                event.by(decision.by.as_deref()).detail(decision.reason.clone().unwrap_or_default());
                event.actor = event.actor.take().or_else(|| decision.recorded_by.clone());
            }
        }
    }
}

fn endpoints(case: &Case, book: &mut Book) {
    for endpoint in case.serving.endpoints() {
        for said in &endpoint.said {
            endpoint_event(&endpoint.arn, said, book);
        }
        for component in &endpoint.components {
            component.said.iter().for_each(|said| component_event(&component.arn, Some(endpoint), said, book));
        }
        for span in endpoint.spans.iter().chain(&endpoint.shadows) {
            let share = format!("variant {}, {}", span.variant, span.requests_text());
            let model = || [span.model.to_string()].into_iter().chain(span.component().map(|arn| arn.to_string()));
            let is_shadow = matches!(span.role, Role::Shadow(_));
            let (began, ended) = if is_shadow { ("shadow began", "shadow ended") } else { ("serving began", "serving ended") };
            if let Some(event) = book.note_between(span.from, endpoint.arn.as_str(), began, span.evidence.clone()) {
                event.grade(span.grade).related(model()).detail(format!("{} on {share}", span.runs_text()));
            }
            if let Some(to) = span.to
                && let Some(event) = book.note_between(to, endpoint.arn.as_str(), ended, span.evidence.clone())
            {
                event.grade(span.grade).related(model()).detail(format!("{} on {share}", span.runs_text()));
            }
        }
    }
    for component in case.serving.loose() {
        component.said.iter().for_each(|said| component_event(&component.arn, None, said, book));
    }
}

fn component_event(arn: &Arn, endpoint: Option<&Endpoint>, said: &Said<ComponentStatement>, book: &mut Book) {
    let says = &said.says;
    let (at, what) = match says.act {
        ComponentAct::Created => (said.cite.time, "component requested"),
        ComponentAct::Updated => (said.cite.time, "component update requested"),
        ComponentAct::Scaled => (said.cite.time, "component copies requested"),
        ComponentAct::Deleted => (said.cite.time, "component deletion requested"),
        ComponentAct::State => (says.seen.or(says.modified).or(said.cite.time), "component seen"),
    };
    if let Some(event) = book.note(at, arn.as_str(), what, Some(Citations::one(said.cite.clone()))) {
        let runs = says.runs.iter().filter_map(|own| {
            let base = || own.base.as_ref().map(|base| format!("adapts {base}"));
            own.model
                .as_ref()
                .map(|model| format!("model {model}"))
                .or_else(base)
                .or_else(|| Some(format!("image {}", own.image.as_ref()?)))
        });
        let copies = [
            says.current.map(|count| format!("copies there: {count}")),
            says.desired.map(|count| format!("copies wanted: {count}")),
        ];
        let models = says.runs.iter().filter_map(|own| own.model.as_deref());
        let models: Vec<String> =
            models.map(|model| Arn::sagemaker(arn.region(), arn.account(), "model", model).to_string()).collect();
        let words: Vec<String> = says.status.clone().into_iter().chain(runs).chain(copies.into_iter().flatten()).collect();
        event.by(said.by.as_deref()).detail(words.join(", "));
        event.related(endpoint.map(|endpoint| endpoint.arn.to_string())).related(models);
    }
}

fn endpoint_event(arn: &Arn, said: &Said<EndpointStatement>, book: &mut Book) {
    let says = &said.says;
    let (at, what) = match says.act {
        EndpointAct::Created => (said.cite.time, "endpoint requested"),
        EndpointAct::Updated { .. } => (said.cite.time, "endpoint update requested"),
        EndpointAct::Reweighted => (said.cite.time, "traffic shift requested"),
        EndpointAct::Deleted => (said.cite.time, "endpoint deletion requested"),
        EndpointAct::State => (says.seen.or(says.modified).or(said.cite.time), "endpoint seen"),
    };
    if let Some(event) = book.note(at, arn.as_str(), what, Some(Citations::one(said.cite.clone()))) {
        let weights = says.variants.iter().filter_map(|variant| Some(format!("{} {}", variant.name, variant.weight?)));
        let weights: Vec<String> = weights.collect();
        let words = [
            says.status.clone(),
            says.config.as_ref().map(|config| format!("configuration {config}")),
            says.pending.as_ref().map(|config| format!("changing to {config}")),
            (!weights.is_empty()).then(|| format!("weights {}", weights.join(", "))),
        ];
        event.by(said.by.as_deref()).detail(words.into_iter().flatten().collect::<Vec<_>>().join(", "));
    }
}

fn objects(case: &Case, book: &mut Book) {
    for (place, versions) in case.objects.iter() {
        let subject = place.to_string();
        for version in versions {
            let what = if version.marker { "object deleted" } else { "object written" };
            let cites = || Citations::from_all(case.objects.cites_of(version));
            let identity = || {
                let words = [
                    version.id.as_ref().map(|id| format!("version {id}")),
                    version.etag.as_ref().map(|etag| format!("ETag {etag}")),
                    version.size.map(|size| format!("{size} bytes")),
                    version.copied_from.as_ref().map(|from| format!("copied from {from}")),
                ];
                words.into_iter().flatten().collect::<Vec<_>>().join(", ")
            };
            if let Some(event) = book.note(version.visible(), &subject, what, cites()) {
                event.by(version.by.as_deref()).related(version.copied_from.iter().map(ToString::to_string)).detail(identity());
                if version.is_corroborated() {
                    event.grade(Grade::A);
                }
            }
            if let Some(event) = book.note(version.destroyed, &subject, "version destroyed", cites()) {
                event.detail(identity());
            }
        }
    }
}

/// Lines that are cited for one run.
const LINES_OF_A_RUN: usize = 10;

/// What ECR lists as pushed and what a record says was pushed differ by at most so many seconds.
const SAME_PUSH: Seconds = 90;

fn images(case: &Case, book: &mut Book) {
    // A digest that is listed was pushed then, under whatever tag: where the push is recorded too, that is one event.
    let mut pushed: Vec<(&ImageStatement, Instant, usize)> = Vec::new();
    let (records, lists): (Vec<_>, Vec<_>) =
        case.images.iter().partition(|said| !matches!(said.says.what, ImageWhat::Listed { .. }));
    for said in records.into_iter().chain(lists) {
        let ImageStatement { repository, tag, digest, at: Some(at), what, .. } = &said.says else { continue };
        let (what, tag) = match what {
            ImageWhat::Tagged => ("image pushed", tag.as_ref()),
            ImageWhat::Listed { .. } => ("image pushed", None),
            ImageWhat::Removed => ("image removed", tag.as_ref()),
            ImageWhat::Mutability { mutable: true } => ("image tags made mutable", None),
            ImageWhat::Mutability { mutable: false } => ("image tags made immutable", None),
        };
        let same = pushed.iter().find(|(other, when, _)| {
            tag.is_none()
                && what == "image pushed"
                && digest.is_some()
                && (&other.repository, &other.digest) == (repository, digest)
                && when.since(*at).abs() <= SAME_PUSH
        });
        if let Some(event) = same.and_then(|(_, _, position)| book.events.get_mut(*position)) {
            if event.evidence.iter().all(|cite| cite.source != said.cite.source) {
                event.grade(Grade::A);
            }
            event.evidence = event.evidence.clone().and([said.cite.clone()]);
            continue;
        }
        if what == "image pushed" {
            pushed.push((&said.says, *at, book.events.len()));
        }
        if let Some(event) = book.note(Some(*at), repository, what, Some(Citations::one(said.cite.clone()))) {
            let tag = tag.map(|tag| format!("tag {tag}"));
            event.by(said.by.as_deref()).related(digest.clone());
            event.detail([tag, digest.clone()].into_iter().flatten().collect::<Vec<_>>().join(", "));
        }
    }
}

fn builds(case: &Case, book: &mut Book) {
    for said in &case.builds {
        let says = &said.says;
        let subject = says.project.as_ref().unwrap_or(&says.id);
        let cites = || Some(Citations::one(said.cite.clone()));
        if let Some(event) = book.note(says.started, subject, "build started", cites()) {
            let commit = says.commit.as_ref().map(|commit| format!("commit {commit}")).unwrap_or_default();
            event.by(said.by.as_deref()).related(says.commit.iter().chain([&says.id]).cloned()).detail(commit);
        }
        if let Some(event) = book.note(says.ended, subject, "build ended", cites()) {
            event.related([says.id.clone()]);
        }
    }
}

/// Notes the runs whose logs name jobs or images: others are of no concern here.
fn run_logs(case: &Case, book: &mut Book) {
    for said in &case.run_logs {
        let says = &said.says;
        if says.mentions.is_empty() && says.pushes.is_empty() {
            continue;
        }
        let subject = says.title();
        let commit = says.commit().map(|one| one.commit.clone());
        let cites = says.mentions.iter().map(|one| one.line).chain(says.pushes.iter().map(|one| one.line)).take(LINES_OF_A_RUN);
        let cites = says.commit().map(|one| one.line).into_iter().chain(cites).map(|line| said.on(Some(line)));
        if let Some(event) = book.note(says.from, &subject, "run began", Citations::from_all(cites)) {
            let named = says.mentions.iter().map(|one| match &one.what {
                Mentioned::Arn(arn) => arn.to_string(),
                Mentioned::Name(name) => name.clone(),
            });
            event.related(named.chain(says.pushes.iter().map(|one| one.digest.clone())).chain(commit.clone()));
            let until = says.to.map(|to| format!("until {}", to.to_seconds_text()));
            let words = [Some(says.runner.to_string()), commit.map(|commit| format!("commit {commit}")), says.id.clone(), until];
            event.detail(words.into_iter().flatten().collect::<Vec<_>>().join(", "));
        }
    }
}

/// How long before and after callers got an error its container may have printed why: clocks differ, and requests take a minute.
const SAME_ERROR: Seconds = 90;

/// Errors of containers that are quoted beside what callers were told.
const QUOTED: usize = 3;

/// Notes what callers of endpoints were told, and what the containers printed at that time.
fn model_errors(case: &Case, book: &mut Book) {
    for said in &case.model_errors {
        let ModelError { endpoint, home, status, message, stream, count, first, last } = &said.says;
        let (Some(first), Some(last)) = (*first, *last) else { continue };
        let named =
            |own: &&super::serving::Endpoint| own.arn.last().eq_ignore_ascii_case(endpoint) && home.may_hold(&own.arn, true);
        let own = case.serving.endpoints().iter().find(named);
        let arn = own.map(|own| &own.arn);
        let mut printed: Vec<(String, &str, &Citation)> = Vec::new();
        for (variant, instance, own) in own.into_iter().flat_map(|own| case.printed_on(own)) {
            // Where the answer names the stream, the error is of that instance.
            if stream.as_ref().is_some_and(|(named, on)| named != variant || !on.eq_ignore_ascii_case(instance)) {
                continue;
            }
            let near = |at: &Option<Instant>| at.is_some_and(|at| first.plus(-SAME_ERROR) <= at && at <= last.plus(SAME_ERROR));
            let failure = own.failures.iter().find(|(at, ..)| near(at));
            printed.extend(failure.map(|(_, text, cite)| (format!("{variant}/{instance}"), text.as_str(), cite)));
        }
        let cites = printed.iter().take(QUOTED).map(|(.., cite)| (*cite).clone());
        let evidence = Citations::one(said.cite.clone()).and(cites.collect::<Vec<_>>());
        let subject = arn.map_or(endpoint.as_str(), |arn| arn.as_str());
        if let Some(event) = book.note_between(Bounds { earliest: first, latest: last }, subject, "model error", evidence) {
            let of = stream.as_ref().map(|(variant, instance)| format!("{variant}/{instance}"));
            event.related(of.into_iter().chain(printed.iter().map(|(of, ..)| of.clone())).chain([endpoint.clone()]));
            let status = match status {
                Some(0) => "no answer of the container".to_owned(),
                Some(status) => format!("status {status} of the container"),
                None => "an error of the container".to_owned(),
            };
            let told = message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
            let quoted = printed.iter().take(QUOTED).map(|(of, text, _)| format!("; {of} printed {text}"));
            event.detail(format!("{count} caller(s) told of {status}{told}{}", quoted.collect::<String>()));
        }
    }
}

fn alarms(case: &Case, book: &mut Book) {
    for alarm in case.alarms.iter() {
        let subject = alarm.subject();
        for transition in &alarm.transitions {
            let what = match transition.to {
                State::Alarm => "alarm raised",
                State::Ok => "alarm over",
                State::InsufficientData => "alarm without data",
            };
            let cites = Citations::from_all(transition.cites.iter().cloned());
            if let Some(event) = book.note(Some(transition.at), &subject, what, cites) {
                let endpoint = alarm.endpoint().map(|(endpoint, _)| endpoint.to_owned());
                event.related(endpoint).detail(if transition.by_hand.is_some() { "by hand" } else { "" });
            }
        }
    }
}

/// Notes the calls that no event so far tells of.
fn calls(case: &Case, book: &mut Book) {
    for said in &case.calls {
        let CallStatement { service, operation, arn, name, error, at, .. } = &said.says;
        if error.is_none() && book.told.contains(&(said.cite.exhibit, said.cite.locator.clone())) {
            continue;
        }
        let subject = arn.as_ref().map(ToString::to_string).or_else(|| name.clone()).unwrap_or_else(|| service.to_string());
        let what = format!("{service}:{operation}");
        let evidence: Citation = said.cite.clone();
        if let Some(event) = book.note(Some(*at), &subject, &what, Some(Citations::one(evidence))) {
            event.by(said.by.as_deref()).related(name.clone());
            event.detail(error.as_ref().map(|error| format!("refused: {error}")).unwrap_or_default());
        }
    }
}
