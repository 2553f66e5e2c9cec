"""Proves that the AWS CLI accepts every command that modeltrail prints, and that the scripts it prints export evidence.

The AWS CLI's own parser and botocore's own validation judge the commands; nothing reaches the network (see canned.py).
A command that is wrong by one letter would otherwise be found out by an engineer in the middle of an incident.

    commands.py MODELTRAIL [FIXTURES]

1. Every command of `gaps -f json` is run, over all cases of the fixtures, whole and with each part left out, and over
   cases that are bent so that the rarer commands are printed; so is every command of the fixtures' sidecars.
2. The scripts of `gaps --script` are run by `sh`. They must only read, write into their folder alone, leave a sidecar
   beside each answer, and export what `audit` can read.
"""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import canned
import shapes

HERE = os.path.dirname(os.path.abspath(__file__))
READS = re.compile(r"BatchGet|Describe|Filter|Get|Head|List|Lookup")
INTERVAL = ["--from", "2026-10-05T00:00:00Z", "--to", "2026-10-08T00:00:00Z"]

# Cases that answer the scripts: one that has an endpoint, one that has a pipeline, and one that has inference components.
WORLD = ["tag-moved", "checks/pipeline/cache-still-true", "components"]
ENDPOINT = "risk-scoring-prod"

# What a script that starts from nothing must ask for, so that a loop which never turns is noticed.
WALKED = {
    "sagemaker": "DescribeEndpoint DescribeEndpointConfig DescribeInferenceComponent DescribeModel DescribeModelPackage DescribePipeline "
    "DescribePipelineDefinitionForExecution DescribePipelineExecution DescribeProcessingJob DescribeTrainingJob "
    "DescribeTransformJob ListInferenceComponents ListModelPackages ListPipelineExecutionSteps ListPipelineExecutions ListPipelines "
    "ListProcessingJobs ListTags ListTrainingJobs ListTransformJobs",
    "s3": "GetBucketLifecycleConfiguration GetBucketVersioning ListObjectVersions",
    "ecr": "DescribeImages",
    "events": "ListRules ListTargetsByRule",
    "logs": "DescribeLogGroups FilterLogEvents",
    "cloudtrail": "DescribeTrails LookupEvents",
    "cloudwatch": "DescribeAlarmHistory DescribeAlarms GetMetricStatistics",
    "sts": "GetCallerIdentity",
}

# Cases whose gaps are exported by a script, without the parts that are named.
INCOMPLETE = [
    ("tag-moved", {"ecr", "events", "cloudwatch", "sagemaker/endpoint-configs", "sagemaker/training-jobs"}),
    ("stale-cache", {"cloudtrail", "sagemaker/pipelines", "s3"}),
]

failures = []


def fail(what, why):
    failures.append(what)
    print(f"FAILED  {what}\n        " + str(why).strip().replace("\n", "\n        "))


