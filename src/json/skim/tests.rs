//! Skimming agrees with parsing: on every valid text, and on every text with one byte changed.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Runs the skimmer over text that arrives in chunks of `chunk` bytes (0: all at once).
fn pieces(text: &[u8], layout: Layout, chunk: usize) -> (Vec<(String, u32, String)>, Vec<String>, String) {
    let (mut elements, mut damages) = (Vec::new(), Vec::new());
    let mut visit = |piece: Piece<'_>| match piece {
        Piece::Element(element) => {
            let own = &text[usize::try_from(element.offset).unwrap()..][..element.bytes.len()];
            assert_eq!(own, element.bytes, "the offset points at the element");
            elements.push((element.list.to_owned(), element.index, String::from_utf8_lossy(element.bytes).into_owned()));
        }
        Piece::Damage(damage) => damages.push(format!("{:?} {}", damage.element, damage.message)),
    };
    let header = if chunk == 0 {
        skim(&mut Window::whole(text.to_vec(), text.len()), layout, 1 << 20, &mut visit)
    } else {
        let mut source = Chunks { text, chunk };
        skim(&mut Window::passing(&mut source, Vec::new()), layout, 1 << 20, &mut visit)
    };
    (elements, damages, String::from_utf8_lossy(&header).into_owned())
}

struct Chunks<'a> {
    text: &'a [u8],
    chunk: usize,
}

impl std::io::Read for Chunks<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.chunk.min(into.len()).min(self.text.len());
        into[..count].copy_from_slice(&self.text[..count]);
        self.text = &self.text[count..];
        Ok(count)
    }
}

fn texts(text: &str, layout: Layout) -> Vec<String> {
    let (elements, damages, _) = pieces(text.as_bytes(), layout, 0);
    assert_eq!(damages, Vec::<String>::new());
    elements.into_iter().map(|(_, _, text)| text).collect()
}

