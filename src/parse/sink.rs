//! Where readers put what they find.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cloudtrail::{Actors, Usual};
use super::inventory::Manifest;
use super::request::Request;
use super::{Options, Parsed};
use crate::evidence::citation::{Citation, ExhibitId, Locator, Source};
use crate::evidence::ledger::{Disposition, Problem};
use crate::fact::arn::Arn;
use crate::fact::density::{Density, Scope};
use crate::fact::principal::Principal;
use crate::fact::secret::redact_prose;
use crate::fact::symbol::Symbols;
use crate::fact::{Fact, Record, Statement};
use crate::recognise::Format;
use crate::time::Instant;

/// Problems listed one by one; after that they are only counted, so that a file of garbage does not fill the ledger.
const LISTED: usize = 100;

/// Longest list of facts whose memory is used again.
const SPARED: usize = 4096;

thread_local! {
    /// Memory that the facts of one exhibit after the other gather in: most exhibits have few, and growing a list for each of them
    /// costs more than reading them.
    static SPARE: Cell<Vec<Fact>> = const { Cell::new(Vec::new()) };
}

/// Returns the facts in as much memory as they need.
fn fitted(mut facts: Vec<Fact>) -> Vec<Fact> {
    if facts.len() > SPARED {
        return facts;
    }
    let mut fitted = Vec::with_capacity(facts.len());
    fitted.append(&mut facts);
    SPARE.set(facts);
    fitted
}

/// What an exhibit gives, as it is read.
pub(crate) struct Sink {
    exhibit: ExhibitId,
    pub(crate) show_secrets: bool,
    base: Option<Arc<str>>,
    facts: Vec<Fact>,
    problems: Vec<Problem>,
    unlisted: u64,
    damaged: u64,
    records: u64,
    density: BTreeMap<Scope, Density>,
    open: Option<Minute>,
    earliest: Option<Instant>,
    latest: Option<Instant>,
    refusal: Option<String>,
    orphan: BTreeSet<String>,
    request_used: bool,
    /// How faithfully the exhibit keeps records: lower is better.
    pub(crate) carrier: u8,
    owner: Option<Arn>,
    enveloped: Option<String>,
    pub(crate) inventories: Vec<Manifest>,
    /// Where `CloudTrail` records name their account.
    pub(super) usual: Usual,
    /// Callers of `CloudTrail` records.
    pub(super) actors: Actors,
    /// Words that its facts share.
    pub(super) symbols: Symbols,
}

/// The minute of a trail that is being counted: records lie close together in a file.
struct Minute {
    scope: Scope,
    minute: i64,
    first: Instant,
    last: Instant,
    count: u64,
}

/// Where the sink stood before it entered a nested text.
pub(crate) struct Outer(Option<Arc<str>>);

impl Sink {
    pub(crate) fn new(exhibit: ExhibitId, options: &Options) -> Self {
        Self {
            exhibit,
            show_secrets: options.show_secrets,
            base: None,
            facts: SPARE.take(),
            problems: Vec::new(),
            unlisted: 0,
            damaged: 0,
            records: 0,
            density: BTreeMap::new(),
            open: None,
            earliest: None,
            latest: None,
            refusal: None,
            orphan: BTreeSet::new(),
            request_used: false,
            carrier: 0,
            owner: None,
            enveloped: None,
            inventories: Vec::new(),
            usual: Usual::default(),
            actors: Actors::default(),
            symbols: Symbols::default(),
        }
    }

    /// Counts a record.
    pub(crate) fn record(&mut self) {
        self.records += 1;
    }

    /// Counts records that are not read one by one.
    pub(crate) fn records(&mut self, count: u64) {
        self.records += count;
    }

    /// Takes a count back: the record that an element carries counts itself.
    pub(crate) fn uncount(&mut self) {
        self.records = self.records.saturating_sub(1);
    }

    /// Notes a time that occurs in a record.
    pub(crate) fn seen(&mut self, at: Instant) {
        self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
        self.latest = Some(self.latest.map_or(at, |latest| latest.max(at)));
    }

    /// Counts a trail's record by account, region and minute.
    pub(crate) fn count(&mut self, account: &[u8], region: &[u8], at: Instant) {
        let minute = at.seconds().div_euclid(60);
        if let Some(open) = &mut self.open
            && open.minute == minute
            && open.scope.region.as_bytes() == region
            && open.scope.account.as_bytes() == account
        {
            open.count += 1;
            open.first = open.first.min(at);
            open.last = open.last.max(at);
            return;
        }
        self.close_minute();
        let [account, region] = [account, region].map(|text| String::from_utf8_lossy(text).into_owned());
        let scope = Scope { account, region };
        self.open = Some(Minute { scope, minute, first: at, last: at, count: 1 });
    }

    fn close_minute(&mut self) {
        if let Some(Minute { scope, first, last, count, .. }) = self.open.take() {
            self.seen(first);
            self.seen(last);
            self.density.entry(scope).or_default().add_all(first, last, count);
        }
    }

    /// States a fact.
    pub(crate) fn say(&mut self, place: &Locator, source: Source, time: Option<Instant>, statement: Statement) {
        self.say_by(place, source, time, None, None, statement);
    }

    /// States a fact of a record with an identity, and who acted.
    pub(crate) fn say_by(
        &mut self,
        place: &Locator,
        source: Source,
        time: Option<Instant>,
        by: Option<&Arc<Principal>>,
        record: Option<(&RecordId, u8)>,
        mut statement: Statement,
    ) {
        if !self.show_secrets {
            redact_prose(&mut statement);
        }
        if let Some(time) = time {
            self.seen(time);
        }
        let source = Citation {
            exhibit: self.exhibit,
            locator: self.located(place),
            source,
            time,
            event_id: record.and_then(|(id, _)| id.event.clone()),
            excerpt: None,
        };
        let carrier = self.carrier;
        let record =
            record.and_then(|(id, part)| Some(Record { key: id.key.clone()?, part, corrects: id.corrects.clone(), carrier }));
        self.facts.push(Fact { statement, source, by: by.cloned(), record });
    }

