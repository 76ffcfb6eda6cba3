//! The size of a picture, the parts left out of it, and the text of its axis.

use std::time::Duration;

use consistent_cut::diagram::{SpaceTime, SpaceTimeError};
use consistent_cut::{NodeId, System, Topology};

use crate::labels::{Account, simulated};
use crate::picture::{Picture, number};

#[test]
fn a_picture_is_as_wide_as_it_was_asked_for() {
    let (simulation, id) = simulated();
    let trace = simulation.trace().expect("it is traced");
    for width in [1000, 1500, 4000] {
        let svg = SpaceTime::new(trace).snapshot(id).width(width).to_svg().expect("a trace");
        assert_eq!(number(Picture::read(&svg).root(), "width"), f64::from(width));
    }
    // Parts without room make the picture wider.
    let svg = SpaceTime::new(trace).width(10).to_svg().expect("a trace");
    let picture = Picture::read(&svg);
    let places: Vec<_> = picture.events().into_values().map(|(x, _)| x).collect();
    assert!(places.iter().all(|x| *x < number(picture.root(), "width")), "{places:?}");
    assert!(SpaceTime::new(trace).width(u32::MAX).to_svg().is_ok());
}

#[test]
fn texts_are_as_large_as_they_were_asked_for() {
    let (simulation, id) = simulated();
    let trace = simulation.trace().expect("it is traced");
    for (asked, drawn) in [(11, 11.0), (30, 30.0), (0, 6.0), (u32::MAX, 60.0)] {
        let svg = SpaceTime::new(trace).snapshot(id).font_size(asked).to_svg().expect("a trace");
        let picture = Picture::read(&svg);
        let labels = picture.all("event-label");
        assert!(labels.iter().all(|label| number(*label, "font-size") == drawn), "{asked}");
        let names = picture.all("name");
        assert!(names.iter().all(|name| (number(*name, "font-size") - 1.2 * drawn).abs() < 0.1));
    }
}

#[test]
fn starts_at_which_nothing_is_sent_can_be_left_out() {
    let (simulation, id) = simulated();
    let trace = simulation.trace().expect("it is traced");
    let whole = SpaceTime::new(trace).snapshot(id).to_svg().expect("a trace");
    let part = SpaceTime::new(trace).snapshot(id).without_starts().to_svg().expect("a trace");
    let (whole, part) = (Picture::read(&whole), Picture::read(&part));
    let (all, left) = (whole.events(), part.events());
    let hidden: Vec<_> = all.keys().filter(|event| !left.contains_key(event)).collect();
    assert_eq!(hidden, [&(0, 0), &(1, 0), &(2, 0)]);
    assert_eq!(whole.messages("in-flight"), part.messages("in-flight"));
    assert_eq!(whole.all("cut").len(), part.all("cut").len());
}

/// A cut right behind the starts is drawn all the same.
#[test]
fn a_cut_behind_hidden_starts_is_drawn() {
    let (simulation, _) = simulated();
    let trace = simulation.trace().expect("it is traced");
    let cut = consistent_cut::causality::Cut::new([1, 1, 1]);
    let svg = SpaceTime::new(trace).cut(&cut).without_starts().to_svg().expect("a trace");
    let picture = Picture::read(&svg);
    assert_eq!((picture.all("cut").len(), picture.all("before").len()), (1, 0));
}

#[test]
fn the_legend_can_be_left_out() {
    let (simulation, _) = simulated();
    let trace = simulation.trace().expect("it is traced");
    let svg = SpaceTime::new(trace).without_legend().to_svg().expect("a trace");
    assert!(Picture::read(&svg).all("legend").is_empty());
}

