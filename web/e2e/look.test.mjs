// What a person sees first: messages that cover nothing, the map in its free part, lists newest first, figures that fit a phone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, address, desk, mapIdle, phone, picture, saidBeside, withPage } from './browser.mjs';

test('what is said covers nothing at 390 px either, and the newest takes the place of the one before', async () => {
  await withPage({ role: 'manager', viewport: phone }, async (page) => {
    await mapIdle(page);
    await page.keyboard.press('Control+z');
    await page.getByRole('status').filter({ hasText: 'Nothing of yours to undo' }).waitFor();
    await page.keyboard.press('y');
    await page.getByRole('status').filter({ hasText: /link|clipboard/i }).waitFor();
    // Under the focus it stays.
    const close = page.getByRole('status').getByRole('button', { name: 'Close message' });
    await close.focus();
    assert.ok(await saidBeside(page));
    await picture(page, 'toast-phone');
    await accessible(page, 'something was said on a phone');
    await close.click();
    await page.getByRole('button', { name: 'History' }).waitFor();
  });
});

test('the map opens with all territories in its free part, below the tools and above what covers its foot', async () => {
  for (const viewport of [desk, phone]) {
    await withPage({ role: 'manager', viewport }, async (page) => {
      await page.getByRole('list', { name: 'Territories' }).getByRole('listitem').first().waitFor();
      await mapIdle(page);
      const { territories } = await (await page.request.get(`${address}/api/v1/territories/overview`)).json();
      const corners = territories.filter((one) => one.geometry).flatMap((one) => one.geometry.coordinates.flat(2));
      const lngs = corners.map(([lng]) => lng);
      const lats = corners.map(([, lat]) => lat);
      const camera = await page.waitForFunction(() => new URL(location.href).searchParams.get('c'));
      const [zoom, lat, lng] = (await camera.jsonValue()).split('/').map(Number);
      const canvas = await page.locator('.canvas').boundingBox();
      const tools = await page.getByRole('toolbar', { name: 'Territory tools' }).boundingBox();
      const sheet = viewport === phone ? await page.locator('.sheet').first().boundingBox() : null;
      const foot = sheet ? sheet.y : canvas.y + canvas.height;
      const world = 512 * 2 ** zoom;
      const north = (degrees) => Math.log(Math.tan(Math.PI / 4 + (degrees * Math.PI) / 360)) / (2 * Math.PI);
      // The camera's place is the middle of the free part.
      const y = (degrees) => (canvas.y + foot) / 2 - (north(degrees) - north(lat)) * world;
      const x = (degrees) => canvas.x + canvas.width / 2 + ((degrees - lng) / 360) * world;
      const [top, bottom] = [y(Math.max(...lats)), y(Math.min(...lats))];
      assert.ok(top >= tools.y + tools.height, `the northernmost corner is at ${top}, the tools end at ${tools.y + tools.height}`);
      assert.ok(bottom <= foot, `the southernmost corner is at ${bottom}, the map's free part ends at ${foot}`);
      assert.ok(x(Math.min(...lngs)) >= canvas.x && x(Math.max(...lngs)) <= canvas.x + canvas.width, 'from west to east');
      const legend = page.getByRole('region', { name: 'Legend' });
      if (viewport === desk) {
        // The legend lists the territories as the panel does, and tells what rings are.
        const listed = (await page.getByRole('list', { name: 'Territories' }).locator('strong').allTextContents()).map((text) => text.trim());
        const told = (await legend.locator('li .grow').allTextContents()).map((text) => text.trim());
        assert.deepEqual(told.filter((name) => listed.includes(name)), listed.filter((name) => told.includes(name)));
        await legend.getByText('Rings and circles').click();
        await legend.getByText(/The ring is the most urgent visit/).waitFor();
        await accessible(page, 'the legend with its signs');
      }
    });
  }
});

test('what is decided is not edited, and who is no lead is neither hot nor about to be converted', async () => {
  await withPage({ role: 'manager' }, async (page) => {
    const all = async (path) => (await (await page.request.get(`${address}/api/v1${path}`)).json()).records;
    const quotes = await all('/quotes?limit=1000');
    const decided = quotes.filter((one) => one.fields.decided_at !== null && one.fields.valid_until !== null);
    assert.ok(decided.length > 0 && decided.every(({ fields }) => new Date(fields.decided_at).toISOString().slice(0, 10) <= fields.valid_until), 'the demo decides quotes while they hold');
    const leads = await all(`/leads?limit=1000&filter=${encodeURIComponent("status = 'unqualified'")}`);
    const lead = leads.toSorted((a, b) => (b.fields.score ?? 0) - (a.fields.score ?? 0))[0];
    await page.goto(`${address}/sales/quotes/${decided[0].id}`);
    await page.getByRole('heading', { level: 1, name: decided[0].fields.number }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Edit' }).count(), 0);
    await page.goto(`${address}/sales/leads/${lead.id}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByRole('heading', { name: 'Checks' }).waitFor();
    assert.equal(await page.getByText('Hot', { exact: true }).count(), 0);
    assert.equal(await page.locator('button.primary').filter({ hasText: 'Convert' }).count(), 0);
    // Newest first, on lists and boards alike.
    await page.goto(`${address}/sales/quotes`);
    await page.locator('.row-line').first().waitFor();
    const shown = (await page.locator('.row-line .title').allTextContents()).map((text) => text.trim()).slice(0, 8);
    assert.deepEqual(shown, quotes.toSorted((a, b) => (a.id < b.id ? 1 : -1)).map((one) => one.fields.number).slice(0, 8));
  });
});

test('the forecast and the matrix of rights are read on a phone without scrolling sideways', async () => {
  for (const [role, path, ready] of [['manager', '/sales/forecast', '[data-row]'], ['admin', '/admin/rights', 'select']]) {
    await withPage({ role, viewport: phone }, async (page) => {
      await page.goto(`${address}${path}`);
      await page.locator('#panel').locator(ready).first().waitFor();
      const wide = await page.evaluate(() => [...document.querySelectorAll('#panel *')].filter((one) => one.scrollWidth > one.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX) && !one.matches('nav, nav *, [role=tablist], .tabs')).map((one) => one.className));
      assert.deepEqual(wide, [], path);
      await accessible(page, `${path} on a phone`);
      await picture(page, `${path.split('/').pop()}-phone`);
    });
  }
});
