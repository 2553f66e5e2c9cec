//! Places that hold what happened: offline stores, captured requests, files of trails.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::evidence::citation::Citation;
use crate::fact::s3::S3Uri;
use crate::finding::Severity;
use crate::time::Instant;

/// A place that holds what happened.
pub(super) struct Archive {
    /// Where.
    pub(super) place: S3Uri,
    /// What it holds, in words.
    pub(super) what: String,
    /// What it belongs to.
    pub(super) of: String,
    /// What a part that is gone can no longer show; a sentence.
    pub(super) loses: String,
    /// How much it matters that somebody deletes a part of it.
    pub(super) deleted: Severity,
    /// How much it matters that a rule removes a part of it.
    pub(super) expired: Severity,
    /// Since when something was written there, as far as that is known.
    pub(super) since: Option<Instant>,
    /// What says where it lies.
    pub(super) cites: Vec<Citation>,
}

/// Returns the places of a case, by place.
pub(super) fn archives(case: &Case) -> Vec<Archive> {
    let mut found: BTreeMap<S3Uri, Archive> = BTreeMap::new();
    for archive in stores(case).chain(captures(case)).chain(trails(case)) {
        match found.get_mut(&archive.place) {
            Some(known) => {
                known.since = [known.since, archive.since].into_iter().flatten().min();
                known.cites.extend(archive.cites);
            }
            None => {
                found.insert(archive.place.clone(), archive);
            }
        }
    }
    found.into_values().collect()
}

fn stores(case: &Case) -> impl Iterator<Item = Archive> {
    // What was asked for is only the place under which the store is made.
    let is_own = |place: &&S3Uri| place.key.trim_end_matches('/').ends_with("/data");
    case.feature_groups.iter().filter_map(move |said| {
        let place = said.says.offline.as_ref().filter(is_own)?;
        Some(Archive {
            place: folder(place),
            what: format!("the offline store of {}", said.says.name),
            of: said.says.arn.to_string(),
            loses: "Which features were known at what time can no longer be shown, nor a training set made again of them."
                .to_owned(),
            deleted: Severity::Critical,
            expired: Severity::Critical,
            since: said.says.created,
            cites: vec![said.cite.clone()],
        })
    })
}

fn captures(case: &Case) -> impl Iterator<Item = Archive> {
    case.serving.endpoints().iter().flat_map(|endpoint| {
        endpoint.switches.iter().filter(|switch| switch.took_effect()).filter_map(move |switch| {
            let capture = switch.after.capture.as_ref()?;
            Some(Archive {
                place: folder(&capture.to.join(&endpoint.name)),
                what: format!("what was captured of the requests to {}", endpoint.name),
                of: endpoint.arn.to_string(),
                loses: "What the endpoint was asked then, and what it answered, can no longer be shown.".to_owned(),
                deleted: Severity::Medium,
                expired: Severity::Medium,
                since: Some(switch.at),
                cites: switch.after.cites.clone(),
            })
        })
    })
}

fn trails(case: &Case) -> impl Iterator<Item = Archive> {
    case.coverage.trail_buckets.iter().map(|(account, (bucket, prefix))| {
        let prefix = prefix.as_ref().map(|prefix| format!("{}/", prefix.trim_end_matches('/'))).unwrap_or_default();
        let own = case.coverage.trails().iter().filter(|trail| trail.scope.account == *account);
        Archive {
            place: S3Uri::new(bucket, &format!("{prefix}AWSLogs/{account}/")),
            what: format!("the trail of account {account}"),
            of: format!("s3://{bucket}/"),
            loses: "Who did what then can no longer be shown, unless the files were exported before.".to_owned(),
            deleted: Severity::Critical,
            // What the evidence holds of it was exported before.
            expired: Severity::Medium,
            since: own.map(|trail| trail.from).min(),
            cites: Vec::new(),
        }
    })
}

fn folder(place: &S3Uri) -> S3Uri {
    S3Uri::new(&place.bucket, &format!("{}/", place.key.trim_end_matches('/')))
}
