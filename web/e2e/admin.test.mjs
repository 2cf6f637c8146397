// The administrator's job: import with a dry run and an undo, repair addresses by keyboard, users, audit.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessible, address, desk, mapIdle, picture, withPage } from './browser.mjs';

const csv = [
  'Firma;Straße;PLZ;Ort;Umsatz;Lieblingsfarbe',
  '"Probe; Bäckerei";Turmstraße 1;17033;Neubrandenburg;1.200,50;blau',
  'Probe Hotel;Ringstraße 2;17033;Neubrandenburg;1.200,5O;rot',
  ';Ringstraße 3;17033;Neubrandenburg;5;grün',
  'Probe Laden;Nirgendwostraße 9999;00000;Nirgends;77;gelb',
].join('\r\n');

test('an administrator imports a list: columns proposed, dry run with errors by line, import, and undo of the whole', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'bailiwick-')), 'probe.csv');
  // Windows-1252, as spreadsheets save it.
  writeFileSync(file, Buffer.from(csv, 'latin1'));
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    await page.goto(`${address}/import`);
    await page.getByText('Drop files here').waitFor();
    await accessible(page, 'import, step 1');
    await page.locator('input[type=file]').setInputFiles(file);
    const target = page.getByLabel('Where the column Firma goes');
    await target.waitFor();
    assert.equal(await target.locator('option:checked').textContent(), 'Customer: Name *');
    assert.equal(await page.getByLabel('Where the column Lieblingsfarbe goes').locator('option:checked').textContent(), 'a new field of this name');
    await picture(page, 'import-columns');
    await accessible(page, 'import, step 2');
    await page.getByRole('button', { name: 'Check the file' }).click();
    await page.getByText(/4 rows: 2 new, 0 updated, 0 skipped, 2 failed\./).waitFor({ timeout: 60_000 });
    await page.getByText('Nothing is written until you press Import.').waitFor();
    await page.getByRole('row', { name: '2 3 Umsatz 1.200,5O' }).waitFor();
    await page.getByRole('row', { name: /^3 4 .*Ringstraße 3/ }).waitFor();
    await picture(page, 'import-check');
    await accessible(page, 'import, step 3');
    await page.getByRole('button', { name: 'Import 2 rows' }).click();
    await page.getByText(/Imported\. It can be undone/).waitFor({ timeout: 60_000 });
    await page.goto(`${address}/customers`);
    await page.getByRole('searchbox', { name: 'Find in this list' }).fill('Probe');
    await page.getByRole('heading', { name: '2 customers' }).waitFor();
    await page.goto(`${address}/import`);
    await page.getByRole('row', { name: /probe\.csv/ }).first().getByRole('button', { name: 'Open' }).click();
    await page.getByRole('button', { name: 'Undo this import' }).click();
    await page.getByText('This import was undone.').waitFor();
    await page.goto(`${address}/customers`);
    await page.getByRole('searchbox', { name: 'Find in this list' }).fill('Probe');
    await page.getByText('No customer matches').waitFor();
  });
});

test('an administrator repairs an address without a mouse', async () => {
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    await page.goto(`${address}/repair`);
    await mapIdle(page);
    const candidates = page.getByRole('region', { name: 'Places it may be' });
    await candidates.waitFor();
    // Skip to the first address that has a candidate.
    for (let i = 0; i < 40; i += 1) {
      await candidates.locator('li').first().waitFor(); // a candidate, or the word that there is none
      if (await candidates.locator('li button').count()) break;
      await page.keyboard.press('s');
    }
    assert.ok((await candidates.locator('li button').count()) > 0, 'some address in the queue has a candidate');
    const progress = async () => Number(/^([\d,.]+)/.exec((await page.getByText(/of [\d,.]+ done/).textContent()) ?? '')?.[1]?.replace(/\D/g, ''));
    const before = await progress();
    await page.keyboard.press('1');
    await page.getByText(/^Under the pin: /).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('l');
    assert.equal(await page.getByLabel('Lock the pin').isChecked(), true);
    await accessible(page, 'repair');
    await page.setViewportSize({ width: 1080, height: 680 });
    await mapIdle(page);
    await picture(page, 'repair');
    await page.setViewportSize(desk);
    await page.keyboard.press('Enter');
    await page.getByRole('status').filter({ hasText: / placed/ }).first().waitFor();
    await page.waitForFunction((n) => Number(/^([\d,.]+)/.exec([...document.querySelectorAll('p')].map((p) => p.textContent ?? '').find((text) => / of [\d,.]+ done/.test(text)) ?? '')?.[1]?.replace(/\D/g, '')) === n + 1, before);
  });
});

