//! The case, put into the shapes of [`super::document`].
//!
//! Evidence ids are given in the order of time, exhibit and place, to what the answer cites and nothing else. So the answer is
//! put together twice: once to learn what it cites, once with the ids.

use std::collections::BTreeMap;

use super::document as doc;
use super::timeline;
use crate::audit::{Audit, Timeline};
use crate::case::Case;
use crate::case::claim::Claim;
use crate::case::gap::{GapKey, Gaps};
use crate::case::incidents::Incident;
use crate::case::jobs::{Job, LimitSetter, ReadWindow};
use crate::case::lineage::{self, Lineage};
use crate::case::registry::Decision;
use crate::case::serving::{self, Span};
use crate::case::timeline::Event;
use crate::evidence::citation::{Citation, Citations, ExhibitId, Locator};
use crate::evidence::ledger::Ledger;
use crate::fact::s3::S3Uri;
use crate::finding::{Accepted, Finding, Severity};

/// Gives evidence its ids.
pub(in crate::report) struct Numbers<'a> {
    gaps: &'a Gaps,
    cited: BTreeMap<(ExhibitId, Locator), Citation>,
    ids: BTreeMap<(ExhibitId, Locator), String>,
}

impl<'a> Numbers<'a> {
    pub(in crate::report) fn new(gaps: &'a Gaps) -> Self {
        Self { gaps, cited: BTreeMap::new(), ids: BTreeMap::new() }
    }

    /// Numbers what has been cited so far; returns the rows.
    pub(in crate::report) fn close(&mut self, ledger: &Ledger) -> Vec<doc::Evidence> {
        let mut cited: Vec<&Citation> = self.cited.values().collect();
        // Undated evidence comes last.
        cited.sort_by(|left, right| left.time.is_none().cmp(&right.time.is_none()).then_with(|| left.cmp(right)));
        let rows: Vec<doc::Evidence> =
            cited.iter().enumerate().map(|(at, citation)| evidence(format!("E{}", at + 1), citation, ledger)).collect();
        self.ids = cited
            .iter()
            .zip(&rows)
            .map(|(citation, row)| ((citation.exhibit, citation.locator.clone()), row.id.clone()))
            .collect();
        rows
    }

    pub(in crate::report) fn cite<'c>(&mut self, citations: impl IntoIterator<Item = &'c Citation>) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for citation in citations {
            let place = (citation.exhibit, citation.locator.clone());
            if let Some(id) = self.ids.get(&place) {
                ids.push(id.clone());
                continue;
            }
            let known = self.cited.entry(place).or_insert_with(|| citation.clone());
            // Several facts may stand in one place; the smallest stands for them, whoever came first.
            if citation < known {
                *known = citation.clone();
            }
        }
        ids.sort_by_key(|id| id.get(1..).and_then(|number| number.parse::<u64>().ok()));
        ids
    }

    /// Returns the ids of gaps.
    pub(in crate::report) fn missing(&self, keys: &[GapKey]) -> Vec<String> {
        keys.iter().filter_map(|key| self.gaps.id(key)).map(str::to_owned).collect()
    }

    pub(in crate::report) fn claim<T, U>(&mut self, claim: &Claim<T>, value: impl Fn(&T) -> U) -> doc::Claim<U> {
        let conflicts = claim
            .conflicts()
            .iter()
            .map(|conflict| doc::Conflict { value: value(&conflict.value), evidence: self.cite(&conflict.evidence) });
        doc::Claim {
            conflicts: conflicts.collect(),
            value: claim.value().map(&value),
            grade: claim.grade(),
            why: claim.why().to_owned(),
            evidence: self.cite(claim.citations().into_iter().flat_map(Citations::iter)),
            missing: self.missing(claim.missing()),
            via: claim.hops().to_vec(),
        }
    }
}

/// Puts the answer of `audit` together.
pub fn audit(audit: &Audit<'_>) -> doc::Audit {
    let mut numbers = Numbers::new(&audit.gaps);
    let build = |numbers: &mut Numbers<'_>, evidence: Vec<doc::Evidence>| doc::Audit {
        schema_version: doc::SCHEMA_VERSION,
        tool: tool(),
        as_of: audit.case.as_of,
        inputs: inputs(audit.ledger),
        coverage: coverage(audit),
        models: audit.lineages.iter().map(|lineage| model(lineage, numbers)).collect(),
        serving: audit.spans.iter().map(|span| serving(audit.case, span, numbers)).collect(),
        shadows: audit.shadows.iter().map(|span| serving(audit.case, span, numbers)).collect(),
        jobs: audit.jobs.iter().map(|own| job(own, numbers)).collect(),
        incidents: audit.incidents.iter().map(|own| incident(own, numbers)).collect(),
        findings: audit.findings.iter().map(|found| finding(found, numbers)).collect(),
        gaps: gaps(&audit.gaps),
        evidence,
        summary: summary(audit),
    };
    build(&mut numbers, Vec::new());
    let evidence = numbers.close(audit.ledger);
    build(&mut numbers, evidence)
}

