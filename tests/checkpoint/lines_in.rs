//! The source that reads lines: a last line without its end, a file that grows, positions.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use consistent_cut::checkpoint::{LinePosition, LineSource, Source};

use crate::folder::Folder;

fn append(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().append(true).open(path).expect("it is there");
    file.write_all(bytes).expect("it can be written");
}

fn next(source: &mut LineSource) -> Option<String> {
    source.next().expect("it can be read")
}

fn rest(source: &mut LineSource) -> Vec<String> {
    std::iter::from_fn(|| next(source)).collect()
}

/// A file of these bytes, and its source.
fn source(folder: &Folder, bytes: &[u8]) -> LineSource {
    let path = folder.file("lines");
    fs::write(&path, bytes).expect("a file");
    LineSource::open(path).expect("it is there")
}

#[test]
fn lines_come_without_their_ends() {
    let folder = Folder::new();
    let mut lines = source(&folder, b"one\n\ntwo\r\n\r\nthree\rand more\nfour\r\r\n g \n");
    let wanted = ["one", "", "two", "", "three\rand more", "four\r", " g "];
    assert_eq!(rest(&mut lines), wanted);
    assert_eq!(lines.position(), LinePosition { bytes: 38, lines: 7 });
}

#[test]
fn a_line_without_its_end_is_not_read_before_the_file_goes_on() {
    let folder = Folder::new();
    let path = folder.file("lines");
    let whole = "first\nzweite grüß\nlast\n".as_bytes();
    for length in 0..whole.len() {
        let mut lines = source(&folder, &whole[..length]);
        let mut read = rest(&mut lines);
        let ends = whole[..length].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(read.len(), ends, "{length} bytes");
        assert_eq!(next(&mut lines), None, "{length} bytes");
        append(&path, &whole[length..]);
        read.extend(rest(&mut lines));
        assert_eq!(read, ["first", "zweite grüß", "last"], "{length} bytes");
    }
}

#[test]
fn a_complete_file_has_a_last_line_without_an_end() {
    let folder = Folder::new();
    let mut lines = source(&folder, b"one\ntwo").with_last_line();
    assert_eq!(rest(&mut lines), ["one", "two"]);
    assert_eq!(lines.position(), LinePosition { bytes: 7, lines: 2 });
    assert_eq!(rest(&mut source(&folder, b"").with_last_line()), [""; 0]);
    assert_eq!(rest(&mut source(&folder, b"one\n").with_last_line()), ["one"]);
}

#[test]
fn every_position_goes_on_exactly() {
    let folder = Folder::new();
    let bytes = "a\n\nbc\r\n\r\ngrüß\nlong line\nend".as_bytes();
    let all = rest(&mut source(&folder, bytes).with_last_line());
    assert_eq!(all.len(), 7);
    let mut first = source(&folder, bytes).with_last_line();
    let mut positions = vec![first.position()];
    while next(&mut first).is_some() {
        positions.push(first.position());
    }
    // In any order, in one source and in new ones.
    for (from, position) in positions.iter().enumerate().rev() {
        first.seek(position).expect("it is in the file");
        assert_eq!((first.position(), rest(&mut first)), (*position, all[from..].to_vec()));
        let mut other = source(&folder, bytes).with_last_line();
        other.seek(position).expect("it is in the file");
        assert_eq!(rest(&mut other), all[from..]);
    }
}

#[test]
fn a_position_behind_the_end_is_refused_and_changes_nothing() {
    let folder = Folder::new();
    let mut lines = source(&folder, b"one\ntwo\nthree\n");
    assert_eq!(next(&mut lines).as_deref(), Some("one"));
    let behind = LinePosition { bytes: 15, lines: 9 };
    let error = lines.seek(&behind).expect_err("the file is shorter");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert!(error.to_string().contains("15 bytes into the file, which has 14"), "{error}");
    assert_eq!(lines.position(), LinePosition { bytes: 4, lines: 1 });
    assert_eq!(rest(&mut lines), ["two", "three"]);
    let end = lines.position();
    lines.seek(&end).expect("the end is a position");
}

#[test]
fn a_line_that_is_not_text_is_an_error_that_keeps_the_position() {
    let folder = Folder::new();
    let mut lines = source(&folder, b"one\n\xff\xfe\nthree\n");
    assert_eq!(next(&mut lines).as_deref(), Some("one"));
    for _ in 0..3 {
        let error = lines.next().expect_err("it is not UTF-8");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(error.to_string().contains("line 2"), "{error}");
        assert_eq!(lines.position(), LinePosition { bytes: 4, lines: 1 });
    }
    // A person may mend the file, or a caller may leave the line out.
    lines.seek(&LinePosition { bytes: 7, lines: 2 }).expect("it is in the file");
    assert_eq!(rest(&mut lines), ["three"]);
}
