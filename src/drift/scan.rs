//! Holds current data against a baseline: column by column, so that little of it is in memory at any time.
//!
//! A unit of work is one column of some row groups of one file. Its answer, a [`Seen`] for each partition it touches, is merged into
//! what is known of that column and partition, in whatever order units end: merging is commutative. When the last unit of a
//! partition is in, the statistics are computed and the counts are let go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::{Array as _, ArrayRef};
use arrow_schema::DataType;

use super::build;
use super::category::{CategoryCounter, MOST_NEW};
use super::compare::{Options, Seen, compare};
use super::counter::Counter;
use super::logical::Logical;
use super::plan::{Plan, Unit, columns, open, split};
use super::profile::{Base, Body, Profile, SMALL};
use super::result::{Comparison, PartitionColumn, Rule, Schema, Skipped, Unreadable};
use super::rule::{Judge, RuleSet, Tally};
use super::source::Source;
use super::table::Table;
use super::{result, spare, summing};

/// What current data is compared with.
#[derive(Clone, Copy)]
pub enum Baseline<'a> {
    /// Data, which is read.
    Data(&'a Source),
    /// A profile that was saved, and the SHA-256 of its bytes in hexadecimal.
    Profile(&'a Profile, &'a str),
}

/// Is told how a comparison gets on.
pub trait Watch: Sync {
    /// Units of work in all, once known.
    fn total(&self, units: u64);
    /// So many more are done.
    fn done(&self, units: u64);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn total(&self, _: u64) {}

    fn done(&self, _: u64) {}
}

/// Profiles a baseline.
pub fn profile(source: &Source, watch: &dyn Watch) -> Profile {
    let (tables, mut unreadable) = open(source);
    let shape = Shape::of(&tables);
    watch.total(shape.columns.len() as u64);
    let slots: Vec<Mutex<Option<Base>>> = shape.columns.iter().map(|_| Mutex::new(None)).collect();
    let damaged = Mutex::new(BTreeSet::new());
    work(shape.columns.len(), &|index| {
        let (name, logical) = &shape.columns[index];
        let mut seen = BTreeSet::new();
        let base = build::build(&tables, name, *logical, false, &mut seen);
        lock(&damaged).extend(seen);
        *lock(&slots[index]) = Some(base);
        watch.done(1);
    });
    let built = slots.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner));
    unreadable.extend(damaged.into_inner().unwrap_or_else(PoisonError::into_inner));
    unreadable.sort();
    Profile {
        files: tables.len() as u64,
        rows: tables.iter().map(Table::rows).sum(),
        columns: built.map(|base| base.profile).collect(),
        skipped: shape.skipped,
        unreadable,
    }
}

/// The columns of a baseline.
struct Shape {
    columns: Vec<(String, Logical)>,
    skipped: Vec<Skipped>,
}

impl Shape {
    fn of(tables: &[Table]) -> Self {
        let (mut kept, mut skipped) = (Vec::new(), Vec::new());
        for name in columns(tables) {
            match build::logical_of(tables, &name) {
                Some(logical) => kept.push((name, logical)),
                None => skipped.push(skip(tables, name)),
            }
        }
        Self { columns: kept, skipped }
    }
}

fn skip(tables: &[Table], column: String) -> Skipped {
    let data_type = tables.iter().find_map(|table| table.column(&column)).map(|(_, data_type)| data_type);
    let why = match data_type {
        Some(DataType::Null) => "it holds nothing but nulls and has no type".to_owned(),
        Some(nested) if nested.is_nested() => format!("its values are nested: {nested}"),
        other => format!("values of this type are not compared: {}", other.map(ToString::to_string).unwrap_or_default()),
    };
    Skipped { column, why }
}

