//! No text makes a reader panic, hang, or overflow its stack.

use consistent_cut::Topology;

use crate::support::SAMPLES;

#[test]
fn truncated_samples_never_panic() {
    for (sample, read) in SAMPLES {
        let ends = (0..sample.len()).filter(|&end| sample.is_char_boundary(end));
        for end in ends {
            let part = &sample[..end];
            let _ = (read(part), part.parse::<Topology>());
        }
        let starts = (0..sample.len()).filter(|&start| sample.is_char_boundary(start));
        for start in starts {
            let _ = read(&sample[start..]);
        }
    }
}

#[test]
fn samples_with_another_byte_never_panic() {
    for (sample, read) in SAMPLES {
        for place in 0..sample.len() {
            let flipped = sample.as_bytes()[place] ^ (1 << (place % 8));
            for byte in b"\"<>[]{&#\\-\0".iter().copied().chain([flipped]) {
                let mut bytes = sample.as_bytes().to_vec();
                bytes[place] = byte;
                let _ = read(&String::from_utf8_lossy(&bytes));
            }
        }
    }
}

#[test]
fn every_reader_survives_every_other_format() {
    for (_, read) in SAMPLES {
        for (sample, _) in SAMPLES {
            let _ = (read(sample), sample.parse::<Topology>().expect_err("it is no edge list"));
        }
    }
}

#[test]
fn deep_nesting_overflows_no_stack() {
    const DEPTH: usize = 200_000;
    let nested = |open: &str, close: &str| open.repeat(DEPTH) + &close.repeat(DEPTH);
    let gml = format!("graph [ node [ id 1 {} ] ]", nested("a [ ", "] "));
    assert!(Topology::from_gml(&gml).is_ok());
    let dot = format!("digraph {{ a {} }}", nested("{ ", "} "));
    assert!(Topology::from_dot(&dot).is_ok());
    let data = format!("<node id='a'><data>{}</data></node>", nested("<a>", "</a>"));
    let graphml = format!("<graphml><graph edgedefault='directed'>{data}</graph></graphml>");
    assert!(Topology::from_graphml(&graphml).is_ok());
    for (open, read) in ["a [ ", "<a>", "{ "].into_iter().zip(SAMPLES.map(|(_, read)| read)) {
        assert!(read(&open.repeat(DEPTH)).is_err(), "{open}");
    }
}

#[test]
fn groups_that_would_make_too_many_links_are_refused() {
    let nodes: String = (0..10_000).map(|node| format!("n{node} ")).collect();
    let error = Topology::from_dot(&format!("digraph {{ {{ {nodes} }} -> {{ {nodes} }} }}"));
    assert!(error.expect_err("100 million").to_string().contains("16777216 edges between groups"));
}
