// The navigation apps a stop can be handed to, by plain links; nothing is preloaded.
import type { HandOffApp } from '../../state/preferences.svelte';

export const apps: { key: HandOffApp; name: string }[] = [
  { key: 'google', name: 'Google Maps' },
  { key: 'apple', name: 'Apple Maps' },
  { key: 'waze', name: 'Waze' },
  { key: 'osmand', name: 'OsmAnd' },
  { key: 'geo', name: 'geo:' },
];
