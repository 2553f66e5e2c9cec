//! Commands that change an account and ask nobody.

use super::config::shell::{Word, read, source};
use crate::fact::secret::redact_text;

/// Longest command that is kept.
const LONGEST: usize = 200;

/// Shells inside shells that are looked into; nobody writes as many.
const DEEPEST: u8 = 2;

/// Options of Terraform that a value follows.
const VALUED: [&str; 9] =
    ["-var", "-var-file", "-target", "-replace", "-parallelism", "-state", "-state-out", "-backup", "-lock-timeout"];

/// Switches of Terragrunt; another long option of its own has a value behind it.
const SWITCHES: [&str; 6] = [
    "--terragrunt-non-interactive",
    "--terragrunt-no-auto-init",
    "--terragrunt-no-auto-retry",
    "--terragrunt-ignore-dependency-errors",
    "--terragrunt-debug",
    "--non-interactive",
];

/// Programs that run what stands behind them: its words, or a text that is a command.
const RUNNING: [&str; 48] = [
    "ash",
    "aws-vault",
    "bash",
    "bun",
    "bunx",
    "bundle",
    "chamber",
    "chroot",
    "conda",
    "dash",
    "direnv",
    "docker",
    "docker-compose",
    "doppler",
    "dotenv",
    "eval",
    "hatch",
    "infisical",
    "kubectl",
    "mamba",
    "mise",
    "nerdctl",
    "nix",
    "nix-shell",
    "npm",
    "npx",
    "op",
    "pdm",
    "pipenv",
    "pnpm",
    "pnpx",
    "podman",
    "poetry",
    "retry",
    "run",
    "rye",
    "setsid",
    "sh",
    "sops",
    "ssh",
    "stdbuf",
    "su",
    "unbuffer",
    "uv",
    "uvx",
    "xargs",
    "yarn",
    "zsh",
];

/// A tool that changes accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Cdk,
    Terraform,
    Sam,
}

/// Returns a command as it is kept, if it changes an account without anybody's approval: CDK that asks nobody, Terraform and SAM
/// that apply what they planned.
pub(super) fn ungated(text: &str) -> Option<String> {
    let text = text.trim_start_matches([' ', '-', '\t']).trim_end();
    // Commands of actions, and comments of other languages.
    if text.starts_with("::") || text.starts_with("//") {
        return None;
    }
    read(text).commands.iter().find_map(|words| ungated_words(text, words))
}

/// Returns the first such command of a build's specification, in YAML or JSON.
pub(super) fn ungated_specified(text: &str) -> Option<String> {
    text.replace("\\\n", " ").lines().find_map(|line| {
        let own = line.trim_start_matches([' ', '-', '\t']);
        if !own.starts_with(['"', '\'', '[', '{']) && !own.contains(": [") {
            return ungated(line);
        }
        // Each text of the line is a command.
        let quote = if own.contains('"') { '"' } else { '\'' };
        own.split(quote).skip(1).step_by(2).find_map(ungated)
    })
}

/// Returns a command as it is kept, if it is such a one; `text` is where its words are from.
pub(super) fn ungated_words(text: &str, words: &[Word]) -> Option<String> {
    asks_nobody(words, 0).then(|| redact_text(&source(text, words)).chars().take(LONGEST).collect())
}

fn asks_nobody(words: &[Word], depth: u8) -> bool {
    let [program, rest @ ..] = words else { return false };
    if let Some(tool) = tool(program) {
        return applies(tool, rest);
    }
    // What a variable holds may run what is behind it: `$SUDO`.
    if !program.open && !RUNNING.contains(&base(&program.text)) {
        return false;
    }
    if let Some((at, tool)) = rest.iter().enumerate().find_map(|(at, word)| Some((at, tool(word)?))) {
        return applies(tool, &rest[at + 1..]);
    }
    let is_command = |word: &&Word| word.quoted && word.text.contains(char::is_whitespace);
    depth < DEEPEST
        && rest.iter().filter(is_command).any(|word| read(&word.text).commands.iter().any(|inner| asks_nobody(inner, depth + 1)))
}

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Returns which tool a word names, by whatever path, version or image: `aws-cdk@2`, `hashicorp/terraform:1.9`.
fn tool(word: &Word) -> Option<Tool> {
    match base(&word.text).split(['@', ':']).next()? {
        "cdk" | "aws-cdk" => Some(Tool::Cdk),
        "terraform" | "tofu" | "opentofu" | "terragrunt" => Some(Tool::Terraform),
        "sam" => Some(Tool::Sam),
        _ => None,
    }
}

