//! `sagemaker list-tags`: the answer does not say whose tags they are.

use litemap::LiteMap;
use serde::Deserialize;

use super::super::sink::Sink;
use super::super::{Context, Header, Reader, typed};
use crate::evidence::citation::{Locator, Source};
use crate::fact::arn::Arn;
use crate::fact::call::TagsStatement;
use crate::fact::{Statement, secret};
use crate::json::scalar::Text;
use crate::json::skim::Element;
use crate::recognise::Format;

/// Returns the reader of tags.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::Tags => Some(Box::new(TagList::default())),
        _ => None,
    }
}

#[derive(Default)]
struct TagList {
    tags: LiteMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Tag {
    key: Text,
    value: Text,
}

impl Reader for TagList {
    fn element(&mut self, element: &Element<'_>, place: Locator, _: &Context<'_>, sink: &mut Sink) {
        if let Some(tag) = typed::<Tag>(element.bytes, &place, sink) {
            sink.record();
            if let Some(key) = tag.key.0 {
                self.tags.insert(key, tag.value.0.unwrap_or_default());
            }
        }
    }

    fn finish(&mut self, header: &Header, cx: &Context<'_>, sink: &mut Sink) {
        let Some(arn) = cx.option("resource-arn").and_then(Arn::parse) else {
            return sink.orphan("the resource that has these tags");
        };
        sink.uses_request();
        let mut tags = std::mem::take(&mut self.tags);
        if !cx.options.show_secrets {
            secret::redact(&mut tags);
        }
        let time = cx.captured().or_else(|| header.date());
        sink.say(
            &Locator::Whole,
            Source::SageMaker,
            time,
            Statement::Tags(Box::new(TagsStatement { arn, tags, all: !header.is_cut() })),
        );
    }
}
