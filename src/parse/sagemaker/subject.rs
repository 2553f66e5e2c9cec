//! Whether the command that is said to have made an answer can have made it.

use super::super::Context;
use super::super::sink::Sink;
use crate::evidence::citation::Locator;
use crate::fact::arn::Arn;
use crate::json::scalar::Text;

/// Returns the exhibit's context; without its command, where the ids in the answer show that another command made it.
pub(super) fn confirmed<'a>(
    cx: &Context<'a>,
    option: &str,
    name: &Text,
    arn: &Text,
    place: &Locator,
    sink: &mut Sink,
) -> Context<'a> {
    let Some(request) = cx.request else { return *cx };
    let own = arn.0.as_deref().and_then(Arn::parse);
    let asked = request.option(option).filter(|asked| !asked.starts_with("arn:"));
    let differs = |asked: Option<&str>, found: Option<&str>| {
        asked
            .zip(found)
            .filter(|(asked, found)| asked != found)
            .map(|(asked, found)| format!("`{asked}`, and this is of `{found}`"))
    };
    let contradicted = differs(asked, name.0.as_deref())
        .or_else(|| differs(request.account.as_deref(), own.as_ref().map(Arn::account)))
        .or_else(|| differs(request.region.as_deref(), own.as_ref().map(Arn::region)));
    let Some(how) = contradicted else { return *cx };
    let message = format!(
        "the answer contradicts its {}, which is of {how}: the command and its time are refused, the answer is used",
        request.origin.name()
    );
    sink.defect(place.clone(), message);
    Context { request: None, ..*cx }
}
