//! States and messages as bytes.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A way to write values as bytes and to read them again.
pub trait Codec: Clone + Send + Sync + 'static {
    /// The name, which is stored with each checkpoint. A checkpoint is read only with the codec of
    /// that name.
    const NAME: &'static str;

    /// The bytes of a value.
    ///
    /// # Errors
    /// If the value cannot be written in this form.
    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, CodecError>;

    /// The value of these bytes. Bytes left over are an error.
    ///
    /// # Errors
    /// If the bytes are not those of such a value.
    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, CodecError>;
}

/// [Postcard](https://postcard.jamesmunns.com): compact and fast. The bytes do not name their
/// fields, so a changed type needs another [version](crate::checkpoint::Format::state_version). Types that need
/// a self-describing format cannot be read, such as enums with `#[serde(untagged)]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Postcard;

/// JSON: larger and slower than [`Postcard`], and readable for a person. The keys of a map must be
/// strings or numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json;

impl Codec for Postcard {
    const NAME: &'static str = "postcard";

    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, CodecError> {
        postcard::to_stdvec(value).map_err(CodecError::new)
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, CodecError> {
        match postcard::take_from_bytes(bytes) {
            Ok((value, [])) => Ok(value),
            Ok((_, left)) => {
                Err(CodecError::new(format!("{} bytes are left behind the value", left.len())))
            }
            Err(error) => Err(CodecError::new(error)),
        }
    }
}

impl Codec for Json {
    const NAME: &'static str = "json";

    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, CodecError> {
        serde_json::to_vec(value).map_err(CodecError::new)
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, CodecError> {
        serde_json::from_slice(bytes).map_err(CodecError::new)
    }
}

/// The reason why a value was not written or read.
#[derive(Debug)]
pub struct CodecError(Box<dyn Error + Send + Sync>);

impl CodecError {
    /// An error with this cause, which may be a text.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        CodecError(cause.into())
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for CodecError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
