//! Approval: who let a model go, and whether it should still be there.

pub(super) mod bypassed;
pub(super) mod no_reason;
pub(super) mod self_approved;
pub(super) mod zombie;

use crate::case::Case;
use crate::case::registry::Package;
use crate::case::serving::Span;

/// Returns the endpoints that serve models of a package.
pub(super) fn serving<'a>(case: &'a Case, package: &'a Package) -> impl Iterator<Item = &'a Span> {
    let key = package.arn.key();
    case.serving.spans().filter(move |span| {
        case.lineage_of_span(span).and_then(|lineage| lineage.package.value()).is_some_and(|reference| reference.arn.key() == key)
    })
}
