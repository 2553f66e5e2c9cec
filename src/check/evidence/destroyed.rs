//! What lineage rests on was removed for ever.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::lineage::Lineage;
use crate::case::objects::Version;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::object::{LifecycleRule, Versioning};
use crate::fact::s3::S3Uri;
use crate::finding::{Severity, grouped};
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "evidence/destroyed",
    severity: Severity::Critical,
    fires_when: "A delete or a lifecycle rule removed objects that lineage rests on: data that trained a model, or its artifact.",
    why: "What the model learned from can be named and no longer be shown: nobody can train it again, look at it, or answer for it.",
    needs: "The lineage, and records of deletion (S3 data events, access logs) or the bucket's lifecycle rules together with its versioning.",
    fooled_by: "A delete marker leaves the version where it is, and does not fire. Copies elsewhere are not looked for. Rules run about once a day and leave no record in CloudTrail: what a rule did is inferred from its days (grade C).",
    remedy: "Keep what models were made from as long as the models, with Object Lock or a bucket of its own, and leave its prefixes out of lifecycle rules.",
    run,
};

const DAY: i64 = 86_400;

/// An object that a lineage rests on.
struct Rest<'a> {
    lineage: &'a Lineage,
    place: S3Uri,
    version_id: Option<&'a str>,
    etag: Option<&'a str>,
    /// When it was written.
    written: Option<Instant>,
}

/// What was lost in one way.
#[derive(Default)]
struct Loss {
    how: String,
    grade: Option<Grade>,
    from: Option<Instant>,
    objects: BTreeSet<String>,
    models: BTreeSet<String>,
    names: BTreeSet<String>,
    cites: Vec<Citation>,
}

fn run(case: &Case, findings: &mut Findings) {
    let mut losses: BTreeMap<(String, String), Loss> = BTreeMap::new();
    for rest in rests(case) {
        let lost = destroyed(case, &rest).or_else(|| expired(case, &rest));
        let Some((key, how, grade, at, cites)) = lost else { continue };
        let loss = losses.entry((rest.place.bucket.to_string(), key)).or_default();
        loss.how = how;
        loss.grade = Some(loss.grade.map_or(grade, |known| known.weaker(grade)));
        loss.from = [loss.from, Some(at)].into_iter().flatten().min();
        loss.objects.insert(rest.place.to_string());
        loss.models.insert(rest.lineage.arn.to_string());
        loss.names.insert(rest.lineage.name.clone());
        loss.cites.extend(cites);
    }
    for ((bucket, key), loss) in losses {
        let (Some(evidence), Some(grade)) = (Citations::from_all(loss.cites), loss.grade) else { continue };
        let names: Vec<&str> = loss.names.iter().map(String::as_str).collect();
        let count = grouped(loss.objects.len() as u64);
        let first = loss.objects.first().map(String::as_str).unwrap_or_default();
        let finding = CHECK
            .finds(
                format!("s3://{bucket}/"),
                format!("{count} object(s) that {} rests on are gone: {}", names.join(", "), loss.how),
                grade,
                evidence,
            )
            .because(format!("The first is {first}."))
            .concerning(loss.models.iter().chain(&loss.objects))
            .between(loss.from, None)
            .told_apart_by(key);
        findings.add(finding);
    }
}

/// Returns the objects that lineages rest on.
fn rests(case: &Case) -> Vec<Rest<'_>> {
    let mut rests = Vec::new();
    for lineage in &case.lineages {
        let objects = lineage.data.iter().filter_map(|channel| channel.version.value()).flat_map(|version| &version.objects);
        rests.extend(objects.map(|object| Rest {
            lineage,
            place: S3Uri::new(&object.bucket, &object.key),
            version_id: object.version_id.as_deref(),
            etag: object.etag.as_deref(),
            written: object.last_modified,
        }));
        if let Some(artifact) = lineage.artifact.value()
            && let Some(place) = S3Uri::parse(&artifact.uri)
        {
            let (version_id, etag) = (artifact.version_id.as_deref(), artifact.etag.as_deref());
            rests.push(Rest { lineage, place, version_id, etag, written: None });
        }
    }
    rests
}

