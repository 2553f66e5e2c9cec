//! What is understood of scripts, and what is not.

use std::fmt::Write as _;

use super::super::python::tokens;
use super::*;

/// Shows what a script says: a line for each statement.
fn said(text: &str) -> String {
    let mut shown = String::new();
    for (line, says) in script(&tokens(text)).said {
        let words = match says {
            ConfigSays::Call { service, method, arguments, .. } => {
                format!("{}.{method}{}", service.unwrap_or_else(|| "?".to_owned()), brief(&arguments))
            }
            ConfigSays::Look { service, method, path, .. } => format!("{service}.{method} {path:?}"),
            ConfigSays::Make { class, module, arguments } => format!("{module}.{class}{}", brief(&arguments)),
            ConfigSays::Caching { members } => format!("caching{}", brief(&members)),
            other => format!("{other:?}"),
        };
        let _ = writeln!(shown, "{line} {words}");
    }
    shown
}

fn brief(node: &Node) -> String {
    match &node.value {
        Value::Members(members) => {
            let members: Vec<String> = members.iter().map(|(name, node)| format!("{name}={}", brief(node))).collect();
            format!("({})", members.join(" "))
        }
        Value::Items(items) => format!("[{}]", items.iter().map(brief).collect::<Vec<_>>().join(" ")),
        Value::Text(text) => text.clone(),
        Value::Other => "_".to_owned(),
    }
}

#[test]
fn calls_of_clients_are_followed() {
    let text = "import boto3\nsm = boto3.client('sagemaker', region_name=r)\n\ndef f():\n    sm.update_model_package(\n        ModelPackageArn=arn,\n        ModelApprovalStatus='Deprecated',\n    )\n";
    assert_eq!(said(text), "5 sagemaker.update_model_package(ModelPackageArn=_ ModelApprovalStatus=Deprecated)\n");
    assert_eq!(said("boto3.Session().client('s3').put_x(Bucket=f'{b}')\n"), "1 s3.put_x(Bucket=_)\n");
    assert_eq!(said("self.sm = session.client(service_name='sagemaker')\nself.sm.a_b()\n"), "2 sagemaker.a_b()\n");
}

#[test]
fn dicts_are_read_where_they_stand_and_where_they_are_spread() {
    let text =
        "sm = boto3.client('sagemaker')\nr = {'A': {'B': 'x'}, 'L': [{'C': 1} for i in y]}\nsm.do_it(**r, D=dict(E='e'))\n";
    assert_eq!(said(text), "3 sagemaker.do_it(A=(B=x) L=[(C=_)] D=(E=e))\n");
    assert_eq!(said("c = boto3.client('x')\nc.y(Z={k: 'v', **o, 'W': a if b else c})\n"), "2 x.y(Z=(W=_))\n");
}

#[test]
fn answers_are_looked_into() {
    let text = "sm = boto3.client('sagemaker')\nd = sm.describe_endpoint(EndpointName='e')\nif d['HealthStatus'] == 'x': pass\nfor v in d['ProductionVariants']:\n    v.get('HealthStatus', 1)\n";
    let shown = said(text);
    assert!(shown.contains("3 sagemaker.describe_endpoint [Member(\"HealthStatus\")]\n"), "{shown}");
    let path = "[Member(\"ProductionVariants\"), Item, Member(\"HealthStatus\")]";
    assert!(shown.contains(&format!("5 sagemaker.describe_endpoint {path}\n")), "{shown}");
}

#[test]
fn a_name_with_two_meanings_has_none() {
    let text = "c = boto3.client('sagemaker')\nc = Mlflow()\nc.describe_endpoint_metrics()\n";
    assert_eq!(said(text), "");
    assert_eq!(said("c = boto3.client('sagemaker')\ndef f(c):\n    c.make_it(name='x')\n"), "");
    assert_eq!(said("with a as c:\n    c.make_it(ModelName='x')\n"), "2 ?.make_it(ModelName=x)\n");
}

#[test]
fn objects_of_the_sdk_are_known_by_their_import() {
    let text = "from sagemaker.workflow.steps import CacheConfig as CC, TrainingStep\nc = CC(enable_caching=True, IdempotencyToken='v')\nCacheConfig(x=1)\n";
    assert_eq!(said(text), "2 sagemaker.workflow.steps.CacheConfig(enable_caching=true IdempotencyToken=v)\n");
    assert_eq!(said("s = {'CacheConfig': {'Enabled': True, 'X': 1}}\n"), "1 caching(Enabled=true X=_)\n");
    assert_eq!(said("x = 'CacheConfig'\n# boto3.client('s3').a(B=1)\n\"\"\"boto3.client('s3').a(B=1)\"\"\"\n"), "");
}

#[test]
fn any_text_can_be_looked_at() {
    for text in
        ["(", ")", "a.(", "a[", "for", "for x in", "def", "from", "**", "a.client(", "x = {", "f(**", "CacheConfig={", "a.b(c=)"]
    {
        said(text);
    }
}

#[test]
fn what_nobody_writes_by_hand_costs_no_more_than_it_is_long() {
    let head = "sm = boto3.client('sagemaker')\n";
    for text in ["x.a".to_owned() + &".a".repeat(200_000), "sm".to_owned() + &".a_b()".repeat(100_000), "f(".repeat(200_000)] {
        assert_eq!(said(&format!("{head}{text}\n")).lines().filter(|line| !line.contains("sagemaker.a_b")).count(), 0);
    }
    let many = said(&format!("{head}{}", "sm.a_b(X='y')\n".repeat(MOST + 10)));
    assert_eq!(many.lines().count(), MOST);
}

#[test]
fn what_nobody_writes_is_cut_and_told() {
    let arguments: Vec<String> = (0..2 * MOST_ARGUMENTS).map(|n| format!("A{n}=1")).collect();
    let arguments = arguments.join(",");
    let text = format!("s = boto3.client('x')\ns.a_b({arguments})\ns.c_d(E=1)\n");
    let found = script(&tokens(&text));
    let [(_, ConfigSays::Call { arguments, .. }), (_, ConfigSays::Call { arguments: other, .. })] = &found.said[..] else {
        panic!("two calls")
    };
    assert_eq!((arguments.members().len(), other.members().len(), found.cut), (MOST_ARGUMENTS, 1, Some(2)));
    let many = format!("s = boto3.client('x')\n{}", "s.a_b(A=1,B=1,C=1,D=1,E=1,F=1,G=1,H=1)\n".repeat(4_000));
    let found = script(&tokens(&many));
    assert!(found.kept <= ALL_ARGUMENTS && found.cut.is_some());
    let deep = format!("s = boto3.client('x')\nd = {}{}\ns.a_b()\n", "[".repeat(100), "]".repeat(100));
    let found = script(&tokens(&deep));
    assert_eq!((found.said.len(), found.cut), (1, Some(2)));
    assert_eq!(script(&tokens("s = boto3.client('x')\ns.a_b(A=1)\n")).cut, None);
}
