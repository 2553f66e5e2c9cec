//! `CloudFormation` templates, as JSON and as YAML with its short forms.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::super::Context;
use super::super::sink::Sink;
use super::tree::{Data, Tree};
use super::{definition, on};
use crate::evidence::citation::Locator;
use crate::fact::config::ConfigSays;

/// A name in the text of `Fn::Sub`; `${!…}` is left as it is.
static HOLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\$\{\s*([A-Za-z0-9:]+)(?:\.[A-Za-z0-9_.:]+)?\s*\}").ok());

/// States what a template says.
pub(super) fn say(template: &Tree, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let resources = template.get("Resources").map(Tree::members).unwrap_or_default();
    for (name, resource) in resources {
        let Some(kind) = resource.get("Type").and_then(Tree::text) else { continue };
        let Some(properties) = resource.get("Properties") else { continue };
        let properties = properties.node(&is_function);
        let at = resource.line.map_or_else(|| place.clone(), |line| on(Some(line)));
        super::say(ConfigSays::Resource { name: name.clone(), kind: kind.to_owned(), properties }, &at, cx, sink);
        if kind == "AWS::SageMaker::Pipeline" {
            pipeline(resource, place, cx, sink);
        }
    }
    // A macro may declare what the text does not: then nobody can say what is missing.
    if template.get("Transform").is_some() {
        return;
    }
    let declared: BTreeSet<&str> = ["Parameters", "Resources"]
        .into_iter()
        .filter_map(|section| template.get(section))
        .flat_map(|section| section.members().iter().map(|(name, _)| name.as_str()))
        .collect();
    let mut missing: BTreeMap<String, Option<u32>> = BTreeMap::new();
    for section in ["Resources", "Outputs", "Conditions"].iter().filter_map(|section| template.get(section)) {
        references(section, &mut |name, line| {
            if !name.is_empty() && !name.starts_with("AWS::") && !declared.contains(name) {
                missing.entry(name.to_owned()).or_insert(line);
            }
        });
    }
    for (name, line) in missing {
        let at = line.map_or_else(|| place.clone(), |line| on(Some(line)));
        super::say(ConfigSays::Undeclared { name, line }, &at, cx, sink);
    }
}

/// States what the definition says that a pipeline's resource holds as a text, with names to be put in or without.
fn pipeline(resource: &Tree, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let body = || resource.get("Properties")?.get("PipelineDefinition")?.get("PipelineDefinitionBody");
    let Some(body) = body() else { return };
    let inner = match body.members() {
        [(name, inner)] if name == "Fn::Sub" => inner,
        _ => body,
    };
    let is_sub = body.tag.as_deref() == Some("Sub") || !body.members().is_empty();
    let text = inner.text().or_else(|| inner.items().first().and_then(Tree::text));
    let (Some(text), true) = (text, is_sub || body.tag.is_none()) else { return };
    let at = body.line.map_or_else(|| place.clone(), |line| on(Some(line)));
    let text = match &*HOLE {
        // What is put in is not known: a text with a space in it is no value of any enum.
        Some(hole) if is_sub => hole.replace_all(text, " 0 "),
        _ => text.into(),
    };
    if let Err(error) = definition::of_text(&text, &at, cx, sink) {
        sink.note(at, format!("its PipelineDefinitionBody is no JSON: {error}"));
    }
}

/// Returns whether a value is worked out when the template is deployed.
pub(super) fn is_function(tree: &Tree) -> bool {
    let is_named = |name: &str| name == "Ref" || name == "Condition" || name.starts_with("Fn::");
    tree.tag.is_some()
        || matches!(tree.members(), [(name, _)] if is_named(name))
        || tree.members().iter().any(|(name, _)| name.starts_with("Fn::") || name == "<<")
}

/// Gives every name that a value refers to.
fn references(tree: &Tree, visit: &mut dyn FnMut(&str, Option<u32>)) {
    let long = match tree.members() {
        [(name, inner)] if name == "Ref" || name.starts_with("Fn::") => Some((name.trim_start_matches("Fn::"), inner)),
        _ => None,
    };
    let short = tree.tag.as_deref().map(|tag| (tag, tree));
    match short.or(long) {
        Some(("Ref", of)) => return of.text().into_iter().for_each(|name| visit(name, of.line)),
        Some(("GetAtt", of)) => {
            let name = of.text().or_else(|| of.items().first().and_then(Tree::text));
            name.and_then(|name| name.split('.').next()).into_iter().for_each(|name| visit(name, of.line));
        }
        Some(("Sub", of)) => {
            let own = of.items().get(1).map(Tree::members).unwrap_or_default();
            let text = of.text().or_else(|| of.items().first().and_then(Tree::text)).unwrap_or_default();
            for hole in HOLE.iter().flat_map(|hole| hole.captures_iter(text)) {
                let name = hole.get(1).map_or("", |name| name.as_str());
                if !own.iter().any(|(known, _)| known == name) {
                    visit(name, of.line);
                }
            }
        }
        _ => {}
    }
    match &tree.data {
        Data::Members(members) => members.iter().for_each(|(_, inner)| references(inner, visit)),
        Data::Items(items) => items.iter().for_each(|inner| references(inner, visit)),
        Data::Text(_) | Data::Other => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{json, yaml};
    use super::*;

    fn missing(tree: &Tree) -> Vec<(String, Option<u32>)> {
        let mut found = Vec::new();
        references(tree, &mut |name, line| found.push((name.to_owned(), line)));
        found
    }

    #[test]
    fn references_are_found_in_both_spellings() {
        let tree = yaml::read("a: !Ref Topic\nb: !GetAtt Role.Arn\nc: !Sub 'x-${Name}-${!Kept}-${Other.Arn}'\n").unwrap();
        let names: Vec<String> = missing(&tree).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Topic", "Role", "Name", "Other"]);
        let tree = json::read(
            br#"{"a":{"Ref":"Topic"},"b":{"Fn::GetAtt":["Role","Arn"]},"c":{"Fn::Sub":["${X}${Y}",{"X":{"Ref":"Z"}}]}}"#,
            true,
        );
        let names: Vec<String> = missing(&tree.unwrap()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Topic", "Role", "Y", "Z"]);
    }
}
