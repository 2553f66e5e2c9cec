//! What lies under `fixtures/` is what the book says, so that neither changes alone.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

#[path = "../examples/fixtures/book/mod.rs"]
mod book;
mod support;

use std::io::Read as _;
use std::path::Path;

#[test]
fn the_fixtures_are_what_the_book_says() {
    for case in book::cases() {
        let folder = Path::new("fixtures").join(case.name);
        let card = std::fs::read_to_string(folder.join("case.json")).unwrap_or_default();
        assert_eq!(card, case.card(), "{}: `cargo run --example fixtures` writes it", case.name);
        let rules = std::fs::read_to_string(folder.join("rules.json")).ok();
        assert_eq!(rules.as_deref(), book::rules(case.name), "{}: rules.json", case.name);
        let evidence = folder.join("evidence");
        let written = case.evidence();
        let found: Vec<String> = support::files(&evidence)
            .iter()
            .map(|path| path.strip_prefix(&evidence).expect("it lies there").to_string_lossy().replace('\\', "/"))
            .collect();
        assert_eq!(found, written.keys().cloned().collect::<Vec<_>>(), "{}", case.name);
        for (path, bytes) in written {
            let lies = std::fs::read(evidence.join(&path)).expect("it can be read");
            // Compressors may differ from one release to the next; what they hold may not.
            assert!(content(&path, &lies) == content(&path, &bytes), "{}: {path} differs", case.name);
        }
    }
}

fn content(path: &str, bytes: &[u8]) -> Vec<u8> {
    if Path::new(path).extension().is_none_or(|extension| extension != "gz") {
        return bytes.to_vec();
    }
    let mut content = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut content).expect("it is gzip");
    content
}
