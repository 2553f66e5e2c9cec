//! Reads the files of offline stores: are their event times what Feature Store takes, and is a record there more than once?

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use hashbrown::HashMap;

use crate::case::study::store::{Duplicates, Group, MINUTE, Seen, StorePlan, StoreStudy, TimeFault};
use crate::dataset;
use crate::drift::peek::{self, Cell};
use crate::drift::source::Partition;
use crate::evidence::walk::SourceFile;
use crate::time::Instant;

/// Identifiers and event times that are kept in memory, of 32 bytes each; of more, ever fewer are looked at.
const KEPT: usize = 4_000_000;

/// How much later than it was written an event may be, in microseconds: clocks differ.
const SKEW: i64 = 60_000_000;

/// Seconds from which on a number is no time of this age: the year 5138. Milliseconds of 1973 and later are above it.
const NO_SECONDS: f64 = 1e11;

/// Longest example.
const LONGEST: usize = 60;

/// Reads the files of a plan. Returns what was found, and what could not be read, with the reason.
pub(super) fn read(plan: &StorePlan, sources: &BTreeMap<String, SourceFile>) -> (StoreStudy, Vec<(usize, String)>) {
    let group = &plan.group;
    let mut study = StoreStudy {
        group: group.clone(),
        grade: plan.grade,
        evidence: plan.evidence.clone(),
        rows: 0,
        faults: BTreeMap::new(),
        duplicates: None,
        newest: BTreeMap::new(),
    };
    let mut keys = Keys::default();
    let mut failed = Vec::new();
    let identifier = group.identifier.as_deref().unwrap_or_default();
    let columns = [group.event_time.as_str(), identifier, "write_time", "is_deleted"];
    for (at, file) in plan.files.iter().enumerate() {
        let Some(source) = sources.get(&file.path) else { continue };
        let dataset = dataset::of_files(vec![(source.clone(), Partition::default())], &dataset::Options::default());
        let Some(piece) = dataset.source.pieces.first() else { continue };
        let read = peek::rows(piece, &columns, |cells| {
            let &[time, identifier, written, deleted] = cells else { return };
            study.rows += 1;
            let written = instant(written);
            if let Some(fault) = fault(group, time, written) {
                study.faults.entry(fault).or_default().count(|| shown(time), written.or_else(|| instant(time)));
            } else if let Some((event, written)) = instant(time).zip(written) {
                let newest = study.newest.entry(written.rounded_down(MINUTE)).or_insert(event);
                *newest = event.max(*newest);
            }
            let is_deleted = matches!(deleted, Cell::Flag(true) | Cell::Text("true" | "True"));
            if !is_deleted && !file.is_rewritten {
                keys.take(identifier, time, written);
            }
        });
        match read {
            Ok(has) if has.first() == Some(&true) => {}
            Ok(_) => failed.push((at, format!("it has no column {}, the group's event time", group.event_time))),
            Err(why) => failed.push((at, why)),
        }
    }
    study.duplicates = keys.close().filter(|_| !identifier.is_empty());
    (study, failed)
}

/// Identifiers with event times, as hashes, each with how often it was seen. Where there are too many, those are kept whose hash
/// ends in ever more zeros: of these, all are.
#[derive(Default)]
struct Keys {
    seen: HashMap<u128, u32>,
    zeros: u32,
    first: Seen,
}

impl Keys {
    fn take(&mut self, identifier: Cell<'_>, time: Cell<'_>, written: Option<Instant>) {
        if identifier == Cell::Null || time == Cell::Null {
            return;
        }
        let key = u128::from(hash(0, identifier, time)) << 64 | u128::from(hash(1, identifier, time));
        if key.trailing_zeros() < self.zeros {
            return;
        }
        let count = self.seen.entry(key).or_default();
        *count = count.saturating_add(1);
        if *count > 1 {
            self.first.count(|| format!("{} at {}", shown(identifier), shown(time)), written);
        }
        while self.seen.len() > KEPT {
            self.zeros += 1;
            let zeros = self.zeros;
            self.seen.retain(|key, _| key.trailing_zeros() >= zeros);
        }
    }

    fn close(self) -> Option<Duplicates> {
        let rows: u64 = self.seen.values().map(|count| u64::from(count - 1)).sum();
        let one_in = 1_u64.checked_shl(self.zeros).unwrap_or(u64::MAX);
        (rows > 0).then_some(Duplicates { seen: Seen { rows, ..self.first }, one_in })
    }
}

/// Returns a hash that is the same on every machine: its keys are fixed.
fn hash(which: u8, identifier: Cell<'_>, time: Cell<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    which.hash(&mut hasher);
    for cell in [identifier, time] {
        match cell {
            Cell::Text(text) => (1_u8, text).hash(&mut hasher),
            Cell::Number(number) => (2_u8, number.to_bits()).hash(&mut hasher),
            Cell::Time(micros) => (3_u8, micros).hash(&mut hasher),
            Cell::Flag(flag) => (4_u8, flag).hash(&mut hasher),
            Cell::Null | Cell::Other => 0_u8.hash(&mut hasher),
        }
    }
    hasher.finish()
}

