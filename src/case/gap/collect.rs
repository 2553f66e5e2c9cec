//! What a whole case lacks.

use std::collections::{BTreeMap, BTreeSet};

use super::{GapBook, GapContext, GapKey, Gaps, Place};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::jobs::{Job, LimitSetter};
use crate::case::lineage::Lineage;
use crate::case::said::Said;
use crate::case::serving::{Endpoint, Span, is_settled, time};
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::call::{Listed, ListedStatement};
use crate::fact::job::JobStatus;
use crate::fact::s3::S3Uri;
use crate::fact::serving::{EndpointAct, EndpointStatement};
use crate::time::Instant;

impl Case {
    /// Returns the gaps of the given models and endpoints, with what checks need besides.
    pub fn gaps(&self, lineages: &[&Lineage], spans: &[&Span], jobs: &[&Job], needs: &BTreeSet<GapKey>) -> Gaps {
        let mut book = GapBook::default();
        for lineage in lineages {
            for key in lineage.hops().iter().flat_map(|hop| hop.missing) {
                book.lifts(key);
            }
        }
        // What would show that a listing of versions has lost none.
        let places = lineages.iter().flat_map(|lineage| &lineage.data).filter(|channel| channel.version.grade() <= Grade::B);
        for uri in places.filter_map(|channel| S3Uri::parse(&channel.uri)) {
            if !self.objects.knows_lifecycle(&uri.bucket) {
                book.need(&GapKey::Lifecycle(uri.bucket.to_string()));
            }
        }
        for key in needs {
            book.need(key);
        }
        self.of_serving(spans, &mut book);
        self.of_changes(spans, &mut book);
        of_limits(jobs, &mut book);
        self.close(book)
    }

    /// Returns the gaps that would lift claims, those of the given intervals of serving, and what is needed besides.
    pub fn gaps_of(&self, lifts: &[&GapKey], spans: &[&Span], needs: &BTreeSet<GapKey>) -> Gaps {
        let mut book = GapBook::default();
        for key in lifts {
            book.lifts(key);
        }
        for key in needs {
            book.need(key);
        }
        self.of_serving(spans, &mut book);
        self.of_changes(spans, &mut book);
        self.close(book)
    }

    /// Words and numbers what is missing.
    fn close(&self, book: GapBook) -> Gaps {
        let names = self.names();
        let name_of = |arn: &Arn| names.get(&arn.key()).map_or_else(|| arn.last().to_owned(), |name| (*name).to_owned());
        book.close(&GapContext {
            as_of: self.as_of,
            trail_buckets: &self.coverage.trail_buckets,
            log_retention: &|group| self.logs.retention(group).flatten(),
            version_retention: &|bucket, prefix| self.version_retention(bucket, prefix),
            name_of: &name_of,
        })
    }

    /// Notes configurations and inference components that nothing describes, and requests that nothing counts.
    fn of_serving(&self, spans: &[&Span], book: &mut GapBook) {
        for (config, _) in self.unknown_configs() {
            book.lifts(&GapKey::EndpointConfig(config.clone()));
        }
        for endpoint in self.serving.endpoints() {
            for key in self.lacks_components(endpoint) {
                book.lifts(&key);
            }
        }
        for component in self.serving.loose() {
            book.lifts(&GapKey::Component(component.arn.clone()));
        }
        for span in spans.iter().filter(|span| !span.is_tried) {
            let Some(to) = span.asked_until().or(self.as_of).filter(|to| *to > span.asked_from()) else { continue };
            let counted = self.serving.requests_of(span, span.asked_from(), to);
            if counted.is_none_or(|counted| !counted.whole) {
                book.lifts(&GapKey::requests_of(span, span.asked_from(), to));
            }
        }
    }

    /// Returns the names of resources as their owners write them.
    fn names(&self) -> BTreeMap<ArnKey, &str> {
        let jobs = self.jobs.iter().map(|job| (job.arn.key(), job.name.as_str()));
        let models = self.models.iter().map(|model| (model.arn.key(), model.name.as_str()));
        let endpoints = self.serving.endpoints().iter().map(|endpoint| (endpoint.arn.key(), endpoint.name.as_str()));
        let configs = self.unknown_configs().map(|(arn, name)| (arn.key(), name.as_str()));
        let components = self.serving.components().map(|component| (component.arn.key(), component.name.as_str()));
        jobs.chain(models).chain(endpoints).chain(configs).chain(components).collect()
    }

