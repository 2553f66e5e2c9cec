//! Processors of instance types, by which utilization is put on a scale of 0 to 100.
//!
//! `CPUUtilization` and `GPUUtilization` of endpoints are sums over the processors of an instance: four GPUs that are half busy
//! are 200. Sources: "Metrics for monitoring Amazon `SageMaker` AI with Amazon `CloudWatch`" for that, and the tables of accelerated
//! instance types of Amazon EC2 for the numbers.

/// GPUs of the types that have any, `FAMILY.SIZE`; of a family's other sizes, [`ONE_GPU`] says whether they have one.
const GPUS: &[(&str, u32)] = &[
    ("g4dn.12xlarge", 4),
    ("g5.12xlarge", 4),
    ("g5.24xlarge", 4),
    ("g5.48xlarge", 8),
    ("g6.12xlarge", 4),
    ("g6.24xlarge", 4),
    ("g6.48xlarge", 8),
    ("g6e.12xlarge", 4),
    ("g6e.24xlarge", 4),
    ("g6e.48xlarge", 8),
    ("p2.8xlarge", 8),
    ("p2.16xlarge", 16),
    ("p3.8xlarge", 4),
    ("p3.16xlarge", 8),
    ("p3dn.24xlarge", 8),
    ("p4d.24xlarge", 8),
    ("p4de.24xlarge", 8),
    ("p5.48xlarge", 8),
    ("p5e.48xlarge", 8),
    ("p5en.48xlarge", 8),
];

/// Types with one GPU.
const ONE_GPU: &[&str] = &[
    "g4dn.xlarge",
    "g4dn.2xlarge",
    "g4dn.4xlarge",
    "g4dn.8xlarge",
    "g4dn.16xlarge",
    "g5.xlarge",
    "g5.2xlarge",
    "g5.4xlarge",
    "g5.8xlarge",
    "g5.16xlarge",
    "g6.xlarge",
    "g6.2xlarge",
    "g6.4xlarge",
    "g6.8xlarge",
    "g6.16xlarge",
    "g6e.xlarge",
    "g6e.2xlarge",
    "g6e.4xlarge",
    "g6e.8xlarge",
    "g6e.16xlarge",
    "p2.xlarge",
    "p3.2xlarge",
    "p5.4xlarge",
];

/// Returns the number of GPUs of an instance type, `ml.g5.12xlarge`; nothing for types that are not known to have any.
pub fn gpus(instance: &str) -> Option<u32> {
    let name = instance.strip_prefix("ml.").unwrap_or(instance);
    if ONE_GPU.contains(&name) {
        return Some(1);
    }
    GPUS.iter().find(|(own, _)| *own == name).map(|(_, count)| *count)
}

/// Returns the number of vCPUs of an instance type of the accelerated families: four for each `xlarge`.
pub fn vcpus(instance: &str) -> Option<u32> {
    gpus(instance)?;
    let size = instance.rsplit('.').next()?.strip_suffix("xlarge")?;
    let times: u32 = if size.is_empty() { 1 } else { size.parse().ok()? };
    times.checked_mul(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_tell_processors() {
        assert_eq!((gpus("ml.g5.12xlarge"), vcpus("ml.g5.12xlarge")), (Some(4), Some(48)));
        assert_eq!((gpus("ml.g4dn.xlarge"), vcpus("ml.g4dn.xlarge")), (Some(1), Some(4)));
        assert_eq!((gpus("ml.p4d.24xlarge"), vcpus("ml.p4d.24xlarge")), (Some(8), Some(96)));
        assert_eq!((gpus("ml.m5.large"), vcpus("ml.m5.large"), gpus("ml.g9.xlarge")), (None, None, None));
    }
}
