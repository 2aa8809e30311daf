//! Recurrences joined by operators: `!` binds closest, then `&`, then `/`.

use crate::rule::Rule;
use crate::{Error, Zone};

/// A recurrence, or several joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression(Node);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Rule(Box<Rule>),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
}

/// How deep parentheses and negations may nest.
const DEPTH_MAX: usize = 32;

impl Expression {
    /// Reads a text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Expression, Error> {
        let mut parser = Parser { rest: text.trim_start() };
        let node = parser.any(DEPTH_MAX)?;
        if !parser.rest.is_empty() {
            return Err(Error(format!("\"{}\" follows the recurrence", parser.rest)));
        }
        Ok(Expression(node))
    }

    /// Whether a moment, in seconds since 1970, is in it. `zone` is that of recurrences which name none.
    pub fn contains(&self, unix_seconds: i64, zone: Zone) -> bool {
        self.0.contains(unix_seconds, zone)
    }
}

impl Node {
    fn contains(&self, moment: i64, zone: Zone) -> bool {
        match self {
            Node::Rule(rule) => rule.contains(moment, zone),
            Node::Not(node) => !node.contains(moment, zone),
            Node::All(nodes) => nodes.iter().all(|node| node.contains(moment, zone)),
            Node::Any(nodes) => nodes.iter().any(|node| node.contains(moment, zone)),
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn any(&mut self, depth: usize) -> Result<Node, Error> {
        let mut nodes = vec![self.all(depth)?];
        while self.eat('/') {
            nodes.push(self.all(depth)?);
        }
        Ok(single(nodes, Node::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Node, Error> {
        let mut nodes = vec![self.operand(depth)?];
        while self.eat('&') {
            nodes.push(self.operand(depth)?);
        }
        Ok(single(nodes, Node::All))
    }

    fn operand(&mut self, depth: usize) -> Result<Node, Error> {
        let Some(depth) = depth.checked_sub(1) else { return Err(Error("it nests too deep".to_owned())) };
        if self.eat('!') {
            return Ok(Node::Not(Box::new(self.operand(depth)?)));
        }
        if self.eat('(') {
            let inner = self.any(depth)?;
            if !self.eat(')') {
                return Err(Error("a parenthesis does not close".to_owned()));
            }
            return Ok(inner);
        }
        let (rule, rest) = self.rest.split_at(rule_length(self.rest));
        self.rest = rest;
        Rule::parse(rule.trim()).map(|rule| Node::Rule(Box::new(rule)))
    }

    fn eat(&mut self, operator: char) -> bool {
        let Some(rest) = self.rest.strip_prefix(operator) else { return false };
        self.rest = rest.trim_start();
        true
    }
}

/// A recurrence ends at an operator; the slash in the name of a time zone, which comes first, is none.
fn rule_length(text: &str) -> usize {
    let begins_with_zone = text.starts_with(|first: char| first.is_ascii_uppercase());
    let zone = if begins_with_zone { text.find('|').unwrap_or(text.len()) } else { 0 };
    let ends = |(at, char): &(usize, char)| matches!(char, '&' | ')' | '(' | '!') || *char == '/' && *at >= zone;
    text.char_indices().find(ends).map_or(text.len(), |(at, _)| at)
}

fn single(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match (nodes.pop(), nodes.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            nodes.push(last);
            join(nodes)
        }
        (None, _) => join(nodes),
    }
}
