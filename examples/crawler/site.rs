//! The site that is crawled: pages of text with links in it.

use std::fmt::Write;

/// A page by its number. The front page is number 0.
pub(crate) type Page = u64;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pages: u64,
}

/// Links on a page, at most.
const LINKS: u64 = 8;

impl Site {
    pub(crate) fn new(pages: u64) -> Self {
        Site { pages }
    }

    /// The text that the site's server sends.
    pub(crate) fn text(self, page: Page) -> String {
        let mut text = format!("<h1>Page {page}</h1>");
        for linked in self.linked_from(page) {
            // Writing to a string does not fail.
            let _ = write!(text, " <a href=\"/{linked}\">");
        }
        text
    }

    /// The links of a page: two pages further down, so that every page can be reached from the
    /// front page, and some random pages.
    fn linked_from(self, page: Page) -> impl Iterator<Item = Page> {
        let down =
            [2 * page + 1, 2 * page + 2].into_iter().filter(move |linked| *linked < self.pages);
        let anywhere = (2..LINKS).map(move |number| {
            let scattered = (page * LINKS + number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            (scattered >> 16) % self.pages
        });
        down.chain(anywhere)
    }
}

/// The pages to which a text has links.
pub(crate) fn links_in(text: &str) -> impl Iterator<Item = Page> {
    let behind = text.split("href=\"/").skip(1);
    behind.filter_map(|rest| rest.split('"').next()?.parse().ok())
}