#[test]
fn lists_of_the_object_at_the_top() {
    let text = r#"{"ResponseMetadata":{"date":"x"},"Versions":[{"Key":"a]}\""},{"Key":"b"}],"Tokens":["n"],
        "DeleteMarkers":[{"Key":"c","o":{"p":[]}}],"Prefix":"p/"}"#;
    let (elements, damages, header) = pieces(text.as_bytes(), Layout::Members, 0);
    let expected = [
        ("Versions", 0, r#"{"Key":"a]}\""}"#),
        ("Versions", 1, r#"{"Key":"b"}"#),
        ("DeleteMarkers", 0, r#"{"Key":"c","o":{"p":[]}}"#),
    ];
    assert_eq!(elements, expected.map(|(list, index, text)| (list.to_owned(), index, text.to_owned())));
    assert!(damages.is_empty());
    let header: Value = serde_json::from_str(&header).unwrap();
    let expected = serde_json::json!({"ResponseMetadata": {"date": "x"}, "Versions": null, "Tokens": null, "DeleteMarkers": null, "Prefix": "p/"});
    assert_eq!(header, expected);
}

#[test]
fn values_one_after_the_other() {
    assert_eq!(texts("{\"a\":1}{\"b\":[2]}\n\n{\"c\":3}", Layout::Values), [r#"{"a":1}"#, r#"{"b":[2]}"#, r#"{"c":3}"#]);
    assert_eq!(texts(r#"[{"a":1},[2],{"b":{}}]"#, Layout::Array), [r#"{"a":1}"#, "[2]", r#"{"b":{}}"#]);
    assert_eq!(texts("", Layout::Values), Vec::<String>::new());
}

#[test]
fn documents_one_behind_the_other_are_read_on() {
    // Wherever in a stride one ends and the next begins, and whatever stands between them.
    for between in ["", "\n", " \r\n\n"] {
        for length in 0..200 {
            let one = format!(r#"{{"Records":[{{"a":"{}"}},{{"b":[1]}}],"Next":"t"}}"#, "x".repeat(length));
            let text = format!("{one}{between}{one}{between}{{\"Records\":[]}}{between}{one}");
            for chunk in [0, 7] {
                let (elements, damages, header) = pieces(text.as_bytes(), Layout::Members, chunk);
                assert_eq!(damages, Vec::<String>::new(), "{text}");
                let places: Vec<(&str, u32)> = elements.iter().map(|(list, index, _)| (list.as_str(), *index)).collect();
                assert_eq!(places, (0..6).map(|index| ("Records", index)).collect::<Vec<_>>(), "{text}");
                assert_eq!(header.matches("null").count(), 4);
            }
            let array = format!(r#"[{{"a":"{}"}}]"#, "x".repeat(length));
            assert_eq!(texts(&format!("{array}{between}{array}"), Layout::Array).len(), 2);
        }
    }
    // What is cut off before the next begins costs itself.
    let (elements, damages, _) = pieces(br#"{"Records":[{"a":1},{"a":2}{"Records":[{"a":3}]}"#, Layout::Members, 0);
    assert!(elements.len() >= 2 && !damages.is_empty());
}

#[test]
fn nesting_deeper_than_any_limit_is_one_element() {
    let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    let text = format!("[{deep},{deep}]");
    assert_eq!(texts(&text, Layout::Array), [deep.clone(), deep]);
}

#[test]
fn a_token_may_stand_anywhere_in_a_stride() {
    let element = r#"{"k":"a\\\"}","l":[null,-1.5e3 , {"m":true}],"n":"\\"}"#;
    for pad in 0..2 * lanes::STRIDE {
        for (text, layout) in [
            (format!(r#"{{"Records":[{{"p":"{}"}},{element},{element}]}}"#, "x".repeat(pad)), Layout::Members),
            (format!(r#"[{{"p":"{}"}}{},{element},{element}]"#, "\\\"".repeat(pad / 2), " ".repeat(pad % 2)), Layout::Array),
            (format!("{}{{\"p\":1}}\n{element}\n{element}", " ".repeat(pad)), Layout::Values),
        ] {
            let (elements, damage, _) = pieces(text.as_bytes(), layout, 0);
            assert_eq!(damage, [""; 0], "{pad} {layout:?}");
            assert_eq!(
                elements.iter().map(|(_, _, text)| text.as_str()).skip(1).collect::<Vec<_>>(),
                [element; 2],
                "{pad} {layout:?}"
            );
            let cut = &text[..text.len() - 1 - element.len() / 2];
            assert_eq!(pieces(cut.as_bytes(), layout, 0).0.len(), 2, "{pad} {layout:?}");
        }
        let wrong = format!(r#"[{{"p":"{}"}},{{"p" "r"}},{{"p":2}}]"#, "x".repeat(pad));
        assert_eq!(pieces(wrong.as_bytes(), Layout::Array, 0).1.len(), 1, "{pad}");
    }
}

#[test]
fn a_damaged_element_costs_itself() {
    let good = |n: u32| format!(r#"{{"id":{n},"o":{{"x":[true,null,"s"]}}}}"#);
    let damaged = [
        r#"{"id":9,"o":tru}"#,
        r#"{"id":9,"o":@@}"#,
        r#"{"id":9,"o":{"x":[1}}"#,
        r#"{"id":9,"o":"x}"#,
        r#"{"id":9,"o":{"x":1}"#,
        r#"{"id":9 "o":1}"#,
        r#"{"id":9,,"o":1}"#,
        r#"{"id":9,"o":1,}"#,
        r#"{"id":9,"o":01}"#,
        r#"{"id":9,"o":{"x":1}}}"#,
        "{\"id\":9,\"o\":\"a\nb\"x}",
    ];
    for bad in damaged {
        for chunk in [0, 1, 7, 300] {
            let text = format!(r#"{{"Records":[{},{},{bad},{},{}]}}"#, good(0), good(1), good(3), good(4));
            let (elements, damages, _) = pieces(text.as_bytes(), Layout::Members, chunk);
            let found: Vec<&str> = elements
                .iter()
                .map(|(_, _, text)| text.as_str())
                .filter(|text| serde_json::from_str::<Value>(text).is_ok())
                .collect();
            for n in [0, 1, 3, 4] {
                assert!(found.contains(&good(n).as_str()), "{bad}: element {n} is lost; {elements:?} {damages:?}");
            }
            assert!(!damages.is_empty(), "{bad} passed silently: {elements:?}");
        }
    }
}

#[test]
fn a_text_cut_anywhere_keeps_what_came_before() {
    let text = br#"{"Records":[{"id":1,"s":"\\\""},{"id":2,"n":[{}]},{"id":3}],"Token":"t"}"#;
    let ends: Vec<usize> =
        [r#"\""}"#, "[{}]}", r":3}"].map(|end| memchr::memmem::find(text, end.as_bytes()).unwrap() + end.len()).to_vec();
    for cut in 1..text.len() {
        let (elements, damages, _) = pieces(&text[..cut], Layout::Members, 0);
        assert_eq!(elements.len(), ends.iter().filter(|end| cut >= **end).count(), "cut at {cut}");
        assert_eq!(damages.len(), 1, "cut at {cut}");
    }
}

/// A JSON value whose objects never begin with the key `id`; its strings and keys are drawn from the given patterns.
fn value(strings: &'static str, keys: &'static str) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        strings.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(keys, inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Elements whose first key is `id`, each with a number of its own.
fn elements(strings: &'static str, keys: &'static str) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(value(strings, keys), 1..12)
        .prop_map(|values| values.iter().enumerate().map(|(n, value)| format!(r#"{{"id":{n},"v":{value}}}"#)).collect())
}

/// Text that holds everything that means something outside strings.
const HOSTILE: (&str, &str) = ("[ -~\\n\"\\\\{}\\[\\],:é😀]{0,12}", "[a-h\"{}]{1,5}");

/// Text that does not: behind a damaged quote, brackets inside a string can pass for structure.
const PLAIN: (&str, &str) = ("[ a-z0-9\\n,:é😀]{0,12}", "[a-h]{1,5}");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_layout_gives_back_every_element(elements in elements(HOSTILE.0, HOSTILE.1), chunk in 0..200_usize, spaced in any::<bool>()) {
        let comma = if spaced { " ,\r\n " } else { "," };
        for (layout, text) in [
            (Layout::Values, elements.join("\n")),
            (Layout::Values, elements.concat()),
            (Layout::Array, format!("[{}]", elements.join(comma))),
            (Layout::Members, format!(r#"{{"a":{{"b":[]}},"Records":[{}],"z":"{{"}}"#, elements.join(comma))),
        ] {
            let (found, damages, _) = pieces(text.as_bytes(), layout, chunk);
            prop_assert_eq!(damages, Vec::<String>::new());
            let found: Vec<String> = found.into_iter().map(|(_, _, text)| text).collect();
            prop_assert_eq!(&found, &elements);
        }
    }

    #[test]
    fn one_changed_byte_costs_at_most_its_own_element(elements in elements(PLAIN.0, PLAIN.1), at in any::<prop::sample::Index>(), byte in any::<u8>(), chunk in 0..200_usize) {
        let mut text = format!(r#"{{"Records":[{}]}}"#, elements.join(",")).into_bytes();
        let at = at.index(text.len());
        // The frame itself may be hit: then the elements need not be found, but nothing may fail.
        let first = 12_usize;
        text[at] = byte;
        let (found, damages, _) = pieces(&text, Layout::Members, chunk);
        let mut position = first;
        for element in &elements {
            let touched = at >= position.saturating_sub(1) && at <= position + element.len();
            position += element.len() + 1;
            // Where the first key of all is hit, nothing says yet what an element looks like.
            if !touched && at > first + r#"{"id""#.len() {
                // A changed bracket can make one valid element of two.
                let kept = |text: &String| text == element || (text.contains(element) && serde_json::from_str::<Value>(text).is_ok());
                prop_assert!(found.iter().any(|(_, _, text)| kept(text)), "{} is lost: {:?}, {:?}", element, damages, String::from_utf8_lossy(&text));
            }
        }
        if serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_err() && damages.is_empty() {
            // What may pass: a colon for a comma, and bytes inside strings that only deserialising reads.
            let passes = matches!(byte, b':' | b',' | b'\\' | 0..=0x20 | b'u' | 0x80..) || found.iter().any(|(_, _, text)| text.contains('\\'));
            prop_assert!(passes, "damage at {} passed silently: {:?}", at, String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn noise_never_fails(text in prop::collection::vec(prop_oneof![Just(b'{'), Just(b'"'), Just(b'['), Just(b'}'), Just(b']'), Just(b':'), Just(b','), Just(b'\\'), any::<u8>()], 0..400), chunk in 0..100_usize) {
        for layout in [Layout::Values, Layout::Array, Layout::Members] {
            let _ = pieces(&text, layout, chunk);
        }
    }
}