/// Puts the answer of `lineage` together.
pub fn lineage(audit: &Audit<'_>) -> doc::LineageAnswer {
    let mut numbers = Numbers::new(&audit.gaps);
    let build = |numbers: &mut Numbers<'_>| audit.lineages.iter().map(|lineage| model(lineage, numbers)).collect::<Vec<_>>();
    build(&mut numbers);
    let evidence = numbers.close(audit.ledger);
    let models = build(&mut numbers);
    doc::LineageAnswer { schema_version: doc::SCHEMA_VERSION, as_of: audit.case.as_of, models, evidence, gaps: gaps(&audit.gaps) }
}

/// Puts the answer of `timeline` together.
pub fn timeline(chosen: &Timeline<'_>) -> timeline::Answer {
    let gaps = Gaps::default();
    let mut numbers = Numbers::new(&gaps);
    let build = |numbers: &mut Numbers<'_>| chosen.events.iter().map(|own| event(own, numbers)).collect::<Vec<_>>();
    build(&mut numbers);
    let evidence = numbers.close(chosen.ledger);
    let events = build(&mut numbers);
    timeline::Answer { schema_version: doc::SCHEMA_VERSION, as_of: chosen.as_of, events, evidence }
}

pub(in crate::report) fn event(event: &Event, numbers: &mut Numbers<'_>) -> timeline::Event {
    timeline::Event {
        time: event.at.earliest,
        latest: Some(event.at.latest).filter(|latest| *latest != event.at.earliest),
        subject: event.subject.clone(),
        related: event.related.clone(),
        what: event.what.clone(),
        actor: event.actor.clone(),
        source: event.source(),
        grade: event.grade,
        evidence: numbers.cite(event.evidence.iter()),
        detail: Some(event.detail.clone()).filter(|detail| !detail.is_empty()),
    }
}

/// Puts the answer of `gaps` together.
pub fn gaps_answer(audit: &Audit<'_>) -> doc::GapsAnswer {
    doc::GapsAnswer {
        schema_version: doc::SCHEMA_VERSION,
        as_of: audit.case.as_of,
        inputs: inputs(audit.ledger),
        coverage: coverage(audit),
        gaps: gaps(&audit.gaps),
    }
}

/// Returns the checks as they are shown.
pub fn checks() -> Vec<doc::CheckText> {
    crate::check::ALL.iter().map(|check| check_text(check)).collect()
}

fn check_text(check: &crate::check::Check) -> doc::CheckText {
    doc::CheckText {
        id: check.id,
        severity: check.severity,
        fires_when: check.fires_when,
        why: check.why,
        needs: check.needs,
        fooled_by: check.fooled_by,
        remedy: check.remedy,
    }
}

pub(in crate::report) const fn tool() -> doc::Tool {
    doc::Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
}

fn inputs(ledger: &Ledger) -> Vec<doc::Input> {
    let rows = ledger.exhibits().iter().map(|exhibit| doc::Input {
        path: exhibit.path.clone(),
        sha256: (!exhibit.sha256.is_empty()).then(|| exhibit.sha256.clone()),
        bytes: exhibit.bytes,
        format: exhibit.format.clone(),
        disposition: exhibit.disposition,
        records: exhibit.records,
        kept: exhibit.kept,
        earliest: exhibit.earliest,
        latest: exhibit.latest,
        asked: exhibit.asked.clone(),
        problems: exhibit
            .problems
            .iter()
            .map(|problem| doc::Problem {
                locator: problem.locator.to_string(),
                message: problem.message.clone(),
                loses: problem.loses,
            })
            .collect(),
    });
    rows.collect()
}

fn coverage(audit: &Audit<'_>) -> Vec<doc::Coverage> {
    let rows = audit.coverage.iter().map(|row| doc::Coverage {
        source: row.source.name(),
        account: row.account.clone(),
        region: row.region.clone(),
        of: row.of.clone(),
        from: row.from,
        to: row.to,
        percent: row.percent,
        gaps: row.gaps.iter().map(|(from, to)| doc::Interval { from: *from, to: *to }).collect(),
    });
    rows.collect()
}

fn evidence(id: String, citation: &Citation, ledger: &Ledger) -> doc::Evidence {
    doc::Evidence {
        id,
        file: ledger.exhibit(citation.exhibit).map(|exhibit| exhibit.path.clone()).unwrap_or_default(),
        locator: citation.locator.to_string(),
        time: citation.time,
        source: citation.source.name(),
        event_id: citation.event_id.as_deref().map(str::to_owned),
        excerpt: citation.excerpt.as_deref().map(str::to_owned),
    }
}

