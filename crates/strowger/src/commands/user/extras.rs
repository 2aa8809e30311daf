//! What a subscriber has besides a password: aliases, groups, and how many calls at once.

use super::name::{full, split, unknown};
use super::{Subscribers, TABLE, text};
use crate::defaults::REALM;
use module_api::sql::{Cell, Statement};

const ALIASES: &str = "dbaliases";
const GROUPS: &str = "grp";
const PREFERENCES: &str = "usr_preferences";
/// The tables of all that.
pub const EXTRAS: [&str; 3] = [ALIASES, GROUPS, PREFERENCES];

/// The preference that limits calls, as the default script reads it.
const CALL_LIMIT: &str = "call_limit";
/// The type of a preference that is a number (`sqlops`).
const INTEGER: i64 = 1;

/// What is kept under the name of a subscriber in one of the tables: keys and columns.
type Owner = (&'static [&'static str], Vec<Cell>);

impl Subscribers {
    /// Prints what there is about one.
    pub fn show(&self, name: &str) -> Result<(), String> {
        let (user, domain) = self.existing(name)?;
        println!("name     {}", full(&user, &domain));
        for (heading, table, column) in [("alias  ", ALIASES, "alias_username"), ("group  ", GROUPS, "grp")] {
            for value in self.values(table, &[column], self.owner(&user, &domain))? {
                println!("{heading}  {value}");
            }
        }
        if let Some(limit) = self.call_limit(&user, &domain)? {
            println!("calls    {limit} at once");
        }
        Ok(())
    }

    /// Another name for one.
    pub fn add_alias(&self, name: &str, alias: &str) -> Result<(), String> {
        self.must_have(ALIASES)?;
        let (user, domain) = self.existing(name)?;
        let (alias_user, alias_domain) = split(alias)?;
        let alias_domain = if alias_domain.is_empty() { &*domain } else { alias_domain };
        if let Some(known) = self.known(alias_user, alias_domain)? {
            return Err(format!("{known} is a subscriber: calls to him would go to {name}"));
        }
        if let Some(other) = self.owner_of_alias(alias_user, alias_domain)? {
            return Err(format!("{alias} is an alias of {other} already"));
        }
        // The name that takes an alias's place in a Request-URI needs a domain, whichever.
        let target = if domain.is_empty() { self.challenge.realm.as_deref().unwrap_or(REALM) } else { &*domain };
        let columns = ["alias_username", "alias_domain", "username", "domain"];
        let values = [alias_user, alias_domain, &*user, target].map(Cell::text);
        self.ask(&Statement::insert(ALIASES, &columns), values.into())?;
        println!("{alias} is {name}");
        Ok(())
    }

    /// Whose alias a name is.
    pub fn owner_of_alias(&self, user: &str, domain: &str) -> Result<Option<String>, String> {
        let owners = self.values(ALIASES, &["username"], self.alias_key(user, domain))?;
        Ok(owners.into_iter().next())
    }

    /// Takes an alias away.
    pub fn remove_alias(&self, alias: &str) -> Result<(), String> {
        self.must_have(ALIASES)?;
        let (user, domain) = split(alias)?;
        let (keys, key) = self.alias_key(user, domain);
        if self.ask(&Statement::delete(ALIASES, keys), key)?.changed == 0 {
            return Err(format!("there is no alias {alias}; `strowger user show NAME` shows a subscriber's"));
        }
        println!("removed {alias}");
        Ok(())
    }

    /// Makes one a member.
    pub fn add_to_group(&self, name: &str, group: &str) -> Result<(), String> {
        self.must_have(GROUPS)?;
        if group.trim().is_empty() {
            return Err("a group has a name".to_owned());
        }
        let (user, domain) = self.existing(name)?;
        let groups = self.values(GROUPS, &["grp"], self.owner(&user, &domain))?;
        if groups.iter().any(|known| known == group) {
            return Err(format!("{name} is in group {group} already"));
        }
        let values = [&*user, &*domain, group].map(Cell::text);
        self.ask(&Statement::insert(GROUPS, &["username", "domain", "grp"]), values.into())?;
        println!("{name} is in group {group}");
        Ok(())
    }

