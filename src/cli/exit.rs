//! How a run ends, as scripts see it.

use std::process::ExitCode;

/// How a run ended. Where several apply, the greatest counts: a pass on missing evidence must be impossible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// It ran; nothing at or above `--fail-on`.
    Done,
    /// Findings at or above `--fail-on` that are neither in the baseline nor suppressed.
    Found,
    /// The command line makes no sense.
    Usage,
    /// Evidence is absent, unreadable, or below `--min-coverage`.
    Unread,
    /// A defect of this program.
    Internal,
}

impl Exit {
    /// Returns the status.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Found => 1,
            Self::Usage => 2,
            Self::Unread => 3,
            Self::Internal => 4,
        }
    }

    /// Returns the graver of two ends.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_evidence_outweighs_findings() {
        let all = [Exit::Done, Exit::Found, Exit::Usage, Exit::Unread, Exit::Internal];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 4]);
        assert_eq!(Exit::Found.and(Exit::Unread), Exit::Unread);
        assert_eq!(Exit::Found.and(Exit::Done), Exit::Found);
    }
}
