//! Files that are read at any place, by several threads at once, without a cursor they could fight over.

use std::fs::File;
use std::io;

use super::walk::SourceFile;

/// An open file.
#[derive(Debug)]
pub struct RandomAccess {
    file: File,
    bytes: u64,
}

impl RandomAccess {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// Where it cannot be opened.
    pub fn open(source: &SourceFile) -> io::Result<Self> {
        let file = File::open(&source.path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes })
    }

    /// Returns its length in bytes, as it was when it was opened.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Fills `into` from the bytes at `at`.
    ///
    /// # Errors
    ///
    /// Those of the device, and [`io::ErrorKind::UnexpectedEof`] where the file ends before `into` is full.
    pub fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_exact_at(&self.file, into, at);
        #[cfg(not(unix))]
        {
            use std::io::{Read, Seek, SeekFrom};
            // A handle of its own shares the cursor with this one; opening anew does not, but needs the path. Reading through a
            // clone under a lock is what is left.
            static CURSOR: std::sync::Mutex<()> = std::sync::Mutex::new(());
            let _alone = CURSOR.lock().map_err(|_| io::Error::other("a thread failed while it read"))?;
            let mut file = &self.file;
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(into)
        }
    }
}

/// Returns the first bytes of a file, at most `count`.
///
/// # Errors
///
/// Where it cannot be opened or read.
pub fn head(source: &SourceFile, count: usize) -> io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut head = Vec::new();
    File::open(&source.path)?.take(count as u64).read_to_end(&mut head)?;
    Ok(head)
}
