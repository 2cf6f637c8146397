// Ways in and out: a webhook that is told and asked again, a web form that brings a lead, mail that is taken and answered, files that are attached, deleted and brought back.
// The server may call 127.0.0.1: BAILIWICK_WEBHOOK_HOSTS, which tests/browser.sh sets.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { accessible, address, desk, phone, picture, undoFromToast, until, withPage } from './browser.mjs';

const stamp = Date.now().toString(36);

/** A program that is told: keeps what came, and answers with the status it is set to. */
async function receiver() {
  const told = [];
  const state = { status: 200, told };
  const server = createServer((request, answer) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      told.push({ headers: request.headers, body: JSON.parse(body) });
      answer.statusCode = state.status;
      answer.end();
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { ...state, set: (status) => (state.status = status), url: `http://127.0.0.1:${server.address().port}/in`, close: () => server.close() };
}

/** Adds a record in the name of whoever is signed in. */
async function made(page, plural, fields) {
  const answer = await page.request.post(`${address}/api/v1/${plural}`, { data: { fields }, headers: { origin: address } });
  assert.equal(answer.status(), 201, await answer.text());
  return (await answer.json()).record;
}

async function firstCustomer(page) {
  const { rows } = await (await page.request.get(`${address}/api/v1/customers?limit=1&sort=name`)).json();
  return rows[0];
}

test('a webhook is added with its key, tried, told of a change, paused and told again', async () => {
  const there = await receiver();
  try {
    await withPage({ role: 'admin', viewport: desk }, async (page) => {
      await page.goto(`${address}/admin/webhooks`);
      await page.getByText('No webhooks yet.').waitFor();
      await page.getByRole('button', { name: 'Add webhook' }).first().click();
      const dialog = page.getByRole('dialog', { name: 'Add webhook' });
      await dialog.getByLabel('Name').fill('Warehouse');
      await dialog.getByLabel('Address it is told at').fill(there.url);
      assert.equal(await dialog.getByRole('button', { name: 'Add and make a key' }).isDisabled(), true, 'without an event there is nothing to tell');
      await dialog.getByLabel('Kind of record').selectOption('lead');
      await dialog.getByLabel('What happens to it').selectOption('create');
      await dialog.getByRole('button', { name: 'Add', exact: true }).click();
      await dialog.getByText('Lead: added').waitFor();
      await accessible(page, 'a new webhook');
      await picture(page, 'webhook-new');
      await dialog.getByRole('button', { name: 'Add and make a key' }).click();
      const key = page.getByRole('dialog', { name: 'Key of the webhook' });
      assert.match(await key.getByRole('textbox').inputValue(), /^whsec_/);
      await accessible(page, 'a key');
      await key.getByRole('button', { name: 'Close' }).click();
      const card = page.getByRole('region', { name: 'Warehouse' });
      await card.getByText('Nothing was told yet.').waitFor();
      await card.getByRole('button', { name: 'Send a test' }).click();
      await card.getByText('delivered', { exact: false }).locator('visible=true').first().waitFor();
      assert.equal(there.told[0].body.type, 'bailiwick.webhook.test');
      assert.ok(there.told[0].headers['webhook-signature'], 'it is signed');

      // A change goes out by itself; one that is not meant does not.
      await made(page, 'leads', { name: `Told ${stamp}`, status: 'new' });
      await card.getByRole('combobox', { name: 'Show messages' }).selectOption('delivered');
      await until('the change to be told', () => there.told.length >= 2);
      assert.equal(there.told[1].body.type, 'bailiwick.lead.create');
      await page.reload();
      await card.getByText('Lead: added', { exact: false }).nth(1).waitFor();
      await card.getByRole('button', { name: /^Send again: Lead: added/ }).click();
      await page.getByRole('status').filter({ hasText: '1 message goes out again' }).waitFor();
      await until('it to be told again', () => there.told.length >= 3);
      assert.equal(there.told[2].headers['webhook-id'], there.told[1].headers['webhook-id'], 'the same message by the same id');

      // What is refused stands there with the answer.
      there.set(410);
      await card.getByRole('button', { name: 'Send a test' }).click();
      await card.getByText('410', { exact: false }).first().waitFor();
      await accessible(page, 'a webhook with messages');
      await picture(page, 'webhook');
      await card.getByRole('button', { name: 'Pause' }).click();
      await card.getByText('paused', { exact: true }).waitFor();
      await undoFromToast(page);
      await card.getByRole('button', { name: 'Pause' }).waitFor();
    });
    await withPage({ role: 'admin', viewport: phone, dark: true }, async (page) => {
      await page.goto(`${address}/admin/webhooks`);
      const card = page.getByRole('region', { name: 'Warehouse' });
      await card.getByText('Lead: added').first().waitFor();
      await accessible(page, 'a webhook on a phone');
      await picture(page, 'webhook-phone');
      await card.getByRole('button', { name: 'More: Warehouse' }).click();
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByText('No webhooks yet.').waitFor();
    });
  } finally {
    there.close();
  }
});

test('a web form is made, filled in by somebody outside, and brings a lead', async () => {
  let link;
  const name = `Enquiry ${stamp}`;
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    await page.goto(`${address}/admin/forms`);
    await page.getByRole('button', { name: 'Add form' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Add form' });
    await dialog.getByLabel('Name, for you').fill(name);
    await dialog.getByLabel('Heading').fill('Ask us');
    await dialog.getByLabel('Field to add').selectOption('website');
    await dialog.getByRole('button', { name: 'Add field' }).click();
    await dialog.getByRole('button', { name: 'Remove Message' }).click();
    await dialog.getByRole('button', { name: 'Website up' }).click();
    await dialog.getByLabel(/^What is agreed to/).fill('I agree to be written to.');
    await accessible(page, 'a new form');
    await picture(page, 'form-new');
    await dialog.getByRole('button', { name: 'Add form' }).click();
    await page.getByRole('status').filter({ hasText: `Form ${name} added` }).waitFor();
    const card = page.getByRole('region', { name });
    await card.getByText('Nothing came in yet.').waitFor();
    link = await card.getByLabel('Link to the page', { exact: true }).inputValue();
    assert.match(await card.getByLabel('Frame for another site', { exact: true }).inputValue(), /^<iframe src="http.+\/forms\/.+" title="Ask us"/);
    await accessible(page, 'web forms');
  });
  await withPage({ role: null, viewport: phone }, async (page) => {
    await page.goto(link);
    await page.getByRole('heading', { name: 'Ask us' }).waitFor();
    const labels = (await page.locator('label').allTextContents()).map((text) => text.trim());
    assert.ok(labels.findIndex((one) => one.startsWith('Website')) < labels.findIndex((one) => one.startsWith('Phone')), `moved up: ${labels.join(', ')}`);
    await page.getByLabel(/^Name/).fill(`Frida ${stamp}`);
    await page.getByLabel(/^E-mail/).fill(`frida-${stamp}@somewhere.example`);
    await page.getByRole('checkbox').check();
    await page.waitForTimeout(2_200); // Nobody fills in a form faster: the server refuses who does.
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Thank you. We will be in touch.').waitFor();
  });
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    // Managers keep forms too: they find them under marketing.
    await page.goto(`${address}/marketing/forms`);
    const card = page.getByRole('region', { name });
    await card.getByText(`Frida ${stamp} · frida-${stamp}@somewhere.example`).waitFor();
    await card.getByText(/agreed/).waitFor();
    await picture(page, 'form');
    await card.getByRole('link', { name: `Frida ${stamp}` }).click();
    await page.getByRole('heading', { level: 1, name: `Frida ${stamp}` }).waitFor();
    await page.goto(`${address}/marketing/forms`);
    await card.getByRole('button', { name: `More: ${name}` }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await card.getByText('closed', { exact: true }).waitFor();
    assert.equal((await page.request.get(link)).status(), 404, 'its page is gone');
  });
});

