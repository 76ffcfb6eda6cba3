//! Pictures of runs in space and time, of topologies, and of the contents of a snapshot.
//!
//! # A run in space and time
//!
//! With the feature `diagram`, [`SpaceTime`] draws the [trace](crate::causality::Trace) of a run as
//! SVG: a lifeline for each node, time from left to right, an arrow for each message. A snapshot is
//! drawn as its cut. Here three nodes pass letters round, and count what they receive:
//!
//! ```
//! # #[cfg(feature = "diagram")] {
//! use consistent_cut::diagram::SpaceTime;
//! use consistent_cut::simulation::{AtRandom, Simulation};
//! use consistent_cut::{Context, Link, Process, Topology};
//!
//! struct Relay {
//!     received: u32,
//! }
//!
//! impl Process for Relay {
//!     type State = u32;
//!     type Message = char;
//!
//!     fn on_start(&mut self, ctx: &mut Context<'_, char>) {
//!         ctx.send_on(ctx.out_links()[0], 'a');
//!     }
//!
//!     fn on_message(&mut self, _: Link, letter: char, ctx: &mut Context<'_, char>) {
//!         self.received += 1;
//!         if letter < 'c' {
//!             ctx.send_on(ctx.out_links()[0], (letter as u8 + 1).into());
//!         }
//!     }
//!
//!     fn state(&self) -> u32 {
//!         self.received
//!     }
//! }
//!
//! let builder = Simulation::builder(Topology::ring(3)?).traced_with_texts();
//! let mut simulation = builder.start(|_| Relay { received: 0 })?;
//! simulation.run_by(&mut AtRandom::new(7), 9)?;
//! let id = simulation.begin_snapshot()?;
//! simulation.run_by(&mut AtRandom::new(8), 100)?;
//!
//! let trace = simulation.trace()?;
//! let svg = SpaceTime::new(trace).snapshot(id).title("Three relays").width(800).to_svg()?;
//! # assert_eq!(svg, include_str!("pictures/relays.svg").replace('\r', "").trim_end());
//!
//! // The same run with the cut straight: in this execution all nodes record at one moment.
//! let cut = trace.cut_of(id).expect("every node has recorded");
//! let witness = trace.witness(&cut)?;
//! let straight = SpaceTime::rearranged(&witness).snapshot(id).to_svg()?;
//! # assert!(straight.contains("the same run rearranged"));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The first of the two pictures:
//!
#![doc = include_str!("pictures/relays.svg")]
//!
//! Write the text to a file, and any browser shows it. `rsvg-convert -o run.png run.svg` makes an
//! image of it. A system on threads is drawn the same way, from its [trace](crate::System::trace)
//! after the shutdown.
//!
//! ## Labels
//!
//! A run that was [traced with texts](crate::SystemBuilder::traced_with_texts) has labels, [in a
//! simulation](crate::simulation::SimulationBuilder::traced_with_texts) as on threads. They are the
//! texts that `Debug` prints: at each message its content, and below the line of each node the
//! node's state after the event. `SpaceTime::label_events` and `label_messages` write other labels;
//! [`Trace::state_text`] and [`Trace::message_text`] give them the texts. A picture is stretched
//! until no label lies on another, as far as stretching helps.
//!
//! ## The axis
//!
//! Each event has a column of its own, in the order of the trace. In a simulation this is the order
//! in which the events happened, and the axis says *time*; `SpaceTime::by_time` draws the run to
//! scale. Nodes on threads have no time in common: their trace is one order in which the events
//! could have happened, and the axis says *order*.
//!
//! ## Signs
//!
//! | sign | class | meaning |
//! |---|---|---|
//! | dot | `event` | a handler ran; filled if it is `before` the first cut, hollow if it is `after` |
//! | arrow | `message` | from the event that sent the message to the event that received it |
//! | thick blue arrow on a light ground | `in-flight` | the message was sent before the first cut, and received after it or not at all: a right snapshot holds it in its link's state |
//! | thick red arrow | `backward` | the message was received before the first cut and sent after it: the cut is inconsistent, and a line above the picture says so |
//! | arrow with an open point, short of its target | `unreceived` | the run ended first |
//! | dotted arrow from or to a vertical border | `beyond` | the message was sent before the window (`SpaceTime::window`), or received after it |
//! | short arrow from above | `outside` | the message was [injected](crate::System::inject); the time of the injection is not known, so it is never in flight |
//! | bent arrow | `parallel` | the message is on a link beside which another link leads the same way. A message on a link that leads back to its node is a bow without the class |
//! | coloured square | `recording` | the node records its state |
//! | dashed arrow in the same colour | `marker` | from the recording of its link's source to the place where the marker arrives. A marker that makes its node record is bent past the line of the cut |
//! | line in the same colour | `cut` | through the recordings, or between the last event that the cut includes and the next event. The part that the first cut includes is tinted |
//!
//! A legend explains the signs that occur (`SpaceTime::without_legend` leaves it out). The colours
//! are those of Okabe and Ito, which people with any kind of colour vision tell apart, and nothing
//! is told by colour alone. A browser explains a sign when the mouse rests on it. A style sheet can
//! change the look of any sign by its class. The width of a text is estimated for the font DejaVu
//! Sans, as the picture's reader cannot be asked which font it uses.
//!
//! A picture of thirty nodes and some two hundred events can still be read at its natural size. Of
//! a longer run, show a window. `SpaceTime::width` and `font_size` make a picture fit into a page,
//! and `without_starts` leaves out the starts of nodes.
//!
//! # A snapshot as a graph
//!
//! [`Dot`] writes a topology for Graphviz. It can add the contents of a snapshot: states at the
//! nodes, and messages in flight at the links.
//!
//! [`Trace::state_text`]: crate::causality::Trace::state_text
//! [`Trace::message_text`]: crate::causality::Trace::message_text
#![cfg_attr(not(feature = "diagram"), doc = " [`SpaceTime`]: crate::diagram")]

mod dot;
#[cfg(feature = "diagram")]
mod space_time;

pub use dot::Dot;
#[cfg(feature = "diagram")]
pub use space_time::{SpaceTime, SpaceTimeError};
