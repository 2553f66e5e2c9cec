//! What this machine spent on this process.

use rustix::time::{ClockId, clock_gettime};

/// Returns the user and system time of this process so far, in seconds, threads that have ended included.
pub(crate) fn processor_time() -> f64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}
