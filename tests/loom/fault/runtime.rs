//! Faults of the hand-offs between threads.

use super::{DEADLOCK, Edit, Fault, Model};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "an unpark is dropped",
        edits: &[Edit {
            file: "src/runtime/link/bell.rs",
            from: "        if self.change(ASLEEP, AWAKE) {
            self.unpark();",
            to: r#"        if self.change(ASLEEP, AWAKE) && !crate::is_faulty("an unpark is dropped") {
            self.unpark();"#,
        }],
        caught_by: FIFO,
        says: DEADLOCK,
    },
    Fault {
        name: "an unpark goes before the store",
        edits: &[Edit {
            file: "src/runtime/link/bell.rs",
            from: "        if self.state.swap(URGENT, Ordering::SeqCst) == ASLEEP {",
            to: r#"        if crate::is_faulty("an unpark goes before the store") {
            if look(&self.state, Ordering::SeqCst) == ASLEEP {
                self.unpark();
            }
            self.state.swap(URGENT, Ordering::SeqCst);
            return;
        }
        if self.state.swap(URGENT, Ordering::SeqCst) == ASLEEP {"#,
        }],
        caught_by: TWO_WAITERS,
        says: DEADLOCK,
    },
    Fault {
        name: "there is no second look",
        edits: &[Edit {
            file: "src/runtime/link/bell.rs",
            from: "        if has_arrivals() {",
            to: r#"        if !crate::is_faulty("there is no second look") && has_arrivals() {"#,
        }],
        caught_by: FIFO,
        says: DEADLOCK,
    },
    Fault {
        name: "no fence stands before the ring",
        edits: &[Edit {
            file: "src/runtime/link/bell.rs",
            from: "pub(crate) fn fence_between_push_and_ring() {",
            to: r#"pub(crate) fn fence_between_push_and_ring() {
    if crate::is_faulty("no fence stands before the ring") {
        return;
    }"#,
        }],
        caught_by: BELL,
        says: DEADLOCK,
    },
    Fault {
        name: "no fence stands before the second look",
        edits: &[Edit {
            file: "src/runtime/link/bell.rs",
            from: "            return;
        }
        fence(Ordering::SeqCst);",
            to: r#"            return;
        }
        if !crate::is_faulty("no fence stands before the second look") {
            fence(Ordering::SeqCst);
        }"#,
        }],
        caught_by: BELL,
        says: DEADLOCK,
    },
    Fault {
        name: "a command is rung before it is put",
        edits: &[Edit {
            file: "src/runtime/link/command.rs",
            from: "        let is_heard = self.commands.send(command).is_ok();",
            to: r#"        if crate::is_faulty("a command is rung before it is put") {
            self.bell.ring_urgently();
            return self.commands.send(command).is_ok();
        }
        let is_heard = self.commands.send(command).is_ok();"#,
        }],
        caught_by: TWO_WAITERS,
        says: DEADLOCK,
    },
    Fault {
        name: "a promise wakes before it is kept",
        edits: &[Edit {
            file: "src/runtime/coordinator/promise.rs",
            from: "            *shared.state.lock() = state;",
            to: r#"            if crate::is_faulty("a promise wakes before it is kept") {
                shared.settled.notify_all();
                *shared.state.lock() = state;
                return;
            }
            *shared.state.lock() = state;"#,
        }],
        caught_by: TWO_WAITERS,
        says: DEADLOCK,
    },
    Fault {
        name: "a shutdown forgets who waits",
        edits: &[Edit {
            file: "src/runtime/coordinator/thread.rs",
            from: "            self.close(&Halt::ShutDown);",
            to: r#"            if crate::is_faulty("a shutdown forgets who waits") {
                return;
            }
            self.close(&Halt::ShutDown);"#,
        }],
        caught_by: Model::Of("loom", "shutdown::a_shutdown_answers_another_thread"),
        says: DEADLOCK,
    },
    Fault {
        name: "a credit is returned twice",
        edits: &[Edit {
            file: "src/runtime/link/gauge.rs",
            from: "            self.at_receiver.received.store(received, Ordering::Release);",
            to: r#"            let twice = u64::from(crate::is_faulty("a credit is returned twice"));
            self.at_receiver.received.store(received + twice, Ordering::Release);"#,
        }],
        caught_by: ROOM,
        says: "the sender handles this without room",
    },
    Fault {
        name: "room is made and no sender is rung",
        edits: &[Edit {
            file: "src/runtime/link/gauge.rs",
            from: "    pub(crate) fn ring_if_wanted(&self, sender: &Bell) {",
            to: r#"    pub(crate) fn ring_if_wanted(&self, sender: &Bell) {
        if crate::is_faulty("room is made and no sender is rung") {
            return;
        }"#,
        }],
        caught_by: ROOM,
        says: DEADLOCK,
    },
    Fault {
        name: "an output has room and no node is rung",
        edits: &[Edit {
            file: "src/runtime/link/outlet.rs",
            from: "        if let Some(bell) = bell {
            fence_between_push_and_ring();",
            to: r#"        if let Some(bell) = bell {
            if crate::is_faulty("an output has room and no node is rung") {
                return;
            }
            fence_between_push_and_ring();"#,
        }],
        caught_by: Model::Of(
            "loom",
            "outputs::a_node_goes_on_when_its_output_has_room_and_not_before",
        ),
        says: DEADLOCK,
    },
    Fault {
        name: "what a sender wants later is taken back",
        edits: &[Edit {
            file: "src/runtime/link/gauge.rs",
            from: "            match wanted.compare_exchange(",
            to: r#"            if crate::is_faulty("what a sender wants later is taken back") {
                wanted.swap(NOBODY, Ordering::SeqCst);
                return sender.ring();
            }
            match wanted.compare_exchange("#,
        }],
        caught_by: Model::Unit("runtime::link::gauge::tests::no_room_is_slept_through"),
        says: DEADLOCK,
    },
    Fault {
        name: "no fence stands behind a want that is taken back",
        edits: &[Edit {
            file: "src/runtime/link/gauge.rs",
            from: "                    // Some callers have passed no fence since they counted.
                    fence(Ordering::SeqCst);",
            to: r#"                    if !crate::is_faulty("no fence stands behind a want that is taken back") {
                        fence(Ordering::SeqCst);
                    }"#,
        }],
        caught_by: Model::Unit("runtime::link::gauge::tests::no_room_is_slept_through"),
        says: STUCK,
    },
    Fault {
        name: "a receiver that fails keeps its sender waiting",
        edits: &[Edit {
            file: "src/runtime/link/receiver.rs",
            from: "        self.links.iter().for_each(|link| link.gauge.drain(&link.sender.bell));",
            to: r#"        if !crate::is_faulty("a receiver that fails keeps its sender waiting") {
            self.links.iter().for_each(|link| link.gauge.drain(&link.sender.bell));
        }"#,
        }],
        caught_by: Model::Of(
            "loom",
            "stopping::a_sender_does_not_wait_for_a_receiver_that_has_failed",
        ),
        says: DEADLOCK,
    },
    Fault {
        name: "a batch is kept back behind a marker",
        edits: &[Edit {
            file: "src/outbox.rs",
            from: "        self.close_batches();
        (self.is_mixed, self.calls_driver) = (true, true);",
            to: r#"        let is_marker = matches!(effect, Effect::Marker { .. });
        if !is_marker || !crate::is_faulty("a batch is kept back behind a marker") {
            self.close_batches();
        }
        (self.is_mixed, self.calls_driver) = (true, true);"#,
        }],
        caught_by: Model::Of(
            "loom",
            "token::every_execution_shows_one_token_where_markers_keep_their_order",
        ),
        says: "the channel law holds",
    },
    Fault {
        name: "a batch is forgotten at the end of the turn",
        edits: &[Edit {
            file: "src/out_links.rs",
            from: "            link.ready_for = 0;
            if !link.open.is_empty() {",
            to: r#"            link.ready_for = 0;
            let forgets = crate::is_faulty("a batch is forgotten at the end of the turn");
            if !forgets && !link.open.is_empty() {"#,
        }],
        caught_by: FIFO,
        says: DEADLOCK,
    },
    Fault {
        name: "a hand-over rings no bell",
        edits: &[Edit {
            file: "src/runtime/link/sender.rs",
            from: "            if !link.is_own {",
            to: r#"            if !link.is_own && !crate::is_faulty("a hand-over rings no bell") {"#,
        }],
        caught_by: FIFO,
        says: DEADLOCK,
    },
    Fault {
        name: "a link is not marked",
        edits: &[Edit {
            file: "src/runtime/link/sender.rs",
            from: "            mark.set();",
            to: r#"            if !crate::is_faulty("a link is not marked") {
                mark.set();
            }"#,
        }],
        caught_by: Model::Of("loom", "parallel_links::each_of_three_links_is_looked_at"),
        says: DEADLOCK,
    },
    Fault {
        name: "what was sent before a panic is forgotten",
        edits: &[Edit {
            file: "src/runtime/node/thread.rs",
            from: "        self.drain_messages();",
            to: r#"        if !crate::is_faulty("what was sent before a panic is forgotten") {
            self.drain_messages();
        }"#,
        }],
        caught_by: Model::Of("loom", "fifo::what_was_sent_before_a_panic_is_received"),
        says: DEADLOCK,
    },
    Fault {
        name: "a panic leaves asleep whom it sent to",
        edits: &[Edit {
            file: "src/runtime/link/sender.rs",
            from: "        link.send(Batch::Control(control));
        link.target.ring_urgently();",
            to: r#"        let is_end = matches!(control, Control::End);
        link.send(Batch::Control(control));
        if !is_end || !crate::is_faulty("a panic leaves asleep whom it sent to") {
            link.target.ring_urgently();
        }"#,
        }],
        caught_by: Model::Of("loom", "fifo::what_was_sent_before_a_panic_is_received"),
        says: DEADLOCK,
    },
];

/// The text of loom when the receiver goes on looking for a sender that sleeps for good.
const STUCK: &str = "Model exceeded maximum number of branches";

const FIFO: Model = Model::Of("loom", "fifo::every_message_is_received_in_order");
const TWO_WAITERS: Model = Model::Of("loom", "shutdown::both_who_wait_have_the_same_result");
const ROOM: Model =
    Model::Of("loom", "back_pressure::a_sender_goes_on_when_there_is_room_and_not_before");
const BELL: Model = Model::Unit("runtime::link::bell::tests::no_message_is_slept_through");