test('mail that is handed in stands with its customer and its case, and is answered from there', async () => {
  const from = `erika-${stamp}@buyers.example`;
  const letter = (subject, id, text) => ({
    name: `${id}.eml`, mimeType: 'message/rfc822',
    buffer: Buffer.from([`From: Erika Muster <${from}>`, 'To: post@firma.example', `Subject: ${subject}`, `Message-ID: <${id}-${stamp}@buyers.example>`, 'Date: Mon, 02 Nov 2026 09:00:00 +0100',
      'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '', '--b', 'Content-Type: text/plain; charset=utf-8', '', text, '--b', 'Content-Type: text/plain; name=order.txt',
      'Content-Disposition: attachment; filename=order.txt', '', 'twelve rolls', '--b--', ''].join('\r\n')),
  });
  let customer;
  let number;
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    customer = await firstCustomer(page);
    const contact = await made(page, 'contacts', { account_id: customer.account_id, name: `Erika ${stamp}`, email: from });
    const opened = await page.request.post(`${address}/api/v1/cases/open`, { data: { fields: { subject: `Rolls ${stamp}`, account_id: customer.account_id, contact_id: contact.id, status: 'new', kind: 'request', channel: 'mail' } }, headers: { origin: address } });
    number = (await opened.json()).record.fields.number;
    await page.goto(`${address}/admin/mail`);
    await page.getByText('To have it, set').first().waitFor();
    await accessible(page, 'mail');
    const input = page.locator('input[type=file]');
    await input.setInputFiles(letter(`Twelve rolls ${stamp}`, 'first', `Can you deliver ${stamp} on Thursday?`));
    await page.getByRole('status').filter({ hasText: /^contact/ }).waitFor();
    await input.setInputFiles(letter(`[#${number}] they are hard`, 'second', 'The rolls were hard.'));
    await page.getByRole('status').filter({ hasText: /^case/ }).waitFor();
    await page.getByText(`Twelve rolls ${stamp}`).waitFor();
    await input.setInputFiles({ name: 'none.eml', mimeType: 'message/rfc822', buffer: Buffer.from(`From: nobody-${stamp}@elsewhere.example\r\nTo: post@firma.example\r\nSubject: Hello ${stamp}\r\nMessage-ID: <n-${stamp}@elsewhere.example>\r\n\r\nHello.`) });
    await page.getByText('belongs to nobody').first().waitFor();
    await page.getByLabel('Only what needs a look').check();
    await page.getByText(`Hello ${stamp}`).waitFor();
    assert.equal(await page.getByText(`Twelve rolls ${stamp}`).count(), 0, 'what went well is out of the way');
    await picture(page, 'mail');
  });
  await withPage({ role: 'manager', viewport: desk, refused: '/api/v1/mails' }, async (page) => {
    await page.goto(`${address}/customers/${customer.account_id}`);
    const timeline = page.getByRole('region', { name: 'Timeline' });
    await timeline.getByText(`Can you deliver ${stamp} on Thursday?`).waitFor();
    await timeline.getByRole('button', { name: `Answer: Twelve rolls ${stamp}` }).click();
    const dialog = page.getByRole('dialog', { name: 'Answer' });
    assert.equal(await dialog.getByLabel('To', { exact: true }).inputValue(), from);
    assert.equal(await dialog.getByLabel('Subject').inputValue(), `Re: Twelve rolls ${stamp}`);
    await dialog.getByLabel('Message', { exact: true }).fill('On Thursday at nine.');
    await dialog.getByText('order.txt').first().waitFor({ state: 'attached' });
    await accessible(page, 'an answer');
    await picture(page, 'answer');
    // The demo has no mail server: it says so, and keeps what was written.
    await dialog.getByRole('button', { name: 'Send' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'No mail goes out of this Bailiwick yet.' }).waitFor();
    assert.equal(await dialog.getByLabel('Message', { exact: true }).inputValue(), 'On Thursday at nine.');
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    const { records } = await (await page.request.get(`${address}/api/v1/cases?filter=${encodeURIComponent(`number = '${number}'`)}`)).json();
    await page.goto(`${address}/service/cases/${records[0].id}`);
    const thread = page.getByRole('region', { name: 'What happened' });
    await thread.getByText('The rolls were hard.').waitFor();
    await thread.getByText(`From ${from}`).waitFor();
    await thread.getByRole('link', { name: 'order.txt' }).waitFor();
    await page.getByRole('region', { name: 'Files' }).getByRole('link', { name: 'order.txt' }).waitFor();
    await thread.getByRole('button', { name: 'Write mail' }).click();
    assert.equal(await page.getByRole('dialog', { name: 'Write mail' }).getByLabel('To', { exact: true }).inputValue(), from, 'whoever wrote last');
    await page.keyboard.press('Escape');
    await accessible(page, 'a case with mail');
    await picture(page, 'case-mail');
  });
});

