//! Objects of a clone, each bounded before it is unpacked and held against its name before it is believed.

use std::path::Path;

use gix_hash::{ObjectId, oid};
use gix_object::{Find, Kind};
use gix_odb::HeaderExt;

/// Bytes that a commit, a tag or the list of one folder may have.
const LONGEST: u64 = 16 << 20;

/// Why an object cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// It is not here: the clone is shallow or partial, or has lost it.
    Missing,
    /// It is longer than it may be.
    TooLong,
    /// It is not what its name says.
    Damaged,
}

/// The objects of a clone.
pub(super) struct Objects {
    odb: gix_odb::Handle,
}

impl Objects {
    /// Opens the objects in a folder.
    pub(super) fn at(folder: &Path) -> Result<Self, String> {
        let options = gix_odb::store::init::Options { alloc_limit_bytes: Some(1 << 30), ..Default::default() };
        let mut odb = gix_odb::at_opts(folder, gix_hash::Kind::Sha1, None, options)
            .map_err(|error| format!("its objects cannot be opened: {error}"))?;
        odb.refresh_never();
        Ok(Self { odb })
    }

    /// Returns what kind of object has that name.
    pub(super) fn kind(&self, id: &oid) -> Option<Kind> {
        self.odb.header(id).ok().map(|header| header.kind())
    }

    /// Reads a commit, a tag or the list of a folder.
    pub(super) fn read<'a>(&self, id: &oid, kind: Kind, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], Lost> {
        self.read_up_to(id, kind, LONGEST, buffer)
    }

    /// Reads an object of that kind that has no more than so many bytes.
    pub(super) fn read_up_to<'a>(&self, id: &oid, kind: Kind, longest: u64, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], Lost> {
        let header = match gix_odb::Header::try_header(&self.odb, id) {
            Ok(Some(header)) => header,
            Ok(None) => return Err(Lost::Missing),
            Err(_) => return Err(Lost::Damaged),
        };
        if header.kind() != kind {
            return Err(Lost::Damaged);
        }
        if header.size() > longest {
            return Err(Lost::TooLong);
        }
        let data = match self.odb.try_find(id, buffer) {
            Ok(Some(data)) => data,
            Ok(None) => return Err(Lost::Missing),
            Err(_) => return Err(Lost::Damaged),
        };
        if data.kind != kind || data.verify_checksum(id).is_err() {
            return Err(Lost::Damaged);
        }
        Ok(data.data)
    }

    /// Returns the only object whose name begins so.
    pub(super) fn named(&self, name: &str) -> Option<ObjectId> {
        let prefix = gix_hash::Prefix::from_hex(name).ok()?;
        self.odb.lookup_prefix(prefix, None).ok()??.ok()
    }
}
