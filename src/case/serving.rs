//! What each endpoint variant served, from when to when, and how much it was asked.
//!
//! A request to update an endpoint is not the cut-over: that lies between the request and the first record that the endpoint is
//! in service with the new configuration. If the next such record shows the old configuration, the update was rolled back and
//! nothing changed. Failed calls change nothing.

mod brought;
mod components;
mod deployments;
mod hosts;
mod metered;
mod role;

use std::collections::{BTreeMap, BTreeSet};

use super::coverage::Coverage;
use super::metrics::{Metrics, Series};
use super::registry::Models;
use super::said::{Said, incarnations};
use super::switches::{self, Switch};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::{Arn, ArnKey, Home};
use crate::fact::component::ComponentStatement;
use crate::fact::serving::{ConfigStatement, EndpointAct, EndpointStatement, Variant};
use crate::time::{Instant, Seconds};

use super::claim::Grade;
pub use components::{Bare, Component, Run};
use deployments::{Deployment, deployments};
pub use deployments::{is_settled, time};
pub use hosts::{Host, Instance};
pub use role::Role;
pub(in crate::case) use role::component_of;

/// An instant that is known to lie between two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bounds {
    /// Not before.
    pub earliest: Instant,
    /// Not after.
    pub latest: Instant,
}

/// An interval in which a variant ran a model: by itself, by an inference component, or as a shadow.
#[derive(Clone, Debug)]
pub struct Span {
    /// Endpoint.
    pub endpoint: Arn,
    /// Its name with its case.
    pub name: String,
    /// Variant.
    pub variant: String,
    /// Model.
    pub model: Arn,
    /// When that model was created, which tells it from others of its name; unknown where the model is not in the evidence.
    pub model_created: Option<Instant>,
    /// When it began to serve.
    pub from: Bounds,
    /// When it ceased; nothing while it still serves.
    pub to: Option<Bounds>,
    /// Whether the endpoint was there before, and the variant had no share: then its first request is the first of this interval.
    pub is_fresh: bool,
    /// Whether the variant has no share afterwards: then its last request is the last of this interval.
    pub is_last: bool,
    /// Whether an update was tried then that was rolled back: two models may have had one variant, whose counts tell them not apart.
    pub is_tried: bool,
    /// Share of the endpoint's requests that it answered; nothing where that is not by weight.
    pub share: Option<f64>,
    /// How requests reach it.
    pub role: Role,
    /// How well that is known.
    pub grade: Grade,
    /// On what.
    pub evidence: Citations,
    /// Images that the variant was seen to run: as specified, as resolved to a digest.
    pub images: Vec<(Option<String>, String, Citation)>,
}

/// An endpoint.
#[derive(Debug)]
pub struct Endpoint {
    /// ARN.
    pub arn: Arn,
    /// Name with its case.
    pub name: String,
    /// When it was created.
    pub created: Option<Instant>,
    /// When it was deleted.
    pub deleted: Option<Instant>,
    /// Everything that was said of it.
    pub said: Vec<Said<EndpointStatement>>,
    /// What answered its requests.
    pub spans: Vec<Span>,
    /// What got copies of its requests, and answered nobody.
    pub shadows: Vec<Span>,
    /// Variants whose configuration names no model.
    pub bare: Vec<Bare>,
    /// Variants that name a model, while the weights of all were 0.
    pub unrouted: Vec<Bare>,
    /// Inference components.
    pub components: Vec<Component>,
    /// Configurations it was given that the evidence does not describe, with their names.
    pub unknown_configs: Vec<(Arn, String)>,
    /// What was asked of it, by time.
    pub switches: Vec<Switch>,
}

/// All endpoints, and the requests to them.
#[derive(Debug, Default)]
pub struct Serving {
    endpoints: Vec<Endpoint>,
    requests: Vec<Requests>,
    /// Requests that name an inference component.
    named_requests: Vec<Requests>,
    /// Inference components of which no endpoint is known.
    loose: Vec<Component>,
    configs: Configs,
}

/// The number of requests to a variant or inference component, by period.
#[derive(Debug)]
struct Requests {
    /// Name of the endpoint, or of the component.
    of: String,
    home: Home,
    variant: Option<String>,
    period: Seconds,
    points: Vec<(Instant, f64)>,
    cites: Vec<Citation>,
}

/// A count of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    /// How many.
    pub requests: u64,
    /// Whether the data covers the whole interval; otherwise there were at least so many.
    pub whole: bool,
    /// Where they are counted.
    pub cites: Vec<Citation>,
}

