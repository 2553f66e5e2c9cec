//! The engine as a whole, on parquet files in memory.

mod oracle;
mod scales;
mod splits;
mod stories;
mod world;
