//! Input that can be read again from a position.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Input that can be read again from any position: a file, a log, a queue with offsets.
///
/// A node that reads such input keeps the position in its state. A checkpoint then holds the
/// position together with the effects of the input before it. After a restore the node goes back to
/// the position, and no input is lost or taken twice.
///
/// ```
/// use consistent_cut::checkpoint::{LinePosition, LineSource, Source};
/// use consistent_cut::{Context, Link, Process, Restore};
///
/// /// Reads a line for each message, and sends the line on.
/// struct Reader {
///     lines: LineSource,
/// }
///
/// impl Process for Reader {
///     type State = LinePosition;
///     type Message = String;
///     fn on_message(&mut self, _: Link, _: String, ctx: &mut Context<'_, String>) {
///         if let Some(line) = self.lines.next().expect("the file can be read") {
///             ctx.send_on(ctx.out_links()[0], line);
///         }
///     }
///     fn state(&self) -> LinePosition {
///         self.lines.position()
///     }
/// }
///
/// impl Restore for Reader {
///     fn on_restore(&mut self, state: LinePosition, _: &mut Context<'_, String>) {
///         self.lines.seek(&state).expect("the file is there");
///     }
/// }
/// ```
pub trait Source: Send + 'static {
    /// The type of one piece of input.
    type Item;
    /// A place in the input: all items before it have been read.
    type Position: Clone + Serialize + for<'de> Deserialize<'de> + Send + Sync + 'static;

    /// The next item; `None` if there is none now. Later there may be more.
    ///
    /// # Errors
    /// If the input cannot be read. The position has not changed.
    fn next(&mut self) -> io::Result<Option<Self::Item>>;

    /// The position after the item that was read last.
    fn position(&self) -> Self::Position;

    /// Goes on from this position.
    ///
    /// # Errors
    /// If the input has no such position.
    fn seek(&mut self, position: &Self::Position) -> io::Result<()>;
}

/// The lines of a file in UTF-8, without their ends (`\n` or `\r\n`). A last line without an end is
/// not read until its end is in the file, since another program may still be writing it.
/// [`with_last_line`](Self::with_last_line) reads such a line too.
///
/// A line that is not UTF-8 is an error that names the line. The position stays before the line.
///
/// The file may only grow: a change before the position is not noticed.
#[derive(Debug)]
pub struct LineSource {
    file: BufReader<File>,
    position: LinePosition,
    is_complete: bool,
}

/// A position between two lines of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinePosition {
    /// How many bytes come before it.
    pub bytes: u64,
    /// How many lines come before it.
    pub lines: u64,
}

impl LineSource {
    /// The lines of this file, from the first.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> io::Result<LineSource> {
        let file = BufReader::new(File::open(path)?);
        Ok(LineSource { file, position: LinePosition::default(), is_complete: false })
    }

    /// Reads the text after the last line end as a line too. For a file that is complete: if the
    /// file grew, the rest of the line would be read as another line.
    #[must_use]
    pub fn with_last_line(self) -> Self {
        LineSource { is_complete: true, ..self }
    }
}

impl Source for LineSource {
    type Item = String;
    type Position = LinePosition;

    fn next(&mut self) -> io::Result<Option<String>> {
        // A line that is not whole yet may end within a character, so it is read as bytes.
        let mut line = Vec::new();
        let read = self.file.read_until(b'\n', &mut line);
        let is_whole = line.ends_with(b"\n") || (self.is_complete && !line.is_empty());
        let length = line.len() as u64;
        let text = match read {
            Ok(_) if !is_whole => Ok(None),
            Ok(_) => text_of(line, self.position.lines + 1).map(Some),
            Err(error) => Err(error),
        };
        if let Ok(Some(_)) = text {
            self.position.bytes += length;
            self.position.lines += 1;
        } else {
            self.file.seek(SeekFrom::Start(self.position.bytes))?;
        }
        text
    }

    fn position(&self) -> LinePosition {
        self.position
    }

    fn seek(&mut self, position: &LinePosition) -> io::Result<()> {
        let length = self.file.get_ref().metadata()?.len();
        if position.bytes > length {
            let text = format!(
                "the position is {} bytes into the file, which has {length}: use the file that was read before",
                position.bytes
            );
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        }
        self.file.seek(SeekFrom::Start(position.bytes))?;
        self.position = *position;
        Ok(())
    }
}

/// The text of a line, without its end.
fn text_of(mut line: Vec<u8>, number: u64) -> io::Result<String> {
    if line.pop_if(|last| *last == b'\n').is_some() {
        line.pop_if(|last| *last == b'\r');
    }
    String::from_utf8(line).map_err(|error| {
        let text = format!("line {number} is not UTF-8: {}", error.utf8_error());
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}