type Lost = (String, String, Grade, Instant, Vec<Citation>);

/// Returns the deletion that is recorded of an object.
fn destroyed(case: &Case, rest: &Rest<'_>) -> Option<Lost> {
    let versions = case.objects.versions(&rest.place);
    let own = own_version(versions, rest)?;
    let day = |at: Instant| at.to_seconds_text().split('T').next().unwrap_or_default().to_owned();
    if let Some(at) = own.destroyed {
        let how = format!("versions were deleted for ever, the first on {}", day(at));
        return Some((format!("destroyed {}", day(at)), how, Grade::B, at, case.objects.log_cites_of(own)));
    }
    // Where nothing keeps versions, a deletion is for ever.
    let setting = versioning(case, &rest.place.bucket)?;
    let deleted = versions.iter().find(|version| version.marker && version.id.is_none() && version.visible() > own.visible())?;
    let at = deleted.visible().filter(|_| setting.0 == Versioning::Never)?;
    let mut cites = case.objects.cites_of(deleted);
    cites.push(setting.1);
    Some((
        format!("deleted {}", day(at)),
        format!("deleted from a bucket that keeps no versions, the first on {}", day(at)),
        Grade::B,
        at,
        cites,
    ))
}

/// Returns the version that a lineage rests on.
fn own_version<'a>(versions: &'a [Version], rest: &Rest<'_>) -> Option<&'a Version> {
    versions.iter().find(|version| match (rest.version_id, rest.etag) {
        (Some(id), _) => version.id.as_deref() == Some(id),
        (None, Some(etag)) => version.id.is_none() && version.etag.as_deref() == Some(etag),
        (None, None) => false,
    })
}

/// Returns the lifecycle rule whose days are over for an object, in a bucket where that is for ever.
fn expired(case: &Case, rest: &Rest<'_>) -> Option<Lost> {
    let written = rest.written.or_else(|| own_version(case.objects.versions(&rest.place), rest)?.visible())?;
    let settings = case.objects.settings(&rest.place.bucket);
    let said = settings
        .iter()
        .filter(|said| said.says.lifecycle.is_some())
        .max_by_key(|said| (said.says.changed.or(said.says.captured), said.cite.clone()))?;
    let rules = said.says.lifecycle.as_deref().unwrap_or_default();
    let covers = |rule: &&LifecycleRule| rule.enabled && rest.place.key.starts_with(rule.prefix.as_str());
    let rule = rules.iter().filter(covers).filter(|rule| rule.expires_after.is_some()).min_by_key(|rule| rule.expires_after)?;
    let days = rule.expires_after?;
    let (versioning, cite) = versioning(case, &rest.place.bucket)?;
    // With versions, expiry leaves a marker; the version goes when another rule removes what is no longer current.
    let (more, also) = if versioning == Versioning::Never {
        (0, String::new())
    } else {
        let old = rules.iter().filter(covers).filter_map(|rule| rule.noncurrent_after).min()?;
        (old, format!(" and old versions {old} day(s) later"))
    };
    // A rule counts whole days, and waits for the next midnight.
    let due = written.plus((days + more + 1) * DAY);
    let since = said.says.changed.map_or(due, |changed| due.max(changed.plus(more * DAY + DAY)));
    if case.as_of.is_none_or(|as_of| as_of < since) {
        return None;
    }
    let how = format!("lifecycle rule `{}` removes objects under `{}` after {days} day(s){also}", rule.id, rule.prefix);
    Some((format!("rule {}", rule.id), how, Grade::C, since, vec![said.cite.clone(), cite]))
}

/// Returns whether a bucket keeps versions, if that is known.
fn versioning(case: &Case, bucket: &str) -> Option<(Versioning, Citation)> {
    let settings = case.objects.settings(bucket).iter();
    let stated = settings.filter_map(|said| Some((said.says.changed.or(said.says.captured), said.says.versioning?, &said.cite)));
    stated.max_by_key(|(at, _, cite)| (*at, (*cite).clone())).map(|(_, versioning, cite)| (versioning, cite.clone()))
}
