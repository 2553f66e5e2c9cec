//! Models and their lineage, hop by hop.

use std::collections::BTreeSet;

use anstyle::Style;

use super::page::{Page, count, dim, grouped, styled};
use crate::case::claim::Grade;
use crate::escape::shown;
use crate::fact::arn::Arn;
use crate::finding::Severity;
use crate::report::document as doc;

/// Up to so many models, all are written out hop by hop.
const WRITTEN_OUT: usize = 10;

/// Objects and packages named one by one.
const NAMED: usize = 6;

/// Returns whether what stands for a model is the container that an inference component brings.
pub(in crate::report) fn is_component(model: &Arn) -> bool {
    model.kind() == "inference-component"
}

/// Returns whether an interval is one of a model, which others may share their name with, one after the other.
fn is_of(row: &doc::Serving, model: &doc::Model) -> bool {
    row.model.key() == model.arn.key() && row.model_created == model.created
}

/// Writes the models of an audit: what serves or is in trouble hop by hop, of many others a line each.
pub(super) fn of_audit(page: &mut Page<'_>, answer: &doc::Audit) {
    let summary = &answer.summary;
    let beside = format!(
        "{}; data pinned {}, code pinned {}, approved {}; {:.1} % of all hops known at grade B or better",
        count(summary.models as u64, "model", "models"),
        summary.data_pinned,
        summary.code_pinned,
        summary.approved,
        summary.lineage_completeness * 100.0
    );
    page.heading("MODELS", &beside);
    let grave: BTreeSet<&str> = answer
        .findings
        .iter()
        .filter(|finding| finding.severity <= Severity::High)
        .flat_map(|finding| finding.related.iter().chain([&finding.subject]))
        .map(String::as_str)
        .collect();
    let all = page.is_verbose() || answer.models.len() <= WRITTEN_OUT;
    let mut brief = Vec::new();
    for model in &answer.models {
        let serving: Vec<&doc::Serving> = answer.serving.iter().filter(|row| is_of(row, model)).collect();
        let serves = serving.iter().any(|row| row.to.is_none());
        let shadows = answer.shadows.iter().filter(|row| is_of(row, model));
        let rows: Vec<&doc::Serving> = serving.iter().copied().chain(shadows).collect();
        if all || serves || grave.contains(model.arn.as_str()) {
            written_out(page, model, &rows);
        } else {
            brief.push(model);
        }
    }
    if !brief.is_empty() {
        page.blank();
        page.line(&styled(
            dim(),
            &format!(
                "{} that serve nothing now, a line each (-v writes them out):",
                count(brief.len() as u64, "other model", "other models")
            ),
        ));
        for model in brief {
            let grades =
                hops(model).into_iter().map(|(name, grade)| format!("{name} {}", grade.letter())).collect::<Vec<_>>().join("  ");
            let home = page.home(&model.arn);
            page.line(&format!("  {}{home}  {grades}", shown(&model.name)));
        }
    }
}

/// Writes models hop by hop.
pub(super) fn of_lineage(page: &mut Page<'_>, models: &[doc::Model]) {
    page.heading("MODELS", &count(models.len() as u64, "model", "models"));
    for model in models {
        written_out(page, model, &[]);
    }
}

fn hops(model: &doc::Model) -> Vec<(&'static str, Grade)> {
    let weakest = model.data.iter().map(|channel| channel.version.grade).max().unwrap_or(Grade::U);
    vec![
        ("data", weakest),
        ("commit", model.code.commit.grade),
        ("image", model.code.training_image.grade),
        ("source", model.code.source.grade),
        ("job", model.training_job.grade),
        ("artifact", model.artifact.grade),
        ("package", model.package.grade),
        ("approval", model.approval.grade),
    ]
}

