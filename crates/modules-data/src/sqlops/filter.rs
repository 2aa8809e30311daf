//! The JSON of structured queries: columns, values and filters, made into SQL with the values aside.

use bytes::Bytes;
use module_api::sql::{Cell, Params};
use module_api::{Fault, Json};

/// A name that goes into SQL as it is.
///
/// # Errors
/// It has something in it that could end it: names may come from variables, and those from messages.
pub fn name(text: &[u8]) -> Result<&str, Fault> {
    let is_plain = |char: char| char.is_alphanumeric() || "_.$*(), ".contains(char);
    match std::str::from_utf8(text) {
        Ok(name) if !name.is_empty() && name.chars().all(is_plain) => Ok(name),
        _ => Err(Fault::script(format!("\"{}\" is no name of a table or column", String::from_utf8_lossy(text)))),
    }
}

/// `["a", "b"]` as `a, b`.
///
/// # Errors
/// It is no list of names.
pub fn columns(json: &Bytes) -> Result<String, Fault> {
    let names = list(json)?.into_iter().map(|column| match column {
        Json::String(column) => name(column.as_bytes()).map(str::to_owned),
        other => Err(Fault::script(format!("{other} is no name of a column"))),
    });
    Ok(names.collect::<Result<Vec<String>, Fault>>()?.join(", "))
}

/// `[{"a": 1}, {"b": "x"}]` as names and values.
///
/// # Errors
/// It is no list of objects.
pub fn values(json: &Bytes) -> Result<(Vec<String>, Params), Fault> {
    let (mut names, mut params) = (Vec::new(), Params::new());
    for (column, value) in pairs(json)? {
        names.push(name(column.as_bytes())?.to_owned());
        params.push(cell(&value)?);
    }
    if names.is_empty() { Err(Fault::script("no columns are given")) } else { Ok((names, params)) }
}

/// `[{"a": 1}, {"b": {"!=": null}}]` as ` WHERE a = ? AND b IS NOT NULL`; nothing for an empty list.
///
/// # Errors
/// It is no list of objects, or an operator is none.
pub fn filter(json: &Bytes, params: &mut Params) -> Result<String, Fault> {
    let mut tests = Vec::new();
    for (column, test) in pairs(json)? {
        let column = name(column.as_bytes())?.to_owned();
        match test {
            Json::Object(object) => {
                for (operator, value) in object {
                    tests.push(compare(&column, self::operator(&operator)?, &value, params)?);
                }
            }
            value => tests.push(compare(&column, "=", &value, params)?),
        }
    }
    Ok(if tests.is_empty() { String::new() } else { format!(" WHERE {}", tests.join(" AND ")) })
}

fn compare(column: &str, operator: &str, value: &Json, params: &mut Params) -> Result<String, Fault> {
    match (cell(value)?, operator) {
        (Cell::Null, "=") => Ok(format!("{column} IS NULL")),
        (Cell::Null, "!=" | "<>") => Ok(format!("{column} IS NOT NULL")),
        (value, _) => {
            params.push(value);
            Ok(format!("{column} {operator} ?"))
        }
    }
}

/// Signs, or words such as `LIKE`.
fn operator(text: &str) -> Result<&str, Fault> {
    let text = text.trim();
    let is_sign = text.chars().all(|char| "<>=!~".contains(char));
    let is_word = text.chars().all(|char| char.is_ascii_alphabetic() || char == ' ');
    let is_operator = !text.is_empty() && text.len() <= 16 && (is_sign || is_word);
    if is_operator { Ok(text) } else { Err(Fault::script(format!("\"{text}\" is no operator"))) }
}

fn cell(value: &Json) -> Result<Cell, Fault> {
    match value {
        Json::Null => Ok(Cell::Null),
        Json::String(text) => Ok(Cell::text(text)),
        Json::Bool(truth) => Ok(Cell::Int(i64::from(*truth))),
        Json::Number(number) => Ok(number.as_i64().map_or_else(|| Cell::text(number.to_string()), Cell::Int)),
        Json::Array(_) | Json::Object(_) => {
            Err(Fault::script(format!("{value} is neither string nor integer nor null")))
        }
    }
}

fn pairs(json: &Bytes) -> Result<Vec<(String, Json)>, Fault> {
    let mut pairs = Vec::new();
    for entry in list(json)? {
        match entry {
            Json::Object(object) => pairs.extend(object),
            other => return Err(Fault::script(format!("{other} is no {{\"column\": value}}"))),
        }
    }
    Ok(pairs)
}

/// The members of an array; an object stands for an array of itself.
fn list(json: &Bytes) -> Result<Vec<Json>, Fault> {
    match serde_json::from_slice(json) {
        Ok(Json::Array(list)) => Ok(list),
        Ok(object @ Json::Object(_)) => Ok(vec![object]),
        Ok(other) => Err(Fault::script(format!("{other} is no JSON array"))),
        Err(error) => Err(Fault::script(format!("\"{}\" is no JSON: {error}", String::from_utf8_lossy(json)))),
    }
}

#[cfg(test)]
mod tests {
    use super::{columns, filter, values};
    use bytes::Bytes;
    use module_api::sql::Params;

    fn filtered(json: &'static str) -> String {
        let mut params = Params::new();
        match filter(&Bytes::from_static(json.as_bytes()), &mut params) {
            Ok(sql) => format!("{sql} {params:?}"),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn filters_become_conditions() {
        assert_eq!(filtered("[]"), " []");
        assert_eq!(
            filtered(r#"[{"username": "a'b"}, {"domain": {"!=": null}}, {"n": {">": 3}}, {"x": {"NOT LIKE": "%"}}]"#),
            " WHERE username = ? AND domain IS NOT NULL AND n > ? AND x NOT LIKE ? \
             [Text(b\"a'b\"), Int(3), Text(b\"%\")]"
        );
    }

    #[test]
    fn nothing_gets_into_the_sql_that_could_change_it() {
        assert_eq!(filtered(r#"[{"a; DROP TABLE x": 1}]"#), "\"a; DROP TABLE x\" is no name of a table or column");
        assert_eq!(filtered(r#"[{"a": {"= 1 OR 1 =": 1}}]"#), "\"= 1 OR 1 =\" is no operator");
        assert_eq!(filtered(r#"[{"a": [1]}]"#), "[1] is neither string nor integer nor null");
        assert!(filtered(r#"[{"a": "b"]"#).contains("is no JSON"));
        assert_eq!(filtered("3"), "3 is no JSON array");
    }

    #[test]
    fn columns_and_values() {
        assert_eq!(columns(&Bytes::from_static(b"[\"a\", \"count(*)\"]")).unwrap(), "a, count(*)");
        let (names, params) = values(&Bytes::from_static(b"[{\"a\": 1}, {\"b\": null, \"c\": true}]")).unwrap();
        assert_eq!((names.join(","), params.len()), ("a,b,c".to_owned(), 3));
        assert!(values(&Bytes::from_static(b"[]")).is_err());
    }
}
