//! What templates, definitions, requests and scripts say to AWS: the names they use, and where they stand.

use std::sync::Arc;

/// One thing that a file says to AWS.
#[derive(Clone, Debug)]
pub struct ConfigStatement {
    /// The file.
    pub file: Arc<str>,
    /// What it is.
    pub says: ConfigSays,
}

/// The kinds of things that files say.
#[derive(Clone, Debug)]
pub enum ConfigSays {
    /// A script calls a method of a client.
    Call {
        /// The service the client was made for, if that is sure.
        service: Option<String>,
        /// The method, as written.
        method: String,
        /// The line, counted from 1.
        line: u32,
        /// Its named arguments.
        arguments: Node,
    },
    /// A script looks into what a method answered.
    Look {
        /// The service the client was made for.
        service: String,
        /// The method, as written.
        method: String,
        /// The names and positions it follows.
        path: Vec<Hop>,
        /// The line, counted from 1.
        line: u32,
    },
    /// A script makes an object of the SDK.
    Make {
        /// The class.
        class: String,
        /// The module it is imported from.
        module: String,
        /// Its named arguments.
        arguments: Node,
    },
    /// A request in a file: of one of several operations, where its members do not tell which.
    Request {
        /// The service.
        service: &'static str,
        /// The operations.
        operations: &'static [&'static str],
        /// Its members.
        members: Node,
    },
    /// A resource of a template.
    Resource {
        /// Its name in the template.
        name: String,
        /// Its type.
        kind: String,
        /// Its properties.
        properties: Node,
    },
    /// A template refers to what it does not declare.
    Undeclared {
        /// The name.
        name: String,
        /// The line, counted from 1; unknown where the text has no lines.
        line: Option<u32>,
    },
    /// A pipeline definition.
    Definition {
        /// Its members.
        members: Node,
    },
    /// A script calls the AWS CLI.
    Cli {
        /// The service, as written.
        service: String,
        /// The operation, as written.
        operation: String,
        /// Its options without their dashes, those of every command among them.
        options: Node,
        /// The line, counted from 1.
        line: u32,
    },
    /// A script changes an account without anybody's approval.
    Ungated {
        /// The command.
        command: String,
        /// The line, counted from 1.
        line: u32,
    },
    /// Steps that a script gives to one pipeline.
    Steps {
        /// Names as written, with their lines, counted from 1.
        steps: Vec<(String, u32)>,
    },
    /// A list of Python packages.
    Requirements {
        /// The packages.
        required: Vec<Requirement>,
        /// Whether versions are constrained in another file.
        constrained: bool,
    },
    /// A Dockerfile.
    Dockerfile {
        /// The image that the last stage begins with, if it is named.
        base: Option<String>,
        /// Whether anything in the file brings systemd.
        brings_systemd: bool,
        /// Instructions that call `systemctl` when a container runs: line and word.
        systemctl: Vec<(u32, String)>,
    },
    /// Caching of a pipeline's step, outside a definition.
    Caching {
        /// Its members.
        members: Node,
    },
}

/// A package that a list asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Normalised name.
    pub name: String,
    /// Which versions, as written; empty for any.
    pub wanted: String,
    /// Whether that is one version.
    pub is_pinned: bool,
    /// The line, counted from 1.
    pub line: u32,
}

/// A step of the way into an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hop {
    /// To a member.
    Member(String),
    /// To an element of a list.
    Item,
}

/// A value with the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The line, counted from 1; unknown where the text has no lines.
    pub line: Option<u32>,
    /// The value.
    pub value: Value,
}

/// A value, as far as its names matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Names and values, in the order of the file.
    Members(Vec<(String, Node)>),
    /// A list.
    Items(Vec<Node>),
    /// A text that stands there as it is; longer ones and secrets are not kept.
    Text(String),
    /// Anything else: a number, a reference, an expression.
    Other,
}

/// The longest text that is kept: values of enums are shorter.
const LONGEST: usize = 80;

/// The longest place in S3: `s3://`, a bucket, and a key.
const LONGEST_PLACE: usize = 1_100;

impl Node {
    /// Returns a text, if it could be the value of an enum, or is a place in S3.
    pub fn text(line: Option<u32>, text: &str) -> Self {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.' | '/' | '+');
        let is_word = !text.is_empty() && text.len() <= LONGEST && text.chars().all(is_plain);
        let is_place = text.starts_with("s3://") && text.len() <= LONGEST_PLACE && text.chars().all(|c| is_plain(c) || c == '=');
        Self { line, value: if is_word || is_place { Value::Text(text.to_owned()) } else { Value::Other } }
    }

    /// Returns a value of which nothing is said.
    pub fn other(line: Option<u32>) -> Self {
        Self { line, value: Value::Other }
    }

    /// Returns the value under a name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(own, _)| own == name).map(|(_, node)| node)
    }

    /// Returns names and values, none where it has none.
    pub fn members(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Members(members) => members,
            _ => &[],
        }
    }

    /// Returns the elements of a list, none where it is none.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::Items(items) => items,
            _ => &[],
        }
    }

    /// Returns the text.
    pub fn word(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl ConfigStatement {
    /// Quotes what the statement says.
    pub fn excerpt(&self) -> String {
        match &self.says {
            ConfigSays::Call { method, .. } => format!("call: {method}"),
            ConfigSays::Look { method, .. } => format!("answer: {method}"),
            ConfigSays::Make { class, .. } => format!("object: {class}"),
            ConfigSays::Request { operations, .. } => format!("request: {}", operations.join(" or ")),
            ConfigSays::Resource { name, kind, .. } => format!("resource: {name}, {kind}"),
            ConfigSays::Undeclared { name, .. } => format!("refers to: {name}"),
            ConfigSays::Definition { .. } => "pipeline definition".to_owned(),
            ConfigSays::Cli { service, operation, .. } => format!("command: aws {service} {operation}"),
            ConfigSays::Ungated { command, .. } => format!("command: {command}"),
            ConfigSays::Steps { steps } => format!("pipeline of {} steps", steps.len()),
            ConfigSays::Requirements { required, .. } => format!("requirements: {}", required.len()),
            ConfigSays::Dockerfile { base, .. } => format!("Dockerfile: from {}", base.as_deref().unwrap_or("another stage")),
            ConfigSays::Caching { .. } => "caching of a step".to_owned(),
        }
    }
}
