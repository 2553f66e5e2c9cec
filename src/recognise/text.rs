//! Telling text formats apart by their lines.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::Format;

/// Formats whose lines have a shape, the more particular first.
const LINES: [(Format, &str); 7] = [
    (Format::AccessLog, r"^[0-9a-f]{64} \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "),
    (Format::S3Ls, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +(\d+|\d+(\.\d+)? (Bytes|[KMGTP]iB)) \S"),
    (Format::GitHubLog, r"^(\xef\xbb\xbf)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z "),
    (Format::LogExport, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "),
    (Format::LogTail, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6}\+00:00 \S+|\+00:00 \S+|) "),
    (Format::OutputTable, r"^(-{5,}|\+[-+]{5,}|\|.*\|)$"),
    (Format::OutputText, r"^[A-Z][A-Z0-9]{3,}\t"),
];

/// Lines that only one runner prints: what a run itself prints between them may be longer by far, so one is enough.
const RUNNERS: [(Format, &str); 3] = [
    (Format::CodeBuildLog, r"^\[Container\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d"),
    (Format::AirflowLog, r"(?-u)^\[\d{4}-\d\d-\d\d(T| |, )\d\d:\d\d:\d\d[^\]]*\] \{+[\w.<>-]+:\d+\}+ "),
    (
        Format::GitLabLog,
        r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \d\d[OE][ +])?(\x1b\[[0-9;]*[A-Za-z])*Running with gitlab-runner \d\S*( \(\S+\))?(\s|\x1b\[[0-9;]*[A-Za-z])*$",
    ),
];

/// Lines before those: where the scheduler found the log, and the host that it is of.
const PREAMBLE: usize = 20;

static RUNNER_PATTERNS: LazyLock<Vec<(Format, Regex)>> =
    LazyLock::new(|| RUNNERS.iter().filter_map(|(format, pattern)| Some((*format, Regex::new(pattern).ok()?))).collect());

/// Returns the runner whose log begins so.
fn by_runner(lines: &[&[u8]]) -> Option<Format> {
    let is_found = |line: &[u8]| line.starts_with(b"*** ") || line.starts_with(b"::");
    let before = lines.iter().take(PREAMBLE).take_while(|line| is_found(line) || !line.contains(&b' ')).count();
    let first = lines.get(before)?;
    let format = RUNNER_PATTERNS.iter().find(|(_, pattern)| pattern.is_match(first)).map(|(format, _)| *format)?;
    // Only the scheduler says where it found the log.
    (format == Format::AirflowLog || !lines[..before].iter().any(|line| is_found(line))).then_some(format)
}

/// What the runner of GitHub Actions prints of itself: services write times as it does.
static GITHUB: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)Z (?:##\[(?:group|endgroup|error|warning|notice|debug)\]|\[command\]|\x1b\[36;1m|(?:Complete job name|Current runner version|Syncing repository|Requested labels|Job defined at|Runner name): |Post job cleanup\.|Cleaning up orphan processes|Download action repository )").ok()
});

/// What the agent of Azure Pipelines prints of itself, whose lines are otherwise like those of GitHub Actions.
static AZURE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)Z ##\[section\]").ok());

/// Returns whether JSON lines are the log of a task of Airflow 3.
pub(super) fn is_airflow(head: &[u8], has: impl Fn(&[&str]) -> bool) -> bool {
    static OWN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#""logger": ?"airflow\.|AIRFLOW_CTX_DAG_"#).ok());
    is(&OWN, head) && has(&["timestamp", "level", "event"])
}

static PATTERNS: LazyLock<Vec<(Format, Regex)>> =
    LazyLock::new(|| LINES.iter().filter_map(|(format, pattern)| Some((*format, Regex::new(pattern).ok()?))).collect());

/// YAML keys that only answers of the AWS CLI begin with.
static YAML: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?m)^(\w+(Arn|Name|Status|Id|Time|List|Summaries)|Versions|Contents|Events|Records|Tags): ?\S?").ok()
});

