//! One column of one partition held against the baseline: every statistic that its counts give.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::category::{Categories, CategoryCounts};
use super::counts::Counts;
use super::decide::{self, Thresholds};
use super::logical::Logical;
use super::profile::{Base, Body, LineProfile, summary, summary_of_categories};
use super::result::{
    Bar, Distinct, Ks, MOST_LISTED, Method, MissingCategory, NewCategory, PartitionColumn, Schema, Shift, Summary, Total,
    Verdict, Wasserstein,
};
use super::rule::Tally;
use super::spare;
use super::statistic::{categories, ks, law, psi, wasserstein};

/// What was seen of a column in a partition.
///
/// [`Seen::merge`] is commutative and associative, and what saw nothing changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Numbers and times.
    pub numbers: Counts,
    /// Categories.
    pub categories: CategoryCounts,
    /// The worst that became of the type.
    pub schema: Schema,
    /// The types that files give the column.
    pub types: BTreeSet<String>,
    /// Rows of files that lack the column, or whose values cannot be compared.
    pub left_out: u64,
    /// What each rule on the column found.
    #[serde(skip)]
    pub tallies: Vec<Tally>,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            numbers: Counts::default(),
            categories: CategoryCounts::default(),
            schema: Schema::Same,
            types: BTreeSet::new(),
            left_out: 0,
            tallies: Vec::new(),
        }
    }
}

impl Seen {
    /// Adds what was seen in other rows.
    pub fn merge(&mut self, other: Self) {
        self.numbers.merge(other.numbers);
        self.categories.merge(other.categories);
        self.schema = self.schema.max(other.schema);
        self.types.extend(other.types);
        self.left_out += other.left_out;
        self.tallies.resize(self.tallies.len().max(other.tallies.len()), Tally::default());
        for (mine, theirs) in self.tallies.iter_mut().zip(other.tallies) {
            mine.merge(theirs);
        }
    }
}

/// What decides, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Whether distances of numbers are to be exact whatever it costs.
    pub exact: bool,
    /// What decides about distributions.
    pub method: Method,
    /// The numbers that decide.
    pub thresholds: Thresholds,
}

/// Model Monitor and Deequ take this much of the noise of a distance for granted: 99.7 of 100 distances without drift are less.
pub(crate) fn noise(n: u64, m: u64) -> f64 {
    let (n, m) = (n as f64, m as f64);
    1.8 * ((n + m) / (n * m)).sqrt()
}

fn robust(distance: f64, n: u64, m: u64) -> f64 {
    (distance - noise(n, m)).max(0.0)
}

/// Returns what is said of a column in a partition.
pub(crate) fn compare(base: Option<&Base>, seen: Seen, partition: String, rows: u64, options: &Options) -> PartitionColumn {
    let mut part = blank(partition, seen.schema);
    let mut context = decide::Context { rows, ..decide::Context::default() };
    match base.map(|base| &base.profile.body) {
        Some(Body::Line(profile)) => {
            part.current = summary(&profile.line, &seen.numbers);
            if seen.left_out < rows {
                numbers(base, profile, seen.numbers, &mut part, &mut context);
            }
        }
        Some(Body::Categories { categories, rows, nulls }) => {
            part.current = summary_of_categories(&seen.categories);
            let n = rows - nulls;
            compare_categories(categories, n, &seen.categories, &mut part, &mut context);
            nulls_of((*nulls, *rows), &mut part);
        }
        None => part.current = Summary { rows: rows - seen.left_out, ..Summary::default() },
    }
    decide::judge(&mut part, base.map(|base| &base.profile), &context, options);
    part
}

fn blank(partition: String, schema: Schema) -> PartitionColumn {
    PartitionColumn {
        partition,
        current: Summary::default(),
        ks: None,
        sagemaker_robust: None,
        sagemaker_simple: None,
        psi: None,
        psi_bins: Vec::new(),
        wasserstein: None,
        linf: None,
        linf_robust: None,
        tvd: None,
        jensen_shannon: None,
        chi2: None,
        cramers_v: None,
        q: None,
        null_change: None,
        null_z: None,
        new_categories: Vec::new(),
        new_total: None,
        missing_categories: Vec::new(),
        missing_total: None,
        sketch: Vec::new(),
        schema,
        shift: None,
        verdict: Verdict::Ok,
        reasons: Vec::new(),
        why: String::new(),
    }
}

fn nulls_of((nulls, rows): (u64, u64), part: &mut PartitionColumn) {
    let current = (part.current.nulls, part.current.rows);
    if rows > 0 && current.1 > 0 {
        part.null_change = Some(current.0 as f64 / current.1 as f64 - nulls as f64 / rows as f64);
        part.null_z = law::two_proportions((nulls, rows), current);
    }
}

