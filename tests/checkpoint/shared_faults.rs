//! A store in a bucket whose client dies at any call: the store has the whole change, or nothing of
//! it.

use consistent_cut::checkpoint::{SaveError, StoreError, Which};

use crate::numbers::{Numbers, numbers, stored};
use crate::support::bucket::{Bucket, Fault, GRACE};

/// A bucket with the checkpoints 1 to 3, of which the client keeps two, and garbage to remove.
fn filled() -> (Bucket, Numbers) {
    let bucket = Bucket::new();
    let stored = stored(bucket.open()).keep(2);
    for from in 1..4 {
        stored.save(&numbers(from)).expect("it is saved");
        bucket.pass(1);
    }
    bucket.pass(GRACE.as_secs());
    (bucket, stored)
}

/// Checks all that is in the bucket, and saves one more checkpoint. Returns the ids before.
fn check(bucket: &Bucket, case: &str) -> Vec<u64> {
    let stored = stored(bucket.client().open()).keep(2);
    let records = stored.catalog().list().expect("it is read");
    for record in &records {
        let loaded = stored.load(Which::Id(record.id)).expect(case).snapshot;
        let number = record.id.get();
        assert_eq!(loaded.to_string(), numbers(number).to_string(), "{case}");
    }
    let last = records.last().expect("two are kept").id.get();
    let record = stored.save(&numbers(last + 1)).expect(case);
    assert_eq!(record.id.get(), last + 1, "{case}");
    assert!(stored.load(Which::Newest).is_ok_and(|loaded| loaded.damaged.is_empty()), "{case}");
    records.iter().map(|record| record.id.get()).collect()
}

#[test]
fn a_client_that_dies_at_any_call_leaves_the_whole_change_or_nothing() {
    let calls = {
        let (bucket, stored) = filled();
        let before = bucket.calls();
        stored.save(&numbers(4)).expect("there is no fault");
        bucket.calls() - before
    };
    assert!(calls >= 8, "a view, chunks, parts, a head, and what is removed: {calls} calls");
    let (mut saved, mut refused) = (0, 0);
    for fault in [Fault::Lost, Fault::AnswerLost] {
        for call in 1..=calls {
            let case = format!("{fault:?} from call {call}");
            let (bucket, stored) = filled();
            bucket.fail_from(call, fault);
            let result = stored.save(&numbers(4));
            let is_there = match check(&bucket, &case)[..] {
                [2, 3] => false,
                [3, 4] => true,
                ref ids => panic!("{case}: {ids:?}"),
            };
            match result {
                Ok(_) => assert!(is_there, "{case}: the checkpoint is lost"),
                Err(SaveError::Store(StoreError::Io { .. })) => {}
                Err(error) => panic!("{case}: {error}"),
            }
            (saved, refused) = (saved + u32::from(is_there), refused + u32::from(!is_there));
        }
    }
    assert!(saved > 0 && refused > 0, "{saved} {refused}");
}

/// The same handle works again once the cause is removed.
#[test]
fn a_handle_survives_a_fault() {
    let (bucket, stored) = filled();
    for call in 1..20 {
        bucket.fail_from(call, Fault::Lost);
        let _ = stored.save(&numbers(call));
        bucket.mend();
        let record = stored.save(&numbers(call + 100)).expect("it works again");
        let loaded = stored.load(Which::Newest).expect("it is good");
        assert_eq!(loaded.record, record);
        assert_eq!(loaded.snapshot.to_string(), numbers(call + 100).to_string());
    }
}

/// The client of a bucket repeats a call whose answer is lost, and then meets its own head.
#[test]
fn a_head_that_was_created_twice_is_one_checkpoint() {
    let (bucket, stored) = filled();
    bucket.fail_from(1, Fault::CreatedTwice);
    assert_eq!(stored.save(&numbers(4)).expect("the head is its own").id.get(), 4);
    bucket.mend();
    assert_eq!(check(&bucket, "created twice"), [3, 4]);
}
