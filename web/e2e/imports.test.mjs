// Three exports of another CRM at once: what they are, who is there already and why, who is meant, the import, and its undo as a whole.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessible, address, desk, phone, picture, withPage } from './browser.mjs';

const cells = (rows) => rows.map((row) => row.map((cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')).join('\r\n');

/** Writes the three files; one account is a customer that the demo has already. */
function files(known, mark) {
  const folder = mkdtempSync(join(tmpdir(), 'bailiwick-'));
  const street = [known.street, known.house_number].filter(Boolean).join(' ');
  const lists = {
    'accounts.csv': [
      ['Account ID', 'Account Name', 'Billing Street', 'Billing City', 'Billing Zip/Postal Code', 'Account Owner', 'Favourite Colour'],
      [`A1${mark}`, known.name, street, known.city ?? '', known.postal_code ?? '', 'Somebody Unknown', 'red'],
      [`A2${mark}`, `Probe Works ${mark}`, 'Turmstraße 1', 'Neubrandenburg', '17033', 'Somebody Unknown', 'blue'],
    ],
    'contacts.csv': [
      ['Contact ID', 'First Name', 'Last Name', 'Account Name', 'Account ID', 'Email', 'Title'],
      [`C1${mark}`, 'Ada', `Probe${mark}`, `Probe Works ${mark}`, `A2${mark}`, `ada${mark}@probe.example`, 'Director'],
      [`C2${mark}`, '', '', '', '', '', 'nobody'],
    ],
    'deals.csv': [
      ['Opportunity ID', 'Opportunity Name', 'Account ID', 'Stage', 'Amount', 'Close Date', 'Opportunity Owner'],
      [`D1${mark}`, `Probe deal ${mark}`, `A2${mark}`, 'Vorgespräch', '1,200.50', '12/31/2026', 'Somebody Unknown'],
    ],
  };
  return Object.entries(lists).map(([name, rows]) => {
    const path = join(folder, name);
    writeFileSync(path, cells(rows));
    return path;
  });
}

async function aKnownCustomer(page) {
  const answer = await page.request.get(`${address}/api/v1/customers?limit=200`);
  const known = (await answer.json()).rows.find((row) => row.street && row.postal_code);
  assert.ok(known, 'the demo has a customer with an address');
  return known;
}

const counts = async (page) => Object.fromEntries(await Promise.all(['accounts', 'contacts', 'opportunities', 'locations'].map(async (plural) =>
  [plural, (await (await page.request.get(`${address}/api/v1/${plural}/count`)).json()).count])));

test('an administrator uploads three exports, sees the duplicates, says who is meant, imports, and takes the whole back', async () => {
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    const known = await aKnownCustomer(page);
    const before = await counts(page);
    await page.goto(`${address}/import`);
    await page.getByText('Several belong together').waitFor();
    // In whatever order they come.
    await page.locator('input[type=file]').setInputFiles(files(known, 'x').reverse());
    await page.getByText('3 tables that belong together').waitFor();
    for (const [table, kind] of [['accounts.csv', 'Customers'], ['contacts.csv', 'Contacts'], ['deals.csv', 'Opportunities']]) {
      const select = page.getByLabel(`What each row of ${table} is`);
      assert.equal(await select.locator('option:checked').textContent(), kind);
    }
    await page.getByText('looks like an export of Salesforce').first().waitFor();
    await page.locator('summary', { hasText: '7 columns, 6 recognised' }).click();
    assert.equal(await page.getByLabel('Where the column Favourite Colour goes').locator('option:checked').textContent(), 'a new field of this name');
    await picture(page, 'import-three-columns');
    await accessible(page, 'import of three files, columns');

    await page.getByRole('button', { name: 'Check the files' }).click();
    // Two accounts, one of them known; two contacts, one without a name; one deal: 5 = 3 + 0 + 1 + 1.
    await page.getByText('5 rows: 3 new, 0 updated, 1 skipped, 1 failed.').waitFor({ timeout: 120_000 });
    await page.getByRole('heading', { name: '1 row is there already, or may be' }).waitFor();
    await page.getByText('same name and street').waitFor();
    await page.getByRole('heading', { name: /names? that nobody bears/ }).waitFor();
    assert.deepEqual(await counts(page), before, 'a check writes nothing');
    await picture(page, 'import-three-check');
    await accessible(page, 'import of three files, check');

    // The known customer is to be filled, and Somebody Unknown is the manager.
    await page.getByLabel(`What comes of ${known.name}`).selectOption('fill');
    const picker = page.getByRole('combobox', { name: 'Who is meant by Somebody Unknown' });
    await picker.click();
    await page.getByRole('listbox', { name: 'Who is meant by Somebody Unknown' }).getByRole('option').first().click();
    await page.getByRole('button', { name: 'Check again with these choices' }).click();
    await page.getByText('5 rows: 3 new, 1 updated, 0 skipped, 1 failed.').waitFor({ timeout: 120_000 });
    await page.getByRole('button', { name: 'Import 4 rows' }).click();
    await page.getByText(/Imported\. It can be undone/).waitFor({ timeout: 120_000 });
    await picture(page, 'import-three-done');
    const after = await counts(page);
    assert.deepEqual(
      [after.accounts - before.accounts, after.contacts - before.contacts, after.opportunities - before.opportunities],
      [1, 1, 1],
    );
    const deal = (await (await page.request.get(`${address}/api/v1/opportunities?filter=${encodeURIComponent("name = 'Probe deal x'")}`)).json()).records[0];
    assert.equal(deal.fields.amount, 120_050);
    assert.equal(deal.fields.custom.stage, 'Vorgespräch', 'what could not be taken is kept');
    assert.ok(deal.fields.account_id);

    await page.getByRole('button', { name: 'Undo this import' }).click();
    await page.getByText('This import was undone.').waitFor({ timeout: 120_000 });
    assert.deepEqual(await counts(page), before, 'nothing of it stays');
  });
});

test('on a phone the import of three files reads and works', async () => {
  await withPage({ role: 'admin', viewport: phone, dark: true }, async (page) => {
    const known = await aKnownCustomer(page);
    await page.goto(`${address}/import`);
    await page.getByText('Several belong together').waitFor();
    await page.locator('input[type=file]').setInputFiles(files(known, 'y'));
    await page.getByText('3 tables that belong together').waitFor();
    await picture(page, 'import-three-columns-phone');
    await accessible(page, 'import of three files, columns, phone');
    await page.getByRole('button', { name: 'Check the files' }).click();
    await page.getByText('5 rows: 3 new, 0 updated, 1 skipped, 1 failed.').waitFor({ timeout: 120_000 });
    // What is wide scrolls by itself; the page does not grow beyond the phone.
    const button = await page.getByRole('button', { name: 'Other files' }).boundingBox();
    assert.ok(button && button.x + button.width <= phone.width, `the header ends at ${button && button.x + button.width} px`);
    await picture(page, 'import-three-check-phone');
    await accessible(page, 'import of three files, check, phone');
    await page.getByRole('heading', { name: '1 row is there already, or may be' }).scrollIntoViewIfNeeded();
    await picture(page, 'import-three-duplicates-phone');
  });
});
