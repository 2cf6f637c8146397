// An unchanged OSRM client reads our routes: Mapbox's library of driving instructions, in two languages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import instructions from 'osrm-text-instructions';
import { address } from './browser.mjs';

test('an OSRM client turns a route into driving instructions', async () => {
  const answer = await fetch(`${address}/route/v1/driving/13.2606,53.5561;13.2700,53.5700?steps=true`);
  assert.equal(answer.status, 200);
  const { routes: [route] } = await answer.json();
  const steps = route.legs.flatMap((leg) => leg.steps);
  for (const [language, first, last] of [['en', /^Head \w+ on /, 'You have arrived at your destination'], ['de', /^Fahren Sie Richtung /, 'Sie haben Ihr Ziel erreicht']]) {
    const compiled = instructions('v5');
    const said = steps.map((step) => compiled.compile(language, step, {}));
    assert.ok(said.length > 3, JSON.stringify(said));
    assert.match(said[0], first);
    assert.ok(said.at(-1).startsWith(last), said.at(-1));
    assert.ok(said.every((text) => text.length > 5 && !/undefined|\{/.test(text)), JSON.stringify(said));
  }
});
