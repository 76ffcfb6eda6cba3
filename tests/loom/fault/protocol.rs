//! Faults of the algorithm.

use super::{DEADLOCK, Edit, Fault, Model};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "a marker goes after a later message",
        edits: &[
            Edit {
                file: "src/runtime/node/thread.rs",
                from: "        self.carry_out_but_reports();
        // More markers may be",
                to: r#"        if !crate::is_faulty("a marker goes after a later message") {
            self.carry_out_but_reports();
        }
        // More markers may be"#,
            },
            Edit {
                file: "src/outbox.rs",
                from: "        Drained::new(&mut self.effects, keeps_memory)",
                to: r#"        if crate::is_faulty("a marker goes after a later message") {
            self.effects.sort_by_key(|effect| !has_messages(effect));
        }
        Drained::new(&mut self.effects, keeps_memory)"#,
            },
        ],
        caught_by: INJECTION,
        says: "a snapshot passes its own verification",
    },
    Fault {
        name: "a state is recorded after a later send",
        edits: &[Edit {
            file: "src/protocol/rules.rs",
            from: "    node.cut(snapshot);
    node.put_markers(snapshot);",
            to: r#"    if crate::is_faulty("a state is recorded after a later send") {
        node.put_markers(snapshot);
        node.process_next();
        node.cut(snapshot);
        return node.put_state(snapshot);
    }
    node.cut(snapshot);
    node.put_markers(snapshot);"#,
        }],
        caught_by: INJECTION,
        says: "a snapshot passes its own verification",
    },
    Fault {
        name: "a snapshot is seen whatever its id",
        edits: &[Edit {
            file: "src/protocol/node/questions.rs",
            from: "        self.seen.contains(snapshot)",
            to: r#"        if crate::is_faulty("a snapshot is seen whatever its id") {
            return self.seen.last().is_some();
        }
        self.seen.contains(snapshot)"#,
        }],
        caught_by: OVERLAPPING,
        says: DEADLOCK,
    },
    Fault {
        name: "a closed link goes on recording",
        edits: &[
            Edit {
                file: "src/protocol/recorder.rs",
                from: "        if !self.open.is_open(slot) {",
                to: r#"        let is_faulty = crate::is_faulty("a closed link goes on recording");
        if !self.open.is_open(slot) && !(is_faulty && slot < self.in_links as usize) {"#,
            },
            Edit {
                file: "src/protocol/recorder.rs",
                from: "    open: OpenLinks,
    in_links: u32,",
                to: "    pub(super) open: OpenLinks,
    pub(super) in_links: u32,",
            },
            Edit {
                file: "src/protocol/recorder.rs",
                from: "    messages: Box<[Vec<M>]>,",
                to: "    pub(super) messages: Box<[Vec<M>]>,",
            },
            Edit {
                file: "src/protocol/node/recording.rs",
                from: "        let Some(messages) = self.recorders[at].close(slot) else { return };",
                to: r#"        if crate::is_faulty("a closed link goes on recording") {
            self.recorders[at].open.close(slot);
            if self.recorders[at].is_done() {
                let mut all = self.recorders.swap_remove(at);
                for slot in 0..all.in_links as usize {
                    let messages = all.messages.get_mut(slot).map(std::mem::take);
                    let (link, messages) = (self.in_ends[slot].link.id, messages.unwrap_or_default());
                    self.put_report(LinkRecord { snapshot, link, messages }, 0);
                }
            }
            return;
        }
        let Some(messages) = self.recorders[at].close(slot) else { return };"#,
            },
        ],
        caught_by: Model::Of("loom", "parallel_links::each_link_has_its_own_marker"),
        says: "a snapshot passes its own verification",
    },
    Fault {
        name: "a marker closes the link for another snapshot",
        edits: &[Edit {
            file: "src/protocol/node/recording.rs",
            from: "        let Some(at) = self.recorders.iter().position(|live| live.snapshot == snapshot) else {
            return;
        };",
            to: r#"        let Some(at) = self.recorders.iter().position(|live| live.snapshot == snapshot) else {
            return;
        };
        let (at, snapshot) = if crate::is_faulty("a marker closes the link for another snapshot") {
            (0, self.recorders[0].snapshot)
        } else {
            (at, snapshot)
        };"#,
        }],
        caught_by: OVERLAPPING,
        says: DEADLOCK,
    },
    Fault {
        name: "a snapshot is complete before its last record",
        edits: &[Edit {
            file: "src/protocol/partial.rs",
            from: "        missing == Some(0)",
            to: r#"        let early = crate::is_faulty("a snapshot is complete before its last record");
        missing.is_some_and(|missing| missing <= usize::from(early))"#,
        }],
        caught_by: STOPPING,
        says: "a snapshot passes its own verification",
    },
    Fault {
        name: "a marker passes what was injected",
        edits: &[Edit {
            file: "src/runtime/node/receive.rs",
            from: "            self.obey();
            self.outside.environment.take_in(&mut self.core, usize::MAX);",
            to: r#"            self.obey();
            if !crate::is_faulty("a marker passes what was injected") {
                self.outside.environment.take_in(&mut self.core, usize::MAX);
            }"#,
        }],
        caught_by: Model::Of("loom", "injection::an_injection_before_a_snapshot_is_before_the_marker"),
        says: "it was injected before",
    },
    Fault {
        name: "an injection before a snapshot comes after its cut",
        edits: &[Edit {
            file: "src/runtime/node/port.rs",
            from: "                self.environment.take_in(core, usize::MAX);
                core.begin_snapshot(snapshot);",
            to: r#"                if !crate::is_faulty("an injection before a snapshot comes after its cut") {
                    self.environment.take_in(core, usize::MAX);
                }
                core.begin_snapshot(snapshot);"#,
        }],
        caught_by: INJECTION,
        says: "the first one was injected before",
    },
    Fault {
        name: "a state is taken after the next handler",
        edits: &[
            Edit {
                file: "src/protocol/node/handling.rs",
                from: "        if self.records.is_state_owed() {",
                to: r#"        let late = crate::is_faulty("a state is taken after the next handler");
        if !late && self.records.is_state_owed() {"#,
            },
            // Or the driver would drain the output, and the state with it, before a handler runs.
            Edit {
                file: "src/runtime/node/thread.rs",
                from: "            if self.outside.is_shut_down {
                return true;
            }",
                to: r#"            if self.outside.is_shut_down {
                return true;
            }
            if crate::is_faulty("a state is taken after the next handler") {
                self.core.process_next();
            }"#,
            },
        ],
        caught_by: INJECTION,
        says: "the states say",
    },
    Fault {
        name: "room is used before the marker that came back",
        edits: &[Edit {
            file: "src/runtime/node/room.rs",
            from: "        self.obey();
        for (link, received) in counts {",
            to: r#"        if !crate::is_faulty("room is used before the marker that came back") {
            self.obey();
        }
        for (link, received) in counts {"#,
        }],
        caught_by: Model::Of("loom", "back_pressure::room_made_after_the_cut_is_used_after_it"),
        says: "a snapshot passes its own verification",
    },
];

const STOPPING: Model = Model::Of("loom", "stopping::a_node_that_stops_takes_part");
const INJECTION: Model = Model::Of("loom", "injection::an_injection_is_before_the_cut_or_after_it");
const OVERLAPPING: Model = Model::Of("loom", "overlapping::snapshots_that_overlap_do_not_mix");