/// What makes a template of a text: its own head, or resources of AWS.
static TEMPLATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)(?m)^AWSTemplateFormatVersion\s*:|^Resources\s*:(?s:.*)^\s+Type\s*:\s*['\x22]?AWS::").ok()
});

/// An import of what talks to AWS.
static IMPORT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u)(?m)^[ \t]*(import|from)[ \t]+(boto3|botocore|sagemaker)\b").ok());

/// How Python begins, after comments: prose and notes that quote a script begin otherwise.
static PYTHON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let begins = r"import |from \w|def |class |@\w|if |try:|async |[A-Za-z_][\w.]*\s*[=(:]";
    Regex::new(&format!(r"(?-u)^\s*(#.*\n\s*)*([rub]?\x22\x22\x22|[rub]?'''|{begins})")).ok()
});

/// The first line of a shell script, and a command of what talks to AWS at the beginning of another.
static SHELL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)^#![ \t]*/\S*?(?:/env[ \t]+(?:-S[ \t]+)?)?\b(?:ba|da|z|k)?sh(?:[ \t]+-\S+(?:[ \t]+[a-z]+)?)*[ \t\r]*\n(?s:.*)\b(?:aws[ \t]+(?:-\S+[ \t]+)*[a-z]|(?:cdk|terraform|tofu|terragrunt|sam)[ \t])").ok()
});

/// A shell script without such a first line: after comments it sets something or calls the AWS CLI, and it calls that at the
/// beginning of a line.
static COMMANDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let begins = r"set [-+]\w|export [A-Za-z_]\w*=|[A-Za-z_]\w*=\S*[ \t]*\n|aws[ \t]+[a-z0-9-]+[ \t]+[a-z]";
    Regex::new(&format!(r"(?-u)^\s*(?:#.*\n\s*)*(?:{begins})")).ok()
});

/// A call of the AWS CLI at the beginning of a line, with an option.
static CALL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u)(?m)^[ \t]*aws[ \t]+[a-z0-9-]+[ \t]+[a-z][a-z0-9-]+[ \t]+(?:\\\r?\n[ \t]*)?--[a-z]").ok());

/// An error of an endpoint or a refused record, as a caller prints it: behind a time, a level, the name of an exception or of a logger. Prose that quotes
/// one has other words before it.
static ANSWERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let before = r"\s*|[^\n]*(?:\d\d:\d\d:\d\d|(?:Error|Exception)\b['\x22]?[:(]|\b(?:DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)\b)[^\n]*|\s*[{\[\x22'][^\n]*|\s*\w[\w.@:/=\[\]()-]*\s+";
    Regex::new(&format!(
        r"(?-u)(?m)^(?:{before})(?:An error occurred )?\((?:ModelError\) when calling the InvokeEndpoint\w*|Validation(?:Error|Exception)\) when calling the PutRecord) operation"
    ))
    .ok()
});

/// A line of a list of packages: an option of pip, a place, or a package with or without versions.
static REQUIREMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let version = r"(?:===|[=!~<>]=|<|>)\s*(?:v?\d[\w.*+!-]*|\$\x7b\w+\x7d)";
    let options = r"-[rcefi](?:[ =]?\S.*)|--(?:requirement|constraint|editable|find-links|index-url|extra-index-url|trusted-host|hash|no-binary|only-binary|pre|prefer-binary|use-pep517|no-use-pep517|require-hashes|no-deps|no-index|no-cache-dir|no-build-isolation|use-feature|global-option|build-option|install-option|config-settings?|process-dependency-links|timeout|default-timeout)\b.*";
    let places =
        r"(?:(?:git|hg|svn|bzr)\+\S+|(?:https?|file|s3)://\S+|\.{1,2}(?:/\S*)?(?:\[[\w, .-]*\])?|/\S+|\S+\.(?:whl|tar\.gz|zip))";
    let extras = r"(?:\s*\[[\w, .-]*\])?";
    let package = format!(r"[A-Za-z0-9][\w.-]*{extras}\s*(?:@\s*\S+|\(?\s*{version}(?:\s*,\s*{version})*\s*,?\s*\)?)?");
    let end = r"(?:\s*;.*)?(?:\s+--[a-z].*)?\s*\\?(?:\s+#.*)?";
    Regex::new(&format!(r"(?-u)^\s*(?:{options}|{places}{end}|{package}{end})$")).ok()
});

