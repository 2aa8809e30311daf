//! Broken on purpose: each of these must be noticed, or the watch is blind.

use crate::{Mode, StreamWeather, Swarm, Text, Variant, run_swarm};

/// The default script with one thing changed is caught by one of a few seeds, with these words.
#[track_caller]
fn is_noticed(from: &'static str, to: &'static str, words: &str, change: impl Fn(&mut Swarm)) {
    assert!(include_str!("../../../strowger/defaults/strowger.cfg").contains(from), "the script has no {from}");
    let seen: Vec<String> = (0..8)
        .filter_map(|seed| {
            let mut swarm = Swarm::of(seed);
            swarm.variant = Variant {
                text: Text::Broken(from, to),
                mode: Mode::WriteThrough,
                patience_s: Some((5, 20)),
                has_guards: false,
                keeps_calls: true,
            };
            change(&mut swarm);
            run_swarm(seed, swarm).failure.map(|failure| failure.what)
        })
        .take(1)
        .collect();
    assert!(seen.iter().any(|what| what.contains(words)), "{words}: {seen:?}");
}

#[test]
fn a_script_that_serves_strangers() {
    is_noticed("\troute(authenticate);", "", "of a stranger is relayed", |swarm| swarm.vandals = 2);
}

#[test]
fn a_script_that_takes_any_route() {
    let refused = "route[no_such_call] {\n";
    is_noticed(refused, "route[no_such_call] {\n\troute(relay);\n", "where nobody is", |swarm| swarm.vandals = 2);
}

#[test]
fn a_script_that_accounts_too_little() {
    is_noticed("do_accounting(\"db\", \"missed\");", "{}", "missed_calls has 0 rows", |_| {});
    let absent = "acc_db_request(\"480 Temporarily Unavailable\", \"missed_calls\");";
    is_noticed(absent, "{}", "missed_calls has 0 rows", |_| {});
    is_noticed("do_accounting(\"db\", \"failed|cdr\");", "do_accounting(\"db\", \"cdr\");", "acc has 0 rows", |_| {});
}

#[test]
fn a_script_that_accounts_too_much() {
    let once = "\trecord_route();";
    is_noticed(once, "\tacc_db_request(\"200 OK\", \"acc\"); record_route();", "records, and should have", |swarm| {
        swarm.database.unheard = 0;
    });
}

#[test]
fn a_script_that_forgets_a_call() {
    let (hung_up, dropped) =
        ("\tif ($DLG_status != NULL) {", "\tdrop_accounting(\"db\", \"cdr\");\n\tif ($DLG_status != NULL) {");
    is_noticed(hung_up, dropped, "a call has 0 records", |_| {});
    let twice = "acc_db_request(\"200 OK\", \"acc\"); set_dlg_profile(";
    is_noticed("set_dlg_profile(", twice, "records, and should have", |swarm| {
        swarm.database.unheard = 0;
    });
}

#[test]
fn a_script_that_forgets_a_request() {
    let (relayed, not) = ("\tif (!t_relay(\"no-auto-477\")) {\n", "\tif ($rU == NULL) {\n");
    is_noticed(relayed, not, "in the end, and gets", |_| {});
}

#[test]
fn a_registrar_that_answers_before_it_has_written() {
    let (through, back) = ("single-instance-sql-write-through", "single-instance-sql-write-back");
    is_noticed(through, back, "was acknowledged", |swarm| {
        swarm.kills = 2;
        swarm.clock_jumps = false;
    });
}

#[test]
fn a_proxy_that_calls_whom_it_should_not() {
    is_noticed(
        "if (!lookup(\"location\", \"method-filtering\"))",
        "$ru = \"sip:u0@10.7.0.10:7000\"; if (0)",
        "never registered",
        |_| {},
    );
}

#[test]
fn a_script_that_keeps_something_for_ever() {
    let once = "\troute(authenticate);";
    let kept = "\tcache_store(\"local\", \"for ever\", \"1\");\n\troute(authenticate);";
    is_noticed(once, kept, "cachedb_local:entries", |swarm| swarm.variant.has_guards = true);
}

#[test]
fn a_script_that_records_no_second_route_between_two_transports() {
    is_noticed("record_route();", "record_route_preset(\"192.0.2.1:5060\");", "the route set of", |swarm| {
        swarm.streams = StreamWeather { phones: 500, ..StreamWeather::NONE };
    });
}
