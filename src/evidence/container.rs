//! Opens a file, and every container inside it, down to the content that readers see.
//!
//! gzip (every member), zstd, zip and tar are told by their first bytes, never by their names. Each file and each archive
//! entry is hashed as it lies there. A container that is cut short gives what it holds; why it ended is noted.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read, Seek, SeekFrom};

use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};

use super::citation::{ExhibitId, Locator};
use super::hex;
use super::ledger::Problem;
use super::limits::Limits;
use super::walk::SourceFile;
use super::window::Window;

/// The name ending of the files that say which command made the file beside them.
pub const SIDECAR: &str = ".cmd";

/// Receives what a file holds.
pub trait Visitor {
    /// Is told the sidecars inside an archive, before its entries: (name of the entry described, bytes).
    fn sidecars(&mut self, found: Vec<(String, Vec<u8>)>);

    /// Reads one content. `name` is the file's shown path, with `!/` before the name of an archive entry.
    fn content(&mut self, id: ExhibitId, name: &str, window: &mut Window<'_>);

    /// Is told what is known of an exhibit once all of it has been read.
    fn sealed(&mut self, seal: Seal<'_>);
}

/// What is known of an exhibit once all of it has been read.
#[derive(Debug)]
pub struct Seal<'a> {
    /// Which exhibit.
    pub id: ExhibitId,
    /// Its shown path.
    pub name: &'a str,
    /// Lower-case hex SHA-256.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// What was wrong with the container around the content.
    pub problems: Vec<Problem>,
    /// The kind of archive and its number of entries, if it is one.
    pub archive: Option<(&'static str, u64)>,
}

/// Reusable memory of one thread.
#[derive(Default)]
struct Scratch {
    input: Vec<u8>,
    output: Vec<u8>,
    inflater: Option<libdeflater::Decompressor>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// What the first bytes of a stream say it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Gzip,
    Zstd,
    Zip,
    Tar,
    Plain,
}

/// Bytes needed to tell the kind: a tar header's magic lies at 257.
const HEAD: usize = 512;

fn kind(head: &[u8]) -> Kind {
    match head {
        [0x1f, 0x8b, 0x08, ..] => Kind::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Kind::Zstd,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Kind::Zip,
        _ if head.get(257..262) == Some(b"ustar") => Kind::Tar,
        _ => Kind::Plain,
    }
}

/// Reads a small file whole, up to `limit` bytes.
///
/// # Errors
///
/// Where the file cannot be opened or read, or is larger than `limit`.
pub fn slurp(file: &SourceFile, limit: u64) -> io::Result<Vec<u8>> {
    let too_large = || io::Error::other(format!("larger than {limit} bytes"));
    if file.bytes > limit {
        return Err(too_large());
    }
    // What is no file on disk does not say how long it is.
    let mut bytes = Vec::new();
    File::open(&file.path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// Opens a file for a reader of its bytes as they lie on disk.
///
/// # Errors
///
/// Where the file cannot be opened.
pub fn raw(file: &SourceFile) -> io::Result<impl BufRead + use<>> {
    Ok(BufReader::new(File::open(&file.path)?))
}

/// Opens `file`, the `position`-th of all, and shows its contents to `visitor`.
pub fn open(file: &SourceFile, position: u32, limits: &Limits, visitor: &mut dyn Visitor) {
    let id = ExhibitId { file: position, entry: 0 };
    let mut opening = Opening {
        limits,
        visitor,
        path: &file.path,
        file: position,
        entries: 0,
        inflated: 0,
        problems: Vec::new(),
        archive: None,
    };
    match opening.file(file, id) {
        Ok((sha256, bytes)) => {
            let (problems, archive) = (std::mem::take(&mut opening.problems), opening.archive);
            opening.visitor.sealed(Seal { id, name: &file.shown, sha256, bytes, problems, archive });
        }
        Err(error) => {
            let problems = vec![Problem::whole(format!("cannot be read: {error}"))];
            visitor.sealed(Seal { id, name: &file.shown, sha256: String::new(), bytes: file.bytes, problems, archive: None });
        }
    }
}

/// The opening of one file and everything inside it.
struct Opening<'a> {
    limits: &'a Limits,
    visitor: &'a mut dyn Visitor,
    path: &'a std::path::Path,
    file: u32,
    entries: u32,
    inflated: u64,
    problems: Vec<Problem>,
    archive: Option<(&'static str, u64)>,
}

impl Opening<'_> {
    fn file(&mut self, file: &SourceFile, id: ExhibitId) -> io::Result<(String, u64)> {
        let mut opened = File::open(&file.path)?;
        if file.bytes <= self.limits.one_shot_input {
            return self.small_file(opened, file, id);
        }
        let mut head = [0; HEAD];
        let filled = fill(&mut opened, &mut head)?;
        opened.seek(SeekFrom::Start(0))?;
        if kind(&head[..filled]) == Kind::Zip {
            let mut hashing = Hashing::new(&mut opened);
            hashing.drain()?;
            let sealed = hashing.seal();
            self.zip(&file.shown, opened, 1);
            return Ok(sealed);
        }
        let mut hashing = Hashing::new(&mut opened);
        self.stream(id, &file.shown, &mut BufReader::with_capacity(128 << 10, &mut hashing), 0);
        hashing.drain()?;
        Ok(hashing.seal())
    }

    /// Reads a small file whole, and lets the one-shot inflater have it where it is a single gzip member.
    fn small_file(&mut self, mut opened: File, file: &SourceFile, id: ExhibitId) -> io::Result<(String, u64)> {
        let Scratch { mut input, mut output, inflater } = SCRATCH.take();
        let mut inflater = inflater.unwrap_or_default();
        input.clear();
        opened.read_to_end(&mut input)?;
        let sealed = (hex::lower(&Sha256::digest(&input)), input.len() as u64);
        match kind(&input) {
            Kind::Plain => {
                let len = input.len();
                let mut window = Window::whole(input, len);
                self.visitor.content(id, &file.shown, &mut window);
                input = window.into_buffer();
            }
            Kind::Zip => self.zip(&file.shown, Cursor::new(&input), 1),
            Kind::Gzip => match self.one_shot(&input, &mut output, &mut inflater) {
                Some(len) if kind(&output[..len.min(HEAD)]) == Kind::Plain => {
                    let mut window = Window::whole(output, len);
                    self.visitor.content(id, &file.shown, &mut window);
                    output = window.into_buffer();
                }
                _ => self.stream(id, &file.shown, &mut input.as_slice(), 0),
            },
            Kind::Zstd | Kind::Tar => self.stream(id, &file.shown, &mut input.as_slice(), 0),
        }
        SCRATCH.set(Scratch { input, output, inflater: Some(inflater) });
        Ok(sealed)
    }

    /// Inflates a gzip file in one step; gives up where it is not plainly a single, whole member of moderate size.
    ///
    /// The inflater checks the member's own checksum and length but does not tell where the member ended, so bytes after it
    /// are excluded otherwise: the file's last four bytes must be this content's length, and no other member may begin
    /// anywhere in it.
    fn one_shot(&self, input: &[u8], output: &mut Vec<u8>, inflater: &mut libdeflater::Decompressor) -> Option<usize> {
        let (body, trailer) = input.split_last_chunk::<4>()?;
        let claimed = u32::from_le_bytes(*trailer) as usize;
        let another_member = body.get(1..).is_some_and(|rest| memchr::memmem::find(rest, &[0x1f, 0x8b, 0x08]).is_some());
        if claimed > self.limits.one_shot_output || claimed as u64 > self.limits.inflated || another_member {
            return None;
        }
        if output.len() < claimed {
            output.resize(claimed, 0);
        }
        let len = inflater.gzip_decompress(input, &mut output[..claimed]).ok()?;
        (len == claimed).then_some(len)
    }

    /// Opens a stream, told by its first bytes, container by container.
    fn stream(&mut self, id: ExhibitId, name: &str, reader: &mut dyn BufRead, depth: u32) {
        let mut head = [0; HEAD];
        let (filled, fault) = match fill(reader, &mut head) {
            Ok(filled) => (filled, None),
            Err(error) => (0, Some(error)),
        };
        if let Some(error) = fault {
            self.problems.push(Problem::whole(format!("cannot be opened: {error}")));
        }
        let found = kind(&head[..filled]);
        if depth >= self.limits.nesting && found != Kind::Plain {
            let message =
                format!("containers nested more than {} deep; what is further inside was not opened", self.limits.nesting);
            self.problems.push(Problem::whole(message));
            return;
        }
        let mut whole = head[..filled].chain(reader);
        match found {
            Kind::Plain => self.plain(id, name, &mut whole, depth),
            Kind::Gzip => {
                let mut members = Members::new(&mut whole);
                self.stream(id, name, &mut BufReader::new(&mut members), depth + 1);
                self.problems.extend(members.problems());
            }
            Kind::Zstd => match zstd::stream::read::Decoder::with_buffer(&mut whole) {
                Ok(mut decoder) => self.stream(id, name, &mut BufReader::new(&mut decoder), depth + 1),
                Err(error) => self.problems.push(Problem::whole(format!("zstd: {error}"))),
            },
            Kind::Tar => self.tar(name, &mut whole, depth),
            Kind::Zip => {
                let mut bytes = Vec::new();
                let limit = self.limits.inner_zip;
                match (&mut whole).take(limit + 1).read_to_end(&mut bytes) {
                    Ok(count) if count as u64 <= limit => self.zip(name, Cursor::new(&bytes), depth + 1),
                    Ok(_) => {
                        let message = format!("a zip archive of more than {limit} bytes inside a container; unpack it first");
                        self.problems.push(Problem::whole(message));
                    }
                    Err(error) => self.problems.push(Problem::whole(format!("zip: {error}"))),
                }
            }
        }
    }

    /// Shows plain content to the visitor through a window that stops at the inflation limit.
    fn plain(&mut self, id: ExhibitId, name: &str, reader: &mut dyn Read, depth: u32) {
        let allowed = if depth == 0 { u64::MAX } else { self.limits.inflated.saturating_sub(self.inflated) };
        let mut counted = Counted { reader, left: allowed, exceeded: false };
        let buffer = SCRATCH.with_borrow_mut(|scratch| std::mem::take(&mut scratch.output));
        let mut window = Window::passing(&mut counted, buffer);
        self.visitor.content(id, name, &mut window);
        let buffer = window.into_buffer();
        SCRATCH.with_borrow_mut(|scratch| scratch.output = buffer);
        self.inflated = self.inflated.saturating_add(allowed - counted.left);
        if counted.exceeded {
            let message = format!("inflates to more than {} bytes; the rest was not read", self.limits.inflated);
            self.problems.push(Problem::whole(message));
        }
    }

    fn tar(&mut self, name: &str, reader: &mut dyn Read, depth: u32) {
        // The archive of the file itself is read twice, first for its sidecars: they come after the files they describe.
        if self.entries == 0
            && let Ok(again) = File::open(self.path)
        {
            let sidecars = self.sidecars_of(name, Box::new(BufReader::new(again)));
            self.visitor.sidecars(sidecars);
        }
        let mut archive = tar::Archive::new(reader);
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(Problem::whole(format!("tar: {error}"))),
        };
        let mut count = 0;
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.problems.push(Problem::whole(format!("tar: {error}; entries after this were not read")));
                    break;
                }
            };
            let shown = inner_name(name, &entry);
            let kind = entry.header().entry_type();
            if kind.is_dir() || matches!(kind, tar::EntryType::XGlobalHeader) {
                continue;
            }
            let Some(id) = self.next_entry() else { break };
            count += 1;
            if kind.is_file() {
                self.entry(id, &shown, &mut entry, depth);
            } else {
                self.seal_refused(id, &shown, "a link or device inside a tar archive; not followed");
            }
        }
        self.archive = Some(("tar archive", count));
    }

    /// Returns the sidecars in the tar archive under the compression layers of `reader`.
    fn sidecars_of(&self, name: &str, mut reader: Box<dyn BufRead>) -> Vec<(String, Vec<u8>)> {
        let mut sidecars = Vec::new();
        for _ in 0..=self.limits.nesting {
            let mut head = [0; HEAD];
            let Ok(filled) = fill(&mut reader, &mut head) else { return sidecars };
            let whole = Cursor::new(head[..filled].to_vec()).chain(reader);
            match kind(&head[..filled]) {
                Kind::Gzip => reader = Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(whole))),
                Kind::Zstd => match zstd::stream::read::Decoder::with_buffer(whole) {
                    Ok(decoder) => reader = Box::new(BufReader::new(decoder)),
                    Err(_) => return sidecars,
                },
                Kind::Tar => {
                    let mut archive = tar::Archive::new(whole.take(self.limits.inflated));
                    for mut entry in archive.entries().into_iter().flatten().map_while(Result::ok) {
                        let shown = inner_name(name, &entry);
                        if let Some(subject) = shown.strip_suffix(SIDECAR)
                            && entry.size() <= self.limits.sidecar
                        {
                            let mut bytes = Vec::new();
                            if entry.read_to_end(&mut bytes).is_ok() {
                                sidecars.push((subject.to_owned(), bytes));
                            }
                        }
                    }
                    return sidecars;
                }
                Kind::Zip | Kind::Plain => return sidecars,
            }
        }
        sidecars
    }

    fn zip<R: Read + Seek>(&mut self, name: &str, reader: R, depth: u32) {
        let mut archive = match zip::ZipArchive::new(reader) {
            Ok(archive) => archive,
            Err(error) => return self.problems.push(Problem::whole(format!("zip: {error}"))),
        };
        let name_at = |at| {
            archive.name_for_index(at).and_then(Result::ok).map_or_else(|| format!("entry {at}"), std::borrow::Cow::into_owned)
        };
        let names: Vec<String> = (0..archive.len()).map(name_at).collect();
        let mut sidecars = Vec::new();
        for (at, inner) in names.iter().enumerate().filter(|(_, inner)| inner.ends_with(SIDECAR)) {
            let mut bytes = Vec::new();
            if let Ok(entry) = archive.by_index(at)
                && entry.take(self.limits.sidecar).read_to_end(&mut bytes).is_ok()
            {
                sidecars.push((format!("{name}!/{}", inner.trim_end_matches(SIDECAR)), bytes));
            }
        }
        self.visitor.sidecars(sidecars);
        let mut count = 0;
        for (at, inner) in names.iter().enumerate() {
            if inner.ends_with('/') {
                continue;
            }
            let shown = format!("{name}!/{inner}");
            let Some(id) = self.next_entry() else { break };
            count += 1;
            match archive.by_index(at) {
                Ok(mut entry) => self.entry(id, &shown, &mut entry, depth),
                Err(error) => self.seal_refused(id, &shown, &format!("zip: {error}")),
            }
        }
        self.archive = Some(("zip archive", count));
    }

    /// Opens one entry of an archive, with problems and hash of its own.
    fn entry(&mut self, id: ExhibitId, shown: &str, reader: &mut dyn Read, depth: u32) {
        let outer = (std::mem::take(&mut self.problems), self.archive.take());
        let mut hashing = Hashing::new(reader);
        self.stream(id, shown, &mut BufReader::new(&mut hashing), depth + 1);
        if let Err(error) = hashing.drain() {
            self.problems.push(Problem::whole(format!("ends early: {error}")));
        }
        let (sha256, bytes) = hashing.seal();
        let (problems, archive) = (std::mem::replace(&mut self.problems, outer.0), self.archive.take());
        self.archive = outer.1;
        self.visitor.sealed(Seal { id, name: shown, sha256, bytes, problems, archive });
    }

    fn next_entry(&mut self) -> Option<ExhibitId> {
        if self.entries >= self.limits.entries {
            let message = format!("more than {} archive entries; the rest were not read", self.limits.entries);
            if self.problems.last().is_none_or(|last| last.message != message) {
                self.problems.push(Problem::whole(message));
            }
            return None;
        }
        self.entries += 1;
        Some(ExhibitId { file: self.file, entry: self.entries })
    }

    fn seal_refused(&mut self, id: ExhibitId, name: &str, reason: &str) {
        let problems = vec![Problem::whole(reason)];
        self.visitor.sealed(Seal { id, name, sha256: String::new(), bytes: 0, problems, archive: None });
    }
}

