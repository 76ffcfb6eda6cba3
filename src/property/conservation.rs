//! Quantities that are conserved, and tokens that get lost.

use std::fmt::Debug;
use std::iter::Sum;

use super::census::Census;
use super::invariant::Invariant;
use super::stable::StableProperty;
use super::verdict::Verdict;
use crate::id::NodeId;
use crate::snapshot::GlobalSnapshot;

/// *Conservation*: the `total` of a quantity (money, tokens, work) at nodes and in flight together
/// never changes.
///
/// `in_state` and `in_message` tell how much a node's state and a message hold. `Q` may be any type
/// that can be summed and compared; choose one that has room for the sum, which `Sum` adds up.
///
/// # Model
///
/// Every handler leaves as much as it found: it keeps or sends the quantity that its message
/// brings, and makes no more of it. So no handler changes the total, and neither does the travel of
/// a message: the total is an invariant. [`inject`](crate::System::inject) adds to the total. A
/// failed node takes away what it had, and what was in flight to it.
///
/// A total proves less than it may seem. It shows messages that are lost or doubled at the cut, but
/// no reordering.
///
/// ```
/// use consistent_cut::property::{Check, conserved};
/// # use consistent_cut::{Context, Link, Process, System, Topology};
/// # struct Account(i64);
/// # impl Process for Account {
/// #     type State = i64;
/// #     type Message = i64;
/// #     fn on_start(&mut self, ctx: &mut Context<'_, i64>) { self.pay(ctx) }
/// #     fn on_message(&mut self, _: Link, money: i64, ctx: &mut Context<'_, i64>) {
/// #         self.0 += money;
/// #         self.pay(ctx)
/// #     }
/// #     fn state(&self) -> i64 { self.0 }
/// # }
/// # impl Account {
/// #     fn pay(&mut self, ctx: &mut Context<'_, i64>) {
/// #         self.0 -= 7;
/// #         ctx.send_on(ctx.out_links()[0], 7);
/// #     }
/// # }
///
/// // Accounts with 100 each that pay each other; a message is the money that it brings.
/// let system = System::builder(Topology::ring(4)?).spawn(|_| Account(100))?;
/// let money = conserved("money", 400, |_, balance: &i64| *balance, |paid: &i64| *paid);
/// let check = system.check(&money)?;
/// assert!(matches!(check, Check::Held(_)), "{check}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn conserved<S, M, Q>(
    name: impl Into<String>,
    total: Q,
    in_state: impl Fn(NodeId, &S) -> Q + Send + Sync + 'static,
    in_message: impl Fn(&M) -> Q + Send + Sync + 'static,
) -> Invariant<S, M>
where
    Q: Clone + Sum + PartialEq + Debug + Send + Sync + 'static,
{
    Invariant::with_reason(name, move |snapshot| {
        difference(&Census::take(snapshot, &in_state, &in_message), &total)
    })
}

/// [`conserved`] for tests: panics if the snapshot does not hold this `total`, and says where
/// everything is.
///
/// # Panics
/// If the total differs.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a total is written down on the spot")]
pub fn assert_conserved<S, M, Q>(
    snapshot: &GlobalSnapshot<S, M>,
    total: Q,
    in_state: impl Fn(NodeId, &S) -> Q,
    in_message: impl Fn(&M) -> Q,
) where
    Q: Clone + Sum + PartialEq + Debug,
{
    if let Err(difference) = difference(&Census::take(snapshot, in_state, in_message), &total) {
        // An assertion, for tests.
        panic!("not conserved in {}: {difference}", snapshot.id());
    }
}

fn difference<Q>(census: &Census<Q>, total: &Q) -> Result<(), String>
where
    Q: Clone + Sum + PartialEq + Debug,
{
    let found = census.total();
    if found == *total {
        return Ok(());
    }
    Err(format!("there should be {total:?}, and there is {found:?} ({census})"))
}

/// *Token loss*: fewer tokens are left, at nodes and in flight together, than there were.
///
/// `in_state` and `in_message` tell how many tokens a node's state and a message hold; `tokens` is
/// the number that there was.
///
/// # Model
///
/// No handler makes a token: it keeps, sends or loses the tokens of its node and of its message. No
/// token is injected from outside. Nodes may stop, which leaves their tokens where they are, and
/// fail, which loses them.
///
/// # Proof that it is stable
///
/// Let fewer than `tokens` be left. A handler leaves at most as many as it found in its node's
/// state and in its message. A message that travels is the same message. A node that stops leaves
/// everything where it is, and a node that fails takes tokens away. So no event adds a token. The
/// check is one pass over nodes and messages.
///
/// ```
/// use consistent_cut::property::{Detection, token_lost};
/// # use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
/// # struct Holder(bool);
/// # impl Process for Holder {
/// #     type State = bool;
/// #     type Message = ();
/// #     fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
/// #         if ctx.id().index() < 2 { ctx.send_on(ctx.out_links()[0], ()) }
/// #     }
/// #     fn state(&self) -> bool { self.0 }
/// # }
///
/// // One token goes round, as a message or in a node's hand; node 2 drops it.
/// let system = System::builder(Topology::ring(3)?).spawn(|_| Holder(false))?;
/// system.inject(NodeId::new(0), ())?;
/// let lost = token_lost(1, |_, has_token: &bool| u64::from(*has_token), |(): &()| 1);
/// loop {
///     match system.detect(&lost)? {
///         Detection::HoldsNow(finding) => break println!("{}", finding.reason),
///         Detection::DidNotHoldAtStart(_) => {} // it was there when the snapshot began
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn token_lost<S, M>(
    tokens: u64,
    in_state: impl Fn(NodeId, &S) -> u64 + Send + Sync + 'static,
    in_message: impl Fn(&M) -> u64 + Send + Sync + 'static,
) -> StableProperty<S, M> {
    StableProperty::with_reason("token lost", move |snapshot| {
        let census = Census::take(snapshot, &in_state, &in_message);
        let left = census.total();
        let found = format!("{left} of {tokens} tokens are left ({census})");
        Verdict::of(left < tokens, found)
    })
}
