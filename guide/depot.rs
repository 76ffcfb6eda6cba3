use consistent_cut::{Context, Link, Process};

/// A parcel, and how many links it still has to travel.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parcel {
    hops_left: u32,
}

/// Sends parcels on round the ring, and stores those that have arrived.
struct Depot {
    stored: u64,
}

impl Process for Depot {
    type State = u64;
    type Message = Parcel;

    fn on_message(&mut self, _: Link, parcel: Parcel, ctx: &mut Context<'_, Parcel>) {
        match parcel.hops_left {
            0 => self.stored += 1,
            hops => ctx.send_on(ctx.out_links()[0], Parcel { hops_left: hops - 1 }),
        }
    }

    fn state(&self) -> u64 {
        self.stored
    }
}