pub(super) type Configs = BTreeMap<ArnKey, Vec<(Option<Instant>, Vec<Said<ConfigStatement>>)>>;

/// A minute in microseconds: the shortest period in which requests are counted. Those of a cut-over go to the later model.
const MINUTE: i64 = 60_000_000;

impl Span {
    /// Returns from when on requests to the variant are requests to this model: those of a cut-over go to the later one.
    pub const fn asked_from(&self) -> Instant {
        let is_of_one_minute = self.from.latest.micros() - self.from.earliest.micros() <= MINUTE;
        if self.is_fresh || is_of_one_minute { self.from.earliest } else { self.from.latest }
    }

    /// Returns until when requests to the variant are requests to this model; nothing while it still serves.
    pub fn asked_until(&self) -> Option<Instant> {
        self.to.map(|to| if self.is_last { to.latest } else { to.earliest })
    }
}

impl Serving {
    pub(super) fn build(
        endpoints: Vec<(ArnKey, Said<EndpointStatement>)>,
        configs: Vec<(ArnKey, Said<ConfigStatement>)>,
        components: Vec<(ArnKey, Said<ComponentStatement>)>,
        models: &Models,
        metrics: &Metrics,
        coverage: &Coverage,
        as_of: Option<Instant>,
    ) -> Self {
        let configs: Configs = incarnations(configs, |statement| statement.created);
        let requests = self::requests(metrics, "EndpointName");
        let mut all = Vec::new();
        let endpoints = incarnations(endpoints, |statement| statement.created);
        let arns: Vec<Arn> = endpoints.values().flatten().filter_map(|(_, said)| Some(said.first()?.says.arn.clone())).collect();
        for groups in endpoints.into_values() {
            let lives: Vec<Option<Instant>> = groups.iter().map(|(created, _)| *created).collect();
            for (position, (created, said)) in groups.into_iter().enumerate() {
                let next = lives.get(position + 1).copied().flatten();
                let Some(arn) = said.first().map(|said| said.says.arn.clone()) else { continue };
                let shared = arns.iter().any(|other| is_namesake(other, &arn));
                let own: Vec<&Requests> = requests.iter().filter(|requests| requests.are_of(&arn, shared)).collect();
                all.extend(endpoint(created, next, said, &configs, models, &own, as_of));
            }
        }
        let loose = components::attach(&mut all, components, models, coverage, as_of);
        let named_requests = self::requests(metrics, "InferenceComponentName");
        Self { endpoints: all, requests, named_requests, loose, configs }
    }

    /// Returns the endpoints, by ARN and creation.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Returns the endpoint configurations, by ARN and creation, with everything that was said of each.
    pub fn configs(&self) -> impl Iterator<Item = (&Arn, &[Said<ConfigStatement>])> {
        let groups = self.configs.values().flatten();
        groups.filter_map(|(_, said)| Some((&said.first()?.says.arn, said.as_slice())))
    }

