//! JSON of a snapshot that was changed by hand: each fault is refused, and the text names it.

use serde_json::{Value, json};

use crate::example::{self, Example};
use crate::formats::refusal;

/// Checks the text with which the example is refused after a change.
#[track_caller]
fn assert_refused(text: &str, change: impl FnOnce(&mut Value)) {
    let mut json = example::json();
    change(&mut json);
    assert_ne!(json, example::json(), "nothing was changed");
    assert_eq!(refusal::<Example>(&json), text);
}

fn list<'a>(json: &'a mut Value, pointer: &str) -> &'a mut Vec<Value> {
    json.pointer_mut(pointer).and_then(Value::as_array_mut).expect("a list stands there")
}

#[test]
fn the_example_is_read() {
    let read: Example = serde_json::from_value(example::json()).expect("nothing was changed");
    crate::formats::assert_same(&read, &example::snapshot());
}

/// Names stand there for a person alone.
#[test]
fn names_may_be_left_out() {
    let mut json = example::json();
    for (part, name) in [("/nodes/0", "name"), ("/links/1", "from"), ("/links/1", "to")] {
        json.pointer_mut(part).and_then(Value::as_object_mut).expect("a part").remove(name);
    }
    let read: Example = serde_json::from_value(json).expect("the numbers say it");
    crate::formats::assert_same(&read, &example::snapshot());
}

#[test]
fn a_message_that_is_gone_breaks_the_law() {
    let text = "snapshot 5 of life 2a breaks the channel law: link 0 from node 0 (a) to node 1 (b) \
                has 5 sent, 3 received, 1 recorded";
    assert_refused(text, |json| drop(list(json, "/links/0/messages").pop()));
    let text = "snapshot 5 of life 2a breaks the channel law: environment link of node 1 (b) has 0 \
                sent, 0 received, 1 recorded";
    assert_refused(text, |json| list(json, "/links/5/messages").push(json!("forged")));
}

#[test]
fn a_name_that_is_not_of_its_number_is_refused() {
    let text = "a name at link 0 from node 0 (a) to node 1 (b) is `b`, and the topology has `a`";
    assert_refused(text, |json| json["links"][0]["from"] = json["links"][1]["from"].clone());
    let text = "a name at link 0 from node 0 (a) to node 1 (b) is `a`, and the topology has `b`";
    assert_refused(text, |json| json["links"][0]["to"] = json["links"][1]["to"].clone());
    let text = "a name at node 0 (a) is `b`, and the topology has `a`";
    assert_refused(text, |json| json["nodes"][1]["node"] = json!(0));
    let text = "a failure is of node 2 (b), and the topology has node 2 (c): give the topology's \
                name, or none";
    assert_refused(text, |json| json["failures"][0]["node"]["name"] = json!("b"));
}

#[test]
fn each_node_stands_there_once() {
    let text =
        "node 1 (b) is out of order: put recorded nodes in the order of their ids, each once";
    assert_refused(text, |json| {
        let nodes = list(json, "/nodes");
        nodes.push(nodes[1].clone());
    });
    let text = "node 0 (a) has neither a state nor a failure: give it one of the two";
    assert_refused(text, |json| drop(list(json, "/nodes").remove(0)));
    let text = "node 2 (c) has more than one part: keep one state or one failure";
    assert_refused(text, |json| {
        let mut node = json["nodes"][1].clone();
        (node["node"], node["name"]) = (json!(2), json!("c"));
        list(json, "/nodes").push(node);
    });
}

#[test]
fn unknown_nodes_and_links_are_refused() {
    let text = "node 7 is not in the topology, which has 3 nodes: leave its parts out";
    assert_refused(text, |json| json["initiators"] = json!([7]));
    assert_refused(text, |json| {
        (json["nodes"][1]["node"], json["nodes"][1]["name"]) = (json!(7), json!("7"));
    });
    assert_refused(text, |json| json["failures"][0]["node"]["id"] = json!(7));
    let text = "link 7 is not in the topology, which has 3 nodes, 4 links";
    assert_refused(text, |json| {
        json["links"][6]["link"] = json!(7);
    });
}

#[test]
fn links_and_timers_stand_in_order() {
    let text = "in the place of link 2 from node 0 (a) to node 2 (c) stands a state of link 3: \
                sort the states by id, with the ends that the topology has";
    assert_refused(text, |json| list(json, "/links").swap(2, 3));
    let text = "there are states of 6 links, and the topology has 7, environment links included: \
                give each link one state";
    assert_refused(text, |json| drop(list(json, "/links").remove(3)));
    let text = "the timers of node 0 (a) are not in the order of their ids, each once: sort them";
    assert_refused(text, |json| list(json, "/nodes/0/timers").swap(0, 1));
}

#[test]
fn numbers_that_cannot_be_are_refused() {
    let text = "snapshot 5 of life 2a is above snapshot 4 of life 2a, the highest id given out: \
                raise the highest id";
    assert_refused(text, |json| json["highest_id"]["number"] = json!(4));
    let text = "snapshot 5 of life 2b is above snapshot 6 of life 2a, the highest id given out: \
                raise the highest id";
    assert_refused(text, |json| json["id"]["life"] = json!(0x2b));
    let text = "a snapshot's number is below 2^36 and its life at most 268435455, but these are \
                68719476736 and 42";
    assert_refused(text, |json| json["id"]["number"] = json!(1_u64 << 36));
    let text = "a snapshot's number is below 2^36 and its life at most 268435455, but these are 6 \
                and 268435456";
    assert_refused(text, |json| json["highest_id"]["life"] = json!(1_u32 << 28));
    let text = "node 0 (a) has emitted 0 messages, and 1 were not taken: raise the count";
    assert_refused(text, |json| json["nodes"][0]["emitted"] = json!(0));
    let text = "node 1 (b) drains its in-links and has not stopped: mark it as stopped too";
    assert_refused(text, |json| json["nodes"][1]["stopped"] = json!(false));
    let text = "invalid value: integer `-1`, expected u64";
    assert_refused(text, |json| json["links"][0]["sent"] = json!(-1));
}

/// Parts that are right among themselves and do not fit the topology.
#[test]
fn another_topology_is_refused() {
    let text = "a link has an end at `d`, which is not among the nodes";
    assert_refused(text, |json| json["topology"]["links"][2][1] = json!("d"));
    let text = "node 0 and node 2 are both named `a`: give each node a name of its own";
    assert_refused(text, |json| json["topology"]["nodes"][2] = json!("a"));
    let text = "a name at node 1 (c) is `b`, and the topology has `c`";
    assert_refused(text, |json| list(json, "/topology/nodes").swap(1, 2));
    let text = "a name at link 1 from node 0 (a) to node 2 (c) is `b`, and the topology has `a`";
    assert_refused(text, |json| list(json, "/topology/links").swap(1, 2));
}

#[test]
fn a_field_that_is_missing_or_of_another_type_is_named() {
    assert_refused("missing field `highest_id`", |json| {
        json.as_object_mut().expect("an object").remove("highest_id");
    });
    assert_refused("invalid type: string \"12\", expected u32", |json| {
        json["nodes"][0]["state"] = json!("12");
    });
}
