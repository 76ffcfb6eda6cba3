//! Many messages in one call: the quick ways to arrive and to be received do what single calls do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use consistent_cut::protocol::{Envelope, Logged, NodeCore, NotAnInLink, Output};
use consistent_cut::{MarkerPolicy, Process};

use crate::brief::{
    core, l, links, marker, message, messages_alone, n, on_both_policies, outputs, pay, s,
};
use crate::chance::{Chance, for_each_seed};
use crate::teller::{Note, Task, Teller};

/// The quick way lets no message pass waiting ones, and takes no message that it may not handle.
#[test]
fn the_quick_way_keeps_the_order_of_what_waits() {
    on_both_policies(|policy| {
        let handled = |quick: bool| {
            let mut core = core(links(2, &[(1, 0)]), 0, policy);
            let refused =
                |core: &mut NodeCore<Teller>| core.process_from(l(0), || unreachable!("not taken"));
            core.arrive(l(0), message(0, 1, &[])).unwrap();
            if quick {
                assert_eq!(refused(&mut core), Ok(0), "another waits");
            }
            core.arrive(l(0), message(0, 2, &[])).unwrap();
            while core.process_next().is_some() {}
            let mut next = [note(3), note(4)].into_iter();
            assert_eq!(core.process_from(l(0), || next.next()), Ok(2));
            assert!(core.process_from(l(1), || unreachable!("from outside")).is_err());
            core.stop();
            assert_eq!(refused(&mut core), Ok(0), "it has stopped");
            core.process().state()
        };
        assert_eq!(handled(true), handled(false));
    });
}

/// Messages handled while their link is open were in flight, and messages handled later were not.
#[test]
fn the_quick_way_records_what_comes_before_the_marker() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0)]), 0, policy);
        core.begin_snapshot(s(1));
        assert_eq!(one(&mut core, 1), Ok(1));
        assert_eq!(one(&mut core, 2), Ok(1));
        core.arrive(l(0), marker(1)).unwrap();
        assert_eq!(core.process_next(), None);
        assert_eq!(one(&mut core, 3), Ok(1));
        let expected = ["snapshot 1 records", "snapshot 1 closes link 0 with [1, 2]"];
        assert_eq!(outputs(&mut core), expected, "{policy:?}");
        assert_eq!(core.process().ledger.counts.received[0], 3);
    });
}

/// A row ends where the driver has to act before the next message.
#[test]
fn the_quick_way_ends_where_a_driver_is_wanted() {
    on_both_policies(|policy| {
        for task in [Task::Stop, Task::SetTimer(1, 5), Task::Request] {
            let mut core = core(links(2, &[(1, 0)]), 0, policy);
            let Envelope::Message(first) = message(0, 1, &[task]) else { unreachable!() };
            let mut next = [first, note(2)].into_iter();
            assert_eq!(core.process_from(l(0), || next.next()), Ok(1), "{task:?}");
            assert_eq!(next.len(), 1);
        }
    });
}

/// A batch that is full leaves before the next message is handled.
#[test]
fn the_quick_way_ends_where_a_batch_is_full() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0), (0, 1)]), 0, policy);
        core.limit_batches(3);
        let mut number = 0;
        let mut next = || {
            number += 1;
            let Envelope::Message(note) = message(0, number, &[pay(1)]) else { unreachable!() };
            Some(note)
        };
        for _ in 0..2 {
            assert_eq!(core.process_from(l(0), &mut next), Ok(3));
            assert!(core.has_full_batch());
            let batches = core.drain_output().map(|output| match output {
                Output::Messages { messages, .. } => messages.len(),
                _ => 0,
            });
            assert_eq!(batches.collect::<Vec<_>>(), [3]);
        }
    });
}

