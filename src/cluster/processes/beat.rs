//! The words of the pulse connection. All numbers are big-endian.
//!
//! | first byte | meaning | then |
//! |---|---|---|
//! | 0 | I am there | |
//! | 1 | everything for you is sent | |
//! | 2 | a process is lost | 4 bytes: its index; 1: how; 8: milliseconds of silence; 2: length; a text in UTF-8 |

use std::time::Duration;

use crate::driver::Loss;

/// A word of the pulse connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Alive,
    SentAll,
    Lost(usize, Loss),
}

/// The bytes are no word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoBeat;

/// The bytes of a loss before its text.
const BEFORE_TEXT: usize = 16;

/// The most bytes of a text.
const LONGEST_TEXT: usize = 2048;

impl Beat {
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        let (process, loss) = match self {
            Beat::Alive => return bytes.push(0),
            Beat::SentAll => return bytes.push(1),
            Beat::Lost(process, loss) => (process, loss),
        };
        let (kind, silence, text) = match loss {
            Loss::Closed => (0, Duration::ZERO, ""),
            Loss::Silent(silence) => (1, *silence, ""),
            Loss::Failed(text) => (2, Duration::ZERO, text.as_str()),
        };
        let ends = (0..=text.len().min(LONGEST_TEXT)).rev();
        let end = ends.into_iter().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        let text = &text[..end];
        bytes.push(2);
        bytes.extend((*process as u32).to_be_bytes());
        bytes.push(kind);
        bytes.extend((silence.as_millis() as u64).to_be_bytes());
        bytes.extend((text.len() as u16).to_be_bytes());
        bytes.extend(text.as_bytes());
    }

    /// Takes the first word off the bytes; `None` if it is not complete.
    pub(super) fn take(bytes: &mut Vec<u8>) -> Result<Option<Beat>, NoBeat> {
        let (beat, length) = match bytes.first() {
            None => return Ok(None),
            Some(0) => (Beat::Alive, 1),
            Some(1) => (Beat::SentAll, 1),
            Some(2) if bytes.len() < BEFORE_TEXT => return Ok(None),
            Some(2) => {
                let number = |from: usize, to| {
                    bytes[from..to].iter().fold(0, |sum, &b| sum << 8 | u64::from(b))
                };
                let length = number(14, 16) as usize;
                if length > LONGEST_TEXT {
                    return Err(NoBeat);
                }
                let end = BEFORE_TEXT + length;
                let Some(text) = bytes.get(BEFORE_TEXT..end) else { return Ok(None) };
                let loss = match bytes[5] {
                    0 => Loss::Closed,
                    1 => Loss::Silent(Duration::from_millis(number(6, 14))),
                    2 => Loss::Failed(String::from_utf8_lossy(text).into_owned()),
                    _ => return Err(NoBeat),
                };
                (Beat::Lost(number(1, 5) as usize, loss), end)
            }
            Some(_) => return Err(NoBeat),
        };
        bytes.drain(..length);
        Ok(Some(beat))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_were_written_however_they_come() {
        let long = "é".repeat(LONGEST_TEXT);
        let words = [
            Beat::Alive,
            Beat::Lost(70_000, Loss::Closed),
            Beat::Lost(1, Loss::Silent(Duration::from_millis(10_250))),
            Beat::SentAll,
            Beat::Lost(2, Loss::Failed("worker 1 panicked: 7 of 8".to_owned())),
            Beat::Lost(0, Loss::Failed(long.clone())),
        ];
        let mut bytes = Vec::new();
        words.iter().for_each(|word| word.write(&mut bytes));
        let (mut come, mut read) = (Vec::new(), Vec::new());
        for byte in bytes {
            come.push(byte);
            read.extend(Beat::take(&mut come).expect("a word"));
        }
        let cut = Beat::Lost(0, Loss::Failed(long[..LONGEST_TEXT].to_owned()));
        assert_eq!(read[..5], words[..5]);
        assert_eq!(read[5..], [cut]);
    }

    #[test]
    fn other_bytes_are_refused() {
        for bytes in
            [&b"GET / HTTP/1.1"[..], &[3], &[2, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
        {
            assert_eq!(Beat::take(&mut bytes.to_vec()), Err(NoBeat), "{bytes:?}");
        }
        let mut long = vec![2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
        assert_eq!(Beat::take(&mut long), Err(NoBeat));
    }
}
