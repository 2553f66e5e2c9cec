//! Whole numbers of a small range: each is a cell of its own.

use serde::{Deserialize, Serialize};

use super::axis::{EXACT, real_of_key};
use super::cells::{INSIDE, outside};

/// Whole numbers of at most so many different values are counted each by itself.
pub(crate) const MOST_DIRECT: u64 = 1 << 16;

/// Whole counts from `least` on, `len` of them. Cell 2i is the i-th count, cell 2i + 1 what lies between it and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(i64, u32)", into = "(i64, u32)")]
pub(crate) struct Direct {
    /// The first count, at most 2^53 away from 0, as is the last.
    pub(crate) least: i64,
    /// Number of counts, at least 1.
    pub(crate) len: u32,
}

impl TryFrom<(i64, u32)> for Direct {
    type Error = String;

    fn try_from((least, len): (i64, u32)) -> Result<Self, String> {
        let is_sound = i128::from(least).abs() <= EXACT && (1..=MOST_DIRECT).contains(&u64::from(len));
        if is_sound { Ok(Self { least, len }) } else { Err("the whole numbers of a column are impossible".to_owned()) }
    }
}

impl From<Direct> for (i64, u32) {
    fn from(direct: Direct) -> Self {
        (direct.least, direct.len)
    }
}

impl Direct {
    pub(super) fn count_of(self, index: u32) -> f64 {
        (self.least + i64::from(index)) as f64
    }

    pub(super) fn last(self) -> f64 {
        self.count_of(self.len - 1)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between the first and the last count")]
    pub(super) fn cell(self, key: u64) -> u32 {
        let count = real_of_key(key);
        if count < self.least as f64 || count > self.last() {
            return outside(key, count > self.last(), 2 * self.len - 1);
        }
        let index = (count.floor() - self.least as f64) as u32;
        INSIDE + 2 * index + u32::from(count > count.floor())
    }

    /// Empties counts of whole numbers into counts of cells, in order.
    pub(crate) fn drain(counts: &mut [u32], cells: &mut Vec<(u32, u64, u128)>) {
        for (index, count) in (0_u32..).zip(counts) {
            if *count > 0 {
                cells.push((INSIDE + 2 * index, u64::from(*count), 0));
                *count = 0;
            }
        }
    }
}
