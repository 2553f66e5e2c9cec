//! Secrets in running text, behind a name: commands, messages, JSON and Python inside them.
//!
//! A value goes as far as whoever wrote it meant it to: to the end of its quotes, or of those around name and value, or to the next
//! blank. Where that cannot be told, too much is replaced and never too little.

use std::sync::LazyLock;

use regex::Regex;

use super::{REDACTED, is_secret};

/// What every name of a secret holds, and the programs that take one without a name. A text without it is not looked into.
static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)secret|token|passw|pass|pwd|\bpw|_pw|credential|(?:private|api|access|account|signing|encryption)[-_.]?key|auth|\bcurl\b|\blogin\b|\bsshpass\b",
    )
    .ok()
});

/// `Key=Password,Value=x`: the name stands in one member, the value in the next.
static PAIR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(?:parameter)?(?:key|name)\\?["']?\s*[=:]\s*\\?["']?([\w.-]+)\\?["']?\s*,\s*\\?["']?(?:parameter)?value\\?["']?\s*[=:]\s*"#)
        .ok()
});

/// Options that carry a password without a name that says so.
static SHORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:curl\b[^|;&\n]*?\s(?:-[a-zA-Z]*u|--user|--proxy-user)|login\b[^|;&\n]*?\s-p|sshpass\s(?:[^|;&\n]*?\s)?-p)(?:[ =]\s*)?",
    )
    .ok()
});

/// Words that end in `pass` and name no password.
const NO_PASS: [&str; 7] = ["bypass", "compass", "encompass", "surpass", "trespass", "overpass", "underpass"];

/// Words that answer a question and are no password.
const ANSWERS: [&str; 7] = ["yes", "no", "ok", "none", "null", "true", "false"];

/// Kinds of HTTP authorisation, behind which the secret stands.
const SCHEMES: [&str; 6] = ["basic", "bearer", "digest", "negotiate", "token", "apikey"];

/// Replaces what stands behind names of secrets.
pub(super) fn redact(text: &str) -> Option<String> {
    let words = WORD.as_ref()?;
    words.find(text)?;
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut from = 0;
    while let Some(found) = words.find_at(text, from) {
        from = found.end();
        let name = name_around(text, found.start(), found.end());
        from = from.max(name.1);
        let Some(span) = behind(text, name) else { continue };
        from = from.max(span.1);
        spans.push(span);
    }
    for found in PAIR.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        if let (Some(whole), Some(name)) = (found.get(0), found.get(1))
            && names_secret(name.as_str())
        {
            spans.extend(value(text, whole.end(), None, false));
        }
    }
    for found in SHORT.iter().flat_map(|pattern| pattern.find_iter(text)) {
        // `-u:` and `--username` are other options.
        if !text[found.end()..].starts_with("name") {
            spans.extend(value(text, found.end(), None, false).filter(|(start, _)| !text[*start..].starts_with('-')));
        }
    }
    if spans.is_empty() {
        return None;
    }
    spans.sort_unstable();
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in spans {
        if end <= at {
            continue;
        }
        if start >= at {
            shown.push_str(&text[at..start]);
            shown.push_str(REDACTED);
        }
        at = end;
    }
    shown.push_str(&text[at..]);
    Some(shown)
}

/// Returns the bounds of the name that a word is part of.
fn name_around(text: &str, start: usize, end: usize) -> (usize, usize) {
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let before = text[..start].chars().rev().take_while(|c| belongs(*c)).map(char::len_utf8).sum::<usize>();
    let after = text[end..].chars().take_while(|c| belongs(*c)).map(char::len_utf8).sum::<usize>();
    (start - before, end + after)
}

/// Returns whether something of this name is a secret.
fn names_secret(name: &str) -> bool {
    let name = name.trim_matches(['-', '.', '_']);
    let folded = name.to_ascii_lowercase();
    let holds = ["secret", "token", "passw", "passphrase", "pwd", "credential", "authorization", "oauth"];
    if holds.iter().any(|word| folded.contains(word)) {
        return true;
    }
    let plain: String = folded.chars().filter(char::is_ascii_alphanumeric).collect();
    let keys = ["privatekey", "apikey", "accesskey", "accountkey", "signingkey", "encryptionkey", "passkey"];
    if keys.iter().any(|word| plain.contains(word)) {
        return true;
    }
    let words = words(name);
    if words.iter().any(|word| word == "pw" || word == "auth") {
        return true;
    }
    // `pass_rate` counts; `db_pass` and `dbpass` do not.
    let is_pass = |word: &String| word.ends_with("pass") && !NO_PASS.contains(&word.as_str());
    let last = words.len().saturating_sub(1);
    words.iter().enumerate().any(|(at, word)| is_pass(word) && (at > 0 || word != "pass" || last == 0))
}

