"""Writes the table of what AWS's API takes, which `config/` checks hold files against: `aws_table.py src/aws/model.txt`.

It reads botocore's service models (operations, members, enums) and cfn-lint's copy of CloudFormation's resource schemas, and
leaves out what the checks have no use for. The table names both versions in its head, so that nobody has to guess how old it is;
with other versions than those of the head `--check` says so and compares nothing. Words of a line:

    @SERVICE [partial]      a service; of a partial one, operations that are not listed exist all the same
    !OPERATION IN [OUT]     an operation with the structures it takes and answers; for CloudFormation, a type of resource
    .STRUCTURE MEMBER…      a structure: `Name`, `Name:Shape`, `Name*Shape` (a list) or `Name%Shape` (a map with free keys)
    =ENUM VALUE…            the values of an enum
"""

import json
import pathlib
import sys

import botocore
import botocore.loaders

# Whole services; of the others, the operations named.
SERVICES = {
    "application-autoscaling": None,
    "cloudwatch": None,
    "events": None,
    "s3": ["PutBucketLifecycle", "PutBucketLifecycleConfiguration"],
    "sagemaker": None,
    "sagemaker-featurestore-runtime": None,
    "sagemaker-runtime": None,
}

# What these answer is read in scripts that wait for something.
ANSWERS = {
    f"Describe{name}"
    for name in (
        "Endpoint EndpointConfig FeatureGroup HyperParameterTuningJob InferenceComponent Model ModelPackage ModelPackageGroup"
        " MonitoringSchedule Pipeline PipelineExecution ProcessingJob TrainingJob TransformJob"
    ).split()
}

# Types of resources, and the operation whose enums hold for members for which CloudFormation's schema names none.
RESOURCES = {
    "AWS::ApplicationAutoScaling::ScalableTarget": ("application-autoscaling", "RegisterScalableTarget"),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ("application-autoscaling", "PutScalingPolicy"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "PutMetricAlarm"),
    "AWS::Events::Rule": None,
    "AWS::S3::Bucket": None,
    **{
        f"AWS::SageMaker::{name}": None
        for name in (
            "DataQualityJobDefinition Endpoint EndpointConfig FeatureGroup InferenceComponent Model ModelBiasJobDefinition"
            " ModelExplainabilityJobDefinition ModelPackage ModelPackageGroup ModelQualityJobDefinition MonitoringSchedule"
            " NotebookInstance Pipeline ProcessingJob Project"
        ).split()
    },
}

# The only part of a bucket that the checks look into.
BUCKET = "LifecycleConfiguration"

# Longer enums are lists of products (types of instances, languages) that grow every month: no use is made of them.
LONGEST_ENUM = 40


class Service:
    """One service of botocore, as far as it is asked for."""

    def __init__(self, name, loader):
        self.model = loader.load_service_model(name, "service-2")
        self.wanted = []

    def sign(self, shape_name):
        """Returns how a member refers to its shape: nothing where the shape says no more than that there is a value."""
        shape = self.model["shapes"][shape_name]
        if shape["type"] == "structure" and shape.get("members"):
            return ":" + shape_name
        if shape["type"] == "string" and 0 < len(shape.get("enum", [])) <= LONGEST_ENUM:
            return ":" + shape_name
        inner = {"list": ("*", "member"), "map": ("%", "value")}.get(shape["type"])
        if inner:
            of = self.sign(shape[inner[1]]["shape"])
            if of.startswith(":"):
                return inner[0] + of[1:]
        return ""

    def lines(self, operations):
        """Returns the lines of operations, then of everything they reach."""
        seen, todo, found = set(), [], []
        for name in sorted(operations or self.model["operations"]):
            operation = self.model["operations"][name]
            words = ["!" + name]
            for side in ("input", "output"):
                shape = operation.get(side, {}).get("shape", "")
                if side == "input" or name in ANSWERS:
                    words.append(shape or "-")
                    todo += [shape] * bool(shape)
            found.append(" ".join(words))
        shapes = []
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            shape = self.model["shapes"][name]
            if shape["type"] == "structure":
                members = {member: self.sign(of["shape"]) for member, of in shape["members"].items()}
                shapes.append(" ".join(["." + name, *(member + sign for member, sign in sorted(members.items()))]))
                todo += [sign[1:] for sign in members.values() if sign]
            else:
                shapes.append(" ".join(["=" + name, *sorted(shape["enum"])]))
        return found + sorted(shapes)

    def enums(self, operation):
        """Returns the enums among the members that an operation takes."""
        shape = self.model["shapes"][self.model["operations"][operation]["input"]["shape"]]
        found = {}
        for member, of in shape["members"].items():
            values = self.model["shapes"][of["shape"]].get("enum", [])
            if 0 < len(values) <= LONGEST_ENUM:
                found[member] = values
        return found


