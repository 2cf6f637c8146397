// What can be done by name from the search box; each has its button or key elsewhere.
import { t, type Key } from '../i18n/index.svelte';
import { stage } from '../map/stage.svelte';
import { attempt, feedback } from '../state/feedback.svelte';
import { preferences } from '../state/preferences.svelte';
import { session } from '../state/session.svelte';
import { view } from '../state/view.svelte';
import type { IconName } from '../ui/icons';
import { layout } from './layout.svelte';

export interface Command { key: string; icon: IconName; title: string; act: () => void }

/** Shows a customer: in the drawer where there is a map, else on the page of its own. */
export function openAccount(account: string, lng: number | null = null, lat: number | null = null): void {
  if (['import', 'admin', 'repair', 'sales'].includes(view.screen)) view.go({ screen: 'customers', argument: account, selection: null });
  else if (view.screen === 'customers' && view.argument) view.go({ argument: account, selection: null });
  else view.go({ selection: { kind: 'account', id: account } });
  if (lng !== null && lat !== null) stage.show(lng, lat);
}

/** Shows an opportunity on its page, or its customer to whom sales are not open. */
export function openDeal(id: string, account: string): void {
  if (session.screens.includes('sales')) view.go({ screen: 'sales', argument: 'opportunities', item: id, selection: null, extra: {} });
  else openAccount(account);
}

/** Everything the map has to show. */
export function fitAll(): void {
  const bounds = session.known?.map?.bounds;
  if (bounds) stage.fit(bounds, 24);
}

export async function copyLink(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.origin + view.path);
    feedback.done(t('toast.linkCopied'));
  } catch {
    // Clipboards are closed without a gesture or on plain http: the address bar has the same link.
    feedback.done(t('toast.notCopied'));
  }
}

export function switchTheme(): void {
  preferences.theme = preferences.dark ? 'light' : 'dark';
}

export function commands(): Command[] {
  return [
    ...session.screens.filter((screen) => screen !== view.screen).map((screen): Command => ({
      key: `go-${screen}`, icon: screen, title: t('search.command.go', { screen: t(`nav.${screen}` as Key) }), act: () => view.open(screen),
    })),
    { key: 'fit', icon: 'fit', title: t('search.command.fit'), act: fitAll },
    ...(view.asOf ? [{ key: 'today', icon: 'calendar' as const, title: t('search.command.today'), act: () => view.go({ asOf: null }) }] : []),
    { key: 'theme', icon: preferences.dark ? 'sun' : 'moon', title: t('search.command.theme'), act: switchTheme },
    { key: 'copy', icon: 'link', title: t('search.command.copy'), act: () => void copyLink() },
    { key: 'keys', icon: 'keys', title: t('search.command.keys'), act: () => (layout.keys = true) },
    { key: 'signout', icon: 'user', title: t('search.command.signout'), act: () => void attempt(() => session.signOut()) },
  ];
}
