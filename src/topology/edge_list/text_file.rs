//! Reads text files, and recognises files that are not text.

use std::fs;
use std::io;
use std::path::Path;

use super::{Format, format_of};
use crate::topology::error::TopologyError;
use crate::topology::topology::Topology;

/// Reads a file in UTF-8 by `parse`. Errors name the path.
pub(in crate::topology) fn read(
    path: &Path,
    parse: impl FnOnce(&str) -> Result<Topology, TopologyError>,
) -> Result<Topology, TopologyError> {
    let unreadable = |source| TopologyError::UnreadableFile { path: path.into(), source };
    let bytes = fs::read(path).map_err(unreadable)?;
    if let Some(format) = binary_format(&bytes) {
        let advice = "save it as a text in UTF-8".to_owned();
        return Err(invalid(path, TopologyError::OtherFormat { format, advice }));
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if is_gml(error.as_bytes()) => latin_1(error.as_bytes()),
        Err(error) => return Err(unreadable(io::Error::new(io::ErrorKind::InvalidData, error))),
    };
    parse(&text).map_err(|error| invalid(path, error))
}

fn invalid(path: &Path, error: TopologyError) -> TopologyError {
    TopologyError::InvalidFile { path: path.into(), error: Box::new(error) }
}

/// Whether the bytes are GML. GML is older than UTF-8, and many of its files are in Latin-1.
fn is_gml(bytes: &[u8]) -> bool {
    format_of(&latin_1(bytes)) == Some(Format::Gml)
}

/// Makes a text in which each byte is a character.
fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The format of a file that is not a text in UTF-8.
fn binary_format(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [0x1f, 0x8b, ..] => Some("gzip"),
        [b'P', b'K', 3, 4, ..] => Some("ZIP"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Some("xz"),
        [0, _, ..] | [_, 0, ..] => Some("UTF-16"),
        _ => None,
    }
}
