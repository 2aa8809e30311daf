//! `extra_fields` and `leg_fields`: which values of the script's own are written, and under which names.
//!
//! `"backend: tag->name; tag"`: `$acc_extra(tag)` is written as `name`, or as `tag` where no name is given.

use super::marks::Backend;
use module_api::StartError;

/// Both kinds of field.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// Of the call.
    pub extra: FieldSet,
    /// Of each of its legs.
    pub leg: FieldSet,
}

/// The fields of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    /// The tags; their positions number the values.
    pub tags: Vec<String>,
    /// For each backend the names and the values' positions.
    fields: Vec<(Backend, String, usize)>,
}

impl FieldSet {
    /// From the values of the parameter.
    ///
    /// # Errors
    /// A definition cannot be read.
    pub fn parse(param: &'static str, definitions: &[&str]) -> Result<FieldSet, StartError> {
        let mut set = FieldSet::default();
        for definition in definitions {
            let wrong = |text: String| StartError::param(param, text).value(*definition);
            let (backend, list) = definition.split_once(':').ok_or_else(|| {
                wrong(format!("\"{definition}\": it begins with a backend, \"db: caller->caller_id\""))
            })?;
            let backend = Backend::of(backend.trim()).map_err(|fault| wrong(fault.text.into_owned()))?;
            for field in list.split(';').map(str::trim).filter(|field| !field.is_empty()) {
                let (tag, name) = field.split_once("->").unwrap_or((field, field));
                let (tag, name) = (tag.trim(), name.trim());
                if tag.is_empty() || name.is_empty() || tag.contains(':') {
                    return Err(wrong(format!("\"{field}\" is no field: one backend for each value of the parameter")));
                }
                let position = set.tag(tag);
                set.fields.push((backend, name.to_owned(), position));
            }
        }
        Ok(set)
    }

    /// The names and the values' positions for a backend.
    pub fn of(&self, backend: Backend) -> impl Iterator<Item = (&str, usize)> {
        let fields = self.fields.iter().filter(move |(known, _, _)| *known == backend);
        fields.map(|(_, name, position)| (name.as_str(), *position))
    }

    /// All tags and their values' positions.
    pub fn all(&self) -> impl Iterator<Item = (&str, usize)> {
        self.tags.iter().enumerate().map(|(position, tag)| (tag.as_str(), position))
    }

    /// The position of a tag's value.
    pub fn position(&self, tag: &[u8]) -> Option<usize> {
        self.tags.iter().position(|known| known.as_bytes().eq_ignore_ascii_case(tag))
    }

    /// A value of its own, though another has the same tag.
    pub fn new_value(&mut self, tag: &str) -> usize {
        self.tags.push(tag.to_owned());
        self.tags.len() - 1
    }

    /// Has a backend write a value under this name.
    pub fn write(&mut self, backend: Backend, name: &str, position: usize) {
        self.fields.push((backend, name.to_owned(), position));
    }

    fn tag(&mut self, tag: &str) -> usize {
        self.position(tag.as_bytes()).unwrap_or_else(|| {
            self.tags.push(tag.to_owned());
            self.tags.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::FieldSet;
    use crate::acc::marks::Backend;

    #[test]
    fn definitions_share_their_tags() {
        let set = FieldSet::parse("extra_fields", &["log: a->My_a; b", "db: a -> col_a;"]).unwrap();
        assert_eq!(set.tags, ["a", "b"]);
        assert_eq!(set.of(Backend::Log).collect::<Vec<_>>(), [("My_a", 0), ("b", 1)]);
        assert_eq!(set.of(Backend::Db).collect::<Vec<_>>(), [("col_a", 0)]);
    }

    #[test]
    fn a_second_backend_and_names_that_are_none_are_refused() {
        for definition in ["log: a; db: b", "log: ->b", "log: a->"] {
            let error = FieldSet::parse("extra_fields", &[definition]).unwrap_err();
            assert!(error.to_string().contains("is no field"), "{error}");
        }
    }

    #[test]
    fn a_definition_without_backend_is_refused() {
        let error = FieldSet::parse("extra_fields", &["a->2345"]).unwrap_err();
        assert!(error.to_string().contains("begins with a backend"), "{error}");
    }
}
