//! The module's state: all dialogs with what they need, and the way to the dialog of a message.

use super::id::DialogId;
use super::matching::Mode;
use super::profiles::Profiles;
use super::record::Dialog;
use super::store::Store;
use super::table::Table;
use bytes::Bytes;
use module_api::{Call, Counter, DialogHandle, Fault};
use std::sync::Arc;
use std::time::Duration;

/// The module's state.
pub struct Keeper {
    /// All dialogs.
    pub table: Table,
    /// The profiles that they are in.
    pub profiles: Profiles,
    /// The database they are written to, if they are.
    pub store: Option<Store>,
    /// What is counted.
    pub counters: Counters,
    /// The parameters.
    pub config: Config,
}

/// What is counted.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// Dialogs that are answered and have not ended.
    pub active: Counter,
    /// Dialogs that have not ended: what `$DLG_count` reads.
    pub live: Counter,
    /// Dialogs that ring.
    pub early: Counter,
    /// Dialogs that were made.
    pub processed: Counter,
    /// Those whose time was over.
    pub expired: Counter,
    /// Those that were never answered.
    pub failed: Counter,
}

/// The parameters.
#[derive(Clone, Debug)]
pub struct Config {
    /// `rr_param`, as it stands in a URI: `;did=`.
    pub rr_param: String,
    /// `dlg_match_mode`
    pub mode: Mode,
    /// `default_timeout`
    pub lifetime: Duration,
    /// `options_ping_interval`
    pub options_interval: Duration,
    /// `reinvite_ping_interval`
    pub reinvite_interval: Duration,
    /// `delete_delay`
    pub delete_delay: Duration,
    /// `race_condition_timeout`
    pub race_timeout: Duration,
    /// `dlg_extra_hdrs`
    pub extra_headers: Bytes,
}

impl Keeper {
    /// A dialog by identifier, number or Call-ID, as commands name it.
    pub fn named(&self, text: &[u8]) -> Option<Arc<Dialog>> {
        let packed = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).and_then(DialogId::unpacked);
        let by_id = [DialogId::parse(text), packed].into_iter().flatten().find_map(|id| self.table.get(id));
        by_id.or_else(|| self.table.with_call_id(text).into_iter().next())
    }
}

/// What stands behind a handle, if it is one of ours.
pub fn behind(handle: &Arc<dyn DialogHandle>) -> Option<Arc<Dialog>> {
    Arc::clone(handle).into_any().downcast().ok()
}

/// The dialog of the message at hand.
pub fn dialog_of(call: &Call<'_>) -> Option<Arc<Dialog>> {
    behind(&call.msg.dialog.as_ref()?.dialog)
}

/// The same for functions that need one.
///
/// # Errors
/// The message has none.
pub fn current(call: &Call<'_>) -> Result<(Arc<Keeper>, Arc<Dialog>), Fault> {
    let keeper = call.shared_state::<Keeper>()?;
    let dialog = dialog_of(call).ok_or_else(|| Fault::script("the message has no dialog: create_dialog() makes it"))?;
    Ok((keeper, dialog))
}
