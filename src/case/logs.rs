//! What jobs and endpoint instances printed, by owner.

use std::collections::{BTreeMap, BTreeSet};

use super::said::Said;
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::{Arn, Home};
use crate::fact::log::{ENDPOINTS, LogStatement, LogWhat, Owner};
use crate::time::Instant;

/// What one host or instance printed.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    /// Packages and versions: installed ones win over ones found installed, and both over ones that were only downloaded.
    pub packages: BTreeMap<String, String>,
    /// Packages of which only a download is told.
    pub downloaded: BTreeSet<String>,
    /// What a library says of other versions of it: its name, the version that wrote, the version that reads.
    pub unpickled: Vec<(String, String, String, Citation)>,
    /// Where pip's lines stand.
    pub package_cites: Vec<Citation>,
    /// Commits that were printed, with their names.
    pub commits: Vec<(String, String, Citation)>,
    /// Where the code was to come from.
    pub source: Option<(String, Citation)>,
    /// Whether the image's own code ran instead of the archive.
    pub code_ignored: Option<Citation>,
    /// Errors that were printed: when, words.
    pub failures: Vec<(Option<Instant>, String, Citation)>,
    /// How it ended: success, words.
    pub exit: Option<(bool, String, Citation)>,
    /// Where the stream itself stands.
    pub extent: Vec<Citation>,
    /// Whether an export is known to hold all of it.
    pub complete: bool,
    /// Number of its lines, as far as one export tells.
    pub events: u64,
    /// Time of the first line.
    pub first: Option<Instant>,
    /// Time of the last line.
    pub last: Option<Instant>,
}

/// All logs.
#[derive(Debug, Default)]
pub struct Logs {
    by_owner: BTreeMap<(Owner, Home), Printed>,
    /// Names that resources of several accounts or regions share.
    shared: BTreeSet<String>,
    /// Days that groups keep their events.
    retention: BTreeMap<String, Option<i64>>,
    groups: BTreeSet<String>,
    silences: Vec<Silence>,
}

/// An interval of which a log group holds no events.
#[derive(Clone, Debug)]
pub struct Silence {
    /// The group.
    pub group: String,
    /// Account and region of the group.
    home: Home,
    /// From when on; from its beginning where that is not said.
    pub from: Option<Instant>,
    /// Until when.
    pub to: Option<Instant>,
    /// Whether only the size of the group says so.
    pub by_size: bool,
    /// Where that is said.
    pub cite: Citation,
}

impl Logs {
    /// Joins what was printed. `shared` holds, in lower case, the names that resources of several accounts or regions share.
    pub(super) fn build(said: Vec<Said<LogStatement>>, shared: BTreeSet<String>) -> Self {
        let mut logs = Self { shared, ..Self::default() };
        // A stream without a name belongs to the job whose environment it prints.
        let mut unnamed: BTreeMap<crate::evidence::citation::ExhibitId, Owner> = BTreeMap::new();
        for said in &said {
            if let (LogWhat::Environment { job: Some(job), .. }, true) = (&said.says.what, said.says.stream.is_empty()) {
                unnamed.insert(said.cite.exhibit, Owner::Job { job: job.clone(), host: "algo-1".to_owned() });
            }
        }
        let mut installed: BTreeSet<(Owner, Home, String)> = BTreeSet::new();
        for said in said {
            if let Some(group) = &said.says.group {
                logs.groups.insert(group.to_string());
            }
            if let (LogWhat::Retention { days }, Some(group)) = (&said.says.what, &said.says.group) {
                logs.retention.insert(group.to_string(), *days);
                continue;
            }
            if let (LogWhat::Silence { from, to, by_size }, Some(group)) = (&said.says.what, &said.says.group) {
                let (group, home) = (group.to_string(), said.says.home.clone());
                logs.silences.push(Silence { group, home, from: *from, to: *to, by_size: *by_size, cite: said.cite });
                continue;
            }
            let Some(owner) = said.says.owner().or_else(|| unnamed.get(&said.cite.exhibit).cloned()) else { continue };
            let printed = logs.by_owner.entry((owner.clone(), said.says.home.clone())).or_default();
            match said.says.what {
                LogWhat::Package { name, version, installed: now } => {
                    printed.downloaded.remove(&name);
                    if now {
                        installed.insert((owner, said.says.home, name.clone()));
                        printed.packages.insert(name, version);
                    } else if !installed.contains(&(owner, said.says.home, name.clone())) {
                        printed.packages.insert(name, version);
                    }
                    printed.package_cites.push(said.cite);
                }
                LogWhat::Downloaded { name, version } => {
                    // pip goes from newer versions to older ones: the last that it took stands.
                    if !printed.packages.contains_key(&name) || printed.downloaded.contains(&name) {
                        printed.downloaded.insert(name.clone());
                        printed.packages.insert(name, version);
                        printed.package_cites.push(said.cite);
                    }
                }
                LogWhat::Unpickled { name, written_by, read_by } => {
                    // One line of many estimators is enough.
                    if !printed.unpickled.iter().any(|(known, ..)| *known == name) {
                        printed.unpickled.push((name, written_by, read_by, said.cite));
                    }
                }
                LogWhat::Commit { name, commit } => printed.commits.push((name, commit, said.cite)),
                LogWhat::Environment { source: Some(source), .. } => printed.source = Some((source, said.cite)),
                LogWhat::Failure { message } => printed.failures.push((said.says.at, message, said.cite)),
                LogWhat::CodeIgnored => printed.code_ignored = Some(said.cite),
                LogWhat::Exit { success, message } => printed.exit = Some((success, message, said.cite)),
                LogWhat::Extent { complete, first, last, events } => {
                    printed.complete |= complete;
                    printed.events = printed.events.max(events);
                    printed.first = [printed.first, first].into_iter().flatten().min();
                    printed.last = printed.last.max(last);
                    printed.extent.push(said.cite);
                }
                LogWhat::Environment { .. } | LogWhat::Retention { .. } | LogWhat::Silence { .. } => {}
            }
        }
        logs
    }