test('files are attached by a press and by a drop, saved, deleted and brought back', async () => {
  let customer;
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    customer = await firstCustomer(page);
    await page.goto(`${address}/customers/${customer.account_id}`);
    const files = page.getByRole('region', { name: 'Files' });
    await files.locator('input[type=file]').setInputFiles({ name: `offer-${stamp}.txt`, mimeType: 'text/plain', buffer: Buffer.from('Twelve rolls, 9.60') });
    await page.getByRole('status').filter({ hasText: `offer-${stamp}.txt attached` }).waitFor();
    const [saved] = await Promise.all([page.waitForEvent('download'), files.getByRole('link', { name: `offer-${stamp}.txt` }).click()]);
    assert.equal(readFileSync(await saved.path(), 'utf8'), 'Twelve rolls, 9.60');
    await files.evaluate((card, name) => {
      const data = new DataTransfer();
      data.items.add(new File(['dropped'], name, { type: 'text/plain' }));
      for (const kind of ['dragover', 'drop']) card.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    }, `dropped-${stamp}.txt`);
    await files.getByRole('link', { name: `dropped-${stamp}.txt` }).waitFor();
    await files.locator('input[type=file]').setInputFiles({ name: 'nothing.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) });
    await files.getByRole('alert').filter({ hasText: 'It is empty' }).waitFor();
    await files.getByRole('button', { name: 'Remove nothing.txt' }).click();
    await accessible(page, 'files of a customer');
    await picture(page, 'files');
    await files.getByRole('button', { name: `Delete: dropped-${stamp}.txt` }).click();
    await files.getByRole('link', { name: `dropped-${stamp}.txt` }).waitFor({ state: 'detached' });
    await undoFromToast(page);
    await files.getByRole('link', { name: `dropped-${stamp}.txt` }).waitFor();
  });
  await withPage({ role: 'rep', viewport: phone, dark: true }, async (page) => {
    const own = await firstCustomer(page);
    await page.goto(`${address}/customers/${own.account_id}`);
    const files = page.getByRole('region', { name: 'Files' });
    await files.locator('input[type=file]').setInputFiles({ name: `photo-${stamp}.png`, mimeType: 'image/png', buffer: Buffer.from('not looked into') });
    await files.getByRole('link', { name: `photo-${stamp}.png` }).waitFor();
    assert.equal(await files.getByRole('button', { name: /^Delete/ }).count(), 0, 'reps delete no files');
    await files.scrollIntoViewIfNeeded();
    await accessible(page, 'files on a phone');
    await picture(page, 'files-phone');
  });
});
