//! JSON records turned into rows: members become columns, nested ones with a point between the names.

use serde_json::Value;

use super::table::{Cell, MOST_COLUMNS};

/// A row: names of columns with cells.
pub(super) type Row = Vec<(String, Owned)>;

/// A cell that holds its text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Owned {
    Null,
    Loose(String),
    Quoted(String),
}

impl Owned {
    pub(super) fn cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Loose(text) => Cell::Loose(text),
            Self::Quoted(text) => Cell::Quoted(text),
        }
    }
}

/// Members under which requests hold their records.
const HOLDS_RECORDS: [&str; 5] = ["instances", "inputs", "records", "rows", "predictions"];

/// Returns the records of a value: of a list each, of `{"instances": […]}` each, else the value itself.
pub(super) fn records(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) if list.iter().any(|one| one.is_array() || one.is_object()) => list.iter().collect(),
        Value::Object(members) if members.len() == 1 => match members.iter().next() {
            Some((name, Value::Array(list))) if HOLDS_RECORDS.contains(&name.as_str()) => list.iter().collect(),
            _ => vec![value],
        },
        _ => vec![value],
    }
}

/// Returns the row of a record. Columns of records without names take `names` in their order, and `_c0`, `_c1` behind.
pub(super) fn row(record: &Value, names: &[String]) -> Row {
    let mut row = Row::new();
    let positional = match record {
        Value::Array(list) => Some(list),
        Value::Object(members) if members.len() == 1 => members.get("features").and_then(Value::as_array),
        _ => None,
    };
    match (positional, record) {
        (Some(list), _) => {
            for (at, value) in list.iter().enumerate() {
                add(&mut row, named(names, at), value);
            }
        }
        (None, Value::Object(members)) => members.iter().for_each(|(name, value)| add(&mut row, name.clone(), value)),
        (None, value) => add(&mut row, named(names, 0), value),
    }
    row
}

/// Returns the name of a column that has none of its own.
pub(super) fn named(names: &[String], at: usize) -> String {
    names.get(at).cloned().unwrap_or_else(|| format!("_c{at}"))
}

fn add(row: &mut Row, name: String, value: &Value) {
    if row.len() >= MOST_COLUMNS {
        return;
    }
    match value {
        Value::Null => row.push((name, Owned::Null)),
        Value::Bool(truth) => row.push((name, Owned::Loose(truth.to_string()))),
        Value::Number(number) => row.push((name, Owned::Loose(number.to_string()))),
        Value::String(text) => row.push((name, Owned::Quoted(text.clone()))),
        Value::Array(list) => list.iter().enumerate().for_each(|(at, value)| add(row, format!("{name}.{at}"), value)),
        Value::Object(members) => members.iter().for_each(|(inner, value)| add(row, format!("{name}.{inner}"), value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, names: &[&str]) -> Vec<String> {
        let value: Value = serde_json::from_str(text).unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let shown = |row: Row| row.into_iter().map(|(name, cell)| format!("{name}={cell:?}")).collect::<Vec<_>>().join(" ");
        records(&value).into_iter().map(|record| shown(row(record, &names))).collect()
    }

    #[test]
    fn the_usual_shapes_of_requests_are_rows() {
        let expected = [r#"age=Loose("3") city=Quoted("x")"#, "age=Null"];
        assert_eq!(rows(r#"[{"age": 3, "city": "x"}, {"age": null}]"#, &[]), expected);
        assert_eq!(rows(r#"{"instances": [{"age": 3, "city": "x"}, {"age": null}]}"#, &[]), expected);
        assert_eq!(rows(r#"{"instances": [{"features": [1, 2.5]}]}"#, &["age"]), [r#"age=Loose("1") _c1=Loose("2.5")"#]);
        assert_eq!(rows(r#"{"user": {"age": 3}, "tags": ["a"]}"#, &[]), [r#"tags.0=Quoted("a") user.age=Loose("3")"#]);
        assert_eq!(rows("[1, true]", &[]), [r#"_c0=Loose("1") _c1=Loose("true")"#]);
        assert_eq!(rows("0.75", &["score"]), [r#"score=Loose("0.75")"#]);
    }
}
