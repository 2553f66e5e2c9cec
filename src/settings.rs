//! Files of settings in TOML: what to say of one that is wrong.

/// Longest message about a file: what is wrong with another file may be all of it.
const LONGEST_MESSAGE: usize = 400;

/// Says what is wrong and where, without the line itself: of a wrong file it may be a secret.
pub fn wrong(error: &toml::de::Error, text: &str) -> String {
    let said: String = error.message().lines().next().unwrap_or_default().chars().take(LONGEST_MESSAGE).collect();
    let said = match (said.strip_prefix("invalid type: "), said.rsplit_once(", expected ")) {
        (Some(found), Some((_, wanted))) => format!("{} is no {}", kind(found), expected(wanted)),
        _ => said,
    };
    let Some(span) = error.span() else { return said };
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{said} at line {line}, column {column}")
}

/// Names what was found, without its value.
fn kind(found: &str) -> &'static str {
    let kinds =
        [("string", "a text"), ("integer", "a number"), ("floating", "a number with a fraction"), ("boolean", "true or false")];
    let kinds = kinds.into_iter().chain([("sequence", "a list"), ("map", "a table"), ("datetime", "a time")]);
    kinds.into_iter().find(|(word, _)| found.starts_with(word)).map_or("that", |(_, kind)| kind)
}

/// Names what is wanted, as people call it.
fn expected(wanted: &str) -> &'static str {
    match wanted.split_whitespace().next() {
        Some("i64" | "u64" | "i32" | "u32" | "usize") => "whole number",
        Some("f64" | "f32") => "number",
        Some("a" | "an") if wanted.contains("string") => "text",
        Some("a" | "an") if wanted.contains("sequence") => "list",
        Some("a" | "an") if wanted.contains("bool") => "true or false",
        _ => "table",
    }
}