/// Names an entry of a tar archive.
fn inner_name<R: Read>(archive: &str, entry: &tar::Entry<'_, R>) -> String {
    let inner = entry.path().map_or_else(|_| "?".to_owned(), |path| path.to_string_lossy().into_owned());
    format!("{archive}!/{}", inner.trim_start_matches("./"))
}

/// Reads until the buffer is full or the source ends.
fn fill(reader: &mut (impl Read + ?Sized), into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match reader.read(&mut into[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) if filled > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Hashes what passes.
struct Hashing<R> {
    reader: R,
    hasher: Sha256,
    bytes: u64,
}

impl<R: Read> Hashing<R> {
    fn new(reader: R) -> Self {
        Self { reader, hasher: Sha256::new(), bytes: 0 }
    }

    /// Reads what is left, so that the hash covers the whole exhibit however much of it the reader needed.
    fn drain(&mut self) -> io::Result<()> {
        let mut rest = vec![0; 64 << 10];
        while self.read(&mut rest)? > 0 {}
        Ok(())
    }

    fn seal(self) -> (String, u64) {
        (hex::lower(&self.hasher.finalize()), self.bytes)
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(into)?;
        self.hasher.update(&into[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

/// Stops a stream that inflates beyond what is allowed.
struct Counted<'r> {
    reader: &'r mut dyn Read,
    left: u64,
    exceeded: bool,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !into.is_empty() {
            self.exceeded = self.reader.read(&mut [0])? > 0;
            return Ok(0);
        }
        let most = usize::try_from(self.left).map_or(into.len(), |left| left.min(into.len()));
        let count = self.reader.read(&mut into[..most])?;
        self.left -= count as u64;
        Ok(count)
    }
}

/// All members of a gzip file, one after the other; what follows the last is counted, not read.
struct Members<'r> {
    decoder: Option<GzDecoder<Input<'r>>>,
    members: u64,
    trailing: u64,
    fault: Option<String>,
}

/// The compressed bytes under the decoder: those that were looked at already, and the rest.
type Input<'r> = Chain<Cursor<Vec<u8>>, BufReader<&'r mut dyn Read>>;

impl<'r> Members<'r> {
    fn new(reader: &'r mut dyn Read) -> Self {
        let input = BufReader::with_capacity(64 << 10, reader);
        let decoder = GzDecoder::new(Cursor::new(Vec::new()).chain(input));
        Self { decoder: Some(decoder), members: 1, trailing: 0, fault: None }
    }

    /// Says what a reader of the report must know about the gzip file.
    fn problems(self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.members > 1 {
            let message = format!("{} gzip members; all were read (CloudTrail writes one)", self.members);
            problems.push(Problem::note(Locator::Whole, message));
        }
        if self.trailing > 0 {
            let message = format!("{} bytes after the last gzip member are no gzip and were not read", self.trailing);
            problems.push(Problem::note(Locator::Whole, message));
        }
        if let Some(fault) = self.fault {
            problems.push(Problem::whole(format!("gzip ends early ({fault}); what came before was read")));
        }
        problems
    }

    /// Goes on to the next member, if one follows.
    fn next_member(&mut self) -> io::Result<bool> {
        let Some(decoder) = self.decoder.take() else { return Ok(false) };
        let (_, mut input) = decoder.into_inner().into_inner();
        // What is buffered may end between the two bytes that a member begins with.
        let mut begins = Vec::with_capacity(2);
        input.by_ref().take(2).read_to_end(&mut begins)?;
        if begins == [0x1f, 0x8b] {
            self.members += 1;
            self.decoder = Some(GzDecoder::new(Cursor::new(begins).chain(input)));
            return Ok(true);
        }
        self.trailing = begins.len() as u64 + io::copy(&mut input, &mut io::sink())?;
        Ok(false)
    }
}

impl Read for Members<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(decoder) = self.decoder.as_mut() else { return Ok(0) };
            let outcome = match decoder.read(into) {
                Ok(0) if !into.is_empty() => self.next_member().map(|more| if more { None } else { Some(0) }),
                other => other.map(Some),
            };
            match outcome {
                Ok(Some(count)) => return Ok(count),
                Ok(None) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.fault = Some(error.to_string());
                    self.decoder = None;
                    return Ok(0);
                }
            }
        }
    }
}