/// Neither call for many messages goes on where a link has filled.
#[test]
fn the_quick_ways_end_where_a_link_is_full() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0), (0, 1)]), 0, policy);
        core.set_capacity(l(1), 1);
        let mut notes = (1..).map(|number| {
            let Envelope::Message(note) = message(0, number, &[pay(1)]) else { unreachable!() };
            note
        });
        assert_eq!(core.process_from(l(0), || notes.next()), Ok(2), "one waits");
        assert!(core.is_blocked() && !core.has_full_batch() && !core.is_output_mixed());
        assert_eq!(core.arrive_all(l(0), notes.take(5)), Ok(5));
        assert_eq!(core.process_row(|| true), None);
        core.acknowledge(l(1), 2);
        assert_eq!(outputs(&mut core).len(), 2);
        assert_eq!(core.process_row(|| true), Some((l(0), 2)));
        assert_eq!(core.waiting(), 3);
    });
}

/// Messages come on links of the topology that end at the node.
#[test]
fn messages_in_rows_are_refused_on_other_links() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0), (0, 1)]), 0, policy);
        for link in [l(1), l(2), l(9)] {
            let error = NotAnInLink { node: n(0), link };
            assert_eq!(core.arrive_all(link, [note(1)]), Err(error), "{policy:?}");
        }
        assert_eq!(core.waiting(), 0);
    });
}

/// A row of handlers ends with a panic. The messages of all handlers but the last are sent.
#[test]
fn a_panic_in_the_quick_way_takes_back_what_its_own_handler_has_sent() {
    on_both_policies(|policy| {
        for most in [1, 2, 100] {
            let mut core = core(links(2, &[(1, 0), (0, 1)]), 0, policy);
            core.limit_batches(most);
            let tasks = [vec![pay(1)], vec![pay(1), pay(1), Task::Panic], vec![pay(1)]];
            let mut notes = (1..).zip(&tasks).map(|(number, tasks)| {
                let Envelope::Message(note) = message(0, number, tasks) else { unreachable!() };
                note
            });
            let mut has_panicked = false;
            while !has_panicked {
                let row = AssertUnwindSafe(|| core.process_from(l(0), || notes.next()));
                has_panicked = catch_unwind(row).is_err();
            }
            assert_eq!(core.sent_on(l(1)), Some(1), "what did return has sent");
            assert_eq!(core.received_on(l(0)), Some(2));
            assert_eq!(outputs(&mut core), ["link 1: message 1"]);
            assert_eq!(core.process_from(l(0), || notes.next()), Ok(1));
            assert_eq!((core.sent_on(l(1)), outputs(&mut core).len()), (Some(2), 1));
        }
    });
}

/// The same where handlers go from link to link, so that each of them sends on both.
#[test]
fn a_panic_in_the_quick_way_takes_back_nothing_of_handlers_that_went_from_link_to_link() {
    on_both_policies(|policy| {
        for most in [1, 2, 3, 100] {
            let mut core = core(links(2, &[(1, 0), (0, 1), (0, 1)]), 0, policy);
            core.limit_batches(most);
            let fails = vec![pay(2), pay(1), pay(2), Task::Panic];
            let tasks = [vec![pay(1), pay(2)], vec![pay(1), pay(2)], fails];
            let mut notes = (1..).zip(&tasks).map(|(number, tasks)| {
                let Envelope::Message(note) = message(0, number, tasks) else { unreachable!() };
                note
            });
            let mut has_panicked = false;
            while !has_panicked {
                let row = AssertUnwindSafe(|| core.process_from(l(0), || notes.next()));
                has_panicked = catch_unwind(row).is_err();
            }
            assert_eq!([1, 2].map(|link| core.sent_on(l(link))), [Some(2); 2]);
            let (mut left, links) = (outputs(&mut core), ["link 1: ", "link 2: "]);
            left.sort();
            let expected = links.map(|link| [1, 2].map(|number| format!("{link}message {number}")));
            assert_eq!(left, expected.concat(), "batches of {most}");
        }
    });
}

