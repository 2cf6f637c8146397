// The life of a territory: codes, reach, tree, team, rules, files, two dates, what-ifs and fairness.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { accessible, address, desk, holdToast, mapIdle, phone, picture, pixelOf, undoFromToast, until, withPage } from './browser.mjs';

const overview = async (page) => (await (await page.request.get(`${address}/api/v1/territories/overview`)).json()).territories;
const list = (page) => page.getByRole('list', { name: 'Territories' });

test('a manager pastes a list of codes: unknown ones are said back, the rest becomes a territory', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    await page.keyboard.press('c');
    const text = page.getByRole('textbox', { name: 'Postcodes and municipalities' });
    await text.fill('Neubrandenburg\n17033-17036, Atlantis; 00000');
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByText(/^\d+ blocks known\./).waitFor();
    await page.getByText('2 entries are not known:').waitFor();
    await page.getByText('Atlantis, 00000').waitFor();
    const card = page.getByRole('region', { name: 'New territory' });
    await card.getByText(/customers? moves?|No customer moves/).waitFor();
    await card.getByRole('textbox', { name: 'Name' }).fill('By code');
    await picture(page, 'territory-codes');
    await accessible(page, 'codes');
    await card.getByRole('button', { name: 'Create By code' }).click();
    await page.getByText(/By code drawn: \d+ customers?/).first().waitFor();
    await holdToast(page);
    const drawer = page.getByRole('complementary', { name: 'By code' });
    await drawer.getByText(/Made of \d+ blocks/).click();
    await drawer.getByText(/^Neubrandenburg/).first().waitFor();
    const made = (await overview(page)).find((one) => one.name === 'By code');
    assert.ok(made.extent.blocks.length >= 3, 'the town and the postcodes of the range');
    assert.equal(made.extent.is_drawn, false);
    await undoFromToast(page);
    await list(page).getByText('By code').waitFor({ state: 'detached' });
  });
});

test('a reach stays a place and minutes', async () => {
  await withPage({ role: 'manager' }, async (page) => {
    await mapIdle(page);
    const [x, y] = await pixelOf(page, [13.2606, 53.5574]);
    await page.keyboard.press('r');
    await page.mouse.click(x, y);
    const card = page.getByRole('region', { name: 'New territory' });
    await card.getByText(/customers? moves?|No customer moves/).waitFor();
    await card.getByRole('textbox', { name: 'Name' }).fill('Quarter of an hour');
    await card.getByRole('button', { name: /^Create/ }).click();
    const drawer = page.getByRole('complementary', { name: 'Quarter of an hour' });
    await holdToast(page);
    await drawer.getByText(/Within 15 min by car of/).waitFor();
    const made = (await overview(page)).find((one) => one.name === 'Quarter of an hour');
    assert.equal(made.extent.reach.minutes, 15);
    assert.equal(made.extent.reach.is_outdated, false);
    await undoFromToast(page);
  });
});

