//! A record that matters, deserialised: who called what, and what the request and the answer say.

use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;
use serde::Deserialize;

use super::super::sink::{RecordId, Sink};
use super::super::told;
use super::head::Head;
use super::resources::{self, Subject};
use super::storage;
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::arn::Arn;
use crate::fact::call::CallStatement;
use crate::fact::principal::Principal;
use crate::json::element::{self, Fields};
use crate::json::scalar::{Flag, Real, Text};
use crate::json::skim::Element;
use crate::time::Instant;

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
struct Addendum {
    reason: Text,
    #[serde(rename = "originalEventID")]
    original_event_id: Text,
}

/// The members of a record that are used, beside those of its head.
#[derive(Default)]
struct Raw<'a> {
    identity: &'a [u8],
    agent: &'a [u8],
    error: Text,
    reason: Text,
    event: Text,
    shared: Text,
    request: Option<&'a [u8]>,
    response: Option<&'a [u8]>,
    additional: &'a [u8],
    resources: &'a [u8],
    from_console: Flag,
    addendum: Addendum,
}

/// What was mended in members that were read, told once for the record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mended(Option<&'static str>);

impl Mended {
    pub(super) fn take<T>(&mut self, read: Result<(T, Option<&'static str>), serde_json::Error>) -> Result<T, serde_json::Error> {
        let (value, note) = read?;
        self.0 = self.0.or(note);
        Ok(value)
    }

    pub(super) fn also(&mut self, other: Self) {
        self.0 = self.0.or(other.0);
    }

    #[cfg(test)]
    pub(super) fn note(&self) -> Option<&'static str> {
        self.0
    }
}

impl<'a> Raw<'a> {
    /// Takes the members off the record's text: the rest of it is never deserialised.
    fn of(record: &Element<'a>, head: &Head<'a>, mended: &mut Mended) -> Result<Self, serde_json::Error> {
        let mut raw = Self::default();
        let mut details = None;
        if head.read > 0 {
            raw.identity = head.identity;
        }
        each_of(record.fields_from(head.read), |key, value| {
            match key {
                b"userIdentity" => raw.identity = value,
                b"userAgent" => raw.agent = value,
                b"errorCode" => raw.error = mended.take(element::text(value))?,
                b"errorMessage" => raw.reason = mended.take(element::text(value))?,
                b"eventID" => raw.event = mended.take(element::text(value))?,
                b"sharedEventID" => raw.shared = mended.take(element::text(value))?,
                b"requestParameters" => raw.request = Some(value).filter(|value| *value != b"null"),
                b"serviceEventDetails" => details = Some(value),
                b"responseElements" => raw.response = Some(value),
                b"additionalEventData" => raw.additional = value,
                b"resources" => raw.resources = value,
                b"sessionCredentialFromConsole" => raw.from_console = mended.take(element::read(value))?,
                b"addendum" if value != b"null" => raw.addendum = mended.take(element::read(value))?,
                _ => {}
            }
            Ok(())
        })?;
        raw.request = raw.request.or(details);
        Ok(raw)
    }
}

/// Hands the members of an object over, key and value.
///
/// # Errors
///
/// Where `take` fails, or the text is no object's to its end.
pub(super) fn each_member<'a>(
    object: &Element<'a>,
    take: impl FnMut(&'a [u8], &'a [u8]) -> Result<(), serde_json::Error>,
) -> Result<(), serde_json::Error> {
    each_of(object.fields(), take)
}

fn each_of<'a>(
    mut fields: Fields<'a>,
    mut take: impl FnMut(&'a [u8], &'a [u8]) -> Result<(), serde_json::Error>,
) -> Result<(), serde_json::Error> {
    for (key, value) in &mut fields {
        take(key, value)?;
    }
    if fields.is_at_end() { Ok(()) } else { Err(serde::de::Error::custom("its members are not set apart by commas and colons")) }
}

/// What takes members off a text, and notes what it mended.
pub(super) type Take<T> = fn(&[u8], &mut Mended) -> Result<T, serde_json::Error>;

