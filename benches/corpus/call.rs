//! Records: the mix of calls in an organisation's trail, most of them about anything but machine learning.

use std::fmt::Write as _;

use super::rng::Rng;

const REGIONS: [&str; 12] = [
    "eu-west-1",
    "us-east-1",
    "eu-central-1",
    "us-west-2",
    "eu-west-2",
    "eu-north-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ca-central-1",
    "sa-east-1",
    "us-east-2",
];
const AGENTS: [&str; 10] = [
    "Boto3/1.35.10 md/Botocore#1.35.10 ua/2.0 os/linux#6.1.102 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#standard Botocore/1.35.10",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.64.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.30.4 os/linux lang/go#1.22.5",
    "aws-sdk-go/1.44.322 (go1.21.5; linux; amd64) amazon-vpc-cni-k8s \\\"build\\\"=\\\"release\\\" version/v1.18.3",
    "aws-sdk-java/2.26.7 Linux/5.10.223-212.873.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.12+7-LTS Java/17.0.12 vendor/Amazon.com_Inc. io/sync http/Apache",
    "aws-cli/2.17.38 md/awscrt#0.21.2 ua/2.0 os/linux#5.15.0-1066-aws md/arch#x86_64 lang/python#3.11.9 md/command#s3.cp",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
    "cloudformation.amazonaws.com",
    "aws-sdk-js/3.632.0 ua/2.0 os/linux#5.10.219 lang/js md/nodejs#20.16.0 exec-env/AWS_Lambda_nodejs20.x",
    "AWSConfig",
    "Datadog/7.56.0 (\\\"agent\\\"; aws-integration) python-requests/2.32.3",
];
const SERVICES: [&str; 6] = [
    "lambda.amazonaws.com",
    "ec2.amazonaws.com",
    "config.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "ssm.amazonaws.com",
    "eks.amazonaws.com",
];
const TEAMS: [&str; 12] = [
    "payments",
    "search",
    "ledger",
    "identity",
    "billing",
    "platform",
    "risk",
    "onboarding",
    "reporting",
    "mobile",
    "fraud",
    "web",
];

/// The account, region and interval that a delivery is about.
pub(super) struct Place {
    pub(super) account: String,
    pub(super) region: &'static str,
    /// Seconds after the corpus begins.
    pub(super) from: i64,
}

impl Place {
    pub(super) fn new(account: u64, region: u64, from: i64) -> Self {
        let region = REGIONS[usize::try_from(region).unwrap_or_default()];
        Self { account: Rng::new(1_000 + account).text(b"123456789", 12), region, from }
    }
}

