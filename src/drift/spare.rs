//! Memory of lists of keys that are no longer needed: lists of megabytes come and go with each column of each row group, and what
//! is given back to the allocator stays with the process for a while. One thread fills them, and whichever ends a partition gives
//! them back.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values for which lists are held together, at most.
const HELD: usize = 1 << 22;

static SPARE: Mutex<Vec<Vec<u64>>> = Mutex::new(Vec::new());

fn spare() -> MutexGuard<'static, Vec<Vec<u64>>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns an empty list with room for so many values.
pub(super) fn take(values: usize) -> Vec<u64> {
    let mut spare = spare();
    let fits = |list: &&(usize, usize)| (values..=values.saturating_mul(2)).contains(&list.1);
    let sizes = spare.iter().map(Vec::capacity).enumerate();
    let best = sizes.collect::<Vec<_>>().iter().filter(fits).min_by_key(|(_, size)| *size).map(|(at, _)| *at);
    let list = best.map(|at| spare.swap_remove(at));
    drop(spare);
    list.unwrap_or_else(|| Vec::with_capacity(values))
}

/// Takes lists back.
pub(super) fn give_back(lists: impl IntoIterator<Item = Vec<u64>>) {
    let mut spare = spare();
    let mut held: usize = spare.iter().map(Vec::capacity).sum();
    for mut list in lists {
        held += list.capacity();
        if held > HELD {
            break;
        }
        list.clear();
        spare.push(list);
    }
}

/// Gives the memory back that is held for further lists.
pub(super) fn release() {
    drop(std::mem::take(&mut *spare()));
}

/// A list that is given back once nobody needs it.
#[derive(Debug)]
pub(crate) struct Lent(Vec<u64>);

impl From<Vec<u64>> for Lent {
    fn from(list: Vec<u64>) -> Self {
        Self(list)
    }
}

impl Deref for Lent {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        give_back([std::mem::take(&mut self.0)]);
    }
}