/// A line that only a list of packages has: an option that names packages or places, a pinned version, one of three parts, a range.
static SURELY_LISTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let options =
        r"-[rcei]\s*\S|--(?:requirement|constraint|editable|index-url|extra-index-url|hash|require-hashes)\b|(?:git|hg)\+\S";
    let versions = r"={2,3}\s*v?\d|~=\s*\d|[<>]=?\s*\d+(?:\.\d+){2}|[<>]=?\s*\d[\w.]*\s*,\s*[<>!]=?\s*\d";
    Regex::new(&format!(r"(?-u)^\s*(?:{options}|[A-Za-z0-9][\w.-]*(?:\s*\[[\w, .-]*\])?\s*\(?\s*(?:{versions}))")).ok()
});

/// Packages that models are trained and served with; such a name with a version is nothing else.
static PACKAGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = r"numpy|pandas|scipy|scikit[-_]learn|xgboost|lightgbm|catboost|torch|torchvision|tensorflow|tensorflow-cpu|keras|transformers|datasets|onnx|onnxruntime|boto3|botocore|awscli|sagemaker|sagemaker[-_][\w-]+|pyarrow|fastparquet|joblib|cloudpickle|mlflow|flask|gunicorn|gevent|fastapi|uvicorn|requests|pydantic|shap|statsmodels|matplotlib|smdebug|s3fs|fsspec|awswrangler|pyyaml|pytest";
    Regex::new(&format!(r"(?-u)^\s*(?i:{names})(?:\s*\[[\w, .-]*\])?\s*([@=!~<>;(].*|\\)?(?:\s+#.*)?$")).ok()
});

/// Names that are algorithms as well as packages.
static ALGORITHM: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)^\s*(?i:xgboost|lightgbm|catboost)\s*$").ok());

/// Returns whether every line is one of a list of packages, and they could be nothing else: limits and lists of algorithms are
/// written alike.
fn is_requirements(lines: &[&[u8]]) -> bool {
    let listed: Vec<&[u8]> = lines.iter().map(|line| line.trim_ascii()).filter(|line| !line.starts_with(b"#")).collect();
    let is_package = |line: &[u8]| is(&PACKAGE, line);
    let versioned = |line: &[u8]| is_package(line) && line.iter().any(|byte| b"=<>~@".contains(byte));
    // One word alone may be anything.
    let named =
        || listed.len() > 1 && listed.iter().all(|line| is_package(line)) && !listed.iter().all(|line| is(&ALGORITHM, line));
    let is_sure = listed.iter().any(|line| is(&SURELY_LISTED, line) || versioned(line)) || named();
    !listed.is_empty() && listed.iter().all(|line| is(&REQUIREMENT, line)) && is_sure
}

