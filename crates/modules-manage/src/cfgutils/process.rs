//! The process: `abort()`, its memory, its environment.

use catalogue::{Example, Inner, Routes, Value};
use module_api::{Args, Call, FUNCTION, Function, Level, Outcome, Run, VARIABLE, Variable, VariableName, VariableRun};

pub(super) const ABORT: Function = Function {
    name: "abort",
    about: "Stops the server, in good order.",
    routes: Routes::ALL,
    returns: &[(0, "the script ends here")],
    examples: &[Example { script: "abort()", message: "", returns: 0 }],
    run: Run::Now(abort),
    ..FUNCTION
};

pub(super) const PKG_STATUS: Function = Function {
    name: "pkg_status",
    about: "Logs how much memory the server uses.",
    routes: Routes::ALL,
    examples: &[Example { script: "pkg_status()", message: "", returns: 1 }],
    run: Run::Now(log_memory),
    ..FUNCTION
};

pub(super) const SHM_STATUS: Function = Function {
    name: "shm_status",
    about: "Logs how much memory the server uses; there is but one kind.",
    routes: Routes::ALL,
    examples: &[Example { script: "shm_status()", message: "", returns: 1 }],
    run: Run::Now(log_memory),
    ..FUNCTION
};

pub(super) const ENV: Variable = Variable {
    name: "env",
    about: "A variable of the environment that the server was started in.",
    inner: Inner::Name,
    run: VariableRun::read(environment),
    ..VARIABLE
};

fn abort(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    call.env.log().line(Level::Critical, "the script calls abort(): the server stops");
    call.env.services.process.stop();
    Ok(0)
}

fn log_memory(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let memory = call.env.services.process.memory();
    let line = format!(
        "memory: {} bytes used, {} resident, {} at most so far, {} allowed",
        memory.used, memory.resident, memory.peak, memory.limit
    );
    call.env.log().line(Level::Notice, line);
    Ok(1)
}

fn environment(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let environment = &call.env.services.settings.environment;
    let found = environment.iter().find(|(known, _)| known.as_bytes() == name.text);
    found.map_or(Value::Null, |(_, value)| Value::copied(value.as_bytes()))
}
