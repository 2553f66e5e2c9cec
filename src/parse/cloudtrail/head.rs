//! The few members of a record that tell what it is, read off its text: most records end here.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::json::element;
use crate::json::skim::Element;
use crate::time::Instant;

/// What the record before says of the next one: records lie close together in time, and mostly have the same members.
#[derive(Default)]
pub(in crate::parse) struct Usual {
    /// Where the account stood, counted from the end of the text between two containers.
    account: usize,
    /// The minute, as it is written.
    minute: Option<([u8; MINUTE], Instant)>,
}

/// Bytes of `YYYY-MM-DDTHH:MM`.
const MINUTE: usize = 16;

impl Usual {
    /// Reads a time, which mostly is of the same minute as the one before.
    fn time(&mut self, text: &[u8]) -> Option<Instant> {
        let parse = || Instant::parse(std::str::from_utf8(text).ok()?, false);
        let Some((minute, &[b':', tens @ b'0'..=b'5', ones @ b'0'..=b'9', b'Z'])) = text.split_first_chunk::<MINUTE>() else {
            return parse();
        };
        match &self.minute {
            Some((known, begins)) if known == minute => Some(begins.plus(i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))),
            _ => {
                let at = parse()?;
                self.minute = Some((*minute, at.rounded_down(60)));
                Some(at)
            }
        }
    }
}

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
    /// Who called; the whole record where it does not say.
    pub(super) identity: &'a [u8],
    /// What was asked; the whole record where it does not say.
    request: &'a [u8],
    /// How much of the record's text was read up to its region; 0 where its members stand in no usual order.
    pub(super) read: usize,
}

impl<'a> Head<'a> {
    /// Reads the head of a record.
    ///
    /// # Errors
    ///
    /// Says why the element is no record.
    pub(super) fn of(element: &Element<'a>, usual: &mut Usual) -> Result<Self, String> {
        match Self::at_the_usual_place(element, usual) {
            Some(head) => Ok(head),
            None => Self::anywhere(element),
        }
    }

