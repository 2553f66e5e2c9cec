//! The same evidence gives the same bytes: whatever the threads, the order of the paths, or the order in which facts arrive.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::path::{Path, PathBuf};

use modeltrail::intake::{self, Unwatched};
use modeltrail::parse::Options;
use proptest::prelude::*;
use support::{audit_with, files, tell};

fn story(name: &str) -> PathBuf {
    Path::new("fixtures").join(name).join("evidence")
}

#[test]
fn threads_do_not_show() {
    for name in ["midnight-timeout", "stale-cache", "approval"] {
        let one = audit_with(&[story(name)], &Options::default(), 1);
        let eight = audit_with(&[story(name)], &Options::default(), 8);
        assert_eq!(one.json, eight.json, "{name}");
        assert_eq!(one.text, eight.text, "{name}");
    }
}

#[test]
fn the_order_of_paths_does_not_show() {
    let mut parts = files(&story("overwritten"));
    let forward = audit_with(&parts, &Options::default(), 2);
    parts.reverse();
    let backward = audit_with(&parts, &Options::default(), 2);
    assert_eq!(forward.json, backward.json);
    // Twice the same path is once.
    parts.extend(parts.clone());
    assert_eq!(forward.json, audit_with(&parts, &Options::default(), 2).json);
}

#[test]
fn overlapping_exports_say_nothing_twice() {
    let evidence = story("midnight-timeout");
    let once = audit_with(std::slice::from_ref(&evidence), &Options::default(), 2);
    let copy = support::folder(&[]);
    for path in files(&evidence) {
        std::fs::copy(&path, copy.path().join(format!("again-{}", path.file_name().expect("a file").to_string_lossy())))
            .expect("it can be copied");
    }
    let twice = audit_with(&[evidence, copy.path().to_owned()], &Options::default(), 2);
    let told = |told: &support::Told| -> Vec<String> {
        told.answer
            .findings
            .iter()
            .map(|finding| format!("{} {} {}", finding.check, finding.title, finding.fingerprint))
            .collect()
    };
    assert_eq!(told(&once), told(&twice));
    assert_eq!(support::grades(&once.answer), support::grades(&twice.answer));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Facts may arrive in any order: the case is the same.
    #[test]
    fn the_order_of_facts_does_not_show(seed in any::<u64>(), story_number in 0_usize..4) {
        let name = ["midnight-timeout", "overwritten", "stale-cache", "approval"][story_number];
        let expected = tell(intake::read(&[story(name)], &Options::default(), 1, &Unwatched)).json;
        let mut shuffled = intake::read(&[story(name)], &Options::default(), 1, &Unwatched);
        let mut facts: Vec<_> = shuffled.facts.into_iter().flatten().collect();
        let mut state = seed | 1;
        for at in (1..facts.len()).rev() {
            // A linear congruential generator is enough to stir.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let other = usize::try_from(state >> 33).unwrap_or(0) % (at + 1);
            facts.swap(at, other);
        }
        shuffled.facts = vec![facts];
        prop_assert_eq!(tell(shuffled).json, expected);
    }
}
