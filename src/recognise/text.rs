//! Telling text formats apart by their lines.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::Format;

/// Formats whose lines have a shape, the more particular first.
const LINES: [(Format, &str); 9] = [
    (Format::AccessLog, r"^[0-9a-f]{64} \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "),
    (Format::S3Ls, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +(\d+|\d+(\.\d+)? (Bytes|[KMGTP]iB)) \S"),
    (Format::GitHubLog, r"^(\xef\xbb\xbf)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z "),
    (Format::LogExport, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "),
    (Format::LogTail, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6}\+00:00 \S+|\+00:00 \S+|) "),
    (Format::CodeBuildLog, r"^\[Container\] \d{4}/\d\d/\d\d "),
    (Format::AirflowLog, r"^\[\d{4}-\d\d-\d\d[T ,][^\]]*\] \{"),
    (Format::OutputTable, r"^(-{5,}|\+[-+]{5,}|\|.*\|)$"),
    (Format::OutputText, r"^[A-Z][A-Z0-9]{3,}\t"),
];

static PATTERNS: LazyLock<Vec<(Format, Regex)>> =
    LazyLock::new(|| LINES.iter().filter_map(|(format, pattern)| Some((*format, Regex::new(pattern).ok()?))).collect());

/// YAML keys that only answers of the AWS CLI begin with.
static YAML: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?m)^(\w+(Arn|Name|Status|Id|Time|List|Summaries)|Versions|Contents|Events|Records|Tags): ?\S?").ok()
});

/// What makes a template of a text: its own head, or resources of AWS.
static TEMPLATE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^AWSTemplateFormatVersion\s*:|^Resources\s*:(?s:.*)^\s+Type\s*:\s*['\x22]?AWS::").ok());

/// An import of what talks to AWS.
static IMPORT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^[ \t]*(import|from)[ \t]+(boto3|botocore|sagemaker)\b").ok());

/// How Python begins, after comments: prose and notes that quote a script begin otherwise.
static PYTHON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let begins = r"import |from \w|def |class |@\w|if |try:|async |[A-Za-z_][\w.]*\s*[=(:]";
    Regex::new(&format!(r"^\s*(#.*\n\s*)*([rub]?\x22\x22\x22|[rub]?'''|{begins})")).ok()
});

/// Returns whether a text is of a format that a pattern knows.
fn is(pattern: &LazyLock<Option<Regex>>, head: &[u8]) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(head))
}

/// Returns the format of a text, by the lines of its first part.
pub(super) fn format(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"# v2 git bundle") || head.starts_with(b"# v3 git bundle") {
        return Some(Format::GitBundle);
    }
    if head.starts_with(b"Permission Check Successful") {
        return Some(Format::LogPermissionCheck);
    }
    let lines: Vec<&[u8]> = head
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.trim_ascii().is_empty())
        .take(200)
        .collect();
    let first = lines.first()?;
    if let Some(format) = by_header(first) {
        return Some(format);
    }
    // Lines that go on from the one before (tracebacks, pretty JSON) do not count against a format: one line in ten is enough,
    // and the first must be one of them.
    for (format, pattern) in PATTERNS.iter() {
        let matching = lines.iter().filter(|line| pattern.is_match(line)).count();
        if matching * 10 >= lines.len() && (pattern.is_match(first) || *format == Format::S3Ls) {
            return Some(*format);
        }
    }
    if is(&TEMPLATE, head) {
        return Some(Format::Template);
    }
    if is(&IMPORT, head) && is(&PYTHON, head) && memchr::memmem::find(head, b"\n```").is_none() {
        return Some(Format::Python);
    }
    let yaml = YAML.as_ref()?.find_iter(head).count();
    (yaml >= 2 || (yaml == 1 && lines.len() <= 3)).then_some(Format::OutputYaml)
}

/// Returns the CSV format that a header line announces.
fn by_header(line: &[u8]) -> Option<Format> {
    let text = String::from_utf8_lossy(line);
    let mut columns = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let header = columns.records().next()?.ok()?;
    let names: Vec<String> = header.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    let has = |wanted: &[&str]| wanted.iter().all(|name| names.iter().any(|own| own == name));
    if has(&["eventsource", "eventname", "eventtime"]) || names == ["eventjson"] || has(&["eventjson"]) {
        return Some(Format::TableCsv);
    }
    if has(&["timestamp", "message"]) || has(&["@timestamp", "@message"]) {
        return Some(Format::LogCsv);
    }
    None
}