test('a region above territories sums them up; a team shares the work; a rule takes customers', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    const [first] = await overview(page);
    // A region.
    await page.getByRole('button', { name: 'More about territories' }).click();
    await page.getByRole('button', { name: 'New region' }).click();
    const dialog = page.getByRole('dialog', { name: 'New region' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Whole land');
    await dialog.getByRole('button', { name: 'Create Whole land' }).click();
    await page.getByText('Region Whole land made').first().waitFor();
    await list(page).getByRole('button', { name: new RegExp(first.name) }).click();
    const drawer = page.getByRole('complementary', { name: first.name });
    await drawer.getByText('Settings', { exact: true }).click();
    await drawer.getByLabel('Stands below').selectOption({ label: 'Whole land' });
    await page.getByText(`${first.name} changed`).first().waitFor();
    // The index follows the change in a moment.
    await until('the region to hold what is below it', async () => {
      const region = (await overview(page)).find((one) => one.name === 'Whole land');
      const below = await (await page.request.get(`${address}/api/v1/customers?filter=${encodeURIComponent(`territory_id = '${region.id}'`)}`)).json();
      return region.rolled_up.accounts === first.totals.accounts && below.count === first.totals.accounts + first.totals.prospects;
    });
    // A team of two, six to four.
    await drawer.getByRole('button', { name: 'Change team' }).click();
    await drawer.getByLabel('Share of person 1 in per cent').fill('60');
    await drawer.getByRole('button', { name: 'Add a person' }).click();
    await drawer.getByLabel('Share of person 2 in per cent').fill('50');
    await drawer.getByText('The shares come to 110 %').waitFor();
    await drawer.getByLabel('Share of person 2 in per cent').fill('40');
    await drawer.getByRole('region', { name: 'Team' }).getByRole('button', { name: 'Save' }).click();
    await drawer.getByText(/^60 %, ~/).waitFor();
    await drawer.getByText(/^40 %, ~/).waitFor();
    await picture(page, 'territory-team');
    await accessible(page, 'territory drawer');
    // A rule.
    const rules = drawer.getByRole('region', { name: 'Rules about customers' });
    await rules.getByRole('button', { name: 'Change rules' }).click();
    await rules.getByLabel('What condition 1 asks').selectOption('class');
    await rules.getByLabel('Values of condition 1, by comma').fill('A');
    await rules.getByRole('button', { name: 'What would it do?' }).click();
    await rules.getByText(/\d+ customers? moves?/).waitFor();
    await accessible(page, 'rules');
    await rules.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/Rules of .* set: \d+ customers? moved/).first().waitFor();
    await rules.getByText('Class: A').waitFor();
    await picture(page, 'territory-rules');
    for (const what of [/^Undone: Rules of/, /^Undone: Team of/, new RegExp(`^Undone: ${first.name} changed`), /^Undone: Region Whole land made/]) {
      await page.keyboard.press('Control+z');
      await page.getByText(what).first().waitFor();
    }
    await list(page).getByText('Whole land').waitFor({ state: 'detached' });
  });
});

test('an overlap is settled by a rule from the issues strip', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    const [first] = await overview(page);
    const [west, south, east, north] = [13.24, 53.55, 13.28, 53.57];
    const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    const data = { name: 'Across', geometry: { type: 'Polygon', coordinates: [ring] } };
    const made = await (await page.request.post(`${address}/api/v1/territories/draw`, { data })).json();
    await list(page).getByText('Across').waitFor();
    const issues = page.getByRole('region', { name: 'Issues' });
    await page.keyboard.press('.');
    await issues.getByText(/Across .*overlap|overlap/).first().waitFor();
    await issues.getByRole('button', { name: 'Choose a rule' }).click();
    await picture(page, 'overlap-rules');
    await page.getByRole('button', { name: /goes first$/ }).first().click();
    await page.getByText(/Overlap of .* settled/).first().waitFor();
    await page.keyboard.press('Control+z');
    await page.getByText(/^Undone: Overlap of/).first().waitFor();
    await page.request.post(`${address}/api/v1/change-sets/${made.change_set}/undo`);
    await list(page).getByText('Across').waitFor({ state: 'detached' });
    assert.equal((await overview(page))[0].name, first.name);
  });
});

