//! `log_extra`, `db_extra`, `evi_extra`, `multi_leg_info`: fields as releases before 2.2 had them. Their values are
//! variables, which are read when the record is written; those of legs are AVPs, whose values are the legs.

use super::fields::FieldSet;
use super::marks::Backend;
use catalogue::{NameId, Param, Value};
use module_api::{Call, Setup, StartError, VariableHandle};

/// The variables that such fields are read from, by the positions of their values.
#[derive(Default)]
pub struct OldFields {
    extra: Vec<(usize, VariableHandle)>,
    legs: Vec<(usize, NameId)>,
    /// What has a position already, as it is written.
    known: Vec<(String, usize)>,
}

/// More legs than any call has.
const LEGS_MAX: usize = 64;

impl OldFields {
    /// Adds the fields of one parameter: `"name=$variable;name=$variable"`.
    ///
    /// # Errors
    /// It cannot be read, or names no variable.
    pub fn add_extra(
        &mut self,
        setup: &Setup<'_>,
        param: &Param,
        backend: Backend,
        set: &mut FieldSet,
    ) -> Result<(), StartError> {
        for given in setup.params.strs(param) {
            for (name, variable) in pairs(param.name, given)? {
                let written = format!("{name}={variable}");
                let position = match self.known.iter().find(|(known, _)| *known == written) {
                    Some((_, position)) => *position,
                    None => {
                        let handle = setup.compiler.variable(variable);
                        let position = set.new_value(name);
                        let wrong = |error| StartError::param(param.name, error).value(given);
                        self.extra.push((position, handle.map_err(wrong)?));
                        self.known.push((written, position));
                        position
                    }
                };
                set.write(backend, name, position);
            }
        }
        Ok(())
    }

    /// Adds the fields of each leg.
    ///
    /// # Errors
    /// It cannot be read, or names what is no AVP.
    pub fn add_legs(&mut self, setup: &Setup<'_>, param: &Param, set: &mut FieldSet) -> Result<(), StartError> {
        for given in setup.params.strs(param) {
            for (name, variable) in pairs(param.name, given)? {
                let avp = variable.strip_prefix("$avp(").and_then(|rest| rest.strip_suffix(')'));
                let avp = avp.map(|avp| avp.strip_prefix("s:").or_else(|| avp.strip_prefix("i:")).unwrap_or(avp));
                let id = avp.and_then(|avp| setup.names.avps.intern(avp.as_bytes()));
                let text = format!("{variable} is no AVP: a leg is one value of an AVP");
                let id = id.ok_or_else(|| StartError::param(param.name, text).value(given))?;
                let position = set.new_value(name);
                self.legs.push((position, id));
                for backend in Backend::ALL {
                    set.write(backend, name, position);
                }
            }
        }
        Ok(())
    }

    /// Reads the values into a record's.
    pub fn read(&self, call: &mut Call<'_>, extra: &mut [Value], legs: &mut Vec<Vec<Value>>) {
        for (position, variable) in &self.extra {
            if let Some(value) = extra.get_mut(*position) {
                *value = variable.read(call);
            }
        }
        let avps = &call.msg.avps;
        let count = self.legs.iter().map(|(_, avp)| avps.count(*avp)).max().unwrap_or(0).min(LEGS_MAX);
        let Some(empty) = legs.first().map(|leg| vec![Value::Null; leg.len()]).filter(|_| count > 0) else { return };
        if legs.len() < count {
            legs.resize(count, empty);
        }
        for (position, avp) in &self.legs {
            for (leg, value) in legs.iter_mut().zip(avps.values(*avp)) {
                if let Some(place) = leg.get_mut(*position) {
                    *place = value.clone();
                }
            }
        }
    }
}

fn pairs<'t>(param: &'static str, text: &'t str) -> Result<Vec<(&'t str, &'t str)>, StartError> {
    let items = text.split(';').map(str::trim).filter(|item| !item.is_empty());
    let pair = |item: &'t str| {
        let pair = item.split_once('=').map(|(name, variable)| (name.trim(), variable.trim()));
        pair.ok_or_else(|| StartError::param(param, format!("\"{item}\" is not name=$variable")).value(text))
    };
    items.map(pair).collect()
}