/// Splits a name at its signs and at capitals, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = 'A';
    for c in name.chars() {
        let is_sign = !c.is_alphanumeric();
        if is_sign || (c.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !is_sign) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns the bounds of the secret that stands behind a name.
fn behind(text: &str, (start, end): (usize, usize)) -> Option<(usize, usize)> {
    let name = &text[start..end];
    if !names_secret(name) {
        return None;
    }
    // The quote that name and value stand in together: `'password=a b'`.
    let around = text[..start].chars().next_back().filter(|c| matches!(c, '"' | '\''));
    let rest = &text[end..];
    let quote = ["\\\"", "\\'", "\"", "'"].iter().find(|quote| rest.starts_with(**quote)).map_or(0, |quote| quote.len());
    let sign = rest[quote..].trim_start();
    let is_flag = name.starts_with('-') && quote == 0;
    let (at, is_spaced) = if sign.starts_with([':', '=']) && !sign.starts_with("::") {
        let behind = sign[1..].trim_start_matches(['=', '>']).trim_start();
        (text.len() - behind.len(), sign.starts_with(':'))
    } else if is_flag && rest.starts_with(char::is_whitespace) && !sign.starts_with("--") && !name.ends_with("-stdin") {
        (text.len() - sign.len(), false)
    } else {
        return None;
    };
    let folded = name.trim_matches(['-', '.', '_']).to_ascii_lowercase();
    if folded == "pass" && is_spaced && quote == 0 {
        // `all tests pass: a, b`
        return None;
    }
    let in_url = start > 0 && text[..start].ends_with(['?', '&']);
    let mut found = value(text, at, around.filter(|_| quote == 0), in_url)?;
    let word = text[found.0..found.1].trim_end_matches([':', ',']);
    if folded.ends_with("authorization") && SCHEMES.contains(&word.to_ascii_lowercase().as_str()) {
        let next = text[found.1..].trim_start();
        found = (found.0, value(text, text.len() - next.len(), None, false).map_or(found.1, |next| next.1));
    }
    let inner = &text[found.0..found.1];
    let is_number = inner.parse::<f64>().is_ok();
    let is_kept = (folded == "pass" && is_number)
        || ANSWERS.contains(&inner.to_ascii_lowercase().as_str())
        || (names_alone(&folded) && !is_secret(&folded, inner));
    (!is_kept).then_some(found)
}

/// Returns whether [`is_secret`] knows a name too, and so may say of its value that it is none.
fn names_alone(name: &str) -> bool {
    is_secret(name, "x")
}

/// Returns the bounds of a value that begins at a position, without quotes that enclose it all.
fn value(text: &str, at: usize, around: Option<char>, in_url: bool) -> Option<(usize, usize)> {
    let rest = &text[at..];
    if let Some(quote) = around {
        let end = closing(rest, quote).unwrap_or(rest.len());
        return (end > 0).then_some((at, at + end));
    }
    // Quotes inside a text that is itself quoted.
    for quote in ["\\\"", "\\'"] {
        if let Some(inner) = rest.strip_prefix(quote) {
            let end = inner.find(quote).unwrap_or(inner.len());
            return (end > 0).then_some((at + 2, at + 2 + end));
        }
    }
    if rest.starts_with(['{', '[']) && rest[1..].trim_start().starts_with(['"', '\'', '{', '[', '\\']) {
        // Names and values of its own.
        return None;
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | ')' | ']' | '}' | '.');
    let mut end = 0;
    let mut chars = rest.char_indices();
    while let Some((position, c)) = chars.next() {
        let behind = &rest[position + c.len_utf8()..];
        match c {
            _ if c.is_whitespace() || (c == '&' && in_url) => break,
            '\\' if position > 0 && behind.starts_with(['"', '\'']) => break,
            '\\' => end = position + 1 + chars.next().map_or(0, |(_, next)| next.len_utf8()),
            '"' | '\'' if position == 0 => {
                let Some(inside) = closing(behind, c) else { return (!behind.is_empty()).then_some((at + 1, text.len())) };
                let is_all = behind[inside + 1..].chars().next().is_none_or(|next| ends(next) || "|&<>\\\"'".contains(next));
                if is_all {
                    return (inside > 0).then_some((at + 1, at + 1 + inside));
                }
                return Some(continued(text, at + inside + 2, at, in_url));
            }
            // It ends what name and value stand in.
            '"' | '\'' if behind.chars().next().is_none_or(ends) => break,
            '"' | '\'' => return Some(continued(text, at + position, at, in_url)),
            _ => end = position + c.len_utf8(),
        }
    }
    let end = rest[..end].trim_end_matches([',', ';', ')', ']', '}']).len();
    (end > 0).then_some((at, at + end))
}

/// Returns the bounds of a value that begins at `at` and of which more follows from `end` on, perhaps in quotes.
fn continued(text: &str, mut end: usize, at: usize, in_url: bool) -> (usize, usize) {
    while let Some(next) = text[end..].chars().next() {
        if next.is_whitespace() || (next == '&' && in_url) {
            break;
        }
        end += next.len_utf8();
        if matches!(next, '"' | '\'') {
            end += closing(&text[end..], next).map_or(text.len() - end, |inside| inside + 1);
        }
    }
    (at, end)
}

/// Returns where a quote ends that began before a text.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::super::redact_text;

    #[test]
    fn a_value_goes_to_its_end() {
        for (text, shown) in [
            ("TF_VAR_password='a b' terraform", "TF_VAR_password='<redacted>' terraform"),
            ("--password 's3cr3t pw' --all", "--password '<redacted>' --all"),
            ("--secret \"a b\"", "--secret \"<redacted>\""),
            ("deploy token='x'", "deploy token='<redacted>'"),
            ("{'api_key': 'abc', 'rows': 3}", "{'api_key': '<redacted>', 'rows': 3}"),
            ("{\\\"password\\\": \\\"a b\\\"} \\\"x\\\"", "{\\\"password\\\": \\\"<redacted>\\\"} \\\"x\\\""),
            ("db_pass=abc dbPass=abc signing_pass=abc", "db_pass=<redacted> dbPass=<redacted> signing_pass=<redacted>"),
            ("-var=\"db_passwd=a b\" -x", "-var=\"db_passwd=<redacted>\" -x"),
            ("-var 'token=abc def ghi' -x", "-var 'token=<redacted>' -x"),
            ("DB_PASSWORD=\"hunter 44\" cdk", "DB_PASSWORD=\"<redacted>\" cdk"),
            ("DbPassword=x;tail9 Other=1", "DbPassword=<redacted> Other=1"),
            ("\"DbPassword=x;tail9 Other=1\"", "\"DbPassword=<redacted>\""),
            ("password=ab,cd,ef", "password=<redacted>"),
            ("password=ab\"cd ef\"gh x", "password=<redacted> x"),
            ("password='it\\'s me' x", "password='<redacted>' x"),
            ("password='cut off he", "password='<redacted>"),
            ("(password=abc), then", "(password=<redacted>), then"),
            ("see https://x/?token=ab&rows=3", "see https://x/?token=<redacted>&rows=3"),
            ("Pin=1234 DbPassword=abc", "Pin=1234 DbPassword=<redacted>"),
            ("--pw abc", "--pw <redacted>"),
            ("password=é x", "password=<redacted> x"),
        ] {
            assert_eq!(redact_text(text), shown, "{text}");
            assert_eq!(redact_text(shown), shown, "{shown}");
        }
    }

    #[test]
    fn a_name_may_stand_elsewhere() {
        for (text, shown) in [
            ("ParameterKey=DbPassword,ParameterValue=abc X=1", "ParameterKey=DbPassword,ParameterValue=<redacted> X=1"),
            (r#"{"name": "DB_PASSWORD", "value": "a b"}"#, r#"{"name": "DB_PASSWORD", "value": "<redacted>"}"#),
            ("Authorization: Basic aGVsbG8= x", "Authorization: <redacted> x"),
            ("-H 'Authorization: Basic aGVsbG8=' x", "-H 'Authorization: <redacted>' x"),
            ("-c auth=Basic:aGVsbG8=", "-c auth=<redacted>"),
            ("curl -s -u me:abc https://x", "curl -s -u <redacted> https://x"),
            ("docker login -u AWS -p abc x", "docker login -u AWS -p <redacted> x"),
            ("sshpass -p abc ssh x", "sshpass -p <redacted> ssh x"),
        ] {
            assert_eq!(redact_text(text), shown, "{text}");
        }
        for text in ["Key=Stage,Value=prod", "docker login --password-stdin x", "curl -fsSL https://x"] {
            assert_eq!(redact_text(text), text);
        }
    }

    #[test]
    fn ordinary_texts_stay() {
        for text in [
            "pass=1 fail=0",
            "3 tests pass: a, b",
            "bypass=on compass=north passed=3 passing=x",
            "pass_rate=0.98 pass_count: 4",
            "the token expired",
            "(using password: YES)",
            "tokens: 512, max_tokens=512",
            "use_token=true",
            "token=s3://bucket/key",
            "author=me authored: yesterday",
            "use std::token::parse",
            "password= ",
            "password",
            "\"secret\": {\"rows\": \"12\"}",
            "mkdir -p x && login",
            "",
        ] {
            assert_eq!(redact_text(text), text);
        }
    }

    #[test]
    fn no_text_is_too_strange() {
        for text in
            ["password='", "password=\\", "token=\u{e9}'\u{e9}", "pass=\"\"", "\u{e9}password=\u{e9}\\", "token:=", "'token='"]
        {
            redact_text(text);
        }
        assert!(redact_text(&"password='".repeat(20_000)).len() < 40_000);
    }
}