/// A driver that has not carried out what it was asked for gets another chance after one message.
#[test]
fn the_quick_way_ends_after_one_message_where_output_already_waits() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0), (0, 1)]), 0, policy);
        core.begin_snapshot(s(1));
        let mut notes = (1..).map(note);
        assert_eq!(core.process_from(l(0), || notes.next()), Ok(1));
        assert!(core.drain_output().count() > 0);
        let mut notes = notes.take(3);
        assert_eq!(core.process_from(l(0), || notes.next()), Ok(3), "{policy:?}");
    });
}

/// The results of a node: the outputs of each link and the reports, each in their order, its state,
/// and its log of handlers. Messages of different links may leave in another order, and markers may
/// be met between other handlers.
type Done = (Vec<String>, String, Vec<Logged>);

/// Makes a node with three in-links receive random envelopes, with one call per envelope or in
/// rows.
fn deal(seed: u64, policy: MarkerPolicy, in_rows: bool) -> Done {
    let mut chance = Chance::new(seed);
    let mut core = core(links(2, &[(1, 0), (1, 0), (1, 0), (0, 1), (0, 1)]), 0, policy);
    core.keep_log();
    core.limit_batches(1 + chance.below(4));
    core.set_capacity(l(3), 1 + chance.below(9) as u64);
    let (mut done, mut numbers, mut snapshots) = (Vec::new(), [0; 3], [0; 3]);
    for _ in 0..20 {
        let slot = chance.below(3);
        let notes: Vec<Note> = (0..chance.below(6))
            .map(|_| {
                numbers[slot] += 1;
                let tasks =
                    [vec![], vec![pay(3)], vec![pay(4), pay(3), pay(4)], vec![Task::Request]];
                let tasks = &tasks[chance.below(tasks.len())];
                let Envelope::Message(note) = message(slot as u32, numbers[slot], tasks) else {
                    unreachable!()
                };
                note
            })
            .collect();
        if in_rows {
            let count = notes.len();
            assert_eq!(core.arrive_all(l(slot as u32), notes), Ok(count));
        } else {
            notes.into_iter().for_each(|note| {
                core.arrive(l(slot as u32), Envelope::Message(note)).unwrap();
            });
        }
        if chance.one_in(3) {
            snapshots[slot] += 1;
            core.arrive(l(slot as u32), marker(snapshots[slot])).unwrap();
        }
        if chance.one_in(20) {
            core.stop();
        }
        if chance.one_in(2) {
            core.acknowledge(l(3), core.sent_on(l(3)).unwrap());
        }
        let most = chance.below(8);
        let mut handled = 0;
        while handled < most {
            let mut left = most - handled;
            let mut goes_on = || {
                left -= 1;
                in_rows && left > 0
            };
            let row = core.process_row(&mut goes_on).map(|(_, row)| row);
            handled += row.unwrap_or(most);
            if in_rows {
                done.extend(messages_alone(&mut core));
            }
            done.extend(outputs(&mut core));
        }
    }
    // Sorting keeps the order of the messages on one link, and of all other outputs.
    let link = |text: &String| text.strip_prefix("link ").map(|rest| rest[..1].to_owned());
    done.sort_by_key(link);
    let state = format!("{:?}", core.process().state());
    let log = core.drain_log().filter(|logged| matches!(logged, Logged::Handled { .. }));
    (done, state, log.collect())
}

/// Rows give the same results as single calls.
#[test]
fn a_row_of_messages_is_received_as_they_are_one_by_one() {
    on_both_policies(|policy| {
        for_each_seed(0..300, |seed| {
            let done = deal(seed, policy, true);
            for logged in &done.2 {
                let Logged::Handled { sends, .. } = logged else { unreachable!() };
                assert!(sends.len() < 2 || *sends == [l(4), l(3), l(4)], "in order: {sends:?}");
            }
            assert_eq!(done, deal(seed, policy, false), "{policy:?}");
        });
    });
}

fn one(core: &mut NodeCore<Teller>, number: u64) -> Result<usize, NotAnInLink> {
    let mut next = Some(note(number));
    core.process_from(l(0), || next.take())
}

fn note(number: u64) -> Note {
    let Envelope::Message(note) = message(0, number, &[]) else { unreachable!() };
    note
}
