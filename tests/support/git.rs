//! Repositories for tests, made of objects with fixed times: no test needs a `git`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use gix_hash::{Kind as Hash, ObjectId};
use gix_object::{Kind, Write as _};

/// Returns the hash that the SDK makes of a folder that holds one script alone.
pub(crate) fn code_hash(typed: &str, name: &str, script: &str) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::new().chain_update(typed).chain_update(name).chain_update(script).finalize();
    modeltrail::evidence::hex::lower(&digest)
}

/// A repository in a folder of its own.
pub(crate) struct Git {
    folder: tempfile::TempDir,
    store: gix_odb::loose::Store,
}

impl Git {
    /// Makes an empty repository with a `.git` folder, as a clone has it.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let git = folder.path().join(".git");
        for inner in ["objects/pack", "refs/heads", "refs/tags"] {
            std::fs::create_dir_all(git.join(inner)).expect("the folder can be written");
        }
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").expect("the folder can be written");
        std::fs::write(git.join("config"), "[core]\n\trepositoryformatversion = 0\n").expect("the folder can be written");
        let store = gix_odb::loose::Store::at(git.join("objects"), Hash::Sha1);
        Self { folder, store }
    }

    /// Returns the folder that was cloned into.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the folder as an argument.
    pub(crate) fn shown(&self) -> &str {
        self.path().to_str().expect("UTF-8")
    }

    /// Writes a file of the `.git` folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(".git").join(name);
        std::fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("the folder can be written");
        std::fs::write(path, text).expect("the folder can be written");
    }

    /// Returns where an object lies.
    pub(crate) fn object(&self, id: &ObjectId) -> std::path::PathBuf {
        let name = id.to_string();
        self.path().join(".git/objects").join(&name[..2]).join(&name[2..])
    }

    /// Writes the content of a file.
    pub(crate) fn blob(&self, bytes: &[u8]) -> ObjectId {
        self.store.write_buf(Kind::Blob, bytes).expect("objects can be written")
    }

    /// Writes the list of a folder, in git's order: entries of mode, name and object.
    pub(crate) fn tree(&self, entries: &[(&str, &str, ObjectId)]) -> ObjectId {
        self.tree_of_bytes(&entries.iter().map(|(mode, name, id)| (*mode, name.as_bytes(), *id)).collect::<Vec<_>>())
    }

    /// Writes such a list with names of any bytes.
    pub(crate) fn tree_of_bytes(&self, entries: &[(&str, &[u8], ObjectId)]) -> ObjectId {
        let mut entries = entries.to_vec();
        let key = |mode: &str, name: &[u8]| if mode == "40000" { [name, b"/"].concat() } else { name.to_vec() };
        entries.sort_by_key(|(mode, name, _)| key(mode, name));
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(&[mode.as_bytes(), b" ", name, b"\0", id.as_slice()].concat());
        }
        self.store.write_buf(Kind::Tree, &bytes).expect("objects can be written")
    }

    /// Writes a folder of files by their paths.
    pub(crate) fn folder(&self, files: &[(&str, &str)]) -> ObjectId {
        let mut own: Vec<(&str, &str, ObjectId)> = Vec::new();
        let mut below: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for (path, content) in files {
            match path.split_once('/') {
                None => own.push(("100644", path, self.blob(content.as_bytes()))),
                Some((folder, rest)) => below.entry(folder).or_default().push((rest, content)),
            }
        }
        for (name, files) in below {
            own.push(("40000", name, self.folder(&files)));
        }
        self.tree(&own)
    }

    /// Writes a commit that was made at `seconds` after the epoch.
    pub(crate) fn commit(&self, tree: ObjectId, parents: &[ObjectId], seconds: i64) -> ObjectId {
        let parents = parents.iter().fold(String::new(), |text, parent| format!("{text}parent {parent}\n"));
        let by = format!("Maria Lead <maria@example.org> {seconds} +0200");
        let text = format!("tree {tree}\n{parents}author {by}\ncommitter {by}\n\nmessage\n");
        self.store.write_buf(Kind::Commit, text.as_bytes()).expect("objects can be written")
    }

    /// Writes a tag with a message.
    pub(crate) fn tag(&self, commit: ObjectId) -> ObjectId {
        let text = format!("object {commit}\ntype commit\ntag v1\ntagger Maria Lead <maria@example.org> 1 +0000\n\nmessage\n");
        self.store.write_buf(Kind::Tag, text.as_bytes()).expect("objects can be written")
    }

    /// Returns a bundle of all objects, with one branch.
    pub(crate) fn bundle(&self, commit: ObjectId) -> Vec<u8> {
        let mut objects: Vec<ObjectId> = self.store.iter().map(|id| id.expect("objects can be listed")).collect();
        objects.sort();
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend_from_slice(&u32::try_from(objects.len()).expect("they are few").to_be_bytes());
        let mut buffer = Vec::new();
        for id in objects {
            let data = self.store.try_find(&id, &mut buffer).expect("objects can be read").expect("it was listed");
            let kind = match data.kind {
                Kind::Commit => 1_u8,
                Kind::Tree => 2,
                Kind::Blob => 3,
                Kind::Tag => 4,
            };
            // The kind and the lowest four bits of the length; then seven bits at a time.
            let mut rest = data.data.len() >> 4;
            let more = |rest: usize| if rest > 0 { 0x80 } else { 0 };
            pack.push(more(rest) | (kind << 4) | u8::try_from(data.data.len() & 0xf).expect("four bits"));
            while rest > 0 {
                let low = u8::try_from(rest & 0x7f).expect("seven bits");
                rest >>= 7;
                pack.push(more(rest) | low);
            }
            let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            packed.write_all(data.data).expect("memory can be written");
            pack.extend(packed.finish().expect("memory can be written"));
        }
        let mut hasher = gix_hash::hasher(Hash::Sha1);
        hasher.update(&pack);
        pack.extend_from_slice(hasher.try_finalize().expect("no collision").as_slice());
        let mut bundle = format!("# v2 git bundle\n{commit} refs/heads/main\n{commit} HEAD\n\n").into_bytes();
        bundle.extend(pack);
        bundle
    }

    /// Sets a branch or tag, such as `refs/heads/main`.
    pub(crate) fn point(&self, name: &str, id: ObjectId) {
        self.write(name, &format!("{id}\n"));
    }
}
