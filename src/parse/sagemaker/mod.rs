//! `SageMaker`'s describe, list and search answers; and the same structures inside `CloudTrail` requests and `EventBridge` events.
//!
//! One shape reads all of them ([`crate::json::members`]): a describe answer has the request's members and more.

pub(super) mod component;
pub(super) mod job;
mod monitor;
pub(super) mod pipeline;
mod processing;
pub(super) mod registry;
mod search;
pub(super) mod serving;
mod shared;
mod subject;
mod tags;

use serde::Deserialize;

use super::{Context, Reader};
use crate::fact::arn::Arn;
use crate::json::scalar::Text;
use crate::recognise::Format;
use crate::time::Instant;

/// Returns the reader of a `SageMaker` answer.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    job::reader(format)
        .or_else(|| registry::reader(format))
        .or_else(|| serving::reader(format))
        .or_else(|| component::reader(format))
        .or_else(|| pipeline::reader(format))
        .or_else(|| monitor::reader(format))
        .or_else(|| search::reader(format))
        .or_else(|| tags::reader(format))
}

/// Where a structure stands: it decides whose words it repeats and what its resource is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'a> {
    /// Whose words.
    pub(super) words: crate::fact::Words,
    /// When the record was made.
    pub(super) seen: Option<Instant>,
    /// Region, where the record tells.
    pub(super) region: &'a str,
    /// Account, where the record tells.
    pub(super) account: &'a str,
    /// What the structure is of, where that is known before it is read.
    pub(super) subject: Option<&'a Arn>,
    /// Whether secrets are left as they are.
    pub(super) show_secrets: bool,
}

impl Setting<'_> {
    /// Returns the ARN of what the structure is of: known already, recorded in it, or made from the name.
    pub(super) fn own_arn(&self, recorded: Option<&str>, kind: &str, name: Option<&str>) -> Option<Arn> {
        self.subject.cloned().or_else(|| self.arn(recorded, kind, name))
    }

    /// Returns the ARN that was recorded, or makes it from the name.
    pub(super) fn arn(&self, recorded: Option<&str>, kind: &str, name: Option<&str>) -> Option<Arn> {
        recorded.and_then(Arn::parse).or_else(|| {
            let name = name?;
            if name.starts_with("arn:") {
                return Arn::parse(name);
            }
            (!self.region.is_empty() && !self.account.is_empty()).then(|| Arn::sagemaker(self.region, self.account, kind, name))
        })
    }
}

/// Returns the setting of an answer that was captured from the API.
pub(super) fn answer<'a>(cx: &'a Context<'_>, metadata: &Metadata) -> Setting<'a> {
    Setting {
        words: crate::fact::Words::Answer,
        seen: cx.captured().or_else(|| metadata.date()),
        region: cx.request.and_then(|request| request.region.as_deref()).unwrap_or_default(),
        account: cx.request.and_then(|request| request.account.as_deref()).unwrap_or_default(),
        subject: None,
        show_secrets: cx.options.show_secrets,
    }
}

/// What some exporters keep of the HTTP answer.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Metadata {
    #[serde(rename = "HTTPHeaders")]
    headers: Headers,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Headers {
    date: Text,
}

impl Metadata {
    /// Returns when the answer was made.
    pub(super) fn date(&self) -> Option<Instant> {
        Instant::parse_as("%a, %d %b %Y %H:%M:%S GMT", self.headers.date.0.as_deref()?)
    }
}
