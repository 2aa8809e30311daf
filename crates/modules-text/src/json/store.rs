//! The documents of a message: nodes in one list, and names for some of them.
//!
//! Nodes refer to each other by their place in the list. So `json_link()` needs nothing but a number, and a document
//! that contains itself is let go with the message like any other.

use super::node::{Node, NodeId};
use super::path::{Path, Step};
use bytes::Bytes;
use module_api::Fault;
use std::collections::BTreeMap;

/// Documents by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    nodes: Vec<Node>,
    roots: BTreeMap<Bytes, NodeId>,
    /// How many nodes were in use when unused ones were last dropped.
    used: usize,
}

/// More nodes than the documents of a message have.
const NODES_MAX: usize = 262_144;
/// Unused nodes are not worth looking for before there are so many.
const NODES_FREE: usize = 1024;

impl Store {
    /// A new node.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn add(&mut self, node: Node) -> Result<NodeId, Fault> {
        if self.nodes.len() >= NODES_MAX {
            return Err(Fault::us("the JSON documents of the message are too large"));
        }
        let place = u32::try_from(self.nodes.len()).map_err(|_| Fault::us("too many JSON nodes"))?;
        self.nodes.push(node);
        Ok(NodeId(place))
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        self.place(id).and_then(|place| self.nodes.get(place)).unwrap_or(&Node::Null)
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.place(id).and_then(|place| self.nodes.get_mut(place))
    }

    fn place(&self, id: NodeId) -> Option<usize> {
        usize::try_from(id.0).ok()
    }

    /// What a path leads to.
    pub(super) fn find(&self, path: &Path) -> Option<NodeId> {
        let root = *self.roots.get(&path.root)?;
        path.steps.iter().try_fold(root, |node, step| self.step(node, step))
    }

    fn step(&self, node: NodeId, step: &Step) -> Option<NodeId> {
        match (self.node(node), step) {
            (Node::Object(object), Step::Key(key)) => object.get(key),
            (Node::Array(items), Step::At(index)) => items.get(position(items.len(), *index)?).copied(),
            _ => None,
        }
    }

    /// Puts a node where a path leads.
    ///
    /// # Errors
    /// The path but for its last step leads nowhere, or the last step fits not what is there.
    pub(super) fn put(&mut self, path: &Path, node: NodeId) -> Result<(), Fault> {
        let Some((last, parent)) = self.parent(path)? else {
            self.roots.insert(path.root.clone(), node);
            return Ok(());
        };
        match (self.node_mut(parent), last) {
            (Some(Node::Object(object)), Step::Key(key)) => object.set(key.clone(), node),
            (Some(Node::Array(items)), Step::Append) => items.push(node),
            (Some(Node::Array(items)), Step::At(index)) => match position(items.len(), *index) {
                Some(at) => items[at] = node,
                // Just behind the last one is where the next one goes.
                None if usize::try_from(*index) == Ok(items.len()) => items.push(node),
                None => return Err(Fault::script(format!("$json({path}): there is no such index"))),
            },
            _ => return Err(misfit(path)),
        }
        Ok(())
    }

    /// Takes away what a path leads to. What is not there is gone already.
    ///
    /// # Errors
    /// The path but for its last step leads nowhere, or the last step fits not what is there.
    pub(super) fn remove(&mut self, path: &Path) -> Result<(), Fault> {
        let Some((last, parent)) = self.parent(path)? else {
            self.roots.remove(&path.root);
            return Ok(());
        };
        match (self.node_mut(parent), last) {
            (Some(Node::Object(object)), Step::Key(key)) => {
                object.remove(key);
            }
            (Some(Node::Array(items)), Step::At(index)) => {
                if let Some(at) = position(items.len(), *index) {
                    items.remove(at);
                }
            }
            _ => return Err(misfit(path)),
        }
        Ok(())
    }

    /// The last step of a path, and the node that all before it lead to. `None`: the path is only a name.
    fn parent<'p>(&self, path: &'p Path) -> Result<Option<(&'p Step, NodeId)>, Fault> {
        let Some((last, steps)) = path.steps.split_last() else { return Ok(None) };
        let root = self.roots.get(&path.root).copied();
        let parent = steps.iter().try_fold(root, |node, step| Some(self.step(node?, step))).flatten();
        let parent = parent.ok_or_else(|| Fault::script(format!("$json({path}): the path leads nowhere")))?;
        Ok(Some((last, parent)))
    }

    /// Drops the nodes that no name leads to any more, once there may be more of them than others. Identifiers from
    /// before are of no use after it.
    pub(super) fn tidy(&mut self) {
        if self.nodes.len() < self.used * 2 + NODES_FREE {
            return;
        }
        let mut moved: Vec<Option<NodeId>> = vec![None; self.nodes.len()];
        let mut kept = Vec::new();
        let mut waiting: Vec<NodeId> = self.roots.values().copied().collect();
        while let Some(id) = waiting.pop() {
            let Some(place) = self.place(id) else { continue };
            let Some(new @ None) = moved.get_mut(place) else { continue };
            *new = u32::try_from(kept.len()).ok().map(NodeId);
            let node = self.node(id).clone();
            waiting.extend(node.children());
            kept.push(node);
        }
        let new = |id: &mut NodeId| {
            let place = usize::try_from(id.0).ok();
            *id = place.and_then(|place| moved.get(place).copied().flatten()).unwrap_or(*id);
        };
        for node in &mut kept {
            match node {
                Node::Object(object) => object.nodes_mut().for_each(new),
                Node::Array(items) => items.iter_mut().for_each(new),
                _ => {}
            }
        }
        self.roots.values_mut().for_each(new);
        self.used = kept.len();
        self.nodes = kept;
    }

    /// How many nodes there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.nodes.len()
    }
}

/// The place of an index; negative ones count from the end.
fn position(length: usize, index: i32) -> Option<usize> {
    let at = match usize::try_from(index) {
        Ok(index) => index,
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    Some(at).filter(|at| *at < length)
}

fn misfit(path: &Path) -> Fault {
    Fault::script(format!("$json({path}): a key needs an object, an index an array"))
}
