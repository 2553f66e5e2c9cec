//! Files as pieces of a data set: what each is, by its first bytes, and how it is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatchIterator;

use super::find::{Found, expand};
use super::table::Table;
use super::{Options, capture, delimited, partition, sketches};
use crate::drift::monitor::Statistics;
use crate::drift::result::Unreadable;
use crate::drift::source::{Content, Opened, Partition, Piece, ReadAt, RowKey, Source};
use crate::evidence::citation::ExhibitId;
use crate::evidence::container::{self, Seal, Visitor};
use crate::evidence::encoding;
use crate::evidence::limits::Limits;
use crate::evidence::lines::{Line, lines};
use crate::evidence::random::{RandomAccess, head};
use crate::evidence::walk::SourceFile;
use crate::evidence::window::Window;

/// A data set.
#[derive(Default)]
pub struct Dataset {
    /// Its pieces.
    pub source: Source,
    /// Bytes of its files.
    pub bytes: u64,
    /// Files that are no data, and why; sorted.
    pub ignored: Vec<(String, String)>,
    /// Files that could not be followed or opened, and why; sorted.
    pub unreadable: Vec<Unreadable>,
    /// What people should know of the data set as a whole.
    pub notes: Vec<String>,
    /// What opening and reading rows finds wrong; filled while the pieces are read.
    pub problems: Problems,
}

/// What was wrong with rows: for each file the first message and how many there were. Shared between threads; what it says does
/// not depend on their order.
#[derive(Clone, Debug, Default)]
pub struct Problems(Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>);