#[test]
fn the_legend_of_a_small_picture_is_a_third_of_it_at_most() {
    let (simulation, id) = simulated();
    let trace = simulation.trace().expect("it is traced");
    for window in [0..4, 3..9, 0..12] {
        let svg = SpaceTime::new(trace).snapshot(id).window(window.clone()).to_svg();
        let svg = svg.expect("it is in the run");
        let picture = Picture::read(&svg);
        let [legend] = picture.all("legend")[..] else { panic!("there is one legend") };
        let rule = legend.children().find(|child| child.has_tag_name("path")).expect("its line");
        let (_, top) = crate::picture::points(rule)[0];
        let height = number(picture.root(), "height");
        assert!(height - top < height / 3.0, "{window:?}: {top} of {height}");
    }
}

/// In milliseconds.
fn milliseconds(tick: &str) -> f64 {
    match tick {
        "0ns" => 0.0,
        tick => tick.trim_end_matches("ms").parse().expect("so many milliseconds"),
    }
}

#[test]
fn a_simulation_can_be_drawn_by_its_time() {
    let (simulation, id) = simulated();
    let trace = simulation.trace().expect("it is traced");
    let svg = SpaceTime::new(trace).snapshot(id).by_time().to_svg().expect("it has times");
    let picture = Picture::read(&svg);
    let ticks = picture.all("tick");
    let of_tick = |nth: usize| {
        let tick: roxmltree::Node<'_, '_> = ticks[nth];
        (milliseconds(tick.text().expect("a time")), number(tick, "x"))
    };
    let ((early, left), (late, right)) = (of_tick(0), of_tick(ticks.len() - 1));
    let x = |time: Duration| {
        let part = (time.as_secs_f64() * 1000.0 - early) / (late - early);
        left + part * (right - left)
    };
    let (places, mut exact) = (picture.events(), 0);
    for event in trace.events() {
        let due = x(trace.time_of(event).expect("a simulation has times"));
        let (at, _) = places[&(event.node.index(), event.nth)];
        assert!(at > due - 0.2, "{event:?} is at {at}, and its time at {due}");
        exact += usize::from((at - due).abs() < 0.2);
    }
    // Events that come right behind another event of the same node are drawn a little late.
    assert!(2 * exact > trace.events().len(), "{exact} of {}", trace.events().len());
}

#[test]
fn a_run_without_times_cannot_be_drawn_by_time() {
    let system = System::builder(Topology::ring(2).expect("two nodes are a ring")).traced();
    let system = system.spawn(|_| Account(1)).expect("two threads");
    system.inject(NodeId::new(0), 3).expect("it runs");
    system.shutdown().expect("no node fails");
    let trace = system.trace().expect("it is traced");
    assert_eq!(trace.time_of(&trace.events()[0]), None);
    let refused = SpaceTime::new(&trace).by_time().to_svg();
    assert_eq!(refused, Err(SpaceTimeError::NoTime));

    let (simulation, id) = simulated();
    let trace = simulation.trace().expect("it is traced");
    let witness = trace.witness(&trace.cut_of(id).expect("all have recorded"));
    let witness = witness.expect("a snapshot's cut is consistent");
    let refused = SpaceTime::rearranged(&witness).by_time().to_svg();
    assert_eq!(refused, Err(SpaceTimeError::NoTime));
}

#[test]
fn the_axis_says_order_where_there_is_no_time() {
    let axis = |svg: Result<String, SpaceTimeError>| {
        let svg = svg.expect("it is a trace");
        Picture::read(&svg).texts("time").join(" ")
    };
    let system = System::builder(Topology::ring(2).expect("two nodes are a ring")).traced();
    let system = system.spawn(|_| Account(1)).expect("two threads");
    system.shutdown().expect("no node fails");
    assert_eq!(axis(SpaceTime::new(&system.trace().expect("it is traced")).to_svg()), "order");

    let (simulation, id) = simulated();
    let trace = simulation.trace().expect("it is traced");
    let witness = trace.witness(&trace.cut_of(id).expect("all have recorded"));
    let witness = witness.expect("a snapshot's cut is consistent");
    assert_eq!(axis(SpaceTime::new(trace).to_svg()), "time");
    assert_eq!(axis(SpaceTime::new(trace).by_time().to_svg()), "time");
    assert_eq!(axis(SpaceTime::rearranged(&witness).to_svg()), "order");
}