/// Returns what is wrong with an event time.
fn fault(group: &Group, time: Cell<'_>, written: Option<Instant>) -> Option<TimeFault> {
    let is_text = match time {
        Cell::Null => return None,
        Cell::Text(_) => true,
        Cell::Number(_) => false,
        Cell::Time(_) | Cell::Flag(_) | Cell::Other => return group.declared.is_some().then_some(TimeFault::OtherType),
    };
    let is_other = match group.declared.as_deref() {
        Some("String") => !is_text,
        Some("Fractional" | "Integral") => is_text,
        _ => false,
    };
    if is_other {
        return Some(TimeFault::OtherType);
    }
    let shape = match time {
        Cell::Text(text) => shape(text),
        Cell::Number(number) if !number.is_finite() => Some(TimeFault::NoTime),
        Cell::Number(number) if number.abs() >= NO_SECONDS => Some(TimeFault::NoSeconds),
        _ => None,
    };
    let is_later = || instant(time).zip(written).is_some_and(|(at, written)| at.micros() > written.micros().saturating_add(SKEW));
    shape.or_else(|| is_later().then_some(TimeFault::Future))
}

/// Returns what is wrong with a time as text: `yyyy-MM-dd'T'HH:mm:ssZ` and `yyyy-MM-dd'T'HH:mm:ss.SSSZ` are taken.
fn shape(text: &str) -> Option<TimeFault> {
    let form = "0000-00-00T00:00:00";
    let (Some(head), Some(rest)) = (text.get(..form.len()), text.get(form.len()..)) else { return Some(TimeFault::NoTime) };
    let fits = |(own, form): (u8, u8)| if form == b'0' { own.is_ascii_digit() } else { own == form };
    if !head.bytes().zip(form.bytes()).all(fits) {
        return Some(TimeFault::NoTime);
    }
    let digits = rest.strip_prefix('.').map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let zone = &rest[digits.map_or(0, |digits| digits + 1)..];
    let has_zone = match zone.as_bytes() {
        [] => false,
        b"Z" => true,
        [b'+' | b'-', rest @ ..] => {
            if !rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b':') {
                return Some(TimeFault::NoTime);
            }
            true
        }
        _ => return Some(TimeFault::NoTime),
    };
    match (digits.is_none_or(|digits| digits == 3), has_zone) {
        (true, true) => Instant::parse(text, true).is_none().then_some(TimeFault::NoTime).filter(|_| zone == "Z"),
        (true, false) => Some(TimeFault::Zone),
        (false, true) => Some(TimeFault::Digits),
        (false, false) => Some(TimeFault::DigitsAndZone),
    }
}

/// Returns the instant that a value stands for.
fn instant(cell: Cell<'_>) -> Option<Instant> {
    match cell {
        Cell::Time(micros) => Some(Instant::from_micros(micros)),
        Cell::Text(text) => Instant::parse(text, true),
        Cell::Number(number) => Instant::from_number(number),
        _ => None,
    }
}

fn shown(cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(text) => text.chars().take(LONGEST).collect(),
        Cell::Number(number) => number.to_string(),
        Cell::Time(micros) => Instant::from_micros(micros).to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Null => "null".to_owned(),
        Cell::Other => "a value of another type".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_times_in_two_forms() {
        for (text, expected) in [
            ("2026-10-06T05:00:00Z", None),
            ("2026-10-06T05:00:00.123Z", None),
            ("2026-10-06T05:00:00+0000", None),
            ("2026-10-06T05:00:00.123456Z", Some(TimeFault::Digits)),
            ("2026-10-06T05:00:00.123456", Some(TimeFault::DigitsAndZone)),
            ("2026-10-06T05:00:00", Some(TimeFault::Zone)),
            ("2026-10-06 05:00:00", Some(TimeFault::NoTime)),
            ("2026-13-06T05:00:00Z", Some(TimeFault::NoTime)),
            ("1790000000", Some(TimeFault::NoTime)),
            ("", Some(TimeFault::NoTime)),
            ("2026-10-06T05:00:00.é", Some(TimeFault::NoTime)),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn keys_beyond_what_fits_are_sampled_and_the_rest_is_counted_right() {
        let mut keys = Keys::default();
        for _ in 0..2 {
            for number in 0..100_u32 {
                keys.take(Cell::Number(number.into()), Cell::Text("t"), None);
            }
        }
        let all = keys.close().unwrap();
        assert_eq!((all.seen.rows, all.one_in), (100, 1));
        assert!(Keys::default().close().is_none());
    }
}
