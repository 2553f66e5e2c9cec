//! The instructions of a Dockerfile, lines that go on joined.

use std::sync::LazyLock;

use regex::Regex;

/// Instructions of one file that are looked at.
const MOST: usize = 2_000;

/// An instruction: its line, its word, the rest, and the texts that follow it (`<<EOF`).
#[derive(Debug)]
pub(super) struct Instruction {
    pub(super) line: u32,
    pub(super) word: String,
    pub(super) rest: String,
    pub(super) bodies: Vec<String>,
}

/// A text that follows an instruction.
struct Following {
    end: String,
    /// Whether tabs may stand before its end.
    tabs: bool,
}

/// Returns the instructions, and lines from which on something was not understood.
pub(super) fn instructions(text: &str) -> (Vec<Instruction>, Vec<(u32, String)>) {
    let mut found: Vec<Instruction> = Vec::new();
    let mut lost = Vec::new();
    let mut open = false;
    let mut following: Vec<Following> = Vec::new();
    let escape = escape(text);
    for (number, line) in (1_u32..).zip(text.lines()) {
        if let (Some(next), Some(last)) = (following.first(), found.last_mut()) {
            let own = if next.tabs { line.trim_start_matches('\t') } else { line };
            if own == next.end {
                following.remove(0);
            } else if let Some(body) = last.bodies.last_mut() {
                body.push_str(line);
                body.push('\n');
            }
            continue;
        }
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let goes_on = line.ends_with(escape);
        let own = line.strip_suffix(escape).unwrap_or(line).trim_end();
        let is_full = found.len() >= MOST;
        match found.last_mut().filter(|_| open) {
            Some(last) => {
                last.rest.push(' ');
                last.rest.push_str(own);
            }
            None if is_full => {
                lost.push((number, format!("only its first {MOST} instructions are looked at")));
                break;
            }
            None => {
                let (word, rest) = own.split_once(char::is_whitespace).unwrap_or((own, ""));
                let (word, rest) = (word.to_ascii_uppercase(), rest.trim().to_owned());
                found.push(Instruction { line: number, word, rest, bodies: Vec::new() });
            }
        }
        open = goes_on;
        if let Some(last) = found.last_mut().filter(|last| !goes_on && matches!(last.word.as_str(), "RUN" | "COPY" | "ADD")) {
            following = follows(&last.rest);
            if !following.is_empty() {
                last.bodies.push(String::new());
            }
        }
    }
    if let (Some(next), Some(last)) = (following.first(), found.last()) {
        let end: String = next.end.chars().take(40).collect();
        lost.push((last.line, format!("the text after <<{end} is never ended: the rest of the file is taken for it")));
    }
    (found, lost)
}

/// Returns the sign that joins lines: `\`, or what the first lines of the file say.
fn escape(text: &str) -> char {
    static SAYS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^#\s*(?i:escape)\s*=\s*(\S)\s*$").ok());
    let mut directives = text.lines().map(str::trim).take_while(|line| line.starts_with('#') && line.contains('='));
    directives.find_map(|line| SAYS.as_ref()?.captures(line)?[1].chars().next()).unwrap_or('\\')
}

/// Returns the texts that follow an instruction: words of it that begin with `<<`, outside quotes.
fn follows(rest: &str) -> Vec<Following> {
    static WORD: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?:^|\s)\d*<<(-?)(?:"([^"\s]+)"|'([^'\s]+)'|([A-Za-z_][\w.-]*))(?:$|[\s;&|)>])"#).ok());
    static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(^|[^<-])(?:"(?:[^"\\]|\\.)*"|'[^']*')"#).ok());
    let (Some(word), Some(quoted)) = (WORD.as_ref(), QUOTED.as_ref()) else { return Vec::new() };
    let plain = quoted.replace_all(rest, "${1}_");
    let end = |found: &regex::Captures<'_>| (2..5).find_map(|at| Some(found.get(at)?.as_str().to_owned()));
    word.captures_iter(&plain).filter_map(|found| Some(Following { end: end(&found)?, tabs: &found[1] == "-" })).collect()
}
