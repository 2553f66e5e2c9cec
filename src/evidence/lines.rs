//! Text, line by line, through the window.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::window::Window;

/// A line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Its text; owned where bytes that are no UTF-8 were replaced.
    Text(Cow<'a, str>),
    /// It is longer than is read, and was passed over.
    TooLong,
}

/// Gives each line of at most `limit` bytes and its number, from 1, to `visit`, until that breaks off.
pub fn lines(window: &mut Window<'_>, limit: usize, visit: &mut dyn FnMut(Line<'_>, u64) -> ControlFlow<()>) {
    let mut number = 0;
    let mut searched = 0;
    loop {
        let text = window.unread();
        let end = memchr::memchr(b'\n', &text[searched.min(text.len())..]).map(|at| at + searched);
        let (length, whole) = match end {
            Some(end) => (end, true),
            None if window.ended() => (text.len(), true),
            None if text.len() > limit => (text.len(), false),
            None => {
                searched = text.len();
                window.grow();
                continue;
            }
        };
        if length == 0 && end.is_none() {
            return;
        }
        number += 1;
        let line = if whole && length <= limit {
            let line = text[..length].strip_suffix(b"\r").unwrap_or(&text[..length]);
            Line::Text(String::from_utf8_lossy(line))
        } else {
            Line::TooLong
        };
        if visit(line, number).is_break() {
            return;
        }
        window.consume(length + usize::from(end.is_some()));
        searched = 0;
        if !whole {
            // The rest of the long line goes too.
            loop {
                let text = window.unread();
                let end = memchr::memchr(b'\n', text);
                let count = end.map_or(text.len(), |end| end + 1);
                window.consume(count);
                if end.is_some() || !window.grow() {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the lines with their numbers; `-` stands for one that is too long.
    fn read(text: &[u8]) -> Vec<(u64, String)> {
        let mut source = text;
        let mut found = Vec::new();
        lines(&mut Window::passing(&mut source, Vec::new()), 4, &mut |line, number| {
            let text = match line {
                Line::Text(text) => text.into_owned(),
                Line::TooLong => "-".to_owned(),
            };
            found.push((number, text));
            ControlFlow::Continue(())
        });
        found
    }

    #[test]
    fn a_line_that_is_too_long_costs_itself() {
        let expected = |lines: &[&str]| (1..).zip(lines.iter().map(|&line| line.to_owned())).collect::<Vec<_>>();
        assert_eq!(read(b"a\r\n\nlonger\nb"), expected(&["a", "", "-", "b"]));
        assert_eq!(read(b"a\nlonger"), expected(&["a", "-"]));
        assert_eq!(read(b"\xff\n"), expected(&["\u{fffd}"]));
        assert_eq!(read(b""), []);
    }
}
