//! What buckets are set to: versioning and lifecycle.

use serde::Deserialize;

use super::super::sink::Sink;
use super::super::{Context, Each, Header, Reader, typed};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::object::{BucketStatement, LifecycleRule, Versioning};
use crate::json::scalar::{Text, Whole};
use crate::json::skim::Element;
use crate::recognise::Format;

/// Returns the reader of a bucket's settings.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::BucketVersioning => Each::one(versioning),
        Format::BucketLifecycle => Some(Box::new(Lifecycle::default())),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct VersioningAnswer {
    status: Text,
}

fn versioning(answer: VersioningAnswer, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let versioning = match answer.status.0.as_deref() {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        _ => Versioning::Never,
    };
    say(place, Some(versioning), None, cx, sink);
}

/// States a setting of the bucket that the command names.
fn say(
    place: &Locator,
    versioning: Option<Versioning>,
    lifecycle: Option<Vec<LifecycleRule>>,
    cx: &Context<'_>,
    sink: &mut Sink,
) {
    let Some(bucket) = cx.option("bucket") else { return sink.orphan("its bucket") };
    sink.uses_request();
    let statement = BucketStatement { bucket: bucket.into(), versioning, lifecycle, changed: None, captured: cx.captured() };
    sink.say(place, Source::S3, cx.captured(), Statement::Bucket(Box::new(statement)));
}

/// A bucket that never kept versions answers with nothing at all.
pub(in crate::parse) fn never_versioned(cx: &Context<'_>, sink: &mut Sink) {
    say(&Locator::Whole, Some(Versioning::Never), None, cx, sink);
}

/// A bucket without lifecycle rules answers with an error: the export is empty and its command failed.
pub(in crate::parse) fn no_lifecycle(cx: &Context<'_>, sink: &mut Sink) {
    say(&Locator::Whole, None, Some(Vec::new()), cx, sink);
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Rule {
    #[serde(rename = "ID")]
    id: Text,
    #[serde(rename = "Prefix")]
    prefix: Text,
    #[serde(rename = "Status")]
    status: Text,
    #[serde(rename = "Filter")]
    filter: Filter,
    #[serde(rename = "Expiration")]
    expiration: Days,
    #[serde(rename = "NoncurrentVersionExpiration")]
    noncurrent: Days,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Filter {
    #[serde(rename = "Prefix")]
    prefix: Text,
    #[serde(rename = "And")]
    and: And,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct And {
    #[serde(rename = "Prefix")]
    prefix: Text,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Days {
    #[serde(rename = "Days")]
    days: Whole,
    #[serde(rename = "NoncurrentDays")]
    noncurrent_days: Whole,
}

impl Rule {
    fn rule(self) -> LifecycleRule {
        LifecycleRule {
            id: self.id.0.unwrap_or_default(),
            prefix: self.filter.prefix.0.or(self.filter.and.prefix.0).or(self.prefix.0).unwrap_or_default(),
            enabled: self.status.0.as_deref() == Some("Enabled"),
            expires_after: self.expiration.days.0,
            noncurrent_after: self.noncurrent.noncurrent_days.0,
        }
    }
}

#[derive(Default)]
struct Lifecycle {
    rules: Vec<LifecycleRule>,
}

impl Reader for Lifecycle {
    fn element(&mut self, element: &Element<'_>, place: Locator, _: &Context<'_>, sink: &mut Sink) {
        if let Some(rule) = typed::<Rule>(element.bytes, &place, sink) {
            sink.record();
            self.rules.push(rule.rule());
        }
    }

    fn finish(&mut self, _: &Header, cx: &Context<'_>, sink: &mut Sink) {
        say(&Locator::Whole, None, Some(std::mem::take(&mut self.rules)), cx, sink);
    }
}

/// Reads the rules in the request of `PutBucketLifecycle` or `PutBucketLifecycleConfiguration`, whose XML `CloudTrail` renders
/// with one rule as an object and several as a list.
pub(in crate::parse) fn lifecycle_of_request(request: &[u8]) -> Option<Vec<LifecycleRule>> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Request {
        #[serde(rename = "LifecycleConfiguration")]
        configuration: Configuration,
    }
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Configuration {
        #[serde(rename = "Rule", alias = "Rules")]
        rule: Option<OneOrMany>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        Many(Vec<Rule>),
        One(Box<Rule>),
    }
    let (request, _) = crate::json::element::read::<Request>(request).ok()?;
    Some(match request.configuration.rule? {
        OneOrMany::Many(rules) => rules.into_iter().map(Rule::rule).collect(),
        OneOrMany::One(rule) => vec![rule.rule()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rule_and_many() {
        let one = br#"{"bucketName":"b","LifecycleConfiguration":{"Rule":{"ID":"x","Status":"Enabled","Filter":{"Prefix":"p/"},"Expiration":{"Days":1}}}}"#;
        let rules = lifecycle_of_request(one).unwrap();
        assert_eq!((rules[0].prefix.as_str(), rules[0].enabled, rules[0].expires_after), ("p/", true, Some(1)));
        let many = br#"{"LifecycleConfiguration":{"Rule":[{"ID":"x","Status":"Disabled","NoncurrentVersionExpiration":{"NoncurrentDays":30}},{}]}}"#;
        let rules = lifecycle_of_request(many).unwrap();
        assert_eq!((rules.len(), rules[0].enabled, rules[0].noncurrent_after), (2, false, Some(30)));
    }
}
