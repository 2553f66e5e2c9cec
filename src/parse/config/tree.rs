//! JSON or YAML with the lines on which its values stand.

use crate::fact::config::{Node, Value};

/// How deep values may lie in each other; what lies deeper is not looked at.
pub(super) const DEEPEST: usize = 64;

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// The line, counted from 1, where the text has lines.
    pub(super) line: Option<u32>,
    /// YAML's short form of a function: `Ref` of `!Ref`.
    pub(super) tag: Option<String>,
    pub(super) data: Data,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Data {
    Members(Vec<(String, Tree)>),
    Items(Vec<Tree>),
    Text(String),
    Other,
}

impl Tree {
    pub(super) fn members(&self) -> &[(String, Self)] {
        match &self.data {
            Data::Members(members) => members,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Self] {
        match &self.data {
            Data::Items(items) => items,
            _ => &[],
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(own, _)| own == name).map(|(_, tree)| tree)
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the tree as a fact keeps it; of values that `is_expression` knows to be worked out elsewhere nothing is kept.
    pub(super) fn node(&self, is_expression: &dyn Fn(&Self) -> bool) -> Node {
        if is_expression(self) {
            return Node::other(self.line);
        }
        let value = match &self.data {
            Data::Members(members) => {
                Value::Members(members.iter().map(|(name, tree)| (name.clone(), tree.node(is_expression))).collect())
            }
            Data::Items(items) => Value::Items(items.iter().map(|item| item.node(is_expression)).collect()),
            Data::Text(text) => return Node::text(self.line, text),
            Data::Other => Value::Other,
        };
        Node { line: self.line, value }
    }

    /// Returns the tree as JSON, scalars as text; of what `is_expression` knows to be worked out elsewhere only that.
    pub(super) fn json(&self, is_expression: &dyn Fn(&Self) -> bool) -> serde_json::Value {
        use serde_json::Value as Json;
        if is_expression(self) {
            return serde_json::json!({ "Ref": self.text() });
        }
        match &self.data {
            Data::Members(members) => {
                Json::Object(members.iter().map(|(name, tree)| (name.clone(), tree.json(is_expression))).collect())
            }
            Data::Items(items) => Json::Array(items.iter().map(|item| item.json(is_expression)).collect()),
            Data::Text(text) => Json::String(text.clone()),
            Data::Other => Json::Null,
        }
    }
}
