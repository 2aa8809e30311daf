//! The SQL that the modules write, read into what it does.

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The table.
    pub table: String,
    /// What is done with it.
    pub action: Action,
}

/// What a statement does. Values are its parameters, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `SELECT columns … WHERE … ORDER BY … LIMIT …`; rows come in the order of their keys anyway.
    Select { columns: Vec<String>, filter: Vec<Test>, limit: Option<usize> },
    /// `INSERT` or `REPLACE`
    Insert { columns: Vec<String>, replaces: bool },
    /// `UPDATE … SET … WHERE …`
    Update { columns: Vec<String>, filter: Vec<Test> },
    /// `DELETE … WHERE …`
    Delete { filter: Vec<Test> },
}

/// A condition; all of a statement's must hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `column = ?`
    Is(String),
    /// `column = 'text'`
    IsText(String, String),
    /// `column > ?`
    Above(String),
    /// `column < ?`
    Below(String),
    /// `column <> 0`
    NotZero(String),
    /// `column IN (?, …)`, so many.
    In(String, usize),
}

impl Parsed {
    /// Reads a statement.
    ///
    /// # Panics
    /// It is none that a module writes.
    pub fn read(sql: &str) -> Parsed {
        let mut words = Words(sql);
        let parsed = words.statement();
        parsed.unwrap_or_else(|| panic!("the simulated database does not understand: {sql}"))
    }
}

/// The words of a statement: names, numbers, and signs each by itself.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let first = text.chars().next()?;
        let length = match first {
            '<' if text.starts_with("<>") => 2,
            '\'' => text.get(1..)?.find('\'')? + 2,
            _ if is_word(first) => text.find(|c| !is_word(c)).unwrap_or(text.len()),
            _ => first.len_utf8(),
        };
        let (word, rest) = text.split_at(length);
        self.0 = rest;
        Some(word)
    }

    fn peek(&self) -> Option<&'a str> {
        Words(self.0).next()
    }

    fn expect(&mut self, word: &str) -> Option<()> {
        (self.next()? == word).then_some(())
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_it = self.peek() == Some(word);
        if is_it {
            self.next();
        }
        is_it
    }

    fn statement(&mut self) -> Option<Parsed> {
        let verb = self.next()?;
        let parsed = match verb {
            "SELECT" => {
                let columns = self.list()?;
                self.expect("FROM")?;
                let table = self.next()?.to_owned();
                let filter = self.filter()?;
                if self.takes("ORDER") {
                    self.expect("BY")?;
                    self.next()?;
                }
                let limit = if self.takes("LIMIT") { Some(self.next()?.parse().ok()?) } else { None };
                Parsed { table, action: Action::Select { columns, filter, limit } }
            }
            "INSERT" | "REPLACE" => {
                self.expect("INTO")?;
                let table = self.next()?.to_owned();
                self.expect("(")?;
                let columns = self.list()?;
                self.expect(")")?;
                self.expect("VALUES")?;
                let marks = self.marks()?;
                let action = Action::Insert { replaces: verb == "REPLACE", columns };
                matches!(&action, Action::Insert { columns, .. } if columns.len() == marks)
                    .then_some(Parsed { table, action })?
            }
            "UPDATE" => {
                let table = self.next()?.to_owned();
                self.expect("SET")?;
                let mut columns = Vec::new();
                loop {
                    columns.push(self.next()?.to_owned());
                    self.expect("=")?;
                    self.expect("?")?;
                    if !self.takes(",") {
                        break;
                    }
                }
                let filter = self.filter()?;
                Parsed { table, action: Action::Update { columns, filter } }
            }
            "DELETE" => {
                self.expect("FROM")?;
                let table = self.next()?.to_owned();
                let filter = self.filter()?;
                Parsed { table, action: Action::Delete { filter } }
            }
            _ => return None,
        };
        self.next().is_none().then_some(parsed)
    }

    fn list(&mut self) -> Option<Vec<String>> {
        let mut list = vec![self.next()?.to_owned()];
        while self.takes(",") {
            list.push(self.next()?.to_owned());
        }
        Some(list)
    }

    /// `(?, ?)`: how many.
    fn marks(&mut self) -> Option<usize> {
        self.expect("(")?;
        let marks = self.list()?;
        self.expect(")")?;
        marks.iter().all(|mark| mark == "?").then_some(marks.len())
    }

    fn filter(&mut self) -> Option<Vec<Test>> {
        let mut tests = Vec::new();
        if !self.takes("WHERE") {
            return Some(tests);
        }
        loop {
            let column = self.next()?.to_owned();
            tests.push(match self.next()? {
                "<>" => {
                    self.expect("0")?;
                    Test::NotZero(column)
                }
                "IN" => Test::In(column, self.marks()?),
                "=" if self.peek().is_some_and(|word| word.starts_with('\'')) => {
                    Test::IsText(column, self.next()?.trim_matches('\'').to_owned())
                }
                sign => {
                    self.expect("?")?;
                    match sign {
                        "=" => Test::Is(column),
                        ">" => Test::Above(column),
                        "<" => Test::Below(column),
                        _ => return None,
                    }
                }
            });
            if !self.takes("AND") {
                return Some(tests);
            }
        }
    }
}
