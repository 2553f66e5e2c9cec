//! What lineage rests on was removed for ever.

use std::collections::{BTreeMap, BTreeSet};

use super::archive::{Archive, archives};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::GapKey;
use crate::case::lineage::Lineage;
use crate::case::objects::Version;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::object::{LifecycleRule, Versioning};
use crate::fact::s3::S3Uri;
use crate::finding::{Finding, Severity, grouped};
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "evidence/destroyed",
    severity: Severity::Critical,
    fires_when: "A delete or a lifecycle rule removed objects that lineage rests on (data that trained a model, or its artifact), or part of an offline store, of captured requests, or of a trail's files; or a rule that is in force will remove such data or artifacts (medium).",
    why: "What the model learned from, was asked, or was done to it can be named and no longer be shown: nobody can train it again, look at it, or answer for it.",
    needs: "The lineage, the description of feature groups, the configuration of endpoints or the settings of trails, which say where things lie; and records of deletion (S3 data events, access logs) or the bucket's lifecycle rules together with its versioning, which is a gap where a rule stands and versioning was not exported.",
    fooled_by: "A delete marker leaves the version where it is, and does not fire; nor does a rule that expires objects of a bucket that keeps versions, where none removes old ones. An object that is listed after its days were over was not removed. Copies elsewhere are not looked for. Rules run about once a day and leave no record in CloudTrail: what a rule did or will do is inferred from its days (grade C). Requests that were captured are removed on purpose where they are of people: of these it is told as medium, and so is a rule on a trail's files, as what the evidence holds of them was exported before.",
    remedy: "Keep what models were made from as long as the models, with Object Lock or a bucket of its own, and leave its prefixes out of lifecycle rules.",
    run,
};

const DAY: i64 = 86_400;

/// Deletions that are cited.
const CITED: usize = 10;

/// An object that a lineage rests on.
struct Rest<'a> {
    lineage: &'a Lineage,
    place: S3Uri,
    /// What of the lineage rests on it: `data train`, `artifact`.
    claim: String,
    version_id: Option<&'a str>,
    etag: Option<&'a str>,
    /// When it was written.
    written: Option<Instant>,
}

/// What was lost in one way, or will be.
#[derive(Default)]
struct Loss {
    how: String,
    grade: Option<Grade>,
    from: Option<Instant>,
    objects: BTreeSet<String>,
    models: BTreeSet<String>,
    names: BTreeSet<String>,
    claims: BTreeSet<String>,
    cites: Vec<Citation>,
}

fn run(case: &Case, findings: &mut Findings) {
    let mut losses: BTreeMap<(bool, String, String), Loss> = BTreeMap::new();
    for rest in rests(case) {
        let lost = destroyed(case, &rest).or_else(|| {
            let own = own_version(case.objects.versions(&rest.place), &rest);
            let written = rest.written.or_else(|| own?.visible())?;
            let lost = expired(case, &rest.place, written, findings)?;
            // What is listed after its days were over was not removed.
            let is_there = own.is_some_and(Version::is_listed) && listed_from(case, &rest.place).is_some_and(|at| at >= lost.at);
            (!is_there).then_some(lost)
        });
        let Some(Lost { key, how, grade, at, cites }) = lost else { continue };
        let will = case.as_of.is_none_or(|as_of| as_of < at);
        let loss = losses.entry((will, rest.place.bucket.to_string(), key)).or_default();
        loss.how = how;
        loss.grade = Some(loss.grade.map_or(grade, |known| known.weaker(grade)));
        loss.from = [loss.from, Some(at)].into_iter().flatten().min();
        loss.objects.insert(rest.place.to_string());
        loss.models.insert(rest.lineage.arn.to_string());
        loss.names.insert(rest.lineage.name.clone());
        loss.claims.insert(format!("{} of {}", rest.claim, rest.lineage.name));
        loss.cites.extend(cites);
    }
    for ((will, bucket, key), loss) in losses {
        if let Some(finding) = loss.report(will, &bucket, key) {
            findings.add(finding);
        }
    }
    for archive in archives(case) {
        let lost = removed(case, &archive).map(|lost| (lost, archive.deleted)).or_else(|| {
            let since = archive.since?;
            let lost = expired(case, &archive.place, since, findings)?;
            let after = lost.at.since(since);
            let is_there = |listed: Instant| {
                let mut versions = case.objects.under(&archive.place).flat_map(|(_, versions)| versions);
                let is_old = |version: &Version| version.visible().is_some_and(|at| at.plus(after) <= listed);
                versions.any(|version| !version.marker && version.is_listed() && is_old(version))
            };
            let is_kept = listed_from(case, &archive.place).is_some_and(is_there);
            (case.as_of.is_some_and(|as_of| lost.at <= as_of) && !is_kept).then_some((lost, archive.expired))
        });
        let Some((Lost { key, how, grade, at, cites }, severity)) = lost else { continue };
        let Some(evidence) = Citations::from_all(cites.into_iter().chain(archive.cites)) else { continue };
        let finding = CHECK
            .finds(format!("s3://{}/", archive.place.bucket), format!("part of {} is gone: {how}", archive.what), grade, evidence)
            .because(format!("It lies under {}. {}", archive.place, archive.loses))
            .concerning([archive.of, archive.place.to_string()])
            .between(Some(at), None)
            .told_apart_by(format!("{key} {}", archive.place.key));
        findings.add(Finding { severity, ..finding });
    }
}

