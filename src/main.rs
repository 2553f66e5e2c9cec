//! The program: everything it does is in the library.

use std::process::ExitCode;

/// Evidence is many small texts, read by several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    modeltrail::cli::main(std::env::args_os())
}
