// What once went wrong and is not to come back: the ground that jumped, names that were covered, words that were not true.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessible, address, desk, drag, mapIdle, phone, picture, pixelOf, saidBeside, undoFromToast, withPage } from './browser.mjs';

const cardWidth = 396;
const drawerWidth = 420;

/** Where the middle of the free map is on earth, as the address says once the camera rests. */
async function camera(page) {
  await mapIdle(page);
  await page.evaluate(() => { window.settledCamera = undefined; });
  const settled = await page.waitForFunction(() => {
    const now = new URL(location.href).searchParams.get('c');
    const before = window.settledCamera;
    window.settledCamera = now;
    return now !== null && now === before && now;
  }, null, { polling: 700 });
  return (await settled.jsonValue()).split('/').map(Number);
}

/** How many pixels the ground moved on the page between two cameras, of which the free map is covered at the right. */
function moved([zoom, lat, lng], before, [laterZoom, laterLat, laterLng], later) {
  const world = 512 * 2 ** zoom;
  const north = (degrees) => Math.log(Math.tan(Math.PI / 4 + (degrees * Math.PI) / 360)) / (2 * Math.PI);
  return {
    zoom: laterZoom - zoom,
    x: ((lng - laterLng) / 360) * world + (before - later) / 2,
    y: (north(laterLat) - north(lat)) * world,
  };
}

test('the ground stays where it is when a shape closes beside its card, and when the drawer closes', async () => {
  await withPage({ role: 'manager', viewport: { width: 1600, height: 900 } }, async (page) => {
    const before = await camera(page);
    const box = await page.locator('.canvas').boundingBox();
    const at = (dx, dy) => [box.x + 320 + dx, box.y + 420 + dy];
    await page.keyboard.press('p');
    for (const [dx, dy] of [[-60, -60], [60, -60], [60, 60], [-60, 60]]) {
      await page.mouse.move(...at(dx, dy), { steps: 3 });
      await page.mouse.click(...at(dx, dy));
    }
    await page.keyboard.press('Enter');
    const card = page.getByRole('region', { name: 'New territory' });
    await card.waitFor();
    const shift = moved(before, 0, await camera(page), cardWidth);
    assert.ok(Math.abs(shift.zoom) < 0.01 && Math.hypot(shift.x, shift.y) < 3, `the ground moved by ${JSON.stringify(shift)}`);
    await card.getByRole('button', { name: 'Cancel' }).last().click();
    await card.waitFor({ state: 'detached' });
    const after = moved(before, 0, await camera(page), 0);
    assert.ok(Math.hypot(after.x, after.y) < 3, `and back by ${JSON.stringify(after)}`);
  });
});

test('a border that is edited comes into the free part of the map, and only if it was not', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    await page.getByRole('list', { name: 'Territories' }).getByRole('button').first().click();
    const drawer = page.getByRole('complementary');
    await drawer.getByRole('button', { name: 'Edit border' }).waitFor();
    const first = await camera(page);
    // Its whole border is seen: editing moves nothing sideways but by the little that the tools cover.
    await drawer.getByRole('button', { name: 'Edit border' }).click();
    await page.getByRole('region', { name: /^New border of/ }).waitFor();
    const shift = moved(first, drawerWidth, await camera(page), cardWidth);
    assert.ok(Math.abs(shift.x) < 3 && Math.abs(shift.zoom) < 0.05, `the ground moved by ${JSON.stringify(shift)}`);
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: /^New border of/ }).waitFor({ state: 'detached' });

    // Half of it beyond the edge: editing brings all of it back.
    const { territories } = await (await page.request.get(`${address}/api/v1/territories/overview`)).json();
    const [one] = territories.filter((each) => each.geometry);
    const places = one.geometry.type === 'Polygon' ? one.geometry.coordinates.flat() : one.geometry.coordinates.flat(2);
    const west = Math.min(...places.map(([lng]) => lng));
    const east = Math.max(...places.map(([lng]) => lng));
    const middle = places.reduce((sum, [, lat]) => sum + lat / places.length, 0);
    const [zoom] = first;
    await page.goto(`${address}/map?c=${zoom}/${middle}/${west - (east - west) / 2}&sel=t${one.id}`);
    await mapIdle(page);
    await page.getByRole('complementary').getByRole('button', { name: 'Edit border' }).click();
    await page.getByRole('region', { name: /^New border of/ }).waitFor();
    await camera(page);
    const box = await page.locator('.canvas').boundingBox();
    for (const place of places) {
      const [x, y] = await pixelOf(page, place, cardWidth);
      assert.ok(x >= box.x && x <= box.x + box.width - cardWidth && y >= box.y && y <= box.y + box.height, `corner ${place} is at ${x}, ${y}`);
    }
  });
});

