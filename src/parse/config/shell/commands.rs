//! The commands of a shell script, each as its words.
//!
//! Quotes, substitutions, arithmetic, redirections and texts that follow a command (`<<EOF`) are understood as Bash does; what else a
//! script means is not asked. What is not understood to its end is told, so that nobody takes the rest of the file for read.

/// Commands that are kept of one script; nobody writes as many by hand.
pub(in crate::parse) const MOST: usize = 5_000;

/// Words of one command that are kept; nobody writes as many.
const MOST_WORDS: usize = 10_000;

/// Substitutions inside each other; nobody writes as many.
const DEEPEST: usize = 50;

/// Characters within which arithmetic ends.
const LONGEST_SUM: usize = 2_000;

/// Words before a command that leave it what it is.
const BEFORE: [&str; 9] = ["if", "then", "else", "elif", "while", "until", "do", "!", "{"];

/// Programs that run the command behind them, and their options that a value follows.
const RUNNING: [(&str, &[&str]); 10] = [
    ("time", &["-f", "-o"]),
    ("exec", &["-a"]),
    ("command", &[]),
    ("builtin", &[]),
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-T", "-R", "-D"]),
    ("nohup", &[]),
    ("env", &["-u", "-C", "-S"]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n"]),
    ("timeout", &["-s", "-k"]),
];

/// A word of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::parse) struct Word {
    pub(in crate::parse) text: String,
    /// Whether it holds what only the run of the script tells.
    pub(in crate::parse) open: bool,
    /// Whether a part of it stands in quotes.
    pub(in crate::parse) quoted: bool,
    pub(in crate::parse) line: u32,
    /// Where it stands in the text.
    pub(in crate::parse) from: usize,
    pub(in crate::parse) to: usize,
}

/// What was read of a script.
#[derive(Debug, Default)]
pub(in crate::parse) struct Script {
    pub(in crate::parse) commands: Vec<Vec<Word>>,
    /// Lines from which on something was not understood, and what.
    pub(in crate::parse) lost: Vec<(u32, String)>,
}

/// Returns the commands of a script; its lines end in `\n`.
pub(in crate::parse) fn read(text: &str) -> Script {
    let mut reading = Reading { text, line: 1, ..Reading::default() };
    while reading.script.commands.len() < MOST && !reading.stopped && reading.step() {}
    reading.close()
}

/// Returns the words of a command as they stand in its text, on one line.
pub(in crate::parse) fn source(text: &str, words: &[Word]) -> String {
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return String::new() };
    let own = text.get(first.from..last.to).unwrap_or_default();
    own.split("\\\n").flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What is being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Script,
    /// `(…)` and `$(…)`.
    Commands,
    Backticks,
    /// `x=(…)`: words, and no command.
    List,
    /// `((…))` and `$((…))`, with the brackets that are open in it.
    Sum(usize),
    /// `${…}`.
    Value,
}

#[derive(Debug, Default)]
struct Level {
    kind: Kind,
    /// Where it begins, and on which line.
    from: usize,
    begins: u32,
    words: Vec<Word>,
    word: Option<Word>,
    /// The line of the double quote that is open.
    quoted: Option<u32>,
    /// Whether the next word is what is read or written, and none of the command.
    redirects: bool,
}

/// A text that follows a command.
#[derive(Debug)]
struct Following {
    end: String,
    /// Whether tabs may stand before its end.
    tabs: bool,
    line: u32,
}

#[derive(Default)]
struct Reading<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    level: Level,
    outer: Vec<Level>,
    following: Vec<Following>,
    script: Script,
    stopped: bool,
}