impl Loss {
    fn report(self, will: bool, bucket: &str, key: String) -> Option<Finding> {
        let (evidence, grade) = (Citations::from_all(self.cites)?, self.grade?);
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let count = grouped(self.objects.len() as u64);
        let first = self.objects.first().map(String::as_str).unwrap_or_default();
        let claims: Vec<&str> = self.claims.iter().map(String::as_str).collect();
        let (title, detail) = if will {
            let from = self.from.map(day).unwrap_or_default();
            let title = format!("{count} object(s) that {} rests on will be gone from {from} on: {}", names.join(", "), self.how);
            (title, format!("What can no longer be shown then: {}. The first is {first}.", claims.join(", ")))
        } else {
            let title = format!("{count} object(s) that {} rests on are gone: {}", names.join(", "), self.how);
            (title, format!("The first is {first}."))
        };
        let finding = CHECK
            .finds(format!("s3://{bucket}/"), title, grade, evidence)
            .because(detail)
            .concerning(self.models.iter().chain(&self.objects))
            .between(self.from, None)
            .told_apart_by(if will { format!("will {key}") } else { key });
        Some(if will { Finding { severity: Severity::Medium, ..finding } } else { finding })
    }
}

/// Names the day of an instant.
fn day(at: Instant) -> String {
    at.to_seconds_text().split('T').next().unwrap_or_default().to_owned()
}

/// Returns the objects that lineages rest on.
fn rests(case: &Case) -> Vec<Rest<'_>> {
    let mut rests = Vec::new();
    for lineage in &case.lineages {
        let objects = lineage.data.iter().filter_map(|channel| Some((channel, channel.version.value()?)));
        let objects = objects.flat_map(|(channel, version)| version.objects.iter().map(move |object| (channel, object)));
        rests.extend(objects.map(|(channel, object)| Rest {
            lineage,
            place: S3Uri::new(&object.bucket, &object.key),
            claim: format!("data {}", channel.channel),
            version_id: object.version_id.as_deref(),
            etag: object.etag.as_deref(),
            written: object.last_modified,
        }));
        if let Some(artifact) = lineage.artifact.value()
            && let Some(place) = S3Uri::parse(&artifact.uri)
        {
            let (version_id, etag) = (artifact.version_id.as_deref(), artifact.etag.as_deref());
            rests.push(Rest { lineage, place, claim: "artifact".to_owned(), version_id, etag, written: None });
        }
    }
    rests
}

/// A loss, and what says so.
struct Lost {
    /// What tells it from others of its bucket.
    key: String,
    how: String,
    grade: Grade,
    /// From when on.
    at: Instant,
    cites: Vec<Citation>,
}

/// Returns the deletion that is recorded of an object.
fn destroyed(case: &Case, rest: &Rest<'_>) -> Option<Lost> {
    let versions = case.objects.versions(&rest.place);
    let own = own_version(versions, rest)?;
    if let Some(at) = own.destroyed {
        let how = format!("versions were deleted for ever, the first on {}", day(at));
        let cites = case.objects.log_cites_of(own);
        return Some(Lost { key: format!("destroyed {}", day(at)), how, grade: Grade::B, at, cites });
    }
    // Where nothing keeps versions, a deletion is for ever.
    let setting = versioning(case, &rest.place.bucket)?;
    let deleted = versions.iter().find(|version| version.marker && version.id.is_none() && version.visible() > own.visible())?;
    let at = deleted.visible().filter(|_| setting.0 == Versioning::Never)?;
    let mut cites = case.objects.cites_of(deleted);
    cites.push(setting.1);
    let how = format!("deleted from a bucket that keeps no versions, the first on {}", day(at));
    Some(Lost { key: format!("deleted {}", day(at)), how, grade: Grade::B, at, cites })
}

