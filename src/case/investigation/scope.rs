//! What concerns an endpoint: itself, its configurations and models, what these rest on, the alarms on it.

use std::collections::BTreeSet;

use crate::case::Case;
use crate::case::families::families;
use crate::case::freshness::containers;
use crate::case::lineage::{self, Lineage};
use crate::case::serving::{Endpoint, Span};
use crate::case::timeline::Event;
use crate::fact::arn::Arn;
use crate::fact::image::ImageRef;
use crate::fact::job::InputRole;
use crate::fact::s3::S3Uri;

/// The names and places that concern an endpoint.
#[derive(Debug, Default)]
pub struct Scope {
    /// ARNs and names, folded to lower case.
    names: BTreeSet<String>,
    places: BTreeSet<S3Uri>,
    /// The endpoint's name, by which alarms on it are known.
    endpoint: String,
}

impl Scope {
    pub(super) fn of(case: &Case, endpoint: &Endpoint, (served, shadows): (&[&Span], &[&Span]), lineages: &[&Lineage]) -> Self {
        let mut scope = Self { endpoint: endpoint.name.to_lowercase(), ..Self::default() };
        let arn = &endpoint.arn;
        scope.name(arn.as_str());
        scope.name(&endpoint.name);
        for config in endpoint.said.iter().filter_map(|said| said.says.config.as_deref()) {
            scope.name(Arn::sagemaker(arn.region(), arn.account(), "endpoint-config", config).as_str());
        }
        for alarm in case.alarms.iter().chain(&case.alarms.wanted) {
            if alarm.is_on(endpoint) {
                scope.name(&alarm.subject());
                scope.name(&alarm.name);
            }
        }
        for component in &endpoint.components {
            scope.name(component.arn.as_str());
        }
        for span in shadows {
            scope.name(span.model.as_str());
        }
        for lineage in lineages {
            scope.lineage(lineage);
        }
        for span in served {
            scope.name(span.model.as_str());
            let Some(model) = case.models.of(span) else { continue };
            for container in containers(case, model) {
                let named = container.environment.values().flat_map(|value| S3Uri::find_all(value));
                scope.places.extend(named.chain(container.artifact.clone()));
                container.package.iter().for_each(|package| scope.name(package.as_str()));
                container.image.iter().for_each(|image| scope.image(image));
            }
        }
        scope.producers(case);
        scope
    }

    fn name(&mut self, name: &str) {
        self.names.insert(name.to_lowercase());
    }

    fn image(&mut self, uri: &str) {
        if let Some(image) = ImageRef::parse(uri) {
            self.name(&image.repository);
        }
        self.name(uri);
    }

    fn lineage(&mut self, lineage: &Lineage) {
        self.name(lineage.arn.as_str());
        let claims = [&lineage.training_job, &lineage.pipeline_execution];
        let through = claims.iter().flat_map(|claim| claim.value().into_iter().chain(claim.hops()));
        let produced = lineage.data.iter().filter_map(|channel| channel.produced_by.value());
        let package = lineage.package.value().map(|package| &package.arn);
        through.chain(produced).chain(package).for_each(|arn| self.name(arn.as_str()));
        let images = [&lineage.code.training_image, &lineage.code.serving_image];
        images.iter().filter_map(|claim| claim.value()).for_each(|image| self.image(&image.uri));
        let uris = lineage.data.iter().map(|channel| channel.uri.as_str());
        let uris = uris.chain(lineage.artifact.value().map(|artifact| artifact.uri.as_str()));
        let uris = uris.chain(lineage.code.source.value().map(|source| source.uri.as_str()));
        self.places.extend(uris.filter_map(S3Uri::parse));
    }

    /// Adds the runs of recurring jobs that write what is concerned, what those read, and the images that they run.
    fn producers(&mut self, case: &Case) {
        for family in families(case.jobs.iter()) {
            let outputs = || family.runs.iter().flat_map(|run| &run.outputs);
            let writes = outputs()
                .filter_map(|output| output.uri.as_ref())
                .any(|uri| self.places.iter().any(|place| uri.is_folder_of(place) || place.is_folder_of(uri)));
            let is_named = family.runs.iter().any(|run| self.holds(run.arn.as_str()));
            if !writes && !is_named {
                continue;
            }
            // Of a training family only the runs of the lineage are meant, of a producer all.
            if writes {
                family.runs.iter().for_each(|run| self.name(run.arn.as_str()));
                self.name(&family.name);
            }
            for run in family.runs.iter().filter(|run| writes || self.holds(run.arn.as_str())).copied().collect::<Vec<_>>() {
                run.image.iter().for_each(|image| self.image(image));
                let read = run.inputs.iter().filter(|input| input.role == InputRole::Data).filter_map(|input| input.uri.clone());
                self.places.extend(read.chain(lineage::named_data(run).into_iter().map(|(_, uri)| uri)));
            }
        }
    }

    /// Returns whether an ARN, name or S3 URI is concerned.
    pub fn holds(&self, subject: &str) -> bool {
        if self.names.contains(&subject.to_lowercase()) {
            return true;
        }
        let Some(uri) = subject.starts_with("s3://").then(|| S3Uri::parse(subject)).flatten() else { return false };
        self.places.iter().any(|place| place.is_prefix_of(&uri))
    }

    /// Returns whether an event is of something that is concerned.
    pub(super) fn concerns(&self, event: &Event) -> bool {
        let of_alarm = event.what.starts_with("alarm ") && event.related.iter().any(|name| name.to_lowercase() == self.endpoint);
        of_alarm || self.holds(&event.subject)
    }
}