fn written_out(page: &mut Page<'_>, model: &doc::Model, serving: &[&doc::Serving]) {
    page.blank();
    let words = if is_component(&model.arn) { "inference component with its own container, asked for" } else { "created" };
    let created = model.created.map(|at| format!("  {words} {}", page.time(at))).unwrap_or_default();
    let name = format!("{}{}", model.name, page.home(&model.arn));
    page.line(&format!("{}{}", styled(Style::new().bold(), &shown(&name)), styled(dim(), &created)));
    for row in serving {
        let line = serves(page, row);
        let tag = page.tag(row.grade, &row.evidence, &[]);
        let label = match (row.copies, &row.to) {
            (Some(_), _) => "shadow",
            (None, None) => "serves",
            (None, Some(_)) => "served",
        };
        page.line(&format!("  {label:<15} {line}   {tag}"));
    }
    hop(page, "approval", &model.approval, approval);
    hop(page, "package", &model.package, |_, value| value.arn.name().to_owned());
    hop(page, "trained by", &model.training_job, |_, value| value.resource().to_owned());
    hop(page, "pipeline run", &model.pipeline_execution, |_, value| value.name().to_owned());
    hop(page, "artifact", &model.artifact, |_, value| place(&value.uri, value.version_id.as_deref(), value.etag.as_deref()));
    hop(page, "commit", &model.code.commit, |_, value| value.clone());
    hop(page, "training image", &model.code.training_image, |_, value| image(value));
    hop(page, "serving image", &model.code.serving_image, |_, value| image(value));
    hop(page, "source", &model.code.source, |_, value| source(value));
    hop(page, "dependencies", &model.code.dependencies, |_, value| dependencies(value));
    for channel in &model.data {
        let read = channel
            .read_at
            .as_ref()
            .map(|window| format!(", read {}", page.interval(Some(window.from), window.to)))
            .unwrap_or_default();
        let name = format!("data {}", channel.channel);
        let uri = channel.uri.clone();
        hop(page, &name, &channel.version, |_, value| {
            format!(
                "{uri}, {}, fingerprint {}{read}",
                count(value.object_count as u64, "object", "objects"),
                &value.fingerprint[..16.min(value.fingerprint.len())]
            )
        });
        if channel.version.value.is_none() {
            page.line(&format!("  {:<15} {}{}", "", shown(&channel.uri), shown(&read)));
        }
        hop(page, "  produced by", &channel.produced_by, |_, value| value.resource().to_owned());
    }
    owners(page, model);
}

/// Writes who made what, a line for each principal.
fn owners(page: &mut Page<'_>, model: &doc::Model) {
    let mut by_principal: Vec<(String, Vec<String>)> = Vec::new();
    for owner in &model.owners {
        let session = owner.session.as_ref().map(|session| format!(" ({session})")).unwrap_or_default();
        let who = format!("{}{session}", actor(&owner.by));
        let what = owner.hop.replace('_', " ");
        match by_principal.iter_mut().find(|(known, _)| *known == who) {
            Some((_, parts)) if parts.contains(&what) => {}
            Some((_, parts)) => parts.push(what),
            None => by_principal.push((who, vec![what])),
        }
    }
    for (position, (who, parts)) in by_principal.iter().enumerate() {
        let name = if position == 0 { "made by" } else { "" };
        page.line(&format!("  {name:<15} {}: {}", shown(who), shown(&parts.join(", "))));
    }
}

/// Says which requests a row answered, or got copies of.
pub(in crate::report) fn share(row: &doc::Serving) -> String {
    let percent = |share: f64| format!("{:.1} % of requests", share * 100.0);
    match (row.share, &row.component, row.copies) {
        (_, Some(component), _) => format!("requests that name component {component}"),
        (_, _, Some(copies)) if copies >= 0.9995 => "copies of all requests, answers to nobody".to_owned(),
        (_, _, Some(copies)) => format!("copies of {}, answers to nobody", percent(copies)),
        (Some(share), ..) if share < 0.9995 => percent(share),
        _ => "all requests".to_owned(),
    }
}