impl Problems {
    fn add(&self, file: &str, messages: &[String]) {
        let Some(first) = messages.first() else { return };
        let message = match messages.len() {
            1 => first.clone(),
            count => format!("{first}; and {} more of the kind", count - 1),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(file.to_owned()).or_default().insert(message);
    }

    /// Returns what was wrong, by file.
    pub fn list(&self) -> Vec<Unreadable> {
        let problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = |(file, messages): (&String, &BTreeSet<String>)| {
            let file = file.clone();
            messages.iter().map(move |message| Unreadable { file: file.clone(), message: message.clone() }).collect::<Vec<_>>()
        };
        problems.iter().flat_map(one).collect()
    }
}

/// Bytes by which a file is told.
const HEAD: usize = 4_096;

/// A whole file of statistics: of a thousand columns a few MiB.
const STATISTICS: usize = 256 << 20;

/// Finds the files that paths and patterns mean, and makes pieces of those that are data.
///
/// # Errors
///
/// Where a pattern is none, or no file fits it.
pub fn gather(paths: &[PathBuf], options: &Options) -> Result<Dataset, String> {
    let Found { files, refused, notes } = expand(paths)?;
    let mut dataset = Dataset { notes, ..Dataset::default() };
    dataset.unreadable.extend(refused.into_iter().map(|(file, message)| Unreadable { file, message }));
    let options = Arc::new(options.clone());
    for file in files {
        let is_named = paths.contains(&file.path);
        let stated = partition::stated(&file.shown);
        let keys = stated.partition(options.by.as_ref());
        dataset.take(file, is_named, keys, &options);
    }
    dataset.unreadable.sort();
    Ok(dataset)
}

/// Makes pieces of the given files, each in the partition that stands beside it, whatever their paths state.
pub fn of_files(files: Vec<(SourceFile, Partition)>, options: &Options) -> Dataset {
    let mut dataset = Dataset::default();
    let options = Arc::new(options.clone());
    for (file, partition) in files {
        dataset.take(file, true, (partition, Vec::new()), &options);
    }
    dataset.unreadable.sort();
    dataset
}

/// Returns the endpoint and the variant that the folders of a captured file state: `ENDPOINT/VARIANT/2026/10/12/07/`.
pub fn captured_by(path: &str) -> Option<(String, String)> {
    partition::stated(path).captured_by()
}

impl Dataset {
    /// Makes a piece of a file, if it is data.
    fn take(
        &mut self,
        file: SourceFile,
        is_named: bool,
        (partition, row_keys): (Partition, Vec<RowKey>),
        options: &Arc<Options>,
    ) {
        let content: Arc<dyn Content> = match kind(&file, is_named) {
            Ok(Kind::Parquet) => Arc::new(Columns(file.clone())),
            Ok(Kind::Rows) => {
                let columns = partition::row_columns(&row_keys);
                let wants_time = columns.iter().any(|column| **column == *capture::INFERENCE_TIME);
                let problems = self.problems.clone();
                Arc::new(Rows { file: file.clone(), options: Arc::clone(options), wants_time, problems })
            }
            Ok(Kind::Other(why)) => return self.ignored.push((file.shown, why)),
            Err(error) => {
                let message = format!("cannot be read: {error}");
                return self.unreadable.push(Unreadable { file: file.shown, message });
            }
        };
        self.bytes += file.bytes;
        let name = file.shown.as_str().into();
        self.source.pieces.push(Piece { name, partition, row_keys: row_keys.into(), content });
    }
}

/// What a file is.
enum Kind {
    Parquet,
    Rows,
    Other(String),
}

fn kind(file: &SourceFile, is_named: bool) -> io::Result<Kind> {
    let name = file.shown.to_ascii_lowercase();
    let ends_in = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    // A folder of thousands is not opened twice; a file that only looks like it says so when it is read.
    if ends_in(&[".parquet"]) {
        return Ok(Kind::Parquet);
    }
    let head = head(file, HEAD)?;
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
    Ok(match &head[..] {
        [b'P', b'A', b'R', b'1' | b'E', ..] => Kind::Parquet,
        [] if !is_named => Kind::Other("empty".to_owned()),
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [b'P', b'K', 3, 4, ..] => Kind::Rows,
        _ if text.starts_with(b"{") && (is_captured(text) || Statistics::is_likely(text)) => Kind::Rows,
        _ if ends_in(&[".csv", ".tsv", ".jsonl", ".ndjson"]) || is_named => Kind::Rows,
        _ => Kind::Other("neither parquet, CSV, JSON lines, captured data nor statistics of Model Monitor".to_owned()),
    })
}

fn is_captured(head: &[u8]) -> bool {
    memchr::memmem::find(head, b"\"captureData\"").is_some()
}

/// A parquet file.
struct Columns(SourceFile);

impl Content for Columns {
    fn open(&self) -> Result<Opened, String> {
        let file = RandomAccess::open(&self.0).map_err(|error| format!("cannot be opened: {error}"))?;
        Ok(Opened::Parquet(Arc::new(Random(file))))
    }
}

struct Random(RandomAccess);

impl ReadAt for Random {
    fn size(&self) -> u64 {
        self.0.bytes()
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.0.read_at(at, into)
    }
}

/// A file of rows, compressed or not.
struct Rows {
    file: SourceFile,
    options: Arc<Options>,
    wants_time: bool,
    problems: Problems,
}

impl Content for Rows {
    fn open(&self) -> Result<Opened, String> {
        let mut reading = Reading {
            options: &self.options,
            wants_time: self.wants_time,
            limits: Limits::default(),
            table: Table::default(),
            statistics: None,
            problems: Vec::new(),
            failed: None,
            seen: 0,
        };
        let limits = reading.limits;
        container::open(&self.file, 0, &limits, &mut reading);
        let Reading { table, statistics, problems, failed, seen, .. } = reading;
        let mut problems = problems;
        if let Some(why) = failed.or_else(|| (seen == 0).then(|| "nothing is in it".to_owned())) {
            return Err(why);
        }
        if let Some(statistics) = statistics {
            let rows = sketches::expand(statistics, &mut |why| problems.push(why))?;
            self.problems.add(&self.file.shown, &problems);
            return Ok(Opened::Rows(Box::new(rows)));
        }
        if table.rows() == 0 && !problems.is_empty() {
            return Err(problems.swap_remove(0));
        }
        self.problems.add(&self.file.shown, &problems);
        let batch = table.finish().map_err(|error| error.to_string())?;
        let schema = batch.schema();
        Ok(Opened::Rows(Box::new(RecordBatchIterator::new([Ok(batch)], schema))))
    }
}

/// The reading of one file, with everything inside it.
struct Reading<'a> {
    options: &'a Options,
    wants_time: bool,
    limits: Limits,
    table: Table,
    statistics: Option<Statistics>,
    problems: Vec<String>,
    failed: Option<String>,
    seen: usize,
}

