//! `E_DLG_STATE_CHANGED`.

use super::record::Dialog;
use super::state::State;
use catalogue::{Event, Value};
use module_api::Env;

/// The event.
pub const STATE_CHANGED: Event = Event {
    name: "E_DLG_STATE_CHANGED",
    about: "A dialog goes from one state to another; the states are numbers as in $DLG_status.",
    params: &["id", "db_id", "callid", "from_tag", "to_tag", "old_state", "new_state"],
};

/// Raises it, where somebody listens.
pub fn raise(env: &mut Env<'_>, dialog: &Dialog, before: State, after: State) {
    if before == after || !env.listens(&STATE_CHANGED) {
        return;
    }
    let (from_tag, to_tag) = {
        let inner = dialog.lock();
        let to_tag = inner.callees.get(inner.chosen).map(|leg| leg.tag.clone());
        (inner.caller.tag.clone(), to_tag.unwrap_or_default())
    };
    let id = Value::Str(dialog.id.text().into());
    let db_id = Value::Str(dialog.id.packed().to_string().into());
    let texts = [&dialog.call_id, &from_tag, &to_tag].map(|text| Value::copied(text));
    let states = [before, after].map(|state| Value::Int(state.number()));
    env.raise(&STATE_CHANGED, [id, db_id].into_iter().chain(texts).chain(states).collect());
}
