//! A snapshot as JSON for a person to read: names stand beside numbers.

use std::time::Duration;

use consistent_cut::simulation::{Latency, Simulation, Step};
use consistent_cut::{Context, Link, NodeId, Process, TimerId, Topology};
use serde::Serialize;

use crate::ids::{link, node};

/// The stock of a shop, and the orders that it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
struct Stock {
    coffee: u32,
    open_orders: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mail {
    Order(u32),
    Delivery { coffee: u32 },
}

impl Process for Stock {
    type State = Stock;
    type Message = Mail;

    fn on_start(&mut self, ctx: &mut Context<'_, Mail>) {
        if ctx.name() == Some("shop") {
            ctx.send(node(1), Mail::Order(12));
            ctx.send(node(1), Mail::Order(5));
            self.open_orders = vec!["12 bags".to_owned(), "5 bags".to_owned()];
            ctx.set_timer(TimerId::new(1), Duration::from_millis(1500));
        }
    }

    fn on_message(&mut self, _: Link, mail: Mail, ctx: &mut Context<'_, Mail>) {
        if let Mail::Order(coffee) = mail {
            self.coffee -= coffee;
            ctx.send(node(0), Mail::Delivery { coffee });
            ctx.emit(mail);
        }
    }

    fn state(&self) -> Stock {
        self.clone()
    }
}

fn simulation() -> Simulation<Stock> {
    let topology = Topology::from_named_links([("shop", "depot"), ("depot", "shop")]);
    let builder = Simulation::builder(topology.expect("two nodes")).link_capacity(link(0), 8);
    let builder = builder.latency(Latency::Constant(Duration::from_millis(2)));
    let start = |at: NodeId| Stock { coffee: 100 * at.index() as u32, open_orders: Vec::new() };
    builder.start(start).expect("no setting is wrong")
}

#[test]
fn a_person_can_read_a_snapshot() {
    let mut simulation = simulation();
    simulation.inject(node(0), Mail::Order(1)).expect("it is up");
    simulation.step(Step::Deliver(link(0))).expect("an order is under way");
    simulation.step(Step::Handle(node(1))).expect("an order is there");
    simulation.begin_snapshot().expect("no node has failed");
    let is_reading = |step: &&Step| !matches!(step, Step::Handle(_) | Step::Fire(_));
    simulation
        .run_by(&mut |_: &_, enabled: &[Step]| enabled.iter().find(is_reading).copied(), 100)
        .expect("each step is possible");
    let text = serde_json::to_string_pretty(&*simulation.snapshots()[0]).expect("it is written");
    assert_eq!(text, EXPECTED);
}

const EXPECTED: &str = r#"{
  "id": {
    "number": 1,
    "life": 0
  },
  "highest_id": {
    "number": 1,
    "life": 0
  },
  "edited": false,
  "topology": {
    "nodes": [
      "shop",
      "depot"
    ],
    "links": [
      [
        "shop",
        "depot"
      ],
      [
        "depot",
        "shop"
      ]
    ]
  },
  "initiators": [
    0
  ],
  "nodes": [
    {
      "node": 0,
      "name": "shop",
      "state": {
        "coffee": 0,
        "open_orders": [
          "12 bags",
          "5 bags"
        ]
      },
      "stopped": false,
      "drains": false,
      "timers": [
        {
          "timer": 1,
          "remaining": {
            "secs": 1,
            "nanos": 498000000
          },
          "overdue": {
            "secs": 0,
            "nanos": 0
          }
        }
      ],
      "emitted": 0,
      "untaken": []
    },
    {
      "node": 1,
      "name": "depot",
      "state": {
        "coffee": 88,
        "open_orders": []
      },
      "stopped": false,
      "drains": false,
      "timers": [],
      "emitted": 1,
      "untaken": [
        {
          "order": 12
        }
      ]
    }
  ],
  "failures": [],
  "links": [
    {
      "link": 0,
      "from": "shop",
      "to": "depot",
      "sent": 2,
      "received": 1,
      "acknowledged": 1,
      "capacity": 8,
      "messages": [
        {
          "order": 5
        }
      ]
    },
    {
      "link": 1,
      "from": "depot",
      "to": "shop",
      "sent": 1,
      "received": 0,
      "acknowledged": 0,
      "capacity": null,
      "messages": [
        {
          "delivery": {
            "coffee": 12
          }
        }
      ]
    },
    {
      "link": 2,
      "from": "environment",
      "to": "shop",
      "sent": 1,
      "received": 0,
      "acknowledged": 0,
      "capacity": null,
      "messages": [
        {
          "order": 1
        }
      ]
    },
    {
      "link": 3,
      "from": "environment",
      "to": "depot",
      "sent": 0,
      "received": 0,
      "acknowledged": 0,
      "capacity": null,
      "messages": []
    }
  ],
  "timings": {
    "began": {
      "secs": 0,
      "nanos": 2000000
    },
    "nodes": [
      {
        "node": 0,
        "start_delay": {
          "secs": 0,
          "nanos": 0
        },
        "marker_span": {
          "secs": 0,
          "nanos": 4000000
        },
        "messages": 2
      },
      {
        "node": 1,
        "start_delay": {
          "secs": 0,
          "nanos": 2000000
        },
        "marker_span": {
          "secs": 0,
          "nanos": 0
        },
        "messages": 1
      }
    ],
    "ended": {
      "secs": 0,
      "nanos": 6000000
    }
  }
}"#;
