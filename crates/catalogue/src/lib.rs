//! What can be offered to a script, as constant data: the signatures of functions, parameters, variables,
//! transformations, MI commands, statistics, events and tables.
//!
//! A module declares each of them once, beside its code. The checker, the compiler, `strowger doc`, the
//! reference, the MI help and the coverage report all read these declarations. Nothing here runs: what a
//! declaration does is its type parameter `R`, and `()` where only the declaration is wanted.

mod constant;
mod event;
mod facility;
mod flag_names;
mod function;
mod index;
mod level;
mod management;
mod names;
mod parameter;
mod refused;
mod routes;
mod table;
mod transformation;
mod value;
mod variable;

pub use constant::{Judge, Verdict};
pub use event::{Event, Statistic};
pub use facility::FACILITIES;
pub use flag_names::{FlagNames, FlagSet};
pub use function::{Alias, Arg, ArgKind, Example, Flag, Function, OldOrder, Order, RouteKind, Today};
pub use index::{Catalogue, FunctionId, ModuleId, ModuleInfo, TransformationId, VariableId};
pub use level::level_named;
pub use management::{Command, CommandParam, CommandParamKind};
pub use names::{NameId, Names};
pub use parameter::{Default, Param, ParamKind};
pub use refused::Refused;
pub use routes::Routes;
pub use table::{Column, Table};
pub use transformation::{Transformation, TransformationArg};
pub use value::Value;
pub use variable::{Access, Inner, PATH_ESCAPE, Variable};