/// Returns the deletions for ever that are recorded under a place.
fn removed(case: &Case, archive: &Archive) -> Option<Lost> {
    let keeps_none = versioning(case, &archive.place.bucket).filter(|(setting, _)| *setting == Versioning::Never);
    let mut gone: Vec<(Instant, &Version)> = Vec::new();
    for (_, versions) in case.objects.under(&archive.place) {
        let destroyed =
            versions.iter().filter(|version| !version.marker).filter_map(|version| Some((version.destroyed?, version)));
        let deleted = versions.iter().filter(|version| keeps_none.is_some() && version.marker && version.id.is_none());
        gone.extend(destroyed.chain(deleted.filter_map(|version| Some((version.visible()?, version)))));
    }
    gone.sort_by_key(|(at, _)| *at);
    let (at, _) = *gone.first()?;
    let how = format!("{} object(s) were deleted for ever, the first on {}", grouped(gone.len() as u64), day(at));
    let mut cites: Vec<Citation> = gone.iter().take(CITED).flat_map(|(_, version)| case.objects.log_cites_of(version)).collect();
    cites.extend(keeps_none.map(|(_, cite)| cite));
    Some(Lost { key: format!("removed {}", day(at)), how, grade: Grade::B, at, cites })
}

/// Returns the version that a lineage rests on.
fn own_version<'a>(versions: &'a [Version], rest: &Rest<'_>) -> Option<&'a Version> {
    versions.iter().find(|version| match (rest.version_id, rest.etag) {
        (Some(id), _) => version.id.as_deref() == Some(id),
        (None, Some(etag)) => version.id.is_none() && version.etag.as_deref() == Some(etag),
        (None, None) => false,
    })
}

/// Returns when the first listing of a place was made, if that is known of all.
fn listed_from(case: &Case, place: &S3Uri) -> Option<Instant> {
    let own = case
        .objects
        .listings()
        .filter(|said| said.says.bucket.as_deref() == Some(&*place.bucket) && place.key.starts_with(said.says.prefix.as_str()));
    own.map(|said| said.says.captured).min().flatten()
}

/// Returns the lifecycle rule that removes what was written under a place at some instant, in a bucket where that is for ever, and when
/// its days are over.
fn expired(case: &Case, place: &S3Uri, written: Instant, findings: &mut Findings) -> Option<Lost> {
    let settings = case.objects.settings(&place.bucket);
    let said = settings
        .iter()
        .filter(|said| said.says.lifecycle.is_some())
        .max_by_key(|said| (said.says.changed.or(said.says.captured), said.cite.clone()))?;
    let rules = said.says.lifecycle.as_deref().unwrap_or_default();
    let covers = |rule: &&LifecycleRule| rule.enabled && place.key.starts_with(rule.prefix.as_str());
    let rule = rules.iter().filter(covers).filter(|rule| rule.expires_after.is_some()).min_by_key(|rule| rule.expires_after)?;
    let days = rule.expires_after?;
    let Some((versioning, cite)) = versioning(case, &place.bucket) else {
        // Whether the rule removes for ever hangs on it.
        findings.need(GapKey::Versioning(place.bucket.to_string()));
        return None;
    };
    // With versions, expiry leaves a marker; the version goes when another rule removes what is no longer current.
    let (more, also) = if versioning == Versioning::Never {
        (0, String::new())
    } else {
        let old = rules.iter().filter(covers).filter_map(|rule| rule.noncurrent_after).min()?;
        (old, format!(" and old versions {old} day(s) later"))
    };
    // A rule counts whole days, and waits for the next midnight.
    let due = written.plus((days + more + 1) * DAY);
    let at = said.says.changed.map_or(due, |changed| due.max(changed.plus(more * DAY + DAY)));
    let how = format!("lifecycle rule `{}` removes objects under `{}` after {days} day(s){also}", rule.id, rule.prefix);
    Some(Lost { key: format!("rule {}", rule.id), how, grade: Grade::C, at, cites: vec![said.cite.clone(), cite] })
}

/// Returns whether a bucket keeps versions, if that is known.
fn versioning(case: &Case, bucket: &str) -> Option<(Versioning, Citation)> {
    let settings = case.objects.settings(bucket).iter();
    let stated = settings.filter_map(|said| Some((said.says.changed.or(said.says.captured), said.says.versioning?, &said.cite)));
    stated.max_by_key(|(at, _, cite)| (*at, (*cite).clone())).map(|(_, versioning, cite)| (versioning, cite.clone()))
}