/// Compares current data with a baseline, column by column and partition by partition.
pub fn run(baseline: Baseline<'_>, current: &Source, rules: &RuleSet, options: &Options, watch: &dyn Watch) -> Comparison {
    let mut unreadable = Vec::new();
    let (base_tables, shape, files, rows, hash) = match baseline {
        Baseline::Data(source) => {
            let (tables, failed) = open(source);
            unreadable.extend(failed);
            let (shape, rows) = (Shape::of(&tables), tables.iter().map(Table::rows).sum());
            let files = tables.len() as u64;
            (tables, shape, files, rows, None)
        }
        Baseline::Profile(profile, hash) => {
            unreadable.extend(profile.unreadable.iter().cloned());
            let columns = profile.columns.iter().map(|column| (column.name.clone(), column.logical)).collect();
            let shape = Shape { columns, skipped: profile.skipped.clone() };
            (Vec::new(), shape, profile.files, profile.rows, Some(hash.to_owned()))
        }
    };
    let (tables, failed) = open(current);
    unreadable.extend(failed);
    let plan = Plan::new(tables, &mut unreadable);
    let scan = Scan::new(&plan, shape, rules, options);
    let profiles = match baseline {
        Baseline::Data(_) => None,
        Baseline::Profile(profile, _) => Some(profile),
    };
    let units = plan.units.len();
    watch.total((scan.columns.len() * units) as u64);
    let items = scan.items(units);
    work(items.len(), &|index| {
        let (column, unit) = items[index];
        let Making::Made(base) = scan.base(column, &base_tables, profiles) else { return };
        if let Some(unit) = unit {
            scan.read(column, unit, base.as_deref());
            watch.done(1);
        }
    });
    spare::release();
    unreadable.extend(std::mem::take(&mut *lock(&scan.damaged)));
    unreadable.sort();
    unreadable.dedup();
    let summary = result::Baseline { files, rows, columns: 0, profile: hash };
    summing::up(summary, scan.finish(), &plan, unreadable, options)
}

/// Runs numbered jobs on the threads of the pool, in order of their numbers as threads become free.
fn work(jobs: usize, run: &(dyn Fn(usize) + Sync)) {
    let next = AtomicUsize::new(0);
    rayon::broadcast(|_| {
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs {
                return;
            }
            run(job);
        }
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One column while it is read.
struct Column {
    name: String,
    /// Its type in the baseline; nothing if the baseline lacks it.
    logical: Option<Logical>,
    /// Its profile, from its first unit to its last.
    base: Mutex<Making>,
    /// Units that are not read yet.
    units: AtomicUsize,
    parts: Vec<Mutex<Part>>,
    summary: Mutex<Option<(result::Summary, Vec<result::Value>)>>,
    types: Mutex<BTreeSet<String>>,
}

/// How far a column's profile is.
#[derive(Clone)]
enum Making {
    /// Nobody needed it yet.
    NotYet,
    /// It is there; nothing inside for columns that the baseline lacks.
    Made(Option<Arc<Base>>),
    /// Nobody needs it any more.
    LetGo,
}

/// One column of one partition while it is read.
#[derive(Default)]
struct Part {
    /// Units that are not in yet.
    units: usize,
    seen: Option<Box<Seen>>,
    answer: Option<Box<PartitionColumn>>,
    tallies: Vec<Tally>,
}

struct Scan<'a> {
    plan: &'a Plan,
    rules: &'a RuleSet,
    options: &'a Options,
    columns: Vec<Column>,
    skipped: Vec<Skipped>,
    damaged: Mutex<BTreeSet<Unreadable>>,
}

/// What a scan found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) columns: Vec<result::Column>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) rules: Vec<Rule>,
}

impl<'a> Scan<'a> {
    fn new(plan: &'a Plan, shape: Shape, rules: &'a RuleSet, options: &'a Options) -> Self {
        let mut skipped = shape.skipped;
        let mut all: Vec<(String, Option<Logical>)> =
            shape.columns.into_iter().map(|(name, logical)| (name, Some(logical))).collect();
        let known: BTreeSet<String> =
            all.iter().map(|(name, _)| name).chain(skipped.iter().map(|skipped| &skipped.column)).cloned().collect();
        let mut added: Vec<String> = columns(&plan.tables).into_iter().filter(|name| !known.contains(name)).collect();
        added.sort();
        for name in added {
            match build::logical_of(&plan.tables, &name) {
                Some(_) => all.push((name, None)),
                None => skipped.push(skip(&plan.tables, name)),
            }
        }
        skipped.sort();
        let mut units = vec![0; plan.partitions.len()];
        for partition in plan.units.iter().flat_map(|unit| &unit.partitions) {
            units[*partition] += 1;
        }
        let column = |(name, logical)| Column {
            name,
            logical,
            base: Mutex::new(Making::NotYet),
            units: AtomicUsize::new(plan.units.len()),
            parts: units.iter().map(|units| Mutex::new(Part { units: *units, ..Part::default() })).collect(),
            summary: Mutex::new(None),
            types: Mutex::new(BTreeSet::new()),
        };
        let columns = all.into_iter().map(column).collect();
        Self { plan, rules, options, columns, skipped, damaged: Mutex::new(BTreeSet::new()) }
    }

