// Marketing in a browser: a segment by drive time, a campaign with some left out, visits in two reps' plans, the lift.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, address, desk, phone, picture, withPage } from './browser.mjs';

const stamp = Date.now().toString(36);
const segment = `Near the new shop ${stamp}`;
const campaign = `Opening ${stamp}`;

/** Asks the API in the name of whoever is signed in on the page. */
const ask = (page, method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const answer = await fetch(`/api/v1${path}`, { method, headers: { 'content-type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}) });
      return { status: answer.status, json: await answer.json() };
    },
    [method, path, body],
  );

/** Plans a rep's day on the screen so that a visit of the campaign is in it, and takes the plan; 1 if there was one to take in. */
async function planFor(page, user, date, visits, names) {
  await page.goto(`${address}/day/${date}?user=${user.id}`);
  const make = page.getByRole('button', { name: 'Plan my day', disabled: false });
  const take = page.getByRole('button', { name: 'Take this plan', disabled: false });
  const takeNew = page.getByRole('button', { name: 'Take the new one', disabled: false });
  await make.or(page.locator('[data-stop]')).first().waitFor();
  if (await make.count()) await make.click();
  else {
    // What was planned before the campaign began is planned again.
    await page.getByRole('button', { name: 'More', exact: true }).first().click();
    await page.getByRole('button', { name: 'Plan again' }).first().click();
  }
  await take.or(takeNew).first().waitFor();
  if (await takeNew.count()) await takeNew.click();
  await take.waitFor();
  const ids = await page.locator('[data-stop]').evaluateAll((rows) => rows.map((row) => row.dataset.stop));
  let mine = ids.find((id) => visits.has(id));
  if (!mine) {
    const left = page.locator('details').filter({ hasText: /Not today/ });
    if (await left.count() && !(await left.evaluate((details) => details.open))) await left.locator('summary').first().click();
    const rows = await left.locator('li').evaluateAll((rows) => rows.map((row) => row.querySelector('strong')?.textContent ?? ''));
    const at = rows.findIndex((name) => names.has(name));
    if (at < 0) return 0;
    const add = left.locator('li').nth(at).getByRole('button', { name: 'Add anyway' });
    if (!(await add.count())) return 0;
    await add.click();
    await takeNew.click();
    await take.waitFor();
    mine = (await page.locator('[data-stop]').evaluateAll((rows) => rows.map((row) => row.dataset.stop))).find((id) => visits.has(id));
  }
  assert.ok(mine, 'the campaign’s visit has a place in the day');
  await page.locator(`[data-stop="${mine}"]`).getByText(`campaign ${campaign}`).waitFor();
  await picture(page, 'campaign-day');
  await take.click();
  await page.getByText(/^Plan taken: \d+ visits?/).waitFor();
  return 1;
}

test('a campaign to customers within 20 minutes of a point without an open case: visits by two reps, and the lift', async () => {
  await withPage({ role: 'manager', refused: '/undo' }, async (page) => {
    // The new shop is in the middle of the town.
    await page.goto(`${address}/marketing/segments?c=13/53.5566/13.2611`);
    await page.getByRole('navigation', { name: 'Marketing' }).getByRole('link', { name: 'Segments' }).waitFor();
    await page.getByRole('link', { name: /C customers without an open case/ }).waitFor();
    await accessible(page, 'segments');
    await page.getByRole('button', { name: 'New segment' }).click();
    await page.getByLabel('Name', { exact: true }).fill(segment);
    // Everybody first; each condition counts again by itself.
    const count = page.locator('.count .figure');
    await count.waitFor();
    const everybody = Number((await count.textContent()).replace(/\D/g, ''));
    await page.getByRole('button', { name: 'Drive time' }).click();
    await page.getByRole('button', { name: /middle of the map/ }).click();
    await page.getByText('Within 20 min by car').waitFor();
    await page.getByRole('button', { name: 'No case open' }).click();
    await page.getByText('No case open').nth(1).waitFor();
    await page.getByRole('button', { name: 'Save segment' }).click();
    await page.getByText(`Saved ${segment}`).waitFor();
    await page.waitForURL(/\/marketing\/segments\/[0-9a-f-]{36}/);
    const id = page.url().match(/segments\/([0-9a-f-]{36})/)[1];
    const members = await ask(page, 'GET', `/segments/${id}/members?limit=1`);
    assert.ok(members.json.count > 20 && members.json.count < everybody, `${members.json.count} of ${everybody}`);
    await page.waitForFunction((n) => document.querySelector('.count .figure')?.textContent?.replace(/\D/g, '') === String(n), members.json.count);
    await accessible(page, 'segment');
    await picture(page, 'segment');

    await page.getByRole('navigation', { name: 'Marketing' }).getByRole('link', { name: 'Campaigns' }).click();
    await page.getByRole('link', { name: /Seasonal assortment/ }).waitFor();
    await page.getByRole('button', { name: 'New campaign' }).click();
    await page.getByLabel('Name', { exact: true }).fill(campaign);
    await page.getByRole('combobox', { name: 'Segment' }).selectOption({ label: segment });
    await page.getByLabel('Cost each: Visit').fill('20');
    await page.getByLabel('Offer', { exact: true }).fill('Come and see the new shop');
    await page.getByLabel('Left out for comparison, %').fill('20');
    await page.getByRole('button', { name: 'Save and preview' }).click();
    const preview = page.getByRole('region', { name: 'What a start does' });
    await preview.getByText('left out').first().waitFor();
    // Those of the running campaign are told apart, with the reason.
    await preview.getByText('in another running campaign').waitFor();
    await accessible(page, 'campaign');
    await picture(page, 'campaign-draft');
    await page.getByRole('button', { name: 'Start campaign' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Start campaign' }).click();
    await page.getByText(`Started ${campaign}`).waitFor();
    await page.waitForURL(/\/marketing\/campaigns\/[0-9a-f-]{36}/);
    const run = page.url().match(/campaigns\/([0-9a-f-]{36})/)[1];
    const all = (await ask(page, 'GET', `/campaigns/${run}/members?limit=500`)).json.rows;
    const treated = all.filter((one) => one.member.fields.arm === 'treated');
    const control = all.filter((one) => one.member.fields.arm === 'control');
    assert.equal(Math.round(all.length * 0.2), control.length);
    assert.ok(treated.every((one) => one.visit_status === 'due') && control.every((one) => one.visit_status === null));

    // Two reps' days on the screen: the visits are there with what they are for, and are planned.
    const visits = new Set(treated.map((one) => one.member.fields.visit_id));
    const names = new Set(treated.map((one) => one.name));
    const users = (await ask(page, 'GET', `/users?filter=${encodeURIComponent("role = 'rep'")}`)).json.records;
    const { today } = (await ask(page, 'GET', '/session')).json;
    let day = new Date(`${today}T12:00:00Z`);
    do day = new Date(day.getTime() + 86_400_000); while ([0, 6].includes(day.getUTCDay()));
    const date = day.toISOString().slice(0, 10);
    let reps = 0;
    for (const user of users) {
      if (reps === 2) break;
      const { absent, shift, home } = (await ask(page, 'GET', `/days/${date}?user=${user.id}`)).json;
      if (absent || !shift || !home) continue;
      reps += await planFor(page, user, date, visits, names);
    }
    assert.ok(reps >= 2, `${reps} reps drive for the campaign`);
    const planned = (await ask(page, 'GET', `/campaigns/${run}/members?limit=500`)).json.rows.filter((one) => one.visit_status === 'planned');
    assert.ok(planned.length >= 2, `${planned.length} visits are planned`);
    // Something has gone out: the start is not taken back any more.
    const started = (await ask(page, 'GET', `/campaigns/${run}`)).json.fields.started_by;
    const undo = await ask(page, 'POST', `/change-sets/${started}/undo`);
    assert.deepEqual([undo.status, undo.json.code], [409, 'went-out']);

    // Orders: half of those addressed, none of those left out.
    const buyers = treated.slice(0, Math.floor(treated.length / 2));
    for (const one of buyers) {
      const order = { account_id: one.member.fields.account_id, status: 'confirmed', currency: 'EUR', ordered_on: today, lines: [{ text: 'Box', quantity: 1, unit_price: 20_000 }] };
      const made = await ask(page, 'POST', '/orders', { fields: order });
      assert.equal(made.status, 201, JSON.stringify(made.json).slice(0, 300));
    }
    const { total } = (await ask(page, 'GET', `/campaigns/${run}/results`)).json;
    assert.ok(total.treated.bought >= buyers.length && total.lift.low > 0 && total.lift.high < 1, JSON.stringify(total));
    await page.goto(`${address}/marketing/campaigns/${run}`);
    const results = page.getByRole('region', { name: 'Results' });
    await results.getByText('Zero lies outside the interval: hardly chance.').waitFor();
    await results.getByText(/\d points/).first().waitFor();
    await accessible(page, 'results');
    await picture(page, 'campaign-results');
    await page.getByRole('button', { name: 'Stop campaign' }).click();
    await page.getByText(`Stopped ${campaign}`).waitFor();
    const waiting = await ask(page, 'GET', `/visits/count?filter=${encodeURIComponent(`campaign_id = '${run}' AND status = 'due'`)}`);
    assert.equal(waiting.json.count, 0, 'visits that nobody planned are cancelled');
  });
});

test('a segment that filters by data is left by Back and by the rail, and takes its filter along', async () => {
  await withPage({ role: 'manager' }, async (page) => {
    await page.goto(`${address}/marketing/segments`);
    const segment = page.getByRole('link', { name: /C customers without an open case/ });
    await segment.click();
    await page.getByText('Class: C').waitFor();
    await page.waitForURL(/[?&]f=/);
    await page.goBack();
    await segment.click();
    await page.getByText('Class: C').waitFor();
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Customers' }).click();
    await page.locator('.row-line').first().waitFor();
    assert.equal(new URL(page.url()).pathname, '/customers');
    assert.equal(new URL(page.url()).searchParams.get('f'), null, 'the filter was the segment’s own');
  });
});

for (const [name, viewport, dark] of [['desk-dark', desk, true], ['phone', phone, false], ['phone-dark', phone, true]]) {
  test(`the demo’s campaign and a contact’s consent (${name})`, async () => {
    await withPage({ role: 'manager', viewport, dark }, async (page) => {
      await page.goto(`${address}/marketing/campaigns`);
      await page.getByRole('link', { name: /Seasonal assortment/ }).click();
      await page.getByText('By variant').waitFor();
      await page.getByText('More of those addressed bought').waitFor();
      await accessible(page, `results-${name}`);
      await picture(page, `campaign-results-${name}`);
      await page.goto(`${address}/marketing/segments`);
      await page.getByRole('link', { name: /Within 12 minutes/ }).click();
      await page.getByText('Within 12 min by car').waitFor();
      await page.locator('.count .figure').waitFor();
      await picture(page, `segment-${name}`);
      const { records } = (await ask(page, 'GET', '/consents?limit=1')).json;
      const contact = (await ask(page, 'GET', `/contacts/${records[0].fields.contact_id}`)).json;
      await page.goto(`${address}/customers/${contact.fields.account_id}`);
      await page.getByText('Consent', { exact: true }).first().click();
      await page.getByText('May be contacted for marketing').waitFor();
      await page.getByText(/^(consent|objected or withdrew|no consent)/).first().waitFor();
      await accessible(page, `consent-${name}`);
      await picture(page, `consent-${name}`);
    });
  });
}
