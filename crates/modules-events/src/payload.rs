//! An event as JSON-RPC: its name is the method, its parameters are an object if they have names, else an array.

use bytes::Bytes;
use catalogue::Value;
use module_api::{Json, JsonMap, Raised};

/// How an event is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Form<'a> {
    /// The method, if not the event's name.
    pub method: Option<&'a str>,
    /// The parameter that gets the event's name.
    pub event_param: Option<&'a str>,
    /// The id of a request; a notification has none.
    pub id: Option<u32>,
}

/// Writes an event.
pub fn write(event: &Raised, form: Form<'_>) -> Bytes {
    let mut object = JsonMap::new();
    if let Some(id) = form.id {
        object.insert("id".to_owned(), id.into());
    }
    object.insert("jsonrpc".to_owned(), "2.0".into());
    object.insert("method".to_owned(), form.method.unwrap_or(&event.event).into());
    object.insert("params".to_owned(), params(event, form.event_param));
    Bytes::from(Json::Object(object).to_string())
}

fn params(event: &Raised, event_param: Option<&str>) -> Json {
    let name = event_param.map(|param| (param.to_owned(), Json::from(event.event.as_str())));
    let given = event.params.iter().map(|(name, value)| (name.clone(), json(value)));
    let all = name.into_iter().chain(given);
    // A parameter without a name has no place in an object.
    if event.params.iter().any(|(name, _)| name.is_empty()) {
        return all.map(|(_, value)| value).collect();
    }
    Json::Object(all.collect())
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(number) => (*number).into(),
        Value::Str(text) => String::from_utf8_lossy(text).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, write};
    use catalogue::Value;
    use module_api::Raised;

    fn event(params: &[(&str, Value)]) -> Raised {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Raised { event: "E_X".to_owned(), params }
    }

    #[test]
    fn names_make_an_object_and_values_alone_an_array() {
        let named = event(&[("ip", Value::fixed("192.0.2.7")), ("n", Value::Int(3)), ("none", Value::Null)]);
        assert_eq!(
            write(&named, Form::default()),
            r#"{"jsonrpc":"2.0","method":"E_X","params":{"ip":"192.0.2.7","n":3,"none":null}}"#
        );
        let form = Form { method: Some("handle"), event_param: Some("event"), id: Some(7) };
        assert_eq!(
            write(&named, form),
            r#"{"id":7,"jsonrpc":"2.0","method":"handle","params":{"event":"E_X","ip":"192.0.2.7","n":3,"none":null}}"#
        );
        let values = event(&[("", Value::Int(3)), ("", Value::Int(5))]);
        assert_eq!(write(&values, Form::default()), r#"{"jsonrpc":"2.0","method":"E_X","params":[3,5]}"#);
        let form = Form { event_param: Some("event"), ..Form::default() };
        assert_eq!(write(&values, form), r#"{"jsonrpc":"2.0","method":"E_X","params":["E_X",3,5]}"#);
        assert_eq!(write(&event(&[]), Form::default()), r#"{"jsonrpc":"2.0","method":"E_X","params":{}}"#);
    }
}
