//! Where something got to: along every hop of lineage, and not one step further.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use modeltrail::audit::{Asked, Impact, Selection};
use modeltrail::case::Case;
use modeltrail::case::claim::Grade;
use modeltrail::case::impact::Absent;
use modeltrail::case::lineage;
use modeltrail::evidence::ledger::Ledger;
use modeltrail::fact::arn::Arn;
use modeltrail::intake::{self, Unwatched};
use modeltrail::parse::Options;
use modeltrail::report::impact::{self, Answer};
use modeltrail::report::text::Look;
use support::files;

const STORIES: [&str; 9] = [
    "midnight-timeout",
    "overwritten",
    "overwritten-while-read",
    "stale-cache",
    "tag-moved",
    "contradicting-commits",
    "approval",
    "clean-account",
    "scored-in-batch",
];

/// A case that questions are put to.
struct Read {
    case: Case,
    ledger: Ledger,
}

impl Read {
    fn of(paths: &[PathBuf]) -> Self {
        let read = intake::read(paths, &Options::default(), 2, &Unwatched);
        Self { case: Case::build(read.facts, &read.density, &read.ledger, None), ledger: read.ledger }
    }

    fn story(name: &str) -> Self {
        Self::of(&[evidence(name)])
    }

    fn ask(&self, asked: &Asked) -> Result<Answer, Absent> {
        Impact::of(&self.case, &self.ledger, &Selection::default(), asked).map(|found| impact::answer(&found))
    }

    fn object(&self, uri: &str) -> Answer {
        self.ask(&Asked::object(uri).expect("it is an object")).expect("it is in the evidence")
    }

    /// Returns every version of every object that is no marker, as it is asked about.
    fn versions(&self) -> Vec<String> {
        let all = self.case.objects.iter().flat_map(|(place, versions)| {
            let kept = versions.iter().filter(|version| !version.marker);
            kept.map(move |version| format!("{place}?versionId={}", version.id.as_deref().unwrap_or("null"))).collect::<Vec<_>>()
        });
        all.collect()
    }
}

fn evidence(story: &str) -> PathBuf {
    Path::new("fixtures").join(story).join("evidence")
}

fn names(arns: &[Arn]) -> Vec<&str> {
    arns.iter().map(Arn::name).collect()
}

fn assert_text(story: &str, name: &str, answer: &Answer) {
    let text = anstream::adapter::strip_str(&impact::text(answer, &Look::default())).to_string();
    let path = std::path::absolute(format!("fixtures/{story}/expected-impact-{name}.txt")).expect("there is a current folder");
    expect_test::expect_file![path].assert_eq(&text);
}

/// Data that was good, and the half-empty version that replaced it before the second run.
const FIRST_WEEK: &str = "s3://risk-feat/data/train/part-0000.parquet?versionId=ede880afe827ea4a45a479e59a32db56";
const SECOND_WEEK: &str = "s3://risk-feat/data/train/part-0000.parquet?versionId=ff37d51a371c4485d8420f5363f94bd6";

#[test]
fn a_version_reaches_who_read_it_and_nobody_else() {
    let read = Read::story("overwritten");
    let first = read.object(FIRST_WEEK);
    assert_eq!(names(&first.jobs), ["risk-train-2026-10-06"]);
    assert_eq!((names(&first.models), names(&first.packages)), (vec!["risk-xgb-v41"], vec!["risk/41"]));
    assert_eq!(first.endpoints.len(), 1);
    assert_text("overwritten", "first-week", &first);
    // The version of the first week was replaced before the second run read.
    let second = read.object(SECOND_WEEK);
    assert_eq!(names(&second.jobs), ["risk-train-2026-10-13"]);
    assert_eq!((second.models.len(), names(&second.packages), second.endpoints.len()), (0, vec!["risk/42"], 0));
    assert_text("overwritten", "second-week", &second);
    assert!(first.undecided.is_empty() && second.undecided.is_empty());
}

