//! Application Auto Scaling: scalable targets, policies, activities, and the calls that make them.

use serde::Deserialize;

use super::alarm::{Dimension, by_name};
use super::cloudtrail::RecordedCall;
use super::sagemaker::job::listed;
use super::sink::Sink;
use super::{Context, Each, Reader};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::alarm::Measure;
use crate::fact::arn::Home;
use crate::fact::call::Listed;
use crate::fact::scaling::{Scaling, ScalingStatement};
use crate::json::scalar::{Moment, Real, Text, Whole};
use crate::recognise::Format;

/// Returns the reader of answers about scaling.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::ScalableTargets => Each::list(
            |row: Row, place, cx, sink| {
                let what = row.target();
                say(row, what, place, cx, sink);
            },
            |rows, header, cx, sink| listed(Listed::ScalableTargets, rows, header, cx, sink),
        ),
        Format::ScalingPolicies => Each::list(
            |mut row: Row, place, cx, sink| {
                if let Some(what) = row.policy() {
                    say(row, what, place, cx, sink);
                }
            },
            |rows, header, cx, sink| listed(Listed::ScalingPolicies, rows, header, cx, sink),
        ),
        Format::ScalingActivities => Each::list(
            |mut row: Row, place, cx, sink| {
                let what = row.activity();
                say(row, what, place, cx, sink);
            },
            |rows, header, cx, sink| listed(Listed::ScalingActivities, rows, header, cx, sink),
        ),
        _ => None,
    }
}

/// A target, a policy or an activity; each has members of its own.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Row {
    service_namespace: Text,
    resource_id: Text,
    scalable_dimension: Text,
    min_capacity: Whole,
    max_capacity: Whole,
    policy_name: Text,
    target_tracking_scaling_policy_configuration: Tracking,
    cause: Text,
    status_code: Text,
    status_message: Text,
    start_time: Moment,
    end_time: Moment,
    creation_time: Moment,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Tracking {
    target_value: Real,
    predefined_metric_specification: Predefined,
    customized_metric_specification: Option<Customized>,
    scale_out_cooldown: Whole,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Predefined {
    predefined_metric_type: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Customized {
    namespace: Text,
    metric_name: Text,
    dimensions: Vec<Dimension>,
    statistic: Text,
    unit: Text,
}

impl Row {
    const fn target(&self) -> Scaling {
        Scaling::Target { least: self.min_capacity.0, most: self.max_capacity.0 }
    }

    fn policy(&mut self) -> Option<Scaling> {
        let tracking = std::mem::take(&mut self.target_tracking_scaling_policy_configuration);
        let measure = tracking.customized_metric_specification.map(|own| Measure {
            namespace: own.namespace.0,
            metric: own.metric_name.0,
            dimensions: by_name(own.dimensions),
            statistic: own.statistic.0,
            period: None,
            unit: own.unit.0,
        });
        Some(Scaling::Policy {
            name: self.policy_name.0.take()?,
            predefined: tracking.predefined_metric_specification.predefined_metric_type.0,
            measure,
            target: tracking.target_value.0,
            cooldown: tracking.scale_out_cooldown.0,
        })
    }

    fn activity(&mut self) -> Scaling {
        Scaling::Activity {
            cause: self.cause.0.take(),
            status: self.status_code.0.take(),
            message: self.status_message.0.take(),
            ended: self.end_time.0,
        }
    }

    fn statement(self, what: Scaling, home: Home) -> Option<ScalingStatement> {
        Some(ScalingStatement {
            home,
            service: self.service_namespace.0,
            resource: self.resource_id.0?,
            dimension: self.scalable_dimension.0,
            at: self.start_time.0.or(self.creation_time.0),
            error: None,
            requested: false,
            what,
        })
    }
}

fn say(row: Row, what: Scaling, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    match row.statement(what, cx.home()) {
        Some(statement) => {
            let time = statement.at.or_else(|| cx.captured());
            sink.say(place, Source::Watchers, time, Statement::Scaling(Box::new(statement)));
        }
        None => sink.damaged(place.clone(), "no resource that is scaled"),
    }
}

/// Reads a call to Application Auto Scaling, also one that was refused: it shows what somebody thought to be in force.
pub(super) fn recorded(call: &mut RecordedCall<'_>, sink: &mut Sink) {
    let Some(mut row) = call.request::<Row>(sink) else { return };
    let what = match call.operation {
        "RegisterScalableTarget" => row.target(),
        "DeregisterScalableTarget" => Scaling::Removed,
        "PutScalingPolicy" => match row.policy() {
            Some(policy) => policy,
            None => return,
        },
        _ => return,
    };
    let home = Home { account: Some(call.account.to_owned()), region: Some(call.region.to_owned()) };
    if let Some(statement) = row.statement(what, home) {
        let statement = ScalingStatement { at: Some(call.at), error: call.error.clone(), requested: true, ..statement };
        call.say(sink, Statement::Scaling(Box::new(statement)));
    }
}
