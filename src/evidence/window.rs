//! A window over an exhibit's content: what readers see instead of a file.
//!
//! Small content lies in the window whole; large content passes through it, so that memory is bounded by the longest element
//! and not by the exhibit. A fault while reading (a truncated gzip member) ends the content and is kept to be reported.

use std::io::Read;

/// How much is read at a time.
const CHUNK: usize = 256 << 10;

/// The unread part of an exhibit's content, as far as it has been fetched.
pub struct Window<'r> {
    reader: Option<&'r mut dyn Read>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    fault: Option<String>,
}

impl<'r> Window<'r> {
    /// Returns a window through which `reader` passes; `buffer` is reused.
    pub fn passing(reader: &'r mut dyn Read, buffer: Vec<u8>) -> Self {
        Self { reader: Some(reader), buffer, start: 0, end: 0, offset: 0, fault: None }
    }

    /// Returns a window that holds the first `len` bytes of `buffer` as the whole content.
    pub fn whole(buffer: Vec<u8>, len: usize) -> Self {
        let end = len.min(buffer.len());
        Self { reader: None, buffer, start: 0, end, offset: 0, fault: None }
    }

    /// Returns what is fetched and not yet consumed.
    pub fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Returns the position in the content of the first byte of [`Self::unread`].
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns whether everything has been fetched.
    pub fn ended(&self) -> bool {
        self.reader.is_none()
    }

    /// Returns what cut the content short, if anything did.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Gives up the first `count` bytes.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Fetches more; returns false at the end of the content.
    pub fn grow(&mut self) -> bool {
        let Some(reader) = self.reader.as_mut() else { return false };
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < self.end + CHUNK {
            self.buffer.resize(self.end + CHUNK, 0);
        }
        let from = self.end;
        while self.end < from + CHUNK {
            match reader.read(&mut self.buffer[self.end..from + CHUNK]) {
                Ok(0) => {
                    self.reader = None;
                    break;
                }
                Ok(count) => self.end += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.fault = Some(error.to_string());
                    self.reader = None;
                    break;
                }
            }
        }
        self.end > from
    }

    /// Fetches until `count` bytes are unread or the content ends, and returns what is there.
    pub fn at_least(&mut self, count: usize) -> &[u8] {
        while self.end - self.start < count && self.grow() {}
        self.unread()
    }

    /// Returns the buffer for the next window.
    pub fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }
}

impl Read for Window<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.start == self.end && !self.grow() {
            return Ok(0);
        }
        let count = into.len().min(self.end - self.start);
        into[..count].copy_from_slice(&self.buffer[self.start..self.start + count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes one at a time, then fails.
    struct Dripping(Vec<u8>, bool);

    impl Read for Dripping {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            match self.0.pop() {
                Some(byte) => {
                    into[0] = byte;
                    Ok(1)
                }
                None if self.1 => Err(std::io::Error::other("cut")),
                None => Ok(0),
            }
        }
    }

    #[test]
    fn content_survives_until_the_fault() {
        let mut source = Dripping(b"cba".to_vec(), true);
        let mut window = Window::passing(&mut source, Vec::new());
        assert_eq!(window.at_least(2), b"abc");
        assert_eq!(window.fault(), Some("cut"));
        assert!(window.ended());
        window.consume(2);
        assert_eq!((window.unread(), window.offset()), (&b"c"[..], 2));
        assert!(!window.grow());
    }
}