test('territories go out as a file and come in again after one is gone', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    const before = await overview(page);
    await page.getByRole('button', { name: 'More about territories' }).click();
    const waiting = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export GeoPackage' }).click();
    const file = await waiting;
    assert.match(file.suggestedFilename(), /^territories-.*\.gpkg$/);
    const bytes = await readFile(await file.path());
    await list(page).getByRole('button', { name: new RegExp(before[0].name) }).click();
    await page.getByRole('button', { name: 'Delete territory' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete territory' }).click();
    await page.getByText(`Deleted ${before[0].name}`).first().waitFor();
    await page.getByRole('button', { name: 'More about territories' }).click();
    await page.getByRole('button', { name: 'Import territories' }).click();
    const dialog = page.getByRole('dialog', { name: 'Import territories' });
    await dialog.getByLabel('File').setInputFiles({ name: 'all.gpkg', mimeType: 'application/geopackage+sqlite3', buffer: bytes });
    await dialog.getByText(`1 new, 0 changed, ${before.length - 1} as they are, 0 refused`).waitFor();
    await picture(page, 'territory-import');
    await accessible(page, 'import of territories');
    await dialog.getByRole('button', { name: 'Take in 1 territory' }).click();
    await page.getByText(/1 territories taken in, \d+ customers moved/).first().waitFor();
    const after = async () => (await overview(page)).find((one) => one.name === before[0].name);
    assert.deepEqual((await after()).geometry, before[0].geometry);
    await until('the same totals', async () => JSON.stringify((await after()).totals) === JSON.stringify(before[0].totals));
    await page.keyboard.press('Control+z');
    await page.getByText(/^Undone: 1 territories taken in/).first().waitFor();
    await page.keyboard.press('Control+z');
    await page.getByText(/^Undone: Deleted/).first().waitFor();
  });
});

test('whose it was on a day as known on another, and what if it went to a neighbour', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    await page.keyboard.press('/');
    await page.getByRole('combobox', { name: /Search customers/ }).fill('apotheke');
    await page.getByRole('option').filter({ hasText: /apotheke/i }).first().click();
    const drawer = page.getByRole('complementary');
    await drawer.getByRole('button', { name: /Why\?/ }).click();
    await drawer.getByRole('list', { name: 'Rules in order of precedence' }).waitFor();
    const { today } = await (await page.request.get(`${address}/api/v1/session`)).json();
    await drawer.getByLabel('Owner on').fill(today);
    await drawer.getByLabel('as known on').fill(today);
    await drawer.getByRole('status').filter({ hasText: /since/ }).waitFor();
    await drawer.getByText('What if it went to a neighbour?').click();
    await drawer.getByRole('table').nth(1).waitFor();
    assert.ok((await drawer.getByRole('table').count()) >= 2, 'both sides of at least one move');
    await picture(page, 'what-if');
    await accessible(page, 'what if');
  });
});

test('the fairness page has the same measures for everybody; a rep sees the own row', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await page.goto(`${address}/map?show=fairness`);
    await mapIdle(page);
    const drawer = page.getByRole('complementary', { name: 'Fairness' });
    const people = drawer.getByRole('list', { name: 'People' });
    await people.getByRole('listitem').first().waitFor();
    assert.ok((await people.getByRole('listitem').count()) >= 2);
    assert.equal(await drawer.getByRole('table').getByRole('row').count(), 6, 'five measures');
    await picture(page, 'fairness');
    await accessible(page, 'fairness');
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
  });
  await withPage({ role: 'rep', viewport: phone }, async (page) => {
    await page.goto(`${address}/map?show=fairness`);
    const people = page.getByRole('list', { name: 'People' });
    await people.getByRole('listitem').first().waitFor();
    assert.equal(await people.getByRole('listitem').count(), 1);
    await picture(page, 'fairness-phone');
  });
});

test('at 390 px a manager pastes codes and reads what is not known', async () => {
  await withPage({ role: 'manager', viewport: phone }, async (page) => {
    await mapIdle(page);
    await page.getByRole('toolbar', { name: 'Territory tools' }).getByRole('button', { name: 'Codes' }).click();
    await page.getByRole('textbox', { name: 'Postcodes and municipalities' }).fill('17033, Atlantis');
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByText('1 entry is not known:').waitFor();
    await page.getByText('Atlantis', { exact: true }).waitFor();
    const card = page.getByRole('region', { name: 'New territory' });
    const said = await page.getByText('Atlantis', { exact: true }).boundingBox();
    const top = (await card.boundingBox())?.y ?? 0;
    assert.ok(said && said.y + said.height <= top, 'what is not known stands above the card');
    await picture(page, 'territory-codes-phone');
    await accessible(page, 'codes on a phone');
    await page.getByRole('button', { name: 'Change the list' }).click();
    await page.getByRole('textbox', { name: 'Postcodes and municipalities' }).waitFor();
  });
});
