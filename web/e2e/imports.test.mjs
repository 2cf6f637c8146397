// Three exports of another CRM at once: what they are, who is there already and why, who is meant, the import, and its undo as a whole.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessible, address, desk, phone, picture, withPage } from './browser.mjs';
import { workbook } from './workbook.mjs';

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
  return written(Object.fromEntries(Object.entries(lists).map(([name, rows]) => [name, cells(rows)])), folder);
}

/** Files on disk, as somebody has them. */
function written(contents, folder = mkdtempSync(join(tmpdir(), 'bailiwick-'))) {
  return Object.entries(contents).map(([name, content]) => {
    const path = join(folder, name);
    writeFileSync(path, content);
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

const one = async (page, plural, filter) => {
  const { records } = await (await page.request.get(`${address}/api/v1/${plural}?filter=${encodeURIComponent(filter)}`)).json();
  assert.equal(records.length, 1, `${plural} where ${filter}`);
  return records[0];
};

/** Checks what was uploaded, imports it, looks at it with `look`, and takes it back. */
async function importAndUndo(page, { sums, rows, shot, look }) {
  const before = await counts(page);
  await page.getByRole('button', { name: /^Check the files?$/ }).click();
  await page.getByText(sums).waitFor({ timeout: 120_000 });
  assert.deepEqual(await counts(page), before, 'a check writes nothing');
  await picture(page, `${shot}-check`);
  await accessible(page, `${shot}, check`);
  await page.getByRole('button', { name: `Import ${rows} rows` }).click();
  await page.getByText(/Imported\. It can be undone/).waitFor({ timeout: 120_000 });
  await look(before, await counts(page));
  await page.getByRole('button', { name: 'Undo this import' }).click();
  await page.getByText('This import was undone.').waitFor({ timeout: 120_000 });
  assert.deepEqual(await counts(page), before, 'nothing of it stays');
}

test('three lists of HubSpot are known for what they are, and are linked by its ids', async () => {
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    const lists = {
      'hubspot-companies.csv': [
        ['Record ID', 'Company name', 'Company Domain Name', 'Company owner', 'Phone Number', 'Industry', 'Street Address', 'City', 'Postal Code', 'Lifecycle Stage'],
        ['9001', 'Hub Probe GmbH', 'hubprobe.example', '', '+49 395 1234567', 'Bakeries', 'Turmstraße 3', 'Neubrandenburg', '17033', 'Customer'],
        ['9002', 'Hub Second GmbH', 'hubsecond.example', '', '', '', 'Turmstraße 5', 'Neubrandenburg', '17033', 'Lead'],
      ],
      'hubspot-contacts.csv': [
        ['Record ID', 'First Name', 'Last Name', 'Email', 'Phone Number', 'Contact owner', 'Lead Status', 'Associated Company', 'Associated Company IDs', 'Job Title'],
        // By id, though the name is another one's.
        ['7001', 'Hilde', 'Probe', 'hilde@hubprobe.example', '', '', '', 'Hub Second GmbH', '9001;9002', 'Buyer'],
      ],
      'hubspot-deals.csv': [
        ['Record ID', 'Deal Name', 'Deal Stage', 'Pipeline', 'Amount', 'Deal owner', 'Close Date', 'Associated Company', 'Associated Company IDs'],
        ['5001', 'Hub probe deal', 'Appointment scheduled', 'Sales Pipeline', '2500.75', '', '2026-12-31 14:30', 'Hub Probe GmbH', '9001'],
      ],
    };
    await page.goto(`${address}/import`);
    await page.getByText('Several belong together').waitFor();
    await page.locator('input[type=file]').setInputFiles(written(Object.fromEntries(Object.entries(lists).map(([name, rows]) => [name, cells(rows)]))));
    await page.getByText('3 tables that belong together').waitFor();
    assert.equal(await page.getByText('looks like an export of HubSpot').count(), 3);
    for (const [table, kind] of [['hubspot-companies.csv', 'Customers'], ['hubspot-contacts.csv', 'Contacts'], ['hubspot-deals.csv', 'Opportunities']]) {
      assert.equal(await page.getByLabel(`What each row of ${table} is`).locator('option:checked').textContent(), kind);
    }
    await importAndUndo(page, {
      sums: '4 rows: 4 new, 0 updated, 0 skipped, 0 failed.', rows: 4, shot: 'import-hubspot',
      look: async (before, after) => {
        assert.deepEqual([after.accounts - before.accounts, after.contacts - before.contacts, after.opportunities - before.opportunities, after.locations - before.locations], [2, 1, 1, 2]);
        const firm = await one(page, 'accounts', "name = 'Hub Probe GmbH'");
        const person = await one(page, 'contacts', "email = 'hilde@hubprobe.example'");
        assert.equal(person.fields.account_id, firm.id, 'the id counts, not the name');
        assert.ok(Object.values(person.fields.custom).includes('9001;9002'), 'the other firms are kept');
        const deal = await one(page, 'opportunities', "name = 'Hub probe deal'");
        assert.deepEqual([deal.fields.account_id, deal.fields.amount, deal.fields.close_date], [firm.id, 250_075, '2026-12-31']);
      },
    });
  });
});

test('a workbook comes in sheet by sheet, with its numbers and days, and what is hidden stays out', async () => {
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    const bytes = workbook([
      { name: 'Firmen', rows: [['Firma', 'Straße', 'Hausnummer', 'PLZ', 'Ort', 'Umsatz', 'Branche'], ['Mappe & Söhne', 'Turmstraße', 7, 17033, 'Neubrandenburg', 1234.5, 'Bäckerei']] },
      { name: 'Chancen', rows: [['Opportunity Name', 'Account Name', 'Close Date', 'Amount', 'Stage'], ['Mappe zur Probe', 'Mappe & Söhne', new Date('2026-12-24'), 99.9, 'Proposal']] },
      { name: 'Alt', hidden: true, rows: [['Firma', 'Ort'], ['Gibt es nicht mehr', 'Neubrandenburg']] },
    ]);
    await page.goto(`${address}/import`);
    await page.getByText('Several belong together').waitFor();
    await page.locator('input[type=file]').setInputFiles(written({ 'mappe.xlsx': bytes }));
    // Where everything is recognised the check runs by itself; the columns are a step back.
    await page.getByText('2 rows: 2 new, 0 updated, 0 skipped, 0 failed.').waitFor({ timeout: 120_000 });
    await page.getByRole('button', { name: 'Back to the columns' }).click();
    await page.getByText('2 tables that belong together').waitFor();
    for (const [sheet, kind] of [['Firmen', 'Customers'], ['Chancen', 'Opportunities']]) {
      assert.equal(await page.getByLabel(`What each row of Sheet ${sheet} of mappe.xlsx is`).locator('option:checked').textContent(), kind);
    }
    await picture(page, 'import-workbook-columns');
    await accessible(page, 'import of a workbook, columns');
    await importAndUndo(page, {
      sums: '2 rows: 2 new, 0 updated, 0 skipped, 0 failed.', rows: 2, shot: 'import-workbook',
      look: async (before, after) => {
        assert.deepEqual([after.accounts - before.accounts, after.opportunities - before.opportunities, after.locations - before.locations], [1, 1, 1]);
        const firm = await one(page, 'accounts', "name = 'Mappe & Söhne'");
        assert.equal(firm.fields.annual_revenue, 123_450);
        const place = await one(page, 'locations', `account_id = '${firm.id}'`);
        assert.deepEqual([place.fields.house_number, place.fields.postal_code], ['7', '17033']);
        const deal = await one(page, 'opportunities', "name = 'Mappe zur Probe'");
        assert.deepEqual([deal.fields.account_id, deal.fields.amount, deal.fields.close_date], [firm.id, 9_990, '2026-12-24']);
      },
    });
  });
});

