//! Rows into variables.

use super::params::Sqlops;
use catalogue::Value;
use module_api::sql::{Cell, Rows};
use module_api::{Call, Fault, Operator, Outcome, VariableHandle};

/// Every row: each column's values in an AVP, the first row's on top. NULL becomes the text `<null>`.
pub fn all_rows(call: &mut Call<'_>, variables: &[VariableHandle], rows: Rows) -> Outcome {
    if rows.columns.is_empty() {
        return Ok(1);
    }
    if rows.rows.is_empty() {
        return Ok(-2);
    }
    let wide = call.state::<Sqlops>()?.bigint_to_str;
    // The last row first: what is pushed last is on top.
    for row in rows.rows.iter().rev() {
        for (position, cell) in row.iter().enumerate() {
            let value = match value(cell, wide) {
                Value::Null => Value::fixed("<null>"),
                value => value,
            };
            push(call, variables, position, value)?;
        }
    }
    Ok(1)
}

/// The first row: a variable for each column.
pub fn first_row(call: &mut Call<'_>, variables: &[VariableHandle], rows: Rows) -> Outcome {
    if rows.columns.is_empty() {
        return Ok(1);
    }
    let Some(row) = rows.rows.first() else { return Ok(-2) };
    if !variables.is_empty() && variables.len() < row.len() {
        let text = format!("the query has {} columns, there are {} variables", row.len(), variables.len());
        return Err(Fault::script(text));
    }
    let wide = call.state::<Sqlops>()?.bigint_to_str;
    for (position, cell) in row.iter().enumerate() {
        let value = value(cell, wide);
        match variables.get(position) {
            Some(variable) => variable.write(call, Operator::Set, value)?,
            None => push(call, variables, position, value)?,
        }
    }
    Ok(1)
}

/// A query that changes something: it has no rows to take.
pub fn no_rows(_: &mut Call<'_>, _: &[VariableHandle], _: Rows) -> Outcome {
    Ok(1)
}

fn push(call: &mut Call<'_>, variables: &[VariableHandle], position: usize, value: Value) -> Result<(), Fault> {
    if let Some(variable) = variables.get(position) {
        return variable.write(call, Operator::Set, value);
    }
    if !variables.is_empty() {
        return Ok(());
    }
    if let Some(name) = call.env.services.names.avps.intern((position + 1).to_string().as_bytes()) {
        call.msg.avps.push(name, value);
    }
    Ok(())
}

fn value(cell: &Cell, wide: bool) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Int(number) => match i32::try_from(*number) {
            Ok(number) => Value::Int(number),
            Err(_) if wide => Value::from(number.to_string()),
            Err(_) => Value::Int(low_32_bits(*number)),
        },
        Cell::Time(moment) => Value::number(*moment),
        other => Value::or_null(other.to_bytes()),
    }
}

/// What upstream's scripts see of a wider integer: an integer all the same.
fn low_32_bits(number: i64) -> i32 {
    let [first, second, third, fourth, ..] = number.to_le_bytes();
    i32::from_le_bytes([first, second, third, fourth])
}
