//! A bundle: a clone in one file, as `git bundle create` writes it.
//!
//! Some lines name the branches; a pack of objects follows, without the index that finds them. The pack is copied to a temporary folder
//! and indexed there; the folder goes with the clone.

use std::io::{BufRead, Read};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use gix_hash::ObjectId;
use gix_object::find::Never;
use gix_pack::bundle::write::Options;
use gix_utils::progress::Discard;
use tempfile::TempDir;

use super::objects::Objects;
use crate::evidence::{container, walk};

/// Longest line in front of the pack.
const LONGEST_LINE: u64 = 64 << 10;
/// Branches, tags and prerequisites.
const MOST: usize = 1_000_000;
/// Bytes that one object may be unpacked to.
const LARGEST: usize = 1 << 30;

/// A bundle, unpacked.
pub(super) struct Unpacked {
    /// Its objects, which lie in `folder`.
    pub(super) objects: Objects,
    /// What its branches and tags name.
    pub(super) tips: Vec<ObjectId>,
    /// What of it cannot be read.
    pub(super) doubts: Vec<String>,
    /// The folder: gone when this is dropped.
    pub(super) folder: TempDir,
}

/// What stands in front of the pack.
#[derive(Debug, Default, PartialEq, Eq)]
struct Header {
    tips: Vec<ObjectId>,
    /// Commits that who unpacks it must have.
    needs: Vec<ObjectId>,
    /// Objects that were left out.
    filter: Option<String>,
}

/// Returns whether a file begins as bundles do.
pub(super) fn is(head: &[u8]) -> bool {
    head.starts_with(b"# v2 git bundle\n") || head.starts_with(b"# v3 git bundle\n")
}

/// Unpacks a bundle.
pub(super) fn unpack(path: &Path) -> Result<Unpacked, String> {
    let mut reader =
        walk::file(path).and_then(|file| container::raw(&file)).map_err(|error| format!("cannot be read: {error}"))?;
    let header = header(&mut reader)?;
    let folder = tempfile::Builder::new().prefix("modeltrail-").tempdir();
    let folder = folder.map_err(|error| format!("no temporary folder to unpack it to: {error}"))?;
    let packs = folder.path().join("pack");
    std::fs::create_dir(&packs).map_err(|error| format!("no temporary folder to unpack it to: {error}"))?;
    let options = Options { alloc_limit_bytes: Some(LARGEST), ..Options::default() };
    let written = gix_pack::Bundle::write_to_directory(
        &mut reader,
        Some(&packs),
        &mut Discard,
        &AtomicBool::new(false),
        None::<Never>,
        gix_hash::Kind::Sha1,
        options,
    );
    written.map_err(|error| match header.needs.first() {
        Some(first) => format!(
            "it holds only what came after {first}, as differences from what is not in it: fetch it into a clone that has that commit"
        ),
        None => format!("its objects cannot be read: {error}"),
    })?;
    let objects = Objects::at(folder.path())?;
    let doubts = header.filter.map(|filter| format!("it was made with --filter={filter}, which leaves files out"));
    Ok(Unpacked { objects, tips: header.tips, doubts: doubts.into_iter().collect(), folder })
}

/// Reads up to the pack.
fn header(reader: &mut impl BufRead) -> Result<Header, String> {
    const CUT: &str = "a bundle that ends before its objects";
    let mut header = Header::default();
    let mut line = Vec::new();
    for number in 0..MOST {
        line.clear();
        reader.take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(|error| format!("cannot be read: {error}"))?;
        let Some(text) = line.strip_suffix(b"\n") else { return Err(CUT.to_owned()) };
        let text = String::from_utf8_lossy(text);
        let id = |text: &str| {
            let name = text.split(' ').next().unwrap_or_default();
            ObjectId::from_hex(name.as_bytes()).map_err(|_| format!("line {} of the bundle names no object", number + 1))
        };
        match text.as_bytes().first() {
            None => return Ok(header),
            Some(b'#') if number == 0 && is(&line) => {}
            _ if number == 0 => return Err("not a bundle".to_owned()),
            Some(b'@') => match text.split_once('=') {
                Some(("@object-format", "sha1")) => {}
                Some(("@object-format", _)) => {
                    return Err("it names objects by SHA-256, which this version does not read".to_owned());
                }
                Some(("@filter", filter)) => header.filter = Some(filter.chars().take(40).collect()),
                _ => return Err("it asks for something that this version does not know".to_owned()),
            },
            Some(b'-') => header.needs.push(id(&text[1..])?),
            Some(_) => header.tips.push(id(&text)?),
        }
    }
    Err("a bundle of too many branches".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4e1243bd22c66e76c2ba9eddc1f91394e57f9f83";

    fn read(text: &str) -> Result<Header, String> {
        header(&mut text.as_bytes())
    }

    #[test]
    fn a_header_names_branches_and_what_is_needed() {
        let id = ObjectId::from_hex(ID.as_bytes()).unwrap();
        let two = read(&format!("# v2 git bundle\n-{ID} before\n{ID} refs/heads/main\n{ID} HEAD\n\nPACK")).unwrap();
        assert_eq!(two, Header { tips: vec![id, id], needs: vec![id], filter: None });
        let three = format!("# v3 git bundle\n@object-format=sha1\n@filter=blob:none\n{ID} HEAD\n\nPACK");
        assert_eq!(read(&three).unwrap().filter.as_deref(), Some("blob:none"));
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for (text, told) in [
            ("", "ends before"),
            ("# v2 git bundle\n", "ends before"),
            ("# v2 git bundle\n4e12", "ends before"),
            ("# v4 git bundle\n\n", "not a bundle"),
            ("# v2 git bundle\nmain\n\n", "line 2 of the bundle names no object"),
            ("# v2 git bundle\n-\n\n", "line 2 of the bundle names no object"),
            ("# v3 git bundle\n@object-format=sha256\n\n", "SHA-256"),
            ("# v3 git bundle\n@colour=red\n\n", "does not know"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(told), "{text:?}: {error}");
        }
    }
}
