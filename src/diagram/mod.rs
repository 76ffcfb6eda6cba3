//! Pictures: runs in space and time, topologies, and what a snapshot holds.
//!
//! # A run in space and time
//!
//! With the feature `diagram`, [`SpaceTime`] draws the [trace](crate::causality::Trace) of a run as SVG: a lifeline for each node, time
//! from left to right, an arrow for each message. The order of the columns is the order of the trace. A
//! snapshot is drawn as its cut:
//!
//! ```
//! # #[cfg(feature = "diagram")] {
//! use consistent_cut::diagram::SpaceTime;
//! use consistent_cut::simulation::{AtRandom, Simulation};
//! use consistent_cut::{Context, Link, Process, Topology};
//!
//! struct Relay;
//!
//! impl Process for Relay {
//!     type State = ();
//!     type Message = u32;
//!
//!     fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
//!         ctx.send_on(ctx.out_links()[0], 5);
//!     }
//!
//!     fn on_message(&mut self, _: Link, hops: u32, ctx: &mut Context<'_, u32>) {
//!         if hops > 0 {
//!             ctx.send_on(ctx.out_links()[0], hops - 1);
//!         }
//!     }
//!
//!     fn state(&self) {}
//! }
//!
//! let mut simulation = Simulation::builder(Topology::ring(3)?).traced().start(|_| Relay)?;
//! simulation.run_by(&mut AtRandom::new(7), 12)?;
//! let id = simulation.begin_snapshot()?;
//! simulation.run_by(&mut AtRandom::new(8), 1000)?;
//!
//! let trace = simulation.trace().expect("it was asked for");
//! let svg = SpaceTime::new(trace)
//!     .snapshot(id)
//!     .label_events(|event| event.cause.to_string())
//!     .title("Three relays")
//!     .to_svg()?;
//! assert!(svg.starts_with("<svg") && svg.contains("snapshot 1"));
//!
//! // The same run with the cut straight: an execution in which all nodes record at the same moment.
//! let cut = trace.cut_of(id).expect("every node has recorded");
//! let witness = trace.witness(&cut)?;
//! let straight = SpaceTime::rearranged(&witness).snapshot(id).to_svg()?;
//! assert!(straight.contains("the same run rearranged"));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Write the text to a file and any browser shows it; `rsvg-convert -o run.png run.svg` makes an image of it.
//!
//! | sign | class | meaning |
//! |---|---|---|
//! | dot | `event` | a handler ran; filled if it is `before` the first cut, hollow if it is `after` |
//! | arrow | `message` | from the event that sent it to the one that received it |
//! | thick blue arrow on a light ground | `in-flight` | sent before the first cut, and received after it or not at all: what a right snapshot holds as its link's state |
//! | thick red arrow | `backward` | received before the first cut and sent after it: the cut is inconsistent, and a line above the picture says so |
//! | arrow with an open point, short of its target | `unreceived` | the run ended first |
//! | dotted arrow from or to a vertical border | `beyond` | sent before the window (`SpaceTime::window`), or received after it |
//! | short arrow from above | `outside` | [injected](crate::System::inject); when is not known, so it is never in flight |
//! | bent arrow | `parallel` | on a link beside which another leads the same way; on one that leads back to its node, a bow without the class |
//! | coloured square | `recording` | the node records its state |
//! | dashed arrow in the same colour | `marker` | from the recording of its link's source to where it arrives. One that makes its node record is bent past the line of the cut |
//! | line in the same colour | `cut` | through the recordings, or between the last event that the cut includes and the next; what the first one includes is tinted |
//!
//! A legend says so of the signs that occur. The colours are those of Okabe and Ito, which do not depend on how a viewer sees
//! colours, and nothing is told by colour alone. Where the mouse rests on a sign, a browser tells what it stands for. A style sheet can
//! change the look of any sign by its class. Texts are measured with DejaVu Sans in mind, as no font can be asked.
//!
//! Thirty nodes and some two hundred events make a picture that can still be read at its natural size; of a longer run, show
//! a window.
//!
//! # What a snapshot holds
//!
//! [`Dot`] writes a topology for Graphviz, and into it what a snapshot holds: states at the nodes, messages in flight at the links.
//!
#![cfg_attr(not(feature = "diagram"), doc = " [`SpaceTime`]: crate::diagram")]

mod dot;
#[cfg(feature = "diagram")]
mod space_time;

pub use dot::Dot;
#[cfg(feature = "diagram")]
pub use space_time::{SpaceTime, SpaceTimeError};
