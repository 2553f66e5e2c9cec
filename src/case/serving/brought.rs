//! What inference components answered with: models by name, containers of their own, and what adapters add to the component that
//! they adapt.
//!
//! A component that brings a container is its own model: no other name stands for it. It is known by the component's ARN and by when
//! it was asked for, since an update puts another container behind the same ARN.

use super::super::claim::Grade;
use super::super::registry::{Model, Models};
use super::super::said::Said;
use super::components::{first_of, last_of};
use super::{Bounds, Component, Endpoint, Role, Run, Serving, Span};
use crate::evidence::citation::Citation;
use crate::fact::Words;
use crate::fact::arn::Arn;
use crate::fact::component::{ComponentAct, ComponentStatement, Specification};
use crate::fact::registry::{Container, ModelStatement};

/// Returns the intervals in which an endpoint's components answered.
pub(super) fn spans(endpoint: &Endpoint, models: &Models) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for component in &endpoint.components {
        for run in component.runs.iter().filter(|run| run.has_copies) {
            let own = models_of(run);
            let container = run.specifications.iter().any(|own| own.has_container() && own.base.is_none());
            // Which of several types of instances answered is not recorded.
            let is_alone = own.len() + usize::from(container) < 2;
            let grade = if is_alone { run.grade } else { run.grade.weaker(Grade::C) };
            for model in own {
                let arn = Arn::sagemaker(endpoint.arn.region(), endpoint.arn.account(), "model", model);
                let known = models.get(&arn, Some(run.from.latest));
                spans.push(Span {
                    model: known.map_or(arn, |model| model.arn.clone()),
                    model_created: known.and_then(|model| model.created),
                    grade,
                    images: images(component, &|own| own.model.as_deref() == Some(model)),
                    ..by_container(endpoint, component, run)
                });
            }
            spans.extend(container.then(|| Span { grade, ..by_container(endpoint, component, run) }));
        }
    }
    let adapted = adapted(endpoint, &spans);
    spans.extend(adapted);
    spans.sort_by(|left, right| {
        let order = |span: &Span| (span.from, span.role.component().map(str::to_owned), span.to);
        order(left).cmp(&order(right)).then_with(|| left.model.cmp(&right.model))
    });
    spans
}

/// Returns the interval in which a component answered with its own container.
fn by_container(endpoint: &Endpoint, component: &Component, run: &Run) -> Span {
    Span {
        endpoint: endpoint.arn.clone(),
        name: endpoint.name.clone(),
        variant: component.variant.as_deref().unwrap_or_else(|| only_variant(endpoint)).to_owned(),
        model: component.arn.clone(),
        model_created: Some(run.taken.earliest),
        from: run.from,
        to: run.to,
        is_fresh: false,
        is_last: false,
        is_tried: false,
        share: None,
        role: Role::Component(component.name.clone()),
        grade: run.grade,
        evidence: run.evidence.clone(),
        images: images(component, &|own| own.has_container() && run.specifications.iter().any(|wanted| wanted.is_same(own))),
    }
}

