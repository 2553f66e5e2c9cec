//! Which commits of a clone hold the code of a hash, and what becomes of a clone that is damaged, cut off or hostile.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use modeltrail::fact::clone::{Question, Searched, Wanted};
use modeltrail::repo::{Limits, Repo};
use support::git::Git;

/// The folder whose hashes below Python made, with the SDK's own function, of the same files in a real folder.
const FILES: &[(&str, &str)] = &[
    ("src/train.py", "import a\n"),
    ("src/a/inner.py", "x = 1\n"),
    ("src/a.py", "x = 2\n"),
    ("src/a-b", "dash\n"),
    ("src/ä.txt", "z\n"),
];
const SRC: &str = "a7188db4b5eaa6f8a0c5693878a1bfec88086dd865cda8bdbad08b127234346d";
const DOT_SRC: &str = "a9f771d30f529afbb9324c5b623c3baeb3ad1b647b6b8c53618316b5896ef9b2";
const SRC_SLASH: &str = "f945b920c58eabd8b75d53bcedf9ff0d54bad2fa6faabee8eb11d9a7bc37d905";
const DOT: &str = "d6dde5f1407c47704e2174a8729936355e31f6d163951e7302e531eb6b449c02";
const SCRIPT: &str = "539b819b1fea2eed90cea4f893cf4ea4357dc680337b7e08c744334b44cc078b";
const ABSOLUTE: &str = "f1f0dbad4853dd6c012d628fc1d5b401185d63bda72a73aaa3ae866a90ed88c6";

fn wanted(hash: &str, program: &str) -> Wanted {
    Wanted { hash: hash.to_owned(), program: program.to_owned() }
}

fn asked(hashes: &[&str], commits: &[&str]) -> Question {
    Question {
        code: hashes.iter().map(|hash| wanted(hash, "train.py")).collect(),
        commits: commits.iter().map(|commit| (*commit).to_owned()).collect(),
    }
}

fn search(git: &Git, question: &Question) -> Searched {
    Repo::open(git.path()).expect("it is a clone").search(question, &[], &Limits::default())
}

/// Returns who holds the code of a hash, as commit and typed path.
fn holders(searched: &Searched, hash: &str) -> Vec<(String, String)> {
    let found = searched.holders.get(&wanted(hash, "train.py")).into_iter().flatten();
    found.map(|holder| (holder.commit.clone(), holder.typed.clone())).collect()
}

#[test]
fn the_hash_is_that_of_the_sdk_however_the_path_was_typed() {
    let git = Git::new();
    let commit = git.commit(git.folder(FILES), &[], 1_000);
    git.point("refs/heads/main", commit);
    let searched = search(&git, &asked(&[SRC, DOT_SRC, SRC_SLASH, DOT, SCRIPT, ABSOLUTE], &[]));
    for (hash, typed) in [(SRC, "src"), (DOT_SRC, "./src"), (SRC_SLASH, "src/"), (DOT, "."), (SCRIPT, "src/train.py")] {
        assert_eq!(holders(&searched, hash), [(commit.to_string(), typed.to_owned())], "{typed}");
    }
    assert!(searched.limits.is_empty(), "{:?}", searched.limits);
    assert_eq!(holders(&searched, ABSOLUTE), []);
    let repo = Repo::open(git.path()).expect("it is a clone");
    let hinted = repo.search(&asked(&[ABSOLUTE], &[]), &["/home/ci/risk".to_owned()], &Limits::default());
    assert_eq!(holders(&hinted, ABSOLUTE), [(commit.to_string(), "/home/ci/risk/src".to_owned())]);
    // The same script under another name is not what the job runs.
    let other = search(&git, &Question { code: [wanted(SRC, "serve.py")].into(), ..Question::default() });
    assert!(other.holders.is_empty());
    // A script in a folder of the source folder.
    let inner = search(&git, &Question { code: [wanted(SRC, "a/inner.py")].into(), ..Question::default() });
    assert_eq!(inner.holders[&wanted(SRC, "a/inner.py")][0].typed, "src");
}

