//! `db_scheme`: a table of another shape that AVPs are loaded from.

/// `"name:table=t;uuid_col=u;username_col=n;domain_col=d;value_col=v;value_type=integer"`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scheme {
    /// Its name, written `$name` in functions.
    pub name: String,
    /// Its table; the table of preferences if not given.
    pub table: Option<String>,
    /// Its column of unique user identifiers, if not the usual one.
    pub uuid: Option<String>,
    /// Its column of user names, if not the usual one.
    pub username: Option<String>,
    /// Its column of domains, if not the usual one.
    pub domain: Option<String>,
    /// Its column of values, if not the usual one.
    pub value: Option<String>,
    /// Whether values are integers.
    pub is_integer: bool,
}

impl Scheme {
    /// Reads a definition.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Scheme, String> {
        let (name, elements) = text.split_once(':').ok_or_else(|| format!("\"{text}\": write \"name:table=…\""))?;
        let mut scheme = Scheme { name: name.trim().to_owned(), ..Scheme::default() };
        for element in elements.split(';').map(str::trim).filter(|element| !element.is_empty()) {
            let (key, value) = element.split_once('=').ok_or_else(|| format!("\"{element}\" is no name=value"))?;
            let value = value.trim().to_owned();
            match key.trim() {
                "table" => scheme.table = Some(value),
                "uuid_col" => scheme.uuid = Some(value),
                "username_col" => scheme.username = Some(value),
                "domain_col" => scheme.domain = Some(value),
                "value_col" => scheme.value = Some(value),
                "value_type" => scheme.is_integer = is_integer(&value)?,
                other => {
                    return Err(format!(
                        "\"{other}\" is none of table, uuid_col, username_col, domain_col, value_col, value_type"
                    ));
                }
            }
        }
        Ok(scheme)
    }
}

fn is_integer(text: &str) -> Result<bool, String> {
    match text {
        "integer" => Ok(true),
        "string" => Ok(false),
        _ => Err(format!("value_type is integer or string, not \"{text}\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::Scheme;

    #[test]
    fn definitions_are_read() {
        let scheme = Scheme::parse("s1:table=subscriber; uuid_col=uid;value_col=rate;value_type=integer").unwrap();
        assert_eq!(
            (scheme.name.as_str(), scheme.table.as_deref(), scheme.is_integer),
            ("s1", Some("subscriber"), true)
        );
        assert_eq!(Scheme::parse("table=x").unwrap_err(), "\"table=x\": write \"name:table=…\"");
        assert!(Scheme::parse("s:row=x").unwrap_err().starts_with("\"row\" is none of table"));
    }
}
