//! Snapshot ids as values of any format. Life and number are two fields, for a person to read.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::SnapshotId;

#[derive(Serialize, Deserialize)]
#[serde(rename = "SnapshotId")]
struct Form {
    number: u64,
    life: u32,
}

impl Serialize for SnapshotId {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        Form { number: self.number(), life: self.life() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SnapshotId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Form { number, life } = Form::deserialize(deserializer)?;
        let id = SnapshotId::new(number).in_life(life);
        if (id.number(), id.life()) == (number, life) {
            return Ok(id);
        }
        Err(D::Error::custom(format!(
            "a snapshot's number is below 2^{} and its life at most {}, but these are {number} and {life}",
            SnapshotId::NUMBER_BITS,
            SnapshotId::LAST_LIFE
        )))
    }
}
