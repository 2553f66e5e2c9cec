//! Shell scripts: which commands they run, as far as their words stand there as they are.
//!
//! What a variable holds is not known, and a word with one in it is none.

mod commands;
mod value;

use super::super::Context;
use super::super::gate;
use super::super::sink::Sink;
use super::on;
use crate::evidence::citation::Locator;
use crate::fact::config::{ConfigSays, Node, Value};

pub(in crate::parse) use commands::{Word, read, source};

/// Options of one command that are kept; no operation has as many.
const MOST_OPTIONS: usize = 200;

/// States what a script says.
pub(super) fn say(text: &str, cx: &Context<'_>, sink: &mut Sink) {
    let text = text.replace("\r\n", "\n");
    let script = read(&text);
    if script.commands.len() >= commands::MOST {
        sink.note(Locator::Whole, format!("only its first {} commands are looked at", commands::MOST));
    }
    for (line, what) in script.lost {
        sink.note(on(Some(line)), what);
    }
    for words in script.commands {
        let Some(line) = words.first().map(|word| word.line) else { continue };
        if let Some((says, is_cut)) = cli(&words, &text) {
            if is_cut {
                sink.note(on(Some(line)), format!("only the first {MOST_OPTIONS} options of a command are looked at"));
            }
            super::say(says, &on(Some(line)), cx, sink);
        } else if let Some(command) = gate::ungated_words(&text, &words) {
            super::say(ConfigSays::Ungated { command, line }, &on(Some(line)), cx, sink);
        }
    }
}

/// Reads the first command of a line that is one of the AWS CLI.
pub(super) fn command(line: &str) -> Option<ConfigSays> {
    read(line).commands.iter().find_map(|words| cli(words, line)).map(|(says, _)| says)
}

/// Reads a command of the AWS CLI: the service, the operation, and its options as they are written; and whether it has more of them.
fn cli(words: &[Word], text: &str) -> Option<(ConfigSays, bool)> {
    let [program, rest @ ..] = words else { return None };
    if program.open || program.text.rsplit('/').next() != Some("aws") {
        return None;
    }
    let mut named = Vec::new();
    let mut options: Vec<(String, Node)> = Vec::new();
    let (mut at, mut is_cut) = (0, false);
    while let Some(word) = rest.get(at) {
        at += 1;
        let Some(option) = word.text.strip_prefix("--").filter(|option| !option.is_empty()) else {
            if named.len() < 2 {
                named.push(word);
            }
            continue;
        };
        let (option, given) = match option.split_once('=') {
            Some((option, value)) => (option, Some(Word { text: value.to_owned(), ..word.clone() })),
            None => (option, None),
        };
        if option.is_empty() || (word.open && given.is_none()) || !option.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            continue;
        }
        // Values go on to the next option. Before service and operation are named, an option takes one word or none.
        let mut values: Vec<Word> = given.into_iter().collect();
        let most = if named.len() < 2 {
            usize::from(!matches!(
                option,
                "debug" | "no-verify-ssl" | "no-paginate" | "no-sign-request" | "no-cli-pager" | "no-cli-auto-prompt"
            ))
        } else {
            usize::MAX
        };
        let behind = rest[at..].iter().take(most - values.len().min(most)).take_while(|value| !value.text.starts_with("--"));
        let from = at;
        at += behind.count();
        is_cut |= options.len() >= MOST_OPTIONS;
        if !is_cut {
            values.extend_from_slice(&rest[from..at]);
            options.push((option.to_owned(), value::of(&values, word.line, text)));
        }
    }
    let [service, operation] = named[..] else { return None };
    let is_plain = |word: &Word| !word.open && word.text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !is_plain(service) || !is_plain(operation) {
        return None;
    }
    let says = ConfigSays::Cli {
        service: service.text.clone(),
        operation: operation.text.clone(),
        options: Node { line: Some(program.line), value: Value::Members(options) },
        line: program.line,
    };
    Some((says, is_cut))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_the_aws_cli() {
        let of = command;
        let Some(ConfigSays::Cli { service, operation, options, line }) = of(
            "\naws --region eu-west-1 cloudwatch put-metric-data --namespace 'AWS/SageMaker' --value \"$V\" --dimensions A=1 B=2",
        ) else {
            panic!("it is a call")
        };
        assert_eq!((service.as_str(), operation.as_str(), line), ("cloudwatch", "put-metric-data", 2));
        let names: Vec<&str> = options.members().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["region", "namespace", "value", "dimensions"]);
        assert_eq!(options.get("namespace").and_then(Node::word), Some("AWS/SageMaker"));
        assert_eq!(options.get("value").and_then(Node::word), None);
        let many = "--ab c ".repeat(2 * MOST_OPTIONS);
        let script = read(&format!("aws sagemaker create-model {many}")).commands;
        let Some((ConfigSays::Cli { options, .. }, true)) = cli(&script[0], "") else { panic!("it is cut") };
        assert_eq!(options.members().len(), MOST_OPTIONS);
        let Some(ConfigSays::Cli { options, .. }) = of("aws sagemaker list-models --sort-by Foo > out.json 2>&1") else {
            panic!("it is a call")
        };
        assert_eq!(options.get("sort-by").and_then(Node::word), Some("Foo"));
        for text in ["aws", "aws sts", "aws $SERVICE list-models", "echo aws sagemaker list-models", "aws \"$@\""] {
            assert!(of(text).is_none(), "{text}");
        }
    }
}
