//! Dockerfiles: what an image begins with, and whether what it starts can run in a container.

mod instruction;

use super::super::Context;
use super::super::sink::Sink;
use super::shell::{self, Word};
use crate::evidence::citation::Locator;
use crate::fact::config::ConfigSays;
use crate::fact::image::ImageRef;
use instruction::{Instruction, instructions};

/// Programs that start the one behind them.
const STARTING: [&str; 8] = ["tini", "dumb-init", "gosu", "su-exec", "catatonit", "setpriv", "s6-setuidgid", "chroot"];

/// Programs of which the words name systemd and bring nothing: they speak of it, take it away or make places for it.
const NAMING: [&str; 22] = [
    "rm", "rmdir", "unlink", "mkdir", "echo", "printf", "cd", "ls", "chmod", "chown", "touch", "test", "[", "grep", "sed",
    "find", "groupadd", "useradd", "usermod", "adduser", "true", ":",
];

/// States what a Dockerfile says.
pub(super) fn say(text: &str, cx: &Context<'_>, sink: &mut Sink) {
    let (says, lost) = read(text);
    for (line, what) in lost {
        sink.note(Locator::Line(line.into()), what);
    }
    super::say(says, &Locator::Whole, cx, sink);
}

fn read(text: &str) -> (ConfigSays, Vec<(u32, String)>) {
    let (instructions, lost) = instructions(text);
    let stages: Vec<&[Instruction]> = stages(&instructions);
    // Only the last stage runs, with what it has from those that it begins with.
    let mut line_of_descent: Vec<&[Instruction]> = Vec::new();
    let mut next = stages.len().checked_sub(1);
    while let Some(at) = next {
        line_of_descent.push(stages[at]);
        next = stages[at].first().and_then(|from| earlier(&stages[..at], image(from)?));
    }
    line_of_descent.reverse();
    let last = stages.last().copied().unwrap_or_default();
    let base = last.first().filter(|one| one.word == "FROM").and_then(image).and_then(|image| {
        // A stage of the same file, or what the build is told, is no image by name.
        let is_stage = earlier(&stages[..stages.len().saturating_sub(1)], image).is_some();
        ImageRef::parse(image).filter(|_| !is_stage && !image.contains('$'))
    });
    let mut started: [Option<&Instruction>; 3] = [None; 3];
    for stage in line_of_descent {
        let newest = |word: &str| stage.iter().rev().find(|one| one.word == word);
        let [command, entry, health] = ["CMD", "ENTRYPOINT", "HEALTHCHECK"].map(newest);
        // Whoever sets another entry point loses the command that came with the image.
        started[0] = command.or(started[0].filter(|_| entry.is_none()));
        started[1] = entry.or(started[1]);
        started[2] = health.or(started[2]);
    }
    let mut called: Vec<(u32, String)> =
        started.into_iter().flatten().filter(|one| calls_systemctl(one)).map(|one| (one.line, one.word.clone())).collect();
    called.sort_unstable();
    let brings_systemd = instructions.iter().any(brings_systemd);
    (ConfigSays::Dockerfile { base: base.map(|image| image.to_string()), brings_systemd, systemctl: called }, lost)
}

/// Splits instructions into stages; what stands before the first is of none.
fn stages(instructions: &[Instruction]) -> Vec<&[Instruction]> {
    let mut starts: Vec<usize> = (0..instructions.len()).filter(|at| instructions[*at].word == "FROM").collect();
    if starts.is_empty() {
        starts.push(0);
    }
    let ends = starts.iter().skip(1).copied().chain([instructions.len()]);
    starts.iter().zip(ends).map(|(start, end)| &instructions[*start..end]).collect()
}

/// Returns the image or stage that a stage begins with.
fn image(from: &Instruction) -> Option<&str> {
    from.rest.split_whitespace().find(|word| !word.starts_with("--"))
}

