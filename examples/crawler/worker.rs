//! Fetchers and parsers, which are the nodes of the loop.

use std::collections::BTreeSet;
use std::time::Duration;

use consistent_cut::{Context, Link, Process};

use crate::site::{Page, Site, links_in};

/// The messages of the loop.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// From a parser to the fetcher that owns the page.
    Link(Page),
    /// From a fetcher to any parser: the text of a page.
    Text(String),
}

/// The state of a node, as a snapshot records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Pages so far.
    Fetched(usize),
    /// Pages so far.
    Parsed(usize),
}

pub(crate) type Worker = Box<dyn Process<State = Progress, Message = Item>>;

/// Fetches each page once, however many links lead to it, and gives it to the parsers in turn.
pub(crate) struct Fetcher {
    site: Site,
    takes: Duration,
    fetched: BTreeSet<Page>,
}

impl Fetcher {
    pub(crate) fn new(site: Site, takes: Duration) -> Self {
        Fetcher { site, takes, fetched: BTreeSet::new() }
    }

    #[allow(clippy::disallowed_methods, reason = "it stands for the wait for a server")]
    fn fetch(&self, page: Page) -> String {
        std::thread::sleep(self.takes);
        self.site.text(page)
    }
}

impl Process for Fetcher {
    type State = Progress;
    type Message = Item;

    fn on_message(&mut self, _: Link, item: Item, ctx: &mut Context<'_, Item>) {
        let Item::Link(page) = item else { return };
        if self.fetched.insert(page) {
            let parsers = ctx.out_links();
            let next = parsers[self.fetched.len() % parsers.len()];
            ctx.send_on(next.id, Item::Text(self.fetch(page)));
        }
    }

    fn state(&self) -> Progress {
        Progress::Fetched(self.fetched.len())
    }
}

/// Looks for links in pages, and hands every link back. Only the fetchers know which pages are
/// known.
#[derive(Default)]
pub(crate) struct Parser {
    parsed: usize,
}

impl Process for Parser {
    type State = Progress;
    type Message = Item;

    fn on_message(&mut self, _: Link, item: Item, ctx: &mut Context<'_, Item>) {
        let Item::Text(text) = item else { return };
        self.parsed += 1;
        let fetchers = ctx.out_links();
        for page in links_in(&text) {
            ctx.send_on(fetchers[owner(page, fetchers.len())].id, Item::Link(page));
        }
    }

    fn state(&self) -> Progress {
        Progress::Parsed(self.parsed)
    }
}

/// The fetcher that owns a page.
fn owner(page: Page, fetchers: usize) -> usize {
    page as usize % fetchers
}
