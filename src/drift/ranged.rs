//! Bytes as the parquet reader asks for them, fetched ahead: one read for each column chunk, or for a few megabytes of a large one.

use std::cell::Cell;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf as _, Bytes, BytesMut};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use super::source::ReadAt;

/// Bytes that are fetched at once, at most, unless more are asked for.
const AHEAD: u64 = 4 << 20;

thread_local! {
    /// Memory of the last read.
    static SPARE: Cell<BytesMut> = Cell::default();
}

/// A file, the ranges of it that will be read in order, and what was fetched last.
pub(crate) struct Ranged {
    bytes: Arc<dyn ReadAt>,
    ranges: Vec<(u64, u64)>,
    fetched: Mutex<(u64, Bytes)>,
}

impl Ranged {
    pub(crate) fn new(bytes: Arc<dyn ReadAt>, ranges: Vec<(u64, u64)>) -> Self {
        Self { bytes, ranges, fetched: Mutex::new((0, Bytes::new())) }
    }

    /// Returns how many bytes are left of the range that a place lies in.
    fn behind(&self, start: u64) -> u64 {
        let inside = self.ranges.iter().find(|(from, length)| (*from..from.saturating_add(*length)).contains(&start));
        inside.map_or(0, |(from, length)| from.saturating_add(*length) - start)
    }

    /// Returns at least `length` bytes at `start`, or as many as there are.
    fn fetch(&self, start: u64, length: u64) -> io::Result<Bytes> {
        let size = self.bytes.size();
        if start > size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let (from, bytes) = &*fetched;
        if start >= *from && start.saturating_add(length) <= from + bytes.len() as u64 {
            let skip = usize::try_from(start - from).map_err(io::Error::other)?;
            return Ok(bytes.slice(skip..));
        }
        let ahead = self.behind(start).min(AHEAD);
        let wanted = length.max(ahead).min(size - start);
        // What was fetched before is overwritten if no page holds on to it: fresh memory would have to be cleared first.
        let spent = std::mem::take(&mut fetched.1);
        let spare = if spent.is_empty() { SPARE.take() } else { spent.try_into_mut().unwrap_or_default() };
        let mut buffer = spare;
        buffer.resize(usize::try_from(wanted).map_err(io::Error::other)?, 0);
        self.bytes.read_at(start, &mut buffer)?;
        let bytes = buffer.freeze();
        *fetched = (start, bytes.clone());
        Ok(bytes)
    }
}

impl Drop for Ranged {
    /// Leaves the memory to the next column that this thread reads.
    fn drop(&mut self) {
        let fetched = self.fetched.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Ok(spare) = std::mem::take(&mut fetched.1).try_into_mut() {
            SPARE.set(spare);
        }
    }
}

impl Length for Ranged {
    fn len(&self) -> u64 {
        self.bytes.size()
    }
}

impl ChunkReader for Ranged {
    type T = bytes::buf::Reader<Bytes>;

    /// Returns the bytes from a place on, for reading a page's header, which may hold long texts.
    fn get_read(&self, start: u64) -> Result<Self::T> {
        const HEADER: u64 = 1 << 20;
        let length = match self.behind(start) {
            0 => self.bytes.size().saturating_sub(start),
            behind => behind,
        };
        Ok(self.fetch(start, HEADER.min(length))?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let bytes = self.fetch(start, length as u64)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} are not all there")));
        }
        Ok(bytes.slice(..length))
    }
}
