//! The modules that work on text, in scripts.

use crate::world::World;

/// What a script logs for an OPTIONS request.
fn logged(modules: &[&str], script: &str) -> Vec<String> {
    let load: String = modules.iter().map(|name| format!("loadmodule \"{name}.so\"\n")).collect();
    let mut world = World::with_params(&load, script);
    world.request("alice", "OPTIONS", "sip:bob@example.com", "");
    world.script_log()
}

#[test]
fn documents_are_built_and_iterated_over() {
    let lines = logged(
        &["json"],
        r#"
route {
    $json(doc) := "{\"list\": [1, 2, 3], \"a/b\": {\"x\": \"y\"}}";
    $var(i) = 0;
    while ($json(doc/list[$var(i)])) {
        $json(doc/list[$var(i)]) = $json(doc/list[$var(i)]) + 1;
        $var(i) = $var(i) + 1;
    }
    $var(key) = "a/b";
    $json(doc/$var(key)/z) = "/";
    json_link($json(part), $json(doc/$var(key)));
    $json(part/x) = NULL;
    xlog("$json_compact(doc) $json(part/z)\n");
    for ($var(k) in $(json(doc.keys)[*])) xlog("key $var(k)\n");
    for ($var(v) in $(json(doc/list)[*])) xlog("value $var(v)\n");
    json_merge($json(part), "{\"w\": 1}", $var(merged));
    xlog("$var(merged) $(json(nothing))\n");
}
"#,
    );
    let expected = [
        r#"{"list":[2,3,4],"a\/b":{"z":"\/"}} /"#,
        "key list",
        "key a/b",
        "value 2",
        "value 3",
        "value 4",
        "$json(nothing) leads nowhere",
        r#"{"z":"\/","w":1} <null>"#,
    ];
    let lines: Vec<&String> = lines.iter().filter(|line| !line.contains("list[3]")).collect();
    assert_eq!(lines, expected);
}

#[test]
fn documents_begin_as_startup_route_left_them() {
    let script = r#"
startup_route { $json(settings) := "{\"limit\": 5}"; }
route {
    xlog("$json(settings/limit)\n");
    $json(settings/limit) = 6;
    xlog("$json(settings/limit)\n");
}
"#;
    let mut world = World::with_params("loadmodule \"json.so\"", script);
    for _ in 0..2 {
        world.request("alice", "OPTIONS", "sip:bob@example.com", "");
        assert_eq!(world.script_log(), ["5", "6"]);
    }
}

#[test]
fn expressions_of_perls_and_of_posix() {
    let script = r#"
route {
    if (pcre_match($rU, "^b\w(?=b)b$$")) xlog("perl\n");
    if (search("^Subject: GOOD")) xlog("posix\n");
    $var(new) = "bad";
    if (subst("/^Subject: (g[a-z]*) ([a-z]*)/Subject: $var(new) \2, not \1/i")) xlog("changed\n");
    if (subst_user('/^b(.*)$/r\1/')) xlog("$ru\n");
    t_relay();
}
"#;
    let mut world = World::with_params("loadmodule \"regex.so\"\nloadmodule \"textops.so\"", script);
    world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "Subject: good news\r\n");
    assert_eq!(world.script_log(), ["perl", "posix", "changed", "sip:rob@192.0.2.20"]);
    let sent = String::from_utf8(world.last("bob", "OPTIONS").bytes().to_vec()).unwrap();
    assert!(sent.contains("\r\nSubject: bad news, not good\r\n"), "{sent}");
}

#[test]
fn numbers_and_identifiers() {
    let lines = logged(
        &["mathops", "uuid"],
        r#"
route {
    math_eval("(1 + 2) / 4", $var(x));
    math_round("1.005", $var(y), 2);
    math_floor("-2.5", $var(z));
    $var(z) = $var(z) + 1;
    xlog("$var(x) $var(y) $var(z)\n");
    uuid($var(id), 5, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com");
    xlog("$var(id)\n");
    if ($uuid != $uuid) xlog("$(uuid(7){s.len})\n");
}
"#,
    );
    assert_eq!(lines, ["0.750000 1.01 -2", "2ed6657d-e927-568b-95e1-2665a8aea6a2", "36"]);
}

#[test]
fn variables_show_the_way_to_a_part_of_a_description() {
    let script = r#"
route {
    $var(i) = $sdp.stream.idx(video/a=fmtp/q=);
    xlog("$var(i): $sdp.line([$var(i)])\n");
    $sdp.line([$var(i)]) = "a=fmtp:31 q=3";
    xlog("$sdp.line([$var(i)])\n");
    $var(m) = "video";
    xlog("$sdp.stream($var(m)/a) $sdp.session(t=/[$(var(i){s.substr,0,0})])\n");
    $var(form) = "%%";
    xlog("$time($var(form))\n");
}
"#;
    let mut world = World::new(script);
    let body = "v=0\r\no=- 1 2 IN IP4 192.0.2.10\r\ns=x\r\nt=7 8\r\nm=audio 4000 RTP/AVP 0\r\n\
                m=video 4002 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\na=fmtp:31 p=1;q=2\r\n";
    let headers = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    world.request("alice", "MESSAGE", "sip:bob@example.com", &headers);
    let expected = ["7: a=fmtp:31 p=1;q=2", "a=fmtp:31 q=3", "a=rtpmap:31 H261/90000 <null>", "%"];
    assert_eq!(world.script_log(), expected);
}
