// `@Name` while it is typed: what was begun, whom it may mean, and the text with the name put in.
import type { Person } from '../../state/people.svelte';

/** Longest name that is looked for. */
const LONGEST = 40;
/** So many are offered. */
const MOST = 6;

/** What stands behind the `@` before the caret; null where none was begun. */
export function asked(text: string, caret: number): string | null {
  const before = text.slice(0, caret);
  const at = before.lastIndexOf('@');
  if (at < 0 || caret - at > LONGEST) return null;
  const begun = before.slice(at + 1);
  // An address is no mention, and a line's end ends one.
  if (/[\p{L}\p{N}]/u.test(before[at - 1] ?? '') || begun.includes('\n')) return null;
  return begun;
}

/** Without case and accents. */
const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** People whose name, or a part of it, begins so; nobody once a name stands there whole. */
export function offered(people: Person[], begun: string): Person[] {
  const wanted = plain(begun);
  const active = people.filter((person) => person.active);
  if (active.some((person) => wanted.startsWith(plain(person.name)) && wanted.length >= plain(person.name).length)) return [];
  return active.filter((person) => {
    const name = plain(person.name);
    return name.startsWith(wanted) || name.split(/\s+/).some((part) => wanted !== '' && part.startsWith(wanted));
  }).slice(0, MOST);
}

/** The text with the name in place of what was begun, and where the caret stands then. */
export function put(text: string, caret: number, name: string): [string, number] {
  const at = text.slice(0, caret).lastIndexOf('@');
  const head = `${text.slice(0, at)}@${name} `;
  return [head + text.slice(caret).replace(/^ /, ''), head.length];
}