def modeltrail(binary, *arguments, allowed=(0,)):
    done = subprocess.run([binary, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in allowed:
        raise RuntimeError(f"modeltrail {shlex.join(arguments)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


# Printed commands.


def parts(case):
    """Returns the parts of a case's evidence, by name: its folders, and those that SageMaker's is sorted into."""
    found = {}
    evidence = os.path.join(case, "evidence")
    for name in sorted(os.listdir(evidence)):
        path = os.path.join(evidence, name)
        inner = sorted(os.listdir(path)) if name == "sagemaker" and os.path.isdir(path) else []
        found.update({f"{name}/{own}": os.path.join(path, own) for own in inner} or {name: path})
    return found


def without(case, left_out):
    """Returns the paths of a case's evidence without some parts."""
    return [path for name, path in parts(case).items() if name not in left_out and name.split("/")[0] not in left_out]


def variants(case):
    """Yields lists of paths: the whole, the whole without each part, and each part alone."""
    all_parts = parts(case)
    yield list(all_parts.values())
    for name in sorted({*all_parts, *(name.split("/")[0] for name in all_parts)}):
        yield without(case, {name})
    yield from ([path] for path in all_parts.values())


def bent(case, folder):
    """Yields variants of a case that was bent so that it lacks what fixtures have; `folder` is where copies may lie."""

    def copy(name, old, new, left_out):
        target = os.path.join(folder, name)
        for path in without(case, left_out):
            to = os.path.join(target, os.path.relpath(path, case))
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copytree(path, to) if os.path.isdir(path) else shutil.copy(path, to)
        for path in (os.path.join(at, name) for at, _, names in os.walk(target) for name in names if name.endswith(".json")):
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text.replace(old, new))
        return [target] if os.path.exists(target) else []

    os.makedirs(folder, exist_ok=True)
    # Inputs named by manifests, which were not exported.
    yield copy("manifest", '"S3Prefix"', '"ManifestFile"', {"cloudtrail"})
    # An artifact whose path does not tell which job wrote it.
    yield copy("artifact", "/output/model.tar.gz", "/model.tar.gz", {"cloudtrail", "s3", "sagemaker/training-jobs"})
    # A trail of which only the settings were exported.
    answer = {"trailList": [{"Name": "main", "S3BucketName": "acme-trail", "S3KeyPrefix": "org", "HomeRegion": "eu-west-1",
                             "TrailARN": f"arn:aws:cloudtrail:eu-west-1:{canned.ACCOUNT}:trail/main", "IsMultiRegionTrail": True}]}
    settings = os.path.join(folder, "describe-trails.json")
    with open(settings, "w", encoding="utf-8") as file:
        json.dump(answer, file)
    yield [*without(case, {"cloudtrail", "eventbridge"}), settings]


def printed(binary, cases, folder):
    """Returns the commands that modeltrail prints for the cases, each with the paths for which it does."""
    commands = {}
    for number, case in enumerate(cases):
        for paths in [*variants(case), *bent(case, os.path.join(folder, str(number)))]:
            if not paths:
                continue
            # Of some parts alone nothing can be said, which is exit 3.
            answer = modeltrail(binary, "gaps", "-q", "-f", "json", *paths, allowed=(0, 3))
            for gap in json.loads(answer or '{"gaps": []}')["gaps"]:
                if gap["command"]:
                    commands.setdefault(gap["command"], paths)
    return commands


def try_command(words, world, folder):
    """Runs a command and returns what is wrong with it, or None."""
    if words[:1] != ["aws"]:
        return "it is no AWS CLI command"
    asked = []
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    here = os.getcwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = canned.aws(words[1:], world, asked)
    finally:
        os.chdir(here)
    out.flush()
    answer = out.buffer.getvalue()
    if status != 0:
        # What is wrong comes last, after the CLI's advice.
        return f"exit {status}: " + " ".join(err.getvalue().split("\n\n")[-1].split())
    if not asked:
        return "it asks AWS for nothing"
    if wrong := changes(words, asked):
        return wrong
    # The CLI prints nothing at all for an answer that says nothing.
    if "json" in words and answer:
        json.loads(answer)
    return None


def changes(words, asked):
    """Returns why a command does more than read, or None."""
    for service, name in asked:
        if not READS.match(name):
            return f"it asks for {service} {name}, which does more than read"
    if words[1:3] == ["s3", "ls"]:
        return None
    if words[1] == "s3":
        places = [word for word in words[3:] if not word.startswith("--")]
        if words[2] not in ("sync", "cp") or not places[0].startswith("s3://") or places[1].startswith("s3://"):
            return "it does not copy from S3 to here"
    return None


def check_commands(binary, fixtures, world, folder):
    os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
    os.environ["AWS_CONFIG_FILE"] = os.devnull
    commands = printed(binary, shapes.cases(fixtures, exempt=()), folder)
    of_gaps = len(commands)
    for path in (path for case in shapes.cases(fixtures) for path in shapes.files(case) if path.endswith(".cmd")):
        with open(path, encoding="utf-8") as file:
            commands.setdefault(shlex.join(json.load(file)["argv"]), [path])
    forms = {}
    for command, paths in sorted(commands.items()):
        words = shlex.split(command)
        forms[" ".join(words[1:3])] = forms.get(" ".join(words[1:3]), 0) + 1
        # Files that a command reads lie beside what it made; a case may be about one that was lost.
        read = [os.path.join(os.path.dirname(paths[0]), word.removeprefix("file://")) for word in words if word.startswith("file://")]
        if lost := [name for name in read if not os.path.exists(name)]:
            print(f"not run, {' '.join(lost)} is not there: {command}")
            continue
        for name in read:
            shutil.copy(name, folder)
        if wrong := try_command(words, world, folder):
            fail(command, f"printed for {' '.join(paths)}\n{wrong}")
    if of_gaps == 0:
        fail("gaps", "no command was printed for any case")
    print(f"{of_gaps} commands of gaps and {len(commands) - of_gaps} of sidecars were run:")
    for form, count in sorted(forms.items()):
        print(f"    {count:4} aws {form}")


# Printed scripts.


class Export:
    """A script that was run, and what it left."""

    def __init__(self, script, world, folder, refused=""):
        self.root = folder
        os.makedirs(folder)
        for name in ("bin", "home", "tmp", "work"):
            os.mkdir(os.path.join(folder, name))
        self.write("bin/aws", f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(os.path.join(HERE, 'canned.py'))} \"$@\"\n")
        os.chmod(self.path("bin/aws"), 0o755)
        self.write("config", "[default]\nregion = eu-west-1\n")
        self.write("script.sh", script)
        self.write("log", "")
        world.save(self.path("world"))
        environment = {
            **canned.ENVIRONMENT,
            "AWS_CONFIG_FILE": self.path("config"),
            "CANNED_LOG": self.path("log"),
            "CANNED_REFUSED": refused,
            "CANNED_WORLD": self.path("world"),
            "HOME": self.path("home"),
            "PATH": f"{self.path('bin')}:/usr/local/bin:/usr/bin:/bin",
            "TMPDIR": self.path("tmp"),
        }
        before = self.files()
        done = subprocess.run(["sh", "../script.sh", "out"], cwd=self.path("work"), env=environment,
                              capture_output=True, text=True, check=False)
        self.status, self.messages, self.output = done.returncode, done.stderr, done.stdout
        self.strays = sorted(name for name in self.files() - before if not name.startswith("work/out/"))
        with open(self.path("log"), encoding="utf-8") as log:
            self.calls = [json.loads(line) for line in log]

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def files(self):
        return {os.path.relpath(os.path.join(at, name), self.root) for at, _, names in os.walk(self.root) for name in names}

    def asked(self):
        return {tuple(pair) for call in self.calls for pair in call["asked"]}

    def saved(self):
        """Yields (path, sidecar or None) of the answers; files that were copied from S3 name themselves."""
        for name in sorted(self.files()):
            path = self.path(name)
            copied = name.startswith("work/out/cloudtrail/") and name.endswith(".gz")
            if not name.startswith("work/out/") or name.endswith(".cmd") or copied:
                continue
            try:
                with open(f"{path}.cmd", encoding="utf-8") as file:
                    yield path, json.load(file)
            except FileNotFoundError:
                yield path, None


def wrong_sidecar(sidecar, calls):
    if sidecar is None:
        return "it has no sidecar"
    if set(sidecar) != {"argv", "account", "region", "captured_at", "error", "exit"}:
        return f"its sidecar holds {', '.join(sidecar)}"
    if sidecar["argv"] not in [call["argv"] for call in calls]:
        return f"its sidecar tells of a command that was not run: {sidecar['argv']}"
    if sidecar["account"] != canned.ACCOUNT or sidecar["region"] != "eu-west-1":
        return f"its sidecar names {sidecar['account']} and {sidecar['region']}"
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", sidecar["captured_at"]):
        return f"its sidecar was captured at {sidecar['captured_at']}"
    return None


def check_script(binary, what, script, world, folder, refused=""):
    """Runs a script and checks what it did. Returns the audit of what it exported."""
    for shell in ("sh", "dash"):
        if shutil.which(shell):
            checked = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
            if checked.returncode != 0:
                fail(what, f"{shell} -n: {checked.stderr}")
    export = Export(script, world, folder, refused)
    expected = 1 if refused else 0
    if export.status != expected:
        fail(what, f"exit {export.status}, not {expected}\n{export.messages}")
    if export.strays or export.output:
        fail(what, f"it wrote more than its folder: {export.strays} {export.output}")
    for call in export.calls:
        if call["argv"][1:] == ["configure", "get", "region"]:
            continue
        if wrong := changes(call["argv"], call["asked"]):
            fail(shlex.join(call["argv"]), wrong)
        if call["exit"] != 0 and not any(name in refused.split() for _, name in call["asked"]):
            fail(shlex.join(call["argv"]), f"exit {call['exit']} in {what}\n{export.messages}")
    saved = list(export.saved())
    for path, sidecar in saved:
        if wrong := wrong_sidecar(sidecar, export.calls):
            fail(path, wrong)
        elif not refused and sidecar["exit"] != 0:
            fail(path, f"its sidecar says exit {sidecar['exit']}")
    audit = json.loads(modeltrail(binary, "audit", "-q", "-f", "json", export.path("work/out")))
    lost = [entry for entry in audit["inputs"] if entry["disposition"] not in ("read", "duplicate")]
    print(f"{what}: {len(export.calls)} commands, {len(saved)} answers, {len(audit['models'])} models, {len(lost)} files not read")
    for entry in lost:
        reasons = "; ".join(problem["message"] for problem in entry["problems"])
        print(f"    {entry['disposition']}: {os.path.relpath(entry['path'], export.path('work/out'))}: {reasons}")
        if entry["disposition"] == "refused" and "not read by this version" not in reasons:
            fail(what, f"audit refuses {entry['path']}: {reasons}")
    return export, audit


def check_scripts(binary, fixtures, folder):
    def case(name):
        return os.path.join(fixtures, name)

    world = canned.World.of([case(name) for name in WORLD])
    begin = modeltrail(binary, "gaps", "--script", "--endpoint", ENDPOINT, *INTERVAL)
    what = "the script that starts from nothing"
    export, audit = check_script(binary, what, begin, world, os.path.join(folder, "nothing"))
    wanted = {(service, name) for service, names in WALKED.items() for name in names.split()}
    if missing := sorted(wanted - export.asked()):
        fail(what, "it never asks for " + ", ".join(" ".join(pair) for pair in missing))
    served = {row["endpoint"].rpartition("/")[2] for row in audit["serving"]}
    if ENDPOINT not in served:
        fail(what, f"what it exported does not tell what {ENDPOINT} served, only {sorted(served)}")
    if not any(model["training_job"]["value"] for model in audit["models"]):
        fail(what, "what it exported does not tell which job trained any model")

    refused = "GetBucketLifecycleConfiguration ListTags"
    begin = modeltrail(binary, "gaps", "--script", "--endpoint", ENDPOINT, *INTERVAL, "--region", "eu-west-1")
    check_script(binary, "the same where some of it is refused", begin, world, os.path.join(folder, "refused"), refused)

    for number, (name, left_out) in enumerate(INCOMPLETE):
        what = f"the script for {name} without {', '.join(sorted(left_out))}"
        script = modeltrail(binary, "gaps", "-q", "--script", *without(case(name), left_out))
        check_script(binary, what, script, canned.World.of([case(name)]), os.path.join(folder, f"incomplete-{number}"))
    rare = list(bent(case(WORLD[0]), os.path.join(folder, "bent")))
    for number, paths in enumerate(rare):
        what = f"the script for bent case {number + 1}"
        script = modeltrail(binary, "gaps", "-q", "--script", *paths)
        check_script(binary, what, script, world, os.path.join(folder, f"bent-{number}"))


def main(arguments):
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    binary = os.path.abspath(arguments[0])
    fixtures = arguments[1] if len(arguments) > 1 else os.path.relpath(os.path.join(HERE, "..", "fixtures"))
    if not shapes.cases(fixtures):
        print(f"no cases under {fixtures}", file=sys.stderr)
        return 2
    world = canned.World.of([os.path.join(fixtures, name) for name in WORLD])
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "commands"))
        check_commands(binary, fixtures, world, os.path.join(folder, "commands"))
        check_scripts(binary, fixtures, os.path.join(folder, "scripts"))
    print(f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