test('an administrator sees how well addresses are found, and streets that are asked about once', async () => {
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    await page.goto(`${address}/repair`);
    await page.getByRole('button', { name: 'How well addresses are found' }).click();
    const dialog = page.getByRole('dialog', { name: 'How well addresses are found' });
    const table = dialog.getByRole('table', { name: 'By status' });
    await table.getByRole('row').first().waitFor();
    const cells = await table.locator('td.end:not(.muted)').allTextContents();
    const figures = cells.map((text) => Number(text.replace(/\D/g, '')));
    const sum = figures.pop();
    assert.ok(sum > 400 && figures.length > 1, `statuses ${figures} and their sum ${sum}`);
    assert.equal(figures.reduce((a, b) => a + b, 0), sum);
    await accessible(page, 'accuracy');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });
});

test('editing an address clears the pin and says that it is looked up', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await page.goto(`${address}/customers`);
    await page.locator('.row-line .title button').first().click();
    await page.getByRole('complementary').getByRole('button', { name: 'Open the full page' }).last().click();
    const place = page.getByRole('region', { name: 'Place' });
    const street = place.locator('.fact').filter({ hasText: /^Street/ }).getByRole('button');
    const before = (await street.textContent()) ?? '';
    await street.click();
    await page.keyboard.type('Turmstraße');
    await page.keyboard.press('Enter');
    await page.getByText('Address changed, so the old pin was removed.').first().waitFor();
    await page.getByRole('status').getByRole('button', { name: 'Undo' }).first().click();
    await page.getByText(/^Undone/).first().waitFor();
    await street.filter({ hasText: before.trim() }).waitFor();
    await picture(page, 'customer');
    await accessible(page, 'customer page');
  });
});

test('an administrator sees first steps, adds a user, reads the rights, verifies the chain and makes a token', async () => {
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    await page.goto(`${address}/admin`);
    await page.getByRole('heading', { name: 'What leaves this machine: nothing' }).waitFor();
    await picture(page, 'admin');
    await accessible(page, 'admin, start');
    await page.goto(`${address}/admin/users`);
    await page.getByRole('button', { name: 'Add user' }).click();
    const email = `probe-${Date.now()}@demo.example`;
    await page.getByLabel('Name').fill('Probe Person');
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel(/First password/).fill('a-long-first-password');
    await accessible(page, 'admin, new user');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('row', { name: new RegExp(email) }).waitFor();
    await page.goto(`${address}/admin/rights`);
    await page.getByText(/Field rep: sees .* customers/).waitFor();
    await accessible(page, 'admin, rights');
    await page.goto(`${address}/admin/audit`);
    await page.getByRole('button', { name: 'Verify the chain' }).click();
    await page.getByText(/entries, unbroken\./).waitFor({ timeout: 60_000 });
    await accessible(page, 'admin, audit');
    await page.goto(`${address}/admin/tokens`);
    await page.getByLabel('What for').fill('Probe');
    await page.getByRole('button', { name: 'Make token' }).click();
    assert.ok((await page.getByRole('textbox', { name: 'Your new token' }).inputValue()).length > 20);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await accessible(page, 'admin, tokens');
    for (const section of ['jobs', 'map']) {
      await page.goto(`${address}/admin/${section}`);
      await page.getByRole('heading', { level: 2 }).first().waitFor();
      await accessible(page, `admin, ${section}`);
    }
  });
});