/// Writes the time so many seconds after the corpus begins.
pub(super) fn time(seconds: i64) -> String {
    let (day, second) = (5 + seconds / 86_400, seconds % 86_400);
    format!("2026-10-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

/// What tells one call from another.
#[derive(Default)]
struct Call {
    service: &'static str,
    name: &'static str,
    /// The calling service, where it is one.
    invoked_by: Option<&'static str>,
    error: Option<(&'static str, &'static str)>,
    request: String,
    response: String,
    additional: Option<String>,
    /// Type and ARN.
    resources: Vec<(&'static str, String)>,
    writes: bool,
    data: bool,
    shared: bool,
}

/// Writes one record of about `into` seconds into the delivery.
pub(super) fn write(text: &mut String, rng: &mut Rng, place: &Place, into: i64, relevant: bool) {
    let call = if relevant { machine_learning(rng, place) } else { ordinary(rng, place) };
    let (account, region) = (&place.account, place.region);
    // As in real files: not quite in the order of their times, nine in ten in the minute of the one before.
    let at = place.from + into + i64::try_from(rng.below(12)).unwrap_or_default();
    text.push_str(r#"{"eventVersion":"1.11","userIdentity":"#);
    let (address, agent, is_direct) = identity(text, rng, place, call.invoked_by, at);
    let Call { service, name, .. } = call;
    let _ = write!(
        text,
        r#","eventTime":"{}","eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"{region}","sourceIPAddress":"{address}","userAgent":"{agent}""#,
        time(at)
    );
    if let Some((code, message)) = call.error {
        let _ = write!(text, r#","errorCode":"{code}","errorMessage":"{message}""#);
    }
    let or_null = |part: &str| if part.is_empty() { "null".to_owned() } else { part.to_owned() };
    let _ = write!(text, r#","requestParameters":{},"responseElements":{}"#, or_null(&call.request), or_null(&call.response));
    if let Some(additional) = &call.additional {
        let _ = write!(text, r#","additionalEventData":{additional}"#);
    }
    let (request_id, event_id) = (rng.uuid(), rng.uuid());
    let _ = write!(text, r#","requestID":"{request_id}","eventID":"{event_id}","readOnly":{}"#, !call.writes);
    for (at, (kind, arn)) in call.resources.iter().enumerate() {
        text.push_str(if at == 0 { r#","resources":["# } else { "," });
        let _ = write!(text, r#"{{"accountId":"{account}","type":"{kind}","ARN":"{arn}"}}"#);
    }
    if !call.resources.is_empty() {
        text.push(']');
    }
    let _ = write!(text, r#","eventType":"AwsApiCall","managementEvent":{},"recipientAccountId":"{account}""#, !call.data);
    if call.shared {
        let _ = write!(text, r#","sharedEventID":"{}""#, rng.uuid());
    }
    if call.data && rng.below(2) == 0 {
        let _ = write!(text, r#","vpcEndpointId":"vpce-{}""#, Rng::new(rng.below(4)).hex(17));
    }
    let _ = write!(text, r#","eventCategory":"{}""#, if call.data { "Data" } else { "Management" });
    if is_direct {
        let _ = write!(
            text,
            r#","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{service}.{region}.amazonaws.com"}}"#
        );
    }
    text.push('}');
}

/// Writes who called: services, users, mostly sessions of a few dozen roles, of which a dozen are busy at a time. Returns the
/// address and the agent, and whether the call came directly and not through a service.
fn identity(
    text: &mut String,
    rng: &mut Rng,
    place: &Place,
    invoked_by: Option<&'static str>,
    at: i64,
) -> (String, &'static str, bool) {
    if let Some(service) = invoked_by {
        let _ = write!(text, r#"{{"type":"AWSService","invokedBy":"{service}"}}"#);
        return (service.to_owned(), service, false);
    }
    let account = &place.account;
    let who = (place.from.unsigned_abs() / 7 + rng.below(12)) % 40;
    let own = &mut Rng::new(who * 97 + account.bytes().map(u64::from).sum::<u64>());
    let (team, agent, service) = (own.pick(&TEAMS), own.pick(&AGENTS), own.pick(&SERVICES));
    let address = format!("10.{}.{}.{}", own.below(16), own.below(64), own.below(200) + rng.below(3));
    if who < 8 {
        let (id, access) = (own.id("AIDA"), own.id("AKIA"));
        let _ = write!(
            text,
            r#"{{"type":"IAMUser","principalId":"{id}","arn":"arn:aws:iam::{account}:user/ci/{team}-deployer","accountId":"{account}","accessKeyId":"{access}","userName":"{team}-deployer"}}"#
        );
        return (address, agent, true);
    }
    let key = Rng::new(who * 31 + at.unsigned_abs() / 3_600).id("ASIA");
    let (id, role) = (own.id("AROA"), format!("{team}-{}-role-{who}", own.pick(&["task", "node", "lambda", "deploy", "audit"])));
    let session = match who % 3 {
        0 => format!("i-{}", own.hex(17)),
        1 => format!("{}@example.com", own.pick(&["maria.lind", "joao.paz", "wei.chen", "sara.cohen"])),
        _ => own.hex(32),
    };
    let since = time(at / 3_600 * 3_600);
    let _ = write!(
        text,
        r#"{{"type":"AssumedRole","principalId":"{id}:{session}","arn":"arn:aws:sts::{account}:assumed-role/{role}/{session}","accountId":"{account}","accessKeyId":"{key}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"{id}","arn":"arn:aws:iam::{account}:role/{role}","accountId":"{account}","userName":"{role}"}},"attributes":{{"creationDate":"{since}","mfaAuthenticated":"false"}}}}"#
    );
    // Services act for roles, too.
    if who % 5 < 3 {
        let _ = write!(text, r#","invokedBy":"{service}"}}"#);
        return (service.to_owned(), service, false);
    }
    text.push('}');
    (address, agent, true)
}

/// A call that has nothing to do with models, or only reads what is known otherwise.
fn ordinary(rng: &mut Rng, place: &Place) -> Call {
    let (account, region, team) = (&place.account, place.region, rng.pick(&TEAMS));
    match rng.below(100) {
        0..14 => decrypt(rng, place),
        14..20 => assume_role(rng, place),
        20..33 => storage_read(rng, place),
        33..62 => describe_instances(rng, place),
        62..69 => Call {
            service: "logs",
            name: "CreateLogStream",
            request: format!(
                r#"{{"logGroupName":"/aws/lambda/{team}-handler","logStreamName":"2026/10/05/[$LATEST]{}"}}"#,
                rng.hex(32)
            ),
            writes: true,
            ..Call::default()
        },
        69..74 => evaluations(rng, place),
        74..81 => {
            let name = format!("/{team}/prod/{}", rng.pick(&["db/url", "db/password", "feature-flags", "queue", "api-key"]));
            Call {
                service: "ssm",
                name: "GetParameter",
                request: format!(r#"{{"name":"{name}","withDecryption":true}}"#),
                resources: vec![("AWS::SSM::Parameter", format!("arn:aws:ssm:{region}:{account}:parameter{name}"))],
                ..Call::default()
            }
        }
        81..86 => Call {
            service: "iam",
            name: rng.pick(&["GetRole", "ListAttachedRolePolicies", "ListRolePolicies", "GetInstanceProfile"]),
            request: format!(r#"{{"roleName":"{team}-task-role-{}"}}"#, rng.below(40)),
            ..Call::default()
        },
        86..90 => Call {
            service: "dynamodb",
            name: "DescribeTable",
            error: (rng.below(8) == 0)
                .then_some(("ResourceNotFoundException", r#"Requested resource not found: \"Table\": sessions not found"#)),
            request: format!(r#"{{"tableName":"{team}-sessions"}}"#),
            resources: vec![("AWS::DynamoDB::Table", format!("arn:aws:dynamodb:{region}:{account}:table/{team}-sessions"))],
            ..Call::default()
        },
        90..94 => Call {
            service: "lambda",
            name: "GetFunction20150331v2",
            request: format!(r#"{{"functionName":"arn:aws:lambda:{region}:{account}:function:{team}-handler"}}"#),
            ..Call::default()
        },
        94..98 => describe_job(rng, place),
        _ => Call {
            service: "ecr",
            name: "BatchGetImage",
            request: format!(
                r#"{{"registryId":"{account}","repositoryName":"{team}/service","imageIds":[{{"imageTag":"v1.{}.{}"}}],"acceptedMediaTypes":["application/vnd.docker.distribution.manifest.v2+json","application/vnd.oci.image.manifest.v1+json","application/vnd.oci.image.index.v1+json"]}}"#,
                rng.below(40),
                rng.below(20)
            ),
            resources: vec![("AWS::ECR::Repository", format!("arn:aws:ecr:{region}:{account}:repository/{team}/service"))],
            ..Call::default()
        },
    }
}

fn decrypt(rng: &mut Rng, place: &Place) -> Call {
    let (account, region, team) = (&place.account, place.region, rng.pick(&TEAMS));
    let context = match rng.below(3) {
        0 => format!(r#""aws:s3:arn":"arn:aws:s3:::{team}-data-{account}""#),
        1 => format!(r#""aws:lambda:FunctionArn":"arn:aws:lambda:{region}:{account}:function:{team}-handler""#),
        _ => format!(
            r#""SecretARN":"arn:aws:secretsmanager:{region}:{account}:secret:{team}/db-{}","SecretVersionId":"{}""#,
            Rng::new(rng.below(6)).base64(5).replace(['+', '/'], "x"),
            Rng::new(rng.below(6)).uuid()
        ),
    };
    let key = Rng::new(rng.below(12)).uuid();
    Call {
        service: "kms",
        name: rng.pick(&["Decrypt", "Decrypt", "GenerateDataKey"]),
        invoked_by: (rng.below(2) == 0).then(|| rng.pick(&SERVICES)),
        request: format!(r#"{{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{{{context}}}}}"#),
        resources: vec![("AWS::KMS::Key", format!("arn:aws:kms:{region}:{account}:key/{key}"))],
        ..Call::default()
    }
}

fn assume_role(rng: &mut Rng, place: &Place) -> Call {
    let (account, team, who) = (&place.account, rng.pick(&TEAMS), rng.below(40));
    let service = rng.pick(&SERVICES);
    let (role, session) = (format!("{team}-task-role-{who}"), rng.hex(32));
    let id = Rng::new(who).id("AROA");
    Call {
        service: "sts",
        name: "AssumeRole",
        invoked_by: (rng.below(4) > 0).then_some(service),
        request: format!(
            r#"{{"roleArn":"arn:aws:iam::{account}:role/{role}","roleSessionName":"{session}","durationSeconds":3600}}"#
        ),
        response: format!(
            r#"{{"credentials":{{"accessKeyId":"{}","sessionToken":"IQoJb3JpZ2luX2VjE{}","expiration":"{}"}},"assumedRoleUser":{{"assumedRoleId":"{id}:{session}","arn":"arn:aws:sts::{account}:assumed-role/{role}/{session}"}}}}"#,
            rng.id("ASIA"),
            rng.base64(200),
            time(place.from + 3_600),
        ),
        resources: vec![("AWS::IAM::Role", format!("arn:aws:iam::{account}:role/{role}"))],
        shared: true,
        ..Call::default()
    }
}

fn storage_read(rng: &mut Rng, place: &Place) -> Call {
    let (account, region, team) = (&place.account, place.region, rng.pick(&TEAMS));
    let bucket = format!("{team}-data-{account}");
    let key = format!(
        "events/dt=2026-10-{:02}/hour={:02}/part-{:05}-{}.snappy.parquet",
        rng.below(28) + 1,
        rng.below(24),
        rng.below(200),
        rng.hex(8)
    );
    let additional = format!(
        r#"{{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"{}","bytesTransferredOut":{}}}"#,
        rng.base64(76),
        rng.below(9_000_000)
    );
    let host = format!(r#""bucketName":"{bucket}","Host":"{bucket}.s3.{region}.amazonaws.com""#);
    let is_listing = rng.below(5) == 0;
    let (name, request) = if is_listing {
        ("ListObjects", format!(r#"{{"list-type":"2",{host},"prefix":"events/","encoding-type":"url"}}"#))
    } else {
        (rng.pick(&["GetObject", "GetObject", "HeadObject"]), format!(r#"{{{host},"key":"{key}"}}"#))
    };
    let mut resources = vec![("AWS::S3::Bucket", format!("arn:aws:s3:::{bucket}"))];
    if !is_listing {
        resources.insert(0, ("AWS::S3::Object", format!("arn:aws:s3:::{bucket}/{key}")));
    }
    Call { service: "s3", name, request, additional: Some(additional), resources, data: true, ..Call::default() }
}

fn describe_instances(rng: &mut Rng, _: &Place) -> Call {
    let names =
        ["DescribeInstances", "DescribeVolumes", "DescribeSubnets", "DescribeNetworkInterfaces", "DescribeSecurityGroups"];
    let team = rng.pick(&TEAMS);
    let mut items = String::new();
    for at in 0..rng.below(3) {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(items, r#"{comma}{{"instanceId":"i-{}"}}"#, Rng::new(rng.below(200)).hex(17));
    }
    Call {
        service: "ec2",
        name: rng.pick(&names),
        error: (rng.below(20) == 0).then_some(("Client.RequestLimitExceeded", "Request limit exceeded.")),
        request: format!(
            r#"{{"maxResults":1000,"instancesSet":{{"items":[{items}]}},"filterSet":{{"items":[{{"name":"tag:team","valueSet":{{"items":[{{"value":"{team}"}}]}}}},{{"name":"vpc-id","valueSet":{{"items":[{{"value":"vpc-{}"}}]}}}}]}}}}"#,
            Rng::new(rng.below(5)).hex(17)
        ),
        ..Call::default()
    }
}

fn evaluations(rng: &mut Rng, place: &Place) -> Call {
    let mut items = String::new();
    for at in 0..=rng.below(2) {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(
            items,
            r#"{comma}{{"complianceResourceType":"AWS::EC2::Volume","complianceResourceId":"vol-{}","complianceType":"COMPLIANT","annotation":"encrypted with \"{}\"","orderingTimestamp":"Oct 5, 2026, 2:{:02}:{:02} AM"}}"#,
            Rng::new(rng.below(400)).hex(17),
            place.region,
            rng.below(60),
            rng.below(60)
        );
    }
    Call {
        service: "config",
        name: "PutEvaluations",
        request: format!(r#"{{"evaluations":[{items}],"resultToken":"{}","testMode":false}}"#, rng.base64(80)),
        response: r#"{"failedEvaluations":[]}"#.to_owned(),
        writes: true,
        ..Call::default()
    }
}

fn describe_job(rng: &mut Rng, _: &Place) -> Call {
    let (name, key) = match rng.below(4) {
        0 => ("DescribeTrainingJob", "trainingJobName"),
        1 => ("DescribeProcessingJob", "processingJobName"),
        2 => ("DescribeEndpoint", "endpointName"),
        _ => ("InvokeEndpoint", "endpointName"),
    };
    let request = format!(r#"{{"{key}":"{}-model-{}"}}"#, rng.pick(&TEAMS), rng.below(400));
    Call { service: "sagemaker", name, request, data: name == "InvokeEndpoint", ..Call::default() }
}

/// A call that lineage rests on.
fn machine_learning(rng: &mut Rng, place: &Place) -> Call {
    match rng.below(20) {
        0..5 => training(rng, place),
        5..8 => processing(rng, place),
        8..11 => push(rng, place),
        _ => upload(rng, place),
    }
}

fn training(rng: &mut Rng, place: &Place) -> Call {
    let (account, region, team) = (&place.account, place.region, rng.pick(&TEAMS));
    let job = format!("{team}-train-2026-10-05-{}", rng.hex(6));
    let (digest, commit, code) =
        (Rng::new(rng.below(9)).hex(64), Rng::new(rng.below(50)).hex(40), Rng::new(rng.below(50)).hex(64));
    Call {
        service: "sagemaker",
        name: "CreateTrainingJob",
        request: format!(
            r#"{{"trainingJobName":"{job}","algorithmSpecification":{{"trainingImage":"{account}.dkr.ecr.{region}.amazonaws.com/{team}-train@sha256:{digest}","trainingInputMode":"File","enableSageMakerMetricsTimeSeries":true}},"environment":{{"GIT_COMMIT":"{commit}"}},"hyperParameters":{{"max_depth":"6","eta":"0.2","sagemaker_program":"\"train.py\"","sagemaker_submit_directory":"\"s3://{team}-artifacts/code/{code}/sourcedir.tar.gz\""}},"inputDataConfig":[{{"channelName":"train","contentType":"application/x-parquet","compressionType":"None","dataSource":{{"s3DataSource":{{"s3DataDistributionType":"FullyReplicated","s3DataType":"S3Prefix","s3Uri":"s3://{team}-features/train/dt=2026-10-05/"}}}}}},{{"channelName":"validation","contentType":"application/x-parquet","compressionType":"None","dataSource":{{"s3DataSource":{{"s3DataDistributionType":"FullyReplicated","s3DataType":"S3Prefix","s3Uri":"s3://{team}-features/validation/dt=2026-10-05/"}}}}}}],"outputDataConfig":{{"s3OutputPath":"s3://{team}-artifacts/out"}},"resourceConfig":{{"instanceCount":1,"instanceType":"ml.m5.2xlarge","volumeSizeInGB":30}},"roleArn":"arn:aws:iam::{account}:role/{team}-train-role","stoppingCondition":{{"maxRuntimeInSeconds":14400}},"tags":[{{"key":"team","value":"{team}"}}]}}"#
        ),
        response: format!(r#"{{"trainingJobArn":"arn:aws:sagemaker:{region}:{account}:training-job/{job}"}}"#),
        writes: true,
        ..Call::default()
    }
}

fn processing(rng: &mut Rng, place: &Place) -> Call {
    let (account, region, team) = (&place.account, place.region, rng.pick(&TEAMS));
    let job = format!("{team}-prepare-2026-10-05-{}", rng.hex(6));
    let digest = Rng::new(rng.below(9)).hex(64);
    Call {
        service: "sagemaker",
        name: "CreateProcessingJob",
        request: format!(
            r#"{{"processingJobName":"{job}","appSpecification":{{"imageUri":"{account}.dkr.ecr.{region}.amazonaws.com/{team}-prepare@sha256:{digest}","containerEntrypoint":["python3","/opt/ml/processing/input/code/prepare.py"]}},"environment":{{}},"processingInputs":[{{"inputName":"raw","s3Input":{{"localPath":"/opt/ml/processing/raw","s3DataType":"S3Prefix","s3InputMode":"File","s3Uri":"s3://{team}-raw/events/dt=2026-10-05/"}}}}],"processingOutputConfig":{{"outputs":[{{"outputName":"train","s3Output":{{"localPath":"/opt/ml/processing/train","s3UploadMode":"EndOfJob","s3Uri":"s3://{team}-features/train/dt=2026-10-05/"}}}}]}},"processingResources":{{"clusterConfig":{{"instanceCount":2,"instanceType":"ml.m5.4xlarge","volumeSizeInGB":100}}}},"roleArn":"arn:aws:iam::{account}:role/{team}-prepare-role","stoppingCondition":{{"maxRuntimeInSeconds":7200}}}}"#
        ),
        response: format!(r#"{{"processingJobArn":"arn:aws:sagemaker:{region}:{account}:processing-job/{job}"}}"#),
        writes: true,
        ..Call::default()
    }
}

fn push(rng: &mut Rng, place: &Place) -> Call {
    let (account, region, team) = (&place.account, place.region, rng.pick(&TEAMS));
    let (digest, config, tag) = (rng.hex(64), rng.hex(64), rng.hex(12));
    let manifest = format!(
        r#"{{\n   \"schemaVersion\": 2,\n   \"mediaType\": \"application/vnd.docker.distribution.manifest.v2+json\",\n   \"config\": {{\n      \"mediaType\": \"application/vnd.docker.container.image.v1+json\",\n      \"size\": 7023,\n      \"digest\": \"sha256:{config}\"\n   }}\n}}"#
    );
    Call {
        service: "ecr",
        name: "PutImage",
        request: format!(
            r#"{{"registryId":"{account}","repositoryName":"{team}-train","imageTag":"{tag}","imageManifestMediaType":"application/vnd.docker.distribution.manifest.v2+json","imageManifest":"{manifest}"}}"#
        ),
        response: format!(
            r#"{{"image":{{"registryId":"{account}","repositoryName":"{team}-train","imageId":{{"imageDigest":"sha256:{digest}","imageTag":"{tag}"}},"imageManifestMediaType":"application/vnd.docker.distribution.manifest.v2+json","imageManifest":"{manifest}"}}}}"#
        ),
        resources: vec![("AWS::ECR::Repository", format!("arn:aws:ecr:{region}:{account}:repository/{team}-train"))],
        writes: true,
        ..Call::default()
    }
}

fn upload(rng: &mut Rng, place: &Place) -> Call {
    let (region, team) = (place.region, rng.pick(&TEAMS));
    let bucket = format!("{team}-features");
    let key = format!("train/dt=2026-10-05/part-{:05}-{}.snappy.parquet", rng.below(200), rng.hex(8));
    Call {
        service: "s3",
        name: "PutObject",
        request: format!(r#"{{"bucketName":"{bucket}","Host":"{bucket}.s3.{region}.amazonaws.com","key":"{key}"}}"#),
        response: format!(r#"{{"x-amz-server-side-encryption":"AES256","x-amz-version-id":"{}"}}"#, rng.hex(32)),
        additional: Some(format!(
            r#"{{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":{},"AuthenticationMethod":"AuthHeader","x-amz-id-2":"{}","bytesTransferredOut":0}}"#,
            rng.below(90_000_000),
            rng.base64(76)
        )),
        resources: vec![
            ("AWS::S3::Object", format!("arn:aws:s3:::{bucket}/{key}")),
            ("AWS::S3::Bucket", format!("arn:aws:s3:::{bucket}")),
        ],
        writes: true,
        data: true,
        ..Call::default()
    }
}
