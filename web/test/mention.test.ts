import { describe, expect, it } from 'vitest';
import { asked, offered, put } from '../src/screens/collaboration/mention';

const people = ['Anna', 'Anna Keller', 'Jörg Süß', 'Maja Roth'].map((name, i) => ({ id: String(i), name, role: 'rep', active: name !== 'Maja Roth' }));
const names = (begun: string) => offered(people, begun).map((person) => person.name);

describe('a mention while it is typed', () => {
  it('begins with an @ that stands by itself', () => {
    expect(asked('Ask @An', 7)).toBe('An');
    expect(asked('@', 1)).toBe('');
    expect(asked('mail a@b', 8)).toBeNull();
    expect(asked('@Anna\nand', 9)).toBeNull();
    expect(asked('no sign', 7)).toBeNull();
    expect(asked('Ask @An and more', 7)).toBe('An');
  });

  it('offers who is there, by any part of the name, until a name stands there whole', () => {
    expect(names('an')).toEqual(['Anna', 'Anna Keller']);
    expect(names('kel')).toEqual(['Anna Keller']);
    expect(names('jorg')).toEqual(['Jörg Süß']);
    expect(names('maja')).toEqual([]);
    expect(names('Jörg Süß, ')).toEqual([]);
  });

  it('puts the name in place of what was begun', () => {
    expect(put('Ask @ke now', 7, 'Anna Keller')).toEqual(['Ask @Anna Keller now', 17]);
    expect(put('@', 1, 'Anna')).toEqual(['@Anna ', 6]);
  });
});
