// What the history calls an undo.
import { expect, it } from 'vitest';
import type { ChangeSet } from '../src/api/types';
import { byId, told } from '../src/lib/history';

const set = (id: string, label: string, undoes: string | null): ChangeSet => ({
  id, label, undoes, cause: 'undo', author: null, author_name: null, at: 0, changes: 1, undone_by: null, caused_by: null,
});

it('names an undo after what it took back, and the undo of an undo as done again', () => {
  const sets = [set('c', 'Undo', 'b'), set('b', 'Undo', 'a'), set('a', 'Moved 12 customers to South', null)];
  expect(sets.map((one) => told(one, byId(sets)))).toEqual([
    { act: 'redid', label: 'Moved 12 customers to South' },
    { act: 'undid', label: 'Moved 12 customers to South' },
    { act: 'did', label: 'Moved 12 customers to South' },
  ]);
});

it('keeps the own label of an undo whose beginning is not in the list', () => {
  const undo = set('b', 'Undo: Renamed to North', 'a');
  expect(told(undo, byId([undo]))).toEqual({ act: 'did', label: 'Undo: Renamed to North' });
});
