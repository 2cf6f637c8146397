//! The elimination tree: each node's parent is the lowest higher node it is joined with, by contraction or from the start.

use crate::format::NONE;

/// Parents by rank, from the neighbours each node has among lower ones (Liu: The Role of Elimination Trees in Sparse
/// Factorization, 1990).
pub(super) fn parents(nodes: usize, lower: impl Fn(u32, &mut dyn FnMut(u32))) -> Vec<u32> {
    let mut parent = vec![NONE; nodes];
    // The highest known ancestor, shortened as it is followed.
    let mut ancestor = vec![NONE; nodes];
    for node in 0..nodes as u32 {
        lower(node, &mut |below| {
            let mut at = below;
            while at != node {
                let next = std::mem::replace(&mut ancestor[at as usize], node);
                if next == NONE {
                    parent[at as usize] = node;
                    break;
                }
                at = next;
            }
        });
    }
    parent
}

/// An order in which every subtree is one run and every parent comes after its children: by old rank, the new one.
pub(super) fn postorder(parent: &[u32]) -> Vec<u32> {
    let mut size = vec![1u32; parent.len()];
    for (node, parent) in parent.iter().enumerate() {
        if *parent != NONE {
            size[*parent as usize] += size[node];
        }
    }
    // Where the next subtree below a node (or the next root's) begins.
    let mut free = vec![0u32; parent.len()];
    let mut free_root = 0;
    let mut new = vec![0; parent.len()];
    for node in (0..parent.len()).rev() {
        let start = match parent[node] {
            NONE => &mut free_root,
            above => &mut free[above as usize],
        };
        let begins = *start;
        *start += size[node];
        free[node] = begins;
        new[node] = begins + size[node] - 1;
    }
    new
}

/// Number of ancestors by rank, and one more than the largest; `None` unless every parent is higher than its child.
pub(super) fn depths(parent: &[u32]) -> Option<(Vec<u32>, usize)> {
    let mut depth = vec![0u32; parent.len()];
    let mut height = 0;
    for node in (0..parent.len()).rev() {
        if parent[node] != NONE {
            if parent[node] as usize <= node {
                return None;
            }
            depth[node] = depth.get(parent[node] as usize)? + 1;
        }
        height = height.max(depth[node] as usize + 1);
    }
    Some((depth, height))
}

/// How many nodes each subtree has.
pub(super) fn sizes(parent: &[u32]) -> Vec<u32> {
    let mut size = vec![1u32; parent.len()];
    for (node, parent) in parent.iter().enumerate() {
        if *parent != NONE {
            size[*parent as usize] += size[node];
        }
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_contracted_from_its_middle() {
        // The path 0–3–1–4–2: contracting 0, 1, 2 joins 3 with 4.
        let lower: [&[u32]; 5] = [&[], &[], &[], &[0, 1], &[1, 2]];
        let parent = parents(5, |node, visit| {
            lower[node as usize].iter().for_each(|l| visit(*l))
        });
        assert_eq!(parent, [3, 3, 4, 4, NONE]);
        assert_eq!(depths(&parent), Some((vec![2, 2, 1, 1, 0], 3)));
        let new = postorder(&parent);
        // 3 and its two children first or last, 4 at the end; every parent after its children.
        for (node, above) in parent.iter().enumerate().filter(|(_, above)| **above != NONE) {
            assert!(new[node] < new[*above as usize]);
        }
        assert_eq!(sizes(&parent), [1, 1, 1, 3, 5]);
    }

    #[test]
    fn parents_that_are_not_higher_are_no_tree() {
        assert_eq!(depths(&[1, 0]), None);
        assert_eq!(depths(&[7]), None);
    }
}