/// Returns the newest stage of a name.
fn earlier(stages: &[&[Instruction]], name: &str) -> Option<usize> {
    stages.iter().rposition(|stage| {
        let words: Vec<&str> = stage.first().map(|from| from.rest.split_whitespace().collect()).unwrap_or_default();
        matches!(words[..], [.., r#as, own] if r#as.eq_ignore_ascii_case("as") && own.eq_ignore_ascii_case(name))
    })
}

/// Returns whether what a container starts, or is asked for its health with, calls `systemctl`.
fn calls_systemctl(one: &Instruction) -> bool {
    let own = match one.word.as_str() {
        // HEALTHCHECK --interval=5s CMD …
        "HEALTHCHECK" => match one.rest.split_once("CMD") {
            Some((_, command)) => command.trim(),
            None => return false,
        },
        _ => one.rest.as_str(),
    };
    match serde_json::from_str::<Vec<String>>(own) {
        Ok(words) => list_calls(&words.iter().map(String::as_str).collect::<Vec<_>>()),
        Err(_) => script_calls(own),
    }
}

/// Returns whether a program with its arguments is `systemctl`, or a shell that calls it.
fn list_calls(words: &[&str]) -> bool {
    let Some((program, rest)) = words.split_first() else { return false };
    match base(program) {
        "systemctl" => true,
        "sh" | "bash" | "dash" | "ash" | "zsh" => rest.iter().any(|word| !word.starts_with('-') && script_calls(word)),
        "env" | "exec" | "sudo" | "nohup" | "timeout" => script_calls(&words.join(" ")),
        starting if STARTING.contains(&starting) => rest
            .iter()
            .position(|word| base(word) == "systemctl")
            .is_some_and(|at| rest[..at].iter().all(|word| word.starts_with('-') || !word.contains('/'))),
        _ => false,
    }
}

/// Returns whether a script calls `systemctl`, and does not ask before whether it is there.
fn script_calls(script: &str) -> bool {
    let commands = shell::read(script).commands;
    let program = |words: &[Word]| words.first().map(|word| base(&word.text).to_owned()).unwrap_or_default();
    let asks = commands.iter().any(|words| {
        matches!(program(words).as_str(), "command" | "which" | "type" | "hash" | "test" | "[" | "[[")
            && words.iter().skip(1).any(|word| base(&word.text) == "systemctl")
    });
    let calls = |words: &Vec<Word>| {
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let is_shell = matches!(program(words).as_str(), "sh" | "bash" | "dash" | "ash" | "zsh") && texts.contains(&"-c");
        let is_nested = is_shell
            && words.iter().skip(1).any(|word| word.quoted && word.text.len() < script.len() && script_calls(&word.text));
        program(words) == "systemctl" || is_nested
    };
    !asks && commands.iter().any(calls)
}

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Returns whether an instruction brings systemd, or a program that stands for it. That its programs are called is no sign that they
/// are there, nor that somebody writes of it.
fn brings_systemd(one: &Instruction) -> bool {
    let is_init = |text: &str| text.contains("/sbin/init") || text.contains("/systemd/systemd") || text.contains("systemctl.py");
    match one.word.as_str() {
        "FROM" => {
            let image = image(one).unwrap_or_default();
            image.contains("systemd") || image.contains("-init") || image.contains("/init:") || image.contains("init:")
        }
        "COPY" | "ADD" => one.rest.contains("systemd") || one.rest.contains("systemctl") || is_init(&one.rest),
        "CMD" | "ENTRYPOINT" => is_init(&one.rest),
        "RUN" => {
            let script = one.rest.trim_start_matches(['[', '"']);
            let bodies = one.bodies.iter().map(String::as_str);
            bodies.chain([script]).any(|script| shell::read(script).commands.iter().any(|words| installs(words)))
        }
        _ => false,
    }
}

/// Returns whether a command of a build brings systemd.
fn installs(words: &[Word]) -> bool {
    let Some((program, rest)) = words.split_first() else { return false };
    let program = base(&program.text);
    let removes = rest.iter().any(|word| matches!(word.text.as_str(), "remove" | "purge" | "erase" | "autoremove" | "del"));
    if NAMING.contains(&program) || program == "systemctl" || removes {
        return false;
    }
    let names =
        |word: &Word| word.text.contains("systemd") || word.text.contains("systemctl") || word.text.contains("/sbin/init");
    program.contains("systemd") || rest.iter().any(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> (Option<String>, bool, Vec<(u32, String)>) {
        match read(text).0 {
            ConfigSays::Dockerfile { base, brings_systemd, systemctl } => (base, brings_systemd, systemctl),
            other => panic!("{other:?}"),
        }
    }

    /// Returns the lines that call `systemctl` where nothing brings it.
    fn calls(text: &str) -> Vec<u32> {
        let (_, brings, called) = said(text);
        called.into_iter().filter(|_| !brings).map(|(line, _)| line).collect()
    }

    #[test]
    fn what_starts_is_told_from_what_is_built() {
        let text = "FROM python:3.10 AS build\nCMD systemctl start x\nFROM python:3.10-slim\nRUN pip install flask \\\n  # more\n  && true\nCMD while systemctl is-active nginx; do sleep 5; done\n";
        assert_eq!(said(text), (Some("python:3.10-slim".to_owned()), false, vec![(7, "CMD".to_owned())]));
        let text = "FROM a\nENTRYPOINT [\"systemctl\", \"start\", \"nginx\"]\nHEALTHCHECK CMD systemctl is-active nginx\n";
        assert_eq!(said(text).2.len(), 2);
        assert_eq!(said("FROM a\nRUN systemctl enable x\nCMD [\"serve\"]\n").2, []);
        assert_eq!(said("FROM a AS b\nFROM b\nCMD x\n").0, None);
        assert!(said("FROM a\nRUN apt-get install -y systemd\nCMD systemctl start x\n").1);
        assert!(said("FROM redhat/ubi9-init\nCMD systemctl start x\n").1);
        let text = "FROM a\nRUN <<EOF\nCMD systemctl start x\nEOF\nCMD serve\n";
        assert_eq!(said(text).2, []);
        for text in ["", "FROM", "\\", "FROM a\nRUN <<", "é \\\n", "CMD systemctl", "FROM a AS a\nFROM a"] {
            read(text);
        }
    }

    #[test]
    fn what_really_starts_systemctl() {
        for (text, line) in [
            ("FROM a\nCMD [\"/bin/systemctl\",\"start\",\"nginx\"]\n", 2),
            ("FROM a\nCMD [\"sh\",\"-c\",\"/usr/bin/systemctl start nginx\"]\n", 2),
            ("FROM a\nENTRYPOINT [\"tini\",\"--\",\"systemctl\",\"start\",\"nginx\"]\n", 2),
            ("FROM a AS b\nCMD systemctl start nginx\nFROM b\nRUN true\n", 2),
            ("FROM a\nRUN echo `date`\nCMD systemctl start nginx\n", 3),
            ("FROM a\nRUN python3 -c \"print(1 << 20)\"\nCMD systemctl start nginx\n", 3),
            ("FROM a\nRUN ulimit -n $((1<<16))\nCMD [\"systemctl\", \"start\", \"nginx\"]\n", 3),
            ("FROM a\nRUN rm -rf /etc/systemd && apt-get purge -y systemd\nCMD systemctl start nginx\n", 3),
            ("FROM a\nENV NOTE=\"no systemd\"\nLABEL x=\"systemd\"\nCMD systemctl start nginx\n", 4),
            ("FROM a\nCMD bash -c 'systemctl start nginx; sleep 9'\n", 2),
            ("# escape=`\nFROM a\nRUN x `\n  y\nCMD systemctl start x\n", 5),
        ] {
            assert_eq!(calls(text), [line], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_it() {
        for text in [
            "FROM a\nCMD systemctl start nginx\nCMD nginx -g 'daemon off;'\n",
            "FROM a\nCOPY files/systemctl /usr/bin/systemctl\nCMD [\"systemctl\", \"start\", \"nginx\"]\n",
            "FROM a\nRUN curl -o /usr/bin/systemctl https://x/systemctl3.py\nCMD systemctl start x\n",
            "FROM a\nRUN <<EOF\napt-get install -y systemd\nEOF\nCMD systemctl start x\n",
            "FROM a\nCMD [\"echo\", \"no systemctl here\", \"systemctl \"]\n",
            "FROM a\nCMD command -v systemctl >/dev/null && systemctl start nginx || nginx -g 'daemon off;'\n",
            "FROM a AS b\nCMD systemctl start nginx\nFROM b\nENTRYPOINT [\"serve\"]\n",
            "FROM a\nHEALTHCHECK CMD systemctl is-active x\nHEALTHCHECK NONE\n",
            "FROM a\nCMD echo 'systemctl start nginx'\n",
            "FROM a\nONBUILD CMD systemctl start nginx\n",
            "FROM a\nCOPY <<-\"CONF\" /x\n  ENTRYPOINT systemctl\n\tCONF\nCMD serve\n",
        ] {
            assert_eq!(calls(text), [0; 0], "{text}");
        }
    }

    #[test]
    fn a_text_that_never_ends_is_told() {
        let (_, lost) = read("FROM a\nRUN <<EOF\nx\nCMD systemctl start x\n");
        assert_eq!(lost.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2]);
        assert_eq!(read("FROM a\nRUN <<EOF\nx\nEOF\n").1, []);
    }
}
