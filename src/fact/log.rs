//! What jobs and endpoints printed, as far as lineage needs it.

use std::sync::Arc;

use super::arn::Home;
use super::{Excerpt, at};
use crate::time::Instant;

/// What a log stream says.
#[derive(Clone, Debug, PartialEq)]
pub enum LogWhat {
    /// That it exists, and how far the export reaches.
    Extent {
        /// Time of the first event.
        first: Option<Instant>,
        /// Time of the last event.
        last: Option<Instant>,
        /// Number of events.
        events: u64,
        /// Whether the export is known to hold all of them.
        complete: bool,
    },
    /// How long the group keeps its events.
    Retention {
        /// Days; for ever where there is no number.
        days: Option<i64>,
    },
    /// That the group holds no events of an interval.
    Silence {
        /// From when on; from its beginning where that is not said.
        from: Option<Instant>,
        /// Until when.
        to: Option<Instant>,
        /// Whether only the size of the group says so.
        by_size: bool,
    },
    /// The training toolkit's dump of its environment.
    Environment {
        /// The job's name, set by the platform.
        job: Option<String>,
        /// Where the code was to come from.
        source: Option<String>,
    },
    /// A commit that was printed under a name.
    Commit {
        /// The name.
        name: String,
        /// The commit.
        commit: String,
    },
    /// A package that was installed or found installed.
    Package {
        /// Normalised name.
        name: String,
        /// Version.
        version: String,
        /// Whether it was installed now.
        installed: bool,
    },
    /// A package that was downloaded: whether it was installed too is said elsewhere, or nowhere.
    Downloaded {
        /// Normalised name.
        name: String,
        /// Version.
        version: String,
    },
    /// A library says that it reads what another version of it wrote.
    Unpickled {
        /// Normalised name of the library.
        name: String,
        /// Version that wrote.
        written_by: String,
        /// Version that reads.
        read_by: String,
    },
    /// An instance of an endpoint printed an error.
    Failure {
        /// What it printed.
        message: String,
    },
    /// The code archive was not unpacked, because the image holds code of its own.
    CodeIgnored,
    /// The job reported its end.
    Exit {
        /// Whether it reported success.
        success: bool,
        /// What it said.
        message: String,
    },
}

/// What one place in a log stream says.
#[derive(Clone, Debug)]
pub struct LogStatement {
    /// Log group, where known.
    pub group: Option<Arc<str>>,
    /// Account and region of the group.
    pub home: Home,
    /// Log stream; empty where the export does not name it.
    pub stream: Arc<str>,
    /// What it says.
    pub what: LogWhat,
    /// When it was printed.
    pub at: Option<Instant>,
}

/// Whom a log stream belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A job and one of its hosts.
    Job {
        /// Name of the job.
        job: String,
        /// Host.
        host: String,
    },
    /// An instance of an endpoint's variant.
    Instance {
        /// Name of the endpoint.
        endpoint: String,
        /// Variant.
        variant: String,
        /// Instance.
        instance: String,
    },
    /// A copy of an inference component.
    Component {
        /// Name of the component.
        component: String,
        /// What ran it, as its stream calls it.
        copy: String,
    },
}

/// What log groups of endpoints begin with.
pub const ENDPOINTS: &str = "/aws/sagemaker/Endpoints/";

/// What log groups of inference components begin with.
pub const COMPONENTS: &str = "/aws/sagemaker/InferenceComponents/";