test('an answer from before the check began does not come after it', async () => {
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
    let looked;
    const lookedBefore = new Promise((done) => { looked = done; });
    // The check waits for a look at the import, if there is one, and that look's answer comes when the check has begun.
    await page.route(/\/api\/v1\/imports\/[0-9a-f-]+\/check$/, async (route) => {
      await Promise.race([lookedBefore, pause(1500)]);
      await route.continue();
    });
    const begun = page.waitForResponse((answer) => answer.url().endsWith('/check') && answer.status() === 202, { timeout: 60_000 });
    let isFirst = true;
    await page.route(/\/api\/v1\/imports\/[0-9a-f-]+$/, async (route) => {
      if (!isFirst) return route.continue();
      isFirst = false;
      const answer = await route.fetch();
      looked();
      await begun;
      await pause(300);
      await route.fulfill({ response: answer });
    });
    await page.goto(`${address}/import`);
    await page.getByText('Several belong together').waitFor();
    const bytes = workbook([{ name: 'Firmen', rows: [['Firma', 'Straße', 'Hausnummer', 'PLZ', 'Ort'], ['Spät & Söhne', 'Turmstraße', 9, 17033, 'Neubrandenburg']] }]);
    await page.locator('input[type=file]').setInputFiles(written({ 'late.xlsx': bytes }));
    await page.getByText('1 rows: 1 new, 0 updated, 0 skipped, 0 failed.').waitFor({ timeout: 60_000 });
  });
});
