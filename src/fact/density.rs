//! How densely a trail records, per account and region: what silence in it means.
//!
//! Every record of a trail is counted by the minute of its time, relevant or not. The counts of any number of files add up in
//! any order; from them follow the span a trail covers, its usual rhythm, and the holes in it.

use std::collections::BTreeMap;

use crate::time::{Instant, Seconds};

/// The account and region that records belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// Account that received the record.
    pub account: String,
    /// Region of the call.
    pub region: String,
}

/// Records per minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Density {
    minutes: BTreeMap<i64, u64>,
    first: Option<Instant>,
    last: Option<Instant>,
}

/// A hole in a trail: no record between two instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hole {
    /// Time of the last record before it.
    pub from: Instant,
    /// Time of the first record after it.
    pub to: Instant,
}

impl Density {
    /// Counts a record.
    pub fn add(&mut self, at: Instant) {
        self.add_all(at, at, 1);
    }

    /// Counts `count` records of the minute in which both the first and the last of them lie.
    pub fn add_all(&mut self, first: Instant, last: Instant, count: u64) {
        *self.minutes.entry(first.seconds().div_euclid(60)).or_default() += count;
        self.first = Some(self.first.map_or(first, |own| own.min(first)));
        self.last = Some(self.last.map_or(last, |own| own.max(last)));
    }

    /// Adds the counts of another part of the trail.
    pub fn merge(&mut self, other: &Self) {
        for (minute, count) in &other.minutes {
            *self.minutes.entry(*minute).or_default() += count;
        }
        let pick = |own: Option<Instant>, others: Option<Instant>, choose: fn(Instant, Instant) -> Instant| match (own, others) {
            (Some(own), Some(others)) => Some(choose(own, others)),
            (own, others) => own.or(others),
        };
        self.first = pick(self.first, other.first, Ord::min);
        self.last = pick(self.last, other.last, Ord::max);
    }

    /// Returns the times of the first and last record.
    pub fn span(&self) -> Option<(Instant, Instant)> {
        self.first.zip(self.last)
    }

    /// Returns the number of records.
    pub fn records(&self) -> u64 {
        self.minutes.values().sum()
    }

    /// Returns the median time between one record and the next, to the minute above one minute; nothing for fewer than three
    /// records.
    pub fn median_spacing(&self) -> Option<Seconds> {
        let mut spacings: BTreeMap<i64, u64> = BTreeMap::new();
        let mut before = None;
        for (minute, count) in &self.minutes {
            if let Some(before) = before {
                *spacings.entry((minute - before) * 60).or_default() += 1;
            }
            if *count > 1 {
                // Within a minute only the mean is known; it is what matters at this scale.
                *spacings.entry(60 / i64::try_from(*count).unwrap_or(i64::MAX).min(60)).or_default() += count - 1;
            }
            before = Some(*minute);
        }
        let total: u64 = spacings.values().sum();
        let mut seen = 0;
        spacings
            .into_iter()
            .find(|(_, count)| {
                seen += count;
                seen * 2 >= total
            })
            .filter(|_| total >= 2)
            .map(|(spacing, _)| spacing)
    }

    /// Returns the holes of more than an hour and more than ten times the median spacing.
    pub fn holes(&self) -> Vec<Hole> {
        let Some(median) = self.median_spacing() else { return Vec::new() };
        let least = 3_600.max(10 * median);
        let minutes: Vec<i64> = self.minutes.keys().copied().collect();
        minutes
            .windows(2)
            .filter(|pair| (pair[1] - pair[0] - 1) * 60 >= least)
            .map(|pair| Hole { from: Instant::from_seconds((pair[0] + 1) * 60), to: Instant::from_seconds(pair[1] * 60) })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(seconds: &[i64]) -> Density {
        let mut density = Density::default();
        for second in seconds {
            density.add(Instant::from_seconds(*second));
        }
        density
    }

    #[test]
    fn a_hole_is_long_for_this_trail() {
        let every_minute: Vec<i64> = (0..600).map(|n| n * 60).collect();
        assert!(of(&every_minute).holes().is_empty());
        let with_hole: Vec<i64> = every_minute.iter().copied().filter(|second| !(12_000..17_000).contains(second)).collect();
        let holes = of(&with_hole).holes();
        assert_eq!(holes, [Hole { from: Instant::from_seconds(12_000), to: Instant::from_seconds(17_040) }]);
        // Three hours of silence are usual where a record comes every half hour.
        let every_half_hour: Vec<i64> = (0..40).map(|n| n * 1_800).filter(|second| !(20_000..32_000).contains(second)).collect();
        assert!(of(&every_half_hour).holes().is_empty());
        assert!(of(&[0, 90_000]).holes().is_empty(), "two records have no rhythm");
    }

    proptest! {
        #[test]
        fn parts_add_up_in_any_order(seconds in prop::collection::vec(0..500_000_i64, 0..60), split in 0..60_usize) {
            let split = split.min(seconds.len());
            let (left, right) = (of(&seconds[..split]), of(&seconds[split..]));
            let (mut one, mut other) = (left.clone(), right.clone());
            one.merge(&right);
            other.merge(&left);
            prop_assert_eq!(&one, &of(&seconds));
            prop_assert_eq!(one, other);
        }
    }
}
