//! A record that matters, deserialised: who called what, and what the request and the answer say.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::sink::{RecordId, Sink};
use super::super::{Context, typed};
use super::{resources, storage};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::arn::Arn;
use crate::fact::call::CallStatement;
use crate::fact::principal::Principal;
use crate::json::element;
use crate::json::scalar::{Flag, Moment, Real, Text};
use crate::time::Instant;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Raw {
    user_identity: Identity,
    event_time: Moment,
    event_source: Text,
    event_name: Text,
    aws_region: Text,
    user_agent: Text,
    error_code: Text,
    request_parameters: Option<Box<RawValue>>,
    response_elements: Option<Box<RawValue>>,
    service_event_details: Option<Box<RawValue>>,
    additional_event_data: Additional,
    #[serde(rename = "eventID")]
    event_id: Text,
    #[serde(rename = "sharedEventID")]
    shared_event_id: Text,
    recipient_account_id: Text,
    resources: Vec<Resource>,
    session_credential_from_console: Flag,
    addendum: Addendum,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resource {
    #[serde(rename = "ARN")]
    arn: Text,
    #[serde(rename = "type")]
    kind: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Additional {
    bytes_transferred_in: Real,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Addendum {
    reason: Text,
    #[serde(rename = "originalEventID")]
    original_event_id: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Identity {
    #[serde(rename = "type")]
    kind: Text,
    principal_id: Text,
    arn: Text,
    account_id: Text,
    invoked_by: Text,
    session_context: SessionContext,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct SessionContext {
    session_issuer: Issuer,
    source_identity: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Issuer {
    arn: Text,
}

/// A call, ready for the readers of its service.
pub(in crate::parse) struct Call<'a> {
    pub(in crate::parse) service: String,
    pub(in crate::parse) operation: String,
    pub(in crate::parse) at: Instant,
    pub(in crate::parse) account: String,
    pub(in crate::parse) region: String,
    pub(in crate::parse) error: Option<String>,
    pub(in crate::parse) by: Arc<Principal>,
    pub(in crate::parse) request: &'a [u8],
    pub(in crate::parse) response: &'a [u8],
    /// Objects and other resources that the record itself lists, by type.
    pub(in crate::parse) resources: Vec<(String, Arn)>,
    /// Bytes that came in with the request.
    pub(in crate::parse) bytes_in: Option<f64>,
    id: RecordId,
    place: &'a Locator,
    parts: u8,
}

impl Call<'_> {
    /// Returns whether the call failed: then it says nothing of the resource.
    pub(in crate::parse) fn failed(&self) -> bool {
        self.error.is_some()
    }

    /// States a fact that the record carries.
    pub(in crate::parse) fn say(&mut self, sink: &mut Sink, statement: Statement) {
        self.say_as(Source::CloudTrail, sink, statement);
    }

    fn say_as(&mut self, source: Source, sink: &mut Sink, statement: Statement) {
        self.parts = self.parts.saturating_add(1);
        sink.say_by(self.place, source, Some(self.at), Some(&self.by), Some((&self.id, self.parts)), statement);
    }

    /// Deserialises the request.
    pub(in crate::parse) fn request<T: serde::de::DeserializeOwned>(&self, sink: &mut Sink) -> Option<T> {
        typed(self.request, &Locator::Place(format!("{}/requestParameters", self.place).into()), sink)
    }

    /// Deserialises the answer.
    pub(in crate::parse) fn response<T: serde::de::DeserializeOwned>(&self, sink: &mut Sink) -> Option<T> {
        typed(self.response, &Locator::Place(format!("{}/responseElements", self.place).into()), sink)
    }

    /// Returns the place of the record.
    pub(in crate::parse) fn place(&self) -> &Locator {
        self.place
    }
}

/// Reads a record and states what it says.
pub(in crate::parse) fn read(text: &[u8], place: &Locator, _cx: &Context<'_>, sink: &mut Sink) {
    let Some(raw) = typed::<Raw>(text, place, sink) else { return };
    let (Some(at), Some(source), Some(operation)) = (raw.event_time.0, raw.event_source.0, raw.event_name.0) else {
        return sink.damaged(place.clone(), "no CloudTrail record: it has no time, source or name");
    };
    let by = Arc::new(principal(raw.user_identity, raw.user_agent.0, raw.session_credential_from_console.0.unwrap_or(false)));
    let account = raw.recipient_account_id.0.or_else(|| by.account.clone()).unwrap_or_else(|| "unknown".to_owned());
    let key = raw.shared_event_id.0.clone().or_else(|| raw.event_id.0.clone());
    let updates = raw.addendum.reason.0.as_deref() == Some("UPDATED_DATA");
    let id = RecordId {
        event: raw.event_id.0.map(Into::into),
        key: key.map(Into::into),
        corrects: raw.addendum.original_event_id.0.filter(|_| updates).map(Into::into),
    };
    let request = raw.request_parameters.or(raw.service_event_details);
    let text = |raw: &Option<Box<RawValue>>| raw.as_ref().map_or("{}", |raw| raw.get()).to_owned();
    let (request, response) = (text(&request), text(&raw.response_elements));
    let resources = raw
        .resources
        .into_iter()
        .filter_map(|resource| Some((resource.kind.0.unwrap_or_default(), Arn::parse(&resource.arn.0?)?)));
    let mut call = Call {
        service: source.strip_suffix(".amazonaws.com").unwrap_or(&source).to_owned(),
        operation,
        at,
        account,
        region: raw.aws_region.0.unwrap_or_default(),
        error: raw.error_code.0,
        by,
        request: object_or_empty(&request),
        response: object_or_empty(&response),
        resources: resources.collect(),
        bytes_in: raw.additional_event_data.bytes_transferred_in.0,
        id,
        place,
        parts: 0,
    };
    if element_says_omitted(call.request) {
        let message =
            format!("CloudTrail left out the request of {} because of its size; who called and when is kept", call.operation);
        sink.note(place.clone(), message);
    }
    if call.service == "s3" || call.service == "kms" {
        storage::read(&mut call, sink);
        return;
    }
    let subject = resources::read(&mut call, sink);
    let statement = CallStatement {
        service: call.service.clone(),
        operation: call.operation.clone(),
        arn: subject.arn,
        name: subject.name,
        error: call.error.clone(),
        account: call.account.clone(),
        region: call.region.clone(),
        at,
    };
    call.say(sink, Statement::Call(Box::new(statement)));
}

/// Requests are objects, `null`, or (rarely) text; readers of a service expect an object.
fn object_or_empty(text: &str) -> &[u8] {
    if text.starts_with('{') { text.as_bytes() } else { b"{}" }
}

fn element_says_omitted(text: &[u8]) -> bool {
    let element = element_of(text);
    matches!(element.field("omitted"), Some(b"true" | b"\"true\""))
}

fn element_of(text: &[u8]) -> crate::json::skim::Element<'_> {
    crate::json::skim::Element { bytes: text, list: "", index: 0, offset: 0, children: None }
}

/// Returns a string member of a request or answer, without deserialising the rest.
pub(in crate::parse) fn member(text: &[u8], key: &str) -> Option<String> {
    element_of(text).field(key).and_then(element::string).map(std::borrow::Cow::into_owned).filter(|text| !text.is_empty())
}

fn principal(identity: Identity, agent: Option<String>, console_session: bool) -> Principal {
    let arn = identity.arn.0;
    // `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`
    let session_arn = arn.as_deref().and_then(|arn| arn.split_once(":assumed-role/"));
    let session = session_arn.and_then(|(_, rest)| rest.split_once('/')).map(|(_, session)| session.to_owned());
    let from_principal =
        || identity.principal_id.0.as_deref().and_then(|id| id.split_once(':')).map(|(_, session)| session.to_owned());
    let is_session = identity.kind.0.as_deref() == Some("AssumedRole");
    let role = identity.session_context.session_issuer.arn.0.filter(|_| is_session).or_else(|| {
        let (before, rest) = session_arn?;
        let role = rest.split('/').next()?;
        Some(format!("{}:role/{role}", before.replacen(":sts:", ":iam:", 1)))
    });
    let browser = agent.as_deref().is_some_and(|agent| agent.starts_with("Mozilla/") || agent.contains("console.amazonaws.com"));
    Principal {
        kind: identity.kind.0.unwrap_or_default(),
        account: identity.account_id.0,
        role,
        session: session.or_else(|| is_session.then(from_principal).flatten()),
        invoked_by: identity.invoked_by.0,
        console: console_session || browser,
        agent,
        source_identity: identity.session_context.source_identity.0,
        arn,
    }
}
