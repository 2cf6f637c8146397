// What is wrong with a cell of an import, in the reader's language: the server names the sentence and what stands in it.
import type { ImportFault } from '../api/types';
import { hasKey, t, tOr } from '../i18n/index.svelte';
import { declarations } from '../state/declarations.svelte';

/** The sentence of a fault; the server's own English where it has no code or one of a later version. */
export function faultWords({ code, params, message }: ImportFault): string {
  if (!code) return message;
  if (code === 'unknown' || code === 'unknown-id' || code === 'ambiguous') {
    const why = t(`imp.fault.${code}`, { type: declarations.typeLabel(params['to'] ?? '') });
    return `${why} ${tOr(`imp.then.${params['then'] ?? ''}`, '')}`.trim();
  }
  const key = `imp.fault.${code}`;
  return hasKey(key) ? t(key, params) : message;
}
