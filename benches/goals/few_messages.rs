//! Workloads with few messages or slow handlers, in which there is nothing to batch.

use std::thread::sleep;
use std::time::Duration;

use crate::goal::{Goals, Wanted};
use crate::support::by_hand::OneByOne;
use crate::support::figures::{median, speed, time};
use crate::support::slow_stages::{ByHand, OnASystem};
use crate::support::workload::{Capacity, Workload};
use crate::support::{by_hand, on_a_system, round_trips};

pub(crate) fn measure(goals: &mut Goals) {
    let (two, hops) = (Workload::TWO_NODES, goals.scaled(300_000));
    goals.ratio(
        &two.to_string(),
        Wanted::AtLeast(0.8),
        || by_hand::run::<OneByOne>(two, Capacity::DEFAULT, hops),
        || on_a_system::run(two, Capacity::DEFAULT, hops),
    );
    let trips = goals.scaled(50_000);
    goals.ratio(
        "hub of 256 in-links, one active",
        Wanted::AtLeast(1.0),
        || round_trips::by_hand(trips),
        || round_trips::on_a_system(trips),
    );
    slow(goals);
    idle(goals);
}

fn slow(goals: &mut Goals) {
    const NAME: &str = "four stages whose handlers sleep 1 ms";
    if !goals.wants(NAME) {
        return;
    }
    let (messages, takes) = (goals.scaled(100), Duration::from_millis(1));
    let (by_hand, system) = (ByHand::start(4, takes), OnASystem::start(4, takes));
    let sent = |send: &dyn Fn()| {
        speed(|| {
            send();
            messages
        })
    };
    goals.ratio(
        NAME,
        Wanted::AtLeast(0.98),
        || sent(&|| by_hand.send(messages)),
        || sent(&|| system.send(messages)),
    );
    by_hand.stop();
}

fn idle(goals: &mut Goals) {
    const NAME: &str = "time of one message through an idle pipeline of 8";
    if !goals.wants(NAME) {
        return;
    }
    let messages = goals.scaled(200);
    let (by_hand, system) = (ByHand::start(8, Duration::ZERO), OnASystem::start(8, Duration::ZERO));
    // Every thread sleeps when the next message comes.
    let single = |send: &dyn Fn()| {
        sleep(Duration::from_micros(200));
        time(send)
    };
    let middle = |send: &dyn Fn()| median(&(0..messages).map(|_| single(send)).collect::<Vec<_>>());
    goals.ratio(
        NAME,
        Wanted::AtMost(1.2),
        || middle(&|| by_hand.send(1)),
        || middle(&|| system.send(1)),
    );
    by_hand.stop();
}