test('the legend hides neither the name of the chosen territory nor lies below what was just said', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    const legend = page.getByRole('region', { name: 'Legend' });
    await legend.getByRole('checkbox').first().waitFor();
    const { territories } = await (await page.request.get(`${address}/api/v1/territories/overview`)).json();
    const one = territories.find((each) => each.name === 'South-West');
    const places = one.geometry.type === 'Polygon' ? one.geometry.coordinates.flat() : one.geometry.coordinates.flat(2);
    const box = (index) => [Math.min(...places.map((place) => place[index])), Math.max(...places.map((place) => place[index]))];
    const [[west, east], [south, north]] = [box(0), box(1)];
    // The middle of the territory, where its name stands, is brought below the legend.
    const [zoom, lat, lng] = await camera(page);
    const over = await legend.boundingBox();
    const canvas = await page.locator('.canvas').boundingBox();
    const world = 512 * 2 ** zoom;
    const dx = canvas.x + canvas.width / 2 - (over.x + over.width / 2);
    const dy = canvas.y + canvas.height / 2 - (over.y + over.height / 2);
    const degrees = 360 / world;
    const middle = [(west + east) / 2 + dx * degrees, (south + north) / 2 - dy * degrees * Math.cos((lat * Math.PI) / 180)];
    assert.ok(Number.isFinite(lng));
    await page.goto(`${address}/map?c=${zoom}/${middle[1]}/${middle[0]}`);
    await legend.getByRole('checkbox').first().waitFor();
    await mapIdle(page);
    // Chosen by a click on the map, which leaves the camera to itself.
    await page.mouse.click(over.x + over.width / 2, over.y - 40);
    const drawer = page.getByRole('complementary', { name: 'South-West' });
    await drawer.waitFor();
    const after = await camera(page);
    const [x, y] = await pixelOf(page, [(west + east) / 2, (south + north) / 2], drawerWidth);
    const free = await legend.boundingBox();
    assert.ok(x > free.x + free.width || y < free.y, `the name is at ${x}, ${y}, the legend ends at ${free.x + free.width}, ${free.y}; camera ${after}`);

    // What is said stands in the top bar, over nothing: neither map nor legend nor panel.
    await page.keyboard.press('Control+z');
    await page.getByRole('status').filter({ hasText: 'Nothing of yours to undo' }).waitFor();
    assert.ok(await saidBeside(page), 'it covers nothing of the page');
    await picture(page, 'toast-and-legend');
  });
});

test('the history says what was undone, and shows everybody or only oneself', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    await page.getByRole('list', { name: 'Territories' }).getByRole('button').first().click();
    const drawer = page.getByRole('complementary');
    const name = ((await drawer.getByRole('heading', { level: 2 }).textContent()) ?? '').trim();
    await drawer.getByRole('button', { name: 'Rename' }).click();
    await drawer.getByRole('textbox', { name: 'Name' }).fill(`${name} for a moment`);
    await page.keyboard.press('Enter');
    await page.getByText(`Renamed to ${name} for a moment`).first().waitFor();
    await undoFromToast(page);
    await page.getByRole('button', { name: 'History' }).click();
    const history = page.getByRole('complementary', { name: 'History' });
    const first = history.getByRole('listitem').first();
    await first.getByText(/^Undone: ./).waitFor();
    assert.doesNotMatch((await first.getByText(/^Undone: /).textContent()) ?? '', /Undone: Undo\b/);
    // The undo of the undo does it again, and says so.
    await first.getByRole('button', { name: /^Redo: / }).click();
    await page.getByText(/^Done again: /).first().waitFor();
    await history.getByRole('listitem').first().getByText(/^Done again: ./).waitFor();
    await history.getByRole('listitem').first().getByRole('button', { name: /^Undo: / }).click();
    await history.getByRole('listitem').first().getByText(/^Undone: ./).waitFor();
    // Somebody else's, whose it may be: what stands here depends on what was done before.
    const others = history.locator('li p.small').filter({ hasNotText: /^Mona Brandt/ });
    await others.first().waitFor();
    await history.getByRole('button', { name: 'Mine' }).click();
    await others.first().waitFor({ state: 'detached' });
    const authors = await history.locator('li p.small').allTextContents();
    assert.ok(authors.length > 0 && authors.every((text) => text.startsWith('Mona Brandt')), `only one's own: ${authors.slice(0, 3)}`);
    await accessible(page, 'history of mine');
  });
});

