// A realignment from draft to publication and back: scenario, lasso, card, balance, review, publishing, objection.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, address, desk, drag, leave, mapIdle, mapMiddle, phone, picture, signIn, withPage } from './browser.mjs';

const bar = (page) => page.getByRole('region', { name: /^Scenario / });
const card = (page) => page.getByRole('region', { name: 'Change in this scenario' });
const steps = (page) => page.getByRole('region', { name: 'Changes in this scenario' });
const ask = async (page, path) => (await page.request.get(`${address}${path}`)).json();
const hash = async (page) => (await ask(page, '/api/v1/territories/hash')).hash;

/** Starts a scenario from the list's menu and gives its id. */
async function start(page) {
  await mapIdle(page);
  await page.getByRole('button', { name: /Territories or a scenario/ }).click();
  await page.getByRole('button', { name: /New scenario/ }).click();
  await bar(page).waitFor();
  await page.getByRole('button', { name: 'Balance…' }).or(page.getByRole('button', { name: 'More' })).first().waitFor();
  return new URL(page.url()).searchParams.get('s');
}

/** Lassoes what lies south of the town and moves it to a territory that does not have all of it. */
async function lasso(page, size = 1) {
  const { x, y } = await mapMiddle(page);
  await mapIdle(page);
  await page.keyboard.press('l');
  await drag(page, [[-90, -110], [60, -120], [110, 0], [60, 90], [-90, 80], [-120, 0], [-92, -106]].map(([dx, dy]) => [x + dx * size, y + dy * size]));
  await card(page).getByText(/customers? selected/).waitFor();
}

/** Chooses the first territory for which somebody would move, and gives its name. */
async function chooseTarget(page) {
  const select = card(page).getByLabel('Goes to');
  const names = (await select.locator('> option').allTextContents()).slice(2, -1);
  for (const name of names) {
    await select.selectOption({ label: name });
    const told = card(page).getByText(/\d+ customers? moves?|No customer moves/);
    await told.waitFor();
    if (/\d/.test((await told.textContent()) ?? '')) return name;
  }
  throw new Error(`nobody would move to any of ${names.join(', ')}`);
}

test('a manager drafts a realignment, sees both sides, undoes and redoes it, publishes it and reverts it to the same hash', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const before = await hash(page);
    const id = await start(page);
    assert.ok(id, 'the scenario stands in the address');
    await accessible(page, 'an empty scenario');
    await lasso(page);
    const target = await chooseTarget(page);
    await card(page).getByRole('table', { name: target }).waitFor();
    assert.ok((await card(page).getByRole('table').count()) >= 2, 'both sides are shown');
    const row = page.getByRole('list', { name: 'Territories' }).getByRole('listitem').filter({ hasText: target });
    await row.getByText('→').waitFor();
    await picture(page, 'scenario-card');
    await accessible(page, 'scenario card');
    assert.equal((await ask(page, `/api/v1/scenarios/${id}`)).operations, 0, 'nothing is a step before it is confirmed');
    await card(page).getByRole('button', { name: `Move to ${target}` }).click();
    await bar(page).getByText(/1 change/).waitFor();
    await row.getByText('changed').waitFor();
    const { count } = await ask(page, `/api/v1/scenarios/${id}/owners`);
    assert.ok(count > 0, 'places have another owner in the scenario');
    await mapIdle(page);
    await picture(page, 'scenario');
    await accessible(page, 'a scenario with a step');
    assert.equal(await hash(page), before, 'nothing that holds has changed');

    await page.keyboard.press('Control+z');
    await bar(page).getByText(/0 changes/).waitFor();
    await row.getByText('→').waitFor({ state: 'detached' });
    await bar(page).getByRole('button', { name: 'Redo', exact: true }).click();
    await bar(page).getByText(/1 change/).waitFor();
    assert.equal(await steps(page).getByRole('button', { name: /^Undo: / }).count(), 1);

    await bar(page).getByRole('button', { name: 'Compare' }).click();
    const compared = page.getByRole('dialog', { name: 'Side by side' });
    await compared.getByRole('columnheader').nth(2).waitFor();
    assert.ok((await compared.getByRole('row').count()) > 4, 'several measures are compared');
    await accessible(page, 'scenarios side by side');
    await page.keyboard.press('Escape');

    await bar(page).getByRole('button', { name: 'Publish…' }).click();
    const dialog = page.getByRole('dialog', { name: /^Publish / });
    await dialog.getByText(/Territories: \d+ new/).waitFor();
    await picture(page, 'scenario-publish');
    await accessible(page, 'publish dialog');
    await dialog.getByRole('button', { name: 'Publish now' }).click();
    await page.getByText(/published: \d+ customers? moved/).first().waitFor();
    await bar(page).getByText('published', { exact: true }).waitFor();
    assert.notEqual(await hash(page), before, 'who has what is another now');
    // A step of what is published can no longer be taken back by itself: not from the toast, not by key.
    assert.equal(await page.getByRole('status').getByRole('button', { name: 'Undo' }).count(), 0);

    await bar(page).getByRole('button', { name: 'Revert…' }).click();
    const revert = page.getByRole('dialog', { name: /^Revert / });
    await revert.getByRole('button', { name: 'Revert', exact: true }).click();
    await revert.getByText('Who has which place is exactly as it was before.').waitFor();
    await picture(page, 'scenario-reverted');
    await accessible(page, 'report of the revert');
    assert.equal(await hash(page), before, 'the hash is the one from before');
    // What was taken back holds no longer: the page shows what does.
    await revert.getByRole('button', { name: 'Close' }).last().click();
    await bar(page).waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).searchParams.get('s'), null);
  });
});

