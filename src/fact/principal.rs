//! Who acted.

use std::fmt;

use super::symbol::Symbol;

/// The identity behind an API call, as `CloudTrail` recorded it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal {
    /// `AssumedRole`, `IAMUser`, `Root`, `AWSService`, …
    pub kind: Symbol,
    /// ARN of the session or user.
    pub arn: Option<String>,
    /// Account of the caller.
    pub account: Option<Symbol>,
    /// ARN of the role behind an assumed-role session.
    pub role: Option<Symbol>,
    /// Name of the session.
    pub session: Option<String>,
    /// AWS service that made the call on the caller's behalf.
    pub invoked_by: Option<Symbol>,
    /// Whether the session came from the web console.
    pub console: bool,
    /// The client's own description of itself.
    pub agent: Option<Symbol>,
    /// The person behind the session, where the account passes it on.
    pub source_identity: Option<String>,
}

/// Session names that many runs share: they do not tell one actor from another.
const SHARED_SESSIONS: [&str; 5] = ["SageMaker", "GitHubActions", "botocore-session", "AWSCodeBuild", "aws-sdk"];

impl Principal {
    /// Returns the role or user, the form in which people are named in every output.
    pub fn actor(&self) -> &str {
        self.role.as_deref().or(self.arn.as_deref()).or(self.invoked_by.as_deref()).unwrap_or("unknown principal")
    }

    /// Returns the pipeline execution and step that `SageMaker` Pipelines wrote into its session name.
    pub fn pipeline_session(&self) -> Option<(&str, &str)> {
        self.session.as_deref()?.strip_prefix("sagemaker-pipeline-")?.split_once('-')
    }

    /// Returns whether the call came from code that runs inside a `SageMaker` job, notebook or app.
    pub fn is_inside_sagemaker(&self) -> bool {
        self.session.as_deref() == Some("SageMaker")
    }

    /// Returns whether two calls were made by the same person or machine. A role alone does not say: people share one through
    /// single sign-on, and then the session name tells them apart.
    pub fn is_same_as(&self, other: &Self) -> bool {
        if self.actor() != other.actor() {
            return false;
        }
        match (self.own_session(), other.own_session()) {
            (Some(one), Some(another)) => one == another,
            _ => true,
        }
    }

    /// Returns the session name where it names an actor and not a program.
    fn own_session(&self) -> Option<&str> {
        if let Some(identity) = &self.source_identity {
            return Some(identity);
        }
        let session = self.session.as_deref()?;
        let shared = SHARED_SESSIONS.iter().any(|name| session.starts_with(name)) || self.pipeline_session().is_some();
        let numbered = session.len() >= 9 && session.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
        (!shared && !numbered).then_some(session)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.actor())?;
        match self.own_session() {
            Some(session) if self.role.is_some() => write!(f, " ({session})"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(role: &str, session: &str) -> Principal {
        Principal { role: Some(role.into()), session: Some(session.to_owned()), ..Principal::default() }
    }

    #[test]
    fn people_share_roles() {
        assert!(!session("sso", "ann@x.org").is_same_as(&session("sso", "bob@x.org")));
        assert!(session("sso", "ann@x.org").is_same_as(&session("sso", "ann@x.org")));
        assert!(session("ci", "GitHubActions").is_same_as(&session("ci", "botocore-session-1760000000")));
        assert!(!session("ci", "x").is_same_as(&session("lead", "x")));
        assert_eq!(session("r", "sagemaker-pipeline-p4jn9xou8a8s-Train").pipeline_session(), Some(("p4jn9xou8a8s", "Train")));
    }
}