test('repair says the true reason, numbers the pins like the keys, and goes on when one is skipped', async () => {
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    await page.goto(`${address}/repair`);
    await mapIdle(page);
    const { items } = await (await page.request.get(`${address}/api/v1/repair?limit=200`)).json();
    const heading = page.getByRole('region', { name: 'Repair' }).getByRole('heading', { level: 3 });
    const seen = new Set();
    for (let step = 0; step < Math.min(items.length, 12); step += 1) {
      const name = (await heading.textContent()) ?? '';
      const { candidates } = await (await page.request.get(`${address}/api/v1/locations/${items[step].location_id}/candidates`)).json();
      assert.equal(name, items[step].name, `after ${step} skips the next of the queue is in hand`);
      const [best, next] = candidates;
      const coarse = (one) => ['postcode', 'area', 'country'].includes(one.level);
      const reason = !best ? 'Nothing was found for this text' : coarse(best) ? 'The street was not found'
        : next && !coarse(next) && next.confidence >= 0.5 ? 'Several places come close' : 'One place, but not certain';
      await page.getByText(reason, { exact: true }).waitFor();
      seen.add(reason);
      await page.keyboard.press('s');
      // The camera goes there and writes itself into the address: the queue is not to begin anew.
      await camera(page);
    }
    assert.ok(seen.size > 1, `the demo has more than one kind of doubt: ${[...seen]}`);
    // The pin under the hand carries the number that was pressed.
    await page.keyboard.press('u');
    await page.getByRole('region', { name: 'Places it may be' }).getByRole('button').first().waitFor();
    await page.keyboard.press('1');
    await page.locator('.map-pin text').filter({ hasText: /^1$/ }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.locator('.map-pin text').filter({ hasText: '•' }).waitFor();
  });
});

test('the hint of an amount that cannot be read is written in the file’s own style', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bailiwick-'));
  for (const [style, good, hint] of [['comma', '1.200,50', 'like 1200,50'], ['point', '1,200.50', 'like 1200.50']]) {
    const file = join(folder, `${style}.csv`);
    writeFileSync(file, ['Firma;Straße;PLZ;Ort;Umsatz;Lieblingsfarbe', `Eins;Turmstraße 1;17033;Neubrandenburg;${good};blau`, 'Zwei;Turmstraße 2;17033;Neubrandenburg;zwei;rot'].join('\n'));
    await withPage({ role: 'admin', viewport: desk }, async (page) => {
      await page.goto(`${address}/import`);
      await page.locator('input[type=file]').setInputFiles(file);
      await page.getByLabel('Where the column Firma goes').waitFor();
      await page.getByLabel('Numbers like').selectOption(style === 'comma' ? ',' : '.');
      await page.getByRole('button', { name: 'Check the file' }).click();
      await page.getByText(/2 rows: 1 new, 0 updated, 0 skipped, 1 failed\./).waitFor();
      await page.getByText(hint).first().waitFor();
    });
  }
});

/** A day from today on which the rep has a plan with stops, taken. */
async function takenDay(page) {
  const plan = page.getByRole('button', { name: 'Plan my day', disabled: false });
  const other = page.getByRole('button', { name: /Take this plan|Drive to|Check in at|Report on/ }).or(page.getByText('All visits done'));
  await plan.or(other).first().waitFor();
  if (await plan.count()) {
    await plan.click();
    await other.first().waitFor();
  }
  const take = page.getByRole('button', { name: 'Take this plan' });
  if (await take.count()) await take.click();
}