test('a reviewer ticks what was seen, comments on a step and a spot, and approves; a future publication can be withdrawn', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const id = await start(page);
    await lasso(page);
    await chooseTarget(page);
    await card(page).getByRole('button', { name: /^Move to / }).click();
    await bar(page).getByText(/1 change/).waitFor();
    await page.keyboard.press('d');
    await page.waitForURL(/\/map\/review/);
    await page.getByRole('heading', { name: /^Review of / }).waitFor();
    const moves = page.getByRole('region', { name: 'What moves' });
    await moves.getByRole('checkbox', { name: /^Seen: / }).first().check();
    await moves.getByText(/seen 1 of \d+/).waitFor();
    await moves.getByRole('button', { name: / to /, expanded: false }).first().click();
    await moves.locator('.places button').first().click();
    await moves.locator('.places .why').first().waitFor();
    await picture(page, 'scenario-review');
    await accessible(page, 'review');

    const talk = page.getByRole('region', { name: 'Comments' });
    await talk.getByLabel('About').selectOption({ index: 2 });
    await talk.getByRole('textbox', { name: 'Comment' }).fill('The bakery should stay.');
    await talk.getByRole('button', { name: 'Comment', exact: true }).click();
    await talk.getByText('The bakery should stay.').waitFor();
    await talk.getByLabel('About').selectOption({ label: 'a spot on the map' });
    const { x, y } = await mapMiddle(page);
    await page.mouse.click(x, y);
    await talk.getByText('The spot is marked on the map.').waitFor();
    await talk.getByRole('textbox', { name: 'Comment' }).fill('This side of the lake?');
    await talk.getByRole('button', { name: 'Comment', exact: true }).click();
    await talk.getByText('This side of the lake?').waitFor();

    const life = page.getByRole('region', { name: 'State of the review' });
    await life.getByRole('button', { name: 'Ask for review' }).click();
    await life.getByText('Waiting for a review.').waitFor();
    await life.getByRole('button', { name: 'Approve' }).click();
    await life.getByText('Approved. It can be published.').waitFor();

    await bar(page).getByRole('button', { name: 'Publish…' }).click();
    const dialog = page.getByRole('dialog', { name: /^Publish / });
    const { today } = await ask(page, '/api/v1/session');
    const later = new Date(Date.parse(`${today}T12:00:00Z`) + 40 * 86_400_000).toISOString().slice(0, 10);
    await dialog.getByLabel('From').fill(later);
    await dialog.getByLabel(/stay with whoever has them/).check();
    await dialog.getByRole('button', { name: /^Publish from / }).click();
    await life.getByText(/Until then nobody's customers change/).waitFor();
    await page.getByRole('button', { name: /^As of/ }).click();
    await page.getByRole('button', { name: /: Draft of / }).waitFor();
    await picture(page, 'scenario-queue');
    await page.keyboard.press('Escape');
    await life.getByRole('button', { name: 'Withdraw' }).click();
    await life.getByRole('button', { name: 'Withdraw' }).waitFor({ state: 'detached' });
    assert.deepEqual((await ask(page, '/api/v1/territories/queue')).queue, [], 'nothing waits any more');
    assert.equal((await ask(page, `/api/v1/scenarios/${id}`)).comments, 2);
  });
});

