// Territories as a tree: each after what it stands below, with how deep.
import type { Id, Territory } from '../api/types';

export interface Branch { territory: Territory; depth: number; isParent: boolean }

/** Parents before children, siblings in the order given. Whose parent is not in the list stands at the top; a circle is cut. */
export function inTree(list: readonly Territory[]): Branch[] {
  const known = new Set(list.map((one) => one.id));
  const below = new Map<Id | null, Territory[]>();
  for (const one of list) {
    const parent = one.parent_id && known.has(one.parent_id) ? one.parent_id : null;
    below.set(parent, [...(below.get(parent) ?? []), one]);
  }
  const found: Branch[] = [];
  const seen = new Set<Id>();
  const walk = (parent: Id | null, depth: number) => {
    for (const territory of below.get(parent) ?? []) {
      if (seen.has(territory.id)) continue;
      seen.add(territory.id);
      found.push({ territory, depth, isParent: (below.get(territory.id) ?? []).length > 0 });
      walk(territory.id, depth + 1);
    }
  };
  walk(null, 0);
  for (const territory of list) if (!seen.has(territory.id)) found.push({ territory, depth: 0, isParent: false });
  return found;
}

/** The territory and everything below it. */
export function branchOf(list: readonly Territory[], id: Id): Set<Id> {
  const found = new Set([id]);
  let size = 0;
  while (size !== found.size) {
    size = found.size;
    for (const one of list) if (one.parent_id && found.has(one.parent_id)) found.add(one.id);
  }
  return found;
}
