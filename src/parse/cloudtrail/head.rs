//! The few members of a record that tell what it is, read off its text: most records end here.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::json::element;
use crate::json::skim::Element;
use crate::time::Instant;

/// What a record is about.
pub(super) struct Head<'a> {
    /// When the call was made.
    pub(super) at: Instant,
    /// The service called, such as `s3.amazonaws.com`.
    pub(super) source: Cow<'a, [u8]>,
    /// The operation.
    pub(super) name: Cow<'a, [u8]>,
    /// The region, empty where the record names none.
    pub(super) region: Cow<'a, [u8]>,
    /// The account whose trail it is.
    pub(super) account: Cow<'a, [u8]>,
}

impl<'a> Head<'a> {
    /// Reads the head of a record.
    ///
    /// # Errors
    ///
    /// Says why the element is no record.
    pub(super) fn of(element: &Element<'a>) -> Result<Self, String> {
        match Self::at_the_usual_place(element) {
            Some(head) => Ok(head),
            None => Self::anywhere(element),
        }
    }

    /// Reads the members where `CloudTrail` writes them: one after the other behind `userIdentity`, and the account somewhere
    /// behind them.
    fn at_the_usual_place(element: &Element<'a>) -> Option<Self> {
        let children = element.children?;
        let (time, rest) = member(element.bytes.get(children.first()?.1 as usize..)?, br#","eventTime":""#)?;
        let (source, rest) = member(rest, br#","eventSource":""#)?;
        let (name, rest) = member(rest, br#","eventName":""#)?;
        let (region, _) = member(rest, br#","awsRegion":""#)?;
        let account = account(element.bytes, children)?;
        let at = Instant::parse(std::str::from_utf8(time).ok()?, false)?;
        let [source, name, region, account] = [source, name, region, account].map(Cow::Borrowed);
        Some(Self { at, source, name, region, account })
    }

    fn anywhere(element: &Element<'a>) -> Result<Self, String> {
        let (mut time, mut source, mut name, mut region, mut account, mut identity) = (None, None, None, None, None, None);
        for (key, value) in element.fields() {
            match key {
                b"eventTime" => time = element::string(value),
                b"eventSource" => source = element::string(value),
                b"eventName" => name = element::string(value),
                b"awsRegion" => region = element::string(value),
                b"recipientAccountId" => account = element::string(value),
                b"userIdentity" => identity = Some(value),
                _ => {}
            }
        }
        let callers_account = || {
            let identity = Element { bytes: identity?, list: "", index: 0, offset: 0, children: None };
            identity.field("accountId").and_then(element::string)
        };
        let (Some(time), Some(source), Some(name)) = (time, source, name) else {
            return Err("no CloudTrail record: it has no time, source or name".to_owned());
        };
        let at = Instant::parse(&time, false).ok_or_else(|| format!("no CloudTrail record: `{time}` is no time"))?;
        let account = account.or_else(callers_account).unwrap_or(Cow::Borrowed("unknown"));
        Ok(Self {
            at,
            source: bytes(source),
            name: bytes(name),
            region: bytes(region.unwrap_or_default()),
            account: bytes(account),
        })
    }

    /// Returns the service called, such as `s3`.
    pub(super) fn service(&self) -> Option<&[u8]> {
        self.source.strip_suffix(b".amazonaws.com")
    }

    /// Returns whether a record of this head and `text` says something that lineage, checks or the timeline use.
    pub(super) fn matters(&self, text: &[u8]) -> bool {
        let Some(service) = self.service() else { return false };
        let name = &*self.name;
        match service {
            // Of the features that are written, those matter that were refused.
            b"sagemaker" if name == b"PutRecord" => NEEDLES.refused.find(text).is_some(),
            b"sagemaker" => !is_read_only(name) && !is_data_plane(name),
            b"s3" => match name {
                b"PutObject" | b"CopyObject" | b"CompleteMultipartUpload" | b"DeleteObject" | b"DeleteObjects" => true,
                // Reads matter where they tell what a job read: by its role's session, or by naming a version.
                b"GetObject" => NEEDLES.session.find(text).is_some() || NEEDLES.version.find(text).is_some(),
                _ => !is_read_only(name) && name.windows(6).any(|word| word == b"Bucket"),
            },
            b"kms" => {
                matches!(name, b"Decrypt" | b"GenerateDataKey")
                    && NEEDLES.object.find(text).is_some()
                    && NEEDLES.session.find(text).is_some()
            }
            b"ecr" => matches!(
                name,
                b"PutImage" | b"BatchDeleteImage" | b"PutImageTagMutability" | b"CreateRepository" | b"DeleteRepository"
            ),
            b"cloudtrail" | b"events" | b"monitoring" | b"application-autoscaling" => !is_read_only(name),
            b"logs" => {
                matches!(name, b"DeleteLogGroup" | b"DeleteLogStream" | b"PutRetentionPolicy" | b"DeleteRetentionPolicy")
            }
            b"codebuild" => name == b"StartBuild",
            _ => false,
        }
    }
}

/// What is looked for in the text of records.
struct Needles {
    account: Finder<'static>,
    /// The session of a role that a `SageMaker` job assumed.
    session: Finder<'static>,
    version: Finder<'static>,
    /// The encryption context of an object.
    object: Finder<'static>,
    /// The error of a call that failed.
    refused: Finder<'static>,
}

static NEEDLES: LazyLock<Needles> = LazyLock::new(|| Needles {
    account: Finder::new(br#""recipientAccountId":""#),
    session: Finder::new(br#"/SageMaker""#),
    version: Finder::new(br#""versionId""#),
    object: Finder::new(br#""aws:s3:arn""#),
    refused: Finder::new(br#""errorCode""#),
});

/// Reads a string member that `text` begins with; returns its content and what follows. A string with an escape in it is left
/// to slower readers.
fn member<'a>(text: &'a [u8], key: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let rest = text.strip_prefix(key)?;
    let end = memchr::memchr2(b'"', b'\\', rest)?;
    let (value, rest) = (&rest[..end], &rest[end..]);
    Some((value, rest.strip_prefix(b"\"")?))
}

/// Returns the account that `CloudTrail` writes near the end of a record, between the containers in it: there, only a key can be
/// a quoted text before a colon.
fn account<'a>(text: &'a [u8], children: &[(u32, u32)]) -> Option<&'a [u8]> {
    let mut end = text.len();
    for (open, close) in children.iter().rev() {
        let between = text.get(*close as usize..end)?;
        if let Some(found) = NEEDLES.account.find(between) {
            let digits = between.get(found + NEEDLES.account.needle().len()..)?.split_at_checked(12)?;
            return (digits.0.iter().all(u8::is_ascii_digit) && digits.1.starts_with(b"\"")).then_some(digits.0);
        }
        end = *open as usize;
    }
    None
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

fn is_read_only(name: &[u8]) -> bool {
    const VERBS: [&[u8]; 11] = [
        b"Describe",
        b"List",
        b"Get",
        b"BatchGet",
        b"BatchDescribe",
        b"Search",
        b"Query",
        b"Head",
        b"Lookup",
        b"Render",
        b"Test",
    ];
    VERBS.iter().any(|verb| name.starts_with(verb))
}

/// Returns whether a `SageMaker` operation is a request of users or features, which is logged without what it carried.
fn is_data_plane(name: &[u8]) -> bool {
    name.starts_with(b"Invoke")
        || matches!(name, b"PutRecord" | b"DeleteRecord" | b"UpdateRecord" | b"BatchPutMetrics" | b"BatchWriteRecord")
}

#[cfg(test)]
mod tests {
    use crate::evidence::window::Window;
    use crate::json::skim::{Layout, Piece, skim};

    use super::*;

    /// Returns what each way of reading says of the first record of a list.
    fn both(record: &str) -> [Option<[String; 5]>; 2] {
        let text = format!(r#"{{"Records":[{record}]}}"#).into_bytes();
        let len = text.len();
        let mut found = [None, None];
        let show = |head: Head<'_>| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            [head.at.to_string(), text(&head.source), text(&head.name), text(&head.region), text(&head.account)]
        };
        skim(&mut Window::whole(text, len), Layout::Members, 1 << 20, &mut |piece| {
            if let Piece::Element(element) = piece {
                found = [Head::at_the_usual_place(&element).map(show), Head::anywhere(&element).ok().map(show)];
            }
        });
        found
    }

    const START: &str = r#""eventVersion":"1.08","userIdentity":{"type":"Root","accountId":"999988887777"},"eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1""#;

    #[test]
    fn the_short_way_says_what_the_long_way_says() {
        let ends = [
            r#","requestParameters":{"a":[1]},"recipientAccountId":"111122223333","eventCategory":"Data""#,
            r#","requestParameters":null,"recipientAccountId":"111122223333","tlsDetails":{"a":1}"#,
            r#","resources":[],"recipientAccountId":"111122223333","x":{"recipientAccountId":"444455556666"},"y":{}"#,
        ];
        for end in ends {
            let [short, long] = both(&format!("{{{START}{end}}}"));
            assert!(short.is_some(), "{end}");
            assert_eq!(short, long);
            assert_eq!(long.unwrap()[4], "111122223333");
        }
    }

    #[test]
    fn the_short_way_gives_up_where_it_could_be_wrong() {
        let odd = [
            // An escape, another order, spaces, an account that is none, one that only a container or a text holds.
            START.replace("GetObject", r"Get\u004fbject"),
            START.replace(r#""eventTime""#, r#""z":1,"eventTime""#),
            START.replace(r#","eventSource""#, r#", "eventSource""#),
            format!(r#"{START},"recipientAccountId":"anonymous""#),
            format!(r#"{START},"requestParameters":{{"recipientAccountId":"444455556666"}}"#),
            format!(r#"{START},"errorMessage":"\"recipientAccountId\":\"444455556666\"""#),
        ];
        for record in odd {
            let [short, long] = both(&format!("{{{record}}}"));
            assert_eq!(short, None, "{record}");
            let long = long.unwrap();
            assert_eq!(long[2], "GetObject");
            assert_ne!(long[4], "444455556666");
        }
    }
}
