//! What each endpoint variant served, from when to when, and how much it was asked.
//!
//! A request to update an endpoint is not the cut-over: that lies between the request and the first record that the endpoint is
//! in service with the new configuration. If the next such record shows the old configuration, the update was rolled back and
//! nothing changed. Failed calls change nothing.

use std::collections::BTreeMap;

use super::metrics::{Metrics, Series};
use super::registry::Models;
use super::said::{Said, incarnations};
use super::switches::{self, Switch};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::{Arn, ArnKey, Home};
use crate::fact::serving::{ConfigStatement, EndpointAct, EndpointStatement, Variant};
use crate::time::{Instant, Seconds};

use super::claim::Grade;

/// An instant that is known to lie between two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bounds {
    /// Not before.
    pub earliest: Instant,
    /// Not after.
    pub latest: Instant,
}

/// An interval in which a variant served a model.
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
    /// Share of the endpoint's requests.
    pub share: f64,
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
    /// What it served.
    pub spans: Vec<Span>,
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
}

/// The number of requests to a variant, by period.
#[derive(Debug)]
struct Requests {
    endpoint: String,
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

impl Serving {
    pub(super) fn build(
        endpoints: Vec<(ArnKey, Said<EndpointStatement>)>,
        configs: Vec<(ArnKey, Said<ConfigStatement>)>,
        models: &Models,
        metrics: &Metrics,
        as_of: Option<Instant>,
    ) -> Self {
        let configs: Configs = incarnations(configs, |statement| statement.created);
        let mut all = Vec::new();
        for groups in incarnations(endpoints, |statement| statement.created).into_values() {
            for (created, said) in groups {
                all.extend(endpoint(created, said, &configs, models, as_of));
            }
        }
        Self { endpoints: all, requests: requests(metrics) }
    }

    /// Returns the endpoints, by ARN and creation.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Returns all intervals of serving.
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
        let named = |other: &Arn| other.last().eq_ignore_ascii_case(endpoint.last()) && other.key() != endpoint.key();
        self.endpoints.iter().any(|other| named(&other.arn))
    }

    /// Counts requests to an endpoint (one variant, or all) from `from` to `to`.
    pub fn requests(&self, endpoint: &Arn, variant: Option<&str>, from: Instant, to: Instant) -> Option<Exposure> {
        let shared = self.is_shared(endpoint);
        let is_of = |requests: &&Requests| {
            requests.endpoint.eq_ignore_ascii_case(endpoint.last()) && requests.home.may_hold(endpoint, shared)
        };
        let mut of_endpoint: Vec<&Requests> = self.requests.iter().filter(is_of).collect();
        match variant {
            Some(variant) => of_endpoint.retain(|requests| requests.variant.as_deref() == Some(variant)),
            // Counts of the endpoint as a whole would double those of its variants.
            None if of_endpoint.iter().any(|requests| requests.variant.is_some()) => {
                of_endpoint.retain(|requests| requests.variant.is_some());
            }
            None => {}
        }
        let mut sum = 0.0;
        let mut cites = Vec::new();
        let mut whole = !of_endpoint.is_empty();
        for requests in &of_endpoint {
            // The period of a cut-over goes to what serves at its end.
            let inside =
                requests.points.iter().filter(|(at, _)| at.plus(requests.period) > from && at.plus(requests.period) <= to);
            let counted: Vec<f64> = inside.map(|(_, count)| *count).collect();
            if !counted.is_empty() {
                cites.extend(requests.cites.iter().cloned());
            }
            sum += counted.iter().sum::<f64>();
            let (first, last) = (requests.points.first(), requests.points.last());
            whole &= first.is_some_and(|(at, _)| *at <= from.plus(requests.period))
                && last.is_some_and(|(at, _)| at.plus(2 * requests.period) >= to);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts of requests are whole and not negative"
        )]
        (!cites.is_empty()).then_some(Exposure { requests: sum.max(0.0).round() as u64, whole, cites })
    }
}

