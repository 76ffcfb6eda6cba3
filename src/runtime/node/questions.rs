//! Callers that wait for a reply.

use std::sync::Arc;
use std::time::Instant;

use crate::id::{NodeId, ReplyTo, SnapshotId};
use crate::panics::discard;
use crate::sync::{Condvar, Mutex};

/// The open questions of a system.
pub(crate) struct Questions<M> {
    open: Mutex<Open<M>>,
}

struct Open<M> {
    /// The id of the next question. It tells this system's questions from those of a restored
    /// snapshot.
    next: SnapshotId,
    /// By id. For each there is a caller that waits in its thread, so they are few.
    asked: Vec<Asked<M>>,
    /// Whether no reply comes any more.
    is_closed: bool,
}

struct Asked<M> {
    id: ReplyTo,
    node: NodeId,
    answer: Arc<Answer<M>>,
}

/// The place to which a reply goes.
struct Answer<M> {
    state: Mutex<State<M>>,
    changed: Condvar,
}

enum State<M> {
    Open,
    Answered(M),
    Lost,
}

/// How a question has ended.
pub(crate) enum Ended<M> {
    Answered(M),
    /// The asked node has failed, or the system has ended.
    Lost,
    TimedOut,
}

impl<M> Questions<M> {
    /// Makes the questions of a system. `first` is the id of its first snapshot.
    pub(crate) fn new(first: SnapshotId) -> Self {
        let open = Open { next: first, asked: Vec::new(), is_closed: false };
        Questions { open: Mutex::new(open) }
    }

    /// Opens a question of a caller to a node.
    pub(crate) fn open(&self, node: NodeId) -> Question<'_, M> {
        let mut open = self.open.lock();
        let state = Mutex::new(if open.is_closed { State::Lost } else { State::Open });
        let answer = Arc::new(Answer { state, changed: Condvar::default() });
        let id = ReplyTo::new(open.next.get());
        open.next = SnapshotId::new(open.next.number() + 1).in_life(open.next.life());
        if !open.is_closed {
            debug_assert!(open.asked.last().is_none_or(|last| last.id < id), "by id");
            open.asked.push(Asked { id, node, answer: Arc::clone(&answer) });
        }
        drop(open);
        Question { id, questions: self, answer }
    }

    /// Delivers a reply. Only the first reply counts. A reply for which no caller waits is dropped.
    pub(crate) fn answer(&self, to: ReplyTo, message: M) {
        let asked = self.open.lock().take(to);
        match asked {
            // The caller may have given up meanwhile.
            Some(asked) => discard(asked.answer.settle(State::Answered(message))),
            None => discard(message),
        }
    }

    /// The node has failed: callers that have asked it stop waiting.
    pub(crate) fn node_failed(&self, node: NodeId) {
        let lost = {
            let mut open = self.open.lock();
            let all = std::mem::take(&mut open.asked).into_iter();
            let (lost, left) = all.partition(|asked| asked.node == node);
            open.asked = left;
            lost
        };
        lose(lost);
    }

    /// Ends all waits: no reply comes any more.
    pub(crate) fn close(&self) {
        let lost = {
            let mut open = self.open.lock();
            open.is_closed = true;
            std::mem::take(&mut open.asked)
        };
        lose(lost);
    }
}

impl<M> Open<M> {
    /// Takes out a question, if it is still here.
    fn take(&mut self, id: ReplyTo) -> Option<Asked<M>> {
        let place = self.asked.binary_search_by_key(&id, |asked| asked.id).ok()?;
        Some(self.asked.remove(place))
    }
}

/// Ends waits without a reply.
fn lose<M>(asked: Vec<Asked<M>>) {
    asked.into_iter().for_each(|asked| drop(asked.answer.settle(State::Lost)));
}

/// A question that is open until this is dropped.
pub(crate) struct Question<'a, M> {
    pub(crate) id: ReplyTo,
    questions: &'a Questions<M>,
    answer: Arc<Answer<M>>,
}

impl<M> Question<'_, M> {
    /// Waits for the reply, at most until the deadline.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Ended<M> {
        let mut state = self.answer.state.lock();
        loop {
            match std::mem::replace(&mut *state, State::Lost) {
                State::Answered(message) => return Ended::Answered(message),
                State::Lost => return Ended::Lost,
                State::Open => *state = State::Open,
            }
            match deadline {
                None => self.answer.changed.wait(&mut state),
                Some(deadline) => {
                    let is_late = self.answer.changed.wait_until(&mut state, deadline);
                    if is_late && matches!(*state, State::Open) {
                        return Ended::TimedOut;
                    }
                }
            }
        }
    }
}

