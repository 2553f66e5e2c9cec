//! What callers say that AWS answered them: `ModelError` of an endpoint and refused records of Feature Store as botocore words them, in
//! any log, and `ModelError` itself as JSON.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::sink::Sink;
use super::{Context, Each, Reader, lines};
use crate::evidence::citation::{Locator, Source};
use crate::evidence::window::Window;
use crate::fact::Statement;
use crate::fact::arn::{Arn, Home};
use crate::fact::model_error::ModelError;
use crate::fact::refused_record::RefusedRecord;
use crate::fact::secret::redact_text;
use crate::json::scalar::{Text, Whole};
use crate::recognise::Format;
use crate::time::Instant;

/// Errors of one exhibit that are told apart.
const MOST: usize = 1_000;

/// Lines between the beginning of an error and the place it names: messages of containers are pages of HTML.
const LONGEST: u64 = 50;

/// Longest message that is kept.
const LONGEST_MESSAGE: usize = 200;

/// Longest line that is looked into.
const LONGEST_LINE: usize = 64 << 10;

/// Lines without a time that may follow one that has it: tracebacks are shorter.
const CARRIED: u64 = 100;

static RECEIVED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\(ModelError\) when calling the InvokeEndpoint\w* operation(?: \([^)]*\))?: Received (?:client|server) error \((\d{1,3})\) from \S+ (?:with message ?"?(.*))?"#).ok()
});
static REFUSED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\(Validation(?:Error|Exception)\) when calling the PutRecord operation(?: \([^)]*\))?: ?(.*)").ok()
});
/// What stands before an error that a program printed: nothing, a time, a level, the name of an exception or of a logger, JSON. Before
/// one that somebody quotes stand a mark or other words.
static BEFORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let printed = r#"\d\d:\d\d:\d\d|(?:Error|Exception)\b['"]?[:(]|\b(?:DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)\b"#;
    Regex::new(&format!(r#"^(?:\s*|[^>#*|-].*(?:{printed}).*|(?:{printed}).*|\s*[\{{\["'].*|\s*\w[\w.@:/=\[\]()-]*\s+)$"#)).ok()
});
static SEE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[?&]region=([a-z0-9-]+)#logEventViewer:group=/aws/sagemaker/Endpoints/([A-Za-z0-9-]{1,63}) in account (\d{12})")
        .ok()
});
static STAMP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\W{0,3}(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))? ?(Z\b|UTC\b|[+-]\d\d:?\d\d\b)?").ok()
});

/// Returns the reader of an error as the service answers it.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::ModelError => Each::one(answer),
        _ => None,
    }
}

/// Errors of one exhibit, equal ones counted.
#[derive(Default)]
pub(super) struct Errors {
    open: Option<Open>,
    found: BTreeMap<Key, (ModelError, Locator)>,
    refused: BTreeMap<String, (RefusedRecord, Locator)>,
    /// Lines that are too long to be looked into: the first, and how many.
    long: Option<(Locator, u64)>,
    cut: bool,
}

type Key = (String, Home, Option<i64>, Option<String>, Option<(String, String)>);

/// An error that has begun and does not name its endpoint yet.
struct Open {
    status: Option<i64>,
    message: String,
    at: Option<Instant>,
    place: Locator,
    lines: u64,
}

impl Errors {
    /// Reads a line of a log.
    pub(super) fn line(&mut self, text: &str, at: Option<Instant>, place: &Locator) {
        if text.len() > LONGEST_LINE {
            self.long.get_or_insert_with(|| (place.clone(), 0)).1 += 1;
            return;
        }
        if text.contains("(ModelError)")
            && let Some(found) = RECEIVED.as_ref().and_then(|pattern| pattern.captures(text))
            && is_printed(&text[..found.get(0).map_or(0, |whole| whole.start())])
        {
            let message = found.get(2).map_or("", |message| message.as_str());
            let message = message.split("\". See https").next().unwrap_or(message).to_owned();
            self.open = Some(Open { status: found[1].parse().ok(), message, at, place: place.clone(), lines: 0 });
        } else if text.contains("the PutRecord operation")
            && let Some(found) = REFUSED.as_ref().and_then(|pattern| pattern.captures(text))
            && is_printed(&text[..found.get(0).map_or(0, |whole| whole.start())])
        {
            self.refused(short(found.get(1).map_or("", |message| message.as_str()).trim()), at, place);
        }
        let Some(open) = &mut self.open else { return };
        open.lines += 1;
        if let Some(found) =
            Some(text).filter(|text| text.contains("logEventViewer")).and_then(|text| SEE.as_ref()?.captures(text))
        {
            let home = Home { account: Some(found[3].to_owned()), region: Some(found[1].to_owned()) };
            let endpoint = found[2].to_owned();
            if let Some(open) = self.open.take() {
                let message = open.message.trim().trim_end_matches('"').to_owned();
                let message = Some(message).filter(|message| !message.is_empty());
                let (status, count, stream) = (open.status, 1, None);
                self.take(
                    ModelError { endpoint, home, status, message, stream, count, first: open.at, last: open.at },
                    open.place,
                );
            }
        } else if open.lines > LONGEST {
            self.open = None;
        }
    }