test('being on the way outlives a reload, and the next visit falls on a working day', async (t) => {
  await withPage({ role: 'rep', viewport: phone }, async (page) => {
    await takenDay(page);
    const over = page.getByText('All visits done');
    const stop = page.getByRole('button', { name: /^(Drive to \d|Check in at|Report on)/ });
    await over.or(stop).first().waitFor();
    if (await stop.count() === 0) {
      // Late in the day nothing more is planned for it, and the page has to say so; only a stop could be driven to.
      await page.getByText(/The working day ended at|nothing more is planned/).first().waitFor();
      t.diagnostic('the working day is over: nothing is left to drive to, so the way and the next visit were not tried');
      return;
    }
    const drive = page.getByRole('button', { name: /^Drive to \d/ });
    const arrive = page.getByRole('button', { name: /^Check in at/ });
    await drive.or(arrive).or(page.getByRole('button', { name: /^Report on/ })).first().waitFor();
    if (await drive.count()) {
      // The navigation app is another site, which a test does not open.
      await page.evaluate(() => { window.open = () => null; });
      const noted = page.waitForResponse((answer) => answer.request().method() === 'PATCH' && answer.url().includes('/api/v1/visits/'));
      await drive.click();
      await noted;
    }
    await arrive.first().waitFor();
    await page.reload();
    await arrive.first().waitFor();
    await arrive.first().click();
    await page.getByRole('button', { name: 'Check in without position' }).click();
    await page.getByRole('button', { name: /^Report on/ }).click();
    const dialog = page.getByRole('dialog');
    const suggestions = dialog.getByRole('group', { name: 'Next visit' }).getByRole('button');
    await suggestions.nth(1).waitFor();
    const words = (await suggestions.allTextContents()).filter((text) => text !== 'By rhythm');
    assert.ok(words.length >= 2, `dates are offered: ${words}`);
    const { shifts } = (await (await page.request.get(`${address}/api/v1/rep_calendars?limit=1`)).json()).records[0].fields;
    for (const word of words) {
      const day = word.slice(0, 2).toLowerCase();
      assert.notEqual(day, 'su', `${word} is no Sunday`);
      assert.ok(shifts[day], `${word} is a day with a shift`);
    }
    // Nothing is left half done for whoever tests the day next.
    await dialog.getByRole('button', { name: /^Done/ }).click();
    await page.getByText(/^Report on .* saved/).first().waitFor();
  });
});

test('missing working hours say where they are set, and setting them makes the day plannable', async () => {
  await withPage({ role: 'admin', viewport: desk, refused: '/plan' }, async (page) => {
    // Somebody new, who has no hours yet.
    const email = `new-${Date.now()}@demo.example`;
    const made = await page.request.post(`${address}/api/v1/users/new`, { data: { fields: { name: 'Nina Neu', email, role: 'rep', language: 'en', active: true }, password: 'a-long-first-password' } });
    assert.ok(made.ok(), `${made.status()} ${await made.text()}`);
    const { record } = await made.json();
    await page.goto(`${address}/day?user=${record.id}`);
    await page.getByText("This person's working hours are missing: set them.").waitFor();
    // Planning all the same says it too, and leads there.
    await page.getByRole('button', { name: 'Plan my day' }).click();
    await page.getByRole('alert').getByRole('button', { name: 'Working hours' }).click();
    const dialog = page.getByRole('dialog', { name: 'Working hours of Nina Neu' });
    await dialog.getByLabel('Monday from').waitFor();
    await accessible(page, 'working hours');
    for (const day of ['Saturday', 'Sunday']) await dialog.getByRole('checkbox', { name: day }).check();
    const home = dialog.getByRole('combobox', { name: 'Where the day begins and ends' });
    await home.fill('Turmstraße');
    await dialog.getByRole('option').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await dialog.getByText(/^Now: .*Turmstraße/).waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Working hours of Nina Neu saved').first().waitFor();
    await page.getByText(/^Shift 08:00–16:30/).waitFor();
    const day = await (await page.request.get(`${address}/api/v1/days/${new Date().toISOString().slice(0, 10)}?user=${record.id}`)).json();
    assert.equal(day.message, null, 'nothing keeps the day from being planned');
  });
});

