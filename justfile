# Shortcuts for what is done every day; each is one command that can as well be typed. `just` lists them.
# What a change must pass before it lands is `.ci/run`.

_list:
    @just --list --unsorted

# Run all tests
test *ARGS:
    cargo test {{ARGS}}

# Check style, lints and documentation
lint:
    cargo fmt --check && cargo clippy --all-targets -- -D warnings && RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

# Take what the tests see now as what they expect; read the diff before committing it
bless:
    UPDATE_EXPECT=1 cargo test

# Write the fixtures from the book
fixtures:
    cargo run --release --example fixtures

# Build the documentation of the code
docs:
    cargo doc --no-deps --document-private-items

# Run the benchmarks
bench *ARGS:
    cargo bench {{ARGS}}

# Run everything that a change must pass
ci:
    .ci/run
