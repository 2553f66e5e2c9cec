//! Text, line by line, through the window.

use super::Context;
use super::sink::Sink;
use crate::evidence::citation::Locator;
use crate::evidence::window::Window;

/// Gives each line (without its end, from 1) to `visit`. Bytes that are no UTF-8 are replaced and noted once; a line that is too
/// long is a defect.
pub(crate) fn lines(window: &mut Window<'_>, cx: &Context<'_>, sink: &mut Sink, visit: &mut dyn FnMut(&str, u64, &mut Sink)) {
    let limit = cx.options.limits.line;
    let mut number = 0;
    let mut searched = 0;
    let mut noted = false;
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
        if whole && length <= limit {
            let line = text[..length].strip_suffix(b"\r").unwrap_or(&text[..length]);
            let line = String::from_utf8_lossy(line);
            if matches!(line, std::borrow::Cow::Owned(_)) && !noted {
                noted = true;
                sink.note(Locator::Line(number), "bytes that are no UTF-8 were replaced, here and perhaps later");
            }
            visit(&line, number, sink);
        } else {
            sink.damaged(Locator::Line(number), format!("a line of more than {limit} bytes"));
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
