//! The form of states and messages in a store: a codec, and the versions of the two types.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::{Codec, CodecError, Postcard};
use crate::checkpoint::store::record::Record;

/// The form of states and messages in a store: a [`Codec`], and the versions of the two types.
///
/// When the type of the states changes, give it the next version, and say how an old state becomes
/// a new one:
///
/// ```
/// use consistent_cut::checkpoint::{Codec, CodecError, Format, Postcard};
/// use serde::{Deserialize, Serialize};
///
/// /// The state of version 1.
/// #[derive(Deserialize)]
/// struct CountOf1(u32);
///
/// /// The state of version 2.
/// #[derive(Serialize, Deserialize)]
/// struct Count {
///     words: u64,
///     lines: u64,
/// }
///
/// let format: Format<Count, String> = Format::new(Postcard).state_version(2).migrate_state(|old| {
///     let CountOf1(words) = old.decode()?;
///     Ok(Count { words: words.into(), lines: 0 })
/// });
/// ```
///
/// Without `migrate_state`, loading the old checkpoint is an error that names the first node and
/// both versions.
pub struct Format<S, M, C = Postcard> {
    codec: C,
    application: String,
    state: Side<S, C>,
    message: Side<M, C>,
}

/// The form of one of the two types.
struct Side<T, C> {
    version: u32,
    migrate: Option<Migrate<T, C>>,
}

type Migrate<T, C> = Box<dyn Fn(&Old<'_, C>) -> Result<T, CodecError> + Send + Sync>;

/// A value of another version, older or newer, for a [migration](Format::migrate_state).
#[derive(Debug)]
pub struct Old<'a, C = Postcard> {
    version: u32,
    bytes: &'a [u8],
    codec: &'a C,
}

impl<C: Codec> Old<'_, C> {
    /// The version of the type from which the value was written.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The value, decoded as the type from which it was written.
    ///
    /// # Errors
    /// If the bytes are not those of such a value.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, CodecError> {
        self.codec.decode(self.bytes)
    }

    /// The bytes of the value.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes
    }
}

impl<S, M, C: Codec> Format<S, M, C> {
    /// A format with this codec. Both types have version 1.
    #[must_use]
    pub fn new(codec: C) -> Self {
        let (state, message) = (Side::new(), Side::new());
        Format { codec, application: String::new(), state, message }
    }

    /// Sets the version of the application, which is stored with each checkpoint for a person to
    /// read. Empty if not set.
    #[must_use]
    pub fn application(self, version: impl Into<String>) -> Self {
        Format { application: version.into(), ..self }
    }

    /// Sets the version of the type of the states. Raise it when the type changes.
    #[must_use]
    pub fn state_version(mut self, version: u32) -> Self {
        self.state.version = version;
        self
    }

    /// Sets the version of the type of the messages. Raise it when the type changes. A checkpoint
    /// without messages can be loaded with any version.
    #[must_use]
    pub fn message_version(mut self, version: u32) -> Self {
        self.message.version = version;
        self
    }

    /// Sets how a state of another version becomes a state of this version. `migrate` is called for
    /// older and newer versions: ask [`Old::version`]. If it returns an error, the checkpoint is
    /// not loaded ([`LoadError::Codec`](crate::checkpoint::LoadError::Codec)).
    #[must_use]
    pub fn migrate_state(
        mut self,
        migrate: impl Fn(&Old<'_, C>) -> Result<S, CodecError> + Send + Sync + 'static,
    ) -> Self {
        self.state.migrate = Some(Box::new(migrate));
        self
    }

    /// Sets how a message of another version becomes a message of this version, as
    /// [`migrate_state`](Self::migrate_state) does for states.
    #[must_use]
    pub fn migrate_message(
        mut self,
        migrate: impl Fn(&Old<'_, C>) -> Result<M, CodecError> + Send + Sync + 'static,
    ) -> Self {
        self.message.migrate = Some(Box::new(migrate));
        self
    }
}

/// Postcard, and version 1 of both types.
impl<S, M> Default for Format<S, M> {
    fn default() -> Self {
        Format::new(Postcard)
    }
}

/// The reason why a value was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// The value has another version, and the format has no migration.
    Version {
        stored: u32,
        known: u32,
    },
    Codec(CodecError),
}

impl<T, C: Codec> Side<T, C> {
    fn new() -> Self {
        Side { version: 1, migrate: None }
    }

    fn decode(&self, bytes: &[u8], stored: u32, codec: &C) -> Result<T, Unread>
    where
        T: DeserializeOwned,
    {
        let known = self.version;
        let value = match &self.migrate {
            _ if stored == known => codec.decode(bytes),
            Some(migrate) => migrate(&Old { version: stored, bytes, codec }),
            None => return Err(Unread::Version { stored, known }),
        };
        value.map_err(Unread::Codec)
    }
}

/// A format of any codec.
pub(crate) trait AnyFormat<S, M>: Send + Sync {
    fn codec(&self) -> &'static str;
    fn application(&self) -> &str;
    /// The versions of the types of states and messages.
    fn versions(&self) -> (u32, u32);
    fn encode_state(&self, state: &S) -> Result<Vec<u8>, CodecError>;
    fn encode_message(&self, message: &M) -> Result<Vec<u8>, CodecError>;
    fn decode_state(&self, bytes: &[u8], of: &Record) -> Result<S, Unread>;
    fn decode_message(&self, bytes: &[u8], of: &Record) -> Result<M, Unread>;
}

impl<S, M, C> AnyFormat<S, M> for Format<S, M, C>
where
    S: Serialize + DeserializeOwned,
    M: Serialize + DeserializeOwned,
    C: Codec,
{
    fn codec(&self) -> &'static str {
        C::NAME
    }

    fn application(&self) -> &str {
        &self.application
    }

    fn versions(&self) -> (u32, u32) {
        (self.state.version, self.message.version)
    }

    fn encode_state(&self, state: &S) -> Result<Vec<u8>, CodecError> {
        self.codec.encode(state)
    }

    fn encode_message(&self, message: &M) -> Result<Vec<u8>, CodecError> {
        self.codec.encode(message)
    }

    fn decode_state(&self, bytes: &[u8], of: &Record) -> Result<S, Unread> {
        self.state.decode(bytes, of.state_version, &self.codec)
    }

    fn decode_message(&self, bytes: &[u8], of: &Record) -> Result<M, Unread> {
        self.message.decode(bytes, of.message_version, &self.codec)
    }
}

impl<S, M, C: Codec> fmt::Debug for Format<S, M, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Format")
            .field("codec", &C::NAME)
            .field("application", &self.application)
            .field("state_version", &self.state.version)
            .field("message_version", &self.message.version)
            .finish_non_exhaustive()
    }
}