#[test]
fn every_commit_that_holds_the_code_is_found_newest_first() {
    let git = Git::new();
    let first = git.commit(git.folder(FILES), &[], 1_000);
    let changed: Vec<(&str, &str)> =
        FILES.iter().map(|(path, text)| (*path, if *path == "src/a.py" { "x = 3\n" } else { text })).collect();
    let second = git.commit(git.folder(&changed), &[first], 2_000);
    let mut readme = FILES.to_vec();
    readme.push(("README.md", "what it is\n"));
    let third = git.commit(git.folder(&readme), &[second], 3_000);
    let side = git.commit(git.folder(&readme), &[first], 2_500);
    let moved: Vec<(String, &str)> = FILES.iter().map(|(path, text)| (format!("ml/{path}"), *text)).collect();
    let moved: Vec<(&str, &str)> = moved.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let fourth = git.commit(git.folder(&moved), &[third], 4_000);
    git.point("refs/heads/main", fourth);
    // A tag with a message keeps what lies on no branch.
    git.point("refs/tags/v1", git.tag(side));
    let searched = search(&git, &asked(&[SRC], &[&second.to_string()[..9], "1234567890"]));
    let names: Vec<String> = holders(&searched, SRC).into_iter().map(|(commit, _)| commit).collect();
    assert_eq!(names, [fourth, third, side, first].map(|id| id.to_string()), "from `ml` the folder is called `src` too");
    assert_eq!(searched.held.len(), 1);
    let held = &searched.held[&second.to_string()[..9]];
    assert_eq!((held.commit.as_str(), held.is_searched), (second.to_string().as_str(), true));
}

#[test]
fn a_stated_commit_is_looked_at_wherever_it_lies() {
    let git = Git::new();
    let lost = git.commit(git.folder(FILES), &[], 1_000);
    let main = git.commit(git.folder(&[("README.md", "nothing\n")]), &[], 2_000);
    git.point("refs/heads/main", main);
    let name = lost.to_string();
    assert!(search(&git, &asked(&[SRC], &[])).holders.is_empty());
    let searched = search(&git, &asked(&[SRC], &[&name]));
    assert_eq!(holders(&searched, SRC), [(name.clone(), "src".to_owned())]);
    // What is checked out may lie on no branch either.
    git.write("HEAD", &format!("{lost}\n"));
    assert_eq!(holders(&search(&git, &asked(&[SRC], &[])), SRC).len(), 1);
}

#[test]
fn what_was_not_looked_at_is_said() {
    let git = Git::new();
    let absent = gix_hash::ObjectId::from_hex(b"00000000000000000000000000000000000000aa").expect("a name");
    let cut = git.commit(git.folder(FILES), &[absent], 1_000);
    let head = git.commit(git.folder(&[("README.md", "nothing\n")]), &[cut], 2_000);
    git.point("refs/heads/main", head);
    let searched = search(&git, &asked(&[SRC], &[]));
    assert_eq!(holders(&searched, SRC).len(), 1);
    assert_eq!(searched.limits, ["its history is cut off, as a shallow clone's is"]);
    let few =
        Repo::open(git.path()).expect("a clone").search(&asked(&[SRC], &[]), &[], &Limits { commits: 1, ..Limits::default() });
    assert_eq!(few.limits, ["only the newest 1 commits were looked at"]);
    assert!(few.holders.is_empty());

    let link = Git::new();
    let script = link.blob(b"import a\n");
    let linked = link.tree(&[("100644", "train.py", script), ("120000", "data", link.blob(b"/etc"))]);
    let module = link.tree(&[("100644", "train.py", script), ("160000", "module", absent)]);
    let partial = link.tree(&[("100644", "train.py", script), ("100644", "model.bin", absent)]);
    let large = link.tree(&[("100644", "train.py", script), ("100644", "large", link.blob(&[b'x'; 4_000]))]);
    let root = link.tree(&[("40000", "a", linked), ("40000", "b", module), ("40000", "c", partial), ("40000", "d", large)]);
    let commit = link.commit(root, &[], 1_000).to_string();
    let limits = Limits { folder: 1_000, ..Limits::default() };
    let searched = Repo::open(link.path()).expect("a clone").search(&asked(&[SRC], &[&commit]), &[], &limits);
    assert_eq!(
        searched.limits,
        [
            "a and 1 more holds, in some commit, a symbolic link or a submodule, which is not followed",
            "d is, in some commit, larger than 0 MiB, deeper than 64 folders, or holds too much",
            "c is, in part, missing from it or damaged",
        ]
    );
    assert!(!searched.held[&commit].is_searched, "what cannot be hashed contradicts nobody");
    let spent = Limits { hashed: 100, ..Limits::default() };
    let searched = Repo::open(git.path()).expect("a clone").search(&asked(&[SRC], &[]), &[], &spent);
    assert!(searched.limits.iter().any(|limit| limit.starts_with("the search ended")), "{:?}", searched.limits);
}