    /// Returns all intervals of serving; shadow variants serve nobody.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        self.endpoints.iter().flat_map(|endpoint| &endpoint.spans)
    }

    /// Returns the intervals in which a model served.
    pub fn of_model<'a>(&'a self, model: &'a Arn, created: Option<Instant>) -> impl Iterator<Item = &'a Span> {
        let key = model.key();
        self.spans().filter(move |span| span.model.key() == key && span.model_created == created)
    }

    /// Returns the series of a metric under `AWS/SageMaker` or of an endpoint's instances, of one variant; the shortest period first.
    pub fn measured<'a>(
        &self,
        metrics: &'a Metrics,
        endpoint: &Arn,
        variant: &str,
        metric: &str,
        statistic: &str,
    ) -> Vec<&'a Series> {
        let mut found = self.series(metrics, endpoint, variant, metric);
        found.retain(|series| series.statistic.eq_ignore_ascii_case(statistic));
        found
    }

    /// Returns the series of a variant's `ModelLatency`, whatever the statistic; the shortest period first.
    pub fn latencies<'a>(&self, metrics: &'a Metrics, endpoint: &Arn, variant: &str) -> Vec<&'a Series> {
        self.series(metrics, endpoint, variant, "ModelLatency")
    }

    fn series<'a>(&self, metrics: &'a Metrics, endpoint: &Arn, variant: &str, metric: &str) -> Vec<&'a Series> {
        let shared = self.is_shared(endpoint);
        let is_of = |series: &&Series| {
            let named = |name: &str, value: &str| series.dimensions.get(name).is_some_and(|own| own.eq_ignore_ascii_case(value));
            series.metric == metric
                && series.dimensions.len() == 2
                && named("EndpointName", endpoint.last())
                && series.dimensions.get("VariantName").is_some_and(|own| own == variant)
                && series.home.may_hold(endpoint, shared)
        };
        let mut found: Vec<&Series> = metrics.iter().filter(is_of).collect();
        found.sort_by_key(|series| series.data.period);
        found
    }

    /// Returns whether endpoints of other accounts or regions have the name of this one.
    pub fn is_shared(&self, endpoint: &Arn) -> bool {
        self.endpoints.iter().any(|other| is_namesake(&other.arn, endpoint))
    }

    /// Counts requests to an endpoint from `from` to `to`: to one variant, or to all that answer.
    pub fn requests(&self, endpoint: &Arn, variant: Option<&str>, from: Instant, to: Instant) -> Option<Exposure> {
        let shared = self.is_shared(endpoint);
        let mut of_endpoint: Vec<&Requests> = self.requests.iter().filter(|requests| requests.are_of(endpoint, shared)).collect();
        match variant {
            Some(variant) => of_endpoint.retain(|requests| requests.variant.as_deref() == Some(variant)),
            // Counts of the endpoint as a whole would double those of its variants.
            None if of_endpoint.iter().any(|requests| requests.variant.is_some()) => {
                of_endpoint.retain(|requests| requests.variant.is_some());
            }
            None => {}
        }
        // What is copied to a shadow variant is counted where it is answered.
        let has_shadows = variant.is_none() && self.has_shadows(endpoint);
        let is_copy = |requests: &Requests, at: Instant| {
            let ends = at.plus(requests.period);
            has_shadows && self.is_copied(endpoint, requests.variant.as_deref(), at, ends)
        };
        counted(&of_endpoint, from, to, &is_copy)
    }
}

/// Returns whether two endpoints of different accounts or regions have one name.
fn is_namesake(one: &Arn, other: &Arn) -> bool {
    one.last().eq_ignore_ascii_case(other.last()) && one.key() != other.key()
}

impl Requests {
    /// Returns whether they went to this endpoint, whose name others may have.
    fn are_of(&self, endpoint: &Arn, shared: bool) -> bool {
        self.of.eq_ignore_ascii_case(endpoint.last()) && self.home.may_hold(endpoint, shared)
    }
}

