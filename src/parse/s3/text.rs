//! Lines of S3: server access logs and `aws s3 ls --recursive`.

use super::super::sink::Sink;
use super::super::{Context, lines};
use crate::evidence::citation::{Locator, Source};
use crate::evidence::window::Window;
use crate::fact::Statement;
use crate::fact::object::{ListingKind, ListingStatement, ObjectStatement, ObjectWhat};
use crate::fact::s3::S3Uri;
use crate::recognise::Format;
use crate::time::Instant;

/// Reads the lines of a format.
pub(in crate::parse) fn text(window: &mut Window<'_>, format: Format, cx: &Context<'_>, sink: &mut Sink) {
    match format {
        Format::AccessLog => lines(window, cx, sink, &mut |line, number, sink| access(line, number, sink)),
        _ => ls(window, cx, sink),
    }
}

/// Reads a line of a server access log. Best effort: lines may be late, missing or doubled, so they are positive evidence only.
fn access(line: &str, number: u64, sink: &mut Sink) {
    let place = Locator::Line(number);
    let Some(fields) = access_fields(line) else { return sink.damaged(place, "no line of a server access log") };
    sink.record();
    let field = |n: usize| fields.get(n).map(String::as_str).filter(|text| *text != "-");
    let (Some(bucket), Some(stamp), Some(operation)) = (field(1), field(2), field(6)) else {
        return sink.damaged(place, "no line of a server access log");
    };
    let Some(at) = Instant::parse_as("%d/%b/%Y:%H:%M:%S %z", stamp) else {
        return sink.damaged(place, format!("`{stamp}` is no time"));
    };
    sink.seen(at);
    let succeeded = field(9).is_some_and(|status| status.starts_with('2'));
    let Some(key) = field(7).filter(|_| succeeded || operation.starts_with("S3.")) else { return };
    let what = match operation {
        "REST.PUT.OBJECT" | "REST.COPY.OBJECT" | "REST.POST.UPLOAD" | "REST.POST.OBJECT" => {
            ObjectWhat::Written { copied_from: None, copied_version: None }
        }
        "REST.GET.OBJECT" | "REST.COPY.OBJECT_GET" => ObjectWhat::Read,
        "REST.DELETE.OBJECT" | "BATCH.DELETE.OBJECT" | "S3.CREATE.DELETEMARKER" => ObjectWhat::Deleted,
        "S3.EXPIRE.OBJECT" => ObjectWhat::Expired,
        _ => return,
    };
    let key = percent_encoding::percent_decode_str(key).decode_utf8_lossy().into_owned();
    let version = field(17).filter(|version| *version != "null").map(Into::into);
    let size = field(12).filter(|_| operation == "REST.PUT.OBJECT").and_then(|size| size.parse().ok());
    let statement = ObjectStatement {
        bucket: bucket.into(),
        key: key.into(),
        what: match (what, &version) {
            (ObjectWhat::Deleted, Some(_)) => ObjectWhat::Destroyed,
            (what, _) => what,
        },
        version,
        null_version: false,
        etag: None,
        size,
        sha256: None,
        at: Some(at),
        sequencer: None,
    };
    sink.say(&place, Source::S3Log, Some(at), Statement::Object(Box::new(statement)));
}

/// Takes a line of a server access log apart. Request, referrer and user agent stand in quotes that S3 does not escape inside
/// them, so each ends where only its own end can be: the request before the status, the user agent at the last quote of the line.
fn access_fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line.trim_end();
    let mut quoted = 0;
    while !rest.is_empty() {
        let (field, after) = if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']')?;
            (&inner[..end], &inner[end + 1..])
        } else if let Some(inner) = rest.strip_prefix('"') {
            let end = match quoted {
                0 => memchr::memmem::find_iter(inner.as_bytes(), "\" ")
                    .find(|at| inner[at + 2..].starts_with(|c: char| c.is_ascii_digit() || c == '-')),
                1 => inner.find("\" \""),
                _ => inner.rfind("\" "),
            };
            quoted += 1;
            let end = end.or_else(|| inner.ends_with('"').then(|| inner.len() - 1))?;
            (&inner[..end], &inner[end + 1..])
        } else {
            rest.split_once(' ').unwrap_or((rest, ""))
        };
        fields.push(field.to_owned());
        rest = after.trim_start_matches(' ');
    }
    (fields.len() >= 10).then_some(fields)
}

