//! Dialogs as other modules see them.

use super::create::create;
use super::ending::end;
use super::keeper::Keeper;
use super::matching::find_and_pass;
use super::options::Options;
use super::record::Dialog;
use super::store::Change;
use bytes::Bytes;
use catalogue::Value;
use module_api::{Call, DialogHandle, DialogLeg, DialogState, DialogTimes, Dialogs, Direction, Env, Fault, State};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// The module, for others.
pub struct Service(pub Arc<Keeper>);

impl Dialogs for Service {
    fn create(&self, call: &mut Call<'_>) -> Result<Arc<dyn DialogHandle>, Fault> {
        Ok(create(&self.0, call, Options::default())?)
    }

    fn create_with(&self, call: &mut Call<'_>, flags: &str) -> Result<Arc<dyn DialogHandle>, Fault> {
        Ok(create(&self.0, call, Options::parse(flags)?)?)
    }

    fn routed(&self, call: &mut Call<'_>) {
        let state: State = Arc::clone(&self.0) as State;
        let mut call = Call { env: call.env.reborrow(), msg: &mut *call.msg, kind: call.kind, module: &state };
        if call.msg.message.to_tag().is_some() {
            find_and_pass(&self.0, &mut call, self.0.config.mode);
        }
    }

    fn find(&self, call_id: &[u8]) -> Option<Arc<dyn DialogHandle>> {
        let found = self.0.table.with_call_id(call_id).into_iter().next()?;
        Some(found)
    }

    fn set_lifetime(&self, env: &mut Env<'_>, dialog: &dyn DialogHandle, lifetime: Duration) {
        if let Some(dialog) = self.own(dialog) {
            set_lifetime(&self.0, env, &dialog, lifetime);
        }
    }

    fn end(&self, env: &mut Env<'_>, dialog: &dyn DialogHandle, reason: &'static str) {
        let Some(dialog) = self.own(dialog) else { return };
        if let Err(fault) = end(&self.0, env, &dialog, reason, b"") {
            env.log().warning(format!("dialog {}: {fault}", dialog.id.text()));
        }
    }
}

impl Service {
    fn own(&self, dialog: &dyn DialogHandle) -> Option<Arc<Dialog>> {
        self.0.table.get(dialog.as_any().downcast_ref::<Dialog>()?.id)
    }
}

/// Gives a dialog this long: from the answer on, or from now on where it is answered.
pub fn set_lifetime(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>, lifetime: Duration) {
    {
        let mut inner = dialog.lock();
        inner.lifetime = lifetime;
        if inner.is_confirmed() {
            inner.expires = env.now + lifetime;
        }
    }
    keeper.table.schedule(dialog);
    if let Some(store) = &keeper.store {
        store.changed(keeper, env, dialog, Change::State);
    }
}

impl DialogHandle for Dialog {
    fn did(&self) -> String {
        self.id.text()
    }

    fn number(&self) -> u64 {
        self.id.packed()
    }

    fn call_id(&self) -> Bytes {
        Bytes::copy_from_slice(&self.call_id)
    }

    fn state(&self) -> DialogState {
        Dialog::state(self)
    }

    fn caller(&self) -> DialogLeg {
        self.leg(Direction::Upstream)
    }

    fn callee(&self) -> DialogLeg {
        self.leg(Direction::Downstream)
    }

    fn times(&self) -> DialogTimes {
        Dialog::times(self)
    }

    fn end_reason(&self) -> Option<&'static str> {
        self.lock().end_reason
    }

    fn value(&self, name: &[u8]) -> Value {
        self.lock().value(name).cloned().unwrap_or_default()
    }

    fn set_value(&self, env: &mut Env<'_>, name: &[u8], value: Value) -> Result<(), Fault> {
        if !self.lock().set_value(name, value) {
            return Err(Fault::script("the dialog has as many values as it may have"));
        }
        let Some(keeper) = self.keeper.upgrade() else { return Ok(()) };
        if let (Some(store), Some(dialog)) = (&keeper.store, keeper.table.get(self.id)) {
            store.changed(&keeper, env, &dialog, Change::Values);
        }
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