impl Reading<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        self.line += u32::from(c == '\n');
        Some(c)
    }

    fn eat(&mut self, sign: char) -> bool {
        let is_next = self.rest().starts_with(sign);
        self.at += if is_next { sign.len_utf8() } else { 0 };
        is_next
    }

    fn push(&mut self, c: char, from: usize, line: u32) {
        self.level.begin(from, line).text.push(c);
    }

    fn enter(&mut self, kind: Kind) {
        if self.outer.len() >= DEEPEST {
            self.stopped = true;
            return self.lose(
                self.line,
                format!("substitutions lie in each other more than {DEEPEST} deep: nothing from here on is read"),
            );
        }
        let level = Level { kind, from: self.at, begins: self.line, ..Level::default() };
        self.outer.push(std::mem::replace(&mut self.level, level));
    }

    fn leave(&mut self, to: usize) {
        if let Some(outer) = self.outer.pop() {
            let mut inner = std::mem::replace(&mut self.level, outer);
            inner.finish(to, &mut self.script);
        }
    }

    fn lose(&mut self, line: u32, what: String) {
        self.script.lost.push((line, what));
    }

    /// Reads one thing; returns false at the end.
    fn step(&mut self) -> bool {
        let (from, line) = (self.at, self.line);
        let Some(c) = self.next() else { return false };
        if matches!(self.level.kind, Kind::Sum(_) | Kind::Value) {
            self.inside(c, from, line);
            return true;
        }
        match c {
            '\\' => match self.next() {
                Some('\n') | None => {}
                Some(next) => self.push(next, from, line),
            },
            '\'' if self.level.quoted.is_none() => self.single(from, line, false),
            '"' => {
                self.level.begin(from, line).quoted = true;
                self.level.quoted = if self.level.quoted.is_some() { None } else { Some(line) };
            }
            '$' => self.dollar(from, line),
            '`' => self.backtick(from, line),
            _ if self.level.quoted.is_some() => self.push(c, from, line),
            '#' if self.level.word.is_none() => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
            '(' => self.bracket(from),
            ')' if matches!(self.level.kind, Kind::Commands | Kind::List) => self.leave(from),
            '<' | '>' => self.redirect(c, from, line),
            '&' if self.rest().starts_with('>') => {
                self.level.word_ends(from);
                while self.eat('>') {}
                self.level.redirects = true;
            }
            '\n' => {
                self.level.finish(from, &mut self.script);
                for following in std::mem::take(&mut self.following) {
                    self.skip(&following);
                }
            }
            ';' | '&' | '|' | ')' => self.level.finish(from, &mut self.script),
            c if c.is_whitespace() => self.level.word_ends(from),
            _ => self.push(c, from, line),
        }
        true
    }

    /// Reads what stands in `${…}` or in arithmetic: of interest is only where it ends, and what is run in it.
    fn inside(&mut self, c: char, from: usize, line: u32) {
        // In double quotes a single one is a letter.
        let is_letter = self.level.quoted.is_some() || self.outer.last().is_some_and(|outer| outer.quoted.is_some());
        match (self.level.kind, c) {
            (_, '\\') => drop(self.next()),
            (_, '$') => self.dollar(from, line),
            (_, '`') => self.backtick(from, line),
            (Kind::Value, '\'') if !is_letter => self.single(from, line, false),
            (Kind::Value, '"') => self.level.quoted = if self.level.quoted.is_some() { None } else { Some(line) },
            (Kind::Value, '}') if self.level.quoted.is_none() => {
                let name = self.text.get(self.level.from..from).unwrap_or_default();
                self.leave(from);
                if let Some(word) = &mut self.level.word {
                    word.text.push_str(name);
                }
            }
            (Kind::Sum(open), '(') => self.level.kind = Kind::Sum(open + 1),
            (Kind::Sum(0), ')') => {
                self.eat(')');
                self.leave(from);
            }
            (Kind::Sum(open), ')') => self.level.kind = Kind::Sum(open - 1),
            _ => {}
        }
    }

    /// Reads what `$` begins.
    fn dollar(&mut self, from: usize, line: u32) {
        self.level.begin(from, line).open = true;
        if self.rest().strip_prefix("((").is_some_and(is_sum) {
            self.at += 2;
            self.enter(Kind::Sum(0));
        } else if self.eat('(') {
            self.enter(Kind::Commands);
        } else if self.eat('{') {
            self.enter(Kind::Value);
        } else if self.level.quoted.is_none() && self.rest().starts_with('\'') && !matches!(self.level.kind, Kind::Sum(_)) {
            self.at += 1;
            self.single(from, line, true);
        }
    }

    fn backtick(&mut self, from: usize, line: u32) {
        if self.level.kind == Kind::Backticks {
            return self.leave(from);
        }
        self.level.begin(from, line).open = true;
        self.enter(Kind::Backticks);
    }

    /// Reads up to the single quote that ends a text; in `$'…'` it can be escaped.
    fn single(&mut self, from: usize, line: u32, escapes: bool) {
        self.level.begin(from, line).quoted = true;
        while let Some(c) = self.next() {
            match c {
                '\'' => return,
                '\\' if escapes => drop(self.next()),
                _ => self.push(c, from, line),
            }
        }
        self.lose(line, "a quote is never closed: the rest of the file is taken for its text".to_owned());
    }

    fn bracket(&mut self, from: usize) {
        let begins = self.level.word.is_none() && matches!(&self.level.words[..], [] | [_]);
        let is_for = self.level.words.iter().all(|word| word.text == "for");
        if begins && is_for && self.rest().strip_prefix('(').is_some_and(is_sum) {
            self.at += 1;
            return self.enter(Kind::Sum(0));
        }
        if self.level.word.as_ref().is_some_and(|word| word.text.ends_with('=')) {
            return self.enter(Kind::List);
        }
        self.level.finish(from, &mut self.script);
        self.enter(Kind::Commands);
    }

    fn redirect(&mut self, sign: char, from: usize, line: u32) {
        // `2>` names what is redirected.
        if self.level.word.as_ref().is_some_and(|word| !word.quoted && word.text.bytes().all(|byte| byte.is_ascii_digit())) {
            self.level.word = None;
        }
        self.level.word_ends(from);
        if sign == '<' && self.rest().starts_with('<') && !self.rest().starts_with("<<") {
            self.at += 1;
            return self.follow(line);
        }
        while self.eat(sign) {}
        if self.eat('(') {
            self.level.begin(from, line).open = true;
            return self.enter(Kind::Commands);
        }
        while ['&', '|', '>'].into_iter().any(|sign| self.eat(sign)) {}
        self.level.redirects = true;
    }

    /// Reads how a text that follows ends.
    fn follow(&mut self, line: u32) {
        let tabs = self.eat('-');
        while self.eat(' ') || self.eat('\t') {}
        let mut end = String::new();
        while let Some(c) = self.rest().chars().next().filter(|c| !c.is_whitespace() && !";|)&<>".contains(*c)) {
            self.next();
            match c {
                '\'' | '"' => {
                    while let Some(inner) = self.rest().chars().next().filter(|inner| *inner != c && *inner != '\n') {
                        self.next();
                        end.push(inner);
                    }
                    self.eat(c);
                }
                '\\' => {}
                _ => end.push(c),
            }
        }
        if !end.is_empty() {
            self.following.push(Following { end, tabs, line });
        }
    }

    /// Passes over a text that follows a command, up to the line that ends it.
    fn skip(&mut self, following: &Following) {
        while !self.rest().is_empty() {
            let rest = self.rest();
            let length = rest.find('\n').unwrap_or(rest.len());
            let own = &rest[..length];
            let own = if following.tabs { own.trim_start_matches('\t') } else { own };
            let is_end = own == following.end;
            let ended = length == rest.len();
            self.at += length + usize::from(!ended);
            self.line += u32::from(!ended);
            if is_end {
                return;
            }
        }
        let shown: String = following.end.chars().take(40).collect();
        self.lose(following.line, format!("the text after <<{shown} is never ended: the rest of the file is taken for it"));
    }

    fn close(mut self) -> Script {
        let end = self.text.len();
        loop {
            if !self.stopped && self.script.commands.len() < MOST {
                let begins = self.level.begins;
                match (self.level.quoted, self.level.kind) {
                    (Some(line), _) => {
                        self.lose(line, "a quote is never closed: the rest of the file is taken for its text".to_owned());
                    }
                    (None, Kind::Value | Kind::List | Kind::Sum(_)) => {
                        self.lose(
                            begins,
                            "a bracket is never closed: the rest of the file is taken for what it holds".to_owned(),
                        );
                    }
                    _ => {}
                }
            }
            if self.outer.is_empty() {
                break;
            }
            self.leave(end);
        }
        self.level.finish(end, &mut self.script);
        self.script.commands.sort_by_key(|words| words.first().map(|word| word.line));
        self.script.lost.sort();
        self.script
    }
}

