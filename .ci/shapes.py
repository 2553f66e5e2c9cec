"""Checks that the fixtures look like what AWS answers and records.

The fixtures are written by a generator, so nothing but the generator's author vouches for their shape. Botocore carries
AWS's own description of every operation; each answer and each CloudTrail record of the fixtures is walked against it,
so that modeltrail is not tested on fields, types or values that AWS does not have.

    shapes.py [FIXTURES]

Prints each mismatch with its file and JSON pointer. Exit status: 0 none, 1 some, 2 nothing to check.
"""

import gzip
import json
import os
import re
import sys
from datetime import datetime

import botocore.session
from botocore import xform_name

# Cases that are broken on purpose.
EXEMPT = {"damaged"}

# Services by the name that the AWS CLI or a record's eventSource calls them, where botocore's name differs.
ALIASES = {"s3api": "s3", "monitoring": "cloudwatch"}

# Operations by the folder in which people keep their answers.
FOLDERS = {
    "endpoint-configs": ("sagemaker", "DescribeEndpointConfig"),
    "endpoints": ("sagemaker", "DescribeEndpoint"),
    "model-packages": ("sagemaker", "DescribeModelPackage"),
    "models": ("sagemaker", "DescribeModel"),
    "processing-jobs": ("sagemaker", "DescribeProcessingJob"),
    "training-jobs": ("sagemaker", "DescribeTrainingJob"),
    "transform-jobs": ("sagemaker", "DescribeTransformJob"),
    "tuning-jobs": ("sagemaker", "DescribeHyperParameterTuningJob"),
}

# Services whose operations name files: `s3/BUCKET/list-object-versions.json`.
FOLDER_SERVICES = {
    "cloudtrail": "cloudtrail",
    "cloudwatch": "cloudwatch",
    "ecr": "ecr",
    "eventbridge": "events",
    "events": "events",
    "logs": "logs",
    "s3": "s3",
    "sagemaker": "sagemaker",
}

# Members that the model requires and that AWS leaves out all the same: versioned packages have a group and a version
# in place of a name, as the answers in AWS's own guide to the model registry show.
LEFT_OUT = {("DescribeModelPackageOutput", "ModelPackageName"), ("ModelPackageSummary", "ModelPackageName")}

# Services whose CloudTrail records name their members in a way of their own, so that no shape tells it.
OWN_WAY = {"ec2", "s3"}

# What stands in a CloudTrail record in place of a value that is not recorded.
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"

SESSION = botocore.session.get_session()
LOADER = SESSION.get_component("data_loader")
MODELS = {}


def model(service):
    """Returns botocore's model of a service, or None."""
    service = ALIASES.get(service, service)
    if service not in MODELS:
        known = service in SESSION.get_available_services()
        MODELS[service] = SESSION.get_service_model(service) if known else None
    return MODELS[service]


def operation(service, name):
    """Returns an operation by its name, `DescribeModel` or `describe-model`, or None."""
    service = model(service)
    if service is None:
        return None
    names = [own for own in service.operation_names if name in (own, xform_name(own, "-"))]
    return service.operation_model(names[0]) if names else None


def asked(argv):
    """Returns the operation that an AWS CLI command line asks for, or None."""
    words = iter(argv[1:])
    word = next(words, "")
    while word.startswith("--"):
        if "=" not in word:
            next(words, "")
        word = next(words, "")
    return operation(word, next(words, ""))


def lists_null(asked_for):
    """Returns the members that the CLI prints as null when it joins pages that lack them."""
    try:
        pages = LOADER.load_service_model(asked_for.service_model.service_name, "paginators-1")["pagination"]
    except Exception:  # no paginator, no pages
        return set()
    return set(pages.get(asked_for.name, {}).get("non_aggregate_keys", []))


def pointer(parent, name):
    return f"{parent}/{str(name).replace('~', '~0').replace('/', '~1')}"


def mismatches(value, shape, at="", record=False, whole=True):
    """Yields (JSON pointer, message) for whatever does not fit the shape.

    With `record`, the value comes from a CloudTrail record: member names begin with a lower-case letter, times are
    written in several ways, and values may be hidden. With `whole`, required members must be there.
    """
    if record and value == HIDDEN:
        return
    check = CHECKS.get(shape.type_name)
    if check is None:
        yield at, f"no check for a {shape.type_name}"
    else:
        yield from check(value, shape, at, record, whole)


