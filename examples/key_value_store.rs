//! A replicated key-value store: clients ask and get replies, every snapshot is checked while they
//! write, and the store is stopped and goes on where it was. Node 0 is the primary: it sends each
//! write to the backups. When all backups have applied the write, the primary tells the client and
//! writes the log.
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Write, stdout};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use consistent_cut::{
    Context, GlobalSnapshot, Invariant, Link, NodeId, Process, ReplyTo, Restore, System, Topology,
};

const PRIMARY: NodeId = NodeId::new(0);
const CLIENTS: u64 = 3;
const WRITES: u64 = 2_000;
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
enum Message {
    Put(u64, u64, ReplyTo),
    Get(u64, ReplyTo),
    /// To a backup: apply this write.
    Apply(u64, u64),
    /// From a backup: it has applied the next write.
    Applied,
    /// To a client, and into the log.
    Done(u64, u64),
    Found(Option<u64>),
}

/// A replica. A snapshot records all that a replica knows, the open questions too.
#[derive(Clone, Debug, Default)]
struct Replica {
    writes: u64,
    values: BTreeMap<u64, u64>,
    /// At the primary: the writes that not all backups have applied, each with the number of
    /// backups that have.
    open: BTreeMap<u64, (u64, u64, ReplyTo, usize)>,
    /// At the primary: how many writes each backup has applied.
    applied: BTreeMap<NodeId, u64>,
}

impl Process for Replica {
    type State = Replica;
    type Message = Message;

    fn on_message(&mut self, from: Link, message: Message, ctx: &mut Context<'_, Message>) {
        match message {
            Message::Put(key, value, to) => {
                self.write(key, value);
                self.open.insert(self.writes, (key, value, to, 0));
                ctx.send_all(Message::Apply(key, value));
            }
            Message::Get(key, to) => ctx.reply(to, Message::Found(self.values.get(&key).copied())),
            Message::Apply(key, value) => {
                self.write(key, value);
                ctx.send(from.source, Message::Applied);
            }
            Message::Applied => self.count(from.source, ctx),
            Message::Done(..) | Message::Found(_) => {} // never sent to a node
        }
    }

    fn state(&self) -> Replica {
        self.clone()
    }
}

impl Restore for Replica {
    fn on_restore(&mut self, recorded: Replica, _: &mut Context<'_, Message>) {
        *self = recorded;
    }
}

impl Replica {
    fn write(&mut self, key: u64, value: u64) {
        self.writes += 1;
        self.values.insert(key, value);
    }

    /// A backup has applied its next write.
    fn count(&mut self, backup: NodeId, ctx: &mut Context<'_, Message>) {
        let number = self.applied.entry(backup).or_default();
        *number += 1;
        let Some(&(key, value, to, backups)) = self.open.get(number) else { return };
        if backups + 1 < ctx.out_links().len() {
            self.open.insert(*number, (key, value, to, backups + 1));
            return;
        }
        self.open.remove(number);
        ctx.emit(Message::Done(key, value));
        ctx.reply(to, Message::Done(key, value));
    }
}

/// Each backup has applied every write of the primary, except the writes on the link to the backup.
fn keeps_up(snapshot: &GlobalSnapshot<Replica, Message>) -> bool {
    let written = snapshot.state(PRIMARY).writes;
    snapshot.topology().out_links(PRIMARY).iter().all(|link| {
        let on_the_way = snapshot.channel(link.id).messages().len() as u64;
        snapshot.state(link.target).writes + on_the_way == written
    })
}

/// Writes keys of its own, and reads a key back now and then.
fn client(store: &System<Replica>, number: u64) -> Result<(), Box<dyn Error + Send + Sync>> {
    for write in 0..WRITES {
        let (key, value) = (write % 50 * CLIENTS + number, write);
        store.ask(PRIMARY, |to| Message::Put(key, value, to), TIMEOUT)?;
        if write % 100 == 0 {
            let anywhere = NodeId::new((write / 100 % 3) as u32);
            let found = store.ask(anywhere, |to| Message::Get(key, to), TIMEOUT)?;
            assert!(matches!(found, Message::Found(Some(found)) if found == value), "{found:?}");
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut out = stdout().lock();
    let topology = Topology::star(3)?;
    let store = System::builder(topology.clone()).spawn(|_| Replica::default())?;
    writeln!(out, "3 replicas, {CLIENTS} clients, {WRITES} writes each\n").ok();
    let rule = Invariant::new("each backup has every write, or it is on the way", keeps_up);
    thread::scope(|threads| {
        let store = &store;
        let client = |number| threads.spawn(move || client(store, number));
        let clients: Vec<_> = (0..CLIENTS).map(client).collect();
        for now in store.every(Duration::from_millis(5)) {
            let now = now?;
            rule.check(&now).into_result()?;
            let writes: Vec<_> = now.states().map(|(_, replica)| replica.writes).collect();
            let under_way = now.in_flight().count();
            writeln!(out, "{}: {writes:?} writes, {under_way} under way", now.id()).ok();
            if clients.iter().all(ScopedJoinHandle::is_finished) {
                break;
            }
        }
        clients.into_iter().try_for_each(|client| client.join().expect("no client panics"))
    })?;

    let last = store.snapshot_and_stop()?;
    let log = store.outputs().filter_map(|taken| match taken.message {
        Message::Done(key, value) => Some((key, value)),
        _ => None,
    });
    let log: Vec<_> = log.collect();
    writeln!(out, "\nStopped. {} writes are in the log, which is all of them.", log.len()).ok();
    assert_eq!(log.len() as u64, CLIENTS * WRITES);
    assert_eq!(BTreeMap::from_iter(log), last.state(PRIMARY).values, "the log tells all");
    let again = System::builder(topology).restore(&last, |_| Replica::default())?;
    let found = again.ask(NodeId::new(2), |to| Message::Get(0, to), TIMEOUT)?;
    writeln!(out, "Restored. Replica 2 says of key 0: {found:?}").ok();
    Ok(())
}
