"""The AWS CLI without AWS: its own parser, validation, serialisation and formatting, and answers from the fixtures.

Commands that modeltrail prints are run through the real driver of the AWS CLI, in this process. Where botocore would send
a request, an answer is handed back instead: the one that a fixture holds, or the least that the operation's output shape
allows. Sockets are shut, so that a mistake here cannot reach anybody.

    canned.py WORDS...        runs `aws WORDS...`; CANNED_WORLD names the file of a world, CANNED_LOG a file that is told
                              what was asked, CANNED_REFUSED operations that answer with an error
"""

import argparse
import copy
import gzip
import io
import json
import os
import socket
import sys
import types

sys.dont_write_bytecode = True

from awscli.clidriver import create_clidriver
from botocore import xform_name
from botocore.response import StreamingBody

import shapes

ACCOUNT = "111122223333"
TIME = "2026-10-06T00:00:00+00:00"

# What the driver needs to start at all.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_PAGER": "",
}

# Lists that no fixture holds are made of the descriptions that fixtures hold.
DESCRIBED_BY = {
    "ListModelPackages": "DescribeModelPackage",
    "ListPipelineExecutions": "DescribePipelineExecution",
    "ListPipelines": "DescribePipelineExecution",
    "ListProcessingJobs": "DescribeProcessingJob",
    "ListTrainingJobs": "DescribeTrainingJob",
    "ListTransformJobs": "DescribeTransformJob",
}

# Parameters that choose a part of an answer, or its form, and not whose answer it is.
CHOOSE = {"EncodingType", "Prefix", "logStreamNamePrefix", "registryId"}


def shut(*_):
    raise OSError("no network here")


socket.socket.connect = socket.socket.connect_ex = shut
# An option that is cut short is taken for the whole by this version of the CLI, and may be ambiguous to the next.
argparse.ArgumentParser._get_option_tuples = lambda *_: []


class World:
    """What a few fixtures together know, by operation."""

    def __init__(self, answers, trails):
        self.answers = answers
        self.trails = trails

    @classmethod
    def of(cls, cases):
        """Reads cases: their answers by operation, each with the words that tell what was asked, and their trails' files."""
        answers, trails = {}, {}
        for path in (path for case in cases for path in shapes.files(os.path.abspath(case))):
            if path.endswith(".json"):
                if shapes.refused(path):
                    continue
                asked_for, answer, argv = shapes.read_answer(path)
                if asked_for is not None:
                    words = [*(argv or []), *(value for value in answer.values() if isinstance(value, str))]
                    answers.setdefault(asked_for.name, []).append((words, answer))
            elif path.endswith(".json.gz"):
                trails.setdefault(os.path.basename(path), []).append(path)
        return cls(answers, trails)

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(*json.load(file))

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump([self.answers, self.trails], file)

    def answer(self, asked_for, given):
        """Returns an answer to an operation with the given parameters, as botocore would have parsed it."""
        name, shape = asked_for.name, asked_for.output_shape
        if name in os.environ.get("CANNED_REFUSED", "").split():
            return 403, {"Error": {"Code": "AccessDenied", "Message": f"{name} is refused"}}
        if shape is None:
            return 200, {}
        answer = self.known(asked_for, given) or made_up(shape, given, lists=asked_for.service_model.service_name != "s3")
        answer.update(self.made_for(asked_for, given))
        cut(answer, given)
        unfit = list(shapes.answer_mismatches({k: v for k, v in answer.items() if k != "Body"}, asked_for))
        if unfit:
            raise AssertionError(f"the canned answer to {name} is no such answer: {unfit}")
        return 200, answer

    def known(self, asked_for, given):
        """Returns the answer that a fixture holds: the one that names everything that was asked for."""
        members = asked_for.input_shape.members if asked_for.input_shape else {}
        named = {v for k, v in given.items() if members[k].type_name == "string" and k not in CHOOSE}
        for words, answer in self.answers.get(asked_for.name, []):
            if named.issubset(words):
                return copy.deepcopy(answer)
        return None

    def made_for(self, asked_for, given):
        """Returns members that are put together from several fixtures."""
        name, members = asked_for.name, asked_for.output_shape.members
        if name in DESCRIBED_BY:
            rows = next(member for member in members if members[member].type_name == "list")
            return {rows: self.summaries(DESCRIBED_BY[name], members[rows].member, given)}
        if name == "GetCallerIdentity":
            return {"Account": ACCOUNT, "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Auditor/x", "UserId": "AROAEXAMPLE:x"}
        if name == "LookupEvents":
            wanted = [pair["AttributeValue"] for pair in given["LookupAttributes"]]
            return {"Events": [event(record) for record in self.records() if record["eventSource"] in wanted]}
        if name == "GetBucketLifecycleConfiguration":
            rule = {"ID": "old", "Filter": {"Prefix": "tmp/"}, "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}
            return {"Rules": [rule]}
        if name == "DescribePipeline":
            return {"PipelineDefinition": '{"Version":"2020-12-01","Steps":[]}', "PipelineStatus": "Active", "CreationTime": TIME}
        if name == "ListObjectsV2":
            keys = [given["Prefix"] + file for file in sorted(self.trails)]
            return {"Contents": [{"Key": key, "Size": len(self.object(key)), "LastModified": TIME, "ETag": '"0"'} for key in keys]}
        if name in ("GetObject", "HeadObject"):
            content = self.object(given["Key"])
            body = {"Body": StreamingBody(io.BytesIO(content), len(content))} if name == "GetObject" else {}
            return {"ContentLength": len(content), "ETag": '"0"', "LastModified": TIME, **body}
        return {}

    def summaries(self, described, shape, given):
        """Returns rows of a list, one for each thing that is described; something is always there to be listed."""
        rows = {}
        for _, description in self.answers.get(described, []):
            pipeline = description.get("PipelineArn", "").rpartition("/")[2]
            belongs = description | ({"PipelineName": pipeline} if pipeline else {})
            if all(belongs.get(name) == given[name] for name in ("PipelineName", "ModelPackageGroupName") if name in given):
                row = made_up(shape, belongs)
                rows.setdefault(next(value for name, value in row.items() if name.endswith("Arn")), row)
        return list(rows.values()) or [made_up(shape, given)]

    def records(self):
        for path in (path for paths in self.trails.values() for path in paths):
            with gzip.open(path) as file:
                yield from json.load(file)["Records"]

    def object(self, key):
        """Returns an object's content: that of the trail's file of that name, or a manifest."""
        paths = self.trails.get(key.rpartition("/")[2])
        if paths is None:
            return b'[{"prefix": "s3://risk-feat/"}, "part-0000.parquet"]\n'
        with open(paths[0], "rb") as file:
            return file.read()


def event(record):
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "EventSource": record["eventSource"],
        "EventTime": record["eventTime"],
        "ReadOnly": json.dumps(record["readOnly"]),
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }


