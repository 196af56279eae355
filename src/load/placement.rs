//! On which node of a cluster each user is.

/// The node of a stage's user, so that whoever writes to whom, messages pass on one node and between any two.
///
/// Users stand in pairs; pair after pair goes through every pair of nodes, those that differ first. Neighbours of different
/// pairs meet on one node and on two alike.
pub(super) fn node_of(user: usize, nodes: usize) -> usize {
    let pair = user / 2;
    match user % 2 {
        0 => pair % nodes,
        _ => (pair + pair / nodes + 1) % nodes,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn one_node_has_everybody() {
        assert!((0..9).all(|user| node_of(user, 1) == 0));
    }

    #[test]
    fn pairs_and_neighbours_are_on_one_node_and_on_any_two() {
        for nodes in 2..6 {
            let pairs: Vec<_> = (0..nodes * nodes)
                .map(|pair| (node_of(2 * pair, nodes), node_of(2 * pair + 1, nodes)))
                .collect();
            let mut each: BTreeMap<(usize, usize), usize> = BTreeMap::new();
            for pair in &pairs {
                *each.entry(*pair).or_default() += 1;
            }
            assert_eq!(each.len(), nodes * nodes, "{nodes}: every pair of nodes once");
            assert!(
                pairs[..nodes].iter().all(|(one, other)| one != other),
                "those that differ first"
            );

            let users = 2 * nodes * nodes;
            let same = (0..users).filter(|user| node_of(*user, nodes) == node_of(user + 1, nodes));
            let same = same.count();
            assert!(same > users / (2 * nodes) && same < users, "{nodes}: {same} of {users}");
            let on = |node| (0..users).filter(|user| node_of(*user, nodes) == node).count();
            assert!((0..nodes).all(|node| on(node) == users / nodes), "{nodes}: as many on each");
        }
    }
}
