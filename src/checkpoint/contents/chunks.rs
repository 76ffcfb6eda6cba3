//! Contents cut into chunks, and put together again.

use std::collections::BTreeSet;

use fastcdc::v2020::FastCDC;

use crate::checkpoint::store::id::ContentHash;
use crate::checkpoint::store::record::Chunk;
use crate::checkpoint::store::store::View;
use crate::checkpoint::store::store_error::StoreError;

/// Contents of at most this many bytes are stored in the part itself: a hash would take as much
/// room.
const INLINE: usize = 64;

/// The smallest, the usual and the largest size of a chunk in bytes.
///
/// The contents decide where chunks are cut. An inserted entry shifts all bytes after it, and
/// chunks of a fixed size would then all be new. Of a state of 8140 KB, 74 KB in one chunk are
/// written again after one entry has changed, and 168 KB in two chunks after one was inserted:
///
/// ```sh
/// cargo test --features checkpoint --test checkpoint written_again -- --nocapture
/// ```
const SIZES: [usize; 3] = [32 << 10, 64 << 10, 128 << 10];

/// Cuts contents into chunks, and collects the blobs that the store does not have.
pub(crate) struct Cutter<'a> {
    view: &'a dyn View,
    /// Blobs that are damaged in the store. They are written again.
    damaged: &'a BTreeSet<ContentHash>,
    collected: BTreeSet<ContentHash>,
    pub(crate) blobs: Vec<(ContentHash, Vec<u8>)>,
    /// The size of all contents so far.
    pub(crate) bytes: u64,
    /// The size of the contents that the store does not have.
    pub(crate) new_bytes: u64,
}

impl<'a> Cutter<'a> {
    pub(crate) fn new(view: &'a dyn View, damaged: &'a BTreeSet<ContentHash>) -> Self {
        let (collected, blobs) = (BTreeSet::new(), Vec::new());
        Cutter { view, damaged, collected, blobs, bytes: 0, new_bytes: 0 }
    }

    /// The chunks of these contents.
    pub(crate) fn cut(&mut self, contents: Vec<u8>) -> Result<Vec<Chunk>, StoreError> {
        self.bytes += contents.len() as u64;
        if contents.is_empty() {
            return Ok(Vec::new());
        }
        if contents.len() <= INLINE {
            self.new_bytes += contents.len() as u64;
            return Ok(vec![Chunk::Inline(contents)]);
        }
        let [least, usual, largest] = SIZES;
        if contents.len() <= least {
            return Ok(vec![self.blob(contents)?]);
        }
        let pieces = FastCDC::new(&contents, least, usual, largest);
        pieces.map(|piece| self.blob(contents[piece.offset..][..piece.length].to_vec())).collect()
    }

    fn blob(&mut self, bytes: Vec<u8>) -> Result<Chunk, StoreError> {
        let (hash, length) = (ContentHash::of(&bytes), bytes.len() as u64);
        let is_there = !self.damaged.contains(&hash) && self.view.has_blob(&hash)?;
        if !is_there && !self.collected.contains(&hash) {
            self.collected.insert(hash);
            self.blobs.push((hash, bytes));
            self.new_bytes += length;
        }
        Ok(Chunk::Blob { hash, length })
    }
}

/// A blob that cannot be used.
pub(crate) struct BadBlob {
    pub(crate) hash: ContentHash,
    pub(crate) why: String,
}

/// The contents of a part. Each blob's hash is checked. The inner error is a blob that is missing
/// or is not what was written.
pub(crate) fn join(
    view: &dyn View,
    chunks: &[Chunk],
) -> Result<Result<Vec<u8>, BadBlob>, StoreError> {
    let mut contents = Vec::new();
    for chunk in chunks {
        match chunk {
            Chunk::Inline(bytes) => contents.extend_from_slice(bytes),
            Chunk::Blob { hash, length } => {
                let bad =
                    |what| BadBlob { hash: *hash, why: format!("its contents {hash} {what}") };
                let Some(bytes) = view.blob(hash)? else {
                    return Ok(Err(bad("are missing")));
                };
                if bytes.len() as u64 != *length || ContentHash::of(&bytes) != *hash {
                    return Ok(Err(bad("are not what was written")));
                }
                contents.extend_from_slice(&bytes);
            }
        }
    }
    Ok(Ok(contents))
}

/// Several values in one piece, each after its length.
pub(crate) fn pack(values: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut packed = Vec::new();
    for value in values {
        packed.extend_from_slice(&(value.len() as u64).to_le_bytes());
        packed.extend_from_slice(&value);
    }
    packed
}

/// The values of [`pack`]; `None` if the contents are not such a pack.
pub(crate) fn unpack(mut packed: &[u8]) -> Option<Vec<&[u8]>> {
    let mut values = Vec::new();
    while !packed.is_empty() {
        let (length, rest) = packed.split_first_chunk()?;
        let (value, rest) =
            rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        values.push(value);
        packed = rest;
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_values_come_out_as_they_went_in() {
        for values in [vec![], vec![vec![]], vec![vec![1, 2], vec![], vec![3; 300]]] {
            let packed = pack(values.clone());
            assert_eq!(unpack(&packed), Some(values.iter().map(Vec::as_slice).collect()));
            if !packed.is_empty() {
                assert_eq!(unpack(&packed[..packed.len() - 1]), None);
            }
        }
        assert_eq!(unpack(&u64::MAX.to_le_bytes()), None);
    }
}