/// Returns whether a tool, so called, changes something and asks nobody.
fn applies(tool: Tool, words: &[Word]) -> bool {
    let has = |wanted: &str| words.iter().any(|word| word.text == wanted);
    // The value of an option, behind it or behind `=`.
    let is = |option: &str, value: &str| {
        let joined = |word: &Word| word.text.strip_prefix(option).is_some_and(|rest| rest.strip_prefix('=') == Some(value));
        words.iter().any(joined) || words.windows(2).any(|two| two[0].text == option && two[1].text == value)
    };
    match tool {
        Tool::Cdk => {
            let prepares = has("--no-execute") || is("--method", "prepare-change-set") || is("-m", "prepare-change-set");
            has("deploy") && is("--require-approval", "never") && !prepares
        }
        Tool::Sam => has("deploy") && has("--no-confirm-changeset") && !has("--no-execute-changeset"),
        Tool::Terraform => {
            let Some(at) = words.iter().position(|word| word.text == "apply") else { return false };
            let is_told = words.iter().any(|word| {
                let option = word.text.strip_prefix("--").or_else(|| word.text.strip_prefix('-')).unwrap_or_default();
                matches!(option, "auto-approve" | "auto-approve=true" | "auto-approve=1" | "terragrunt-auto-approve")
            });
            is_told && !is_planned(&words[at + 1..])
        }
    }
}

/// Returns whether Terraform applies a plan from a file, which somebody may have read before: it asks nothing then, however told.
fn is_planned(words: &[Word]) -> bool {
    let mut follows = false;
    words.iter().any(|word| {
        let text = word.text.as_str();
        let is_own = text.starts_with("--") && !SWITCHES.contains(&text) && !text.contains('=') && text != "--auto-approve";
        let is_value =
            std::mem::replace(&mut follows, VALUED.contains(&text.trim_start_matches("--")) || is_own || is_valued(text));
        // An unquoted variable may hold options as well, unless it is called after a plan.
        let may_be_options = word.open && (!word.quoted || text.contains('@')) && !text.to_ascii_lowercase().contains("plan");
        !is_value && !text.starts_with('-') && !may_be_options
    })
}

