// The analyst's job: a shape, its figures as bars and tables, a second date, exports.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { accessible, desk, mapIdle, mapMiddle, phone, picture, until, withPage } from './browser.mjs';

const figure = async (page) => Number(((await page.locator('dd .figure').textContent()) ?? '').replace(/\D/g, ''));

/** Waits for the figures of another shape than the one they were read from. */
async function asked(page, before) {
  await page.waitForFunction((was) => { const now = document.querySelector('dd .figure')?.textContent?.replace(/\D/g, ''); return now && Number(now) !== was; }, before);
}

test('an analyst draws a shape and sees fewer customers in it than in all; the parts sum to the whole', async () => {
  await withPage({ role: 'analyst', viewport: desk }, async (page) => {
    await mapIdle(page);
    await page.locator('dd .figure').waitFor();
    const all = await figure(page);
    assert.ok(all > 0);
    await page.getByRole('button', { name: 'Draw', exact: true }).click();
    const { x, y } = await mapMiddle(page);
    for (const [dx, dy] of [[-60, -50], [60, -50], [60, 50], [-60, 50]]) {
      await page.mouse.move(x + dx, y + dy, { steps: 3 });
      await page.mouse.click(x + dx, y + dy);
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Drawn shape' }).waitFor();
    await page.waitForFunction((before) => Number(document.querySelector('dd .figure')?.textContent?.replace(/\D/g, '')) < before, all);
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    const table = page.getByRole('table').filter({ hasText: 'By class' });
    // The shape was asked about with each corner: the last answer counts.
    await until('classes that sum to the rows', async () => {
      const counts = (await table.locator('tbody td:nth-child(2)').allTextContents()).map((text) => Number(text.replace(/\D/g, '')));
      const whole = Number(/^([\d,]+) rows?/.exec((await page.getByText(/^[\d,]+ rows?, /).textContent()) ?? '')?.[1]?.replace(/\D/g, ''));
      return whole > 0 && counts.reduce((sum, count) => sum + count, 0) === whole;
    });
    await picture(page, 'region-table');
    await accessible(page, 'regions');
    assert.match(page.url(), /shape=g/, 'the shape is in the address');
  });
});

test('an analyst compares a territory with a past date, opens rows, and exports', async () => {
  await withPage({ role: 'analyst', viewport: desk }, async (page) => {
    await mapIdle(page);
    await page.locator('dd .figure').waitFor();
    const all = await figure(page);
    await page.getByRole('button', { name: 'Territory', exact: true }).click();
    await page.locator('.choices button').first().click();
    await asked(page, all);
    const before = new Date(Date.now() - 200 * 86_400_000).toISOString().slice(0, 10);
    await page.locator('input[type=date]').first().fill(before);
    await page.getByRole('button', { name: /new$/ }).waitFor();
    await page.getByRole('button', { name: 'Show the course' }).click();
    await page.locator('.plot canvas').waitFor();
    await mapIdle(page);
    await picture(page, 'region-compare');
    await accessible(page, 'regions with two dates');
    for (const format of ['CSV', 'GeoJSON']) {
      await page.getByRole('button', { name: 'Export' }).click();
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[popover]').getByRole('button', { name: format, exact: true }).click()]);
      const text = readFileSync(await download.path(), 'utf8');
      if (format === 'GeoJSON') assert.equal(JSON.parse(text).type, 'FeatureCollection');
      else assert.ok(text.split('\n').length > 1, 'the CSV has a head and rows');
    }
    await page.locator('dd .figure').click();
    await page.getByRole('list', { name: 'Customers' }).getByRole('listitem').first().waitFor();
    await page.getByRole('button', { name: 'Back', exact: true }).click();
    await page.getByRole('button', { name: 'Open as list' }).click();
    await page.getByRole('heading', { name: /customers?/ }).first().waitFor();
    await page.waitForURL(/\/customers/);
  });
});

test('an analyst asks for a municipality and for 15 minutes from the middle of the map', async () => {
  await withPage({ role: 'analyst', viewport: phone, dark: true }, async (page) => {
    await mapIdle(page);
    await page.locator('dd .figure').waitFor();
    const all = await figure(page);
    await page.getByRole('button', { name: 'Municipality', exact: true }).click();
    await page.getByLabel('Search municipality').fill('neu');
    await page.locator('.choices button').first().click();
    await page.waitForURL(/shape=b/);
    await asked(page, all);
    const municipality = await figure(page);
    await page.getByRole('button', { name: 'Reach', exact: true }).click();
    await page.getByRole('button', { name: 'Use the middle of the map' }).click();
    await page.getByRole('heading', { name: '15 minutes by car' }).waitFor();
    await asked(page, municipality);
    await mapIdle(page);
    await picture(page, 'region-phone-dark');
    await accessible(page, 'regions on a phone in the dark');
  });
});
