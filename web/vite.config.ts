// How the front end is built and served while it is being written.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const server = process.env.BAILIWICK_URL ?? 'http://127.0.0.1:8080';
const forwarded = ['/api', '/tiles', '/geocode', '/reverse', '/autocomplete', '/isochrone', '/calendar', '/forms/', '/r/'];

export default defineConfig({
  plugins: [svelte()],
  // terra-draw and MapLibre hand over a worker file; pre-bundling would lose it.
  optimizeDeps: { exclude: ['maplibre-gl'] },
  server: {
    proxy: Object.fromEntries(forwarded.map((path) => [path, { target: server, changeOrigin: false }])),
  },
  build: {
    target: 'es2022',
    // Browsers that know light-dark(); otherwise the tokens would be rewritten into a form the map style cannot read.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Nothing inline: the server's content security policy allows files of its own origin only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The map engine alone is about a megabyte; it is loaded apart from the rest.
    chunkSizeWarningLimit: 1200,
  },
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
  },
});