    /// Reads the members where `CloudTrail` writes them: one after the other behind `userIdentity`, and the account somewhere
    /// behind them.
    fn at_the_usual_place(element: &Element<'a>, usual: &mut Usual) -> Option<Self> {
        let text = element.bytes;
        let children = element.children?;
        let [open, close] = *children.first()?;
        let (open, close) = (open as usize, close as usize);
        // Nothing else stands before it: whatever did would not be read.
        let (_, before) = member(text.get(..open)?, br#"{"eventVersion":""#)?;
        if before != br#","userIdentity":"# {
            return None;
        }
        let (time, rest) = member(text.get(close..)?, br#","eventTime":""#)?;
        let (source, rest) = member(rest, br#","eventSource":""#)?;
        let (name, rest) = member(rest, br#","eventName":""#)?;
        let (region, rest) = member(rest, br#","awsRegion":""#)?;
        let read = text.len() - rest.len();
        let account = account(text, children, usual)?;
        let at = usual.time(time)?;
        let [source, name, region, account] = [source, name, region, account].map(Cow::Borrowed);
        let is_asked = |&&[open, _]: &&[u32; 2]| text[..open as usize].ends_with(br#","requestParameters":"#);
        let request = children.get(1).filter(is_asked).map_or(text, |[open, close]| &text[*open as usize..*close as usize]);
        Some(Self { at, source, name, region, account, identity: &text[open..close], request, read })
    }

    fn anywhere(element: &Element<'a>) -> Result<Self, String> {
        let (mut time, mut source, mut name, mut region, mut account) = (None, None, None, None, None);
        let (mut identity, mut request) = (None, None);
        for (key, value) in element.fields() {
            match key {
                b"eventTime" => time = element::string(value),
                b"eventSource" => source = element::string(value),
                b"eventName" => name = element::string(value),
                b"awsRegion" => region = element::string(value),
                b"recipientAccountId" => account = element::string(value),
                b"userIdentity" => identity = Some(value),
                b"requestParameters" => request = Some(value).filter(|value| value.starts_with(b"{")),
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
            identity: identity.unwrap_or(element.bytes),
            request: request.unwrap_or(element.bytes),
            read: 0,
        })
    }

    /// Returns the service called, such as `s3`.
    pub(super) fn service(&self) -> Option<&[u8]> {
        self.source.strip_suffix(b".amazonaws.com")
    }

    /// Returns whether a record of this head says something that lineage, checks or the timeline use.
    pub(super) fn matters(&self, record: &Element<'_>) -> bool {
        let is_refused = || {
            let code = || record.field("errorCode").is_some_and(|code| code != b"null");
            NEEDLES.refused.find(record.bytes).is_some() && code()
        };
        self.matters_if(|needle, text| needle.find(text).is_some(), is_refused)
    }

    /// Returns whether it could matter, or its members stand in no usual order.
    pub(super) fn may_matter(&self) -> bool {
        self.read == 0 || self.matters_if(|_, _| true, || true)
    }

    fn matters_if(&self, finds: impl Fn(&Finder<'static>, &[u8]) -> bool, is_refused: impl Fn() -> bool) -> bool {
        let Some(service) = self.service() else { return false };
        // Whether the caller is the session of a role that a job assumed.
        let is_session = || finds(&NEEDLES.session, self.identity);
        let name = &*self.name;
        match service {
            // Of the features that are written and read, those matter that were refused.
            b"sagemaker" if matches!(name, b"PutRecord" | b"GetRecord" | b"BatchGetRecord") => is_refused(),
            b"sagemaker" => !is_read_only(name) && !is_data_plane(name),
            b"s3" => match name {
                b"PutObject" | b"CopyObject" | b"CompleteMultipartUpload" | b"DeleteObject" | b"DeleteObjects" => true,
                // Reads matter where they tell what a job read: by its role's session, or by naming a version.
                b"GetObject" => is_session() || finds(&NEEDLES.version, self.request),
                _ => !is_read_only(name) && name.windows(6).any(|word| word == b"Bucket"),
            },
            b"kms" => matches!(name, b"Decrypt" | b"GenerateDataKey") && is_session() && finds(&NEEDLES.object, self.request),
            b"ecr" => matches!(
                name,
                b"PutImage" | b"BatchDeleteImage" | b"PutImageTagMutability" | b"CreateRepository" | b"DeleteRepository"
            ),
            b"cloudtrail" | b"events" | b"monitoring" | b"application-autoscaling" => !is_read_only(name),
            b"autoscaling" => is_scaling(name) && finds(&NEEDLES.namespace, self.request),
            b"logs" => match name {
                b"DeleteLogGroup" | b"DeleteLogStream" | b"PutRetentionPolicy" | b"DeleteRetentionPolicy" => true,
                // Of what is written, it matters what an endpoint may not write, and whether it could afterwards.
                b"CreateLogGroup" | b"CreateLogStream" | b"PutLogEvents" => {
                    finds(&NEEDLES.endpoint_log, self.request) || (is_session() && is_refused())
                }
                _ => false,
            },
            b"codebuild" => name == b"StartBuild",
            _ => false,
        }
    }
}

/// Returns whether Application Auto Scaling, which shares its source with EC2 Auto Scaling, has a call of that name that changes
/// something. Of the latter there may be many: their names tell most of them apart, and for what both have, that only the former names
/// a namespace.
fn is_scaling(name: &[u8]) -> bool {
    matches!(
        name,
        b"RegisterScalableTarget"
            | b"DeregisterScalableTarget"
            | b"PutScalingPolicy"
            | b"DeleteScalingPolicy"
            | b"PutScheduledAction"
            | b"DeleteScheduledAction"
    )
}

/// What the account stands behind.
const ACCOUNT: &[u8] = br#""recipientAccountId":""#;

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
    /// The log group of an endpoint.
    endpoint_log: Finder<'static>,
    /// What Application Auto Scaling scales.
    namespace: Finder<'static>,
}

static NEEDLES: LazyLock<Needles> = LazyLock::new(|| Needles {
    account: Finder::new(ACCOUNT),
    session: Finder::new(br#"/SageMaker""#),
    version: Finder::new(br#""versionId""#),
    object: Finder::new(br#""aws:s3:arn""#),
    refused: Finder::new(br#""errorCode""#),
    endpoint_log: Finder::new(br#""/aws/sagemaker/Endpoints/"#),
    namespace: Finder::new(br#""serviceNamespace""#),
});

/// Reads a string member that `text` begins with; returns its content and what follows. A string with an escape in it is left
/// to slower readers.
#[expect(clippy::inline_always, reason = "measured: keys of known length are compared in place")]
#[inline(always)]
fn member<'a>(text: &'a [u8], key: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let rest = text.strip_prefix(key)?;
    let end = element::short_run(rest)?;
    let (value, rest) = (&rest[..end], &rest[end..]);
    Some((value, rest.strip_prefix(b"\"")?))
}

/// Returns the account that `CloudTrail` writes near the end of a record, between the containers in it: there, only a key can be
/// a quoted text before a colon.
fn account<'a>(text: &'a [u8], children: &[[u32; 2]], usual: &mut Usual) -> Option<&'a [u8]> {
    let mut end = text.len();
    for [open, close] in children.iter().rev() {
        let between = text.get(*close as usize..end)?;
        let again = between.len().checked_sub(usual.account).filter(|at| between[*at..].starts_with(ACCOUNT));
        if let Some(found) = again.or_else(|| NEEDLES.account.find(between)) {
            usual.account = between.len() - found;
            let digits = between.get(found + ACCOUNT.len()..)?.split_at_checked(12)?;
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
                let mut usual = Usual::default();
                let [short, again] = [(); 2].map(|()| Head::at_the_usual_place(&element, &mut usual).map(show));
                assert_eq!(short, again);
                found = [short, Head::anywhere(&element).ok().map(show)];
            }
        });
        found
    }

    #[test]
    fn application_auto_scaling_is_told_from_the_other_of_its_source() {
        let matters = |source: &str, name: &str, request: &str| {
            let head = Head {
                at: Instant::from_seconds(0),
                source: Cow::Owned(format!("{source}.amazonaws.com").into_bytes()),
                name: Cow::Borrowed(name.as_bytes()),
                region: Cow::Borrowed(b"eu-west-1"),
                account: Cow::Borrowed(b"111122223333"),
                identity: b"",
                request: request.as_bytes(),
                read: 0,
            };
            head.matters(&Element { bytes: b"{}", list: "", index: 0, offset: 0, children: None })
        };
        let target = r#"{"serviceNamespace":"sagemaker","resourceId":"endpoint/a/variant/b"}"#;
        let group = r#"{"autoScalingGroupName":"workers","policyName":"by-cpu"}"#;
        for source in ["autoscaling", "application-autoscaling"] {
            assert!(matters(source, "RegisterScalableTarget", target) && matters(source, "PutScalingPolicy", target), "{source}");
            assert!(!matters(source, "DescribeScalableTargets", target), "{source}");
        }
        assert!(!matters("autoscaling", "PutScalingPolicy", group) && !matters("autoscaling", "UpdateAutoScalingGroup", group));
    }

    const START: &str = r#""eventVersion":"1.08","userIdentity":{"type":"Root","accountId":"999988887777"},"eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1""#;

    #[test]
    fn times_of_one_minute_are_read_like_others() {
        let mut usual = Usual::default();
        let texts = [
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:59Z",
            "2026-01-02T03:04:60Z",
            "2026-01-02T03:04:5Z",
            "2026-01-02T03:04:00+01:00",
            "2026-01-02T03:04:07.5Z",
            "2026-01-02T03:05:00Z",
            "2026-01-02T03:04:00Z",
            "2026-02-30T03:04:00Z",
            "2026-01-02 03:04:11Z",
            "1767323045",
            "",
        ];
        for text in texts {
            assert_eq!(usual.time(text.as_bytes()), Instant::parse(text, false), "{text}");
        }
    }

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