/// Reads `aws s3 ls --recursive`. Its times are local to the machine that ran it, without a zone: only a sidecar could place
/// them, and it does not; so the rows give keys and sizes, and no times.
fn ls(window: &mut Window<'_>, cx: &Context<'_>, sink: &mut Sink) {
    let asked = cx
        .request
        .filter(|request| request.operation() == ("s3", "ls"))
        .and_then(|request| request.positional())
        .and_then(S3Uri::parse);
    let Some(place) = asked else {
        lines(window, cx, sink, &mut |_, _, sink| sink.record());
        return sink.orphan("its bucket");
    };
    sink.uses_request();
    let recursive = cx.request.is_some_and(|request| request.has_any(&["recursive"]));
    let mut rows = 0;
    lines(window, cx, sink, &mut |line, number, sink| {
        let Some((key, size)) = ls_row(line) else {
            let known = line.trim_start().starts_with("PRE ") || line.contains("Total Objects:") || line.contains("Total Size:");
            if !known {
                sink.damaged(Locator::Line(number), "no line of `aws s3 ls`");
            }
            return;
        };
        sink.record();
        rows += 1;
        let key = if recursive { key.to_owned() } else { format!("{}{key}", folder(&place.key)) };
        let statement = ObjectStatement {
            bucket: place.bucket.clone(),
            key: key.into(),
            what: ObjectWhat::Current { captured: cx.captured() },
            version: None,
            null_version: true,
            etag: None,
            size,
            sha256: None,
            at: None,
            sequencer: None,
        };
        sink.say(&Locator::Line(number), Source::S3, cx.captured(), Statement::Object(Box::new(statement)));
    });
    sink.note(Locator::Whole, "times of `aws s3 ls` are local to the machine that ran it and carry no zone: they are not used; export `aws s3api list-object-versions` instead");
    let statement = ListingStatement {
        bucket: Some(place.bucket.clone()),
        prefix: place.key.to_string(),
        kind: ListingKind::Current,
        captured: cx.captured(),
        complete: recursive,
        newest: None,
        rows,
    };
    sink.say(&Locator::Whole, Source::S3, cx.captured(), Statement::Listing(Box::new(statement)));
}

fn folder(key: &str) -> &str {
    key.rfind('/').map_or("", |at| &key[..=at])
}

/// Splits `2026-03-02 11:20:00    1048576 key with spaces`; sizes for people (`1.0 MiB`) are no sizes.
fn ls_row(line: &str) -> Option<(&str, Option<u64>)> {
    let rest = line.get(19..)?;
    Instant::parse(line.get(..19)?, true)?;
    let rest = rest.trim_start();
    let (size, key) = rest.split_once(' ')?;
    if let Ok(size) = size.parse() {
        return Some((key, Some(size)));
    }
    size.parse::<f64>().ok()?;
    key.split_once(' ').map(|(_, key)| (key, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart() {
        let line = r#"79a59d acme [02/Mar/2026:10:13:05 +0000] 10.0.3.3 arn:aws:sts::1:assumed-role/R/SageMaker 3E57 REST.GET.OBJECT churn/a%20b "GET /x HTTP/1.1" 200 - 10 10 20 19 "-" "agent "quoted" x" - s9lz SigV4"#;
        let fields = access_fields(line).unwrap();
        assert_eq!(
            (fields[2].as_str(), fields[7].as_str(), fields[9].as_str(), fields[16].as_str()),
            ("02/Mar/2026:10:13:05 +0000", "churn/a%20b", "200", "agent \"quoted\" x")
        );
        assert_eq!(ls_row("2026-03-02 11:20:00    1048576 a b.csv"), Some(("a b.csv", Some(1_048_576))));
        assert_eq!(ls_row("2026-03-02 11:20:00    1.0 MiB a b.csv"), Some(("a b.csv", None)));
        assert_eq!(ls_row("                           PRE x/"), None);
    }
}