test('an analyst picks a territory and a municipality by the keyboard alone', async () => {
  await withPage({ role: 'analyst', viewport: desk }, async (page) => {
    await mapIdle(page);
    await page.getByRole('button', { name: 'Territory', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('list', { name: 'Territory' }).getByRole('button').first().waitFor();
    const names = await page.getByRole('list', { name: 'Territory' }).getByRole('button').allTextContents();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    for (let i = 0; i < 6 && (await page.evaluate(() => document.activeElement?.closest('.choices') === null)); i += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: names[1], exact: true }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), 'Territory', 'the focus is back at the tool');

    await page.getByRole('button', { name: 'Municipality', exact: true }).focus();
    await page.keyboard.press('Enter');
    const search = page.getByLabel('Search municipality');
    await search.focus();
    await page.keyboard.type('bu');
    const choices = page.getByRole('list', { name: 'Municipality' }).getByRole('button');
    await page.waitForFunction(() => { const all = [...document.querySelectorAll('.choices button')]; return all.length > 0 && all.every((one) => /bu/i.test(one.textContent)); });
    const first = ((await choices.first().textContent()) ?? '').trim();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: first, exact: true }).waitFor();
    await page.waitForURL(/shape=b/);
    // From an address, too: the first arrow goes to the first that was found.
    await page.getByRole('button', { name: 'Reach', exact: true }).focus();
    await page.keyboard.press('Enter');
    const from = page.getByRole('combobox', { name: 'From' });
    await from.focus();
    // In one go: with the last letter the answers to those before it are no longer on their way.
    await from.fill('Turmstraße');
    await page.getByRole('option').first().waitFor();
    const wanted = ((await page.getByRole('option').first().textContent()) ?? '').trim();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await from.inputValue(), wanted);
    await page.getByRole('heading', { name: /minutes by car/ }).waitFor();
  });
});

test('a manager makes a territory of municipalities without a mouse, and takes it back', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    await page.keyboard.press('b');
    const search = page.getByLabel('Search municipality');
    await search.focus();
    await page.keyboard.type('burg');
    await page.waitForFunction(() => { const all = [...document.querySelectorAll('.hint label.check')]; return all.length > 0 && all.every((one) => /burg/i.test(one.textContent)); });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    const card = page.getByRole('region', { name: 'New territory' });
    await card.getByText(/customers? moves?|No customer moves/).waitFor();
    // Picking goes on where it was: the card has not taken the focus.
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('type')), 'checkbox');
    await card.getByRole('textbox', { name: 'Name' }).focus();
    await page.keyboard.type('Castle');
    await page.keyboard.press('Enter');
    await page.getByText(/Castle drawn: \d+ customers?/).first().waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+z');
    await page.getByText(/^Undone: Castle drawn/).first().waitFor();
    await page.getByRole('list', { name: 'Territories' }).getByText('Castle').waitFor({ state: 'detached' });
  });
});

test('a drawer that is closed waits for no answer about what is taken back meanwhile', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    // What was said about a territory is asked when its drawer opens; that question reaches the server last of all.
    let undone;
    const after = new Promise((done) => { undone = done; });
    let asked = 0;
    const stopped = [];
    page.on('requestfailed', (request) => { if (request.url().includes('/collaboration/comments')) stopped.push(request.failure()?.errorText); });
    await page.route('**/api/v1/collaboration/comments?*', async (route) => {
      asked += 1;
      await after;
      // One that the page does not wait for any more cannot go on.
      await route.continue().catch((problem) => { if (stopped.length === 0) throw problem; });
    });
    await page.keyboard.press('b');
    const search = page.getByLabel('Search municipality');
    await search.fill('burg');
    await page.waitForFunction(() => { const all = [...document.querySelectorAll('.hint label.check')]; return all.length > 0 && all.every((one) => /burg/i.test(one.textContent)); });
    await page.locator('.hint label.check input').first().check();
    const card = page.getByRole('region', { name: 'New territory' });
    await card.getByText(/customers? moves?|No customer moves/).waitFor();
    await card.getByRole('textbox', { name: 'Name' }).fill('Late answer');
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('complementary', { name: 'Late answer' });
    await drawer.waitFor();
    await page.getByText(/Late answer drawn: \d+ customers?/).first().waitFor();
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+z');
    await page.getByText(/^Undone: Late answer drawn/).first().waitFor();
    undone();
    await page.getByRole('list', { name: 'Territories' }).getByText('Late answer').waitFor({ state: 'detached' });
    assert.equal(asked, 1, 'a newer state of the same territory is no reason to ask again');
    assert.deepEqual(stopped, ['net::ERR_ABORTED']);
  });
});

