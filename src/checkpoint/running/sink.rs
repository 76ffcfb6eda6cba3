//! Receivers of released output.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use crate::checkpoint::store::file_store::make_names_durable;
use crate::id::NodeId;
use crate::process::Emitted;

/// A receiver of released output. A message that a node [emits](crate::Context::emit) is
/// *released*, that is, handed to the sink, after the checkpoint that holds it is durable. The
/// messages of each node come in their order, each once.
///
/// After a crash between a release and the next checkpoint, the restored system has the same
/// messages again, under the same numbers. A sink must therefore keep the number of the last
/// message of each node together with the messages, in one file or transaction. Messages up to that
/// number are not handed to the sink again. [`LineSink`] does this with a file.
///
/// A panic of the sink counts as an error.
pub trait Sink<M>: Send + 'static {
    /// The number of the last message of this node that the sink has kept; 0 if there is none. The
    /// call is made for each message, so it should be fast.
    fn last(&mut self, node: NodeId) -> u64;

    /// Takes messages, node by node. When the call returns `Ok`, the messages and their numbers
    /// must be durable.
    ///
    /// # Errors
    /// If not all messages were kept. The call is made again at the next period, with the messages
    /// after [`last`](Self::last). No checkpoint is written before the call succeeds.
    fn take(&mut self, messages: &[Emitted<M>]) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// Writes each released message as a line of a file: the index of the node, a tab, the number of
/// the message, a tab, and the message as text. Within the message a line feed is written as `\n`,
/// a carriage return as `\r`, and `\` as `\\`.
#[derive(Debug)]
pub struct LineSink {
    file: File,
    last: BTreeMap<NodeId, u64>,
    /// How many bytes of the file are whole lines.
    length: u64,
}

impl LineSink {
    /// Opens a file of lines, or creates it, and reads all of it. A last line without its end is
    /// removed: the program died while it wrote the line, and the message will be released again.
    ///
    /// # Errors
    /// If the file cannot be opened, or has a line that this type has not written. The file does
    /// not change then.
    pub fn open(path: impl AsRef<Path>) -> io::Result<LineSink> {
        // Windows cannot shorten a file that is open for appending alone.
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path)?;
        let (mut last, mut length) = (BTreeMap::new(), 0);
        let mut lines = BufReader::new(&file);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            let (node, number) = numbers(&line).ok_or_else(|| foreign(length))?;
            last.insert(node, number);
            length += line.len() as u64;
            line.clear();
        }
        if !may_be_torn(&line) {
            return Err(foreign(length));
        }
        file.set_len(length)?;
        file.sync_all()?;
        make_names_durable(path.as_ref())?;
        Ok(LineSink { file, last, length })
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        // The remains of a failed write are removed.
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(lines)?;
        self.file.sync_data()
    }
}

impl<M: fmt::Display + 'static> Sink<M> for LineSink {
    fn last(&mut self, node: NodeId) -> u64 {
        self.last.get(&node).copied().unwrap_or(0)
    }

    fn take(&mut self, messages: &[Emitted<M>]) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut lines = Vec::new();
        for Emitted { node, number, message } in messages {
            let text = message.to_string().replace('\\', "\\\\");
            let text = text.replace('\n', "\\n").replace('\r', "\\r");
            writeln!(lines, "{}\t{number}\t{text}", node.index())?;
        }
        self.append(&lines)?;
        self.length += lines.len() as u64;
        self.last.extend(messages.iter().map(|emitted| (emitted.node, emitted.number)));
        Ok(())
    }
}

/// The numbers of the node and of the message in a line.
fn numbers(line: &[u8]) -> Option<(NodeId, u64)> {
    let mut words = str::from_utf8(line).ok()?.split('\t');
    let node = words.next()?.parse().ok()?;
    let number = words.next()?.parse().ok()?;
    words.next().map(|_| (NodeId::new(node), number))
}

/// Whether this may be the beginning of a line: two numbers, each with its tab, and a text.
fn may_be_torn(line: &[u8]) -> bool {
    let words = line.splitn(3, |byte| *byte == b'\t');
    words.take(2).flatten().all(u8::is_ascii_digit)
}

fn foreign(at: u64) -> io::Error {
    let text = format!(
        "the line at byte {at} was not written by this sink: name another file, or remove the line"
    );
    io::Error::new(io::ErrorKind::InvalidData, text)
}
