//! Strings from the evidence, made harmless for where they are shown.
//!
//! Names, user agents and log lines are written by whoever wrote them. A control character moves a terminal's cursor, a
//! bidirectional mark turns a name around, a zero-width character hides in it. Everything that people read goes through here;
//! what is escaped stays legible: `\u{202e}`.

use std::borrow::Cow;

/// Returns whether a character does not show as what it is: controls, bidirectional marks, characters without width, separators
/// that break lines, private and unassigned ones that fonts draw as they like.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{10ffff}')
}

/// Writes a string for a terminal or a page: deceptive characters as their number.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            c if is_deceptive(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_on_the_terminal() {
        assert_eq!(shown("risk-xgb-v41 – größer 模型"), "risk-xgb-v41 – größer 模型");
        assert_eq!(shown("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(shown("a\nb\tc\rd"), "a\\nb\\tc\\rd");
        assert_eq!(shown("gpj.\u{202e}exe"), "gpj.\\u{202e}exe");
        assert_eq!(shown("pay\u{200b}pal\u{9b}31m\u{7f}"), "pay\\u{200b}pal\\u{9b}31m\\u{7f}");
        assert_eq!(shown("\u{e0041}\u{2066}\u{feff}"), "\\u{e0041}\\u{2066}\\u{feff}");
    }
}