    /// Returns the jobs in order: each column's profile comes before the units of the column before it, so that no thread waits.
    fn items(&self, units: usize) -> Vec<(usize, Option<usize>)> {
        let mut items: Vec<(usize, Option<usize>)> = vec![(0, None)];
        items.truncate(self.columns.len());
        for column in 0..self.columns.len() {
            items.extend((column + 1 < self.columns.len()).then_some((column + 1, None)));
            items.extend((0..units).map(|unit| (column, Some(unit))));
        }
        items
    }

    /// Returns the profile of a column, made by whoever needs it first.
    fn base(&self, column: usize, tables: &[Table], profiles: Option<&Profile>) -> Making {
        let column = &self.columns[column];
        let mut base = lock(&column.base);
        if matches!(*base, Making::NotYet) {
            let made = column.logical.and_then(|logical| {
                if let Some(profile) = profiles {
                    let profile = profile.columns.iter().find(|profile| profile.name == column.name)?.clone();
                    return Some(Arc::new(Base::new(profile, None)));
                }
                let mut damaged = BTreeSet::new();
                let base = build::build(tables, &column.name, logical, self.options.exact, &mut damaged);
                lock(&self.damaged).extend(damaged);
                Some(Arc::new(base))
            });
            if let Some(made) = &made {
                *lock(&column.summary) = Some((made.summary.clone(), summing::edges(&made.profile)));
            }
            *base = Making::Made(made);
        }
        base.clone()
    }

    /// Reads a column in a unit and takes in what it says.
    fn read(&self, index: usize, number: usize, base: Option<&Base>) {
        let (column, unit) = (&self.columns[index], &self.plan.units[number]);
        let table = &self.plan.tables[unit.table];
        let answers = self.answer(column, unit, table, base).unwrap_or_else(|error| {
            let message = format!("column {}: {error}", column.name);
            lock(&self.damaged).insert(Unreadable { file: table.name.to_string(), message });
            BTreeMap::new()
        });
        let mut answers = answers;
        for partition in &unit.partitions {
            self.take_in(column, *partition, answers.remove(partition), base);
        }
        if column.units.fetch_sub(1, Ordering::AcqRel) == 1 {
            *lock(&column.base) = Making::LetGo;
        }
    }

    fn take_in(&self, column: &Column, partition: usize, answer: Option<Seen>, base: Option<&Base>) {
        let mut part = lock(&column.parts[partition]);
        if let Some(answer) = answer {
            part.seen.get_or_insert_default().merge(answer);
        }
        part.units -= 1;
        if part.units == 0 {
            let seen = part.seen.take().unwrap_or_default();
            self.conclude(column, partition, *seen, base, &mut part);
        }
    }

    fn conclude(&self, column: &Column, partition: usize, mut seen: Seen, base: Option<&Base>, part: &mut Part) {
        lock(&column.types).extend(std::mem::take(&mut seen.types));
        part.tallies = std::mem::take(&mut seen.tallies);
        let (name, rows) = &self.plan.partitions[partition];
        part.answer = Some(Box::new(compare(base, seen, name.to_string(), *rows, self.options)));
    }