pub(in crate::report) fn model(lineage: &Lineage, numbers: &mut Numbers<'_>) -> doc::Model {
    let image = |image: &lineage::Image| doc::Image { uri: image.uri.clone(), digest: image.digest.clone() };
    doc::Model {
        arn: lineage.arn.clone(),
        name: lineage.name.clone(),
        created: lineage.created,
        package: numbers
            .claim(&lineage.package, |package| doc::PackageRef { arn: package.arn.clone(), version: package.version }),
        approval: numbers.claim(&lineage.approval, |state| doc::Approval {
            status: state.status.name(),
            by: state.by.clone(),
            at: state.at,
            history: state.history.iter().map(decision).collect(),
        }),
        training_job: numbers.claim(&lineage.training_job, Clone::clone),
        pipeline_execution: numbers.claim(&lineage.pipeline_execution, Clone::clone),
        artifact: numbers.claim(&lineage.artifact, |artifact| doc::Artifact {
            uri: artifact.uri.clone(),
            version_id: artifact.version_id.clone(),
            etag: artifact.etag.clone(),
        }),
        code: doc::Code {
            commit: numbers.claim(&lineage.code.commit, Clone::clone),
            training_image: numbers.claim(&lineage.code.training_image, image),
            serving_image: numbers.claim(&lineage.code.serving_image, image),
            source: numbers.claim(&lineage.code.source, |source| doc::Source {
                uri: source.uri.clone(),
                version_id: source.version_id.clone(),
                etag: source.etag.clone(),
                sha256: source.sha256.clone(),
                sdk_hash: source.sdk_hash.clone(),
            }),
            dependencies: numbers.claim(&lineage.code.dependencies, Clone::clone),
        },
        data: lineage.data.iter().map(|channel| data(channel, numbers)).collect(),
        owners: lineage.owners.iter().map(|own| owner(own, numbers)).collect(),
    }
}

fn owner(owner: &lineage::Owner, numbers: &mut Numbers<'_>) -> doc::Owner {
    doc::Owner {
        hop: owner.hop.clone(),
        of: owner.of.clone(),
        by: owner.by.clone(),
        session: owner.session.clone(),
        evidence: numbers.cite(owner.evidence.iter()),
    }
}

fn decision(decision: &Decision) -> doc::Decision {
    doc::Decision {
        status: decision.status.name(),
        by: decision.by.as_ref().map(|by| by.actor().to_owned()),
        at: decision.at,
        session: decision.by.as_ref().and_then(|by| by.source_identity.clone().or_else(|| by.session.clone())),
        comment: decision.reason.clone(),
    }
}

fn data(channel: &lineage::Channel, numbers: &mut Numbers<'_>) -> doc::Channel {
    let version = |version: &lineage::DataVersion| doc::DataVersion {
        fingerprint: version.fingerprint.clone(),
        object_count: version.objects.len(),
        objects: version.objects.iter().map(object).collect(),
    };
    doc::Channel {
        channel: channel.channel.clone(),
        uri: channel.uri.clone(),
        version: numbers.claim(&channel.version, version),
        read_at: channel.read_at.map(|ReadWindow { from, to }| doc::Window { from, to }),
        produced_by: numbers.claim(&channel.produced_by, Clone::clone),
    }
}

fn object(object: &lineage::DataObject) -> doc::DataObject {
    doc::DataObject {
        bucket: object.bucket.clone(),
        key: object.key.clone(),
        version_id: object.version_id.clone(),
        etag: object.etag.clone(),
        size: object.size,
        last_modified: object.last_modified,
        written_by: object.written_by.clone(),
    }
}

pub(in crate::report) const fn bounds(bounds: serving::Bounds) -> doc::Bounds {
    doc::Bounds { earliest: bounds.earliest, latest: bounds.latest }
}

pub(in crate::report) fn serving(case: &Case, span: &Span, numbers: &mut Numbers<'_>) -> doc::Serving {
    let counted = case.serving.asked_of(span, span.from, span.to, case.as_of);
    let cites: Vec<Citation> =
        span.evidence.iter().cloned().chain(counted.iter().flat_map(|counted| counted.cites.clone())).collect();
    doc::Serving {
        endpoint: span.endpoint.clone(),
        name: span.name.clone(),
        variant: span.variant.clone(),
        model: span.model.clone(),
        model_created: span.model_created,
        from: bounds(span.from),
        to: span.to.map(bounds),
        role: span.role.name(),
        component: span.role.component().map(str::to_owned),
        share: span.share,
        copies: span.role.copies(),
        requests: counted.as_ref().map(|counted| counted.requests),
        requests_whole: counted.as_ref().is_some_and(|counted| counted.whole),
        grade: span.grade,
        evidence: numbers.cite(&cites),
    }
}

