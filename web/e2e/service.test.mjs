// Service in a browser: a case with its clocks, its board, and a call that opens the caller's page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, address, desk, phone, picture, withPage } from './browser.mjs';

const subject = `Oven stays cold ${Date.now().toString(36)}`;

/** Asks the API in the name of whoever is signed in on the page. */
const ask = (page, method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const answer = await fetch(`/api/v1${path}`, { method, headers: { 'content-type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}) });
      return { status: answer.status, json: await answer.json() };
    },
    [method, path, body],
  );

for (const [name, viewport] of [['desk', desk], ['phone', phone]]) {
  test(`a case is opened, gets its number and its clocks (${name})`, async () => {
    await withPage({ role: 'manager', viewport }, async (page) => {
      await page.goto(`${address}/service/cases`);
      await page.getByRole('navigation', { name: 'Service' }).getByRole('link', { name: 'Cases' }).waitFor();
      await page.getByText(/C-\d{4}-\d{5}/).first().waitFor();
      await accessible(page, 'cases');
      await picture(page, `cases-${name}`);
      await page.getByRole('button', { name: 'New case' }).first().click();
      const form = page.getByRole('complementary', { name: 'New case' }).or(page.getByRole('region', { name: 'New case' }));
      await form.getByLabel('Subject').fill(`${subject} ${name}`);
      await form.getByRole('button', { name: 'Add', exact: true }).click();
      const drawer = page.getByRole('complementary', { name: `${subject} ${name}` }).or(page.getByRole('region', { name: `${subject} ${name}` }));
      await drawer.getByText(/C-\d{4}-\d{5}/).first().waitFor();
      const found = await ask(page, 'GET', `/cases?filter=${encodeURIComponent(`subject = '${subject} ${name}'`)}`);
      const [made] = found.json.records;
      assert.equal(made.fields.status, 'new');
      assert.ok(made.fields.policy_id && made.fields.respond_due > made.fields.opened_at, 'the clocks run');
      assert.ok(made.fields.queue_id, 'it waits in a queue');
    });
  });
}

test('a call in any spelling opens the page of whoever calls', async () => {
  await withPage({ role: 'manager' }, async (page) => {
    await page.goto(`${address}/map`);
    await page.getByRole('navigation', { name: 'Screens' }).or(page.getByRole('navigation').first()).first().waitFor();
    const made = await ask(page, 'POST', '/accounts', { fields: { name: `Caller ${subject}`, type: 'customer', phone: '+49 395 7788 9911' } });
    assert.equal(made.status, 201);
    const call = await ask(page, 'POST', '/calls', { number: '0395/77889911' });
    assert.equal(call.status, 201);
    assert.equal(call.json.callers[0].id, made.json.record.id);
    await page.getByText(`0395/77889911 is calling: Caller ${subject}`).first().waitFor();
    await page.waitForURL(new RegExp(`/customers/${made.json.record.id}`));
    const unknown = await ask(page, 'POST', '/calls', { number: '0000 999 999 999' });
    assert.deepEqual(unknown.json.callers, []);
    await page.getByText(/nobody is on record with this number/).first().waitFor();
  });
});