/// Keeps the counts of requests. Of several periods the shortest comes first: what it counts is not counted again.
fn requests(metrics: &Metrics) -> Vec<Requests> {
    let mut found: Vec<Requests> = metrics
        .iter()
        .filter(|series| series.metric == "Invocations" && series.statistic == "Sum")
        .filter_map(|series| {
            Some(Requests {
                endpoint: series.dimensions.get("EndpointName")?.clone(),
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
        let same = |other: &&Requests| {
            other.endpoint.eq_ignore_ascii_case(&own.endpoint) && other.variant == own.variant && other.home == own.home
        };
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

/// A configuration in force.
struct Deployment {
    config: String,
    /// Weights by variant that override the configuration's.
    weights: BTreeMap<String, f64>,
    from: Bounds,
    grade: Grade,
    cites: Vec<Citation>,
}

fn endpoint(
    created: Option<Instant>,
    mut said: Vec<Said<EndpointStatement>>,
    configs: &Configs,
    models: &Models,
    as_of: Option<Instant>,
) -> Option<Endpoint> {
    said.sort_by(|left, right| left.cite.cmp(&right.cite));
    let arn = said.first()?.says.arn.clone();
    let name = said.iter().find_map(|said| said.says.name.clone()).unwrap_or_else(|| arn.last().to_owned());
    let created = said.iter().filter_map(|said| said.says.created).min().or(created);
    let deleted = said.iter().filter(|said| said.says.act == EndpointAct::Deleted).filter_map(|said| said.cite.time).max();
    let (deployments, ends) = deployments(&said, created, deleted, as_of);
    let mut spans = Vec::new();
    let mut unknown_configs = Vec::new();
    for (position, deployment) in deployments.iter().enumerate() {
        let config_arn = Arn::sagemaker(arn.region(), arn.account(), "endpoint-config", &deployment.config);
        let until = deployments.get(position + 1).map(|next| next.from).or(ends);
        let Some((variants, config_cites)) = variants_of(&config_arn, deployment.from.latest, configs) else {
            unknown_configs.push((config_arn, deployment.config.clone()));
            continue;
        };
        let weight =
            |variant: &Variant| deployment.weights.get(&variant.name).copied().or(variant.weight).unwrap_or(1.0).max(0.0);
        let total: f64 = variants.iter().filter(|variant| !variant.shadow).map(weight).sum();
        for variant in variants.iter().filter(|variant| !variant.shadow) {
            let share = if total > 0.0 { weight(variant) / total } else { 0.0 };
            let Some(model) = variant.model.as_ref().filter(|_| share > 0.0) else { continue };
            let model = Arn::sagemaker(arn.region(), arn.account(), "model", model);
            let known = models.get(&model, Some(deployment.from.latest));
            let images = images(&said, &variant.name, deployment.from.earliest, until.map(|until| until.earliest));
            let cites = deployment.cites.iter().chain(&config_cites).cloned();
            let Some(evidence) = Citations::from_all(cites) else { continue };
            spans.push(Span {
                endpoint: arn.clone(),
                name: name.clone(),
                variant: variant.name.clone(),
                model: known.map_or(model, |model| model.arn.clone()),
                model_created: known.and_then(|model| model.created),
                from: deployment.from,
                to: until,
                share,
                grade: deployment.grade,
                evidence,
                images,
            });
        }
    }
    let spans = joined(spans);
    let switches = switches::of(&arn, &said, configs);
    Some(Endpoint { arn, name, created, deleted, said, spans, unknown_configs, switches })
}

/// Joins neighbouring intervals in which nothing changed for a variant.
fn joined(spans: Vec<Span>) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        let before = joined.iter_mut().rev().find(|before| before.variant == span.variant);
        match before {
            Some(before)
                if before.model.key() == span.model.key()
                    && before.model_created == span.model_created
                    && (before.share - span.share).abs() < 1e-9
                    && before.to == Some(span.from) =>
            {
                before.to = span.to;
                before.evidence = before.evidence.clone().and(span.evidence);
                before.images.extend(span.images);
            }
            _ => joined.push(span),
        }
    }
    joined
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

/// Puts an endpoint's configurations in order; the second value tells when the last of them ended.
fn deployments(
    said: &[Said<EndpointStatement>],
    created: Option<Instant>,
    deleted: Option<Instant>,
    as_of: Option<Instant>,
) -> (Vec<Deployment>, Option<Bounds>) {
    let acts: Vec<(Instant, &Said<EndpointStatement>)> =
        ordered(said.iter().filter(|said| said.says.act != EndpointAct::State).filter_map(|said| Some((time(said)?, said))));
    let states: Vec<(Instant, &Said<EndpointStatement>)> = ordered(
        said.iter()
            .filter(|said| said.says.act == EndpointAct::State && said.says.config.is_some())
            .filter_map(|said| Some((time(said)?, said))),
    );
    let mut deployments: Vec<Deployment> = Vec::new();
    for (position, (at, act)) in acts.iter().enumerate() {
        let next =
            acts[position + 1..].iter().find(|(_, act)| !matches!(act.says.act, EndpointAct::Reweighted)).map(|(at, _)| *at);
        let until = next.or(as_of).unwrap_or(*at).max(*at);
        match act.says.act {
            EndpointAct::Created | EndpointAct::Updated { .. } => {
                let Some(config) = act.says.config.clone() else { continue };
                let settled = states.iter().find(|(seen, state)| *seen >= *at && *seen <= until && is_settled(state));
                let rolls_back = |(seen, state): &&(Instant, &Said<EndpointStatement>)| {
                    *seen >= *at && *seen <= until && state.says.status.as_deref() == Some("RollingBack")
                };
                let (latest, grade, more) = match settled {
                    // It was on its way back when it was last seen.
                    None if states.iter().any(|state| rolls_back(&state)) => continue,
                    // The endpoint came out of the update with another configuration: it was rolled back.
                    Some((_, state))
                        if state.says.config.as_ref() != Some(&config) || state.says.status.as_deref() == Some("Failed") =>
                    {
                        continue;
                    }
                    Some((seen, state)) => (
                        state.says.modified.filter(|modified| modified >= at).unwrap_or(*seen).min(*seen),
                        Grade::B,
                        Some(state.cite.clone()),
                    ),
                    None => (until, Grade::C, None),
                };
                let weights = match (act.says.act, deployments.last()) {
                    (EndpointAct::Updated { retain: true, .. }, Some(before)) => before.weights.clone(),
                    _ => BTreeMap::new(),
                };
                let cites = std::iter::once(act.cite.clone()).chain(more).collect();
                deployments.push(Deployment { config, weights, from: Bounds { earliest: *at, latest }, grade, cites });
            }
            EndpointAct::Reweighted => {
                let Some(before) = deployments.last() else { continue };
                let mut weights = before.weights.clone();
                weights.extend(act.says.variants.iter().filter_map(|variant| Some((variant.name.clone(), variant.weight?))));
                if weights == before.weights {
                    continue;
                }
                let cites = before.cites.iter().cloned().chain([act.cite.clone()]).collect();
                let from = Bounds { earliest: *at, latest: (*at).max(before.from.latest.min(at.plus(60))) };
                deployments.push(Deployment { config: before.config.clone(), weights, from, grade: before.grade, cites });
            }
            EndpointAct::Deleted | EndpointAct::State => {}
        }
    }
    // States tell of configurations for whose deployment there is no request in the evidence.
    for (seen, state) in states {
        let Some(config) = state.says.config.clone() else { continue };
        if !is_settled(state) || state.says.status.as_deref() == Some("Failed") {
            continue;
        }
        let in_force = deployments.iter().rfind(|deployment| deployment.from.earliest <= seen);
        if let Some(true) = in_force.map(|deployment| deployment.config == config) {
            if let Some(deployment) = deployments.iter_mut().rfind(|deployment| deployment.from.earliest <= seen) {
                deployment.cites.push(state.cite.clone());
            }
        } else {
            let modified = state.says.modified.unwrap_or(seen).min(seen);
            let earliest = created.unwrap_or(modified).min(modified);
            let earliest = deployments
                .iter()
                .filter(|other| other.from.latest <= modified)
                .map(|other| other.from.latest)
                .max()
                .unwrap_or(earliest);
            deployments.push(Deployment {
                config,
                weights: BTreeMap::new(),
                from: Bounds { earliest, latest: modified },
                grade: Grade::B,
                cites: vec![state.cite.clone()],
            });
            deployments.sort_by_key(|left| left.from);
        }
    }
    let ends = deleted.map(|deleted| Bounds { earliest: deleted, latest: deleted });
    (deployments, ends)
}

/// Returns when a record tells of an endpoint: a request when it was made; an answer tells of the state since its last change, at
/// the latest when it was made.
pub fn time(said: &Said<EndpointStatement>) -> Option<Instant> {
    match said.says.act {
        EndpointAct::State => said.says.seen.or(said.says.modified).or(said.cite.time),
        _ => said.cite.time,
    }
}

fn ordered<'a>(
    items: impl Iterator<Item = (Instant, &'a Said<EndpointStatement>)>,
) -> Vec<(Instant, &'a Said<EndpointStatement>)> {
    let mut items: Vec<_> = items.collect();
    items.sort_by(|left, right| left.0.cmp(&right.0).then_with(|| left.1.cite.cmp(&right.1.cite)));
    items
}

/// Returns whether a state is not one of change: then its configuration is the one in force.
pub fn is_settled(said: &Said<EndpointStatement>) -> bool {
    said.says.status.as_deref().is_none_or(|status| matches!(status, "InService" | "Failed" | "OutOfService"))
}
