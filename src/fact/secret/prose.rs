//! Secrets in what services and people write into records as prose: why something failed, where code came from.

use super::redact_text;
use crate::fact::Statement;
use crate::fact::alarm::AlarmEvent;
use crate::fact::monitor::MonitorWhat;

/// Replaces the secrets in the prose of a statement. What is read as named values is redacted where it is read.
pub fn redact_prose(statement: &mut Statement) {
    match statement {
        Statement::Endpoint(says) => redact(&mut says.failure),
        Statement::Component(says) => redact(&mut says.failure),
        Statement::Execution(says) => redact(&mut says.failure),
        Statement::Step(says) => redact(&mut says.failure),
        Statement::Call(says) => redact(&mut says.reason),
        Statement::Package(says) => {
            redact(&mut says.commit);
            redact(&mut says.repository);
            redact(&mut says.generated_by);
        }
        Statement::Alarm(says) => {
            if let AlarmEvent::Changed { reason, .. } = &mut says.what {
                redact(reason);
            }
        }
        Statement::Monitor(says) => {
            if let MonitorWhat::Execution(one) = &mut says.what {
                redact(&mut one.failure);
            }
        }
        _ => {}
    }
}

fn redact(text: &mut Option<String>) {
    if let Some(text) = text {
        *text = redact_text(text);
    }
}
