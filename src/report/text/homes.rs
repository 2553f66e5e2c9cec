//! Resources of several accounts or regions that share a name: where an answer has such, text names the region, and the account
//! where that differs.

use std::collections::{BTreeMap, BTreeSet};

use crate::escape::shown;
use crate::fact::arn::Arn;

/// What tells resources of one name apart.
#[derive(Clone, Copy, Debug, Default)]
struct Apart {
    accounts: bool,
    regions: bool,
}

/// Names that resources of several accounts or regions share.
#[derive(Debug, Default)]
pub(in crate::report) struct Homes {
    shared: BTreeMap<String, Apart>,
}

/// Returns what a resource is called within its account and region.
fn name(arn: &Arn) -> String {
    arn.resource().to_lowercase()
}

impl Homes {
    /// Finds the names that are shared among resources.
    pub(in crate::report) fn of<'a>(arns: impl Iterator<Item = &'a Arn>) -> Self {
        let mut homes: BTreeMap<String, BTreeSet<(&str, &str)>> = BTreeMap::new();
        for arn in arns.filter(|arn| !arn.account().is_empty() && !arn.region().is_empty()) {
            homes.entry(name(arn)).or_default().insert((arn.account(), arn.region()));
        }
        homes.retain(|_, homes| homes.len() > 1);
        let several = |all: BTreeSet<&str>| all.len() > 1;
        let apart = |homes: BTreeSet<(&str, &str)>| Apart {
            accounts: several(homes.iter().map(|(account, _)| *account).collect()),
            regions: several(homes.iter().map(|(_, region)| *region).collect()),
        };
        Self { shared: homes.into_iter().map(|(name, homes)| (name, apart(homes))).collect() }
    }

    /// Returns the account and region of a resource as far as they tell it from others of its name; nothing where there are none.
    pub(in crate::report) fn text(&self, arn: &Arn) -> String {
        match self.shared.get(&name(arn)) {
            Some(Apart { accounts: true, regions: true }) => format!(" ({} {})", shown(arn.account()), shown(arn.region())),
            Some(Apart { accounts: true, .. }) => format!(" ({})", shown(arn.account())),
            Some(_) => format!(" ({})", shown(arn.region())),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_named() {
        let arn = |text: &str| Arn::parse(text).unwrap();
        let here = arn("arn:aws:sagemaker:eu-west-1:1:endpoint/a");
        let there = arn("arn:aws:sagemaker:us-east-1:1:endpoint/A");
        let model = arn("arn:aws:sagemaker:us-east-1:1:model/a");
        let homes = Homes::of([&here, &there, &model, &here].into_iter());
        assert_eq!(
            (homes.text(&here), homes.text(&there), homes.text(&model)),
            (" (eu-west-1)".into(), " (us-east-1)".into(), String::new())
        );
        let other = arn("arn:aws:sagemaker:eu-west-1:2:endpoint/a");
        assert_eq!(Homes::of([&here, &other].into_iter()).text(&other), " (2)");
        assert_eq!(Homes::of([&here, &here].into_iter()).text(&here), "");
    }
}
