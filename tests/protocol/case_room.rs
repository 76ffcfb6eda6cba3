//! A handler asks how much room a link has.

use std::sync::Arc;

use consistent_cut::protocol::{Envelope, NodeCore};
use consistent_cut::{Context, Link, LinkId, Process};

use crate::brief::{l, links, n, on_both_policies};

/// Sends on the ordered links, and notes the room on link 0 before and after.
struct Asker(Vec<(u64, u64)>);

impl Process for Asker {
    type State = ();
    type Message = Vec<LinkId>;

    fn on_message(&mut self, _: Link, order: Vec<LinkId>, ctx: &mut Context<'_, Vec<LinkId>>) {
        if let Some(&first) = order.first() {
            ctx.send_on(first, Vec::new());
        }
        let before = ctx.room(l(0));
        for &link in order.iter().skip(1) {
            ctx.send_on(link, Vec::new());
        }
        self.0.push((before, ctx.room(l(0))));
    }

    fn state(&self) {}
}

#[test]
fn room_is_what_is_left_of_the_capacity_when_the_handler_has_sent() {
    on_both_policies(|policy| {
        let topology = Arc::new(links(2, &[(0, 1), (0, 1), (1, 0)]));
        let mut core = NodeCore::new(n(0), topology, Asker(Vec::new()), policy);
        core.set_capacity(l(0), 3);
        core.start();
        let mut tell = |order: &[u32], known: u64| {
            core.acknowledge(l(0), known);
            let order = order.iter().copied().map(LinkId::new).collect();
            core.arrive(l(2), Envelope::Message(order)).unwrap();
            core.process_next();
            core.drain_output().count();
            core.process().0.last().copied()
        };
        assert_eq!(tell(&[], 0), Some((3, 3)));
        assert_eq!(tell(&[0, 1, 0], 0), Some((2, 1)));
        assert_eq!(tell(&[1], 1), Some((2, 2)));
        assert_eq!(tell(&[0, 0, 0], 1), Some((1, 0)));
        assert_eq!(tell(&[0], 3), Some((0, 0)), "sent beyond the capacity by now");
        assert_eq!(tell(&[], 5), Some((2, 2)));
        let watched: Vec<_> = core.watched_links().collect();
        assert_eq!(watched, [l(0)], "asked for once and again");
    });
}

/// Between two handlers the driver can tell the node of new room, if the process asks for it.
#[test]
fn neither_way_of_many_messages_goes_on_where_the_process_asks_for_room() {
    on_both_policies(|policy| {
        let topology = Arc::new(links(2, &[(0, 1), (1, 0)]));
        let mut core = NodeCore::new(n(0), topology, Asker(Vec::new()), policy);
        core.set_capacity(l(0), 3);
        core.start();
        assert_eq!(core.process_from(l(1), || Some(Vec::new())), Ok(1));
        core.drain_output().count();
        assert_eq!(core.process_from(l(1), || Some(Vec::new())), Ok(1), "from now on");
        assert_eq!(core.arrive_all(l(1), vec![Vec::new(); 3]), Ok(3));
        assert_eq!(core.process_row(|| true), Some((l(1), 1)));
    });
}

#[test]
fn a_link_without_a_capacity_has_room_for_any_number() {
    on_both_policies(|policy| {
        let topology = Arc::new(links(2, &[(0, 1), (1, 0)]));
        let mut core = NodeCore::new(n(0), topology, Asker(Vec::new()), policy);
        core.start();
        core.arrive(l(1), Envelope::Message(vec![l(0)])).unwrap();
        core.process_next();
        assert_eq!(core.process().0, [(u64::MAX, u64::MAX)]);
        assert_eq!(core.watched_links().len(), 0);
    });
}

#[test]
#[should_panic(expected = "node 0 sent on link 1")]
fn room_on_a_link_that_does_not_leave_the_node_is_refused() {
    struct Wrong;
    impl Process for Wrong {
        type State = ();
        type Message = ();
        fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
            let _ = ctx.room(l(1));
        }
        fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}
        fn state(&self) {}
    }
    let topology = Arc::new(links(2, &[(0, 1), (1, 0)]));
    NodeCore::new(n(0), topology, Wrong, Default::default()).start();
}
