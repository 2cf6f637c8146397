// What a change of territories did, in one sentence.
import type { TerritoryTaken } from '../../api/types';
import { t } from '../../i18n/index.svelte';

/** The sentence, and how many accounts went along, if any did. */
export const told = (done: string, { accounts_passed: n }: Pick<TerritoryTaken, 'accounts_passed'>): string =>
  n > 0 ? t('terr.done.passed', { done, n }) : done;
