//! Rules answered without reading a value: what the minimum, the maximum and the null count of a row group prove.

use arrow_array::Array;

use super::judge::Judge;
use super::model::{Requirement, Rule};
use super::tally::Tally;

/// What a parquet footer says of one column of one row group.
#[derive(Clone, Copy, Debug)]
pub struct Footer<'a> {
    /// Rows of the row group.
    pub rows: u64,
    /// Rows without a value, if the footer counts them.
    pub nulls: Option<u64>,
    /// The least value, as an array of one row of the column's Arrow type; null where the footer has none. NaN is not regarded by
    /// those who write footers.
    pub min: &'a dyn Array,
    /// The greatest value, likewise.
    pub max: &'a dyn Array,
    /// Whether both occur as they stand; long texts may be cut off.
    pub is_exact: bool,
}

/// What a footer proves of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The tally that reading would give: nulls have no first place, and nothing else that is counted is broken.
    Counted(Tally),
    /// At least one row breaks the rule; how many, reading tells.
    Broken,
    /// Nothing; reading tells.
    Open,
}

/// Answers a rule for a row group from its footer; `judge` is the rule made ready for the column's type.
pub fn prove(rule: &Rule, judge: &mut Judge, footer: &Footer<'_>) -> Proof {
    let kept = |nulls| Proof::Counted(Tally { rows: footer.rows, nulls, ..Tally::default() });
    let Some(nulls) = footer.nulls.filter(|nulls| *nulls <= footer.rows) else { return Proof::Open };
    if judge.counts_nulls() {
        return Proof::Counted(Tally { rows: footer.rows, nulls, broken: nulls, ..Tally::default() });
    }
    if nulls == footer.rows {
        return kept(nulls);
    }
    match &rule.requirement {
        Requirement::Min(_) | Requirement::Max(_) => {
            let outermost = if matches!(rule.requirement, Requirement::Min(_)) { footer.min } else { footer.max };
            match judge.breaks(outermost) {
                Some(false) => kept(nulls),
                // A footer's outermost number is a value that occurs: writers cut off texts only, which have no bounds.
                Some(true) => Proof::Broken,
                None => Proof::Open,
            }
        }
        // A row group of one value: NaN may hide beside a constant, but breaks nothing.
        _ if footer.is_exact && footer.min.to_data() == footer.max.to_data() => match judge.breaks(footer.min) {
            Some(false) => kept(nulls),
            Some(true) => Proof::Broken,
            None => Proof::Open,
        },
        _ => Proof::Open,
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{Float64Array, Int32Array, StringArray};
    use arrow_schema::DataType;

    use super::super::RuleSet;
    use super::*;

    fn proof(rules: &str, footer: &Footer<'_>) -> Vec<Proof> {
        let rules = RuleSet::parse(rules).unwrap();
        let data_type = footer.min.data_type().clone();
        rules.rules().iter().map(|rule| prove(rule, &mut Judge::new(rule, &data_type).unwrap(), footer)).collect()
    }

    fn kept(rows: u64, nulls: u64) -> Proof {
        Proof::Counted(Tally { rows, nulls, ..Tally::default() })
    }

    #[test]
    fn bounds_are_proved_kept_or_broken() {
        let (min, max) = (Int32Array::from(vec![13]), Int32Array::from(vec![80]));
        let footer = Footer { rows: 100, nulls: Some(3), min: &min, max: &max, is_exact: true };
        assert_eq!(proof(r#"{"age": {"min": 18, "max": 80}}"#, &footer), [Proof::Broken, kept(100, 3)]);
        assert_eq!(proof(r#"{"age": {"min": 13, "max": 79.5}}"#, &footer), [kept(100, 3), Proof::Broken]);
        let null_share = Proof::Counted(Tally { rows: 100, nulls: 3, broken: 3, ..Tally::default() });
        assert_eq!(proof(r#"{"age": {"max_null_share": 0.01}}"#, &footer), [null_share]);
        assert_eq!(proof(r#"{"age": {"in": [13, 80]}}"#, &footer), [Proof::Open]);
    }

    #[test]
    fn what_a_footer_does_not_say_stays_open() {
        let (none, nan) = (Int32Array::from(vec![None::<i32>]), Float64Array::from(vec![f64::NAN]));
        let silent = Footer { rows: 100, nulls: Some(3), min: &none, max: &none, is_exact: true };
        assert_eq!(proof(r#"{"age": {"min": 18}}"#, &silent), [Proof::Open]);
        assert_eq!(proof(r#"{"age": {"min": 18}}"#, &Footer { nulls: None, ..silent }), [Proof::Open]);
        assert_eq!(proof(r#"{"age": {"max_null_share": 0}}"#, &Footer { nulls: None, ..silent }), [Proof::Open]);
        assert_eq!(proof(r#"{"age": {"min": 18}}"#, &Footer { nulls: Some(100), ..silent }), [kept(100, 100)]);
        // More nulls than rows is no footer to trust; NaN as minimum neither.
        assert_eq!(proof(r#"{"age": {"min": 18}}"#, &Footer { nulls: Some(101), ..silent }), [Proof::Open]);
        let wrong = Footer { rows: 5, nulls: Some(0), min: &nan, max: &nan, is_exact: true };
        assert_eq!(proof(r#"{"age": {"min": 18, "in": [1]}}"#, &wrong), [Proof::Open, Proof::Open]);
    }

    #[test]
    fn a_constant_text_is_proved_unless_it_is_cut_off() {
        let text = StringArray::from(vec!["DE"]);
        let footer = Footer { rows: 9, nulls: Some(0), min: &text, max: &text, is_exact: true };
        assert_eq!(proof(r#"{"country": {"in": ["DE"], "regex": "^F"}}"#, &footer), [kept(9, 0), Proof::Broken]);
        assert_eq!(proof(r#"{"country": {"in": ["DE"]}}"#, &Footer { is_exact: false, ..footer }), [Proof::Open]);
        assert_eq!(footer.min.data_type(), &DataType::Utf8);
    }
}
