//! The container registry: which tag named which digest.

use serde::Deserialize;

use super::sagemaker::job::listed;
use super::sink::Sink;
use super::{Context, Each, Reader};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::call::Listed;
use crate::fact::image::{ImageStatement, ImageWhat, normal_digest};
use crate::json::scalar::{Moment, Text};
use crate::recognise::Format;

/// Returns the reader of an answer of ECR.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::EcrImages => Each::list(image, |rows, header, cx, sink| listed(Listed::Images, rows, header, cx, sink)),
        Format::EcrRepositories => Each::one(repository),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Image {
    registry_id: Text,
    repository_name: Text,
    image_digest: Text,
    image_tags: Vec<Text>,
    image_pushed_at: Moment,
}

/// Reads an image: its tags are those it has now, its time is when the digest was pushed, not when a tag was put on it.
fn image(image: Image, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let named = image.repository_name.0.or_else(|| cx.option("repository-name").map(str::to_owned));
    let Some(repository) = named else { return sink.orphan("its repository") };
    let digest = image.image_digest.0.as_deref().and_then(normal_digest);
    let account = image.registry_id.0.or_else(|| cx.request.and_then(|request| request.account.clone()));
    let region = cx.request.and_then(|request| request.region.clone());
    let tags: Vec<Option<String>> = image.image_tags.into_iter().map(|tag| tag.0).collect();
    let tags = if tags.is_empty() { vec![None] } else { tags };
    for tag in tags {
        let statement = ImageStatement {
            account: account.clone(),
            region: region.clone(),
            repository: repository.clone(),
            tag,
            digest: digest.clone(),
            what: ImageWhat::Listed { captured: cx.captured() },
            at: image.image_pushed_at.0,
        };
        sink.say(place, Source::Ecr, cx.captured().or(image.image_pushed_at.0), Statement::Image(Box::new(statement)));
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Repository {
    registry_id: Text,
    repository_name: Text,
    repository_uri: Text,
    image_tag_mutability: Text,
}

fn repository(repository: Repository, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let (Some(name), Some(mutability)) = (repository.repository_name.0, repository.image_tag_mutability.0) else { return };
    let region = repository.repository_uri.0.as_deref().and_then(crate::fact::image::ImageRef::parse);
    let statement = ImageStatement {
        account: repository.registry_id.0,
        region: region.as_ref().and_then(|image| image.region()).map(str::to_owned),
        repository: name,
        tag: None,
        digest: None,
        what: ImageWhat::Mutability { mutable: mutability != "IMMUTABLE" },
        at: cx.captured(),
    };
    sink.say(place, Source::Ecr, cx.captured(), Statement::Image(Box::new(statement)));
}