fn numbers(
    base: Option<&Base>,
    profile: &LineProfile,
    mut current: Counts,
    part: &mut PartitionColumn,
    context: &mut decide::Context,
) {
    let (line, baseline) = (&profile.line, &profile.counts);
    let (n, m) = (baseline.values(), current.values());
    nulls_of((baseline.nulls, baseline.rows), part);
    (context.n, context.m) = (n, m);
    let keys = current.keys.take();
    let both = base.and_then(Base::sorted).zip(keys.as_deref());
    if let Some(mut bounds) = ks::Bounds::of(baseline, &current, &line.cells) {
        if !bounds.is_exact()
            && let Some((baseline, current)) = both
        {
            bounds.refine(baseline, current, &line.cells);
        }
        let (low, high) = bounds.interval();
        let (p, law) = law::kolmogorov_smirnov(low, n, m);
        let robust = robust(low, n, m);
        part.ks = Some(Ks { d: low, low, high, exact: bounds.is_exact(), robust, p, law });
        (part.sagemaker_robust, part.sagemaker_simple) = (Some(robust), Some(low));
    }
    let bins = [baseline, &current].map(|counts| psi::bins(&line.cells, &profile.edges, counts));
    part.psi_bins = bins[0].iter().copied().zip(bins[1].iter().copied()).collect();
    part.psi = psi::index(part.psi_bins.iter().copied(), n, m);
    context.psi_bins = part.psi_bins.len();
    part.sketch = bars(profile, &part.psi_bins, n, m);
    let sd = base.and_then(|base| base.summary.sd);
    part.wasserstein = area(profile, sd, &current, both.filter(|_| n.max(m) <= super::profile::SMALL));
    part.shift = shift(base, profile, &current, part);
    spare::give_back(keys.into_iter().flatten());
}

/// Returns the Wasserstein distance, exact where all values are at hand and few.
fn area(profile: &LineProfile, sd: Option<f64>, current: &Counts, both: Option<(&[u64], &[Vec<u64>])>) -> Option<Wasserstein> {
    let (line, baseline) = (&profile.line, &profile.counts);
    let sorted = both.map(|(baseline, current)| {
        let mut current = current.concat();
        current.sort_unstable();
        (baseline, current)
    });
    let keys = sorted.as_ref().map(|(baseline, current)| (*baseline, current.as_slice()));
    let (low, high) = wasserstein::bounds(line, baseline, current, keys)?;
    let value = f64::midpoint(low, high);
    let over = |scale: Option<f64>| scale.filter(|scale| *scale > 0.0).map(|scale| value / scale);
    let quartiles = (profile.quantiles.get(3), profile.quantiles.get(5));
    let range = match quartiles {
        (Some(lower), Some(upper)) => Some(super::statistic::moments::distance(line.axis, *lower, *upper)),
        _ => None,
    };
    // What is left between the bounds is rounding.
    let exact = high - low <= 1e-12 * high.abs();
    Some(Wasserstein { value, low, high, exact, by_sd: over(sd), by_iqr: over(range.map(|range| range / 1.349)) })
}

fn bars(profile: &LineProfile, bins: &[(u64, u64)], n: u64, m: u64) -> Vec<Bar> {
    let share = |rows: u64, of: u64| if of == 0 { 0.0 } else { rows as f64 / of as f64 };
    let labels = profile.edges.iter().map(|edge| format!("{}", profile.axis().value_of_key(*edge)));
    let labels = labels.chain(["above".to_owned()]);
    bins.iter().zip(labels).map(|((b, c), label)| Bar { label, baseline: share(*b, n), current: share(*c, m) }).collect()
}

/// How much moves may differ to be the same, in standard deviations.
const CONSTANT: f64 = 0.1;

/// Returns by how much all times moved, if all moved by about the same: mean, least and greatest agree, and so does the spread.
fn shift(base: Option<&Base>, profile: &LineProfile, current: &Counts, part: &PartitionColumn) -> Option<Shift> {
    let logical = base?.profile.logical;
    let seconds = match logical {
        Logical::Timestamp { .. } => 1.0,
        Logical::Date => 86_400.0,
        _ => return None,
    };
    let baseline = &base?.summary;
    let moved = part.current.mean? - baseline.mean?;
    let (sd, now) = (baseline.sd?, part.current.sd?);
    let ends = |counts: &Counts| {
        let scale = |extreme: super::counts::Extreme| match extreme {
            super::counts::Extreme::Whole { logical: Logical::Date, .. } => extreme.value() * 86_400.0 / seconds,
            _ => extreme.value() / seconds,
        };
        Some((scale(counts.least?), scale(counts.greatest?)))
    };
    let ((least, greatest), (least_now, greatest_now)) = (ends(&profile.counts)?, ends(current)?);
    let residual = (least_now - least - moved).abs().max((greatest_now - greatest - moved).abs());
    let is_constant = residual <= CONSTANT * sd && (now - sd).abs() <= CONSTANT * sd && moved.abs() > CONSTANT * sd;
    is_constant.then_some(Shift { seconds: moved * seconds, residual: residual * seconds })
}

