//! A snapshot of the crawl, on one line.

use std::fmt;

use consistent_cut::{ChannelState, GlobalSnapshot, Link};

use crate::pipeline::Role;
use crate::worker::{Item, Progress};

pub(crate) type Snapshot = GlobalSnapshot<Progress, Item>;

pub(crate) const HEADING: &str =
    "     time   pages fetched   on links to parsers                    on links back to fetchers";

pub(crate) fn line(snapshot: &Snapshot) -> String {
    let at = snapshot.timings().began().as_secs_f64();
    let [forward, back] =
        [Role::Fetcher, Role::Parser].map(|from| Fill::of(snapshot, from).to_string());
    format!("{at:7.3} s   {:13}   {forward:<36}   {back}", pages_fetched(snapshot))
}

pub(crate) fn pages_fetched(snapshot: &Snapshot) -> usize {
    let pages = snapshot.states().map(|(_, progress)| match progress {
        Progress::Fetched(pages) => *pages,
        Progress::Parsed(_) => 0,
    });
    pages.sum()
}

/// The messages and the room on several links together.
struct Fill {
    links: usize,
    /// How many of the links have no room.
    full: usize,
    /// Messages that wait for room at their senders are not counted.
    messages: u64,
    /// `None` if any number fits.
    capacity: Option<u64>,
}

/// How many characters stand for all the room that there is.
const BAR: u64 = 10;

impl Fill {
    /// Of the links that lead from nodes of a role.
    fn of(snapshot: &Snapshot, from: Role) -> Self {
        let topology = snapshot.topology();
        let is_from = |link: Link| Role::of(link.source, topology) == Some(from);
        let links = snapshot.channels().iter().filter(|channel| is_from(channel.link()));
        Fill {
            links: links.clone().count(),
            full: links.clone().filter(|link| Some(held(link)) == link.capacity()).count(),
            messages: links.clone().map(held).sum(),
            capacity: links.map(ChannelState::capacity).sum(),
        }
    }
}

fn held(link: &ChannelState<Item>) -> u64 {
    link.messages().len() as u64 - link.waiting()
}

impl fmt::Display for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fill { links, full, messages, capacity } = *self;
        let Some(capacity) = capacity else {
            return write!(f, "{messages}, with room for any number");
        };
        // Rounded down: where the bar is full, nothing has room.
        let marks = "=".repeat((messages * BAR / capacity) as usize);
        write!(f, "[{marks:<width$}] {messages} of {capacity}", width = BAR as usize)?;
        if full > 0 { write!(f, ", {full} of {links} full") } else { Ok(()) }
    }
}