    /// Notes something lost at a place.
    pub(crate) fn defect(&mut self, place: Locator, message: impl Into<String>) {
        let problem = Problem::at(self.located(&place), message);
        self.list(problem);
        self.damaged += 1;
    }

    /// Notes a record that is lost.
    pub(crate) fn damaged(&mut self, place: Locator, message: impl Into<String>) {
        self.defect(place, message);
    }

    /// Notes something worth knowing by which nothing is lost.
    pub(crate) fn note(&mut self, place: Locator, message: impl Into<String>) {
        let problem = Problem::note(self.located(&place), message);
        self.list(problem);
    }

    /// Notes that the exhibit does not name what it is about; it can't be used then.
    pub(crate) fn orphan(&mut self, lacks: &str) {
        self.orphan.insert(lacks.to_owned());
    }

    /// Refuses the exhibit as a whole.
    pub(crate) fn refuse(&mut self, reason: impl Into<String>) {
        self.refusal = Some(reason.into());
    }

    /// Notes that the request was needed to know what the exhibit is about.
    pub(crate) fn uses_request(&mut self) {
        self.request_used = true;
    }

    /// Notes a resource the exhibit is about: it tells the account and region.
    pub(crate) fn belongs_to(&mut self, arn: &Arn) {
        if self.owner.is_none() {
            self.owner = Some(arn.clone());
        }
    }

    /// Returns the account of the resources in the exhibit.
    pub(crate) fn account(&self) -> Option<&str> {
        self.owner.as_ref().map(Arn::account)
    }

    /// Returns the region of the resources in the exhibit.
    pub(crate) fn region(&self) -> Option<&str> {
        self.owner.as_ref().map(Arn::region)
    }

    /// Notes the request that an envelope states.
    pub(crate) fn asked_by(&mut self, request: &Request) {
        self.enveloped = Some(request.shown(self.show_secrets));
    }

    pub(crate) fn used_request(&self) -> bool {
        self.request_used
    }

    /// Gives the objects stated so far another bucket: the command that named theirs is refused.
    pub(crate) fn correct_bucket(&mut self, bucket: &str) {
        let bucket: Arc<str> = bucket.into();
        for fact in &mut self.facts {
            if let Statement::Object(object) = &mut fact.statement {
                object.bucket = bucket.clone();
            }
        }
    }

    /// Enters a text that lies inside a record: places in it are named after the record's.
    pub(crate) fn enter(&mut self, place: &Locator) -> Outer {
        let base = self.located(place).to_string();
        Outer(self.base.replace(if base == "/" { "".into() } else { base.into() }))
    }

    /// Leaves it.
    pub(crate) fn leave(&mut self, outer: Outer) {
        self.base = outer.0;
    }

    fn located(&self, place: &Locator) -> Locator {
        match (&self.base, place) {
            (None, place) => place.clone(),
            (Some(base), Locator::Whole) if base.is_empty() => Locator::Whole,
            (Some(base), Locator::Whole) => Locator::Place(base.clone()),
            (Some(base), Locator::Line(_) | Locator::Row(_)) if !base.is_empty() => {
                Locator::Place(format!("{base} {place}").into())
            }
            (Some(base), place) => Locator::Place(format!("{base}{place}").into()),
        }
    }

    fn list(&mut self, problem: Problem) {
        if self.problems.len() < LISTED {
            self.problems.push(problem);
        } else {
            self.unlisted += 1;
        }
    }

    /// Closes the exhibit.
    pub(crate) fn parsed(mut self, format: Result<Format, String>, asked: Option<String>) -> Parsed {
        self.close_minute();
        if self.unlisted > 0 {
            self.problems.push(Problem::at(Locator::Whole, format!("{} further problems are not listed", self.unlisted)));
        }
        for lacks in &self.orphan {
            let message = format!(
                "does not name {lacks}; put a sidecar `{{\"argv\":[\"aws\",…],\"account\":…,\"region\":…,\"captured_at\":…}}` beside it, as a file with `.cmd` added to its name"
            );
            self.problems.push(Problem::whole(message));
        }
        let refusal = self.refusal.take();
        let disposition = match &format {
            Err(_) => Disposition::Unrecognised,
            Ok(_) if refusal.is_some() || (!self.orphan.is_empty() && self.facts.is_empty()) => Disposition::Refused,
            Ok(_) if self.damaged > 0 || !self.orphan.is_empty() => Disposition::Partial,
            Ok(_) => Disposition::Read,
        };
        if let Some(refusal) = refusal {
            self.problems.push(Problem::whole(refusal));
        }
        if let Err(looks_like) = &format {
            self.problems.push(Problem::whole(looks_like.clone()));
        }
        Parsed {
            format: format.map_or_else(|_| "unknown".to_owned(), |format| format.name().to_owned()),
            disposition,
            records: self.records,
            facts: fitted(self.facts),
            problems: self.problems,
            density: self.density.into_iter().collect(),
            earliest: self.earliest,
            latest: self.latest,
            asked: self.enveloped.or(asked),
            inventories: self.inventories,
        }
    }
}

/// The identity of a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordId {
    /// What is cited.
    pub(crate) event: Option<Arc<str>>,
    /// What copies share.
    pub(crate) key: Option<Arc<str>>,
    /// The record it corrects.
    pub(crate) corrects: Option<Arc<str>>,
}
