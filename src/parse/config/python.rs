//! Python as a row of tokens: enough to see calls, names and literals, and to know what is inside a comment or a text.
//!
//! It is no parser: what it is not sure of (a text that does not end, an indentation that makes no sense) is dropped with its
//! line, and the rest goes on. So notes, cut listings and code of any version can be looked at.

/// Tokens of one text that are looked at; nobody writes as many by hand.
pub(super) const MOST: usize = 1_000_000;

/// A token and its line, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) line: u32,
    /// Bytes before it on its line.
    pub(super) column: u32,
    pub(super) what: What,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A name or keyword.
    Name(String),
    /// A text whose value is known.
    Text(String),
    /// A text that is worked out, or bytes.
    Formatted,
    /// A number.
    Number,
    /// A sign: a bracket, an operator, a comma.
    Sign(&'static str),
    /// The end of a statement.
    End,
}

/// Signs of several characters, and those of one that matter; of others it is enough that they are there.
const SIGNS: &[&str] = &[
    "**", "==", "!=", ">=", "<=", ":=", "->", "+=", "-=", "*=", "/=", "|=", "&=", "%=", "(", ")", "[", "]", "{", "}", ",", ":",
    ".", "=", "*", "@", ";",
];

/// Splits a text into tokens.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut scan = Scan { text, at: 0, line: 1, begins: 0, depth: 0, found: Vec::new() };
    while scan.found.len() < MOST && scan.step() {}
    scan.push(What::End, 0);
    scan.found
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    /// Where its line begins.
    begins: usize,
    /// Open brackets: inside them the end of a line ends nothing.
    depth: usize,
    found: Vec<Token>,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Adds a token that ends here and begins `length` bytes before.
    fn push(&mut self, what: What, length: usize) {
        let column = u32::try_from(self.at.saturating_sub(length + self.begins)).unwrap_or(u32::MAX);
        self.found.push(Token { line: self.line, column, what });
    }

    /// Takes the next token; returns false at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest().chars().next() else { return false };
        match first {
            '\n' => {
                self.at += 1;
                // A statement at the left margin ends whatever bracket was left open before it.
                let starts_statement = self.depth > 0 && starts_statement(self.rest());
                if starts_statement {
                    self.depth = 0;
                }
                if self.depth == 0 {
                    self.push(What::End, 0);
                }
                self.line += 1;
                self.begins = self.at;
            }
            '#' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
            '\\' => {
                let joined = self.rest().starts_with("\\\n");
                self.at += if joined { 2 } else { 1 };
                self.line += u32::from(joined);
                self.begins = if joined { self.at } else { self.begins };
            }
            c if c.is_whitespace() => self.at += c.len_utf8(),
            '"' | '\'' => self.text(""),
            c if c.is_alphabetic() || c == '_' => self.name(),
            c if c.is_ascii_digit() => {
                let rest = self.rest();
                let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
                self.at += length;
                self.push(What::Number, length);
            }
            c => self.sign(c),
        }
        true
    }

    fn name(&mut self) {
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let name = rest[..length].to_owned();
        self.at += length;
        let is_prefix = name.len() <= 2 && name.chars().all(|c| "rRbBuUfFtT".contains(c));
        if is_prefix && self.rest().starts_with(['"', '\'']) {
            self.text(&name.to_ascii_lowercase());
        } else {
            self.push(What::Name(name), length);
        }
    }

    fn sign(&mut self, first: char) {
        let Some(sign) = SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) else {
            self.at += first.len_utf8();
            return self.push(What::Sign("?"), first.len_utf8());
        };
        self.at += sign.len();
        match *sign {
            "(" | "[" | "{" => self.depth += 1,
            ")" | "]" | "}" => self.depth = self.depth.saturating_sub(1),
            ";" if self.depth == 0 => return self.push(What::End, 0),
            _ => {}
        }
        self.push(What::Sign(sign), sign.len());
    }

    /// Takes a text that begins with a quote.
    fn text(&mut self, prefix: &str) {
        let line = self.line;
        let column = u32::try_from(self.at.saturating_sub(prefix.len() + self.begins)).unwrap_or(u32::MAX);
        let rest = self.rest();
        let quote = &rest[..1];
        let triple = [quote; 3].concat();
        let (end, from) = if rest.starts_with(&triple) { (triple.as_str(), 3) } else { (quote, 1) };
        let raw = prefix.contains('r');
        let mut value = String::new();
        let mut at = from;
        let closed = loop {
            let Some(inner) = rest.get(at..) else { break false };
            if inner.starts_with(end) {
                break true;
            }
            let mut chars = inner.chars();
            match chars.next() {
                None => break false,
                Some('\n') if end.len() == 1 => break false,
                Some('\\') => {
                    let Some(next) = chars.next() else { break false };
                    match next {
                        '\n' => {}
                        _ if raw => value.extend(['\\', next]),
                        'n' => value.push('\n'),
                        't' => value.push('\t'),
                        '\\' | '\'' | '"' => value.push(next),
                        _ => value.extend(['\\', next]),
                    }
                    at += 1 + next.len_utf8();
                }
                Some(c) => {
                    value.push(c);
                    at += c.len_utf8();
                }
            }
        };
        if !closed && end.len() == 1 {
            // No text that ends: what the line means is not known.
            self.drop_line();
            return;
        }
        let taken = if closed { at + end.len() } else { rest.len() };
        let lines = memchr::memchr_iter(b'\n', &rest.as_bytes()[..taken]).count();
        let last = memchr::memrchr(b'\n', &rest.as_bytes()[..taken]);
        self.begins = last.map_or(self.begins, |last| self.at + last + 1);
        self.at += taken;
        let what = if prefix.contains(['f', 'b', 't']) || !closed { What::Formatted } else { What::Text(value) };
        self.found.push(Token { line, column, what });
        self.line += u32::try_from(lines).unwrap_or_default();
    }

    /// Drops the rest of a line and what was read of its statement.
    fn drop_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        while self.found.last().is_some_and(|token| token.what != What::End) {
            self.found.pop();
        }
        self.depth = 0;
    }
}

/// Returns whether a line begins a statement, at the left margin.
fn starts_statement(rest: &str) -> bool {
    ["def ", "class ", "import ", "from ", "if __name__", "@"].iter().any(|start| rest.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let words = tokens(text).into_iter().map(|token| match token.what {
            What::Name(name) => name,
            What::Text(text) => format!("{text:?}"),
            What::Formatted => "f".to_owned(),
            What::Number => "0".to_owned(),
            What::Sign(sign) => sign.to_owned(),
            What::End => "|".to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_texts_are_no_code() {
        assert_eq!(shown("a = b(c='x') # d(e)\n"), "a = b ( c = \"x\" ) | |");
        assert_eq!(shown("'''f(x)\n'''\ny\n"), "\"f(x)\\n\" | y | |");
        assert_eq!(shown("f(\n  1,\n  'it\\'s', rb'x', f'{y}')"), "f ( 0 , \"it's\" , f , f ) |");
        assert_eq!(tokens("'''a\nb'''\nc")[2].line, 3);
    }

    #[test]
    fn what_does_not_end_costs_its_line() {
        assert_eq!(shown("don't do this\na.b()\n"), "| a . b ( ) | |");
        assert_eq!(shown("f(x,\ndef g():\n"), "f ( x , | def g ( ) : | |");
        for text in ["\"", "'''", "\\", "f'", "é'", "a\\\r\n"] {
            tokens(text);
        }
    }
}