#[test]
fn a_name_that_nobody_can_hash_hides_nothing_else() {
    let git = Git::new();
    let code = git.folder(&FILES.iter().map(|(path, text)| (path.trim_start_matches("src/"), *text)).collect::<Vec<_>>());
    let odd = git.tree_of_bytes(&[("100644", b"train.py", git.blob(b"1\n")), ("100644", b"gr\xf6sse.txt", git.blob(b"2\n"))]);
    let root = git.tree_of_bytes(&[
        ("40000", b"src", code),
        ("40000", b"odd", odd),
        ("100644", b"gr\xf6sse.txt", git.blob(b"2\n")),
        ("100644", b"gr\xe4sse.txt", git.blob(b"2\n")),
    ]);
    let commit = git.commit(root, &[], 1_000);
    git.point("refs/heads/main", commit);
    let searched = search(&git, &asked(&[SRC], &[]));
    assert_eq!(holders(&searched, SRC), [(commit.to_string(), "src".to_owned())]);
    assert!(searched.limits.is_empty(), "{:?}", searched.limits);
}

#[test]
fn a_clone_without_commits_says_so() {
    assert_eq!(search(&Git::new(), &asked(&[SRC], &[])).limits, ["there is no commit in it that can be read"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_read() {
    for name in ["config", "packed-refs", "commondir"] {
        let git = Git::new();
        let path = git.path().join(".git").join(name);
        if path.exists() {
            std::fs::remove_file(&path).expect("it is there");
        }
        std::os::unix::fs::symlink("/dev/zero", &path).expect("links can be made");
        let opened = Repo::open(git.path());
        assert!(name == "commondir" || opened.is_err_and(|error| error.contains("is no file")), "{name}");
    }
}

#[test]
fn an_object_that_is_not_what_its_name_says_is_not_believed() {
    let git = Git::new();
    let good = git.blob(b"import a\n");
    let bad = git.blob(b"import os; os.system('sh')\n");
    let commit = git.commit(git.folder(FILES), &[], 1_000);
    git.point("refs/heads/main", commit);
    let path = git.object(&good);
    std::fs::remove_file(&path).expect("it is there");
    std::fs::copy(git.object(&bad), &path).expect("it can be written");
    let searched = search(&git, &asked(&[SRC], &[]));
    assert!(searched.holders.is_empty());
    assert_eq!(searched.limits, ["src and 1 more is, in part, missing from it or damaged"]);
}

#[test]
fn a_damaged_clone_costs_no_more_than_what_is_damaged() {
    let question = asked(&[SRC, DOT_SRC], &["1234567"]);
    let made = || {
        let git = Git::new();
        let first = git.commit(git.folder(FILES), &[], 1_000);
        let second = git.commit(git.folder(&[("src/train.py", "1\n")]), &[first], 2_000);
        git.point("refs/heads/main", second);
        git.write("packed-refs", &format!("# pack-refs with: peeled fully-peeled sorted\n{first} refs/tags/v1\n"));
        git
    };
    assert_eq!(holders(&search(&made(), &question), SRC).len(), 1);
    let git = made();
    for path in support::files(&git.path().join(".git")) {
        let whole = std::fs::read(&path).expect("it is there");
        std::fs::remove_file(&path).expect("it is there");
        for damaged in
            [vec![], whole[..whole.len() / 2].to_vec(), vec![0xff; whole.len()], b"x\x9c\x03\x00\x00\x00\x00\x01".to_vec()]
        {
            std::fs::write(&path, &damaged).expect("it can be written");
            if let Ok(repo) = Repo::open(git.path()) {
                let searched = repo.search(&question, &[], &Limits::default());
                assert!(holders(&searched, SRC).len() <= 1);
            }
        }
        std::fs::remove_file(&path).expect("it is there");
        std::fs::write(&path, &whole).expect("it can be written");
    }
    assert_eq!(holders(&search(&git, &question), SRC).len(), 1);
}

#[test]
fn lists_of_lists_end() {
    let git = Git::new();
    let mut inner = git.folder(&[("train.py", "1\n")]);
    for _ in 0..300 {
        let names: Vec<String> = (0..20).map(|name| name.to_string()).collect();
        let entries: Vec<(&str, &str, gix_hash::ObjectId)> = names.iter().map(|name| ("40000", name.as_str(), inner)).collect();
        inner = git.tree(&entries);
    }
    let script = git.blob(b"1\n");
    let root = git.tree(&[("100644", "train.py", script), ("40000", "deep", inner)]);
    git.point("refs/heads/main", git.commit(root, &[], 1_000));
    let searched = search(&git, &asked(&[SRC], &[]));
    assert!(searched.holders.is_empty() && !searched.limits.is_empty());
}

#[test]
fn a_list_that_no_checkout_comes_from_is_no_code() {
    let git = Git::new();
    let script = git.blob(b"import a\n");
    for name in ["..", ".git", "a/b", "train.py"] {
        let folder = git.tree(&[("100644", "train.py", script), ("100644", name, script)]);
        let commit = git.commit(git.tree(&[("40000", "src", folder)]), &[], 1_000).to_string();
        let searched = search(&git, &asked(&[SRC], &[&commit]));
        assert!(!searched.held[&commit].is_searched, "{name}");
    }
}

#[test]
fn worktrees_and_bare_repositories_are_clones_too() {
    let git = Git::new();
    let commit = git.commit(git.folder(FILES), &[], 1_000);
    git.point("refs/heads/main", commit);
    let question = asked(&[SRC], &[]);
    let bare = Repo::open(&git.path().join(".git")).expect("a bare repository");
    assert_eq!(holders(&bare.search(&question, &[], &Limits::default()), SRC).len(), 1);
    git.write("worktrees/second/HEAD", &format!("{commit}\n"));
    git.write("worktrees/second/commondir", "../..\n");
    let own = git.path().join(".git/worktrees/second");
    let linked = support::folder(&[(".git", format!("gitdir: {}\n", own.display()).as_bytes())]);
    let linked = Repo::open(linked.path()).expect("a linked worktree");
    assert_eq!(holders(&linked.search(&question, &[], &Limits::default()), SRC).len(), 1);
}

#[test]
fn what_is_no_clone_is_told_apart() {
    let refused = |path: &std::path::Path| Repo::open(path).err().unwrap_or_default();
    let files = support::folder(&[("all.bundle", b"# v2 git bundle\n"), ("notes.txt", b"call Maria")]);
    assert!(refused(&files.path().join("all.bundle")).contains("bundle"));
    assert!(refused(&files.path().join("notes.txt")).contains("a file"));
    assert!(refused(files.path()).contains("not a git repository"));
    assert!(refused(&files.path().join("none")).contains("no such folder"));
    for (file, text, word) in [
        ("objects/info/alternates", "/elsewhere/objects\n", "borrows"),
        ("config", "[extensions]\n\tobjectFormat = sha256\n", "SHA-256"),
        ("reftable/tables.list", "", "reftables"),
    ] {
        let git = Git::new();
        git.write(file, text);
        assert!(refused(git.path()).contains(word), "{word}");
    }
    let empty = Git::new();
    assert!(search(&empty, &asked(&[SRC], &["1234567"])).holders.is_empty());
}

#[test]
fn a_bundle_serves_like_the_clone_it_was_made_of() {
    let git = Git::new();
    let first = git.commit(git.folder(FILES), &[], 1_000);
    let tip = git.tag(git.commit(git.folder(&[("README.md", "nothing\n")]), &[first], 2_000));
    let bytes = git.bundle(tip);
    let folder = support::folder(&[("whole.bundle", &bytes)]);
    let open = |name: &str| Repo::open(&folder.path().join(name));
    let repo = open("whole.bundle").expect("it is a bundle");
    assert_eq!(holders(&repo.search(&asked(&[SRC], &[]), &[], &Limits::default()), SRC), [(first.to_string(), "src".to_owned())]);
    // One that lacks its end, or what its branch names, or what it builds on.
    for end in (0..bytes.len()).step_by(7) {
        std::fs::write(folder.path().join("cut.bundle"), &bytes[..end]).expect("it can be written");
        assert!(open("cut.bundle").is_err(), "of {end} bytes");
    }
    let line = bytes.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    let with = |lines: &str| [&bytes[..line], lines.as_bytes(), &bytes[line..]].concat();
    std::fs::write(folder.path().join("more.bundle"), with(&format!("{} refs/heads/gone\n", "ab".repeat(20)))).expect("written");
    let searched = open("more.bundle").expect("it is a bundle").search(&asked(&[SRC], &[]), &[], &Limits::default());
    assert_eq!(searched.limits, ["1 of its branches and tags lead to what cannot be read"]);
    let mut broken = bytes.clone();
    let last = broken.len() - 30;
    broken[last] ^= 0xff;
    std::fs::write(folder.path().join("broken.bundle"), broken).expect("written");
    assert!(open("broken.bundle").is_err_and(|error| error.contains("its objects cannot be read")));
}
