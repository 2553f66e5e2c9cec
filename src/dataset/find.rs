//! Which files a command line means: files, folders, and patterns such as `capture/**/*.parquet`.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::evidence::walk::{self, SourceFile};

/// The files that paths and patterns mean.
#[derive(Debug, Default)]
pub struct Found {
    /// The files, sorted by name, each once.
    pub files: Vec<SourceFile>,
    /// What could not be followed, and why; sorted.
    pub refused: Vec<(String, String)>,
    /// What people should know of what was found.
    pub notes: Vec<String>,
}

/// Finds the files. Inside folders, names that begin with `_` or `.` are left out, as Spark and Arrow do: `_SUCCESS`,
/// `_delta_log`, `.crc`.
///
/// # Errors
///
/// Where a pattern is none, or no file fits it.
pub fn expand(paths: &[PathBuf]) -> Result<Found, String> {
    let mut found = Found::default();
    for path in paths {
        let text = path.to_string_lossy();
        let is_pattern = text.contains(['*', '?', '[', '{']) && !path.exists();
        let (root, pattern) = if is_pattern { split(path)? } else { (path.clone(), None) };
        let walked = walk::find(std::slice::from_ref(&root));
        let shown_root = walk::shown(&root);
        let under = |name: &str| name.strip_prefix(&shown_root).map_or(name, |rest| rest.trim_start_matches('/')).to_owned();
        let mut files: Vec<SourceFile> = walked
            .files
            .into_iter()
            .filter(|file| match &pattern {
                Some(pattern) => pattern.is_match(&file.shown),
                None => !under(&file.shown).split('/').any(|part| part.starts_with(['_', '.'])),
            })
            .collect();
        if is_pattern && files.is_empty() {
            return Err(format!("{text}: no file fits this pattern"));
        }
        if path.is_dir() && path.join("_delta_log").is_dir() {
            found.notes.push(format!(
                "{shown_root} is a Delta table: its log is not read, so files that the table has dropped count too"
            ));
        }
        found.files.append(&mut files);
        let refused = walked.refused.into_iter().filter(|(name, _)| pattern.as_ref().is_none_or(|one| one.is_match(name)));
        found.refused.extend(refused.map(|(name, problem)| (name, problem.message)));
    }
    found.files.sort_by(|a, b| a.shown.cmp(&b.shown));
    found.files.dedup_by(|a, b| a.shown == b.shown);
    found.refused.sort();
    found.refused.dedup();
    Ok(found)
}

/// Splits a pattern into the folder that it begins in and what files below must fit.
fn split(path: &Path) -> Result<(PathBuf, Option<GlobMatcher>), String> {
    let is_plain = |part: &std::path::Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let mut root: PathBuf = path.components().take_while(is_plain).collect();
    if root.as_os_str().is_empty() {
        root = PathBuf::from(".");
    }
    let text = walk::shown(path);
    // Files under the current folder are shown without `./`.
    let glob = GlobBuilder::new(&text).literal_separator(true).build().map_err(|error| format!("{text}: {}", error.kind()))?;
    Ok((root, Some(glob.compile_matcher())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        }
        folder
    }

    fn names(found: &Found, folder: &tempfile::TempDir) -> Vec<String> {
        let root = walk::shown(folder.path());
        found.files.iter().map(|file| file.shown[root.len() + 1..].to_owned()).collect()
    }

    #[test]
    fn folders_are_read_without_what_writers_leave_behind() {
        let folder = folder(&["dt=2/a.parquet", "dt=1/a.parquet", "_SUCCESS", "dt=1/.a.crc", "_delta_log/0.json"]);
        let found = expand(&[folder.path().to_owned(), folder.path().join("dt=1")]).unwrap();
        assert_eq!(names(&found, &folder), ["dt=1/a.parquet", "dt=2/a.parquet"]);
        assert_eq!(found.notes.len(), 1);
        // Who names a file wants it.
        let named = expand(&[folder.path().join("_SUCCESS")]).unwrap();
        assert_eq!(names(&named, &folder), ["_SUCCESS"]);
    }

    #[test]
    fn patterns_do_not_cross_folders_unless_they_say_so() {
        let folder = folder(&["a.parquet", "x/b.parquet", "x/y/c.parquet", "x/y/d.csv", "we[i]rd.parquet"]);
        let all = |pattern: &str| expand(&[folder.path().join(pattern)]).map(|found| names(&found, &folder));
        assert_eq!(all("*/*.parquet").unwrap(), ["x/b.parquet"]);
        assert_eq!(all("x/**/*.{parquet,csv}").unwrap(), ["x/b.parquet", "x/y/c.parquet", "x/y/d.csv"]);
        assert_eq!(all("we[i]rd.parquet").unwrap(), ["we[i]rd.parquet"]);
        assert!(all("*.orc").unwrap_err().contains("no file fits"));
        assert!(all("*.[").unwrap_err().contains("character class"));
    }
}
