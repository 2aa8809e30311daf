//! `$bavp(name)`: AVPs that belong to one branch.

use bytes::Bytes;
use catalogue::{Access, Inner, Value};
use module_api::{Call, Fault, Index, Operator, TransactionBranch, VARIABLE, Variable, VariableName, VariableRun};

pub(super) const BAVP: Variable = Variable {
    name: "bavp",
    about: "The list of values of a name that belong to the branch at hand, the newest first; NULL outside branch, \
            reply and failure routes.",
    access: Access::ReadWrite,
    inner: Inner::Name,
    indexed: true,
    run: VariableRun::read_write(read, write),
    ..VARIABLE
};

/// More values than a branch is given.
const VALUES_MAX: usize = 256;

fn read(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(branch) = branch(call) else { return Value::Null };
    let values: Vec<&Value> = values(branch, name.text).collect();
    match name.index {
        Index::None => values.first().map_or(Value::Null, |value| (*value).clone()),
        Index::At(index) => position(values.len(), index)
            .and_then(|position| values.get(position))
            .map_or(Value::Null, |value| (*value).clone()),
        Index::All if values.is_empty() => Value::Null,
        Index::All => {
            let texts: Vec<Vec<u8>> =
                values.iter().map(|value| value.text().unwrap_or_default().into_owned()).collect();
            Value::from(texts.join(&b", "[..]))
        }
        Index::Append => Value::Null,
    }
}

fn write(call: &mut Call<'_>, name: VariableName<'_>, operator: Operator, value: Value) -> Result<(), Fault> {
    let at_hand = call.msg.branch;
    let transaction = call.msg.transaction.as_mut();
    let branch = at_hand.and_then(|number| transaction?.branch_mut(number));
    let branch = branch.ok_or_else(|| Fault::script("no branch is at hand"))?;
    let count = values(branch, name.text).count();
    let avps = &mut branch.avps;
    match (operator, name.index) {
        (Operator::Replace, _) => avps.retain(|(known, _)| known != name.text),
        (Operator::Set, Index::At(index)) => {
            let place = position(count, index).ok_or_else(|| Fault::script("there is no value at this index"))?;
            return replace(branch, name.text, place, value);
        }
        (Operator::Set, _) if value.is_null() => return replace(branch, name.text, 0, Value::Null),
        (Operator::Set, _) => {}
    }
    if value.is_null() {
        return Ok(());
    }
    if avps.len() >= VALUES_MAX {
        return Err(Fault::script("the branch has as many values as it may"));
    }
    let entry = (Bytes::copy_from_slice(name.text), value);
    match name.index {
        Index::Append => avps.insert(0, entry),
        _ => avps.push(entry),
    }
    Ok(())
}

/// Puts another value in the place of one, or removes it.
fn replace(branch: &mut TransactionBranch, name: &[u8], place: usize, value: Value) -> Result<(), Fault> {
    let mut of_name = branch.avps.iter().enumerate().rev().filter(|(_, (known, _))| known == name);
    let Some(found) = of_name.nth(place).map(|(position, _)| position) else { return Ok(()) };
    if value.is_null() {
        branch.avps.remove(found);
    } else if let Some(entry) = branch.avps.get_mut(found) {
        entry.1 = value;
    }
    Ok(())
}

fn branch<'c>(call: &'c Call<'_>) -> Option<&'c TransactionBranch> {
    call.msg.transaction.as_ref()?.branches().get(call.msg.branch?)
}

/// The values of a name, the newest first.
fn values<'b>(branch: &'b TransactionBranch, name: &'b [u8]) -> impl Iterator<Item = &'b Value> {
    branch.avps.iter().rev().filter(move |(known, _)| known == name).map(|(_, value)| value)
}

fn position(count: usize, index: i32) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => count.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}
