//! Variables of a transaction's branches: the one at hand, or the one at an index.

use catalogue::{Access, Inner, Value};
use module_api::{Call, Fault, Index, Operator, TransactionBranch, VARIABLE, Variable, VariableName, VariableRun};

const INDEXED: Variable = Variable { indexed: true, ..VARIABLE };

const FIELD: Variable = Variable { index_sets: &["active", "all"], ..INDEXED };

pub(super) const LAST_REPLY_CODE: Variable = Variable {
    name: "T_branch_last_reply_code",
    about: "The code of the last reply of a branch, our own ones included; NULL before the first.",
    run: VariableRun::read(|call, name| read(call, name, |_, branch| code(branch.last_code))),
    ..INDEXED
};

pub(super) const URI: Variable = Variable {
    name: "tm.branch.uri",
    about: "The URI of a branch.",
    run: VariableRun::read(|call, name| read(call, name, |_, branch| Value::Str(branch.target.uri.clone()))),
    ..FIELD
};

pub(super) const DESTINATION: Variable = Variable {
    name: "tm.branch.duri",
    about: "The destination URI of a branch.",
    run: VariableRun::read(|call, name| {
        read(call, name, |_, branch| Value::or_null(branch.target.destination.clone()))
    }),
    ..FIELD
};

pub(super) const PATH: Variable = Variable {
    name: "tm.branch.path",
    about: "The path of a branch.",
    run: VariableRun::read(|call, name| read(call, name, |_, branch| Value::or_null(branch.target.path.clone()))),
    ..FIELD
};

pub(super) const PREFERENCE: Variable = Variable {
    name: "tm.branch.q",
    about: "The preference of a branch.",
    run: VariableRun::read(|call, name| {
        read(call, name, |_, branch| Value::or_null(branch.target.q.map(|q| q.to_string())))
    }),
    ..FIELD
};

pub(super) const FLAGS: Variable = Variable {
    name: "tm.branch.flags",
    about: "The names of the flags of a branch that are set.",
    run: VariableRun::read(|call, name| {
        read(call, name, |call, branch| Value::from(call.env.services.names.flags.branch.list(branch.target.flags)))
    }),
    ..FIELD
};

pub(super) const SOCKET: Variable = Variable {
    name: "tm.branch.socket",
    about: "The socket that a branch has left by.",
    run: VariableRun::read(|call, name| {
        read(call, name, |call, branch| {
            let socket = branch.sent_by.and_then(|id| call.env.services.sockets.get(id));
            Value::or_null(socket.map(|socket| socket.name.clone()))
        })
    }),
    ..FIELD
};

pub(super) const FLAG: Variable = Variable {
    name: "tm.branch.flag",
    about: "Whether a flag of a branch is set: 1 or 0.",
    access: Access::ReadWrite,
    inner: Inner::Name,
    run: VariableRun::read_write(read_flag, write_flag),
    ..FIELD
};

pub(super) const ATTRIBUTE: Variable = Variable {
    name: "tm.branch.attr",
    about: "An attribute of a branch, under any name.",
    access: Access::ReadWrite,
    inner: Inner::Name,
    run: VariableRun::read_write(read_attribute, write_attribute),
    ..FIELD
};

pub(super) const LAST_RECEIVED: Variable = Variable {
    name: "tm.branch.last_received",
    about: "The code of the last reply that a branch received; NULL before the first.",
    run: VariableRun::read(|call, name| {
        read(call, name, |_, branch| if branch.is_local { Value::Null } else { code(branch.last_code) })
    }),
    ..FIELD
};

pub(super) const TYPE: Variable = Variable {
    name: "tm.branch.type",
    about: "What a branch is: \"sip\", or \"phony\" where it stands for branches to come.",
    run: VariableRun::read(|call, name| {
        read(call, name, |_, branch| Value::fixed(if branch.is_phony { "phony" } else { "sip" }))
    }),
    ..FIELD
};

