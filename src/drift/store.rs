//! A baseline's profile as bytes: marked, versioned, compressed, and hashed.
//!
//! The bytes are `MTPROFIL`, the version as four bytes (little-endian), the SHA-256 of the rest, and the rest: the profile in
//! postcard's encoding, compressed with zstd. Equal profiles have equal bytes.

use sha2::{Digest as _, Sha256};

use super::profile::{Body, Profile};

/// The first bytes.
const MARK: &[u8; 8] = b"MTPROFIL";
/// Raised whenever older programs would misread what is written, or this one what they wrote.
const VERSION: u32 = 2;
/// Bytes of the mark, the version and the hash.
const HEAD: usize = 8 + 4 + 32;
/// Bytes that a profile may have when decompressed.
const LARGEST: usize = 4 << 30;
/// Fast, and nearly as small as any.
const LEVEL: i32 = 3;

/// Returns whether bytes are a profile, of any version.
pub fn is_profile(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK)
}

/// Returns a profile as bytes, and their SHA-256 in hexadecimal.
///
/// # Errors
///
/// A message, should compressing fail.
pub fn save(profile: &Profile) -> Result<(Vec<u8>, String), String> {
    let plain = postcard::to_allocvec(profile).map_err(|error| error.to_string())?;
    let packed = zstd::bulk::compress(&plain, LEVEL).map_err(|error| error.to_string())?;
    let mut bytes = Vec::with_capacity(HEAD + packed.len());
    bytes.extend_from_slice(MARK);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&Sha256::digest(&packed));
    bytes.extend_from_slice(&packed);
    let hash = hex(&Sha256::digest(&packed));
    Ok((bytes, hash))
}

/// Reads a profile, and the SHA-256 it states, in hexadecimal.
///
/// # Errors
///
/// A message for people where the bytes are no profile, of another version, damaged, or impossible.
pub fn load(bytes: &[u8]) -> Result<(Profile, String), String> {
    let head = bytes.get(..HEAD).filter(|head| is_profile(head)).ok_or("it is no profile of a baseline")?;
    let (version, hash) = (&head[8..12], &head[12..]);
    if version != VERSION.to_le_bytes() {
        let found = version.try_into().map(u32::from_le_bytes).unwrap_or_default();
        return Err(format!("it is a profile of version {found}, and this program reads version {VERSION}: save it anew"));
    }
    let packed = &bytes[HEAD..];
    if *Sha256::digest(packed) != *hash {
        return Err("its content does not have the hash it states: it is damaged".to_owned());
    }
    let impossible = |what: String| format!("it is not a profile that this program wrote: {what}");
    let size = zstd::bulk::Decompressor::upper_bound(packed).unwrap_or(0).min(LARGEST);
    let plain = zstd::bulk::decompress(packed, size).map_err(|error| impossible(error.to_string()))?;
    let profile: Profile = postcard::from_bytes(&plain).map_err(|error| impossible(error.to_string()))?;
    let sound = profile.columns.iter().all(|column| match &column.body {
        Body::Line(line) => line.is_sound(),
        Body::Categories { rows, nulls, .. } => nulls <= rows,
    });
    if !sound {
        return Err(impossible("its counts contradict each other".to_owned()));
    }
    Ok((profile, hex(hash)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