#[test]
fn what_was_mended_too_late_reaches_through_repacking_batch_and_labels() {
    let read = Read::story("scored-in-batch");
    let raw = "s3://risk-raw/events/dt=2026-10-06/part-0000.json";
    let ids: Vec<String> = read.versions().into_iter().filter(|uri| uri.starts_with(raw)).collect();
    let [one, other] = ids.as_slice() else { panic!("two versions: {ids:?}") };
    let (cents, euros) = if read.object(one).jobs.is_empty() { (other, one) } else { (one, other) };
    let bad = read.object(cents);
    let jobs = [
        "risk-prep-2026-10-06",
        "risk-repack-2026-10-06",
        "risk-train-2026-10-06",
        "risk-train-2026-10-10",
        "risk-batch-2026-10-08",
    ];
    assert_eq!(names(&bad.jobs).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(jobs));
    assert_eq!((names(&bad.models), names(&bad.packages)), (vec!["risk-xgb-v41"], vec!["risk/41", "risk/42"]));
    let served: Vec<(&str, &str)> = bad.endpoints.iter().map(|row| (row.kind, row.name.as_str())).collect();
    assert!(served.contains(&("endpoint", "risk-scoring-prod")) && served.contains(&("transform", "risk-batch-2026-10-08")));
    assert!(bad.objects.iter().any(|object| object.uri == "s3://risk-lab/lena/events.json"), "the copy is found");
    assert_text("scored-in-batch", "raw", &bad);
    let mended = read.object(euros);
    assert!(mended.jobs.is_empty() && mended.models.is_empty() && mended.packages.is_empty() && mended.endpoints.is_empty());
    assert!(mended.undecided.is_empty());
    assert_text("scored-in-batch", "mended", &mended);
}

#[test]
fn a_model_reaches_what_served_it_and_what_learned_from_it() {
    let read = Read::story("scored-in-batch");
    let answer = read.ask(&Asked::Model("RISK-XGB-V41".to_owned())).expect("names have no case");
    assert_eq!(names(&answer.packages), ["risk/41", "risk/42"], "its own, and the one trained on its scores");
    assert_eq!((answer.summary.endpoints, answer.summary.transforms), (1, 1));
    assert_text("scored-in-batch", "model", &answer);
    let package = read.ask(&Asked::Package("risk/42".to_owned())).expect("it is there");
    assert_eq!((names(&package.packages), package.models.len(), package.endpoints.len()), (vec!["risk/42"], 0, 0));
    // A package is found as a model too, whether or not a model uses it.
    assert_eq!(names(&read.ask(&Asked::Model("risk/41".to_owned())).expect("it is there").models), ["risk-xgb-v41"]);
}

#[test]
fn an_image_reaches_by_the_digest_that_ran_and_not_by_the_tag_alone() {
    let read = Read::story("tag-moved");
    let named = read.ask(&Asked::image("risk-train:prod").expect("an image")).expect("it is there");
    assert_eq!(named.jobs.len(), 2);
    assert_text("tag-moved", "tag", &named);
    let digests: BTreeSet<String> = read.case.images.iter().filter_map(|said| said.says.digest.clone()).collect();
    let mut reached = BTreeMap::new();
    for digest in &digests {
        let answer = read.ask(&Asked::image(digest).expect("a digest")).expect("it is there");
        reached.insert(
            digest.as_str(),
            (answer.jobs.len(), answer.reached.iter().filter(|row| row.why.starts_with("is served by it")).count()),
        );
    }
    // The tag named one digest when the jobs ran, and the other when the endpoint took the model.
    let mut all: Vec<(usize, usize)> = reached.into_values().collect();
    all.sort_unstable();
    assert_eq!(all, [(0, 1), (2, 1)], "jobs, and models or packages served");
}

#[test]
fn contradicting_commits_decide_nothing() {
    let read = Read::story("contradicting-commits");
    let commit = read.case.lineages[0].code.commit.conflicts()[0].value.clone();
    let answer = read.ask(&Asked::commit(&commit).expect("a commit")).expect("it is there");
    assert!(answer.jobs.is_empty() && answer.models.is_empty() && answer.endpoints.is_empty());
    assert!(answer.undecided.iter().all(|row| row.grade == Grade::X) && !answer.undecided.is_empty());
    assert_text("contradicting-commits", "commit", &answer);
}

#[test]
fn features_reach_endpoints_for_as_long_as_they_lay_there() {
    let read = Read::story("midnight-timeout");
    let newest = read.versions().into_iter().filter(|uri| uri.starts_with("s3://risk-feat/online/"));
    let answers: Vec<Answer> = newest.map(|uri| read.object(&uri)).collect();
    assert_eq!(answers.len(), 10);
    for answer in &answers {
        let (object, served) = (&answer.objects[0], &answer.endpoints[0]);
        assert_eq!(served.grade, Grade::D, "only the model's environment says so");
        assert_eq!(served.to.as_ref().map(|to| to.latest), object.to);
        assert!(object.from.is_some_and(|from| from <= served.from.as_ref().expect("it is known").earliest));
        assert!(answer.models.is_empty(), "the model is not made of them");
    }
    // What the night left there for too long.
    let stale = answers.iter().find(|answer| answer.objects[0].to.is_some_and(|to| to.to_string().starts_with("2026-10-15T15")));
    assert_text("midnight-timeout", "features", stale.expect("one was replaced in the afternoon"));
    // Requests of neighbouring versions are not counted twice.
    let all = read.object("s3://risk-feat/online/");
    assert_eq!((all.endpoints.len(), all.summary.requests), (1, Some(2_270_268)));
}