def structure(value, shape, at, record, whole):
    if getattr(shape, "is_document_type", False):
        return
    if not isinstance(value, dict):
        yield at, f"{kind(value)} in place of {shape.name}"
        return
    fold = (lambda name: name[:1].lower() + name[1:]) if record else (lambda name: name)
    members = {fold(name): member for name, member in shape.members.items()}
    for name, content in value.items():
        if name in members:
            yield from mismatches(content, members[name], pointer(at, name), record, whole)
        else:
            near = [own for own in members if own.lower() == name.lower()]
            yield pointer(at, name), f"{shape.name} has no such member" + (f"; it has {near[0]}" if near else "")
    for name in shape.required_members if whole else []:
        if fold(name) not in value and (shape.name, name) not in LEFT_OUT:
            yield at, f"{shape.name} lacks its required member {fold(name)}"
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield at, f"{shape.name} holds one member, not {len(value)}"


def listing(value, shape, at, record, whole):
    if not isinstance(value, list):
        yield at, f"{kind(value)} in place of a list"
        return
    yield from bounds(len(value), shape, at, "elements")
    for number, element in enumerate(value):
        yield from mismatches(element, shape.member, pointer(at, number), record, whole)


def mapping(value, shape, at, record, whole):
    if not isinstance(value, dict):
        yield at, f"{kind(value)} in place of a map"
        return
    yield from bounds(len(value), shape, at, "entries")
    for name, content in value.items():
        yield from mismatches(name, shape.key, pointer(at, name), record, whole)
        yield from mismatches(content, shape.value, pointer(at, name), record, whole)


def text(value, shape, at, _record, _whole):
    if not isinstance(value, str):
        yield at, f"{kind(value)} in place of a string"
        return
    if shape.enum and value not in shape.enum:
        yield at, f"{json.dumps(value)} is none of {shape.name}: {', '.join(shape.enum)}"
    yield from bounds(len(value), shape, at, "characters")
    pattern = shape.metadata.get("pattern")
    # A member that the service answers with an empty text is there and says nothing.
    if pattern and value and not matches(pattern, value):
        yield at, f"{json.dumps(value)} does not match {shape.name}: {pattern}"


def matches(pattern, value):
    try:
        return re.search(f"^(?:{pattern})$", value) is not None
    except re.error:  # written for another engine
        return True


def number(value, shape, at, _record, _whole):
    whole_number = shape.type_name not in ("float", "double")
    if isinstance(value, bool) or not isinstance(value, int if whole_number else (int, float)):
        yield at, f"{kind(value)} in place of {'an integer' if whole_number else 'a number'}"
        return
    yield from bounds(value, shape, at, "as value")


def boolean(value, _shape, at, _record, _whole):
    if not isinstance(value, bool):
        yield at, f"{kind(value)} in place of a boolean"


def moment(value, _shape, at, record, _whole):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return
    if not isinstance(value, str):
        yield at, f"{kind(value)} in place of a time"
    elif not record:
        try:
            datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            yield at, f"{json.dumps(value)} is no time"


def blob(value, _shape, at, _record, _whole):
    if not isinstance(value, str):
        yield at, f"{kind(value)} in place of base64"


CHECKS = {
    "structure": structure,
    "list": listing,
    "map": mapping,
    "string": text,
    "character": text,
    "byte": number,
    "short": number,
    "integer": number,
    "long": number,
    "bigdecimal": number,
    "float": number,
    "double": number,
    "boolean": boolean,
    "timestamp": moment,
    "blob": blob,
}


def bounds(size, shape, at, what):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    # An empty text or list is how services write that there is none.
    if least is not None and size < least and size != 0:
        yield at, f"{size} {what}, fewer than the {least} of {shape.name}"
    if most is not None and size > most:
        yield at, f"{size} {what}, more than the {most} of {shape.name}"


def kind(value):
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def answer_mismatches(answer, asked_for):
    """Yields what does not fit an operation's output."""
    shape = asked_for.output_shape
    if shape is None:
        if answer:
            yield "", f"{asked_for.name} answers nothing"
        return
    null = lists_null(asked_for)
    if isinstance(answer, dict):
        answer = {name: value for name, value in answer.items() if not (value is None and name in null)}
    yield from mismatches(answer, shape)


