//! Text of a structure as words that facts share.

use crate::fact::s3::S3Uri;
use crate::fact::symbol::{Symbol, Symbols};
use crate::json::scalar::Text;

impl Text {
    /// Returns the text as a word that others share.
    pub(in crate::parse) fn shared(&self, symbols: &mut Symbols) -> Option<Symbol> {
        self.0.as_deref().map(|text| symbols.of(text))
    }

    /// Returns the place in S3 that the text names; places share their bucket's name.
    pub(in crate::parse) fn uri(&self, symbols: &mut Symbols) -> Option<S3Uri> {
        S3Uri::shared(self.0.as_deref()?, symbols)
    }
}
