//! What is reported of where something got to.

use std::collections::BTreeSet;

use super::{NoModel, Selection};
use crate::case::Case;
use crate::case::gap::Gaps;
use crate::case::impact::{self, Absent, Question, Reached, What};
use crate::evidence::ledger::Ledger;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::image::{ImageRef, normal_digest};
use crate::fact::s3::S3Uri;
use crate::time::Instant;

/// What the user asks about, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// An object or a place that ends in `/`, and a version.
    Object(S3Uri, Option<String>),
    /// A commit.
    Commit(String),
    /// An image by digest.
    Digest(String),
    /// An image by name.
    Image(ImageRef),
    /// A model by name or ARN.
    Model(String),
    /// A model package by name or ARN.
    Package(String),
}

/// What is reported of where something got to.
#[derive(Debug)]
pub struct Impact<'a> {
    /// The case.
    pub case: &'a Case,
    /// What became of the evidence.
    pub ledger: &'a Ledger,
    /// What kind of thing was asked about.
    pub kind: &'static str,
    /// Its name, as it was written.
    pub of: String,
    /// What was reached, each after what it was reached from.
    pub reached: Vec<Reached<'a>>,
    /// What is missing.
    pub gaps: Gaps,
}

impl Asked {
    /// Reads an object's URI, with its version if it has one.
    pub fn object(text: &str) -> Option<Self> {
        let (uri, query) = text.split_once('?').map_or((text, None), |(uri, query)| (uri, Some(query)));
        let version = match query {
            None => None,
            Some(query) => Some(query.strip_prefix("versionId=").filter(|id| !id.is_empty() && !id.contains('&'))?.to_owned()),
        };
        // A fragment would be cut off by the reader of URIs; a key may hold its sign.
        let place = S3Uri::parse(uri).filter(|place| place.to_string().len() >= uri.trim().len())?;
        Some(Self::Object(place, version))
    }

    /// Reads a commit: 7 to 40 hex digits, or 64.
    pub fn commit(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let fits = matches!(text.len(), 7..=40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then_some(Self::Commit(text))
    }

    /// Reads an image: a digest, or a name with a tag or digest.
    pub fn image(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.starts_with("sha256:") {
            return normal_digest(text).map(Self::Digest);
        }
        ImageRef::parse(text).map(Self::Image)
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Object(..) => "object",
            Self::Commit(_) => "commit",
            Self::Digest(_) | Self::Image(_) => "image",
            Self::Model(_) => "model",
            Self::Package(_) => "package",
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Object(place, Some(version)) => format!("{place}?versionId={version}"),
            Self::Object(place, None) => place.to_string(),
            Self::Image(image) => image.to_string(),
            Self::Commit(name) | Self::Digest(name) | Self::Model(name) | Self::Package(name) => name.clone(),
        }
    }

    fn question(&self, case: &Case, selection: &Selection) -> Result<Question, Absent> {
        Ok(match self {
            Self::Object(place, version) => Question::Object { place: place.clone(), version: version.clone() },
            Self::Commit(commit) => Question::Commit(commit.clone()),
            Self::Digest(digest) => Question::Digest(digest.clone()),
            Self::Image(image) => Question::Image(image.clone()),
            Self::Model(name) => match selection.models_named(case, name) {
                Ok(keys) => Question::Models(keys),
                Err(NoModel::Shared(arns)) => return Err(Absent::Shared(arns.iter().map(Arn::to_string).collect())),
                Err(NoModel::Unknown(names)) => match selection.packages_named(case, name) {
                    Ok(keys) => Question::Packages(keys),
                    Err(Absent::Unknown(_)) => return Err(Absent::Unknown(names)),
                    Err(shared) => return Err(shared),
                },
            },
            Self::Package(name) => Question::Packages(selection.packages_named(case, name)?),
        })
    }
}

