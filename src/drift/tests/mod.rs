//! The engine as a whole, on parquet files in memory.

mod oracle;
mod splits;
mod stories;
mod world;