def cut(answer, given):
    """Leaves of an answer what was asked for."""
    if "logStreamNamePrefix" in given and "events" in answer:
        begins = given["logStreamNamePrefix"]
        answer["events"] = [event for event in answer["events"] if event["logStreamName"].startswith(begins)]
    for rows in ("Versions", "DeleteMarkers"):
        if "Prefix" in given and rows in answer:
            answer["Prefix"] = given["Prefix"]
            answer[rows] = [row for row in answer[rows] if row["Key"].startswith(given["Prefix"])]
            if not answer[rows]:
                del answer[rows]


def made_up(shape, given, lists=False):
    """Returns the least that a structure must hold, with members of the same name taken from `given`.

    With `lists`, lists are there though empty: most services answer so, S3 does not."""
    answer = {}
    for name, member in shape.members.items():
        if name in given and name not in CHOOSE and not list(shapes.mismatches(given[name], member)):
            answer[name] = given[name]
        elif name in shape.required_members:
            answer[name] = invented(member, name)
        elif lists and member.type_name == "list":
            answer[name] = []
    return answer


def invented(shape, name):
    if shape.type_name == "structure":
        return made_up(shape, {})
    if shape.type_name == "list":
        return [invented(shape.member, name)] if shape.metadata.get("min") else []
    if shape.type_name == "map":
        return {}
    if shape.type_name == "boolean":
        return False
    if shape.type_name == "timestamp":
        return TIME
    if shape.type_name != "string":
        return shape.metadata.get("min", 1)
    if shape.enum:
        return shape.enum[0]
    if name == "RoleArn":
        return f"arn:aws:iam::{ACCOUNT}:role/made-up"
    if name.endswith("Arn"):
        return f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:{xform_name(name[:-3], '-')}/made-up"
    return "s3://made-up/key" if "Uri" in name or name.startswith("S3") else "made-up"


def aws(words, world, asked):
    """Runs `aws WORDS...`; adds (service, operation) of each request to `asked`. Returns the exit status."""

    def keep(params, context, **_):
        context["given"] = params

    def answer(model, context, **_):
        given = context.get("given", {})
        asked.append((model.service_model.service_name, model.name))
        if model.input_shape is not None:
            # Botocore looks at types and lengths; the service also looks at values and patterns.
            plain = json.loads(json.dumps(given, default=str))
            unfit = list(shapes.mismatches(plain, model.input_shape))
            if unfit:
                raise ValueError(f"{model.name}: " + "; ".join(f"{at}: {message}" for at, message in unfit))
        status, answer = world.answer(model, given)
        return types.SimpleNamespace(status_code=status, headers={}), {**answer, "ResponseMetadata": {"HTTPStatusCode": status}}

    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    driver = create_clidriver()
    # Models are large; they are read once.
    driver.session.register_component("data_loader", shapes.LOADER)
    driver.session.register("before-parameter-build", keep)
    driver.session.register("before-call", answer)
    try:
        return driver.main(words)
    except SystemExit as ended:
        return ended.code or 0


def main(words):
    asked = []
    status = aws(words, World.load(os.environ["CANNED_WORLD"]), asked)
    with open(os.environ["CANNED_LOG"], "a", encoding="utf-8") as log:
        log.write(json.dumps({"argv": ["aws", *words], "asked": asked, "exit": status}) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
