//! Who called: the identity of a record, read once for all records of an exhibit that share it.

use std::sync::Arc;

use hashbrown::HashMap;

use super::record::{Mended, element_of};
use crate::fact::principal::Principal;
use crate::fact::symbol::{Symbol, Symbols};
use crate::json::element;
use crate::json::scalar::{Text, says_nothing};

/// Identities that are held at a time; a trail of an hour knows some dozens.
const HELD: usize = 1024;

/// The callers met so far in an exhibit, by the text that describes them: one role calls again and again.
#[derive(Default)]
pub(in crate::parse) struct Actors {
    known: HashMap<Box<[u8]>, Arc<Principal>>,
    /// The text that is looked for.
    text: Vec<u8>,
}

impl Actors {
    /// Returns the caller whom a record's `userIdentity` and `userAgent` describe.
    ///
    /// # Errors
    ///
    /// Where a member of the identity is no text.
    pub(super) fn of(
        &mut self,
        identity: &[u8],
        agent: &[u8],
        from_console: bool,
        symbols: &mut Symbols,
        mended: &mut Mended,
    ) -> Result<Arc<Principal>, serde_json::Error> {
        self.text.clear();
        self.text.extend_from_slice(identity);
        self.text.push(u8::from(from_console));
        self.text.extend_from_slice(agent);
        if let Some(known) = self.known.get(&*self.text) {
            return Ok(known.clone());
        }
        let mut own = Mended::default();
        let caller = Arc::new(principal(identity, agent, from_console, symbols, &mut own)?);
        if own == Mended::default() {
            if self.known.len() >= HELD {
                self.known.clear();
            }
            self.known.insert(self.text.as_slice().into(), caller.clone());
        }
        mended.also(own);
        Ok(caller)
    }
}

/// The members of an identity.
#[derive(Default)]
struct Identity {
    kind: Option<Symbol>,
    principal: Text,
    arn: Text,
    account: Option<Symbol>,
    invoked_by: Option<Symbol>,
    issuer: Option<Symbol>,
    source: Text,
}

impl Identity {
    fn of(value: &[u8], symbols: &mut Symbols, mended: &mut Mended) -> Result<Self, serde_json::Error> {
        let mut identity = Self::default();
        for (key, value) in element_of(value).fields() {
            match key {
                b"type" => identity.kind = shared(value, symbols, mended)?,
                b"principalId" => identity.principal = mended.take(element::text(value))?,
                b"arn" => identity.arn = mended.take(element::text(value))?,
                b"accountId" => identity.account = shared(value, symbols, mended)?,
                b"invokedBy" => identity.invoked_by = shared(value, symbols, mended)?,
                b"sessionContext" => {
                    let context = element_of(value);
                    if let Some(arn) = context.field("sessionIssuer").and_then(|issuer| element_of(issuer).field("arn")) {
                        identity.issuer = shared(arn, symbols, mended)?;
                    }
                    if let Some(source) = context.field("sourceIdentity") {
                        identity.source = mended.take(element::text(source))?;
                    }
                }
                _ => {}
            }
        }
        Ok(identity)
    }
}

/// Reads a text that callers share.
fn shared(value: &[u8], symbols: &mut Symbols, mended: &mut Mended) -> Result<Option<Symbol>, serde_json::Error> {
    if let Some(text) = element::plain(value) {
        return Ok((!says_nothing(text)).then(|| symbols.of(text)));
    }
    Ok(mended.take(element::text(value))?.0.map(|text| symbols.of(&text)))
}

fn principal(
    identity: &[u8],
    agent: &[u8],
    console_session: bool,
    symbols: &mut Symbols,
    mended: &mut Mended,
) -> Result<Principal, serde_json::Error> {
    let identity = Identity::of(identity, symbols, mended)?;
    let agent = if agent.is_empty() { None } else { shared(agent, symbols, mended)? };
    let arn = identity.arn.0;
    // `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`
    let session_arn = arn.as_deref().and_then(|arn| arn.split_once(":assumed-role/"));
    let session = session_arn.and_then(|(_, rest)| rest.split_once('/')).map(|(_, session)| session.to_owned());
    let from_principal =
        || identity.principal.0.as_deref().and_then(|id| id.split_once(':')).map(|(_, session)| session.to_owned());
    let is_session = identity.kind.as_deref() == Some("AssumedRole");
    let role = identity.issuer.filter(|_| is_session).or_else(|| {
        let (before, rest) = session_arn?;
        let role = rest.split('/').next()?;
        Some(symbols.of(&format!("{}:role/{role}", before.replacen(":sts:", ":iam:", 1))))
    });
    let browser = agent.as_deref().is_some_and(|agent| agent.starts_with("Mozilla/") || agent.contains("console.amazonaws.com"));
    Ok(Principal {
        kind: identity.kind.unwrap_or_default(),
        account: identity.account,
        role,
        session: session.or_else(|| is_session.then(from_principal).flatten()),
        invoked_by: identity.invoked_by,
        console: console_session || browser,
        agent,
        source_identity: identity.source.0,
        arn,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_one_caller() {
        let mut actors = Actors::default();
        let mut caller = |identity: &str, agent: &str, console| {
            let mut mended = Mended::default();
            let caller = actors.of(identity.as_bytes(), agent.as_bytes(), console, &mut Symbols::default(), &mut mended).unwrap();
            (caller, mended.note())
        };
        let ann = r#"{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ann"}"#;
        let first = caller(ann, r#""aws-cli/2""#, false).0;
        assert!(Arc::ptr_eq(&first, &caller(ann, r#""aws-cli/2""#, false).0));
        assert!(!caller(ann, r#""aws-cli/2""#, false).0.console && caller(ann, r#""aws-cli/2""#, true).0.console);
        assert!(caller(ann, r#""Mozilla/5.0""#, false).0.console);
        // What is mended is noted for every record, not only for the first.
        let torn = r#"{"type":"IAMUser","principalId":"a\ud800"}"#;
        assert!(caller(torn, "", false).1.is_some() && caller(torn, "", false).1.is_some());
    }

    #[test]
    fn only_so_many_are_held() {
        let mut actors = Actors::default();
        for number in 0..3 * HELD {
            let identity = format!(r#"{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/{number}"}}"#);
            let caller = actors.of(identity.as_bytes(), b"", false, &mut Symbols::default(), &mut Mended::default()).unwrap();
            assert!(caller.arn.as_deref().unwrap().ends_with(&format!("/{number}")));
        }
        assert!(actors.known.len() <= HELD);
    }
}
