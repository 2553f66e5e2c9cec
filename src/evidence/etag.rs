//! Whether a file holds the bytes of an object, by the `ETag` that S3 keeps of it.
//!
//! The `ETag` of an object that was uploaded whole is the MD5 of its bytes; of one uploaded in parts, the MD5 of the parts' MD5s and
//! the number of parts (`…-12`). Objects encrypted with a key of KMS, or of the caller, have `ETag`s that say nothing of their bytes.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};

use md5::{Digest, Md5};

use super::hex;
use super::walk::SourceFile;

const MIB: u64 = 1 << 20;

/// Sizes of parts that uploaders use, in MiB: the AWS CLI and SDKs 8, `s3fs` 10, Hadoop 64 or 100 and 128, the console 16 or 17.
const PARTS: [u64; 18] = [5, 6, 7, 8, 10, 15, 16, 17, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1_024];

/// What an `ETag` looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// That of an object uploaded whole.
    Whole,
    /// That of an object uploaded in so many parts.
    Parts(u64),
}

/// Returns what an `ETag` looks like; nothing if it is none that S3 writes.
pub fn shape(etag: &str) -> Option<Shape> {
    let (digest, parts) = match etag.split_once('-') {
        Some((digest, parts)) => (digest, Some(parts.parse::<u64>().ok().filter(|parts| *parts > 0)?)),
        None => (etag, None),
    };
    (digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| parts.map_or(Shape::Whole, Shape::Parts))
}

/// Returns which of the given `ETag`s a file's bytes have.
///
/// Of an object that was uploaded in parts, all sizes of parts in common use are tried that give its number of parts; another size
/// is not found out, so that no answer does not mean that the file is another object.
///
/// # Errors
///
/// Where the file cannot be read.
pub fn matching(file: &SourceFile, wanted: &BTreeSet<String>) -> io::Result<Option<String>> {
    let shapes: BTreeSet<Shape> = wanted.iter().filter_map(|etag| shape(etag)).collect();
    for shape in shapes {
        let sizes: Vec<u64> = match shape {
            Shape::Whole => vec![u64::MAX],
            Shape::Parts(parts) => {
                PARTS.iter().map(|part| part * MIB).filter(|part| file.bytes.div_ceil(*part).max(1) == parts).collect()
            }
        };
        for size in sizes {
            let digests = digests(File::open(&file.path)?, size)?;
            let found = match shape {
                Shape::Whole => hex::lower(&digests),
                Shape::Parts(parts) => format!("{}-{parts}", hex::lower(&Md5::digest(&digests))),
            };
            if let Some(etag) = wanted.iter().find(|etag| etag.eq_ignore_ascii_case(&found)) {
                return Ok(Some(etag.clone()));
            }
        }
    }
    Ok(None)
}

/// Returns the MD5s of the parts, one after the other; of no bytes the MD5 of nothing.
fn digests(mut from: impl Read, part: u64) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        let (mut hasher, mut left, mut any) = (Md5::new(), part, false);
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let count = match from.read(&mut buffer[..most]) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hasher.update(&buffer[..count]);
            left -= count as u64;
            any = true;
        }
        if any || all.is_empty() {
            all.extend_from_slice(&hasher.finalize());
        }
        if left > 0 {
            return Ok(all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8], wanted: &[&str]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("object");
        std::fs::write(&path, bytes).unwrap();
        let file = super::super::walk::file(&path).unwrap();
        matching(&file, &wanted.iter().map(|etag| (*etag).to_owned()).collect()).unwrap()
    }

    #[test]
    fn bytes_are_told_by_their_etag() {
        // printf '' | md5sum; printf abc | md5sum
        let (nothing, abc) = ("d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(found(b"", &[abc, nothing]).as_deref(), Some(nothing));
        assert_eq!(found(b"abc", &[abc, nothing]).as_deref(), Some(abc));
        assert_eq!(found(b"abd", &[abc, nothing, "", "x-1", "no etag at all"]), None);
    }

    #[test]
    fn parts_of_usual_sizes_are_tried() {
        // python3: d=b'\0'*(20<<20); m=md5(b''.join(md5(d[i:i+(8<<20)]).digest() for i in range(0,len(d),8<<20))).hexdigest()
        let zeroes = vec![0; 20 << 20];
        let whole = "8f4e33f3dc3e414ff94e5fb6905cba8c";
        let of = |part: u64| {
            let digests = digests(&zeroes[..], part).unwrap();
            format!("{}-{}", hex::lower(&Md5::digest(&digests)), digests.len() / 16)
        };
        assert_eq!(found(&zeroes, &[whole]).as_deref(), Some(whole));
        assert_eq!(of(8 << 20), "5452e5568d20a60209babc69a7b95911-3");
        for part in [5_u64, 8, 10, 16, 64] {
            assert_eq!(found(&zeroes, &[&of(part << 20)]), Some(of(part << 20)), "{part}");
        }
        // A size that nobody uses is not found out.
        assert_eq!(found(&zeroes, &[&of((8 << 20) + 1)]), None);
    }
}