    /// Returns the hosts of a job with what they printed.
    pub fn of_job<'a>(&'a self, arn: &'a Arn) -> impl Iterator<Item = (&'a str, &'a Printed)> {
        let shared = self.shared.contains(&arn.last().to_lowercase());
        self.by_owner.iter().filter(move |((_, home), _)| home.may_hold(arn, shared)).filter_map(move |((owner, _), printed)| {
            match owner {
                Owner::Job { job, host } if job.eq_ignore_ascii_case(arn.last()) => Some((host.as_str(), printed)),
                _ => None,
            }
        })
    }

    /// Returns the instances of an endpoint with their variant and what they printed.
    pub fn of_endpoint<'a>(&'a self, arn: &'a Arn) -> impl Iterator<Item = (&'a str, &'a str, &'a Printed)> {
        let shared = self.shared.contains(&arn.last().to_lowercase());
        self.by_owner.iter().filter(move |((_, home), _)| home.may_hold(arn, shared)).filter_map(move |((owner, _), printed)| {
            match owner {
                Owner::Instance { endpoint, variant, instance } if endpoint.eq_ignore_ascii_case(arn.last()) => {
                    Some((variant.as_str(), instance.as_str(), printed))
                }
                _ => None,
            }
        })
    }

    /// Returns the copies of an inference component with what they printed; `shared` says that components of several accounts or regions
    /// have its name.
    pub fn of_component<'a>(&'a self, arn: &'a Arn, shared: bool) -> impl Iterator<Item = (&'a str, &'a Printed)> {
        let named = |owner: &'a Owner| match owner {
            Owner::Component { component, copy } if component.eq_ignore_ascii_case(arn.last()) => Some(copy.as_str()),
            _ => None,
        };
        let here = self.by_owner.iter().filter(move |((_, home), _)| home.may_hold(arn, shared));
        here.filter_map(move |((owner, _), printed)| Some((named(owner)?, printed)))
    }

    /// Returns the intervals of which the log group of an endpoint holds no events.
    pub fn silences<'a>(&'a self, endpoint: &'a Arn) -> impl Iterator<Item = &'a Silence> {
        let shared = self.shared.contains(&endpoint.last().to_lowercase());
        self.silences.iter().filter(move |silence| {
            let of = silence.group.strip_prefix(ENDPOINTS);
            of.is_some_and(|name| name.eq_ignore_ascii_case(endpoint.last())) && silence.home.may_hold(endpoint, shared)
        })
    }

    /// Returns the groups that are listed with no bytes in them: name, account and region, where that is said.
    pub fn empty_by_size(&self) -> impl Iterator<Item = (&str, &Home, &Citation)> {
        let silences = self.silences.iter().filter(|silence| silence.by_size);
        silences.map(|silence| (silence.group.as_str(), &silence.home, &silence.cite))
    }

    /// Returns whether anything in the evidence tells of a log group of this name, whatever its case and account.
    pub fn knows(&self, group: &str) -> bool {
        self.groups.iter().any(|known| known.eq_ignore_ascii_case(group))
    }

    /// Returns for how many days a group keeps its events, if that is known; for ever is `Some(None)`.
    pub fn retention(&self, group: &str) -> Option<Option<i64>> {
        self.retention.get(group).copied()
    }

    /// Returns all owners.
    pub fn owners(&self) -> impl Iterator<Item = (&Owner, &Printed)> {
        self.by_owner.iter().map(|((owner, _), printed)| (owner, printed))
    }
}

impl Printed {
    /// Returns whether anything was printed in an interval.
    pub fn overlaps(&self, from: Instant, to: Option<Instant>) -> bool {
        self.last.is_none_or(|last| last >= from) && self.first.zip(to).is_none_or(|(first, to)| first < to)
    }

    /// Returns where pip's lines stand, or, if there are none, where the stream stands.
    pub fn package_citations(&self) -> Option<Citations> {
        // Every line names several packages; the first lines of each kind are enough to find the rest.
        let few = self.package_cites.iter().take(5).cloned();
        Citations::from_all(few).or_else(|| Citations::from_all(self.extent.iter().cloned()))
    }
}
