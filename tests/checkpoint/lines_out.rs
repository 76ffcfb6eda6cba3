//! The sink that writes lines: a torn last line, foreign lines, messages with line ends and tabs.

use std::fs;
use std::io::ErrorKind;

use consistent_cut::checkpoint::{LineSink, Sink};
use consistent_cut::{Emitted, NodeId};

use crate::folder::Folder;

fn emitted(node: u32, number: u64, message: &str) -> Emitted<String> {
    Emitted { node: NodeId::new(node), number, message: message.to_owned() }
}

fn take(sink: &mut LineSink, messages: &[Emitted<String>]) {
    sink.take(messages).expect("the file can be written");
}

fn last(sink: &mut LineSink, node: u32) -> u64 {
    Sink::<String>::last(sink, NodeId::new(node))
}

/// A line of each kind, as the sink writes it.
const MESSAGES: [&str; 6] =
    ["plain", "", "tab\there", "two\nlines\n", "back\\slash\\n", "grüß\r\n"];
const WRITTEN: [&str; 6] =
    ["plain", "", "tab\there", "two\\nlines\\n", "back\\\\slash\\\\n", "grüß\\r\\n"];

#[test]
fn each_message_is_one_line() {
    let folder = Folder::new();
    let path = folder.file("lines");
    let mut sink = LineSink::open(&path).expect("a new file");
    let messages: Vec<_> = (1..).zip(MESSAGES).map(|(at, text)| emitted(3, at, text)).collect();
    take(&mut sink, &messages);
    let text = fs::read_to_string(&path).expect("it is there");
    let wanted: Vec<_> = (1..).zip(WRITTEN).map(|(at, text)| format!("3\t{at}\t{text}")).collect();
    assert_eq!(text.lines().collect::<Vec<_>>(), wanted);
    assert_eq!(last(&mut LineSink::open(&path).expect("it is its own"), 3), 6);
}

#[test]
fn a_last_line_that_is_torn_at_any_byte_is_removed_and_comes_again() {
    let folder = Folder::new();
    let whole = {
        let path = folder.file("whole");
        let mut sink = LineSink::open(&path).expect("a new file");
        take(
            &mut sink,
            &[emitted(0, 1, "first"), emitted(12, 7, "ä\tb\nc"), emitted(0, 2, "grün")],
        );
        fs::read(&path).expect("it is there")
    };
    for length in 0..=whole.len() {
        let path = folder.file("torn");
        fs::write(&path, &whole[..length]).expect("a file");
        let mut sink = LineSink::open(&path).expect("the rest of a crash is no foreign line");
        let lines = whole[..length].iter().filter(|byte| **byte == b'\n').count();
        let left = whole[..length].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        assert_eq!(fs::read(&path).expect("it is there"), whole[..left], "{length} bytes");
        let kept = (last(&mut sink, 0), last(&mut sink, 12));
        assert_eq!(kept, [(0, 0), (1, 0), (1, 7), (2, 7)][lines], "{length} bytes");
        let rest = [emitted(0, 1, "first"), emitted(12, 7, "ä\tb\nc"), emitted(0, 2, "grün")];
        take(&mut sink, &rest[lines..]);
        drop(sink);
        assert_eq!(fs::read(&path).expect("it is there"), whole, "{length} bytes");
    }
}

#[test]
fn a_foreign_file_is_refused_and_stays_as_it_is() {
    let folder = Folder::new();
    let texts: [&[u8]; 12] = [
        b"a text\n",
        b"a text without an end",
        b"0\t1\tmine\nnot mine\n",
        b"0\t1\tmine\nnot mine",
        b"0\t1\n",
        b"0 1 mine\n",
        b"\n",
        b"-1\t1\tmine\n",
        b"0\tone\tmine\n",
        b"0\tone\tmine",
        b"12x",
        b"0\t1\t\xff\xfe\n",
    ];
    for text in texts {
        let path = folder.file("foreign");
        fs::write(&path, text).expect("a file");
        let shown = String::from_utf8_lossy(text);
        let error = LineSink::open(&path).expect_err(&shown);
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{shown}");
        let at = if text.starts_with(b"0\t1\tmine\n") { "at byte 9" } else { "at byte 0" };
        assert!(error.to_string().contains(at), "{error}");
        assert_eq!(fs::read(&path).expect("it is there"), text);
    }
}

#[test]
fn nodes_have_numbers_of_their_own() {
    let folder = Folder::new();
    let path = folder.file("lines");
    let mut sink = LineSink::open(&path).expect("a new file");
    take(&mut sink, &[emitted(0, 1, "a"), emitted(1, 1, "b"), emitted(0, 2, "c")]);
    take(&mut sink, &[]);
    take(&mut sink, &[emitted(1, 2, "d"), emitted(1, 3, "e")]);
    assert_eq!((last(&mut sink, 0), last(&mut sink, 1), last(&mut sink, 2)), (2, 3, 0));
    drop(sink);
    let mut sink = LineSink::open(&path).expect("it is its own");
    assert_eq!((last(&mut sink, 0), last(&mut sink, 1), last(&mut sink, 2)), (2, 3, 0));
    take(&mut sink, &[emitted(0, 3, "f")]);
    let text = fs::read_to_string(&path).expect("it is there");
    assert_eq!(text, "0\t1\ta\n1\t1\tb\n0\t2\tc\n1\t2\td\n1\t3\te\n0\t3\tf\n");
}
