//! The commit of a job by the content of its code: when it is known, when it is not, and what contradicts whom.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use gix_hash::ObjectId;
use modeltrail::case::claim::Grade;
use modeltrail::report::document as doc;
use support::Told;
use support::git::Git;

const STORY: &str = "fixtures/contradicting-commits/evidence/sagemaker";
/// The hash in the path of the job's code, in that story.
const ITS_HASH: &str = "810314ebc9ad1dd903ad7020170b0d1af74c4498f7cf159eadd975cc5755c52c";
const ITS_COMMIT: &str = "6a06be06b73074c1701dec63d9cc9aa5d07818c8";
/// When its job was made: 2026-10-06T08:00:00Z.
const MADE: i64 = 1_791_273_600;

const CODE: (&str, &str) = ("src/train.py", "print('one')\n");
const OTHER: (&str, &str) = ("src/train.py", "print('two')\n");

/// Returns the SDK's hash of a folder that holds the script alone.
fn hash(typed: &str, script: &str) -> String {
    support::git::code_hash(typed, "train.py", script)
}

/// Returns the story's job and model with that hash, and that commit in the environment.
fn evidence(hash: &str, commit: Option<&str>) -> tempfile::TempDir {
    let read = |name: &str| std::fs::read_to_string(format!("{STORY}/{name}")).expect("it is there");
    let job = read("training-jobs/risk-train-2026-10-06.json").replace(ITS_HASH, hash);
    let job = match commit {
        Some(commit) => job.replace(ITS_COMMIT, commit),
        None => job.replace("GIT_COMMIT", "STAGE").replace(ITS_COMMIT, "prod"),
    };
    let model = read("models/risk-xgb-v41.json");
    support::folder(&[("job.json", job.as_bytes()), ("model.json", model.as_bytes())])
}

fn told(git: &Git, hash: &str, commit: Option<&str>) -> Told {
    support::audit_beside(&[evidence(hash, commit).path().to_owned()], git.path())
}

fn commit_of(told: &Told) -> &doc::Claim<String> {
    &told.answer.models[0].code.commit
}

fn contradicts(told: &Told) -> bool {
    told.answer.findings.iter().any(|finding| finding.check == "code/contradiction")
}

/// A history: each commit's files and time before the job, in seconds; the last is on the branch.
fn history(steps: &[(&[(&str, &str)], i64)]) -> (Git, Vec<String>) {
    let git = Git::new();
    let mut commits: Vec<ObjectId> = Vec::new();
    for (files, before) in steps {
        let parents: Vec<ObjectId> = commits.last().copied().into_iter().collect();
        commits.push(git.commit(git.folder(files), &parents, MADE - before));
    }
    git.point("refs/heads/main", *commits.last().expect("there is one"));
    (git, commits.iter().map(ToString::to_string).collect())
}

#[test]
fn a_commit_that_the_environment_names_and_the_hash_reproduces_is_known_by_content() {
    let (git, commits) = history(&[(&[CODE], 300), (&[OTHER], 200)]);
    let told = told(&git, &hash("src", CODE.1), Some(&commits[0]));
    let claim = commit_of(&told);
    assert_eq!((claim.grade, claim.value.as_deref()), (Grade::A, Some(commits[0].as_str())), "{}", claim.why);
    assert_eq!(claim.why, "stated by the environment, and `src` has the hash in the path of the job's code at that commit");
    assert!(!claim.evidence.is_empty() && !contradicts(&told));
    assert_eq!(told.answer.summary.code_pinned, 1);
    // An abbreviation is written out.
    let told = self::told(&git, &hash("./src", CODE.1), Some(&commits[0][..8]));
    assert_eq!((commit_of(&told).grade, commit_of(&told).value.as_deref()), (Grade::A, Some(commits[0].as_str())));
}

#[test]
fn a_stated_commit_whose_code_has_another_hash_is_contradicted() {
    let (git, commits) = history(&[(&[CODE], 300), (&[OTHER], 200)]);
    let told = told(&git, &hash("src", CODE.1), Some(&commits[1]));
    let claim = commit_of(&told);
    assert_eq!((claim.grade, claim.value.as_deref()), (Grade::X, None), "{}", claim.why);
    let sides: Vec<&str> = claim.conflicts.iter().map(|side| side.value.as_str()).collect();
    assert_eq!(sides, [commits[1].as_str(), commits[0].as_str()]);
    assert!(contradicts(&told));
}