impl<M> Drop for Question<'_, M> {
    fn drop(&mut self) {
        let asked = self.questions.open.lock().take(self.id);
        drop(asked);
        discard(self.answer.give_up());
    }
}

impl<M> Answer<M> {
    /// Ends the wait of the caller. Hands `settled` back if the caller has given up: neither side
    /// may leave a reply to the last `Arc`, whose drop would let a panic of the user's through.
    fn settle(&self, settled: State<M>) -> Option<State<M>> {
        let mut state = self.state.lock();
        if !matches!(*state, State::Open) {
            return Some(settled);
        }
        *state = settled;
        drop(state);
        self.changed.notify_all();
        None
    }

    /// Takes no reply from now on. Returns the reply that has come too late, if there is one.
    fn give_up(&self) -> State<M> {
        std::mem::replace(&mut *self.state.lock(), State::Lost)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{Ended, Questions};
    use crate::id::{NodeId, ReplyTo, SnapshotId};
    use crate::sync::{model, spawn};

    fn questions() -> Questions<u64> {
        Questions::new(SnapshotId::new(1))
    }

    fn answered(ended: &Ended<u64>) -> Option<u64> {
        match ended {
            Ended::Answered(number) => Some(*number),
            Ended::Lost => None,
            Ended::TimedOut => panic!("nothing was late"),
        }
    }

    /// The event that comes first counts, and wakes the caller.
    #[test]
    fn a_caller_is_woken_by_the_answer_or_the_end() {
        model(|| {
            let questions = Arc::new(questions());
            let answering = Arc::clone(&questions);
            let asked = questions.open(NodeId::new(0));
            let id = asked.id;
            let node = spawn("node".to_owned(), None, move || answering.answer(id, 7));
            questions.close();
            assert!([None, Some(7)].contains(&answered(&asked.wait(None))));
            node.expect("a thread").join().expect("no assertion fails");
        });
    }

    #[test]
    fn each_question_has_its_own_answer_and_leaves_nothing_behind() {
        model(|| {
            let questions = questions();
            let [first, second, third] = [0, 1, 0].map(|node| questions.open(NodeId::new(node)));
            assert_ne!(first.id, second.id);
            questions.answer(second.id, 2);
            questions.answer(second.id, 3);
            questions.answer(ReplyTo::new(u64::MAX), 4);
            questions.node_failed(NodeId::new(0));
            let ended = [first, second, third].map(|question| answered(&question.wait(None)));
            assert_eq!(ended, [None, Some(2), None]);
            assert!(questions.open.lock().asked.is_empty());
            drop(questions.open(NodeId::new(0)));
            assert!(questions.open.lock().asked.is_empty());
            questions.close();
            assert_eq!(answered(&questions.open(NodeId::new(0)).wait(None)), None);
            assert!(questions.open.lock().asked.is_empty());
        });
    }
    /// Counts its drops, and panics in each.
    struct Mine(u64, Arc<AtomicUsize>);

    impl Drop for Mine {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::Relaxed);
            panic!("a mine");
        }
    }

    /// The node or the caller drops the reply, once. The panic of that drop reaches neither, and
    /// the next question gets its own reply.
    #[test]
    fn a_reply_to_a_caller_that_gives_up_harms_neither() {
        model(|| {
            let questions = Arc::new(Questions::new(SnapshotId::new(1)));
            let drops = Arc::new(AtomicUsize::new(0));
            let asked = questions.open(NodeId::new(0));
            let (answering, id) = (Arc::clone(&questions), asked.id);
            let mine = Mine(1, Arc::clone(&drops));
            let node = spawn("node".to_owned(), None, move || answering.answer(id, mine));
            drop(asked);
            node.expect("a thread").join().expect("the panic ends in the crate");
            assert_eq!(drops.load(Ordering::Relaxed), 1);
            assert!(questions.open.lock().asked.is_empty());

            let next = questions.open(NodeId::new(0));
            questions.answer(next.id, Mine(2, Arc::clone(&drops)));
            let Ended::Answered(mine) = next.wait(None) else { panic!("it was answered") };
            assert_eq!(mine.0, 2);
            std::mem::forget(mine);
            drop(next);
            assert_eq!(drops.load(Ordering::Relaxed), 1);
        });
    }
}
