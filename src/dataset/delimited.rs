//! CSV and its relatives: rows of cells between commas, semicolons, tabs or bars.

use std::collections::BTreeSet;
use std::io::Read;

use super::Options;
use super::flatten::named;
use super::table::{Cell, MOST_COLUMNS, Table};

/// Reads rows from text. `problem` is told what is wrong and goes on.
pub(super) fn read(from: &mut dyn Read, head: &[u8], options: &Options, table: &mut Table, problem: &mut dyn FnMut(String)) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator(head)).from_reader(from);
    let mut record = csv::ByteRecord::new();
    let mut columns: Option<Vec<usize>> = None;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => return,
            Ok(true) => {}
            Err(error) => {
                problem(format!("no row: {error}"));
                if error.is_io_error() {
                    return;
                }
                continue;
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() == 1 && record.get(0).is_some_and(<[u8]>::is_empty) {
            continue;
        }
        let fields: Vec<std::borrow::Cow<'_, str>> = record.iter().map(String::from_utf8_lossy).collect();
        let Some(columns) = &columns else {
            if fields.len() > MOST_COLUMNS {
                return problem(format!("line {line}: more than {MOST_COLUMNS} columns"));
            }
            let is_header = options.header.unwrap_or_else(|| names_columns(&fields));
            let names: Vec<String> = if is_header {
                fields.iter().enumerate().map(|(at, name)| header_name(name, at)).collect()
            } else {
                (0..fields.len()).map(|at| named(&options.names, at)).collect()
            };
            if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
                return problem(format!("line {line}: two columns have one name; if the line names none, say --csv-header no"));
            }
            let found: Vec<usize> = names.iter().filter_map(|name| table.column(name)).collect();
            if !is_header && let Err(why) = add(table, &found, &fields) {
                return problem(why);
            }
            columns = Some(found);
            continue;
        };
        if fields.len() == columns.len() {
            if let Err(why) = add(table, columns, &fields) {
                return problem(why);
            }
        } else {
            problem(format!(
                "a row near line {line} has {} cells, and there are {} columns: left out",
                fields.len(),
                columns.len()
            ));
        }
    }
}

fn add(table: &mut Table, columns: &[usize], fields: &[std::borrow::Cow<'_, str>]) -> Result<(), String> {
    for (column, field) in columns.iter().zip(fields) {
        let text = field.trim();
        table.set(*column, if text.is_empty() { Cell::Null } else { Cell::Loose(text) });
    }
    table.end_row()
}

fn header_name(name: &str, at: usize) -> String {
    let name = name.trim().trim_start_matches('\u{feff}');
    if name.is_empty() { format!("_c{at}") } else { name.to_owned() }
}

/// Returns whether a row names columns: all of its cells are words.
fn names_columns(fields: &[std::borrow::Cow<'_, str>]) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.parse::<f64>().is_err() && !matches!(word, "true" | "false");
    fields.iter().all(|field| is_word(field.trim()))
}

/// Returns what stands between cells: of the usual ones, the most frequent in the first line.
fn separator(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |separator: u8| memchr::memchr_iter(separator, line).count();
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str, options: &Options) -> (String, Vec<String>) {
        let mut table = Table::default();
        let mut problems = Vec::new();
        read(&mut text.as_bytes(), text.as_bytes(), options, &mut table, &mut |why| problems.push(why));
        let batch = table.finish().unwrap();
        let schema = batch.schema();
        let fields: Vec<String> = schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type())).collect();
        (format!("{} rows: {}", batch.num_rows(), fields.join(", ")), problems)
    }

    #[test]
    fn headers_are_told_from_rows() {
        let usual = Options::default();
        assert_eq!(read_all("\u{feff}age,city\n3,x\n", &usual).0, "1 rows: age Int64, city Utf8");
        assert_eq!(read_all("3,x\n4,y\n", &usual).0, "2 rows: _c0 Int64, _c1 Utf8");
        assert_eq!(read_all("age;amount\n3;2,5\n", &usual).0, "1 rows: age Int64, amount Utf8");
        let headless = Options { header: Some(false), names: vec!["kind".into()], ..Options::default() };
        assert_eq!(read_all("a,b\nc,d\n", &headless).0, "2 rows: kind Utf8, _c1 Utf8");
        assert_eq!(read_all("3\n", &Options { header: Some(true), ..Options::default() }).0, "0 rows: 3 Null");
        assert_eq!(read_all("", &usual).0, "0 rows: ");
    }

    #[test]
    fn ragged_rows_are_left_out_and_told() {
        let (told, problems) = read_all("a,b\n1,2\n3\n\n4,5,6\n7,\"x\ny\"\n8,\n", &Options::default());
        assert_eq!(told, "3 rows: a Int64, b Utf8");
        assert_eq!(problems.len(), 2);
        assert!(problems[0].contains("has 1 cells") && problems[1].contains("has 3 cells"), "{problems:?}");
        assert!(read_all("a,a\n1,2\n", &Options::default()).1[0].contains("one name"));
    }
}