test('what is taken back before its drawer was there does not open one', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    let asked = 0;
    page.on('request', (request) => { if (request.url().includes('/collaboration/comments')) asked += 1; });
    await page.keyboard.press('b');
    await page.getByLabel('Search municipality').fill('burg');
    await page.waitForFunction(() => { const all = [...document.querySelectorAll('.hint label.check')]; return all.length > 0 && all.every((one) => /burg/i.test(one.textContent)); });
    await page.locator('.hint label.check input').first().check();
    const card = page.getByRole('region', { name: 'New territory' });
    await card.getByText(/customers? moves?|No customer moves/).waitFor();
    await card.getByRole('textbox', { name: 'Name' }).fill('Too soon');
    // The drawer waits for the figures of all territories; these come when it is undone already, from before that.
    let undone;
    const after = new Promise((done) => { undone = done; });
    let held = 0;
    const hold = async (route) => {
      held += 1;
      const answer = await route.fetch();
      await after;
      await route.fulfill({ response: answer }).catch(() => {});
    };
    await page.route('**/api/v1/territories/overview', hold);
    await page.keyboard.press('Enter');
    await page.getByText(/Too soon drawn: \d+ customers?/).first().waitFor();
    await page.waitForURL(/sel=t/);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+z');
    await page.waitForURL((url) => !url.searchParams.has('sel'));
    await page.getByText(/^Undone: Too soon drawn/).first().waitFor();
    assert.ok(held > 0);
    undone();
    await page.unroute('**/api/v1/territories/overview', hold);
    await page.getByRole('list', { name: 'Territories' }).getByText('Too soon').waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('complementary', { name: 'Too soon' }).count(), 0);
    assert.equal(asked, 0);
  });
});

test('a session that ended is said by the map as well, and signing in over the page goes on live', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page, context) => {
    const lines = [];
    page.on('request', (request) => { if (request.url().endsWith('/api/v1/events')) lines.push(request); });
    await mapIdle(page);
    // What the page asks for by itself has come.
    await page.getByRole('list', { name: 'Territories' }).getByRole('listitem').first().waitFor();
    await page.getByRole('region', { name: 'Legend' }).getByRole('listitem').first().waitFor();
    lines.length = 0;
    await context.clearCookies();
    // Nobody asks anything: the map alone wants tiles it has not.
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.getByText('Your session ended. Sign in again; what you typed elsewhere is kept.').waitFor();
    await page.getByRole('button', { name: /Sales manager/ }).click();
    await page.getByText('Your session ended.').waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.querySelector('.canvas[data-idle]'));
    assert.equal(lines.length, 1, 'the new session has a line of its own');
    // Somebody else's change is told on it.
    const { territories } = await (await page.request.get(`${address}/api/v1/territories/overview`)).json();
    const [one] = territories;
    const rename = async (name) => {
      const record = await (await page.request.get(`${address}/api/v1/territories/${one.id}`)).json();
      const changed = await page.request.patch(`${address}/api/v1/territories/${one.id}`, { data: { fields: { name } }, headers: { origin: address, 'if-match': `"v${record.version}"` } });
      assert.equal(changed.status(), 200, await changed.text());
    };
    const list = page.getByRole('list', { name: 'Territories' });
    await rename(`${one.name} again`);
    await list.getByText(`${one.name} again`).waitFor();
    await rename(one.name);
    await list.getByText(one.name, { exact: true }).waitFor();
  });
});