    /// Answers for a column in a unit, by partition.
    fn answer(&self, column: &Column, unit: &Unit, table: &Table, base: Option<&Base>) -> Result<BTreeMap<usize, Seen>, String> {
        let runs: Vec<(usize, u64)> = self.plan.shares[unit.table].runs(unit.first_row, unit.rows).collect();
        let mut rows: BTreeMap<usize, u64> = BTreeMap::new();
        for (partition, length) in &runs {
            *rows.entry(*partition).or_default() += length;
        }
        let rules: Vec<_> = self.rules.of_column(&column.name).map(|(_, rule)| rule).collect();
        let Some((index, data_type)) = table.column(&column.name) else {
            let schema = if column.logical.is_some() { Schema::Missing } else { Schema::Same };
            let missing = |rows| {
                let tallies = rules.iter().map(|_| Tally::unanswered(&table.name, rows, "the column is missing")).collect();
                Seen { schema, left_out: rows, tallies, ..Seen::default() }
            };
            return Ok(rows.into_iter().map(|(partition, rows)| (partition, missing(rows))).collect());
        };
        let logical = Logical::of(data_type);
        let schema = match (column.logical, logical) {
            (None, _) => Schema::Added,
            (Some(_), None) if *data_type == DataType::Null => Schema::Same,
            (Some(was), Some(is)) => was.becomes(is),
            (Some(_), None) => Schema::Incompatible,
        };
        let is_compared = !matches!(schema, Schema::Added | Schema::Incompatible);
        let mut reading = Reading {
            base: base.filter(|_| is_compared),
            logical: logical.or(column.logical),
            keeps: self.options.exact,
            rows: if runs.len() == 1 { unit.rows } else { 0 },
            partitions: &self.plan.partitions,
            found: BTreeMap::new(),
        };
        let mut tallies: BTreeMap<usize, Vec<Tally>> =
            rows.keys().map(|partition| (*partition, vec![Tally::default(); rules.len()])).collect();
        if is_compared || !rules.is_empty() {
            let mut judges: Vec<_> = rules.iter().map(|rule| Judge::new(rule, data_type)).collect();
            let mut pending = runs.iter().copied().peekable();
            let (mut left, mut gathered) = (0, BTreeMap::new());
            let is_whole = runs.len() == 1;
            let mut counting = reading.counting(runs.first().map(|(partition, _)| *partition));
            table.read(index, unit.groups.clone(), |array, first_row| {
                let here = next_runs(&mut pending, &mut left, array.len() as u64);
                if is_compared {
                    if is_whole { counting.take(array) } else { split(array, &here, &mut gathered) }
                }
                if !judges.is_empty() {
                    tally(array, first_row, &here, &table.name, &mut judges, &mut tallies);
                }
            })?;
            if is_whole && is_compared {
                let seen = counting.finish();
                reading.found.extend(runs.first().map(|(partition, _)| (*partition, seen)));
            } else {
                reading.apart(gathered);
            }
        }
        let mut answers = reading.found;
        for (partition, rows) in rows {
            let seen = answers.entry(partition).or_default();
            seen.schema = schema;
            seen.types.extend(logical.map(|logical| logical.to_string()).or(Some(data_type.to_string())));
            seen.left_out = if is_compared || schema == Schema::Added { 0 } else { rows };
            seen.tallies = tallies.remove(&partition).unwrap_or_default();
        }
        Ok(answers)
    }

    fn finish(self) -> Found {
        let names: Vec<String> = self.plan.partitions.iter().map(|(partition, _)| partition.to_string()).collect();
        let mut rules = Vec::new();
        let mut columns = Vec::new();
        for column in self.columns {
            let mut answers = Vec::new();
            for (number, part) in column.parts.into_iter().enumerate() {
                let part = part.into_inner().unwrap_or_else(PoisonError::into_inner);
                let (partition, rows) = &self.plan.partitions[number];
                // A partition without a row has no unit.
                let blank = || compare(None, Seen::default(), partition.to_string(), *rows, self.options);
                answers.push(part.answer.map_or_else(blank, |answer| *answer));
                for ((_, rule), tally) in self.rules.of_column(&column.name).zip(&part.tallies) {
                    rules.extend(summing::rule(rule, &names[number], tally));
                }
            }
            let of = |mutex: Mutex<_>| mutex.into_inner().unwrap_or_else(PoisonError::into_inner);
            let types = column.types.into_inner().unwrap_or_else(PoisonError::into_inner);
            let here = summing::Parts { name: column.name, logical: column.logical, types, summary: of(column.summary), answers };
            columns.push(here.into_column(&self.plan.tables));
        }
        for rule in self.rules.rules() {
            if !columns.iter().any(|column: &result::Column| column.column == rule.column) {
                for ((_, rows), name) in self.plan.partitions.iter().zip(&names) {
                    let nowhere = Tally { unanswered: *rows, ..Tally::default() };
                    rules.extend(summing::rule(rule, name, &nowhere));
                }
            }
        }
        Found { columns, skipped: self.skipped, rules }
    }
}

