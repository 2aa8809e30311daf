//! How a function that must wait says so.

use crate::{Answer, Call, Env, Fault, Request};

/// What runs when the answer is there.
pub type Then = Box<dyn for<'a, 'b> FnOnce(&'a mut Call<'b>, Answer) -> Flow + Send>;
/// The same outside a message.
pub type ThenJob = Box<dyn for<'a, 'b> FnOnce(&'a mut Env<'b>, Answer) -> Job + Send>;

/// What a script function does next.
pub enum Flow {
    /// It is finished: its return code or fault.
    Done(Result<i32, Fault>),
    /// It asks a backend; the message is put aside and goes on with the answer, perhaps in another thread.
    Wait(Request, Then),
}

impl Flow {
    /// Waits for the answer to `request`, then goes on with `then`, which keeps the locals it captured.
    pub fn wait(
        request: Request,
        then: impl for<'a, 'b> FnOnce(&'a mut Call<'b>, Answer) -> Flow + Send + 'static,
    ) -> Flow {
        Flow::Wait(request, Box::new(then))
    }

    /// Finished with a return code.
    pub const fn done(code: i32) -> Flow {
        Flow::Done(Ok(code))
    }
}

impl From<Result<i32, Fault>> for Flow {
    fn from(outcome: Result<i32, Fault>) -> Flow {
        Flow::Done(outcome)
    }
}

/// Work outside a message: at start, at stop, on a timer, in the background of a call.
pub enum Job {
    /// It is finished. A fault is logged; at start-up it stops the server.
    Done(Result<(), Fault>),
    /// It asks a backend and goes on with the answer.
    Wait(Request, ThenJob),
}

impl Job {
    /// Nothing (more) to do.
    pub const DONE: Job = Job::Done(Ok(()));

    /// Waits for the answer to `request`, then goes on with `then`.
    pub fn wait(
        request: Request,
        then: impl for<'a, 'b> FnOnce(&'a mut Env<'b>, Answer) -> Job + Send + 'static,
    ) -> Job {
        Job::Wait(request, Box::new(then))
    }
}
