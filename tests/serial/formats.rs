//! Values written and read again in both formats, and the comparison of snapshots part by part.

use std::fmt::Debug;

use consistent_cut::{GlobalSnapshot, SnapshotParts};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The value, written and read as JSON, and written and read as postcard.
pub(crate) fn copies<T: Serialize + DeserializeOwned>(value: &T) -> [T; 2] {
    let text = serde_json::to_string(value).expect("it can be written");
    let bytes = postcard::to_stdvec(value).expect("it can be written");
    let from_text: T =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let from_bytes: T = postcard::from_bytes(&bytes).expect("it was written");
    // The copies are written as the original was.
    assert_eq!(serde_json::to_string(&from_bytes).expect("it can be written"), text);
    assert_eq!(postcard::to_stdvec(&from_text).expect("it can be written"), bytes);
    [from_text, from_bytes]
}

/// # Panics
/// If a part differs.
#[track_caller]
pub(crate) fn assert_same<S, M>(copy: &GlobalSnapshot<S, M>, original: &GlobalSnapshot<S, M>)
where
    S: Debug + PartialEq,
    M: Debug + PartialEq,
{
    let SnapshotParts {
        id,
        highest_id,
        topology,
        initiators,
        nodes,
        failures,
        channels,
        timings,
        is_edited,
    } = copy.parts();
    let expected = original.parts();
    assert_eq!((id, highest_id), (&expected.id, &expected.highest_id));
    assert!(**topology == *expected.topology, "{topology} and {}", expected.topology);
    assert_eq!(initiators, &expected.initiators);
    assert_eq!(nodes, &expected.nodes);
    assert_eq!(failures, &expected.failures);
    assert_eq!(channels, &expected.channels);
    assert_eq!(timings, &expected.timings);
    assert_eq!(is_edited, &expected.is_edited);
}

/// The text of the error with which JSON is refused. The place in the JSON is left out.
#[track_caller]
pub(crate) fn refusal<T: DeserializeOwned>(json: &serde_json::Value) -> String {
    match serde_json::from_value::<T>(json.clone()) {
        Ok(_) => panic!("it was read: {json:#}"),
        Err(error) => error.to_string(),
    }
}
