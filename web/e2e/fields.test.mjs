// A field is added without code and is everywhere at once; a kind of record too; lists go out as files.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, address, desk, mapIdle, phone, picture, withPage } from './browser.mjs';

test('an administrator adds a field: it is on the customer\'s page, in the filter and in the legend, and can be taken back', async () => {
  let account;
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    await page.goto(`${address}/admin/fields`);
    await page.getByText('Customer has no own fields yet.').waitFor();
    await accessible(page, 'own fields');
    await page.getByRole('button', { name: 'Add field' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add field' });
    await dialog.getByLabel('Label, English').fill('Floor area');
    await dialog.getByLabel('Label, German').fill('Ladenfläche');
    await dialog.getByLabel('Holds').selectOption('integer');
    await dialog.getByLabel('Unit').fill('m²');
    await accessible(page, 'a new field');
    await picture(page, 'field-new');
    await dialog.getByRole('button', { name: 'Add field' }).click();
    await page.getByRole('status').filter({ hasText: 'Field Floor area added to Customer' }).waitFor();
    await page.getByRole('row', { name: /Floor area Whole number, m² custom_floor_area/ }).waitFor();
    await picture(page, 'fields');
    // A customer gets a value of it on its page.
    const { records } = await (await page.request.get(`${address}/api/v1/accounts?limit=1&sort=name`)).json();
    account = records[0];
    await page.goto(`${address}/customers/${account.id}`);
    const fact = page.locator('.fact').filter({ hasText: 'Floor area' });
    await fact.getByRole('button').click();
    await fact.getByRole('textbox').fill('120');
    await page.keyboard.press('Enter');
    await fact.getByText('120 m²').waitFor();
    await picture(page, 'field-on-page');
  });
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await page.goto(`${address}/map?color=custom_floor_area`);
    await mapIdle(page);
    const legend = page.getByRole('region', { name: 'Legend' });
    assert.equal(await legend.getByRole('combobox').locator('option:checked').textContent(), 'Floor area');
    await legend.getByText('100–200').waitFor();
    await accessible(page, 'a legend of an own field');
    await picture(page, 'field-legend');
    await page.goto(`${address}/customers?f=${encodeURIComponent('custom_floor_area >= 100')}`);
    await page.getByRole('heading', { name: '1 customer' }).waitFor();
    await page.getByText('Floor area >= 100').waitFor();
    // The list goes out in the columns of another CRM.
    await page.getByRole('button', { name: 'Export, in the columns of' }).click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Salesforce' }).click()]);
    assert.equal(file.suggestedFilename(), 'customers-salesforce.csv');
  });
  await withPage({ role: 'admin', viewport: phone }, async (page) => {
    await page.goto(`${address}/admin/fields`);
    await page.getByRole('button', { name: 'Retire: Floor area' }).click();
    await page.getByText('Customer has no own fields yet.').waitFor();
    await picture(page, 'fields-phone');
    const known = await (await page.request.get(`${address}/api/v1/accounts/${account.id}`)).json();
    assert.equal(known.fields.custom_floor_area, 120, 'the value stays on record');
  });
});

test('an administrator adds a kind of record, and it has a list and a form', async () => {
  await withPage({ role: 'admin', viewport: desk }, async (page) => {
    await page.goto(`${address}/admin/fields`);
    await page.getByRole('button', { name: 'Add kind' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add kind' });
    await dialog.getByLabel('One, English').fill('Machine');
    await dialog.getByLabel('Many, English').fill('Machines');
    await dialog.getByLabel('Shown under').selectOption('service');
    await dialog.getByRole('button', { name: 'Add kind' }).click();
    await page.getByText('custom-machines').waitFor();
    await page.getByRole('button', { name: 'Open list' }).click();
    await page.getByRole('heading', { name: '0 machines' }).waitFor();
    const made = await page.request.post(`${address}/api/v1/custom-machines`, { data: { fields: { name: 'Saw' } }, headers: { origin: address } });
    assert.equal(made.status(), 201, await made.text());
    await page.reload();
    await page.getByRole('heading', { name: '1 machine' }).waitFor();
    await accessible(page, 'a list of an own kind');
    await picture(page, 'own-type');
  });
});