impl Level {
    fn begin(&mut self, from: usize, line: u32) -> &mut Word {
        self.word.get_or_insert_with(|| Word { line, from, ..Word::default() })
    }

    fn word_ends(&mut self, to: usize) {
        let Some(word) = self.word.take() else { return };
        if !std::mem::take(&mut self.redirects) && self.words.len() < MOST_WORDS {
            self.words.push(Word { to, ..word });
        }
    }

    /// Ends a command.
    fn finish(&mut self, to: usize, script: &mut Script) {
        self.word_ends(to);
        if matches!(self.kind, Kind::List | Kind::Sum(_) | Kind::Value) {
            return;
        }
        self.redirects = false;
        let mut words = std::mem::take(&mut self.words);
        if let Some(last) = words.get(MOST_WORDS - 1) {
            script.lost.push((last.line, format!("only the first {MOST_WORDS} words of a command are looked at")));
        }
        let before = before(&words);
        if before < words.len() {
            script.commands.push(words.split_off(before));
        }
    }
}

/// Returns how many words stand before the command itself.
fn before(words: &[Word]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let name = word.text.split('=').next().unwrap_or_default();
        let sets = word.text.contains('=') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if sets || BEFORE.contains(&word.text.as_str()) {
            at += 1;
            continue;
        }
        let Some((name, valued)) = RUNNING.iter().find(|(name, _)| *name == word.text) else { break };
        // `command -v x` only asks whether it is there.
        let asks = *name == "command" && words.get(at + 1).is_some_and(|next| next.text.starts_with(['-']));
        if asks {
            break;
        }
        at += 1;
        while let Some(option) = words.get(at).filter(|option| option.text.starts_with('-')) {
            at += 1 + usize::from(valued.contains(&option.text.as_str()));
        }
        at += usize::from(*name == "timeout");
    }
    at
}

