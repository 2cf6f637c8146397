// What came with messages, asked for together.
import { list } from '../../api/records';
import type { Id, Stored } from '../../api/types';
import { quote } from '../../lib/cql';
import { session } from '../../state/session.svelte';

/** Files by the message they came with. */
export type Files = Map<Id, Stored[]>;
/** So many ids fit into one address. */
const TOGETHER = 40;

export async function filesOf(messages: Stored[], signal: AbortSignal): Promise<Files> {
  const found: Files = new Map();
  if (!session.sees('file')) return found;
  // Only what went through a server can have files.
  const ids = messages.filter((one) => one.fields['mail_state']).map((one) => one.id);
  for (let from = 0; from < ids.length; from += TOGETHER) {
    const { records } = await list('files', { filter: `activity_id IN (${ids.slice(from, from + TOGETHER).map(quote).join(', ')})`, limit: 200 }, signal);
    for (const file of records) {
      const message = String(file.fields['activity_id']);
      found.set(message, [...(found.get(message) ?? []), file]);
    }
  }
  return found;
}