def record_mismatches(record):
    """Yields what does not fit in a CloudTrail record; None first where no model tells how it looks."""
    asked_for = operation(record.get("eventSource", "").split(".")[0], record.get("eventName", ""))
    if asked_for is None or asked_for.service_model.service_name in OWN_WAY:
        yield None
        return
    refused = "errorCode" in record
    for member, shape in (("requestParameters", asked_for.input_shape), ("responseElements", asked_for.output_shape)):
        value = record.get(member)
        if value is None:
            continue
        # What AWS refused because it does not fit need not fit.
        if member == "requestParameters" and record.get("errorCode") == "ValidationError":
            continue
        if shape is None:
            yield pointer("", member), f"{asked_for.name} has none"
            continue
        # A record of an answer leaves out what a reader could have asked for; a refused request may have been wrong.
        whole = member == "requestParameters" and not refused
        yield from mismatches(value, shape, pointer("", member), record=True, whole=whole)


def sidecar(path):
    """Returns the argv of the sidecar beside a file, or None."""
    try:
        with open(f"{path}.cmd", encoding="utf-8") as file:
            return json.load(file)["argv"]
    except FileNotFoundError:
        return None


def of_folders(path):
    """Guesses the operation of an answer from the names of its file and folders."""
    folders, name = os.path.split(path)
    folders, stem = folders.split(os.sep), name.split(".")[0]
    for folder in reversed(folders):
        by_name = folder in FOLDER_SERVICES and operation(FOLDER_SERVICES[folder], stem)
        if by_name:
            return by_name
        if folder in FOLDERS:
            return operation(*FOLDERS[folder])
    return None


def refused(path):
    """Whether a file is what a command leaves that AWS answered with an error: nothing, beside a sidecar that says so."""
    if os.path.getsize(path) or not os.path.exists(path + ".cmd"):
        return False
    with open(path + ".cmd", encoding="utf-8") as sidecar:
        return bool(json.load(sidecar).get("error"))


def read_answer(path):
    """Returns (operation, answer, argv) of a fixture file; the operation is None where nothing tells it."""
    with open(path, encoding="utf-8") as file:
        answer = json.load(file)
    argv = sidecar(path)
    if isinstance(answer, dict) and set(answer) == {"modeltrail", "response"}:
        argv, answer = answer["modeltrail"]["argv"], answer["response"]
    return (asked(argv) if argv else of_folders(path)), answer, argv


def cases(root, exempt=EXEMPT):
    """Returns the folders of all cases that are not exempt, in order."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in exempt]
        if "case.json" in names and "evidence" in folders:
            found.append(folder)
            folders.clear()
    return sorted(found)


def files(case):
    """Yields the files of a case's evidence, in order."""
    for folder, folders, names in os.walk(os.path.join(case, "evidence")):
        folders.sort()
        yield from (os.path.join(folder, name) for name in sorted(names))


def main(arguments):
    here = os.path.dirname(os.path.abspath(__file__))
    root = arguments[0] if arguments else os.path.join(here, "..", "fixtures")
    root = os.path.relpath(root)
    answers = records = wrong = 0
    unchecked = {}

    def report(path, found):
        nonlocal wrong
        for at, message in found:
            wrong += 1
            print(f"{path}#{at}: {message}")

    for path in (path for case in cases(root) for path in files(case)):
        if path.endswith(".json"):
            if refused(path):
                continue
            try:
                asked_for, answer, _ = read_answer(path)
            except (ValueError, KeyError) as error:
                report(path, [("", f"not readable: {error}")])
                continue
            if asked_for is not None:
                answers += 1
                report(path, answer_mismatches(answer, asked_for))
                continue
            trail = answer.get("Records") if isinstance(answer, dict) else None
        elif path.endswith(".json.gz"):
            with gzip.open(path) as file:
                answer = json.load(file)
            trail = answer.get("Records")
        else:
            trail = None
        if trail is None:
            if not path.endswith(".cmd"):
                name = os.path.join(os.path.basename(os.path.dirname(path)), os.path.basename(path))
                unchecked[name] = unchecked.get(name, 0) + 1
            continue
        for number_of, record in enumerate(trail):
            found = list(record_mismatches(record))
            if found[:1] == [None]:
                name = f"records of {record.get('eventSource')}"
                unchecked[name] = unchecked.get(name, 0) + 1
                continue
            records += 1
            report(path, [(f"/Records/{number_of}{at}", f"{record['eventName']}: {message}") for at, message in found])

    print(f"{answers} answers and {records} records checked, {wrong} mismatches")
    for name, count in sorted(unchecked.items()):
        print(f"not checked, no model tells its shape: {name} ({count})")
    if answers == 0 or records == 0:
        print("nothing was checked: the fixtures are not there, or no longer lie where this script looks")
        return 2
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