/// Returns whether what follows `((` is arithmetic: it ends with both brackets at once.
fn is_sum(text: &str) -> bool {
    let mut open = 2_usize;
    let mut chars = text.chars().take(LONGEST_SUM);
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '(' => open += 1,
            ')' if open == 2 => return chars.next() == Some(')'),
            ')' => open -= 1,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let word = |word: &Word| format!("{}{}", word.text, if word.open { "?" } else { "" });
        read(text).commands.iter().map(|words| words.iter().map(word).collect::<Vec<_>>().join(" ")).collect()
    }

    fn lost(text: &str) -> Vec<u32> {
        read(text).lost.iter().map(|(line, _)| *line).collect()
    }

    #[test]
    fn commands_and_their_words() {
        assert_eq!(shown("a 'b c' \"d e\"\\ f # g\nh;i&&j | k"), ["a b c d e f", "h", "i", "j", "k"]);
        assert_eq!(shown("a \\\n  b\nif ! X=1 c; then d; fi"), ["a b", "c", "d", "fi"]);
        assert_eq!(shown("A=$(b \"$C\" d)\ne \"$(f 'g)')\" `h`"), ["b C? d", "f g)", "h", "e ? ?"]);
        assert_eq!(shown("a <<EOF > b\nc d\nEOF\ne"), ["a", "e"]);
        assert_eq!(shown("f() {\n  a $((1 + 2))\n}"), ["f", "a ?", "}"]);
        assert_eq!(shown("sudo -E -u x a; timeout -k 5 600 b; command -v c; A=(d e) f"), ["a", "b", "command -v c", "f"]);
        for text in ["'", "\"", "$(", "`", "\\", "<<", "<<EOF", ")", "\u{1b}'é", "${", "((", "$((", "x=(", "<(", "é<<é\né"] {
            read(text);
        }
        let deep = read(&"$(".repeat(100_000));
        assert!(deep.commands.len() <= DEEPEST + 1 && deep.lost.len() == 1);
    }

    #[test]
    fn arithmetic_is_no_text_that_follows() {
        for text in
            ["x=$((1 << 20))\na", "(( x = 1<<20 ))\na", "for ((i = 0; i<<1; i++)); do a; done", "echo \"$((1 << (2)))\"\na"]
        {
            assert!(shown(text).contains(&"a".to_owned()), "{text}: {:?}", shown(text));
            assert_eq!(lost(text), [0; 0], "{text}");
        }
        assert_eq!(shown("((a); b)\n$((c) | d)"), ["a", "b", "c", "d", "?"]);
        assert_eq!(shown("x=$(( $(a) + 1 ))"), ["a"]);
    }

    #[test]
    fn quotes_of_every_kind_end() {
        for text in [
            "echo $'it\\'s'\na",
            "echo ${x:-\"it's\"} \"${y:-it's}\" ${#z[@]} ${z#*:}\na",
            "echo \"${x##*/}\"\na",
            "x=$(case $1 in b) echo c;; esac)\na",
            "echo \"don't\"\na",
        ] {
            assert_eq!(shown(text).last().map(String::as_str), Some("a"), "{text}: {:?}", shown(text));
            assert_eq!(lost(text), [0; 0], "{text}");
        }
    }

    #[test]
    fn a_text_ends_at_its_own_line() {
        assert_eq!(shown("a <<EOF\nb\n EOF\nc\nEOF\nd"), ["a", "d"]);
        assert_eq!(shown("a <<-'E F' | x\n\tb\n\tE F\nd"), ["a", "x", "d"]);
        assert_eq!(shown("a <<< b\nc"), ["a", "c"]);
    }

    #[test]
    fn what_is_read_or_written_is_no_word() {
        assert_eq!(shown("a b 2>&1 | c d"), ["a b", "c d"]);
        assert_eq!(shown("a >> b 2>&1 c < /dev/null"), ["a c"]);
        assert_eq!(shown("a &> b; c &>> d; e >| f; g 2> \"$h\" i"), ["a", "c", "e", "g i"]);
        assert_eq!(shown("a <(b c) 3<d"), ["b c", "a ?"]);
        assert_eq!(shown("a & b > c & d"), ["a", "b", "d"]);
    }

    #[test]
    fn what_never_ends_is_told() {
        for (text, line) in [
            ("a\nb 'c\nd", 2),
            ("a\nb \"c\nd", 2),
            ("a\n\nb <<EOF\nd", 3),
            ("a <<EOF\nd\n EOF\ne", 1),
            ("echo ${x:-it's}\nd", 1),
            ("x=(a\nb", 1),
        ] {
            assert_eq!(lost(text).first(), Some(&line), "{text}");
        }
        assert_eq!(lost("a (b) \"c\" <<X\nd\nX\n"), [0; 0]);
    }

    #[test]
    fn the_text_of_a_command_is_kept() {
        let text = "A=b sudo x 'y z' \\\n  \"$W\" > f # g\n";
        let script = read(text);
        assert_eq!(source(text, &script.commands[0]), "x 'y z' \"$W\"");
    }
}
