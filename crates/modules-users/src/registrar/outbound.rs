//! Outbound (RFC 5626 section 6): whether a contact is a flow of an instance, which its `reg-id` tells from others.

use super::path;
use super::refusal::Refusal;
use super::register::{Contacts, Wanted, option_tags, supports};
use sip::{HeaderName, Message};

const OUTBOUND: &[u8] = b"outbound";

/// Whether the registration is of flows. Where it is not, `reg-id` counts as not there.
///
/// # Errors
/// Flows are demanded and cannot be had, or stand beside other contacts.
pub fn apply(message: &Message, contacts: &mut Contacts<'_>) -> Result<bool, Refusal> {
    let Contacts::List(list) = contacts else { return Ok(false) };
    let is_flow = |wanted: &Wanted<'_>| wanted.reg_id != 0 && !wanted.instance.is_empty();
    list.iter_mut().filter(|wanted| !is_flow(wanted)).for_each(|wanted| wanted.reg_id = 0);
    if !list.iter().any(is_flow) {
        return Ok(false);
    }
    let is_demanded = option_tags(message, HeaderName::Require).any(|tag| tag.eq_ignore_ascii_case(OUTBOUND));
    let can_be_had = message.vias().count() <= 1 || path::keeps_flows(message);
    if is_demanded && !can_be_had {
        return Err(Refusal::FirstHopLacksOutbound);
    }
    // The RFC refuses phones that merely support outbound behind a hop that does not. They are taken in without: the
    // reply lacks Require, which tells them, and many a load balancer would lose all its phones otherwise.
    if !can_be_had || !is_demanded && !supports(message, OUTBOUND) {
        list.iter_mut().for_each(|wanted| wanted.reg_id = 0);
        return Ok(false);
    }
    if list.iter().filter(|wanted| wanted.lifetime_s > 0).count() > 1 {
        return Err(Refusal::FlowNotAlone);
    }
    Ok(true)
}