test('a balance runs with the best so far on the map and is kept as one step that can be undone', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const id = await start(page);
    await bar(page).getByRole('button', { name: 'Balance…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Balance territories' });
    await accessible(page, 'balance dialog');
    await dialog.getByRole('combobox', { name: /^Balance/ }).selectOption({ label: 'Customers' });
    await dialog.getByLabel('Move at most %').fill('30');
    await dialog.getByRole('button', { name: 'Find a fair split' }).click();
    const found = page.getByRole('region', { name: 'Balance territories' });
    const keep = found.getByRole('button', { name: 'Keep this' });
    await keep.waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll('button')].some((one) => one.textContent?.trim() === 'Keep this' && !one.disabled));
    await mapIdle(page);
    await picture(page, 'scenario-balance');
    await accessible(page, 'a balance that was found');
    await keep.click();
    await bar(page).getByText(/1 change/).waitFor();
    assert.ok((await ask(page, `/api/v1/scenarios/${id}/owners`)).count > 0, 'the balance moves somebody');
    await bar(page).getByRole('button', { name: 'Undo last change' }).click();
    await bar(page).getByText(/0 changes/).waitFor();
    assert.equal((await ask(page, `/api/v1/scenarios/${id}/owners`)).count, 0, 'undone as one');
  });
});

test('a rep reads what moved and why and objects; the manager sees it with its effect and declines with an answer', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page, context) => {
    const id = await start(page);
    // Out of the rep's own territory, so that the letter is about them.
    const { territories } = await ask(page, '/api/v1/territories/overview');
    const own = territories.find((one) => one.owner_name?.startsWith('Anna'));
    const other = territories.find((one) => one.id !== own.id);
    const [west, south] = own.geometry.coordinates[0][0].reduce(([w, s], [lng, lat]) => [Math.min(w, lng), Math.min(s, lat)], [180, 90]);
    const [east, north] = own.geometry.coordinates[0][0].reduce(([e, n], [lng, lat]) => [Math.max(e, lng), Math.max(n, lat)], [-180, -90]);
    const middle = (west + east * 3) / 4;
    const moved = await page.request.post(`${address}/api/v1/scenarios/${id}/operations`, {
      data: { kind: 'move', to: other.id, geometry: { type: 'Polygon', coordinates: [[[middle, south], [east, south], [east, north], [middle, north], [middle, south]]] } },
      headers: { origin: address },
    });
    assert.equal(moved.status(), 201, await moved.text());
    const published = await page.request.post(`${address}/api/v1/scenarios/${id}/publish`, { data: { holdover_days: 30 }, headers: { origin: address } });
    assert.equal(published.status(), 200, await published.text());

    await leave(page, context);
    await page.setViewportSize(phone);
    await signIn(page, 'rep');
    const notice = page.getByRole('complementary', { name: 'What moved and why' });
    await notice.getByRole('button', { name: 'What and why' }).click();
    await page.waitForURL(/\/map\/moves/);
    await page.getByRole('button', { name: /^Object: / }).first().click();
    await page.getByLabel(/^Why should /).fill('I have visited them for ten years.');
    await picture(page, 'moves-phone');
    await accessible(page, 'what moved and why on a phone');
    await page.getByRole('button', { name: 'Send objection' }).click();
    await page.getByText('Objection sent').first().waitFor();
    await page.goto(`${address}/day`);
    await page.getByRole('button', { name: 'Plan my day' }).or(page.getByRole('heading').first()).first().waitFor();
    assert.equal(await notice.count(), 0, 'what was read is not told again');

    await leave(page, context);
    await page.setViewportSize(desk);
    await signIn(page, 'manager');
    await mapIdle(page);
    await page.getByRole('button', { name: /Territories or a scenario/ }).click();
    await page.getByRole('button', { name: /1 open objection/ }).click();
    await page.getByText('I have visited them for ten years.').click();
    await page.getByText(/would go back from/).waitFor();
    await page.getByRole('table').first().waitFor();
    await picture(page, 'objections');
    await accessible(page, 'objections');
    await page.getByLabel('Answer').fill('Ben is closer.');
    await page.getByRole('button', { name: 'Decline' }).click();
    await page.getByText('No objection is open.').waitFor();
    const back = await page.request.post(`${address}/api/v1/scenarios/${id}/revert`, { data: {}, headers: { origin: address } });
    assert.equal(back.status(), 200, await back.text());
  });
});