    /// Returns what would tell which inference components an endpoint had, and what they ran.
    pub(in crate::case) fn lacks_components(&self, endpoint: &Endpoint) -> Vec<GapKey> {
        let mut lacks = Vec::new();
        let arn = &endpoint.arn;
        if endpoint.said.is_empty() {
            lacks.push(GapKey::Endpoint(arn.clone()));
        }
        let lists_own = |says: &ListedStatement| says.of.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(&endpoint.name));
        let is_listed = self
            .coverage
            .lists(Listed::InferenceComponents, arn.account(), arn.region())
            .any(|said| lists_own(&said.says) && said.says.from.is_none() && said.says.to.is_none());
        let until = endpoint.deleted.or(self.as_of.map(|as_of| as_of.plus(-900)));
        let is_recorded = || {
            endpoint
                .created
                .zip(until)
                .is_some_and(|(created, until)| self.coverage.trail_is_whole(arn.account(), arn.region(), created, until))
        };
        if (!endpoint.bare.is_empty() || endpoint.said.is_empty()) && !is_listed && !is_recorded() {
            lacks.push(GapKey::Components(arn.clone()));
        }
        for component in &endpoint.components {
            let unknown = component.runs.iter().filter(|run| run.specifications.is_empty());
            let is_told = component.runs.iter().any(|run| !run.specifications.is_empty());
            lacks.extend(unknown.map(|run| match run.to.filter(|_| is_told) {
                // What it ran before is said where it was asked for.
                Some(to) => GapKey::Trail(Place::of(&component.arn), Some(run.from.earliest), Some(to.latest)),
                None => GapKey::Component(component.arn.clone()),
            }));
        }
        lacks
    }

    /// Notes what would tell when an endpoint changed, and whether it did.
    fn of_changes(&self, spans: &[&Span], book: &mut GapBook) {
        for span in spans.iter().filter(|span| span.grade > Grade::B) {
            let from = span.from.earliest;
            let is_described = |endpoint: &Endpoint| endpoint.said.iter().any(|said| is_seen_after(said, from));
            let own = self
                .serving
                .endpoints()
                .iter()
                .find(|endpoint| endpoint.arn == span.endpoint && endpoint.spans.iter().any(|own| std::ptr::eq(own, *span)));
            // A trail that is there has told what it can.
            let (account, region) = (span.endpoint.account(), span.endpoint.region());
            let is_recorded = self.coverage.trail_is_whole(account, region, from, span.from.latest);
            // Whether the last change took, the endpoint itself says, as long as nobody describes it.
            let key = match own
                .filter(|own| span.to.is_none() && span.component().is_none() && own.deleted.is_none() && !is_described(own))
            {
                Some(own) => GapKey::Endpoint(own.arn.clone()),
                None if is_recorded => continue,
                None => GapKey::Trail(Place::of(&span.endpoint), Some(from), Some(span.from.latest)),
            };
            book.lifts(&key);
        }
    }

    fn unknown_configs(&self) -> impl Iterator<Item = &(Arn, String)> {
        self.serving.endpoints().iter().flat_map(|endpoint| &endpoint.unknown_configs)
    }

    /// Returns after how many days a bucket's old versions under a prefix are removed.
    fn version_retention(&self, bucket: &str, prefix: &str) -> Option<i64> {
        let rules = self.objects.settings(bucket).iter().flat_map(|said| said.says.lifecycle.iter().flatten());
        let concerns = |rule_prefix: &str| prefix.starts_with(rule_prefix) || rule_prefix.starts_with(prefix);
        rules.filter(|rule| rule.enabled && concerns(&rule.prefix)).filter_map(|rule| rule.noncurrent_after).min()
    }
}

/// Returns whether a record shows an endpoint as it was after a time.
fn is_seen_after(said: &Said<EndpointStatement>, from: Instant) -> bool {
    said.says.act == EndpointAct::State && time(said).is_some_and(|at| at >= from) && is_settled(said)
}

/// Notes trails that would tell who set a limit.
fn of_limits(jobs: &[&Job], book: &mut GapBook) {
    let unexplained = |job: &&&Job| job.status == Some(JobStatus::Stopped) && job.limit_set_by == LimitSetter::Unknown;
    for job in jobs.iter().filter(unexplained) {
        let Some(created) = job.created else { continue };
        book.lifts(&GapKey::Trail(Place::of(&job.arn), Some(created.plus(-60)), Some(job.ended.unwrap_or(created).plus(60))));
    }
}
