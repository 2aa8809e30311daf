//! `json_link()`, `json_merge()`.

use super::node::{Node, NodeId, Object};
use super::print::{Style, print};
use super::store::Store;
use super::variables::path;
use super::{change, parse};
use catalogue::{Arg, Example, Value, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Operator, Outcome, Run};

pub(super) const JSON_LINK: Function = Function {
    name: "json_link",
    about: "Makes one $json stand for a part of another: a change of either shows in both, until one of them is \
            assigned anew.",
    args: &[Arg::var("dest", "The $json that will stand for it."), Arg::var("source", "The $json that is there.")],
    returns: &[(1, "linked"), (-1, "there is no such source, or no place for it")],
    examples: &[Example { script: "json_link($json(a), $json(b/c))", message: "", returns: -1 }],
    run: Run::Now(link),
    ..FUNCTION
};

pub(super) const JSON_MERGE: Function = Function {
    name: "json_merge",
    about: "Merges one document into another (RFC 7396): its members replace those of the same name, null takes them \
            away.",
    args: &[
        Arg::str("main_json_var", "The document.").judged(judge),
        Arg::str("patch_json_var", "What is merged into it.").judged(judge),
        Arg::var("output_var", "The variable that gets the result, as text."),
    ],
    returns: &[(1, "merged"), (-1, "one of them is no JSON")],
    examples: &[
        Example { script: r#"json_merge("{\"a\":1}", "{\"b\":2}", $var(x))"#, message: "", returns: 1 },
        Example { script: r#"json_merge("{\"a\":1}", "b", $var(x))"#, message: "", returns: -1 },
    ],
    run: Run::Now(json_merge),
    ..FUNCTION
};

fn judge(text: &str) -> Verdict {
    Verdict::of(parse::parse(&mut Store::default(), &text.to_owned().into()), "a JSON document, like {\"a\": 1}")
}

fn link(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let mut paths = Vec::with_capacity(2);
    for index in 0..2 {
        let variable = args.var(index)?;
        if !variable.text().contains("json") {
            return Err(Fault::script(format!("{} is no $json", variable.text())));
        }
        paths.push(path(&variable.inner(call))?);
    }
    let [dest, source] = paths.as_slice() else { return Err(Fault::us("two variables are two paths")) };
    change(call, |store| {
        let node = store.find(source);
        let node = node.ok_or_else(|| Fault::script(format!("$json({source}) leads nowhere")))?;
        store.put(dest, node)
    })?;
    Ok(1)
}

fn json_merge(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let mut store = Store::default();
    let target = parse::parse(&mut store, args.str(0)?)?;
    let patch = parse::parse(&mut store, args.str(1)?)?;
    let merged = merge(&mut store, Some(target), patch)?;
    let text = print(&store, merged, Style::Compact)?;
    args.var(2)?.write(call, Operator::Set, Value::from(text))?;
    Ok(1)
}

/// RFC 7396 section 2. Both were read a moment ago, so that they are no deeper than what is read.
fn merge(store: &mut Store, target: Option<NodeId>, patch: NodeId) -> Result<NodeId, Fault> {
    let Node::Object(changes) = store.node(patch).clone() else { return Ok(patch) };
    let mut object = match target.map(|target| store.node(target)) {
        Some(Node::Object(object)) => object.clone(),
        _ => Object::default(),
    };
    for (key, value) in changes.members() {
        if matches!(store.node(*value), Node::Null) {
            object.remove(key);
            continue;
        }
        let merged = merge(store, object.get(key), *value)?;
        object.set(key.clone(), merged);
    }
    store.add(Node::Object(object))
}
