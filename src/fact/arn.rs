//! Amazon resource names.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

/// An ARN as it was recorded. `SageMaker` lowers the case of names in ARNs, not everywhere: comparing goes through [`Arn::key`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    text: Arc<str>,
    /// Kept, because ARNs are compared far more often than they are read.
    key: ArnKey,
}

/// An ARN folded to lower case: what makes two spellings one resource.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArnKey(Arc<str>);

impl Serialize for Arn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl JsonSchema for Arn {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Arn".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl Arn {
    fn new(text: Arc<str>) -> Self {
        let is_folded = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        let key = ArnKey(if is_folded { text.clone() } else { text.to_lowercase().into() });
        Self { text, key }
    }

    /// Reads an ARN.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.starts_with("arn:") && text.bytes().filter(|byte| *byte == b':').count() >= 5).then(|| Self::new(text.into()))
    }

    /// Makes the ARN of a `SageMaker` resource from its name.
    pub fn sagemaker(region: &str, account: &str, kind: &str, name: &str) -> Self {
        let partition = match region {
            _ if region.starts_with("cn-") => "aws-cn",
            _ if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        Self::new(format!("arn:{partition}:sagemaker:{region}:{account}:{kind}/{}", name.to_lowercase()).into())
    }

    /// Returns the ARN as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the form to compare by.
    pub fn key(&self) -> ArnKey {
        self.key.clone()
    }

    fn part(&self, n: usize) -> &str {
        self.text.splitn(6, ':').nth(n).unwrap_or_default()
    }

    /// Returns the service, such as `sagemaker`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// Returns the region; empty for global services.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// Returns the account; empty for S3.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// Returns what follows the account: `training-job/name`.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// Returns the kind of resource: `training-job`.
    pub fn kind(&self) -> &str {
        self.resource().split(['/', ':']).next().unwrap_or_default()
    }

    /// Returns what follows the kind: a name, `group/version`, `name/execution/id`.
    pub fn name(&self) -> &str {
        self.resource().split_once(['/', ':']).map_or(self.resource(), |(_, name)| name)
    }

    /// Returns the last part of the name.
    pub fn last(&self) -> &str {
        self.name().rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl ArnKey {
    /// Returns the folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ArnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The account and region that something belongs to, as far as its export tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Home {
    /// Account.
    pub account: Option<String>,
    /// Region.
    pub region: Option<String>,
}

impl Home {
    /// Returns whether a resource may live there. Where its name is `shared` by others elsewhere, what does not tell where it
    /// belongs belongs to none of them.
    pub fn may_hold(&self, arn: &Arn, shared: bool) -> bool {
        let fits = |own: &Option<String>, other: &str| own.as_deref().map_or(!shared, |own| own == other);
        fits(&self.account, arn.account()) && fits(&self.region, arn.region())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_case() {
        let arn = Arn::parse("arn:aws:sagemaker:us-east-1:111122223333:pipeline/Churn/execution/p4jn9xou8a8s").unwrap();
        assert_eq!(
            (arn.service(), arn.region(), arn.account(), arn.kind()),
            ("sagemaker", "us-east-1", "111122223333", "pipeline")
        );
        assert_eq!((arn.name(), arn.last()), ("Churn/execution/p4jn9xou8a8s", "p4jn9xou8a8s"));
        assert_eq!(
            Arn::sagemaker("us-east-1", "111122223333", "model", "MyModel").as_str(),
            "arn:aws:sagemaker:us-east-1:111122223333:model/mymodel"
        );
        let other = Arn::parse("arn:aws:sagemaker:us-east-1:111122223333:pipeline/churn/execution/p4jn9xou8a8s").unwrap();
        assert_eq!(arn.key(), other.key());
        assert!(Arn::parse("model/x").is_none());
    }
}
