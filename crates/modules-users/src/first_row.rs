//! The first row of a query, given to a script's variables.

use catalogue::Value;
use module_api::sql::Query;
use module_api::{Flow, Operator, VariableHandle};

/// Asks, and writes the columns of the first row to the variables, in their order: 1, or -1 if there is no row.
pub fn into_variables<const N: usize>(query: Query, variables: [VariableHandle; N]) -> Flow {
    Flow::wait(query.into(), move |call, answer| {
        let rows = match answer.rows() {
            Ok(rows) => rows,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        let Some(row) = rows.rows.first() else { return Flow::done(-1) };
        for (variable, cell) in variables.iter().zip(row) {
            if let Err(fault) = variable.write(call, Operator::Set, Value::or_null(cell.to_bytes())) {
                return Flow::Done(Err(fault));
            }
        }
        Flow::done(1)
    })
}
