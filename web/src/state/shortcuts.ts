// Keys: screens bind them while they are shown, the latest binding wins; Escape closes the innermost thing.
import { preferences } from './preferences.svelte';

export type Bindings = Record<string, (event: KeyboardEvent) => void>;

const bound: Bindings[] = [];
const closers: (() => void)[] = [];

/** Binds keys until the returned function is called. Names: `p`, `?`, `Enter`, `Alt+ArrowUp`, `Shift+k`, `Mod+k`. */
export function bind(bindings: Bindings): () => void {
  bound.push(bindings);
  return () => {
    const at = bound.indexOf(bindings);
    if (at >= 0) bound.splice(at, 1);
  };
}

/** Calls `close` on Escape, innermost first, until the returned function is called. */
export function onEscape(close: () => void): () => void {
  closers.push(close);
  return () => {
    const at = closers.lastIndexOf(close);
    if (at >= 0) closers.splice(at, 1);
  };
}

/** True while a person types into something. */
export function inField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio], [type=range], [type=button]), textarea, select');
}

/** The name of a key press as `bind` spells it. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey'>): string {
  const single = event.key.length === 1;
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push('Mod');
  if (event.altKey) parts.push('Alt');
  // Signs such as `?` need Shift on some keyboards and not on others: only letters and named keys carry it.
  if (event.shiftKey && (!single || /[a-z]/i.test(event.key))) parts.push('Shift');
  parts.push(single ? event.key.toLowerCase() : event.key);
  return parts.join('+');
}

export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === 'Escape') {
    const close = closers.at(-1);
    if (close) {
      event.preventDefault();
      close();
    }
    return;
  }
  const name = keyName(event);
  const modified = name.startsWith('Mod+');
  const field = inField(event.target);
  if (field && !modified) return;
  // In a text field the field's own undo stays.
  if (field && (name === 'Mod+z' || name === 'Mod+Shift+z')) return;
  if (event.key.length === 1 && !modified && !preferences.keys && event.key !== '?') return;
  // A focused button keeps Enter and Space for itself.
  if ((event.key === 'Enter' || event.key === ' ') && event.target instanceof HTMLElement && event.target.closest('button, a, summary, [role=option]')) return;
  if (document.querySelector('dialog[open]') && !modified) return;
  for (let i = bound.length - 1; i >= 0; i -= 1) {
    const act = bound[i]?.[name];
    if (act) {
      event.preventDefault();
      act(event);
      return;
    }
  }
}