fn compare_categories(
    baseline: &Categories,
    n: u64,
    current: &CategoryCounts,
    part: &mut PartitionColumn,
    context: &mut decide::Context,
) {
    let m = current.values();
    (context.n, context.m) = (n, m);
    if baseline.named().is_empty() && baseline.other_rows() > 0 {
        context.too_many = Some(baseline.distinct());
        return;
    }
    let mut counted = vec![0; baseline.named().len()];
    for (index, rows) in &current.known {
        if let Some(count) = counted.get_mut(*index as usize) {
            *count = *rows;
        }
    }
    let known = |index: usize| counted.get(index).copied().unwrap_or_default();
    let mut rows: Vec<(u64, u64)> = baseline.named().iter().enumerate().map(|(index, (_, rows))| (*rows, known(index))).collect();
    if baseline.are_all_named() {
        rows.extend(current.unknown.kept.values().map(|rows| (0, *rows)));
        let told: u64 = current.unknown.kept.values().sum();
        rows.extend(Some((0, current.unknown.rows - told)).filter(|(_, rows)| *rows > 0));
    } else {
        rows.push((baseline.other_rows(), current.unknown.rows));
    }
    context.psi_bins = rows.len();
    part.psi = psi::index(rows.iter().copied(), n, m);
    if let Some(distances) = categories::distances(&rows) {
        part.linf = Some(distances.linf);
        part.linf_robust = Some(robust(distances.linf, n, m));
        part.tvd = Some(distances.tvd);
        part.jensen_shannon = Some(distances.jensen_shannon);
        (part.chi2, part.cramers_v) = (distances.chi2, distances.cramers_v);
        (part.sagemaker_robust, part.sagemaker_simple) = (part.linf_robust, part.linf);
    }
    if baseline.are_all_named() {
        new_categories(baseline, n, current, part, context);
    }
    missing_categories(baseline, n, m, known, part);
    let share = |rows: u64, of: u64| if of == 0 { 0.0 } else { rows as f64 / of as f64 };
    let bar = |index: &usize| {
        let (name, rows) = &baseline.named()[*index];
        Bar { label: shown(name), baseline: share(*rows, n), current: share(known(*index), m) }
    };
    part.sketch = baseline.top().iter().map(bar).collect();
    let drawn = part.sketch.iter().fold((0.0, 0.0), |(b, c), bar| (b + bar.baseline, c + bar.current));
    if n > 0 && m > 0 && (baseline.named().len() > part.sketch.len() || current.unknown.rows > 0) {
        let rest = |drawn: f64| (1.0 - drawn).max(0.0);
        part.sketch.push(Bar { label: "(other)".to_owned(), baseline: rest(drawn.0), current: rest(drawn.1) });
    }
}

fn new_categories(
    baseline: &Categories,
    n: u64,
    current: &CategoryCounts,
    part: &mut PartitionColumn,
    context: &mut decide::Context,
) {
    let m = current.values() as f64;
    let mut new: Vec<_> = current.unknown.kept.iter().map(|((_, name), rows)| (name, *rows)).collect();
    new.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let named = new.iter().take(MOST_LISTED);
    part.new_categories =
        named.map(|(name, rows)| NewCategory { value: shown(name), rows: *rows, share: *rows as f64 / m }).collect();
    part.new_total = Some(Total { categories: current.unknown.distinct(), rows: current.unknown.rows });
    // Good and Turing: the share of values in categories not seen before is that of values in categories seen once; its variance
    // grows with those seen once and twice.
    let (once, twice) = baseline.rare();
    if n > 0 && once > 0 {
        let (once, twice) = (once as f64, twice as f64);
        let expected = once / n as f64 * m;
        let variance = expected + (m / n as f64).powi(2) * (once + 2.0 * twice);
        context.unsurprising_new = expected + 4.0 * variance.sqrt();
    }
}

fn missing_categories(baseline: &Categories, n: u64, m: u64, known: impl Fn(usize) -> u64, part: &mut PartitionColumn) {
    if m == 0 {
        return;
    }
    let gone = baseline.named().iter().enumerate().filter(|(index, _)| known(*index) == 0).map(|(_, named)| named);
    let mut gone: Vec<_> = gone.collect();
    gone.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let count = Distinct { count: gone.len() as u64, exact: true };
    part.missing_total = Some(Total { categories: count, rows: gone.iter().map(|(_, rows)| rows).sum() });
    let missing = |(name, rows): &&(std::sync::Arc<[u8]>, u64)| MissingCategory {
        value: shown(name),
        baseline_rows: *rows,
        share: *rows as f64 / n as f64,
    };
    part.missing_categories = gone.iter().take(MOST_LISTED).map(missing).collect();
}

fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
