// What a change set did, in words: an undo is named after what it took back, and the undo of an undo did it again.
import type { ChangeSet } from '../api/types';

export interface Told { act: 'did' | 'undid' | 'redid'; label: string }

/** Says what a change set did. Undone sets are looked up among `known`, the sets that the page has at hand. */
export function told(set: ChangeSet, known: ReadonlyMap<string, ChangeSet>): Told {
  let first = set;
  let undos = 0;
  while (first.undoes) {
    const before = known.get(first.undoes);
    // What it took back is older than the list: its own label has to say it.
    if (!before) return { act: 'did', label: set.label };
    first = before;
    undos += 1;
  }
  if (undos === 0) return { act: 'did', label: set.label };
  return { act: undos % 2 === 1 ? 'undid' : 'redid', label: first.label };
}

export function byId(sets: readonly ChangeSet[]): Map<string, ChangeSet> {
  return new Map(sets.map((set) => [set.id, set]));
}
