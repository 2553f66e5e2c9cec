//! What AWS's API takes: operations, members of structures, values of enums; what `config/` checks hold files against.
//!
//! `model.txt` is made from botocore and `CloudFormation`'s schemas by a script that `.ci/run` holds against it, and names their
//! versions. What neither knows (definitions of pipelines, objects of the `SageMaker` SDK) is written by hand in `dialect.rs`.

pub mod dialect;

use std::collections::BTreeMap;
use std::sync::LazyLock;

static MODEL: LazyLock<BTreeMap<&'static str, Service>> = LazyLock::new(|| read(include_str!("model.txt")));

/// A service, or `CloudFormation`, whose operations are types of resources.
#[derive(Debug, Default)]
pub struct Service {
    /// Whether all its operations are listed.
    whole: bool,
    /// Operations by name.
    operations: BTreeMap<&'static str, Operation>,
    /// Names of operations in lower case without what joins their words.
    folded: BTreeMap<String, &'static str>,
    structures: BTreeMap<&'static str, Vec<Member>>,
    enums: BTreeMap<&'static str, Vec<&'static str>>,
}

/// The structures of an operation.
#[derive(Clone, Copy, Debug, Default)]
struct Operation {
    takes: Option<&'static str>,
    answers: Option<&'static str>,
}

/// A member of a structure.
#[derive(Clone, Copy, Debug)]
struct Member {
    name: &'static str,
    of: Kind,
}

/// What a member or value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A value of which no more is known.
    Any,
    /// A structure or enum.
    Shape(&'static str),
    /// A list of it.
    List(&'static str),
    /// A map with free keys to it.
    Map(&'static str),
}

/// A place in the API: what may stand there.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    service: &'static Service,
    kind: Kind,
}

impl Service {
    /// Returns a service by the name that clients are made with.
    pub fn named(name: &str) -> Option<&'static Self> {
        MODEL.get(name)
    }

    /// Returns all services.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static Self)> {
        MODEL.iter().map(|(name, service)| (*name, service))
    }

    /// Returns whether an operation that is not listed does not exist.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Returns an operation's own name, however its words are joined: `create_model`, `create-model`, `CreateModel`.
    pub fn operation(&self, name: &str) -> Option<&'static str> {
        self.folded.get(&folded(name)).copied()
    }

    /// Returns the names of all operations.
    pub fn operations(&self) -> impl Iterator<Item = &'static str> {
        self.operations.keys().copied()
    }

    /// Returns what an operation takes.
    pub fn takes(&'static self, operation: &str) -> Option<Slot> {
        let shape = self.operations.get(operation)?.takes;
        Some(Slot { service: self, kind: shape.map_or(Kind::Any, Kind::Shape) })
    }

    /// Returns what an operation answers, if that is listed.
    pub fn answers(&'static self, operation: &str) -> Option<Slot> {
        Some(Slot { service: self, kind: Kind::Shape(self.operations.get(operation)?.answers?) })
    }

    /// Returns the structures that have a member of this name, at most `few` of them.
    pub fn that_have(&self, member: &str, few: usize) -> Vec<&'static str> {
        let has = |members: &[Member]| members.iter().any(|own| own.name == member);
        let found = self.structures.iter().filter(|(_, members)| has(members)).map(|(name, _)| *name);
        found.take(few).collect()
    }
}

impl Slot {
    /// Returns the names that a structure knows; nothing where anything may stand.
    pub fn members(self) -> Option<Vec<&'static str>> {
        let Kind::Shape(name) = self.kind else { return None };
        Some(self.service.structures.get(name)?.iter().map(|member| member.name).collect())
    }

    /// Returns what may stand under a name of a structure or map.
    pub fn member(self, name: &str) -> Option<Self> {
        let kind = match self.kind {
            Kind::Shape(shape) => {
                self.service.structures.get(shape)?.iter().find(|member| member.name == name).map(|member| member.of)?
            }
            Kind::Map(shape) => Kind::Shape(shape),
            Kind::Any | Kind::List(_) => Kind::Any,
        };
        Some(Self { kind, ..self })
    }

    /// Returns what may stand in a list.
    #[must_use]
    pub fn item(self) -> Self {
        let kind = match self.kind {
            Kind::List(shape) => Kind::Shape(shape),
            Kind::Any | Kind::Shape(_) | Kind::Map(_) => Kind::Any,
        };
        Self { kind, ..self }
    }

    /// Returns the values of an enum.
    pub fn values(self) -> Option<&'static [&'static str]> {
        let Kind::Shape(name) = self.kind else { return None };
        self.service.enums.get(name).map(Vec::as_slice)
    }

    /// Returns the name of the structure or enum.
    pub fn shape(self) -> Option<&'static str> {
        match self.kind {
            Kind::Shape(name) | Kind::List(name) | Kind::Map(name) => Some(name),
            Kind::Any => None,
        }
    }
}

