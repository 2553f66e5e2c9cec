//! What this machine spent on this process.

use std::error::Error;
use std::fs;

/// Ticks per second of the times in `/proc/self/stat`, on every Linux.
const TICKS: f64 = 100.0;

/// Returns the user and system time of this process so far, in seconds, threads that have ended included.
pub(crate) fn processor_time() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| format!("this benchmark needs Linux: {error}"))?;
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat is not as expected")?;
    let mut times = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    match (times.next(), times.next()) {
        (Some(Ok(user)), Some(Ok(system))) => Ok((user + system) as f64 / TICKS),
        _ => Err("/proc/self/stat is not as expected".into()),
    }
}