/// Adds up counts from `from` to `to`, without the periods that `is_left_out` names.
fn counted(all: &[&Requests], from: Instant, to: Instant, is_left_out: &dyn Fn(&Requests, Instant) -> bool) -> Option<Exposure> {
    let mut sum = 0.0;
    let mut cites = Vec::new();
    let mut whole = !all.is_empty();
    for requests in all {
        // The period of a cut-over goes to what serves at its end.
        let inside = requests.points.iter().filter(|(at, _)| at.plus(requests.period) > from && at.plus(requests.period) <= to);
        let counted: Vec<f64> = inside.filter(|(at, _)| !is_left_out(requests, *at)).map(|(_, count)| *count).collect();
        if !counted.is_empty() {
            cites.extend(requests.cites.iter().cloned());
        }
        sum += counted.iter().sum::<f64>();
        let (first, last) = (requests.points.first(), requests.points.last());
        whole &= first.is_some_and(|(at, _)| *at <= from.plus(requests.period))
            && last.is_some_and(|(at, _)| at.plus(2 * requests.period) >= to);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of requests are whole and not negative")]
    (!cites.is_empty()).then_some(Exposure { requests: sum.max(0.0).round() as u64, whole, cites })
}

/// Keeps the counts of requests by a dimension that names their endpoint or component. Of several periods the shortest comes first: what it counts is not counted again.
fn requests(metrics: &Metrics, dimension: &str) -> Vec<Requests> {
    let is_by_name = |series: &&Series| series.dimensions.contains_key("InferenceComponentName");
    let mut found: Vec<Requests> = metrics
        .iter()
        .filter(|series| series.metric == "Invocations" && series.statistic == "Sum")
        // Requests that name a component are counted for their variant too.
        .filter(|series| is_by_name(series) == (dimension == "InferenceComponentName"))
        .filter_map(|series| {
            Some(Requests {
                of: series.dimensions.get(dimension)?.clone(),
                home: series.home.clone(),
                variant: series.dimensions.get("VariantName").cloned(),
                period: series.data.period,
                points: series.data.points.clone(),
                cites: series.data.cites.clone(),
            })
        })
        .collect();
    found.sort_by_key(|requests| requests.period);
    for later in 1..found.len() {
        let (shorter, rest) = found.split_at_mut(later);
        let own = &mut rest[0];
        let same =
            |other: &&Requests| other.of.eq_ignore_ascii_case(&own.of) && other.variant == own.variant && other.home == own.home;
        let counted: Vec<(Instant, Instant)> = shorter
            .iter()
            .filter(same)
            .filter_map(|other| Some((other.points.first()?.0, other.points.last()?.0.plus(other.period))))
            .collect();
        own.points.retain(|(at, _)| !counted.iter().any(|(from, to)| from <= at && at < to));
    }
    found.retain(|requests| !requests.points.is_empty());
    found
}

/// Builds what is known of one life of an endpoint; `next` is when another of its name was created: by then this one was gone.
fn endpoint(
    created: Option<Instant>,
    next: Option<Instant>,
    mut said: Vec<Said<EndpointStatement>>,
    configs: &Configs,
    models: &Models,
    requests: &[&Requests],
    as_of: Option<Instant>,
) -> Option<Endpoint> {
    said.sort_by(|left, right| left.cite.cmp(&right.cite));
    let arn = said.first()?.says.arn.clone();
    let name = said.iter().find_map(|said| said.says.name.clone()).unwrap_or_else(|| arn.last().to_owned());
    let created = said.iter().filter_map(|said| said.says.created).min().or(created);
    let deleted = said.iter().filter(|said| said.says.act == EndpointAct::Deleted).filter_map(|said| said.cite.time).max();
    let ends = ends(&said, deleted, next, deployments::time);
    let (deleted, as_of) = (ends.map(|ends| ends.latest), [as_of, next].into_iter().flatten().min());
    let own_weights = |config: &str, at: Instant| -> BTreeMap<String, f64> {
        let config = Arn::sagemaker(arn.region(), arn.account(), "endpoint-config", config);
        let variants = variants_of(&config, at, configs).map(|(variants, _)| variants).unwrap_or_default();
        let answering = variants.into_iter().filter(|variant| !variant.shadow);
        answering.map(|variant| (variant.name, variant.weight.unwrap_or(1.0))).collect()
    };
    let mut deployments = deployments(&said, created, as_of, &own_weights);
    let answering = |deployment: &Deployment| -> BTreeSet<String> {
        let weights = deployment.in_force(deployment.from.latest, &own_weights);
        weights.into_iter().filter(|(_, weight)| *weight > 0.0).map(|(variant, _)| variant).collect()
    };
    metered::narrow(&mut deployments, deleted, &answering, requests);
    let answered: Vec<BTreeSet<String>> = deployments.iter().map(answering).collect();
    let (mut spans, mut shadows, mut bare, mut unrouted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut unknown_configs = Vec::new();
    for (position, deployment) in deployments.iter().enumerate() {
        let until = deployments.get(position + 1).map(|next| next.from).or(ends);
        for (config, part) in deployment.parts() {
            let config_arn = Arn::sagemaker(arn.region(), arn.account(), "endpoint-config", config);
            let Some((variants, config_cites)) = variants_of(&config_arn, deployment.from.latest, configs) else {
                unknown_configs.push((config_arn, config.to_owned()));
                continue;
            };
            // What was set, was set of the configuration in force.
            let set = |variant: &Variant| deployment.weights.get(&variant.name).copied().filter(|_| config == deployment.config);
            let weight = |variant: &Variant| set(variant).or(variant.weight).unwrap_or(1.0).max(0.0);
            let total: f64 = variants.iter().filter(|variant| !variant.shadow).map(weight).sum();
            for variant in &variants {
                let share = if total > 0.0 { part * weight(variant) / total } else { 0.0 };
                let cites = || deployment.cites.iter().chain(&config_cites).cloned();
                if (variant.model.is_none() || total <= 0.0) && !variant.shadow {
                    let into = if variant.model.is_none() { &mut bare } else { &mut unrouted };
                    into.push(Bare { variant: variant.name.clone(), from: deployment.from, to: until, cites: cites().collect() });
                }
                let Some(model) = variant.model.as_ref().filter(|_| share > 0.0) else { continue };
                let model = Arn::sagemaker(arn.region(), arn.account(), "model", model);
                let known = models.get(&model, Some(deployment.from.latest));
                let images = images(&said, &variant.name, deployment.from.earliest, until.map(|until| until.earliest));
                let Some(evidence) = Citations::from_all(cites()) else { continue };
                let (kept, share, role) = if variant.shadow {
                    (&mut shadows, None, Role::Shadow(share.min(1.0)))
                } else {
                    (&mut spans, Some(share), Role::Weighted)
                };
                kept.push(Span {
                    endpoint: arn.clone(),
                    name: name.clone(),
                    variant: variant.name.clone(),
                    model: known.map_or(model, |model| model.arn.clone()),
                    model_created: known.and_then(|model| model.created),
                    from: deployment.from,
                    to: until,
                    is_fresh: position.checked_sub(1).is_some_and(|before| !answered[before].contains(&variant.name)),
                    is_last: answered.get(position + 1).is_none_or(|after| !after.contains(&variant.name)),
                    is_tried: deployment.beside.is_some(),
                    share,
                    role,
                    grade: deployment.grade,
                    evidence,
                    images,
                });
            }
        }
    }
    let (spans, shadows) = (joined(spans), joined(shadows));
    let switches = switches::of(&arn, &said, configs);
    let components = Vec::new();
    Some(Endpoint { arn, name, created, deleted, said, spans, shadows, bare, unrouted, components, unknown_configs, switches })
}

/// Returns when something was deleted: when that was asked for, or at some time after the last record of it and before another of its
/// name was created.
fn ends<T>(
    said: &[Said<T>],
    deleted: Option<Instant>,
    next: Option<Instant>,
    time: impl Fn(&Said<T>) -> Option<Instant>,
) -> Option<Bounds> {
    let asked = deleted.map(|at| Bounds { earliest: at, latest: at });
    asked.or_else(|| {
        let latest = next?;
        let earliest = said.iter().filter_map(time).filter(|at| *at <= latest).max().unwrap_or(latest);
        Some(Bounds { earliest, latest })
    })
}

/// Joins neighbouring intervals in which nothing changed for a variant.
fn joined(spans: Vec<Span>) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        let before = joined
            .iter_mut()
            .rev()
            // An adapter answers with two models at once.
            .find(|before| {
                before.variant == span.variant
                    && before.role.component() == span.role.component()
                    && (span.role.component().is_none() || before.model.key() == span.model.key())
            });
        match before {
            Some(before)
                if before.model.key() == span.model.key()
                    && before.model_created == span.model_created
                    // What an adapter brings is as well known as what it adapts, which changes.
                    && (before.grade == span.grade || !span.is_own_container())
                    && is_close(before.share, span.share)
                    && is_close(before.role.copies(), span.role.copies())
                    && before.to == Some(span.from) =>
            {
                (before.to, before.is_last) = (span.to, span.is_last);
                before.evidence = before.evidence.clone().and(span.evidence);
                before.images.extend(span.images);
            }
            _ => joined.push(span),
        }
    }
    joined
}