test('a scenario is made at 390 px by taps, in the dark', async () => {
  await withPage({ role: 'manager', viewport: phone, dark: true }, async (page) => {
    await start(page);
    await page.getByRole('button', { name: 'Lasso' }).click();
    await mapIdle(page);
    const { x, y } = await mapMiddle(page);
    for (const [dx, dy] of [[-80, -100], [60, -100], [90, 0], [60, 40], [-80, 40]]) {
      await page.mouse.click(x + dx, y + dy);
      await page.waitForTimeout(50);
    }
    await page.getByRole('button', { name: 'Close shape' }).click();
    await card(page).getByText(/customers? selected/).waitFor();
    await chooseTarget(page);
    await picture(page, 'scenario-phone-dark');
    await accessible(page, 'scenario card on a phone in the dark');
    await card(page).getByRole('button', { name: /^Move to / }).click();
    await bar(page).getByText(/1 change/).waitFor();
    await bar(page).getByRole('button', { name: 'Review' }).click();
    await page.getByRole('checkbox', { name: /^Seen: / }).first().waitFor();
    await picture(page, 'scenario-review-phone-dark');
    await accessible(page, 'review on a phone in the dark');
  });
});

test('a draft that another publication overtook is updated, yours or theirs one by one', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const post = async (path, data) => {
      const answer = await page.request.post(`${address}/api/v1/scenarios${path}`, { data, headers: { origin: address } });
      assert.ok(answer.ok(), `${path}: ${await answer.text()}`);
      return answer.json();
    };
    const { territories } = await ask(page, '/api/v1/territories/overview');
    const [first, second] = territories;
    const named = territories.find((one) => one.id !== first.id && one.id !== second.id);
    const mine = await post('', { name: 'Spring' });
    const theirs = await post('', { name: 'Autumn' });
    const { accounts } = named.totals;
    assert.ok(accounts > 1, 'there is somebody to disagree about');
    const ring = named.geometry.coordinates[0][0];
    const lngs = ring.map(([lng]) => lng);
    const lats = ring.map(([, lat]) => lat);
    const [west, east, south, north] = [Math.min(...lngs), Math.max(...lngs), Math.min(...lats), Math.max(...lats)];
    const geometry = { type: 'Polygon', coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] };
    await post(`/${mine.id}/operations`, { kind: 'move', to: first.id, geometry });
    await post(`/${mine.id}/operations`, { kind: 'set', territory_id: first.id, name: 'Upland' });
    await post(`/${theirs.id}/operations`, { kind: 'move', to: second.id, geometry });
    await post(`/${theirs.id}/operations`, { kind: 'set', territory_id: first.id, name: 'Lakeland' });
    await post(`/${theirs.id}/publish`, {});

    await page.goto(`${address}/map/review?s=${mine.id}`);
    const conflicts = page.getByRole('region', { name: 'Conflicts' });
    const update = conflicts.getByRole('button', { name: 'Update the scenario' });
    await update.waitFor();
    assert.ok(await update.isDisabled(), 'nothing is decided by itself');
    await picture(page, 'scenario-conflicts');
    await accessible(page, 'conflicts');
    await conflicts.getByRole('button', { name: 'All theirs' }).click();
    await conflicts.getByRole('group', { name: `${first.name}: name` }).getByRole('button', { name: 'Yours: Upland' }).click();
    await conflicts.getByText(/still to choose/).waitFor({ state: 'detached' });
    await update.click();
    await conflicts.waitFor({ state: 'detached' });
    const layout = await ask(page, `/api/v1/scenarios/${mine.id}/layout`);
    assert.equal(layout.territories.find((one) => one.id === first.id).name, 'Upland', 'mine was kept where I said so');
    assert.equal((await ask(page, `/api/v1/scenarios/${mine.id}/merge`)).superseded, false);
    await post(`/${theirs.id}/revert`, {});
  });
});

test('a second draft of one day has a name of its own', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const ids = [await start(page), null];
    await page.goto(`${address}/map`);
    ids[1] = await start(page);
    const [first, second] = await Promise.all(ids.map((id) => ask(page, `/api/v1/scenarios/${id}`)));
    assert.match(first.name, /^Draft of /);
    assert.match(second.name, /^Draft of .* \(\d+\)$/);
    assert.notEqual(first.name, second.name);
  });
});
