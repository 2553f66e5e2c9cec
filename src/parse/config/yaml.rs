//! YAML with the lines on which its values stand.

use saphyr_parser::{Event, Parser, Tag};

use super::tree::{DEEPEST, Data, Tree};

/// A collection that is being read.
struct Open {
    tree: Tree,
    /// The name of the member that comes next.
    name: Option<String>,
}

/// Reads the first document of a text; else returns where it is none, and why.
pub(super) fn read(text: &str) -> Result<Tree, (u64, String)> {
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| (error.marker().line() as u64, error.info().to_owned()))?;
        let line = u32::try_from(span.start.line()).ok();
        let start = |tag: Option<&Tag>, data| Open { tree: Tree { line, tag: short(tag), data }, name: None };
        let done = match event {
            Event::MappingStart(_, tag) => {
                open.push(start(tag.as_deref(), Data::Members(Vec::new())));
                None
            }
            Event::SequenceStart(_, tag) => {
                open.push(start(tag.as_deref(), Data::Items(Vec::new())));
                None
            }
            Event::MappingEnd | Event::SequenceEnd => open.pop().map(|open| open.tree),
            Event::Scalar(text, _, _, tag) => {
                Some(Tree { line, tag: short(tag.as_deref()), data: Data::Text(text.into_owned()) })
            }
            Event::Alias(_) => Some(Tree { line, tag: None, data: Data::Other }),
            Event::DocumentEnd | Event::StreamEnd => break,
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => None,
        };
        if open.len() > DEEPEST {
            return Err((line.unwrap_or_default().into(), format!("values lie in each other more than {DEEPEST} deep")));
        }
        let Some(done) = done else { continue };
        match open.last_mut() {
            None => return Ok(done),
            Some(Open { tree: Tree { data: Data::Members(members), .. }, name }) => match name.take() {
                Some(name) => members.push((name, done)),
                // A key that is no text names nothing; its value is dropped with it.
                None => *name = Some(done.text().unwrap_or_default().to_owned()),
            },
            Some(Open { tree: Tree { data: Data::Items(items), .. }, .. }) => items.push(done),
            Some(_) => {}
        }
    }
    Err((1, "no value in it".to_owned()))
}

/// Returns the name of a local tag.
fn short(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| tag.handle == "!").map(|tag| tag.suffix.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_and_lines_are_kept() {
        let tree = read("A:\n  B: !Ref Topic\n  C: !Sub\n    - x-${Y}\n    - Y: 1\n  D: {x: [a, b]}\n").unwrap();
        let a = tree.get("A").unwrap();
        let b = a.get("B").unwrap();
        assert_eq!((b.line, b.tag.as_deref(), b.text()), (Some(2), Some("Ref"), Some("Topic")));
        assert_eq!(a.get("C").unwrap().tag.as_deref(), Some("Sub"));
        assert_eq!(a.get("D").unwrap().get("x").unwrap().items().len(), 2);
        assert!(read("a: [1, 2").is_err());
        assert!(read(&"[".repeat(1_000)).is_err());
    }
}