    fn refused(&mut self, message: String, at: Option<Instant>, place: &Locator) {
        if self.refused.len() >= MOST && !self.refused.contains_key(&message) {
            self.cut = true;
            return;
        }
        let new = || (RefusedRecord { message: message.clone(), count: 0, first: at, last: at }, place.clone());
        let (known, _) = self.refused.entry(message.clone()).or_insert_with(new);
        known.count += 1;
        known.first = [known.first, at].into_iter().flatten().min();
        known.last = known.last.max(at);
    }

    fn take(&mut self, error: ModelError, place: Locator) {
        let error = ModelError { message: error.message.map(|message| short(&message)), ..error };
        let key = (error.endpoint.clone(), error.home.clone(), error.status, error.message.clone(), error.stream.clone());
        if self.found.len() >= MOST && !self.found.contains_key(&key) {
            self.cut = true;
            return;
        }
        match self.found.get_mut(&key) {
            Some((known, _)) => {
                known.count += 1;
                known.first = [known.first, error.first].into_iter().flatten().min();
                known.last = known.last.max(error.last);
            }
            None => drop(self.found.insert(key, (error, place))),
        }
    }

    /// States what was found, with its times or without.
    pub(super) fn close(self, timed: bool, sink: &mut Sink) {
        if let Some((first, count)) = self.long {
            let what =
                format!("{count} line(s) of more than {LONGEST_LINE} bytes, of which this is the first, are not looked into");
            sink.note(first, what);
        }
        if self.cut {
            sink.note(Locator::Whole, format!("only {MOST} kinds of errors that callers met are told apart"));
        }
        for (mut error, place) in self.found.into_values() {
            if !timed {
                (error.first, error.last) = (None, None);
            }
            error.last.into_iter().for_each(|last| sink.seen(last));
            sink.say(&place, Source::Logs, error.first, Statement::ModelError(Box::new(error)));
        }
        for (mut refused, place) in self.refused.into_values() {
            if !timed {
                (refused.first, refused.last) = (None, None);
            }
            refused.last.into_iter().for_each(|last| sink.seen(last));
            sink.say(&place, Source::Logs, refused.first, Statement::RefusedRecord(Box::new(refused)));
        }
    }
}

/// Returns whether what stands before an error is what programs print there.
fn is_printed(before: &str) -> bool {
    let before = before.strip_suffix("An error occurred ").unwrap_or(before);
    BEFORE.as_ref().is_none_or(|pattern| pattern.is_match(before))
}

/// Redacts and shortens what a container answered.
pub(super) fn short(message: &str) -> String {
    redact_text(message).chars().take(LONGEST_MESSAGE).collect()
}