/// Returns whether a value follows an option that is written with two dashes, as Terraform takes it too.
fn is_valued(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|own| VALUED.contains(&own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_nobody() {
        for command in [
            "npx cdk deploy --all --require-approval never --ci",
            "  - cdk deploy --require-approval=never",
            "cdk --require-approval never deploy Stack",
            "terraform apply -auto-approve",
            "terraform -chdir=infra apply -input=false --auto-approve -var x=1",
            "cd infra && terraform apply -auto-approve -no-color | tee log",
            "sam deploy --no-confirm-changeset --no-fail-on-empty-changeset",
            "terraform apply -auto-approve 2>&1 | tee apply.log",
            "terraform apply -auto-approve < /dev/null",
            "terraform apply -auto-approve >> apply.log 2>&1",
            "terraform apply -auto-approve -var \"name=my app\"",
            "terraform apply -auto-approve -state f -lock-timeout 5m -backup -",
            "terraform apply -auto-approve $TF_ARGS",
            "terraform apply -auto-approve ${EXTRA:-} \"${ARGS[@]}\"",
            "terraform apply -auto-approve # no plan here",
            "terragrunt run-all apply --terragrunt-non-interactive -auto-approve",
            "terragrunt apply --terragrunt-working-dir live -auto-approve",
            "yarn cdk deploy '*' --require-approval \"never\"",
            "sudo -E /usr/bin/terraform apply -auto-approve",
            "timeout 600 terraform apply -auto-approve",
            "docker run --rm -v \"$PWD:/w\" hashicorp/terraform:1.9 apply -auto-approve",
            "eval \"terraform apply -auto-approve\"",
            "bash -c 'cd x; cdk deploy --require-approval never'",
            "x=$(terraform apply -auto-approve)",
            "$SUDO terraform apply -auto-approve",
        ] {
            assert!(ungated(command).is_some(), "{command}");
        }
    }

    #[test]
    fn what_asks_or_does_nothing() {
        for command in [
            "cdk deploy --require-approval broadening",
            "# cdk deploy --require-approval never",
            "echo terraform apply -auto-approve",
            "terraform apply",
            "terraform apply -auto-approve tfplan",
            "terraform apply -auto-approve=false",
            "terraform plan -out tfplan",
            "sam deploy --confirm-changeset",
            "sam build",
            "terraform apply -auto-approve \"$PLAN\"",
            "terraform apply -auto-approve $PLAN_FILE",
            "terraform apply -auto-approve -state f tfplan > log",
            "terragrunt apply --terragrunt-non-interactive -auto-approve tfplan",
            "cdk deploy --require-approval never --no-execute",
            "cdk deploy --require-approval never --method=prepare-change-set",
            "sam deploy --no-confirm-changeset --no-execute-changeset",
            "log \"cdk deploy --require-approval never\"",
            "info \"sam deploy --no-confirm-changeset\"",
            "git commit -m \"cdk deploy --require-approval never\"",
            ": \"terraform apply -auto-approve\"",
            "grep -q 'terraform apply -auto-approve' README.md",
            "CMD=\"terraform apply -auto-approve\"",
            "CMD=(terraform apply -auto-approve)",
            "aws ssm send-command --parameters 'commands=[\"terraform apply -auto-approve\"]'",
            "terraform fmt && echo apply -auto-approve",
        ] {
            assert_eq!(ungated(command), None, "{command}");
        }
        assert!(
            ungated("terraform apply -auto-approve -var token=AKIAIOSFODNN7EXAMPLE")
                .is_some_and(|kept| !kept.contains("AKIAIOSFODNN7EXAMPLE"))
        );
    }

    #[test]
    fn what_is_kept_is_redacted_before_it_is_cut() {
        let pad = "x".repeat(LONGEST - 60);
        for secret in ["db_url=postgres://admin:hunter55@dbhost/x", "k=ghp_0123456789012345678901234567890123456789"] {
            let kept = ungated(&format!("terraform apply -auto-approve -var pad={pad} -var {secret}")).unwrap();
            assert!(!kept.contains("hunter") && !kept.contains("0123") && kept.chars().count() <= LONGEST, "{kept}");
        }
        let kept = ungated("TF_VAR_x=ab sudo -E cdk deploy --require-approval never --password 's3cr3t pw' -c 'apiPass=a b'");
        assert_eq!(kept.as_deref(), Some("cdk deploy --require-approval never --password '<redacted>' -c 'apiPass=<redacted>'"));
    }

    #[test]
    fn specifications_hold_commands_in_texts() {
        for spec in [
            "phases:\n  build:\n    commands:\n      - \"cdk deploy --require-approval never\"\n",
            "      - cdk deploy \\\n          --require-approval never\n",
            "commands: ['npm ci', 'cdk deploy --require-approval never']",
            "{\"commands\": [\"npm ci\", \"terraform apply -auto-approve\"]}",
            "      - |\n        terraform apply -auto-approve\n",
        ] {
            assert!(ungated_specified(spec).is_some(), "{spec}");
        }
        for spec in
            ["- echo \"cdk deploy --require-approval never ${X}\"", "# - cdk deploy --require-approval never", "- terraform plan"]
        {
            assert_eq!(ungated_specified(spec), None, "{spec}");
        }
    }
}
