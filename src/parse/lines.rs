//! Text, line by line, with what is wrong with lines told to the sink.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::Context;
use super::sink::Sink;
use crate::evidence::citation::Locator;
use crate::evidence::lines::{self, Line};
use crate::evidence::window::Window;

/// Gives each line (without its end, from 1) to `visit`. Bytes that are no UTF-8 are replaced and noted once; a line that is too
/// long is a defect.
pub(crate) fn lines(window: &mut Window<'_>, cx: &Context<'_>, sink: &mut Sink, visit: &mut dyn FnMut(&str, u64, &mut Sink)) {
    let limit = cx.options.limits.line;
    let mut noted = false;
    lines::lines(window, limit, &mut |line, number| {
        match line {
            Line::Text(line) => {
                if matches!(line, Cow::Owned(_)) && !noted {
                    noted = true;
                    sink.note(Locator::Line(number), "bytes that are no UTF-8 were replaced, here and perhaps later");
                }
                visit(&line, number, sink);
            }
            Line::TooLong => sink.damaged(Locator::Line(number), format!("a line of more than {limit} bytes")),
        }
        ControlFlow::Continue(())
    });
}
