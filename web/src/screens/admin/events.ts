// The kinds of a webhook's events in words.
import { t, tOr } from '../../i18n/index.svelte';
import { parsePattern } from '../../lib/events';
import { declarations } from '../../state/declarations.svelte';

/** `order.handed_over` as people say it. */
export function words(kind: string): string {
  if (kind === '*') return t('hook.everything');
  if (kind === 'webhook.test') return t('hook.trial');
  const { type, operation } = parsePattern(kind);
  return `${declarations.typeLabel(type)}: ${tOr(`hook.op.${operation}`, operation.replaceAll('_', ' '))}`;
}