fn job(job: &Job, numbers: &mut Numbers<'_>) -> doc::Job {
    let cites = job.cites(|_| true);
    let uri = |uri: Option<&S3Uri>| uri.map(S3Uri::to_string);
    doc::Job {
        arn: job.arn.clone(),
        kind: job.kind,
        name: job.name.clone(),
        status: job.status.map(crate::fact::job::JobStatus::name),
        created: job.created,
        started: job.started,
        ended: job.ended,
        limit_seconds: job.limit,
        limit_set_by: match &job.limit_set_by {
            LimitSetter::Caller(who) => Some(who.clone()),
            LimitSetter::Default => Some("default".to_owned()),
            LimitSetter::Unknown => None,
        },
        exit: job.exit.clone(),
        inputs: job
            .inputs
            .iter()
            .map(|input| doc::Place {
                name: input.name.to_string(),
                uri: uri(input.uri.as_ref()).or_else(|| input.other.clone()),
            })
            .collect(),
        outputs: job
            .outputs
            .iter()
            .map(|output| doc::Place {
                name: output.name.to_string(),
                uri: uri(output.uri.as_ref()).or_else(|| output.feature_group.clone()),
            })
            .chain(
                job.artifact
                    .iter()
                    .map(|artifact| doc::Place { name: "artifact".to_owned(), uri: Some(artifact.uri.to_string()) }),
            )
            .collect(),
        evidence: numbers.cite(cites.iter().flat_map(Citations::iter)),
    }
}

pub(in crate::report) fn finding(finding: &Finding, numbers: &mut Numbers<'_>) -> doc::Finding {
    doc::Finding {
        check: finding.check,
        severity: finding.severity,
        subject: finding.subject.clone(),
        related: finding.related.clone(),
        title: finding.title.clone(),
        detail: finding.detail.clone(),
        from: finding.from,
        to: finding.to,
        grade: finding.grade,
        evidence: numbers.cite(&finding.evidence),
        remedy: finding.remedy,
        fingerprint: finding.fingerprint(),
        exposure: finding.exposure.as_ref().map(|exposure| doc::Exposure {
            requests: exposure.requests,
            requests_whole: exposure.whole,
            from: exposure.from,
            to: exposure.to,
        }),
        accepted: finding.accepted.as_ref().map(accepted),
    }
}

pub(in crate::report) fn incident(incident: &Incident, numbers: &mut Numbers<'_>) -> doc::Incident {
    doc::Incident {
        subject: incident.subject.to_string(),
        name: incident.name.clone(),
        kind: incident.kind.name(),
        title: incident.title.clone(),
        related: incident.related.clone(),
        began: incident.began,
        detected: incident.detected.as_ref().map(|detected| doc::Detected { at: detected.at, by: detected.by.clone() }),
        recovered: incident.recovered,
        mttd_seconds: incident.time_to_detect(),
        mttr_seconds: incident.time_to_recover(),
        missing: numbers.missing(&incident.missing),
        grade: incident.grade,
        evidence: numbers.cite(&incident.evidence),
    }
}

fn accepted(accepted: &Accepted) -> doc::Accepted {
    match accepted {
        Accepted::Known => doc::Accepted { by: "baseline", reason: None, owner: None, until: None },
        Accepted::Suppressed { reason, owner, until } => doc::Accepted {
            by: "suppression",
            reason: Some(reason.clone()),
            owner: Some(owner.clone()),
            until: Some(until.clone()),
        },
    }
}

pub(in crate::report) fn gaps(gaps: &Gaps) -> Vec<doc::Gap> {
    let rows = gaps.iter().map(|gap| doc::Gap {
        id: gap.id.clone(),
        kind: gap.kind,
        what: gap.what.clone(),
        from: gap.from,
        to: gap.to,
        command: gap.command.as_ref().and_then(|words| shlex::try_join(words.iter().map(String::as_str)).ok()),
        lifts: gap.lifts,
        expires_at: gap.expires_at,
    });
    rows.collect()
}

fn summary(audit: &Audit<'_>) -> doc::Summary {
    let count = |is: fn(&Lineage) -> bool| audit.lineages.iter().filter(|lineage| is(lineage)).count();
    let of = |severity: Severity| audit.findings.iter().filter(|finding| finding.severity == severity).count();
    doc::Summary {
        exhibits_read: audit.ledger.recognised(),
        left_out: audit.left_out(),
        models: audit.lineages.len(),
        data_pinned: count(Lineage::is_data_pinned),
        code_pinned: count(Lineage::is_code_pinned),
        approved: count(Lineage::is_approved),
        findings: Severity::ALL.into_iter().map(|severity| (severity, of(severity))).collect(),
        lineage_completeness: audit.lineage_completeness(),
    }
}
