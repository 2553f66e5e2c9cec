"""Checks that what modeltrail answers as JSON is what its published schemas describe.

Users write scripts against docs/schema; an answer that its schema refuses would break them. The schemas are judged by
an implementation that has nothing to do with the one that wrote them.

    schemas.py MODELTRAIL [FIXTURES [SCHEMAS]]
"""

import json
import os
import subprocess
import sys

from jsonschema import Draft202012Validator

HERE = os.path.dirname(os.path.abspath(__file__))
# Commands with a schema, and what they need beside the evidence.
COMMANDS = {"audit": [], "lineage": [], "gaps": [], "timeline": [], "impact": ["--object", "s3://risk-feat/"]}
CASES = ["midnight-timeout", "stale-cache"]


def errors(schema, binary, command, evidence):
    """Yields what the schema says against a command's answer."""
    asked = [binary, command, "-q", "-f", "json", *COMMANDS[command], evidence]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    for error in Draft202012Validator(schema).iter_errors(json.loads(done.stdout)):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"


def drift_errors(schema, binary, fixtures):
    """Yields what the schema says against the answers of the cases of drift."""
    for case in sorted(os.listdir(os.path.join(fixtures, "drift"))):
        folder = os.path.join(fixtures, "drift", case)
        with open(os.path.join(folder, "case.json"), encoding="utf-8") as file:
            asked = json.load(file)["arguments"]
        done = subprocess.run([binary, "drift", "-q", "-f", "json", *asked], capture_output=True, text=True, cwd=folder, check=False)
        for error in Draft202012Validator(schema).iter_errors(json.loads(done.stdout)):
            yield f"{case}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"


def investigations(binary, fixtures):
    """Yields the evidence of every case that has an endpoint, the endpoint's ARN, and instants at which to ask."""
    for folder, names, _ in sorted(os.walk(fixtures)):
        if "evidence" not in names:
            continue
        evidence = os.path.join(folder, "evidence")
        done = subprocess.run([binary, "audit", "-q", "-f", "json", evidence], capture_output=True, text=True, check=False)
        rows = json.loads(done.stdout)["serving"] if done.returncode == 0 else []
        times = {(row["endpoint"], bound) for row in rows for end in ("from", "to") for bound in (row[end] or {}).values()}
        for endpoint, at in sorted(times):
            yield evidence, endpoint, at


def investigation_errors(schema, binary, fixtures):
    """Yields what the schema says against what is answered of every endpoint, and last the number of answers."""
    asked = 0
    for evidence, endpoint, at in investigations(binary, fixtures):
        words = [binary, "investigate", "-q", "-f", "json", "--endpoint", endpoint, "--at", at, evidence]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        asked += 1
        if done.returncode:
            yield f"{evidence} at {at}: status {done.returncode}: {done.stderr.strip()}"
            continue
        for error in Draft202012Validator(schema).iter_errors(json.loads(done.stdout)):
            yield f"{evidence} at {at}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
    yield asked


def main(arguments):
    binary = os.path.abspath(arguments[0])
    fixtures = arguments[1] if len(arguments) > 1 else os.path.join(HERE, "..", "fixtures")
    schemas = arguments[2] if len(arguments) > 2 else os.path.join(HERE, "..", "docs", "schema")
    checked = wrong = 0
    for command in COMMANDS:
        path = os.path.join(schemas, f"{command}.schema.json")
        if not os.path.exists(path):
            print(f"skipped {command}: it has no schema yet")
            continue
        with open(path, encoding="utf-8") as file:
            schema = json.load(file)
        Draft202012Validator.check_schema(schema)
        found = [f"{case}: {error}" for case in CASES for error in errors(schema, binary, command, os.path.join(fixtures, case, "evidence"))]
        if Draft202012Validator(schema).is_valid({}):
            found.append("the schema accepts an empty object: it requires nothing")
        for error in found:
            print(f"{command}: {error}")
        checked += len(CASES)
        wrong += len(found)
    with open(os.path.join(schemas, "drift.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    for error in drift_errors(schema, binary, fixtures):
        print(f"drift: {error}")
        wrong += 1
    checked += len(os.listdir(os.path.join(fixtures, "drift")))
    with open(os.path.join(schemas, "investigate.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    *found, asked = investigation_errors(schema, binary, fixtures)
    for error in found:
        print(f"investigate: {error}")
    checked += asked
    wrong += len(found) + (asked == 0)
    print(f"{checked} answers checked, {wrong} errors")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
