//! When requests moved from variant to variant, by what was counted of each.
//!
//! A variant that had no share answers its first request when the new deployment is in force for it, and one that has no share any
//! more its last when the old one no longer is. Where a variant only gets another share, its counts tell neither.

use std::collections::BTreeSet;

use super::deployments::Deployment;
use super::{Bounds, Requests};
use crate::case::claim::Grade;
use crate::time::Instant;

/// A variant's requests of a period: from, to.
type Period = (Instant, Instant);

/// Narrows the bounds between which deployments took over from each other; `answering` names the variants of one that have a share.
pub(super) fn narrow(
    deployments: &mut [Deployment],
    ends: Option<Instant>,
    answering: &dyn Fn(&Deployment) -> BTreeSet<String>,
    requests: &[&Requests],
) {
    if requests.is_empty() {
        return;
    }
    for later in 1..deployments.len() {
        let until = deployments.get(later + 1).map(|next| next.from.earliest).or(ends);
        let (before, after) = (answering(&deployments[later - 1]), answering(&deployments[later]));
        if before.is_empty() || after.is_empty() {
            continue;
        }
        let from = deployments[later].from;
        let counted = |variant: &str| counted(requests, variant, from.earliest, until);
        let Some(found) = found(&before, &after, &counted) else { continue };
        let deployment = &mut deployments[later];
        let earliest = found.begins.map_or(from.earliest, |begins| begins.max(from.earliest)).min(from.latest);
        deployment.from = Bounds { earliest, latest: found.latest.clamp(earliest, from.latest) };
        // Requests to a variant that had no share show that the deployment took place.
        if found.begins.is_some() && deployment.grade == Grade::C {
            deployment.grade = Grade::B;
        }
        let named = |requests: &&&Requests| {
            requests.variant.as_deref().is_some_and(|variant| before.contains(variant) != after.contains(variant))
        };
        deployment.cites.extend(requests.iter().filter(named).flat_map(|requests| requests.cites.iter().cloned()));
    }
}

/// What counts tell of a change.
struct Found {
    /// Beginning of the first period in which a variant was asked that had no share before.
    begins: Option<Instant>,
    /// End of the last period in which anything shows that the change was not done.
    latest: Instant,
}

fn found(before: &BTreeSet<String>, after: &BTreeSet<String>, counted: &dyn Fn(&str) -> Vec<Period>) -> Option<Found> {
    let firsts: Option<Vec<Period>> = after.difference(before).map(|variant| counted(variant).first().copied()).collect();
    let firsts = firsts?;
    let lasts: Vec<Period> = before.difference(after).filter_map(|variant| counted(variant).last().copied()).collect();
    let latest = firsts.iter().chain(&lasts).map(|(_, to)| *to).max()?;
    // Where nobody is asked afterwards, that a variant is not says nothing.
    let goes_on = |variant: &String| counted(variant).last().is_some_and(|(_, to)| *to > latest);
    let is_over = lasts.is_empty() || after.iter().any(goes_on);
    is_over.then(|| Found { begins: firsts.iter().map(|(from, _)| *from).min(), latest })
}

/// Returns the periods in which a variant was asked, between two instants.
fn counted(requests: &[&Requests], variant: &str, from: Instant, until: Option<Instant>) -> Vec<Period> {
    let own = requests.iter().filter(|requests| requests.variant.as_deref() == Some(variant));
    let mut periods: Vec<Period> = own
        .flat_map(|requests| {
            let asked = requests.points.iter().filter(|(_, count)| *count > 0.0);
            asked.map(|(at, _)| (*at, at.plus(requests.period)))
        })
        .filter(|(at, to)| *to > from && until.is_none_or(|until| *at < until))
        .collect();
    periods.sort_unstable();
    periods
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Instant {
        Instant::from_seconds(minute * 60)
    }

    fn told(before: &[&str], after: &[&str], asked: &[(&str, &[i64])]) -> Option<(Option<Instant>, Instant)> {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
        let counted = |variant: &str| -> Vec<Period> {
            let own = asked.iter().find(|(name, _)| *name == variant).map(|(_, minutes)| *minutes).unwrap_or_default();
            own.iter().map(|minute| (at(*minute), at(minute + 1))).collect()
        };
        found(&set(before), &set(after), &counted).map(|found| (found.begins, found.latest))
    }

    #[test]
    fn a_change_is_over_when_the_last_variant_took_it() {
        // The new one is asked from minute 9 on, the old one until minute 11.
        assert_eq!(told(&["a"], &["b"], &[("a", &[5, 11]), ("b", &[9, 12])]), Some((Some(at(9)), at(12))));
        assert_eq!(told(&["a", "b"], &["b"], &[("a", &[5, 6]), ("b", &[5, 6, 9])]), Some((None, at(7))));
        assert_eq!(told(&["a"], &["a", "b"], &[("a", &[5, 20]), ("b", &[9, 20])]), Some((Some(at(9)), at(10))));
    }

    #[test]
    fn what_counts_do_not_show_is_not_concluded() {
        // The new one was never asked; the old one is still asked when the data ends; only shares changed.
        assert_eq!(told(&["a"], &["b"], &[("a", &[5])]), None);
        assert_eq!(told(&["a"], &["b"], &[("a", &[5, 20]), ("b", &[9, 20])]), None);
        assert_eq!(told(&["a", "b"], &["a", "b"], &[("a", &[5]), ("b", &[5])]), None);
    }
}
