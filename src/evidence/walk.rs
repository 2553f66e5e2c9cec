//! Finds the files under the evidence paths, in one order whatever order the paths or the directory came in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::ledger::Problem;

/// A file to be read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Where it lies.
    pub path: PathBuf,
    /// How it is named in every output: the path as given, with `/` between the parts.
    pub shown: String,
    /// Its size when it was found.
    pub bytes: u64,
}

/// What lies under the evidence paths.
#[derive(Debug, Default)]
pub struct Found {
    /// Regular files, sorted by their shown path, each once.
    pub files: Vec<SourceFile>,
    /// Git repositories, sorted: `.git` folders and bare ones. Nothing in them is a file of the evidence.
    pub repositories: Vec<String>,
    /// Paths that could not be followed, with the reason, sorted.
    pub refused: Vec<(String, Problem)>,
}

/// Returns a single file.
///
/// # Errors
///
/// Where there is none.
pub fn file(path: &Path) -> std::io::Result<SourceFile> {
    let bytes = std::fs::metadata(path)?.len();
    Ok(SourceFile { path: path.to_owned(), shown: shown(path), bytes })
}

/// Walks the given paths: files as they are, folders recursively.
///
/// Symbolic links inside a folder are not followed (they may lead out of the evidence) and are listed as refused. Git repositories are
/// listed and not entered.
pub fn find(paths: &[PathBuf]) -> Found {
    let mut files: BTreeMap<String, SourceFile> = BTreeMap::new();
    let mut refused: BTreeMap<String, Problem> = BTreeMap::new();
    let mut repositories: BTreeSet<String> = BTreeSet::new();
    for root in paths {
        let mut entries = walkdir::WalkDir::new(root).follow_links(false).follow_root_links(true).into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = shown(error.path().unwrap_or(root));
                    let reason = error.io_error().map_or_else(|| error.to_string(), std::string::ToString::to_string);
                    refused.insert(path, Problem::whole(format!("cannot be read: {reason}")));
                    continue;
                }
            };
            let name = shown(entry.path());
            let kind = entry.file_type();
            if kind.is_dir() {
                if entry.file_name() == ".git" || is_bare(entry.path()) {
                    repositories.insert(name);
                    entries.skip_current_dir();
                }
            } else if kind.is_symlink() && entry.depth() > 0 {
                refused.insert(name, Problem::whole("a symbolic link; links inside a folder are not followed"));
            } else {
                match std::fs::metadata(entry.path()) {
                    Ok(metadata) if metadata.is_file() => {
                        files.insert(name.clone(), SourceFile { path: entry.into_path(), shown: name, bytes: metadata.len() });
                    }
                    Ok(_) => {
                        refused.insert(name, Problem::whole("not a regular file"));
                    }
                    Err(error) => {
                        refused.insert(name, Problem::whole(format!("cannot be read: {error}")));
                    }
                }
            }
        }
    }
    Found {
        files: files.into_values().collect(),
        repositories: repositories.into_iter().collect(),
        refused: refused.into_iter().collect(),
    }
}

/// Returns whether a folder is a bare git repository, or a `.git` folder under another name.
fn is_bare(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && ["objects", "refs"].iter().all(|name| folder.join(name).is_dir())
}

/// Writes a path the way it is shown: `/` between parts, `./` in front dropped, bytes that are no UTF-8 replaced.
pub fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    let mut text = text.as_str();
    while let Some(rest) = text.strip_prefix("./") {
        text = rest.trim_start_matches('/');
    }
    if text.is_empty() { ".".to_owned() } else { text.trim_end_matches('/').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_as_given() {
        for (path, text) in [("./a/b", "a/b"), ("a//b", "a//b"), ("/x/y/", "/x/y"), (".", "."), ("./", ".")] {
            assert_eq!(shown(Path::new(path)), text);
        }
    }
}
