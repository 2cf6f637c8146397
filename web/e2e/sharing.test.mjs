// Departments share by rule, and talk about regions: a rule is made, its records come into sight with the reason, and go with it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, address, desk, phone, picture, withPage } from './browser.mjs';

const stamp = Date.now().toString(36);
const rule = `A customers for reps ${stamp}`;

/** A customer of class A that the rep who is signed in does not see, if a manager does. */
async function hidden(page) {
  const { rows } = await (await page.request.get(`${address}/api/v1/customers?limit=500&filter=${encodeURIComponent("class = 'A'")}`)).json();
  return rows.map((row) => ({ account: row.account_id, name: row.name }));
}

test('an administrator shares customers with the reps, who see why, until the rule is taken back', async () => {
  let all = [];
  let other = null;
  await withPage({ role: 'manager' }, async (page) => { all = await hidden(page); });
  await withPage({ role: 'rep' }, async (page) => {
    const own = new Set((await hidden(page)).map((one) => one.account));
    other = all.find((one) => !own.has(one.account));
    assert.ok(other, 'there is a customer of class A that the rep does not see');
    assert.equal((await page.request.get(`${address}/api/v1/accounts/${other.account}`)).status(), 404);
  });
  await withPage({ role: 'admin' }, async (page) => {
    await page.goto(`${address}/admin/sharing`);
    await page.getByText('No sharing rules yet').waitFor();
    await page.getByRole('button', { name: 'Add sharing rule' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add sharing rule' });
    await dialog.getByLabel('Name').fill(rule);
    await dialog.getByLabel('Where (CQL2; empty: all of them)').fill("class = 'A'");
    await dialog.getByRole('checkbox', { name: 'Place' }).check();
    await dialog.getByRole('checkbox', { name: 'Contact', exact: true }).check();
    await dialog.getByRole('combobox', { name: 'For', exact: true }).selectOption('role:rep');
    await dialog.getByText(/^Now that is Customer: \d+/).filter({ hasText: /Contact: \d+/ }).waitFor();
    await accessible(page, 'a sharing rule');
    await picture(page, 'sharing-rule');
    await dialog.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByText(`${rule} shares from now on`).waitFor();
    await page.getByRole('region', { name: rule }).getByText(/sees: Customer, along with/).waitFor();
    await accessible(page, 'sharing rules');
    await picture(page, 'sharing');
  });
  for (const [name, viewport, dark] of [['desk', desk, false], ['desk-dark', desk, true], ['phone', phone, false], ['phone-dark', phone, true]]) {
    await withPage({ role: 'rep', viewport, dark }, async (page) => {
      await page.goto(`${address}/customers/${other.account}`);
      await page.getByText(`You see this because the rule “${rule}” shares it.`).waitFor();
      await page.getByText(`You see this because the rule “${rule}” shares it.`).scrollIntoViewIfNeeded();
      // It is only to be looked at, and nothing else is offered.
      await page.getByText('You may look at this, not change it.').waitFor();
      assert.equal(await page.getByTitle('Edit', { exact: true }).count(), 0, 'nothing is edited that the server would refuse');
      await accessible(page, `a shared customer (${name})`);
      await picture(page, `shared-${name}`);
    });
  }
  // Their own is edited as before; and this one too, once the rule says so.
  await withPage({ role: 'rep' }, async (page) => {
    const { rows } = await (await page.request.get(`${address}/api/v1/customers?limit=500`)).json();
    for (const row of rows) {
      const { may } = await (await page.request.get(`${address}/api/v1/accounts/${row.account_id}`)).json();
      if (!may.write) continue;
      await page.goto(`${address}/customers/${row.account_id}`);
      break;
    }
    await page.getByTitle('Edit', { exact: true }).first().waitFor();
    assert.equal(await page.getByText('You may look at this, not change it.').count(), 0);
  });
  await withPage({ role: 'admin' }, async (page) => {
    const filter = encodeURIComponent(`name = '${rule}'`);
    const { records } = await (await page.request.get(`${address}/api/v1/sharing-rules?filter=${filter}`)).json();
    const changed = await page.request.patch(`${address}/api/v1/sharing-rules/${records[0].id}`, { data: { fields: { access: 'write' } }, headers: { origin: address } });
    assert.equal(changed.status(), 200, await changed.text());
  });
  await withPage({ role: 'rep' }, async (page) => {
    await page.goto(`${address}/customers/${other.account}`);
    const facts = page.getByRole('region', { name: 'Facts' });
    const industry = facts.locator('.fact').filter({ hasText: 'Industry' }).getByTitle('Edit', { exact: true });
    await industry.click();
    await facts.getByRole('textbox', { name: 'Industry' }).fill('Shared trade');
    await page.keyboard.press('Enter');
    await facts.getByText('Shared trade').waitFor();
  });
  await withPage({ role: 'admin', viewport: phone, dark: true }, async (page) => {
    await page.goto(`${address}/admin/sharing`);
    const card = page.getByRole('region', { name: rule });
    await card.getByText(/: Customer, along with/).waitFor();
    await accessible(page, 'sharing rules (phone-dark)');
    await picture(page, 'sharing-phone-dark');
    await card.getByRole('button', { name: `Remove ${rule}` }).click();
    await page.getByText(`Removed ${rule}`).waitFor();
  });
  await withPage({ role: 'rep' }, async (page) => {
    assert.equal((await page.request.get(`${address}/api/v1/accounts/${other.account}`)).status(), 404);
  });
});

test('a kept region is talked about beside the map', async () => {
  const name = `Quarter ${stamp}`;
  let id = '';
  await withPage({ role: 'analyst' }, async (page) => {
    const shape = { geometry: { type: 'Polygon', coordinates: [[[13.24, 53.54], [13.29, 53.54], [13.29, 53.57], [13.24, 53.57], [13.24, 53.54]]] } };
    const { user } = await (await page.request.get(`${address}/api/v1/session`)).json();
    const made = await page.request.post(`${address}/api/v1/regions`, { data: { fields: { name, shape, owner_id: user.id } }, headers: { origin: address } });
    assert.equal(made.status(), 201, await made.text());
    id = (await made.json()).record.id;
    await page.goto(`${address}/regions`);
    await page.getByRole('button', { name: 'Saved regions' }).click();
    await page.getByRole('button', { name }).click();
    await page.waitForURL(new RegExp(`region=${id}`));
    await page.getByRole('heading', { name }).waitFor();
    await page.getByLabel('Comment', { exact: true }).fill('Mostly bakers here.');
    await page.getByRole('button', { name: 'Comment', exact: true }).click();
    await page.getByText('Mostly bakers here.').first().waitFor();
  });
  for (const [shot, viewport, dark] of [['desk', desk, false], ['desk-dark', desk, true], ['phone', phone, false], ['phone-dark', phone, true]]) {
    await withPage({ role: 'analyst', viewport, dark }, async (page) => {
      // The address alone is enough: the shape is looked up.
      await page.goto(`${address}/regions?region=${id}`);
      await page.getByText('Mostly bakers here.').waitFor({ state: 'attached' });
      await page.getByText('Mostly bakers here.').scrollIntoViewIfNeeded();
      await accessible(page, `talk about a region (${shot})`);
      await picture(page, `region-talk-${shot}`);
    });
  }
});