/// More attributes than a branch is given.
const ATTRIBUTES_MAX: usize = 64;

fn code(code: u16) -> Value {
    if code == 0 { Value::Null } else { Value::Int(i32::from(code)) }
}

/// The number of the branch that an index means, among all branches or among those of the last `t_relay()`; without
/// one, of the branch at hand, else of the last one.
fn number(call: &Call<'_>, name: VariableName<'_>) -> Option<usize> {
    let transaction = call.msg.transaction.as_ref()?;
    let count = transaction.branches().len();
    let first = if name.index_set == Some("active") { transaction.first_active() } else { 0 };
    let number = match name.index {
        Index::At(index) => match usize::try_from(index) {
            Ok(index) => first.checked_add(index)?,
            Err(_) => count.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
        },
        _ => call.msg.branch.or(count.checked_sub(1))?,
    };
    (first..count).contains(&number).then_some(number)
}

fn read(call: &mut Call<'_>, name: VariableName<'_>, value: fn(&Call<'_>, &TransactionBranch) -> Value) -> Value {
    let Some(transaction) = &call.msg.transaction else { return Value::Null };
    if name.index == Index::All {
        let values = transaction.branches().iter().map(|branch| value(call, branch));
        let texts: Vec<Vec<u8>> = values.map(|value| value.text().unwrap_or_default().into_owned()).collect();
        return Value::from(texts.join(&b','));
    }
    let branch = number(call, name).and_then(|number| transaction.branches().get(number));
    branch.map_or(Value::Null, |branch| value(call, branch))
}

fn branch_mut<'c>(call: &'c mut Call<'_>, name: VariableName<'_>) -> Result<&'c mut TransactionBranch, Fault> {
    let number = number(call, name);
    let transaction = call.msg.transaction.as_mut().ok_or_else(|| Fault::script("there is no transaction"))?;
    number
        .and_then(|number| transaction.branch_mut(number))
        .ok_or_else(|| Fault::script("the transaction has no such branch"))
}

fn read_flag(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let flags = &call.env.services.names.flags.branch;
    let known = std::str::from_utf8(name.text).ok().and_then(|flag| flags.known(flag));
    let transaction = call.msg.transaction.as_ref();
    let branch = number(call, name).and_then(|number| transaction?.branches().get(number));
    let Some(branch) = branch else { return Value::Null };
    Value::Int(i32::from(known.is_some_and(|known| branch.target.flags.is_set(known))))
}

fn write_flag(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let text = std::str::from_utf8(name.text).map_err(|_| Fault::script("a flag's name is text"))?;
    let flag = call.env.services.names.flags.branch.number(text);
    let flag = flag.ok_or_else(|| Fault::script("there are 32 branch flags already"))?;
    let is_at_hand = call.msg.branch.is_some() && name.index == Index::None;
    let flags = &mut branch_mut(call, name)?.target.flags;
    if value.is_true() {
        flags.set(flag);
    } else {
        flags.reset(flag);
    }
    // The routes of a branch see its flags as those of the Request-URI.
    let flags = *flags;
    if is_at_hand {
        call.msg.branches.first_mut().flags = flags;
    }
    Ok(())
}

fn read_attribute(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let transaction = call.msg.transaction.as_ref();
    let branch = number(call, name).and_then(|number| transaction?.branches().get(number));
    let attributes = branch.map(|branch| &branch.target.attributes);
    let found = attributes.and_then(|list| list.iter().find(|(known, _)| known == name.text));
    found.map_or(Value::Null, |(_, value)| value.clone())
}

fn write_attribute(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let attributes = &mut branch_mut(call, name)?.target.attributes;
    attributes.retain(|(known, _)| known != name.text);
    if value.is_null() {
        return Ok(());
    }
    if attributes.len() >= ATTRIBUTES_MAX {
        return Err(Fault::script("the branch has as many attributes as it may"));
    }
    attributes.push((bytes::Bytes::copy_from_slice(name.text), value));
    Ok(())
}
