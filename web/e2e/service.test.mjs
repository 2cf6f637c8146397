// Service in a browser: a case from its opening to its solution, what is late, a call that is wrapped up, two customers that become one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, address, desk, holdToast, mapIdle, phone, picture, undoFromToast, withPage } from './browser.mjs';

const stamp = Date.now().toString(36);
const subject = `Oven stays cold ${stamp}`;

/** Asks the API in the name of whoever is signed in on the page. */
const ask = (page, method, path, body, headers = {}) =>
  page.evaluate(
    async ([method, path, body, headers]) => {
      const answer = await fetch(`/api/v1${path}`, { method, headers: { 'content-type': 'application/json', ...headers }, ...(body ? { body: JSON.stringify(body) } : {}) });
      return { status: answer.status, json: await answer.json() };
    },
    [method, path, body, headers],
  );

for (const [name, viewport] of [['desk', desk], ['phone', phone]]) {
  test(`a case is opened, taken, waits, is solved and closed, and its page tells it all (${name})`, async () => {
    await withPage({ role: 'manager', viewport }, async (page) => {
      const title = `${subject} ${name}`;
      await page.goto(`${address}/service/cases`);
      await page.getByRole('navigation', { name: 'Service' }).getByRole('link', { name: 'Cases' }).waitFor();
      await page.getByText(/C-\d{4}-\d{5}/).first().waitFor();
      await accessible(page, 'cases');
      await picture(page, `cases-${name}`);
      const { json: customers } = await ask(page, 'GET', '/customers?limit=1&sort=name');
      await page.getByRole('button', { name: 'New case' }).first().click();
      const form = page.getByRole('complementary', { name: 'New case' }).or(page.getByRole('region', { name: 'New case' }));
      await form.getByLabel('Subject').fill(title);
      await form.getByRole('combobox', { name: 'Customer' }).click();
      await form.getByRole('combobox', { name: 'Customer' }).fill(customers.rows[0].name);
      await page.getByRole('option', { name: customers.rows[0].name }).first().click();
      await form.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      await page.getByText(/^C-\d{4}-\d{5}$/).first().waitFor();

      // The clocks run, the service level is folded, and the customer is there with what is known of them.
      const clocks = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Clocks' }) });
      await clocks.getByText(/ left$/).first().waitFor();
      assert.equal(await clocks.getByText(/ left$/).count(), 2, 'answer and solution count down');
      assert.equal(await clocks.getByText('Working hours').isVisible(), false, 'the service level is folded');
      await page.getByRole('link', { name: customers.rows[0].name }).first().waitFor();
      // Who is there first, by road; on a day off, or when all days are over, why nobody is.
      await page.getByRole('button', { name: 'Who can be there first?' }).click();
      await page.getByText(/^there at \d\d:\d\d$/).first().or(page.getByText('Nobody can be sent today.')).first().waitFor();
      if (await page.getByText('Nobody can be sent today.').isVisible()) await page.getByText(/^Not sent: .+\(.+\)/).waitFor();
      if (name === 'desk') await mapIdle(page);
      await accessible(page, `a case (${name})`);
      await picture(page, `case-${name}`);

      await page.getByRole('button', { name: 'Take it' }).click();
      await page.getByRole('button', { name: 'Wait for the customer' }).click();
      await clocks.getByText('stands still while the customer is asked').waitFor();
      const thread = page.getByRole('region', { name: 'What happened' });
      await thread.getByRole('textbox', { name: 'What happened?' }).fill('Asked for the serial number.');
      await thread.getByRole('button', { name: 'Add' }).click();
      await thread.getByText('Asked for the serial number.', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Solve…' }).click();
      const dialog = page.getByRole('dialog', { name: /^How was / });
      assert.equal(await dialog.getByRole('button', { name: 'Mark as solved' }).isDisabled(), true, 'how it was solved is said');
      await dialog.getByRole('textbox').fill('The fuse was replaced.');
      await dialog.getByRole('button', { name: 'Mark as solved' }).click();
      await dialog.waitFor({ state: 'detached' });
      await thread.getByText('The fuse was replaced.').waitFor();
      await thread.getByText('Waits for the customer').waitFor();
      await clocks.getByText(/^in time, /).first().waitFor();
      await page.getByRole('button', { name: 'Close case' }).click();
      await page.getByRole('button', { name: 'Close case' }).waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Open again' }).waitFor();
      const found = await ask(page, 'GET', `/cases?filter=${encodeURIComponent(`subject = '${title}'`)}`);
      const [made] = found.json.records;
      assert.equal(made.fields.status, 'closed');
      assert.equal(made.fields.resolution, 'The fuse was replaced.');
      assert.ok(made.fields.policy_id && made.fields.queue_id, 'queue and service level were found');
    });
  });
}

test('cases stand open ones first and the newest before older ones; what is late says so', async () => {
  await withPage({ role: 'manager' }, async (page) => {
    await page.goto(`${address}/service/cases`);
    await page.locator('.row-line').first().waitFor();
    const { json } = await ask(page, 'GET', '/cases?limit=1000');
    const isOpen = (one) => one.fields.resolved_at === null;
    const open = json.records.filter(isOpen).sort((a, b) => b.fields.opened_at - a.fields.opened_at).map((one) => one.fields.number);
    const solved = json.records.filter((one) => !isOpen(one)).sort((a, b) => b.fields.resolved_at - a.fields.resolved_at).map((one) => one.fields.number);
    assert.ok(open.length > 0 && solved.length > 0, 'the demo has open cases and solved ones');
    const shown = await page.locator('.row-line .title').allTextContents();
    assert.deepEqual(shown.map((text) => text.trim()).slice(0, 12), [...open, ...solved].slice(0, 12));
    const { json: session } = await ask(page, 'GET', '/session');
    const late = json.records.filter(({ fields }) => (fields.status === 'new' && fields.respond_due < session.now) || (['new', 'open'].includes(fields.status) && fields.resolve_due < session.now));
    assert.ok(late.length > 0, 'the demo has a case that is late');
    const row = page.locator('.row-line').filter({ hasText: late[0].fields.number });
    await row.getByText(/late by/).waitFor();
    await page.getByRole('button', { name: 'Board', exact: true }).click();
    await page.locator('[data-card]').filter({ hasText: late[0].fields.number }).getByText(/late by/).waitFor();
    await picture(page, 'cases-board');
    await accessible(page, 'board of cases');
    await page.goto(`${address}/service/cases/${late[0].id}`);
    await page.getByRole('heading', { level: 1, name: late[0].fields.subject }).waitFor();
    await page.getByText(/late by/).first().waitFor();
    await page.getByRole('region', { name: 'What happened' }).getByRole('listitem').first().waitFor();
    await mapIdle(page);
    await picture(page, 'service');
    await accessible(page, 'a case that is late');
  });
});

for (const [name, viewport] of [['desk', desk], ['phone', phone]]) {
  test(`a call in any spelling opens the page of whoever calls, and its note is kept (${name})`, async () => {
    await withPage({ role: 'manager', viewport }, async (page) => {
      // Who is not listening yet misses a call: the line of events stands first.
      const listening = page.waitForResponse((response) => response.url().endsWith('/api/v1/events'));
      await page.goto(`${address}/map`);
      await page.getByRole('navigation', { name: 'Screens' }).waitFor();
      await listening;
      const digits = String(Date.now()).slice(-8);
      const made = await ask(page, 'POST', '/accounts', { fields: { name: `Caller ${subject}`, type: 'customer', phone: `+49 395 ${digits}` } });
      assert.equal(made.status, 201);
      const call = await ask(page, 'POST', '/calls', { number: `0395/${digits}` });
      assert.equal(call.status, 201);
      assert.equal(call.json.callers[0].id, made.json.record.id);
      const panel = page.getByRole('region', { name: 'Call' });
      await panel.getByText(`0395/${digits} is calling: Caller ${subject}`).waitFor();
      await page.waitForURL(new RegExp(`/customers/${made.json.record.id}`));
      await panel.getByText('no open case').waitFor();
      // The panel takes room of its own: nothing of the page lies below it.
      const [over, below] = await Promise.all([panel.boundingBox(), page.getByRole('main').boundingBox()]);
      assert.ok(over && below && over.y + over.height <= below.y + 1, 'the panel covers nothing');
      await accessible(page, `a call (${name})`);
      await picture(page, `call-${name}`);
      await panel.getByRole('textbox', { name: 'What was it about?' }).fill('Wants a second display stand.');
      await panel.getByRole('button', { name: 'Save note' }).click();
      await panel.waitFor({ state: 'detached' });
      const note = await ask(page, 'GET', `/activities/${call.json.activity_id}`);
      assert.equal(note.json.fields.body, 'Wants a second display stand.');
      assert.equal(note.json.fields.status, 'done');

      const again = await ask(page, 'POST', '/calls', { number: `0395 ${digits}` });
      assert.equal(again.status, 201);
      await panel.getByRole('button', { name: 'New case' }).click();
      const form = page.getByRole('complementary', { name: 'New case' }).or(page.getByRole('region', { name: 'New case' }));
      await page.waitForFunction((name) => [...document.querySelectorAll('form input')].some((input) => input.value === name), `Caller ${subject}`);
      await form.getByRole('button', { name: 'Cancel' }).click();
      await form.waitFor({ state: 'detached' });
      await panel.getByRole('button', { name: 'Close' }).click();

      const unknown = await ask(page, 'POST', '/calls', { number: '0000 999 999 999' });
      assert.deepEqual(unknown.json.callers, []);
      await panel.getByText(/nobody is on record with this number/).waitFor();
      await panel.getByRole('button', { name: 'New customer' }).click();
      assert.equal(await page.getByRole('dialog', { name: 'New customer' }).getByLabel('Phone').inputValue(), '0000 999 999 999');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });
  });
}

test('somebody who is on record is told while one types, and two of one are merged field by field and apart again', async () => {
  await withPage({ role: 'manager' }, async (page) => {
    await page.goto(`${address}/customers`);
    await page.locator('.row-line').first().waitFor();
    const name = `Zwilling ${stamp}`;
    const mail = `zwilling-${stamp}.example`;
    const one = await ask(page, 'POST', '/accounts', { fields: { name, type: 'customer', class: 'A', email: `a@${mail}`, phone: '+49 395 1112223' } });
    const two = await ask(page, 'POST', '/accounts', { fields: { name: `${name} GmbH`, type: 'customer', class: 'C', email: `a@${mail}`, industry: 'Food' } });
    assert.deepEqual([one.status, two.status], [201, 201]);

    await page.getByRole('button', { name: 'New customer' }).click();
    const dialog = page.getByRole('dialog', { name: 'New customer' });
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('Phone').fill('0395/1112223');
    await dialog.getByText('May be on record already:').waitFor();
    await dialog.getByRole('button', { name: `Open ${name}`, exact: true }).waitFor();
    await accessible(page, 'a hint at who is on record');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), 'New customer', 'the focus is where it came from');

    await page.getByRole('button', { name: 'Duplicates' }).click();
    await page.getByRole('heading', { level: 1, name: 'Duplicates' }).waitFor();
    const { json } = await ask(page, 'GET', '/duplicates?limit=1000');
    assert.ok(json.pairs.some(({ a, b }) => [a.id, b.id].includes(one.json.record.id) && [a.id, b.id].includes(two.json.record.id)), 'the pair is found');
    await page.getByRole('button', { name: /^Compare / }).first().waitFor();
    await accessible(page, 'duplicates');
    await picture(page, 'duplicates');
    const mine = page.getByRole('button', { name: new RegExp(`^Compare ${name}( GmbH)? and ${name}( GmbH)?$`) });
    await mine.scrollIntoViewIfNeeded();
    await mine.click();
    const merge = page.getByRole('dialog', { name: 'Make one of two' });
    const industry = merge.getByRole('radiogroup', { name: /^Industry/ });
    const level = merge.getByRole('radiogroup', { name: /^Class/ });
    await level.waitFor();
    // The one with class A stays, with the industry of the other; its class too is taken from the other by hand.
    if ((await level.getByRole('radio').first().locator('xpath=..').textContent())?.trim() !== 'A') await merge.getByRole('button', { name: 'The other way round' }).click();
    await level.getByText('C', { exact: true }).click();
    if (await industry.count()) assert.equal(await industry.getByRole('radio').nth(1).isChecked(), true, 'an empty field is filled in any case');
    await accessible(page, 'two side by side');
    await picture(page, 'merge');
    await merge.getByRole('button', { name: /^Merge into / }).click();
    await merge.waitFor({ state: 'detached' });
    await holdToast(page);
    const kept = await ask(page, 'GET', `/accounts/${one.json.record.id}`);
    assert.equal(kept.json.fields.class, 'C');
    assert.equal(kept.json.fields.industry, 'Food');
    await undoFromToast(page);
    const back = await ask(page, 'GET', `/accounts/${two.json.record.id}`);
    assert.equal(back.status, 200, 'both are there again');
    assert.equal((await ask(page, 'GET', `/accounts/${one.json.record.id}`)).json.fields.class, 'A');
  });
});