#[test]
fn without_versions_nothing_is_all_clear() {
    let paths = ["cloudtrail", "sagemaker"].map(|part| evidence("overwritten").join(part));
    let read = Read::of(&paths[1..]);
    let answer = read.object("s3://risk-feat/data/train/part-0000.parquet");
    assert!(answer.jobs.is_empty(), "which objects the jobs read is not known");
    assert_eq!(answer.undecided.iter().filter(|row| row.kind == "job").count(), 2);
    assert!(answer.gaps.iter().any(|gap| gap.command.as_deref().is_some_and(|command| command.contains("list-object-versions"))));
    // Whoever asks about everything there gets the jobs that read it.
    assert_eq!(read.object("s3://risk-feat/data/train/").jobs.len(), 2);
    assert_text("overwritten", "unlisted", &answer);
}

#[test]
fn what_is_not_there_is_refused() {
    let read = Read::story("overwritten");
    let refused = |asked: Option<Asked>| read.ask(&asked.expect("it is well formed")).expect_err("it is not there");
    let other = refused(Asked::object("s3://risk-feat/data/train/part-0000.parquet?versionId=x"));
    assert!(matches!(&other, Absent::Unknown(known) if known.contains(&FIRST_WEEK.to_owned())), "{other:?}");
    assert_eq!(
        refused(Asked::object("s3://risk-feat/data/train")),
        Absent::Unknown(vec!["s3://risk-feat/data/train/".to_owned()])
    );
    for asked in [Asked::object("s3://no-such/x"), Asked::commit("0123456789"), Asked::image("no-such:1")] {
        assert!(matches!(refused(asked), Absent::Unknown(_)));
    }
    assert!(matches!(refused(Some(Asked::Model("risk-xgb-v40".to_owned()))), Absent::Unknown(known) if !known.is_empty()));
}

/// Returns the objects that made a model or package, by the claims of lineage alone: what the job that trained it read, what the
/// jobs read that produced that, and so on; what was repacked; the bytes themselves.
fn upstream(case: &Case, lineage: &lineage::Lineage) -> BTreeSet<String> {
    let mut objects = BTreeSet::new();
    let uri = |uri: &str, version: Option<&str>| format!("{uri}?versionId={}", version.unwrap_or("null"));
    objects.extend(lineage.artifact.value().map(|artifact| uri(&artifact.uri, artifact.version_id.as_deref())));
    let mut open: Vec<Arn> = lineage.training_job.value().into_iter().chain(lineage.training_job.hops()).cloned().collect();
    let mut seen = BTreeSet::new();
    while let Some(arn) = open.pop() {
        let Some(job) = case.jobs.get(&arn, None).filter(|_| seen.insert(arn.key())) else { continue };
        for channel in lineage::job_data(case, job) {
            let values = channel.version.value().into_iter().chain(channel.version.conflicts().iter().map(|side| &side.value));
            for object in values.flat_map(|value| &value.objects) {
                objects.insert(uri(&format!("s3://{}/{}", object.bucket, object.key), object.version_id.as_deref()));
            }
            open.extend(channel.produced_by.value().cloned());
        }
        let (source, _) = lineage::job_code(case, job);
        objects.extend(source.value().map(|source| uri(&source.uri, source.version_id.as_deref())));
        // What a batch transform scored rests on its model.
        let model = job.model.as_ref().map(|model| Arn::sagemaker(arn.region(), arn.account(), "model", model));
        if let Some(lineage) = model.and_then(|model| case.lineage_of(&model)) {
            objects.extend(upstream(case, lineage));
        }
    }
    objects
}

#[test]
fn what_reaches_a_model_is_in_its_lineage_and_the_other_way_round() {
    for story in STORIES {
        let read = Read::story(story);
        let packages = lineage::of_packages(&read.case);
        let releases: Vec<&lineage::Lineage> =
            read.case.lineages.iter().filter(|lineage| lineage.arn.kind() == "model").chain(&packages).collect();
        let made_of: Vec<(String, BTreeSet<String>)> =
            releases.iter().map(|lineage| (lineage.arn.to_string(), upstream(&read.case, lineage))).collect();
        for version in read.versions() {
            let answer = read.object(&version);
            let reached: BTreeSet<String> = answer.models.iter().chain(&answer.packages).map(ToString::to_string).collect();
            let of_lineage: BTreeSet<String> =
                made_of.iter().filter(|(_, objects)| objects.contains(&version)).map(|(arn, _)| arn.clone()).collect();
            assert_eq!(reached, of_lineage, "{story}: {version}");
        }
    }
}

