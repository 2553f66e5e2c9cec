//! Canaries among captured requests: one payload that is sent again and again to see whether the endpoint answers.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

use hashbrown::HashMap;

use super::capture;
use crate::evidence::citation::ExhibitId;
use crate::evidence::container::{self, Seal, Visitor};
use crate::evidence::limits::Limits;
use crate::evidence::lines::{Line, lines};
use crate::evidence::walk::SourceFile;
use crate::evidence::window::Window;

/// Times from which on a payload may be a canary's: some hours of one a minute, or two days of one an hour.
const OFTEN: u64 = 30;

/// How much more often than others it is sent.
const TIMES: u64 = 10;

/// Payloads that may be canaries; where more are sent as often, requests are simply alike.
const FEW: usize = 5;

/// Payloads that are told apart; a canary is among the first.
const KEPT: usize = 1_000_000;

/// Payloads that are sent again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repeated {
    /// Their hashes.
    pub payloads: BTreeSet<u128>,
    /// Requests that hold one of them.
    pub requests: u64,
    /// Requests in all.
    pub of: u64,
}

/// Returns the payloads that captured requests repeat again and again: few, thirty times or more, and ten times as often as the others.
pub fn repeated(files: &[SourceFile]) -> Repeated {
    let mut tally = Tally::default();
    for file in files {
        container::open(file, 0, &Limits::default(), &mut tally);
    }
    tally.close()
}

/// Returns the hash of a payload, the same on every machine.
pub(super) fn hash(payload: &str) -> u128 {
    let half = |which: u8| {
        let mut hasher = DefaultHasher::new();
        (which, payload).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

#[derive(Default)]
struct Tally {
    counts: HashMap<u128, u64>,
    requests: u64,
}

impl Tally {
    fn count(&mut self, payload: &str) {
        self.requests += 1;
        let key = hash(payload);
        if let Some(count) = self.counts.get_mut(&key) {
            *count += 1;
        } else if self.counts.len() < KEPT {
            self.counts.insert(key, 1);
        }
    }

    fn close(self) -> Repeated {
        let often: Vec<(u128, u64)> =
            self.counts.iter().filter(|(_, count)| **count >= OFTEN).map(|(key, count)| (*key, *count)).collect();
        let requests: u64 = often.iter().map(|(_, count)| count).sum();
        let (rest, others) = (self.requests - requests, (self.counts.len() - often.len()) as u64);
        let none = Repeated { of: self.requests, ..Repeated::default() };
        // Where nothing else is sent, all that there is to compare are these.
        if often.is_empty() || often.len() > FEW || others == 0 {
            return none;
        }
        let canaries: Vec<(u128, u64)> = often.into_iter().filter(|(_, count)| count * others >= rest * TIMES).collect();
        Repeated {
            requests: canaries.iter().map(|(_, count)| count).sum(),
            payloads: canaries.into_iter().map(|(key, _)| key).collect(),
            ..none
        }
    }
}

impl Visitor for Tally {
    fn sidecars(&mut self, _: Vec<(String, Vec<u8>)>) {}

    fn content(&mut self, _: ExhibitId, _: &str, window: &mut Window<'_>) {
        lines(window, Limits::default().line, &mut |line, _| {
            if let Line::Text(text) = &line
                && let Some(payload) = capture::payload(text.trim())
            {
                self.count(&payload);
            }
            ControlFlow::Continue(())
        });
    }

    fn sealed(&mut self, _: Seal<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(counts: &[(&str, u64)], others: u64, each: u64) -> (u64, usize) {
        let mut tally = Tally::default();
        for (payload, times) in counts {
            (0..*times).for_each(|_| tally.count(payload));
        }
        for other in 0..others {
            (0..each).for_each(|_| tally.count(&format!("other {other}")));
        }
        let repeated = tally.close();
        (repeated.requests, repeated.payloads.len())
    }

    #[test]
    fn canaries_are_few_and_sent_far_more_often_than_others() {
        assert_eq!(told(&[("ping", 40)], 60, 1), (40, 1));
        assert_eq!(told(&[("ping", 29)], 60, 1), (0, 0));
        // Requests that are all alike have no canary among them.
        assert_eq!(told(&[("ping", 40)], 60, 5), (0, 0));
        assert_eq!(told(&[("ping", 40)], 0, 0), (0, 0));
        assert_eq!(told(&[("a", 40), ("b", 40), ("c", 40), ("d", 40), ("e", 40), ("f", 40)], 60, 1), (0, 0));
    }
}
