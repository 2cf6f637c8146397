// The order and depth of a tree of territories.
import { expect, test } from 'vitest';
import type { Territory } from '../src/api/types';
import { branchOf, inTree } from '../src/lib/tree';

const of = (id: string, parent_id: string | null) => ({ id, parent_id }) as Territory;

test('parents come before their children, with their depth', () => {
  const list = [of('a', 'r'), of('b', null), of('c', 'a'), of('r', null), of('d', 'gone')];
  expect(inTree(list).map((one) => `${one.depth}${one.territory.id}${one.isParent ? '+' : ''}`)).toEqual(['0b', '0r+', '1a+', '2c', '0d']);
  expect([...branchOf(list, 'r')].sort()).toEqual(['a', 'c', 'r']);
});

test('a circle loses nobody', () => {
  const list = [of('a', 'b'), of('b', 'a')];
  expect(inTree(list).map((one) => one.territory.id).sort()).toEqual(['a', 'b']);
});