/// Returns every question that a story answers, with its answer.
fn questions(read: &Read) -> Vec<(String, Answer)> {
    let objects = read.versions().into_iter().filter_map(|uri| Some((uri.clone(), Asked::object(&uri)?)));
    let models = read.case.lineages.iter().map(|lineage| (lineage.name.clone(), Asked::Model(lineage.arn.to_string())));
    let commits = read.case.lineages.iter().filter_map(|lineage| lineage.code.commit.value().cloned());
    let commits = commits.filter_map(|commit| Some((commit.clone(), Asked::commit(&commit)?)));
    let digests = read.case.images.iter().filter_map(|said| said.says.digest.clone());
    let digests = digests.filter_map(|digest| Some((digest.clone(), Asked::image(&digest)?)));
    let all = objects.chain(models).chain(commits).chain(digests);
    all.filter_map(|(name, asked)| Some((name, read.ask(&asked).ok()?))).collect()
}

#[test]
fn every_line_is_graded_by_the_weakest_hop_and_cited() {
    for story in STORIES {
        for (of, answer) in questions(&Read::story(story)) {
            let ids: BTreeSet<&str> = answer.evidence.iter().map(|row| row.id.as_str()).collect();
            let mut grades: BTreeMap<&str, (Grade, bool)> = BTreeMap::new();
            let rows = || answer.reached.iter().chain(&answer.undecided);
            for row in rows() {
                grades.insert(&row.id, (row.grade, row.hop.is_none()));
            }
            for row in rows() {
                assert!(
                    !row.evidence.is_empty() && row.evidence.iter().all(|id| ids.contains(id.as_str())),
                    "{story}: {of}: {row:?}"
                );
                let before = row.from.as_deref().map(|from| grades[from]);
                let before = before.filter(|(_, asked)| !asked).map_or(Grade::A, |(grade, _)| grade);
                assert!(row.hop.is_none_or(|hop| row.grade == before.weaker(hop)), "{story}: {of}: {row:?}");
                assert_eq!(row.grade <= Grade::D, answer.reached.iter().any(|other| other.id == row.id), "{story}: {of}");
            }
        }
    }
}

#[test]
fn less_evidence_never_grades_better() {
    for story in ["overwritten", "stale-cache", "scored-in-batch"] {
        let whole = Read::story(story);
        let best = |answers: Vec<(String, Answer)>| -> BTreeMap<String, Grade> {
            let rows = answers.into_iter().flat_map(|(of, answer)| {
                let rows: Vec<_> = answer.reached.into_iter().chain(answer.undecided).collect();
                rows.into_iter().filter(|row| row.hop.is_some()).map(move |row| (format!("{of} {}", row.subject), row.grade))
            });
            rows.fold(BTreeMap::new(), |mut best, (line, grade)| {
                best.entry(line).and_modify(|known: &mut Grade| *known = (*known).min(grade)).or_insert(grade);
                best
            })
        };
        let known = best(questions(&whole));
        let all = files(&evidence(story));
        let sources: BTreeSet<&str> = all.iter().filter_map(|path| path.to_str()?.split('/').nth(3)).collect();
        for source in sources {
            let rest: Vec<PathBuf> = all.iter().filter(|path| !path.starts_with(evidence(story).join(source))).cloned().collect();
            for (line, grade) in best(questions(&Read::of(&rest))) {
                let Some(before) = known.get(&line) else { continue };
                assert!(
                    grade >= *before || *before == Grade::X,
                    "{story} without {source}: {line} rises from {before:?} to {grade:?}"
                );
            }
        }
    }
}

#[test]
fn the_order_of_files_does_not_show() {
    for story in ["scored-in-batch", "stale-cache"] {
        let mut parts = files(&evidence(story));
        let told = |parts: &[PathBuf]| -> Vec<String> {
            let answers = questions(&Read::of(parts));
            answers.iter().map(|(_, answer)| serde_json::to_string(answer).expect("it is JSON")).collect()
        };
        let forward = told(&parts);
        parts.reverse();
        assert_eq!(forward, told(&parts), "{story}");
    }
}

#[test]
fn names_that_act_on_terminals_are_escaped() {
    let listing = r#"{"Versions":[{"Key":"a\u001b[2J\u202e.csv","VersionId":"v1","ETag":"\"0\"","Size":1,"IsLatest":true,"LastModified":"2026-10-06T08:00:00+00:00"}],"Prefix":""}"#;
    let folder = support::folder(&[("s3/b/list-object-versions.json", listing.as_bytes())]);
    let answer = Read::of(&[folder.path().to_owned()]).object("s3://b/");
    let text = anstream::adapter::strip_str(&impact::text(&answer, &Look::default())).to_string();
    assert!(text.contains("\\u{1b}") || text.contains("\\x1b") || text.contains("\\u001b"), "{text}");
    assert!(!impact::text(&answer, &Look::default()).contains("\u{1b}[2J") && !text.contains('\u{202e}'));
}