/// Returns whether a text is a Dockerfile: it begins with `FROM`, or with arguments before it, and has an instruction that does
/// something. In lower case its image must be named as only images are.
fn is_dockerfile(lines: &[&[u8]]) -> bool {
    static BEGINS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let image = r"[\w$\x7b][\w.:/@$\x7b\x7d-]*";
        let known = r"(?:ubuntu|debian|alpine|centos|fedora|rockylinux|almalinux|amazonlinux|python|node|golang|rust|openjdk|nginx|busybox|scratch|\S*[:/@$]\S*)";
        let platform = r"(?:--platform=\S+\s+)?";
        let name = r"(?:\s+(?i:AS)\s+[\w.-]+)?";
        Regex::new(&format!(r"(?-u)^(?:FROM\s+{platform}{image}|from\s+{platform}{known}){name}$")).ok()
    });
    static DOES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?-u)^(?:RUN|CMD|ENTRYPOINT|COPY|ENV|WORKDIR)\s+\S|^(?:run|cmd|entrypoint|copy|env|workdir)\s+\S").ok()
    });
    let mut lines = lines.iter().map(|line| line.trim_ascii()).filter(|line| !line.starts_with(b"#"));
    let first = lines.find(|line| !line.to_ascii_uppercase().starts_with(b"ARG "));
    first.is_some_and(|line| is(&BEGINS, line)) && lines.any(|line| is(&DOES, line))
}

/// Returns whether lines at the left margin are sentences more than now and then, outside comments and texts: notes that quote Python.
fn is_prose(head: &[u8]) -> bool {
    static OTHER: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?-u)(?m)^[ \t]*#.*$|(?s:\x22{3}.*?(?:\x22{3}|\z)|'{3}.*?(?:'{3}|\z))").ok());
    static SENTENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?-u)^(?:from\s+\S+\s+[a-z]|(?:class|def)\s+\w+\s*$|[A-Za-z][\w'\x92-]*,?\s+[A-Za-z])").ok()
    });
    static STATEMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let words = r"import|if|elif|else|for|while|with|try|except|finally|return|raise|assert|async|await|global|nonlocal|del|pass|print|exec|yield|match|case|type|lambda|not|cdef|cpdef";
        let rest = r"from\s+\S+\s+(?:c?import)\b|(?:def|class)\s+\w+\s*[(:\[]|\w+\s+(?:if|in|is|and|or|not|for|else)\b";
        Regex::new(&format!(r"(?-u)^(?:(?:{words})\b|{rest})")).ok()
    });
    let Some(other) = OTHER.as_ref() else { return false };
    let code = other.replace_all(head, &b""[..]);
    let is_left = |line: &&[u8]| line.first().is_some_and(|byte| !byte.is_ascii_whitespace());
    let left: Vec<&[u8]> = code.split(|byte| *byte == b'\n').filter(is_left).collect();
    let sentences = left.iter().filter(|line| is(&SENTENCE, line) && !is(&STATEMENT, line)).count();
    sentences * 20 > left.len()
}

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
    if let Some(format) = by_runner(&lines) {
        return Some(format);
    }
    // Lines that go on from the one before (tracebacks, pretty JSON) do not count against a format: one line in ten is enough,
    // and the first must be one of them.
    for (format, pattern) in PATTERNS.iter() {
        let matching = lines.iter().filter(|line| pattern.is_match(line)).count();
        let is_other = *format == Format::GitHubLog && (!is(&GITHUB, head) || is(&AZURE, head));
        if matching * 10 >= lines.len() && (pattern.is_match(first) || *format == Format::S3Ls) && !is_other {
            return Some(*format);
        }
    }
    if is_dockerfile(&lines) {
        return Some(Format::Dockerfile);
    }
    if is_requirements(&lines) {
        return Some(Format::Requirements);
    }
    if is(&SHELL, head) {
        return Some(Format::Shell);
    }
    if is(&TEMPLATE, head) {
        return Some(Format::Template);
    }
    let is_fenced = memchr::memmem::find(head, b"\n```").is_some();
    if is(&IMPORT, head) && is(&PYTHON, head) && !is_fenced && !is_prose(head) {
        return Some(Format::Python);
    }
    if is(&CALL, head) && is(&COMMANDS, head) && !is_fenced {
        return Some(Format::Shell);
    }
    if is(&ANSWERED, head) && !is_fenced {
        return Some(Format::ClientLog);
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