/// Returns what the table was made from, in words.
pub fn made_from() -> &'static str {
    include_str!("model.txt").lines().next().unwrap_or_default().trim_start_matches("# ")
}

/// Folds the spellings of an operation's name.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Reads the table; its lines are explained in the script that writes it.
fn read(text: &'static str) -> BTreeMap<&'static str, Service> {
    let mut services: BTreeMap<&str, Service> = BTreeMap::new();
    let mut open = "";
    for line in text.lines() {
        let Some((sign, rest)) = line.split_at_checked(1) else { continue };
        let mut words = rest.split(' ');
        let Some(name) = words.next() else { continue };
        if sign == "@" {
            open = name;
            services.insert(name, Service { whole: words.next().is_none(), ..Service::default() });
            continue;
        }
        let Some(service) = services.get_mut(open) else { continue };
        match sign {
            "!" => {
                let mut shape = || words.next().filter(|name| *name != "-");
                let operation = Operation { takes: shape(), answers: shape() };
                service.operations.insert(name, operation);
                service.folded.insert(folded(name), name);
            }
            "." => drop(service.structures.insert(name, words.map(member).collect())),
            "=" => drop(service.enums.insert(name, words.collect())),
            _ => {}
        }
    }
    services
}

fn member(word: &'static str) -> Member {
    let Some(at) = word.find([':', '*', '%']) else { return Member { name: word, of: Kind::Any } };
    let (name, of) = (&word[..at], &word[at + 1..]);
    let of = match word.as_bytes()[at] {
        b':' => Kind::Shape(of),
        b'*' => Kind::List(of),
        _ => Kind::Map(of),
    };
    Member { name, of }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let sagemaker = Service::named("sagemaker").unwrap();
        assert_eq!(sagemaker.operation("update_endpoint_weights_and_capacities"), Some("UpdateEndpointWeightsAndCapacities"));
        assert_eq!(sagemaker.operation("describe-endpoint-metrics"), None);
        let weights = sagemaker.takes("UpdateEndpointWeightsAndCapacities").unwrap();
        let weight = weights.member("DesiredWeightsAndCapacities").unwrap().item();
        assert!(weight.members().unwrap().contains(&"DesiredWeight"));
        assert!(weight.member("VariantWeight").is_none());
        let status = sagemaker.takes("UpdateModelPackage").unwrap().member("ModelApprovalStatus").unwrap();
        assert_eq!(status.values(), Some(&["Approved", "PendingManualApproval", "Rejected"][..]));
        let answer = sagemaker.answers("DescribeEndpoint").unwrap();
        assert!(answer.member("ProductionVariants").unwrap().item().member("CurrentInstanceCount").is_some());
        assert!(!Service::named("s3").unwrap().is_whole() && sagemaker.is_whole());
        assert!(made_from().starts_with("botocore "));
    }

    #[test]
    fn every_shape_that_is_named_is_there() {
        for (name, service) in Service::all() {
            for (owner, members) in &service.structures {
                for member in members {
                    if let Kind::Shape(shape) | Kind::List(shape) | Kind::Map(shape) = member.of {
                        let known = service.structures.contains_key(shape) || service.enums.contains_key(shape);
                        assert!(known, "{name}: {owner} {} names {shape}", member.name);
                    }
                }
            }
        }
    }

    #[test]
    fn cloudformation_has_its_own_spelling() {
        let formation = Service::named("cloudformation").unwrap();
        let rules =
            formation.takes("AWS::S3::Bucket").unwrap().member("LifecycleConfiguration").unwrap().member("Rules").unwrap();
        assert!(rules.item().member("ExpirationInDays").is_some());
        let storage = Service::named("s3").unwrap().takes("PutBucketLifecycleConfiguration").unwrap();
        let rules = storage.member("LifecycleConfiguration").unwrap().member("Rules").unwrap();
        assert!(rules.item().member("ExpirationInDays").is_none());
    }
}