impl Selection {
    /// Returns the package of the chosen account and region that a name (`group/version`) or ARN chooses.
    fn packages_named(&self, case: &Case, name: &str) -> Result<BTreeSet<ArnKey>, Absent> {
        let is_named = |arn: &&Arn| {
            self.takes_arn(arn) && (arn.name().eq_ignore_ascii_case(name) || arn.key().as_str() == name.to_lowercase())
        };
        let all = || case.packages.iter().map(|package| &package.arn);
        let found: BTreeSet<ArnKey> = all().filter(is_named).map(Arn::key).collect();
        match found.len() {
            0 => Err(Absent::Unknown(all().map(|arn| arn.name().to_owned()).collect())),
            1 => Ok(found),
            _ => Err(Absent::Shared(all().filter(is_named).map(Arn::to_string).collect())),
        }
    }

    fn takes_reached(&self, case: &Case, reached: &Reached<'_>) -> bool {
        match &reached.what {
            What::Object { .. } | What::Place(_) => true,
            What::Job(job) => self.takes_job(job),
            What::Release { arn, .. } => self.takes_arn(arn),
            What::Execution(execution) => self.takes_arn(&execution.arn) && self.overlaps(execution.created, execution.ended),
            What::Serving { span, during } => {
                let end = |to: &Option<crate::case::serving::Bounds>| to.map(|to| to.latest).or(case.as_of);
                self.takes_arn(&span.endpoint)
                    && during.iter().any(|(from, to)| self.overlaps(Some::<Instant>(from.earliest), end(to)))
            }
        }
    }
}

impl<'a> Impact<'a> {
    /// Follows what is asked about, and chooses what is reported of it.
    ///
    /// # Errors
    ///
    /// Where the evidence does not know it, or knows several of that name.
    pub fn of(case: &'a Case, ledger: &'a Ledger, selection: &Selection, asked: &Asked) -> Result<Self, Absent> {
        let mut found = impact::of(case, &asked.question(case, selection)?)?;
        let all = std::mem::take(&mut found.reached);
        // What came from something that is left out came from what that came from.
        let mut positions: Vec<Option<usize>> = Vec::new();
        let mut kept = 0;
        for reached in &all {
            let is_taken = selection.takes_reached(case, reached);
            let from = reached.from.and_then(|from| positions.get(from).copied().flatten());
            positions.push(if is_taken { Some(kept) } else { from });
            kept += usize::from(is_taken);
        }
        let at = |old: usize| positions.get(old).copied().flatten();
        for mut reached in all.into_iter().filter(|reached| selection.takes_reached(case, reached)) {
            reached.from = reached.from.and_then(at);
            reached.also = reached.also.iter().copied().filter_map(at).filter(|also| Some(*also) != reached.from).collect();
            reached.also.sort_unstable();
            reached.also.dedup();
            found.reached.push(reached);
        }
        let gaps = found.gaps(case);
        Ok(Self { case, ledger, kind: asked.kind(), of: asked.name(), reached: found.reached, gaps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_about_is_read() {
        let place = S3Uri::new("b", "a/c.csv");
        assert_eq!(Asked::object("s3://b/a/c.csv"), Some(Asked::Object(place.clone(), None)));
        assert_eq!(Asked::object("s3://b/a/c.csv?versionId=x1"), Some(Asked::Object(place, Some("x1".to_owned()))));
        for wrong in ["a/c.csv", "https://b/a", "s3://b/a?version=x", "s3://b/a?versionId=", ""] {
            assert_eq!(Asked::object(wrong), None, "{wrong}");
        }
        assert_eq!(Asked::commit("4E1243B"), Some(Asked::Commit("4e1243b".to_owned())));
        for wrong in ["4e1243", "main", "", &"a".repeat(41)] {
            assert_eq!(Asked::commit(wrong), None, "{wrong}");
        }
        assert!(matches!(Asked::image(&format!("sha256:{}", "ab".repeat(32))), Some(Asked::Digest(_))));
        assert!(matches!(Asked::image("risk-train:prod"), Some(Asked::Image(_))));
        assert_eq!(Asked::image("sha256:ab"), None);
    }
}
