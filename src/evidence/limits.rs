//! The limits that keep hostile or broken evidence from taking the machine: each with its reason, each with a test.

/// Limits on what one exhibit may cost. [`Limits::default`] is what the commands use; tests lower them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Compressed files up to this size are read whole, which lets the fast one-shot inflater have them.
    pub one_shot_input: u64,
    /// Inflated content up to this size is held whole; larger content passes through a window.
    pub one_shot_output: usize,
    /// Bytes that one file may inflate to in all, archives inside it included: stops decompression bombs.
    pub inflated: u64,
    /// Containers inside containers: `.tar.gz` is two, a gzip file in it a third.
    pub nesting: u32,
    /// Entries of one archive.
    pub entries: u32,
    /// A zip archive inside another container is held in memory to be read, up to this size.
    pub inner_zip: u64,
    /// A whole JSON document or one element of a list. `CloudTrail`'s records end at 256 KiB (1 MiB in Lake); descriptions and
    /// pipeline definitions at a few MiB.
    pub element: usize,
    /// A parquet file is held in memory to be read, up to this size: inventories are, data sets need not be.
    pub parquet: usize,
    /// One line of text.
    pub line: usize,
    /// A sidecar file.
    pub sidecar: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            one_shot_input: 8 << 20,
            one_shot_output: 12 << 20,
            inflated: 16 << 30,
            nesting: 5,
            entries: 1_000_000,
            inner_zip: 64 << 20,
            element: 16 << 20,
            parquet: 64 << 20,
            line: 4 << 20,
            sidecar: 64 << 10,
        }
    }
}