class Resource:
    """The schema of one type of resource."""

    def __init__(self, kind, schema, enums):
        self.kind, self.schema, self.enums = kind, schema, enums
        self.short = kind.split("::", 1)[1].replace("::", ".")
        self.lines, self.seen = [], set()

    def resolve(self, node):
        """Follows references; returns the definition and its name."""
        name = None
        while "$ref" in node:
            name = node["$ref"].split("/")[-1]
            node = self.schema["definitions"][name]
        return node, name

    def members(self, node):
        """Returns the members of a structure, or None where it takes any."""
        found = dict(node.get("properties", {}))
        for word in ("oneOf", "anyOf", "allOf"):
            for choice in node.get(word, []):
                choice, _ = self.resolve(choice)
                found.update(choice.get("properties", {}))
        return found if found and not node.get("patternProperties") else None

    def sign(self, node, path, limits):
        node, name = self.resolve(node)
        if self.members(node) is not None:
            name = f"{self.short}.{name}" if name else path
            self.structure(name, node, {})
            return ":" + name
        if 0 < len(node.get("enum", [])) <= LONGEST_ENUM or limits:
            name = f"{self.short}.{name}" if name else path
            values = sorted({str(value) for value in node.get("enum") or limits})
            self.add(name, " ".join(["=" + name, *values]), values)
            return ":" + name if all(" " not in value for value in values) else ""
        if "items" in node:
            of = self.sign(node["items"], path, None)
            return "*" + of[1:] if of.startswith(":") else ""
        return ""

    def add(self, name, line, values):
        if name not in self.seen and all(" " not in value for value in values):
            self.seen.add(name)
            self.lines.append(line)

    def structure(self, name, node, enums):
        if name in self.seen:
            return
        self.seen.add(name)
        words = []
        for member, of in sorted(self.members(node).items()):
            is_shown = self.kind != "AWS::S3::Bucket" or name != self.short or member == BUCKET
            words.append(member + (self.sign(of, f"{name}-{member}", enums.get(member)) if is_shown else ""))
        self.lines.append(" ".join(["." + name, *words]))

    def table(self):
        self.structure(self.short, self.schema, self.enums)
        return [f"!{self.kind} {self.short}"], sorted(self.lines)


def schemas():
    """Returns cfn-lint's schemas: version, and a function that gives one type's."""
    import cfnlint
    import cfnlint.version

    root = pathlib.Path(cfnlint.__file__).parent / "data" / "schemas"
    names = json.loads((root / "providers" / "us-east-1.json").read_text())
    return cfnlint.version.__version__, lambda kind: json.loads((root / "resources" / f"{names[kind]}.json").read_text())


def table():
    """Returns the whole table."""
    loader = botocore.loaders.Loader()
    version, schema = schemas()
    lines = [
        f"# botocore {botocore.__version__}, cfn-lint {version}",
        "# What AWS's API and CloudFormation take. Made by .ci/aws_table.py, which explains it; not edited by hand.",
    ]
    services = {name: Service(name, loader) for name in SERVICES}
    for name, operations in sorted(SERVICES.items()):
        lines.append(f"@{name}" + (" partial" if operations else ""))
        lines += services[name].lines(operations)
    lines.append("@cloudformation partial")
    heads, bodies = [], []
    for kind, like in sorted(RESOURCES.items()):
        enums = services[like[0]].enums(like[1]) if like else {}
        head, body = Resource(kind, schema(kind), enums).table()
        heads += head
        bodies += body
    return "\n".join(lines + heads + bodies) + "\n"


def main(arguments):
    check = arguments[:1] == ["--check"]
    path = pathlib.Path(arguments[-1])
    if check:
        try:
            head = f"# botocore {botocore.__version__}, cfn-lint {schemas()[0]}"
        except ImportError:
            head = "nothing that reads CloudFormation's schemas"
        committed = path.read_text()
        if committed.splitlines()[0] != head:
            print(f"SKIPPED: the table is of {committed.splitlines()[0][2:]}, and here is {head.removeprefix('# ')}")
            return 0
        if committed != table():
            print(f"{path} is not what .ci/aws_table.py writes: run it, and read the difference")
            return 1
        print(f"{path} is what botocore and CloudFormation say")
        return 0
    path.write_text(table())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