#[test]
fn the_same_code_at_other_commits_contradicts_nobody() {
    let readme = ("README.md", "what it is\n");
    let (git, commits) = history(&[(&[CODE], 300), (&[CODE, readme], 200), (&[CODE, ("README.md", "more\n")], 100)]);
    for named in &commits {
        let told = told(&git, &hash("src/", CODE.1), Some(named));
        let claim = commit_of(&told);
        assert_eq!((claim.grade, claim.value.as_deref()), (Grade::A, Some(named.as_str())), "{}", claim.why);
        assert!(claim.why.ends_with("so do 2 other commits") && !contradicts(&told), "{}", claim.why);
    }
}

#[test]
fn where_nobody_states_a_commit_only_one_that_is_alone_is_known() {
    let hash = hash("src", CODE.1);
    let (git, commits) = history(&[(&[CODE], 300), (&[OTHER], 200)]);
    let told = self::told(&git, &hash, None);
    let claim = commit_of(&told);
    assert_eq!((claim.grade, claim.value.as_deref()), (Grade::A, Some(commits[0].as_str())), "{}", claim.why);

    let readme = ("README.md", "what it is\n");
    let steps: &[(&[(&str, &str)], i64)] =
        &[(&[CODE], 3_000), (&[CODE, readme], 2_000), (&[CODE, ("README.md", "more\n")], -1_000)];
    let (git, commits) = history(steps);
    let told = self::told(&git, &hash, None);
    let claim = commit_of(&told);
    assert_eq!((claim.grade, claim.value.as_deref()), (Grade::C, Some(commits[1].as_str())), "{}", claim.why);
    let others: Vec<&str> = claim.conflicts.iter().map(|side| side.value.as_str()).collect();
    assert_eq!(others, [commits[2].as_str(), commits[0].as_str()], "they would fit too");
    assert!(claim.why.contains("3 commits, from ") && !contradicts(&told), "{}", claim.why);

    // What was committed after the job is not what it ran, though the code is the same.
    let (git, commits) = history(&[(&[CODE], -1_000)]);
    let told = self::told(&git, &hash, None);
    let claim = commit_of(&told);
    assert_eq!((claim.grade, claim.value.as_deref()), (Grade::C, Some(commits[0].as_str())), "{}", claim.why);
    assert!(claim.why.contains("made after the job"), "{}", claim.why);
}

#[test]
fn a_clone_that_is_cut_off_does_not_show_that_a_commit_is_alone() {
    let git = Git::new();
    let absent = ObjectId::from_hex(b"00000000000000000000000000000000000000aa").expect("a name");
    let only = git.commit(git.folder(&[CODE]), &[absent], MADE - 300);
    git.point("refs/heads/main", only);
    let told = self::told(&git, &hash("src", CODE.1), None);
    assert_eq!(commit_of(&told).grade, Grade::C);
    assert!(commit_of(&told).why.contains("its history is cut off"), "{}", commit_of(&told).why);
    // What the environment states is reproduced all the same.
    let told = self::told(&git, &hash("src", CODE.1), Some(&only.to_string()));
    assert_eq!(commit_of(&told).grade, Grade::A);
}

#[test]
fn what_the_clone_lacks_changes_no_grade() {
    let (git, commits) = history(&[(&[CODE], 300), (&[OTHER], 200)]);
    // The hash is of a state that was never committed.
    let told = self::told(&git, &hash("src", "print('three')\n"), Some(&commits[0]));
    let claim = commit_of(&told);
    assert_eq!((claim.grade, claim.value.as_deref()), (Grade::D, Some(commits[0].as_str())));
    assert_eq!(claim.why, "stated by the environment; no commit of the clone has code of the hash in the path of the job's code");
    // The commit is of another repository, or was never fetched.
    let told = self::told(&git, &hash("src", CODE.1), Some(ITS_COMMIT));
    let claim = commit_of(&told);
    assert_eq!((claim.grade, claim.value.as_deref()), (Grade::D, Some(ITS_COMMIT)));
    assert!(claim.why.contains("the clone lacks that commit") && claim.why.contains(&commits[0]), "{}", claim.why);
    assert!(!contradicts(&told));
    // Nothing is stated, nothing is found.
    let told = self::told(&git, &hash("elsewhere/src", CODE.1), None);
    assert_eq!(commit_of(&told).grade, Grade::U);
    assert!(commit_of(&told).why.ends_with("has code of the hash in the path of the job's code"), "{}", commit_of(&told).why);
}

#[test]
fn a_commit_whose_code_cannot_be_hashed_is_not_contradicted() {
    let git = Git::new();
    let good = git.commit(git.folder(&[CODE]), &[], MADE - 300);
    let linked = git.tree(&[("100644", "train.py", git.blob(b"1\n")), ("120000", "data", git.blob(b"../data"))]);
    let named = git.commit(git.tree(&[("40000", "src", linked)]), &[good], MADE - 200);
    git.point("refs/heads/main", named);
    let told = self::told(&git, &hash("src", CODE.1), Some(&named.to_string()));
    assert_eq!(commit_of(&told).grade, Grade::D, "{}", commit_of(&told).why);
    assert!(!contradicts(&told));
}