fn serves(page: &Page<'_>, row: &doc::Serving) -> String {
    let share = share(row);
    let bounds = |bounds: &doc::Bounds| {
        let within = bounds.latest.since(bounds.earliest);
        if within > 0 {
            format!("{} (by {})", page.time(bounds.earliest), page.time(bounds.latest))
        } else {
            page.time(bounds.latest)
        }
    };
    let interval = match &row.to {
        None => format!("since {}", bounds(&row.from)),
        Some(to) => format!("{} to {}", bounds(&row.from), bounds(to)),
    };
    let least = if row.requests_whole { "" } else { "at least " };
    let what = if row.copies.is_some() { "copies" } else { "requests" };
    let requests = row.requests.map(|requests| format!(", {least}{} {what}", grouped(requests))).unwrap_or_default();
    let home = page.home(&row.endpoint);
    format!("{}{home} {}, {}, {interval}{requests}", shown(&row.name), shown(&row.variant), shown(&share))
}

/// Writes one hop: its value, or why there is none, with the tag; then what contradicts it and why it is no better.
fn hop<T>(page: &mut Page<'_>, name: &str, claim: &doc::Claim<T>, say: impl Fn(&Page<'_>, &T) -> String) {
    let value = match (&claim.value, claim.grade) {
        (Some(value), _) => say(page, value),
        (None, Grade::X) => {
            let sides: Vec<String> =
                claim.conflicts.iter().map(|side| format!("{} ({})", say(page, &side.value), side.evidence.join(" "))).collect();
            format!("contradicted: {}", sides.join(" against "))
        }
        (None, Grade::U) => format!("not known: {}", claim.why),
        (None, _) => format!("none: {}", claim.why),
    };
    let tag = page.tag(claim.grade, &claim.evidence, &claim.missing);
    page.line(&format!("  {:<15} {}   {tag}", shown(name), shown(&value)));
    if claim.value.is_none() {
        return;
    }
    if claim.grade > Grade::B || page.is_verbose() {
        page.paragraph(18, dim(), &claim.why);
    }
    for other in &claim.conflicts {
        let text = format!(
            "or: {} ({})",
            say(page, &other.value),
            other.evidence.iter().take(NAMED).cloned().collect::<Vec<_>>().join(" ")
        );
        page.paragraph(18, Style::new(), &text);
    }
    if !claim.via.is_empty() {
        let hops: Vec<&str> = claim.via.iter().map(crate::fact::arn::Arn::resource).collect();
        page.paragraph(18, dim(), &format!("via {}", hops.join(", ")));
    }
}

fn approval(page: &Page<'_>, approval: &doc::Approval) -> String {
    let last = approval.history.last();
    let person = last.and_then(|decision| decision.session.as_ref()).map(|session| format!(" ({session})")).unwrap_or_default();
    let by = approval.by.as_ref().map(|by| format!(" by {}{person}", actor(by))).unwrap_or_default();
    let at = approval.at.map(|at| format!(" at {}", page.time(at))).unwrap_or_default();
    let comment =
        last.and_then(|decision| decision.comment.as_ref()).map(|comment| format!(": \"{comment}\"")).unwrap_or_default();
    format!("{}{by}{at}{comment}", approval.status)
}

/// Shortens a principal's ARN to what tells it from others.
pub(in crate::report) fn actor(arn: &str) -> String {
    crate::fact::arn::Arn::parse(arn).map_or_else(|| arn.to_owned(), |arn| arn.resource().to_owned())
}

pub(in crate::report) fn place(uri: &str, version: Option<&str>, etag: Option<&str>) -> String {
    let version = version.map(|version| format!(", version {version}")).unwrap_or_default();
    let etag = etag.map(|etag| format!(", ETag {etag}")).unwrap_or_default();
    format!("{uri}{version}{etag}")
}

pub(in crate::report) fn image(image: &doc::Image) -> String {
    match &image.digest {
        Some(digest) if !image.uri.contains(digest.as_str()) => format!("{}, {digest}", image.uri),
        _ => image.uri.clone(),
    }
}

pub(in crate::report) fn source(source: &doc::Source) -> String {
    place(&source.uri, source.version_id.as_deref(), source.etag.as_deref())
}

fn dependencies(versions: &std::collections::BTreeMap<String, String>) -> String {
    let named: Vec<String> = versions.iter().take(NAMED).map(|(name, version)| format!("{name} {version}")).collect();
    let more = versions.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", named.join(", "))
}