/// A call, ready for the readers of its service.
pub(in crate::parse) struct Call<'a> {
    pub(in crate::parse) service: &'a str,
    pub(in crate::parse) operation: &'a str,
    pub(in crate::parse) at: Instant,
    pub(in crate::parse) account: &'a str,
    pub(in crate::parse) region: &'a str,
    pub(in crate::parse) error: Option<String>,
    /// What the service said of the failure.
    pub(in crate::parse) reason: Option<String>,
    pub(in crate::parse) by: Arc<Principal>,
    pub(in crate::parse) request: &'a [u8],
    pub(in crate::parse) response: &'a [u8],
    resources: &'a [u8],
    additional: &'a [u8],
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
        self.parts = self.parts.saturating_add(1);
        sink.say_by(self.place, Source::CloudTrail, Some(self.at), Some(&self.by), Some((&self.id, self.parts)), statement);
    }

    /// States that the call was made.
    pub(super) fn say_call(mut self, subject: Subject, sink: &mut Sink) {
        let statement = CallStatement {
            service: sink.symbols.of(self.service),
            operation: sink.symbols.of(self.operation),
            arn: subject.arn,
            name: subject.name,
            error: self.error.take(),
            reason: self.reason.take(),
            account: sink.symbols.of(self.account),
            region: sink.symbols.of(self.region),
            at: self.at,
        };
        self.say(sink, Statement::Call(Box::new(statement)));
    }

    /// Deserialises the request.
    pub(in crate::parse) fn request<T: serde::de::DeserializeOwned>(&self, sink: &mut Sink) -> Option<T> {
        self.told("requestParameters", self.request, sink)
    }

    /// Takes what is needed off the request's text.
    pub(super) fn request_by<T>(&self, take: Take<T>, sink: &mut Sink) -> Option<T> {
        self.taken("requestParameters", self.request, take, sink)
    }

    /// Takes what is needed off the answer's text.
    pub(super) fn response_by<T>(&self, take: Take<T>, sink: &mut Sink) -> Option<T> {
        self.taken("responseElements", self.response, take, sink)
    }

    fn taken<T>(&self, part: &str, text: &[u8], take: Take<T>, sink: &mut Sink) -> Option<T> {
        let mut mended = Mended::default();
        let taken = take(text, &mut mended).map(|taken| (taken, mended.0));
        told(taken, || self.place_of(part), sink)
    }

    fn told<T: serde::de::DeserializeOwned>(&self, part: &str, text: &[u8], sink: &mut Sink) -> Option<T> {
        told(element::read(text), || self.place_of(part), sink)
    }

    fn place_of(&self, part: &str) -> Locator {
        Locator::Place(format!("{}/{part}", self.place).into())
    }

    /// Returns the first of the resources that the record itself lists.
    pub(in crate::parse) fn resource(&self) -> Option<Arn> {
        let first = element_of(self.resources.strip_prefix(b"[")?.trim_ascii_start());
        let arn = first.fields().find(|(key, _)| *key == b"ARN").and_then(|(_, arn)| element::string(arn));
        arn.as_deref().and_then(Arn::parse).or_else(|| self.resources().next().map(|(_, arn)| arn))
    }

    /// Returns the objects and other resources that the record itself lists, by type.
    pub(in crate::parse) fn resources(&self) -> impl Iterator<Item = (String, Arn)> {
        let listed: Vec<Resource> = element::read(self.resources).map(|(listed, _)| listed).unwrap_or_default();
        listed.into_iter().filter_map(|resource| Some((resource.kind.0.unwrap_or_default(), Arn::parse(&resource.arn.0?)?)))
    }

    /// Returns the bytes that came in with the request.
    pub(in crate::parse) fn bytes_in(&self) -> Option<f64> {
        let bytes = element_of(self.additional).field("bytesTransferredIn")?;
        element::read::<Real>(bytes).ok()?.0.0
    }

    /// Returns the place of the record.
    pub(in crate::parse) fn place(&self) -> &Locator {
        self.place
    }
}

/// Reads a record and states what it says.
pub(super) fn read(record: &Element<'_>, head: Head<'_>, place: &Locator, sink: &mut Sink) {
    let mut mended = Mended::default();
    let raw = Raw::of(record, &head, &mut mended).and_then(|raw| {
        let from_console = raw.from_console.0.unwrap_or(false);
        let by = sink.actors.of(raw.identity, raw.agent, from_console, &mut sink.symbols, &mut mended)?;
        Ok(((raw, by), mended.0))
    });
    let Some((raw, by)) = told(raw, || place.clone(), sink) else { return };
    let event: Option<Arc<str>> = raw.event.0.map(Into::into);
    let updates = raw.addendum.reason.0.as_deref() == Some("UPDATED_DATA");
    let id = RecordId {
        key: raw.shared.0.map(Into::into).or_else(|| event.clone()),
        event,
        corrects: raw.addendum.original_event_id.0.filter(|_| updates).map(Into::into),
    };
    let [service, operation, account, region] =
        [head.service().unwrap_or(&head.source), &head.name, &head.account, &head.region].map(String::from_utf8_lossy);
    let at = head.at;
    // Application Auto Scaling's calls come under the source of EC2 Auto Scaling, whose own calls are not read.
    let service = if service == "autoscaling" { "application-autoscaling".into() } else { service };
    let mut call = Call {
        service: &service,
        operation: &operation,
        at,
        account: &account,
        region: &region,
        error: raw.error.0,
        reason: raw.reason.0,
        by,
        request: object_or_empty(raw.request),
        response: object_or_empty(raw.response),
        resources: raw.resources,
        additional: raw.additional,
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
        return storage::read(call, sink);
    }
    let subject = resources::read(&mut call, sink);
    call.say_call(subject, sink);
}

/// Requests are objects, `null`, or (rarely) text; readers of a service expect an object.
fn object_or_empty(value: Option<&[u8]>) -> &[u8] {
    value.filter(|text| text.starts_with(b"{")).unwrap_or(b"{}")
}

fn element_says_omitted(text: &[u8]) -> bool {
    static OMITTED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"omitted"));
    OMITTED.find(text).is_some() && matches!(element_of(text).field("omitted"), Some(b"true" | b"\"true\""))
}

pub(super) fn element_of(text: &[u8]) -> Element<'_> {
    Element { bytes: text, list: "", index: 0, offset: 0, children: None }
}

/// Returns a string member of a request or answer, without deserialising the rest.
pub(in crate::parse) fn member(text: &[u8], key: &str) -> Option<String> {
    element_of(text).field(key).and_then(element::string).map(std::borrow::Cow::into_owned).filter(|text| !text.is_empty())
}