impl LogStatement {
    /// Returns whom the stream belongs to, from its name and the name of its group.
    pub fn owner(&self) -> Option<Owner> {
        if let Some(component) = self.group.as_deref().and_then(|group| group.strip_prefix(COMPONENTS)) {
            let is_named = !component.is_empty() && !self.stream.is_empty();
            return is_named.then(|| Owner::Component { component: component.to_owned(), copy: self.stream.to_string() });
        }
        // Exports to S3 write `-` for `/` in stream names.
        let split = |stream: &str| -> Option<(String, String)> {
            if let Some((before, after)) = stream.split_once('/') {
                return Some((before.to_owned(), after.split('/').next().unwrap_or(after).to_owned()));
            }
            let at = stream.rfind("-algo-").or_else(|| stream.rfind("-i-"))?;
            Some((stream[..at].to_owned(), stream[at + 1..].to_owned()))
        };
        let (before, after) = split(&self.stream)?;
        if let Some(endpoint) = self.group.as_deref().and_then(|group| group.strip_prefix(ENDPOINTS)) {
            let instance = after.starts_with("i-").then_some(after)?;
            return Some(Owner::Instance { endpoint: endpoint.to_owned(), variant: before, instance });
        }
        let host = after
            .strip_prefix("algo-")
            .map_or_else(|| after.clone(), |rest| format!("algo-{}", rest.split('-').next().unwrap_or(rest)));
        let is_host = host.starts_with("algo-") || host.starts_with("i-");
        is_host.then_some(Owner::Job { job: before, host })
    }

    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("log:").and("stream", Some(&self.stream));
        match &self.what {
            LogWhat::Extent { first, last, events, .. } => {
                excerpt.and("events", Some(events)).and("first", at(*first)).and("last", at(*last))
            }
            LogWhat::Retention { days } => excerpt.and("group", self.group.as_ref()).and("retentionInDays", days.as_ref()),
            LogWhat::Silence { from, to, .. } => {
                excerpt.and("group", self.group.as_ref()).and("events", Some(0)).and("from", at(*from)).and("to", at(*to))
            }
            LogWhat::Environment { job, source } => excerpt.and("job_name", job.as_ref()).and("module_dir", source.as_ref()),
            LogWhat::Commit { name, commit } => excerpt.and(name, Some(commit)),
            LogWhat::Package { name, version, installed: true } => excerpt.and("installed", Some(format!("{name}-{version}"))),
            LogWhat::Package { name, version, .. } => excerpt.and("satisfied", Some(format!("{name} {version}"))),
            LogWhat::Downloaded { name, version } => excerpt.and("downloaded", Some(format!("{name}-{version}"))),
            LogWhat::Unpickled { name, written_by, read_by } => {
                excerpt.and("unpickles", Some(name)).and("writtenBy", Some(written_by)).and("readBy", Some(read_by))
            }
            LogWhat::CodeIgnored => excerpt.and("says", Some("code in the image was kept, the archive not unpacked")),
            LogWhat::Failure { message } | LogWhat::Exit { message, .. } => excerpt.and("says", Some(message)),
        }
        .text()
    }
}

/// Normalises a Python package's name, so that `scikit_learn`, `Scikit.Learn` and `scikit-learn` are one (PEP 503).
pub fn package_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            if !normal.ends_with('-') {
                normal.push('-');
            }
        } else {
            normal.push(c.to_ascii_lowercase());
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(group: Option<&str>, stream: &str) -> Option<Owner> {
        LogStatement {
            group: group.map(Into::into),
            home: Home::default(),
            stream: stream.into(),
            what: LogWhat::CodeIgnored,
            at: None,
        }
        .owner()
    }

    #[test]
    fn streams_name_their_owner() {
        let job = Some(Owner::Job { job: "churn-train-2026".to_owned(), host: "algo-1".to_owned() });
        assert_eq!(owner(Some("/aws/sagemaker/TrainingJobs"), "churn-train-2026/algo-1-1772442960"), job);
        assert_eq!(owner(None, "churn-train-2026-algo-1-1772442960"), job);
        let instance =
            Owner::Instance { endpoint: "ep".to_owned(), variant: "AllTraffic".to_owned(), instance: "i-0abc".to_owned() };
        assert_eq!(owner(Some("/aws/sagemaker/Endpoints/ep"), "AllTraffic/i-0abc"), Some(instance));
        assert_eq!(owner(None, "111122223333_CloudTrail_us-east-1"), None);
        assert_eq!(package_name("Scikit__Learn.x"), "scikit-learn-x");
    }
}
