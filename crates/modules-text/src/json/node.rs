//! What a document is made of.

use bytes::Bytes;
use std::collections::BTreeMap;

/// A node of a store, by its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(pub(super) u32);

/// A JSON value; what is inside others is a node of its own, so that several can share it.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Int(i64),
    /// Any other number, as it is written.
    Number(Bytes),
    /// In no particular encoding, as text of messages is.
    Str(Bytes),
    Object(Object),
    Array(Vec<NodeId>),
}

/// Members in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub(super) struct Object {
    members: Vec<(Bytes, NodeId)>,
    places: BTreeMap<Bytes, usize>,
}

impl Object {
    pub(super) fn get(&self, key: &[u8]) -> Option<NodeId> {
        self.places.get(key).and_then(|place| self.members.get(*place)).map(|(_, node)| *node)
    }

    /// A member that is there already keeps its place.
    pub(super) fn set(&mut self, key: Bytes, node: NodeId) {
        if let Some(member) = self.places.get(&key).and_then(|place| self.members.get_mut(*place)) {
            member.1 = node;
            return;
        }
        self.places.insert(key.clone(), self.members.len());
        self.members.push((key, node));
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, key: &[u8]) -> bool {
        let Some(place) = self.places.remove(key).filter(|place| *place < self.members.len()) else { return false };
        self.members.remove(place);
        self.places.values_mut().filter(|other| **other > place).for_each(|other| *other -= 1);
        true
    }

    pub(super) fn members(&self) -> &[(Bytes, NodeId)] {
        &self.members
    }

    /// The nodes of the members, to be told their new places.
    pub(super) fn nodes_mut(&mut self) -> impl Iterator<Item = &mut NodeId> {
        self.members.iter_mut().map(|(_, node)| node)
    }
}

impl Node {
    /// The nodes in it.
    pub(super) fn children(&self) -> Vec<NodeId> {
        match self {
            Node::Object(object) => object.members().iter().map(|(_, node)| *node).collect(),
            Node::Array(items) => items.clone(),
            _ => Vec::new(),
        }
    }
}