#[test]
fn an_abbreviation_that_is_not_of_one_commit_alone_is_known_no_better() {
    let (git, commits) = history(&[(&[CODE], 300), (&[OTHER], 200)]);
    let folder = evidence(&hash("src", CODE.1), Some(&commits[0][..7]));
    let told = support::audit_answered(&[folder.path().to_owned()], git.path(), |searched| searched.held.clear());
    assert_eq!(commit_of(&told).grade, Grade::D, "{}", commit_of(&told).why);
    assert!(!contradicts(&told));
}

#[test]
fn a_commit_that_was_made_after_the_job_is_not_what_it_ran() {
    let (git, commits) = history(&[(&[CODE], 300), (&[CODE, ("README.md", "more\n")], -1_000)]);
    let told = self::told(&git, &hash("src", CODE.1), Some(&commits[1]));
    assert_eq!(commit_of(&told).grade, Grade::D, "{}", commit_of(&told).why);
    assert!(commit_of(&told).why.contains("after the job"), "{}", commit_of(&told).why);
}

#[test]
fn a_hash_tells_nothing_where_the_code_of_the_image_ran() {
    let (git, commits) = history(&[(&[CODE], 300), (&[OTHER], 200)]);
    for (line, grade) in [("Reporting training SUCCESS", Grade::X), ("abandoning unzipping sourcedir.tar.gz", Grade::D)] {
        let folder = evidence(&hash("src", CODE.1), Some(&commits[1]));
        for name in ["aws-sagemaker-TrainingJobs.json", "aws-sagemaker-TrainingJobs.json.cmd"] {
            let log = std::fs::read_to_string(format!("{STORY}/../logs/{name}")).expect("it is there");
            let log = log.replace("Reporting training SUCCESS", line);
            std::fs::write(folder.path().join(name), log).expect("it can be written");
        }
        let told = support::audit_beside(&[folder.path().to_owned()], git.path());
        assert_eq!(commit_of(&told).grade, grade, "{}", commit_of(&told).why);
    }
}

#[test]
fn the_script_of_a_processor_is_code_too() {
    let (git, commits) = history(&[(&[("jobs/prep.py", "1\n")], 9_000), (&[("jobs/prep.py", "2\n")], 8_000)]);
    let hash = {
        use sha2::Digest as _;
        modeltrail::evidence::hex::lower(&sha2::Sha256::new().chain_update("jobs/prep.py").chain_update("1\n").finalize())
    };
    let job = std::fs::read_to_string(format!("{STORY}/processing-jobs/risk-prep-2026-10-06.json")).expect("it is there");
    let job = job
        .replace("\"raw\"", "\"code\"")
        .replace("s3://risk-raw/events/dt=2026-10-06/", &format!("s3://acme-artifacts/risk/code/{hash}/prep.py"));
    let folder = support::folder(&[("job.json", job.as_bytes())]);
    let case = support::case_beside(&[folder.path().to_owned()], git.path(), |_| {}).0;
    let job = case.jobs.iter().next().expect("there is one");
    let claim = modeltrail::case::lineage::job_commit(&case, job);
    assert_eq!((claim.grade(), claim.value()), (Grade::A, Some(&commits[0])), "{}", claim.why());
}

#[test]
fn where_records_disagree_the_hash_says_who_is_right_and_the_contradiction_stays() {
    let (git, commits) = history(&[(&[CODE], 300), (&[OTHER], 200)]);
    let folder = evidence(&hash("src", CODE.1), Some(&commits[0]));
    std::fs::copy(format!("{STORY}/model-packages/risk-41.json"), folder.path().join("package.json")).expect("it can be written");
    let told = support::audit_beside(&[folder.path().to_owned()], git.path());
    let claim = commit_of(&told);
    assert_eq!((claim.grade, claim.conflicts.len()), (Grade::X, 2));
    assert!(claim.why.ends_with(&format!("the code's hash is that of {}", commits[0])), "{}", claim.why);
}

#[test]
fn names_in_a_clone_do_not_reach_the_terminal_raw() {
    let git = Git::new();
    let folder = "src\u{1b}[31m\u{202e}";
    let commit = git.commit(git.folder(&[(&format!("{folder}/train.py"), CODE.1)]), &[], MADE - 300);
    git.point("refs/heads/main", commit);
    let told = self::told(&git, &hash(folder, CODE.1), Some(&commit.to_string()));
    assert_eq!(commit_of(&told).grade, Grade::A);
    assert!(!told.text.contains(['\u{1b}', '\u{202e}']) && !told.json.contains(['\u{1b}', '\u{202e}']));
}
