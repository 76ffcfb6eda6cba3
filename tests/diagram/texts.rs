//! Texts arrive as they were given, whatever is in them.

use std::sync::Arc;

use consistent_cut::causality::{Cause, Logged, Trace};
use consistent_cut::diagram::SpaceTime;
use consistent_cut::{LinkId, NodeId, Topology};

use crate::picture::{Picture, number};

const TO_Q: LinkId = LinkId::new(0);

/// p sends q a message.
fn run(p: &str, q: &str) -> Trace {
    let topology = Topology::from_named_links([(p, q)]).expect("two names");
    let mut trace = Trace::new(Arc::new(topology));
    trace.add(NodeId::new(0), Logged::handled(Cause::Start, [TO_Q])).expect("it can happen");
    let cause = Cause::Message { link: TO_Q, number: 1 };
    trace.add(NodeId::new(1), Logged::handled(cause, [])).expect("it can happen");
    trace
}

#[test]
fn what_xml_reserves_is_escaped() {
    let trace = run("a&b", "<q>\"'");
    let picture = SpaceTime::new(&trace)
        .title("x < y && y > z")
        .label_events(|event| format!("<{}>&amp;", event.nth))
        .label_messages(|_, number| format!("\"{number}\" </text>"));
    let svg = picture.to_svg().expect("it is a trace");
    let picture = Picture::read(&svg);
    assert_eq!(picture.texts("name"), ["a&b", "<q>\"'"]);
    assert_eq!(picture.texts("event-label"), ["<0>&amp;", "<0>&amp;"]);
    assert_eq!(picture.texts("message-label"), ["\"1\" </text>"]);
    let title = picture.root().children().find(|node| node.has_tag_name("title"));
    assert_eq!(title.and_then(|node| node.text()), Some("x < y && y > z"));
}

#[test]
fn what_xml_cannot_say_is_replaced() {
    let trace = run("p", "q");
    let labelled =
        SpaceTime::new(&trace).label_messages(|_, _| "a\u{0}b\u{1b}\nc\u{ffff}".to_owned());
    let svg = labelled.to_svg().expect("it is a trace");
    assert_eq!(Picture::read(&svg).texts("message-label"), ["a\u{fffd}b\u{fffd} c\u{fffd}"]);
}

#[test]
fn an_empty_label_is_none() {
    let trace = run("p", "q");
    let labelled = SpaceTime::new(&trace).label_events(|event| {
        if event.nth == 0 && event.node.index() == 1 { "here".into() } else { String::new() }
    });
    let svg = labelled.to_svg().expect("it is a trace");
    let picture = Picture::read(&svg);
    assert_eq!(picture.texts("event-label"), ["here"]);
    assert_eq!((picture.all("event-label").len(), picture.all("message-label").len()), (1, 0));
}

#[test]
fn nodes_without_names_have_their_numbers() {
    let trace = Trace::new(Arc::new(Topology::ring(2).expect("two nodes are a ring")));
    let svg = SpaceTime::new(&trace).to_svg().expect("it is a trace");
    assert_eq!(Picture::read(&svg).texts("name"), ["node 0", "node 1"]);
}

/// No text is smaller than 12 pixels, in a picture of any size.
#[test]
fn every_text_is_legible_and_in_the_picture() {
    let names: Vec<_> =
        (0..30).map(|node| (format!("n{node}"), format!("n{}", (node + 1) % 30))).collect();
    let topology = Arc::new(Topology::from_named_links(names).expect("thirty names"));
    let mut trace = Trace::new(Arc::clone(&topology));
    for round in 0..7 {
        for node in topology.nodes() {
            let cause = match topology.in_links(node).first() {
                Some(link) if round > 0 && node.index() > 0 => {
                    Cause::Message { link: link.id, number: round }
                }
                _ => Cause::Start,
            };
            let out = topology.out_links(node)[0].id;
            trace.add(node, Logged::handled(cause, [out])).expect("it can happen");
        }
    }
    let labelled = SpaceTime::new(&trace).label_messages(|_, number| number.to_string());
    let svg = labelled.label_events(|event| format!("{:?}", [event.nth; 3])).to_svg();
    let svg = svg.expect("it is a trace");
    let picture = Picture::read(&svg);
    let (width, height) = (number(picture.root(), "width"), number(picture.root(), "height"));
    let texts = picture.root().descendants().filter(|node| node.has_tag_name("text"));
    let mut seen = 0;
    for text in texts {
        seen += 1;
        assert!(number(text, "font-size") >= 12.0);
        let (x, y) = (number(text, "x"), number(text, "y"));
        assert!(0.0 < x && x < width && 0.0 < y && y < height, "{:?}", text.text());
    }
    assert!(seen > 2 * 210, "{seen}");
}