/// Returns the runs that the next rows consist of.
pub(crate) fn next_runs(
    pending: &mut std::iter::Peekable<impl Iterator<Item = (usize, u64)>>,
    used: &mut u64,
    mut rows: u64,
) -> Vec<(usize, u64)> {
    let mut here = Vec::new();
    while rows > 0 {
        let Some((partition, length)) = pending.peek().copied() else { break };
        let taken = rows.min(length - *used);
        here.push((partition, taken));
        (rows, *used) = (rows - taken, *used + taken);
        if *used == length {
            pending.next();
            *used = 0;
        }
    }
    here
}

/// Judges the rows of an array by rules, each run for its partition.
fn tally(
    array: &ArrayRef,
    first_row: u64,
    runs: &[(usize, u64)],
    file: &Arc<str>,
    judges: &mut [Result<Judge, String>],
    tallies: &mut BTreeMap<usize, Vec<Tally>>,
) {
    let mut from = 0;
    for (partition, length) in runs {
        let length = usize::try_from(*length).unwrap_or(usize::MAX).min(array.len() - from);
        let (slice, row) = (array.slice(from, length), first_row + from as u64);
        for (judge, tally) in judges.iter_mut().zip(tallies.entry(*partition).or_default()) {
            match judge {
                Ok(judge) => judge.judge(&slice, file, row, tally),
                Err(why) => tally.merge(Tally::unanswered(file, length as u64, why.as_str())),
            }
        }
        from += length;
    }
}

/// A column of a unit while it is read.
struct Reading<'a> {
    base: Option<&'a Base>,
    logical: Option<Logical>,
    keeps: bool,
    /// Rows of the unit, if they all belong to one partition.
    rows: u64,
    partitions: &'a [(super::source::Partition, u64)],
    found: BTreeMap<usize, Seen>,
}

/// Counts the arrays of one partition.
enum Counting<'a> {
    Numbers(Box<Counter<'a>>, Option<Logical>),
    Categories(Box<CategoryCounter<'a>>),
    Nothing,
}

impl Counting<'_> {
    fn take(&mut self, array: &ArrayRef) {
        match self {
            Self::Numbers(counter, logical) => {
                if let Some(logical) = logical {
                    counter.take(array, *logical);
                }
            }
            Self::Categories(counter) => counter.take(array),
            Self::Nothing => {}
        }
    }

    fn finish(&mut self) -> Seen {
        match self {
            Self::Numbers(counter, _) => Seen { numbers: counter.finish(), ..Seen::default() },
            Self::Categories(counter) => Seen { categories: counter.finish(), ..Seen::default() },
            Self::Nothing => Seen::default(),
        }
    }
}

impl<'a> Reading<'a> {
    fn counting(&self, partition: Option<usize>) -> Counting<'a> {
        match self.base.map(|base| (&base.profile.body, base)) {
            Some((Body::Line(profile), base)) => {
                // Values are kept where both sides have few, and where exact distances were asked for.
                let rows = partition.and_then(|partition| self.partitions.get(partition)).map_or(u64::MAX, |(_, rows)| *rows);
                let keeps = base.sorted().is_some() && (self.keeps || rows <= SMALL);
                let mut counter = Counter::new(&profile.line, keeps);
                counter.expect(self.rows);
                Counting::Numbers(Box::new(counter), self.logical)
            }
            Some((Body::Categories { categories, .. }, _)) => {
                Counting::Categories(Box::new(CategoryCounter::new(categories, MOST_NEW)))
            }
            None => Counting::Nothing,
        }
    }

    /// Counts arrays that were split by partition.
    fn apart(&mut self, gathered: BTreeMap<usize, Vec<ArrayRef>>) {
        for (partition, arrays) in gathered {
            let mut counting = self.counting(Some(partition));
            for array in &arrays {
                counting.take(array);
            }
            self.found.insert(partition, counting.finish());
        }
    }
}
