//! The engine, shared by all workers.

use crate::core::Core;
use crate::event::Progress;
use crate::start::{self, Blueprint, StartFailure, Started};
use crate::worker::Worker;
use module_api::Services;
use script::program::Program;
use std::sync::Arc;

/// The engine. Cloning shares it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) core: Arc<Core>,
}

impl Engine {
    /// Starts all modules.
    ///
    /// # Errors
    /// The modules that did not start, and why.
    pub fn start(blueprint: Blueprint<'_>) -> Result<Started, Vec<StartFailure>> {
        start::start(blueprint)
    }

    /// A worker for one thread.
    pub fn worker(&self) -> Worker {
        Worker::new(&self.core)
    }

    /// How far start or stop have come.
    pub fn progress(&self) -> Progress {
        self.core.lifecycle.progress()
    }

    /// What modules share.
    pub fn services(&self) -> &Services {
        &self.core.services
    }

    /// Puts a new program in place of the current one. Messages and transactions under way keep theirs.
    pub fn reload(&self, program: Arc<Program>) {
        self.core.replace_program(self.core.load(program));
    }

    /// The program that runs for new messages.
    pub fn program(&self) -> Arc<Program> {
        Arc::clone(&self.core.program().program)
    }

    /// Whether anybody may hear an event: an `event_route`, or a subscriber.
    pub fn is_heard(&self, event: &str) -> bool {
        module_api::Listeners::listens(&*self.core, event)
    }

    /// How many transactions there are.
    pub fn transactions(&self) -> usize {
        self.core.table.count()
    }

    /// How much waits for answers.
    pub fn waiting(&self) -> usize {
        self.core.waiting.count()
    }

    /// How many promises are open: awaited and not fulfilled, or fulfilled and not awaited.
    pub fn promises(&self) -> usize {
        self.core.promises.count()
    }
}