fn is_close(one: Option<f64>, other: Option<f64>) -> bool {
    one.is_none() && other.is_none() || one.zip(other).is_some_and(|(one, other)| (one - other).abs() < 1e-9)
}

/// Returns the variants of a configuration as it was at `at`.
fn variants_of(arn: &Arn, at: Instant, configs: &Configs) -> Option<(Vec<Variant>, Vec<Citation>)> {
    let described = described(arn, at, configs)?;
    let variants = described.first()?.says.variants.clone();
    Some((variants, described.iter().map(|said| said.cite.clone()).collect()))
}

/// Returns what is said of a configuration as it was at `at`, where its variants are told.
pub(super) fn described<'a>(arn: &Arn, at: Instant, configs: &'a Configs) -> Option<Vec<&'a Said<ConfigStatement>>> {
    let groups = configs.get(&arn.key())?;
    let lived = groups.iter().rev().find(|(created, _)| created.is_none_or(|created| created.plus(-90) <= at))?;
    Some(lived.1.iter().filter(|said| !said.says.variants.is_empty()).collect())
}

/// Returns the images that a variant was seen to run in an interval. What was resolved while the next configuration came in is its.
fn images(
    said: &[Said<EndpointStatement>],
    variant: &str,
    from: Instant,
    to: Option<Instant>,
) -> Vec<(Option<String>, String, Citation)> {
    let mut found = Vec::new();
    for said in said {
        let seen = said.says.seen.or(said.says.modified).or(said.cite.time);
        for running in said.says.variants.iter().filter(|running| running.name == variant) {
            for (specified, resolved, at) in &running.images {
                let at = at.or(seen);
                let inside = at.is_none_or(|at| at >= from.plus(-90) && to.is_none_or(|to| at < to));
                if let Some(resolved) = resolved.as_ref().filter(|_| inside) {
                    found.push((specified.clone(), resolved.clone(), said.cite.clone()));
                }
            }
        }
    }
    found
}
