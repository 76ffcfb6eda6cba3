//! Two snapshots under way at once: each obeys the channel law by itself.
#![cfg(loom)]

mod explored;

use consistent_cut::{Topology, model};
use explored::{Numbered, Sometimes, assert_channel_law, system};

#[test]
fn snapshots_that_overlap_do_not_mix() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::check(|| {
        let system =
            system(Topology::line(2)).spawn(|_| Numbered::sends(1)).expect("two nodes fit");
        let [first, second] = [system.begin_snapshot(), system.begin_snapshot()];
        let [first, second] = [first.wait(), second.wait()].map(|got| got.expect("no node fails"));
        model::stop_exploring();
        assert_channel_law(&first);
        assert_channel_law(&second);
        SEEN.see(usize::from(first.states().eq(second.states())));
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; two cuts, or one cut twice, {SEEN}");
    SEEN.assert_all();
}