impl Visitor for Reading<'_> {
    fn sidecars(&mut self, _: Vec<(String, Vec<u8>)>) {}

    fn content(&mut self, _: ExhibitId, name: &str, window: &mut Window<'_>) {
        self.text(name, window);
    }

    fn sealed(&mut self, seal: Seal<'_>) {
        self.problems.extend(seal.problems.into_iter().map(|problem| problem.message));
    }
}

impl Reading<'_> {
    /// Reads rows of any kind.
    fn text(&mut self, name: &str, window: &mut Window<'_>) {
        let head = window.at_least(HEAD);
        let head = head[..head.len().min(HEAD)].to_vec();
        if let Some(encoding) = encoding::marked(&head) {
            // A cut in the middle of what is decoded is a fault of the window around it.
            let mut decoder = encoding::decoded(encoding, &mut *window);
            self.text(name, &mut Window::passing(&mut decoder, Vec::new()));
            drop(decoder);
            self.problems.extend(window.fault().map(|fault| format!("it ends too early: {fault}")));
            return;
        }
        self.seen += 1;
        if head.starts_with(b"PAR1") {
            self.problems.push(format!("{name} is parquet inside a container; unpack it"));
            return;
        }
        if head.starts_with(b"\xef\xbb\xbf") {
            window.consume(3);
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
        let first = text.trim_ascii_start().first().copied();
        if first == Some(b'{') && !is_captured(text) && Statistics::is_likely(text) {
            if window.at_least(STATISTICS).len() >= STATISTICS {
                self.failed = Some(format!("statistics of more than {STATISTICS} bytes"));
                return;
            }
            match Statistics::parse(window.unread()) {
                Ok(statistics) => self.statistics = Some(statistics),
                Err(why) => self.failed = Some(why),
            }
        } else if first == Some(b'{') {
            self.lines(window);
        } else if text.contains(&0) {
            self.failed = Some("neither parquet nor text".to_owned());
        } else {
            let problems = &mut self.problems;
            delimited::read(window, text, self.options, &mut self.table, &mut |why| problems.push(why));
        }
        if let Some(fault) = window.fault() {
            self.problems.push(format!("it ends too early: {fault}"));
        }
    }

    /// Reads JSON lines.
    fn lines(&mut self, window: &mut Window<'_>) {
        let limit = self.limits.line;
        lines(window, limit, &mut |line, number| {
            let read = match &line {
                Line::Text(text) if text.trim().is_empty() => Ok(()),
                Line::Text(text) => capture::line(text.trim(), self.options, self.wants_time, &mut self.table),
                Line::TooLong => Err(format!("longer than {limit} bytes")),
            };
            self.problems.extend(read.err().map(|why| format!("line {number}: {why}")));
            if self.table.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use arrow_array::{RecordBatch, RecordBatchReader as _};

    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn gathered(folder: &tempfile::TempDir) -> Dataset {
        gather(&[folder.path().to_owned()], &Options::default()).unwrap()
    }

    /// Opens every piece: its name, and its rows, or why there are none.
    fn opened(dataset: &Dataset) -> Vec<(String, Result<usize, String>)> {
        let open = |piece: &Piece| {
            let rows = piece.content.open().map(|opened| match opened {
                Opened::Parquet(file) => usize::try_from(file.size()).unwrap(),
                Opened::Rows(rows) => rows.map(|batch: Result<RecordBatch, _>| batch.unwrap().num_rows()).sum(),
            });
            (piece.name.rsplit('/').next().unwrap().to_owned(), rows)
        };
        dataset.source.pieces.iter().map(open).collect()
    }

    #[test]
    fn files_are_told_by_what_is_in_them() {
        let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zipped.write_all(b"a,b\n1,2\n3,4\n").unwrap();
        let zipped = zipped.finish().unwrap();
        let folder = folder(&[
            ("a.parquet", b"PAR1xxxx"),
            ("b", b"PAR1yy"),
            ("c.csv", b"a,b\n1,2\n"),
            ("d.csv.gz", &zipped),
            ("e.log", b"{\"captureData\":{\"endpointInput\":{\"data\":\"1\\n2\\n\",\"encoding\":\"CSV\"}}}\n"),
            ("f.md", b"# Notes"),
            ("g.json", b"{\"dataset\":{\"item_count\":0},\"features\":[]}"),
            ("h.json", b"{\"features\":[]}"),
            ("i.csv", b""),
        ]);
        let dataset = gathered(&folder);
        let expected = [("a.parquet", 8), ("b", 6), ("c.csv", 1), ("d.csv.gz", 2), ("e.log", 2), ("g.json", 0)];
        assert_eq!(opened(&dataset), expected.map(|(name, rows)| (name.to_owned(), Ok(rows))));
        let ignored: Vec<&str> = dataset.ignored.iter().map(|(name, _)| name.rsplit('/').next().unwrap()).collect();
        assert_eq!(ignored, ["f.md", "h.json", "i.csv"]);
        assert!(dataset.problems.list().is_empty());
    }

    #[test]
    fn text_in_two_bytes_is_read() {
        let wide = |mark: [u8; 2], text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain(text.encode_utf16().flat_map(order)).collect()
        };
        let csv = "stadt;wert\nKöln;1,5\nBonn;2\n";
        let lines = "{\"a\": \"ä\"}\n{\"a\": 2}\n";
        let folder = folder(&[
            ("a.csv", &wide([0xff, 0xfe], csv, u16::to_le_bytes)),
            ("b.csv", &wide([0xfe, 0xff], csv, u16::to_be_bytes)),
            ("c.jsonl", &wide([0xff, 0xfe], lines, u16::to_le_bytes)),
            // A byte is missing at the end.
            ("d.csv", &wide([0xff, 0xfe], csv, u16::to_le_bytes)[..47]),
        ]);
        let dataset = gathered(&folder);
        let read = opened(&dataset);
        assert_eq!(
            read[..3],
            [("a.csv", Ok(2)), ("b.csv", Ok(2)), ("c.jsonl", Ok(2))].map(|(name, rows)| (name.to_owned(), rows))
        );
        assert_eq!(read[3].1, Ok(1));
        assert!(dataset.problems.list().iter().any(|problem| problem.message.contains("cells")));
        let Ok(Opened::Rows(rows)) = dataset.source.pieces[0].content.open() else { panic!("it holds rows") };
        let names: Vec<String> = rows.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, ["stadt", "wert"]);
    }

    #[test]
    fn what_is_damaged_costs_itself_and_is_told() {
        let folder = folder(&[
            ("a.csv", b"a,b\n1,2\n3\n4\n5,6\n"),
            ("b.jsonl", b"{\"a\":1}\n{\"a\":\n{\"a\":3}"),
            ("c.csv", b"a,b\n\x00\x01\n"),
            ("d.jsonl", b"{\n{\n"),
            ("e.csv.gz", b"\x1f\x8b\x08\x00 cut off"),
        ]);
        let dataset = gathered(&folder);
        let opened = opened(&dataset);
        assert_eq!((&opened[0].1, &opened[1].1), (&Ok(2), &Ok(2)));
        let why: Vec<&str> = opened[2..].iter().map(|(_, rows)| rows.as_ref().unwrap_err().as_str()).collect();
        assert!(why[0].contains("neither parquet nor text") && why[1].contains("no JSON object"), "{why:?}");
        let told: Vec<String> = dataset.problems.list().into_iter().map(|problem| problem.message).collect();
        assert_eq!(told.len(), 2);
        assert!(told[0].contains("has 1 cells") && told[0].ends_with("and 1 more of the kind"), "{told:?}");
        assert!(told[1].starts_with("line 2: no JSON object"), "{told:?}");
    }
}
