//! What people write for AWS: templates, pipeline definitions, requests, scripts.
//!
//! Names are kept with the lines they stand on; whether AWS knows them is asked by the checks. Values are kept where they could be
//! those of an enum and nowhere else, so that no secret gets into the case.

mod calls;
mod definition;
mod dockerfile;
mod json;
mod python;
mod requirements;
pub(super) mod shell;
mod steps;
mod template;
mod tree;
mod yaml;

use std::borrow::Cow;
use std::sync::Arc;

use super::sink::Sink;
use super::{Context, Reader, alarm};
use crate::evidence::citation::{Locator, Source};
use crate::evidence::window::Window;
use crate::fact::Statement;
use crate::fact::config::{ConfigSays, ConfigStatement};
use crate::json::skim::Element;
use crate::recognise::{Format, requests};

pub(super) use definition::{of_element as definition, of_text as definition_text, says as definition_says};

/// Returns the reader of what people write as JSON.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::Template => Some(Box::new(Template)),
        Format::Request => Some(Box::new(Whole(request))),
        _ => None,
    }
}

/// Reads what people write as text.
pub(super) fn text(window: &mut Window<'_>, format: Format, cx: &Context<'_>, sink: &mut Sink) {
    let limit = cx.options.limits.element;
    while window.unread().len() <= limit && window.grow() {}
    if window.unread().len() > limit {
        return sink.damaged(Locator::Whole, format!("a text of more than {limit} bytes"));
    }
    let bytes = window.unread().len();
    let text = String::from_utf8_lossy(window.unread());
    if matches!(text, Cow::Owned(_)) {
        sink.note(Locator::Whole, "bytes that are no UTF-8 were replaced");
    }
    let text = text.into_owned();
    window.consume(bytes);
    sink.record();
    match format {
        Format::Template => match yaml::read(&text) {
            Ok(tree) => of_template(&tree, &tree.json(&template::is_function), &Locator::Whole, cx, sink),
            Err((line, message)) => sink.damaged(Locator::Line(line), format!("no YAML: {message}")),
        },
        Format::Requirements => requirements::say(&text, cx, sink),
        Format::Dockerfile => dockerfile::say(&text, cx, sink),
        Format::Shell => shell::say(&text, cx, sink),
        _ => calls::say(&python::tokens(&text), cx, sink),
    }
}

/// Reads an element as a whole, with the lines it stands on.
struct Whole(fn(&tree::Tree, &Locator, &Context<'_>, &mut Sink));

impl Reader for Whole {
    fn element(&mut self, element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink) {
        if let Some(tree) = whole(element, &place, sink) {
            (self.0)(&tree, &place, cx, sink);
        }
    }
}

fn whole(element: &Element<'_>, place: &Locator, sink: &mut Sink) -> Option<tree::Tree> {
    match json::read(element.bytes, element.offset == 0) {
        Ok(tree) => {
            sink.record();
            Some(tree)
        }
        Err(error) => {
            sink.damaged(place.clone(), format!("does not fit its format: {error}"));
            None
        }
    }
}

/// Reads a template in JSON.
struct Template;

impl Reader for Template {
    fn element(&mut self, element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink) {
        let Some(tree) = whole(element, &place, sink) else { return };
        // Numbers are not kept in a tree; alarms need them.
        let values = serde_json::from_slice(element.bytes).unwrap_or_default();
        of_template(&tree, &values, &place, cx, sink);
    }
}

/// States what a template says of names, and of the alarms that it wants.
fn of_template(tree: &tree::Tree, values: &serde_json::Value, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    template::say(tree, place, cx, sink);
    let resources = tree.get("Resources");
    let line = |id: &str| resources.and_then(|all| all.get(id)).and_then(|resource| resource.line);
    alarm::of_template(values, &|id| line(id).map_or_else(|| place.clone(), |line| on(Some(line))), cx, sink);
}

fn request(tree: &tree::Tree, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let names: Vec<&str> = tree.members().iter().map(|(name, _)| name.as_str()).collect();
    let Some(form) = requests::of(&|key| names.contains(&key)) else { return };
    let definition = tree.get("PipelineDefinition").filter(|_| form.service == "sagemaker");
    if let Some((definition, text)) = definition.and_then(|definition| Some((definition, definition.text()?))) {
        let at = definition.line.map_or_else(|| place.clone(), |line| on(Some(line)));
        if let Err(error) = definition::of_text(text, &at, cx, sink) {
            sink.note(at, format!("its PipelineDefinition is no JSON: {error}"));
        }
    }
    let members = tree.node(&|_| false);
    say(ConfigSays::Request { service: form.service, operations: form.operations, members }, place, cx, sink);
}

/// Reads a command that a log shows, if it is one of the AWS CLI.
pub(super) fn command(text: &str) -> Option<ConfigSays> {
    shell::command(text)
}

/// States what the file says.
pub(super) fn say(says: ConfigSays, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let statement = ConfigStatement { file: Arc::from(cx.path), says };
    sink.say(place, Source::Config, None, Statement::Config(Box::new(statement)));
}

/// Names a line.
fn on(line: Option<u32>) -> Locator {
    line.map_or(Locator::Whole, |line| Locator::Line(line.into()))
}