    /// Ends a membership.
    pub fn remove_from_group(&self, name: &str, group: &str) -> Result<(), String> {
        self.must_have(GROUPS)?;
        let (user, domain) = self.existing(name)?;
        let key = [&*user, &*domain, group].map(Cell::text).into();
        if self.ask(&Statement::delete(GROUPS, &["username", "domain", "grp"]), key)?.changed == 0 {
            return Err(format!("{name} is not in group {group}"));
        }
        println!("{name} is no longer in group {group}");
        Ok(())
    }

    /// So many calls at once, or with `None` as many as the script allows everybody.
    pub fn limit(&self, name: &str, calls: Option<u32>) -> Result<(), String> {
        self.must_have(PREFERENCES)?;
        let (user, domain) = self.existing(name)?;
        let keys = ["username", "domain", "attribute"];
        let key = || [&*user, &*domain, CALL_LIMIT].map(Cell::text).into_iter();
        let Some(calls) = calls else {
            self.ask(&Statement::delete(PREFERENCES, &keys), key().collect())?;
            println!("{name} has the limit of everybody");
            return Ok(());
        };
        let value = Cell::text(calls.to_string());
        let update = Statement::update(PREFERENCES, &["value"], &keys);
        if self.ask(&update, std::iter::once(value.clone()).chain(key()).collect())?.changed == 0 {
            let insert = Statement::insert(PREFERENCES, &["username", "domain", "attribute", "type", "value"]);
            self.ask(&insert, key().chain([Cell::Int(INTEGER), value]).collect())?;
        }
        println!("{name} may have {calls} calls at once");
        Ok(())
    }

    /// The rows of a subscriber in the tables that there are, by their numbers.
    pub fn extras_of(&self, user: &str, domain: &str) -> Result<Vec<(&'static str, Cell)>, String> {
        let mut found = Vec::new();
        for table in EXTRAS.into_iter().filter(|table| self.has(table)) {
            let (keys, key) = self.owner(user, domain);
            let rows = self.ask(&Statement::select(table, &["id"], keys, ""), key)?.rows;
            found.extend(rows.into_iter().filter_map(|row| Some((table, row.into_iter().next()?))));
        }
        Ok(found)
    }

    /// How many calls at once, where that is not left to the script.
    fn call_limit(&self, user: &str, domain: &str) -> Result<Option<String>, String> {
        if !self.has(PREFERENCES) {
            return Ok(None);
        }
        let key = [user, domain, CALL_LIMIT].map(Cell::text).into();
        let values = self.values(PREFERENCES, &["value"], (&["username", "domain", "attribute"], key))?;
        Ok(values.into_iter().next())
    }

    /// User and domain of somebody who is there, as the table has them.
    fn existing(&self, name: &str) -> Result<(String, String), String> {
        let (user, domain) = split(name)?;
        let (keys, key) = self.key(user, domain);
        let rows = self.ask(&Statement::select(TABLE, &["username", "domain"], keys, ""), key)?.rows;
        let row = rows.first().ok_or_else(|| unknown(name))?;
        let cell = |at: usize| row.get(at).map_or(String::new(), text);
        Ok((cell(0), cell(1)))
    }

    /// What a subscriber's rows of the other tables are found by. Where domains tell nobody apart, by the name: an
    /// alias has a domain all the same.
    fn owner(&self, user: &str, domain: &str) -> Owner {
        if self.challenge.knows_no_domains {
            return (&["username"], vec![Cell::text(user)]);
        }
        (&["username", "domain"], [user, domain].map(Cell::text).into())
    }

    /// What the row of an alias is found by.
    fn alias_key(&self, user: &str, domain: &str) -> Owner {
        if self.challenge.knows_no_domains {
            return (&["alias_username"], vec![Cell::text(user)]);
        }
        (&["alias_username", "alias_domain"], [user, domain].map(Cell::text).into())
    }

    /// The first of these columns, row by row; none where there is no such table.
    fn values(&self, table: &str, columns: &[&str], (keys, key): Owner) -> Result<Vec<String>, String> {
        if !self.has(table) {
            return Ok(Vec::new());
        }
        let rows = self.ask(&Statement::select(table, columns, keys, "ORDER BY id"), key)?.rows;
        Ok(rows.iter().filter_map(|row| row.first()).map(text).collect())
    }

    fn has(&self, table: &str) -> bool {
        self.present.iter().any(|present| present == table)
    }

    fn must_have(&self, table: &str) -> Result<(), String> {
        if self.has(table) {
            Ok(())
        } else {
            Err(format!("there is no table {table}: `strowger db create URL` makes it"))
        }
    }
}
