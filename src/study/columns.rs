//! Which column each value of a captured request is, where requests have no names.

use arrow_array::RecordBatchReader as _;

use crate::dataset::Dataset;
use crate::drift::result::Unreadable;
use crate::drift::source::Opened;

/// Names for values.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// The names in their order; empty where requests bring their own.
    pub(super) names: Vec<String>,
    /// What was taken for granted, in a sentence.
    pub(super) remark: Option<String>,
}

/// Returns the columns of captured requests, by the first file of them.
pub(super) fn of(captured: &Dataset) -> Result<Vec<String>, Vec<Unreadable>> {
    let Some(piece) = captured.source.pieces.first() else { return Ok(Vec::new()) };
    match piece.content.open() {
        Ok(Opened::Rows(rows)) => Ok(rows.schema().fields().iter().map(|field| field.name().clone()).collect()),
        Ok(Opened::Parquet(_)) => Ok(Vec::new()),
        Err(message) => Err(vec![Unreadable { file: piece.name.to_string(), message }]),
    }
}

/// Returns what the values of requests are called.
///
/// # Errors
///
/// Where that cannot be told: why.
pub(super) fn named(trained: &[&str], asked: &[String], labels: &[String]) -> Result<Named, String> {
    let is_unnamed = |names: &mut dyn Iterator<Item = &str>| names.enumerate().all(|(at, name)| name == format!("_c{at}"));
    if asked.is_empty() || !is_unnamed(&mut asked.iter().map(String::as_str)) {
        return Ok(Named::default());
    }
    let features: Vec<String> =
        trained.iter().filter(|name| !labels.iter().any(|label| label == *name)).map(|name| (*name).to_owned()).collect();
    if features.len() == asked.len() {
        let remark = "The requests have no names: their values are taken in the order of the training data's columns.";
        return Ok(Named { names: features, remark: Some(remark.to_owned()) });
    }
    if features.len() == asked.len() + 1 && labels.is_empty() && is_unnamed(&mut trained.iter().copied()) {
        let remark = "Neither side names its columns, and training rows have one more: the first is taken for the target, where \
                      SageMaker's algorithms look for it in CSV.";
        return Ok(Named { names: features[1..].to_vec(), remark: Some(remark.to_owned()) });
    }
    Err(format!(
        "requests of {} values without names, and training data of {} columns: which belong together? `labels` in the table [data] of \
         --config names those that requests lack",
        asked.len(),
        trained.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn names_are_taken_by_order_only_where_the_order_is_known() {
        let asked = texts(&["_c0", "_c1"]);
        let names = |trained: &[&str], labels: &[&str]| named(trained, &asked, &texts(labels)).map(|found| found.names);
        assert_eq!(names(&["a", "b"], &[]), Ok(texts(&["a", "b"])));
        assert_eq!(names(&["a", "y", "b"], &["y"]), Ok(texts(&["a", "b"])));
        assert_eq!(names(&["_c0", "_c1", "_c2"], &[]), Ok(texts(&["_c1", "_c2"])));
        assert!(names(&["a", "y", "b"], &[]).unwrap_err().contains("which belong together"));
        assert!(names(&["a"], &[]).is_err());
        assert_eq!(named(&["a"], &texts(&["b", "a"]), &[]), Ok(Named::default()));
    }
}