/// Reads the log of a caller. Of lines that carry no time, the time is that of the line before them, if that is near.
pub(super) fn text(window: &mut Window<'_>, cx: &Context<'_>, sink: &mut Sink) {
    let mut errors = Errors::default();
    let (mut at, mut zoneless) = (None, false);
    let mut stamped = 0;
    lines(window, cx, sink, &mut |line, number, sink| {
        sink.record();
        if number > stamped + CARRIED {
            at = None;
        }
        if let Some(found) = STAMP.as_ref().and_then(|pattern| pattern.captures(line)) {
            let fraction = found.get(3).map_or("0", |fraction| fraction.as_str());
            at = found.get(4).and_then(|zone| {
                let zone = if zone.as_str() == "UTC" { "Z" } else { zone.as_str() };
                Instant::parse(&format!("{}T{}.{fraction}{zone}", &found[1], &found[2]), false)
            });
            zoneless |= at.is_none();
            stamped = number;
        }
        errors.line(line, at, &Locator::Line(number));
    });
    if zoneless {
        sink.note(Locator::Whole, "its times do not say of which zone they are: they are not used");
    }
    errors.close(true, sink);
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Answer {
    original_status_code: Whole,
    original_message: Text,
    log_stream_arn: Text,
    response_metadata: serde_json::Value,
}

fn answer(answer: Answer, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    // …:log-group:/aws/sagemaker/Endpoints/NAME, and perhaps :log-stream:VARIANT/INSTANCE
    let arn = answer.log_stream_arn.0.as_deref().and_then(Arn::parse).filter(|arn| arn.service() == "logs");
    let rest = arn.as_ref().and_then(|arn| arn.resource().strip_prefix("log-group:/aws/sagemaker/Endpoints/"));
    let (Some(arn), Some(rest)) = (&arn, rest) else {
        return sink.damaged(place.clone(), "an error that names no log of an endpoint");
    };
    let mut parts = rest.split(':');
    let endpoint = parts.next().unwrap_or_default().to_owned();
    let stream = (parts.next() == Some("log-stream")).then(|| parts.next()).flatten();
    let stream = stream.and_then(|stream| stream.split_once('/'));
    let date = answer.response_metadata.get("HTTPHeaders").and_then(|headers| headers.get("date")?.as_str());
    let date = date.and_then(|date| Instant::parse_as("%a, %d %b %Y %H:%M:%S GMT", date));
    let at = date.or_else(|| cx.captured());
    let mut errors = Errors::default();
    let error = ModelError {
        endpoint,
        home: Home { account: Some(arn.account().to_owned()), region: Some(arn.region().to_owned()) },
        status: answer.original_status_code.0,
        message: answer.original_message.0,
        stream: stream.map(|(variant, instance)| (variant.to_owned(), instance.split('/').next().unwrap_or_default().to_owned())),
        count: 1,
        first: at,
        last: at,
    };
    errors.take(error, place.clone());
    errors.close(true, sink);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<ModelError> {
        let mut errors = Errors::default();
        for (number, line) in (1..).zip(text.lines()) {
            errors.line(line, None, &Locator::Line(number));
        }
        errors.found.into_values().map(|(error, _)| error).collect()
    }

    const SEE: &str = "See https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logEventViewer:group=/aws/sagemaker/Endpoints/risk-1 in account 111122223333 for more information.";

    #[test]
    fn errors_are_read_as_botocore_words_them() {
        let begins = "botocore.errorfactory.ModelError: An error occurred (ModelError) when calling the InvokeEndpoint operation: Received server error (500) from primary";
        let text =
            format!("{begins} with message \"no column amount\". {SEE}\n{begins} with message \"no column amount\". {SEE}\n");
        let found = read(&text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].status, found[0].message.as_deref(), found[0].count), (Some(500), Some("no column amount"), 2));
        assert_eq!((found[0].endpoint.as_str(), found[0].home.account.as_deref()), ("risk-1", Some("111122223333")));
        // A page of HTML, and no body at all.
        assert_eq!(
            read(&format!("{begins} with message \"<html>\n<title>500</title>\n\". {SEE}"))[0].message.as_deref(),
            Some("<html>")
        );
        assert_eq!(read(&format!("{begins} and could not load the entire response body. {SEE}"))[0].message, None);
        let secret = read(&format!("{begins} with message \"password=hunter2\". {SEE}"));
        assert_eq!(secret[0].message.as_deref(), Some("password=<redacted>"));
        // Somebody quotes it.
        let own = begins.strip_prefix("botocore.errorfactory.ModelError: ").unwrap();
        for before in ["> ", "Seen again in review: ", "- ", "# ", "> botocore.errorfactory.ModelError: ", "the caller printed "]
        {
            assert!(read(&format!("{before}{own} with message \"x\". {SEE}")).is_empty(), "{before}");
        }
        for before in
            ["", "  ", "2026-10-06T01:02:03Z ", "[2026-10-06 01:02:03,123] ", "app ERROR ", "checkout ", "{\"message\": \""]
        {
            assert_eq!(read(&format!("{before}{own} with message \"x\". {SEE}")).len(), 1, "{before}");
        }
        let mut errors = Errors::default();
        errors.line(&"x".repeat(LONGEST_LINE + 1), None, &Locator::Line(7));
        errors.line(&"x".repeat(LONGEST_LINE + 1), None, &Locator::Line(9));
        assert!(matches!(errors.long, Some((Locator::Line(7), 2))));
        // Records that Feature Store refused are counted by what it said.
        let refused =
            "An error occurred (ValidationError) when calling the PutRecord operation: EventTime must be a valid timestamp";
        let mut errors = Errors::default();
        for line in [
            format!("2026-10-06T01:02:03Z ERROR {refused}"),
            refused.to_owned(),
            format!("> {refused}"),
            refused.replace("Validation", "Access"),
        ] {
            errors.line(&line, None, &Locator::Line(1));
        }
        let told: Vec<(&str, u64)> =
            errors.refused.values().map(|(refused, _)| (refused.message.as_str(), refused.count)).collect();
        assert_eq!(told, [("EventTime must be a valid timestamp", 2)]);
        // Without its end it names no endpoint; the place alone is no error.
        assert!(read(begins).is_empty() && read(SEE).is_empty());
        assert!(read(&format!("{begins} with message \"\n{}{SEE}", "x\n".repeat(60))).is_empty());
    }
}
