//! Which files of the evidence digests of a trail vouch for: by name, as a delivered file's name is its own.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::said::Said;
use crate::evidence::citation::{Citation, ExhibitId};
use crate::evidence::ledger::{Disposition, Ledger};
use crate::fact::call::{Delivered, TrailStatement, TrailWhat};

/// A file of the evidence that a digest lists.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The file.
    pub exhibit: ExhibitId,
    /// Its path, as it is shown.
    pub path: String,
    /// Key in the trail's bucket.
    pub key: String,
    /// SHA-256 that its content had when it was delivered, lower-case hex.
    pub sha256: String,
    /// The trail, for people.
    pub trail: String,
    /// The digest.
    pub cite: Citation,
}

/// A file that is not what was delivered.
#[derive(Clone, Debug)]
pub struct Altered {
    /// What a digest lists.
    pub sealed: Sealed,
    /// SHA-256 that its content has, lower-case hex.
    pub found: String,
}

/// Returns the files that digests vouch for, by file. Of a file that cannot be read to its end nothing is said.
pub fn of(case: &Case, ledger: &Ledger) -> BTreeMap<ExhibitId, Sealed> {
    let listed: BTreeMap<&str, (&Delivered, &str, &Said<TrailStatement>)> = case
        .digests
        .iter()
        .flat_map(|said| {
            let TrailWhat::Digest { files, previous, .. } = &said.says.what else { return Vec::new() };
            let vouched = files.iter().chain(previous).filter_map(|file| Some((file, file.sha256.as_deref()?)));
            vouched.map(|(file, sha256)| (file.file_name(), (file, sha256, said))).collect()
        })
        .collect();
    let whole = ledger.exhibits().iter().filter(|exhibit| exhibit.disposition == Disposition::Read);
    let sealed = whole.filter_map(|exhibit| {
        let name = exhibit.path.rsplit('/').next()?;
        let (file, sha256, said) = listed.get(name)?;
        Some(Sealed {
            exhibit: exhibit.id,
            path: exhibit.path.clone(),
            key: file.key.clone(),
            sha256: (*sha256).to_owned(),
            trail: format!("arn:aws:cloudtrail:{}:{}:trail/{}", said.says.region, said.says.account, said.says.name),
            cite: said.cite.clone(),
        })
    });
    sealed.map(|sealed| (sealed.exhibit, sealed)).collect()
}