/// Returns the models of a run that have a name.
fn models_of(run: &Run) -> Vec<&str> {
    let mut names: Vec<&str> = run.specifications.iter().filter_map(|own| own.model.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns the intervals in which adapters answered, as long as the component that they adapt had copies: with its model, and with the
/// bytes that they bring.
fn adapted(endpoint: &Endpoint, spans: &[Span]) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    for component in &endpoint.components {
        for run in component.runs.iter().filter(|run| run.has_copies) {
            for own in &run.specifications {
                let Some(base) = own.base.as_deref() else { continue };
                let bring = |found: &mut Vec<Span>, span: Span| {
                    let is_known = |other: &Span| {
                        (other.from, other.to) == (span.from, span.to)
                            && other.model == span.model
                            && other.role.component() == span.role.component()
                    };
                    if own.has_container() && !found.iter().any(is_known) {
                        found.push(span);
                    }
                };
                for span in spans.iter().filter(|span| is_component(span, base)) {
                    let from = last_of(run.from, span.from);
                    let to = first_of(run.to, span.to);
                    if to.is_some_and(|to| to.latest <= from.earliest) {
                        continue;
                    }
                    let from = Bounds { latest: to.map_or(from.latest, |to| from.latest.min(to.latest)), ..from };
                    let grade = run.grade.weaker(span.grade);
                    let evidence = run.evidence.clone().and(span.evidence.iter().cloned());
                    let role = Role::Component(component.name.clone());
                    bring(
                        &mut found,
                        Span { from, to, grade, evidence: evidence.clone(), ..by_container(endpoint, component, run) },
                    );
                    found.push(Span { from, to, role, grade, evidence, ..span.clone() });
                }
                // An adapter in service has what it adapts, whether or not that is in the evidence.
                if !endpoint.components.iter().any(|other| other.name.eq_ignore_ascii_case(base)) {
                    let grade = run.grade.weaker(Grade::C);
                    bring(&mut found, Span { grade, ..by_container(endpoint, component, run) });
                }
            }
        }
    }
    found
}

fn is_component(span: &Span, name: &str) -> bool {
    span.role.component().is_some_and(|own| own.eq_ignore_ascii_case(name))
}

/// Returns the variant of an endpoint whose configuration names no model, where there is one alone.
fn only_variant(endpoint: &Endpoint) -> &str {
    let mut names: Vec<&str> = endpoint.bare.iter().map(|bare| bare.variant.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() == 1 { names[0] } else { "" }
}

/// Returns the images that answers show a component to run with some of its specifications.
fn images(component: &Component, is_meant: &dyn Fn(&Specification) -> bool) -> Vec<(Option<String>, String, Citation)> {
    let mut found = Vec::new();
    for said in component.said.iter().filter(|said| said.says.act == ComponentAct::State) {
        for own in said.says.runs.iter().filter(|own| is_meant(own)) {
            found.extend(own.resolved.clone().map(|resolved| (own.image.clone(), resolved, said.cite.clone())));
        }
    }
    found
}

impl Span {
    /// Returns whether an inference component answered with a container of its own, which no model's name stands for.
    pub fn is_own_container(&self) -> bool {
        self.model.kind() == "inference-component"
    }

    /// Says what ran.
    pub fn runs_text(&self) -> String {
        let name = self.model.last();
        if self.is_own_container() { format!("container of component {name}") } else { name.to_owned() }
    }
}

impl Serving {
    /// Returns the containers that inference components brought themselves, each as a model that is known by the component.
    pub(in crate::case) fn brought(&self) -> Vec<Model> {
        self.components().flat_map(models).collect()
    }
}

/// Returns the containers that a component brought, in order.
fn models(component: &Component) -> Vec<Model> {
    let mut found: Vec<Model> = Vec::new();
    for run in &component.runs {
        let mut containers: Vec<Container> = Vec::new();
        for own in run.specifications.iter().filter(|own| own.has_container()) {
            let container = container(own);
            if !containers.contains(&container) {
                containers.push(container);
            }
        }
        // Without copies in between it is the same as before.
        let created = Some(run.taken.earliest);
        if containers.is_empty() || found.last().is_some_and(|before| before.created == created) {
            continue;
        }
        let of_run: Vec<&Said<ComponentStatement>> = component
            .said
            .iter()
            .filter(|said| !said.says.runs.is_empty() && run.evidence.iter().any(|cite| *cite == said.cite))
            .collect();
        let said = of_run.iter().map(|said| Said { says: statement(said), by: said.by.clone(), cite: said.cite.clone() });
        let asked = of_run.iter().find(|said| said.says.words == Words::Request);
        found.push(Model {
            arn: component.arn.clone(),
            name: component.name.clone(),
            created,
            loaded: Some(run.taken.latest),
            disputed: None,
            containers,
            is_described: true,
            by: asked.and_then(|said| said.by.clone()),
            tags: litemap::LiteMap::new(),
            said: said.collect(),
        });
    }
    found
}

fn container(own: &Specification) -> Container {
    Container {
        image: own.image.clone(),
        artifact: own.artifact.clone(),
        environment: own.environment.clone(),
        ..Container::default()
    }
}

/// Returns what a record says about the containers that a component brings.
fn statement(said: &Said<ComponentStatement>) -> ModelStatement {
    let says = &said.says;
    ModelStatement {
        arn: says.arn.clone(),
        name: says.name.clone(),
        words: says.words,
        created: None,
        seen: says.seen,
        containers: says.runs.iter().filter(|own| own.has_container()).map(container).collect(),
        role: None,
        tags: litemap::LiteMap::new(),
    }
}
