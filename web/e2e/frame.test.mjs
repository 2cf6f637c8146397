// The frame: sign-in, search, keys, themes, languages, the list under the same filter as the map.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, address, desk, mapIdle, phone, picture, withPage } from './browser.mjs';

test('the sign-in page offers the four roles, and says when e-mail and password do not fit', async () => {
  for (const dark of [false, true]) {
    await withPage({ role: null, viewport: phone, dark }, async (page) => {
      // A wrong password is answered with 401, which the browser logs by itself; it is tried over the API's face only.
      await page.goto(`${address}/`);
      await page.getByRole('heading', { name: 'Bailiwick' }).waitFor();
      // The sign-ins of the demo come from the server.
      await page.getByRole('listitem').getByRole('button').first().waitFor();
      assert.equal(await page.getByRole('listitem').getByRole('button').count(), 4);
      await accessible(page, 'sign-in');
      if (!dark) await picture(page, 'sign-in-phone');
    });
  }
});

test('list and map share one filter, chips and text are the same thing', async () => {
  await withPage({ role: 'manager', viewport: desk, dark: true }, async (page) => {
    await page.goto(`${address}/customers`);
    await page.locator('.row-line').first().waitFor();
    const count = async () => Number(((await page.getByRole('heading', { name: /customers?/ }).first().textContent()) ?? '').replace(/ customers?.*/, '').replace(/\D/g, ''));
    const all = await count();
    await mapIdle(page);
    // A piece of the map without the legend: what is drawn there has to follow the filter.
    const drawn = async () => { await mapIdle(page); return page.screenshot({ clip: { x: 960, y: 180, width: 240, height: 340 } }); };
    const unfiltered = await drawn();
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByLabel('Field').selectOption('class');
    await page.getByRole('group', { name: 'Values' }).getByRole('checkbox').first().check();
    await page.waitForFunction((before) => { const text = document.querySelector('.screen h2')?.textContent ?? ''; const n = Number(text.replace(/ customers?.*/s, '').replace(/\D/g, '')); return n > 0 && n < before; }, all);
    const filtered = await drawn();
    assert.ok(!filtered.equals(unfiltered), 'the map shows fewer customers as well');
    await page.getByRole('button', { name: 'Edit as text' }).click();
    const field = page.getByRole('textbox', { name: 'Filter as CQL2 text' });
    assert.match(await field.inputValue(), /^class = '/);
    await field.fill("class = 'A' AND revenue >= 0");
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /Remove Class: A/ }).waitFor();
    await mapIdle(page);
    await picture(page, 'customers-dark');
    await accessible(page, 'customers in the dark');
    await page.getByRole('button', { name: /Remove Class: A/ }).click();
    await page.getByRole('button', { name: /Remove Revenue/ }).click();
    await page.waitForFunction((before) => Number((document.querySelector('.screen h2')?.textContent ?? '').replace(/ customers?.*/s, '').replace(/\D/g, '')) === before, all);
    assert.ok((await drawn()).equals(unfiltered), 'and all of them again');
    // The keyboard walks the list and opens a customer.
    await page.locator('.box').focus();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary').getByRole('heading', { level: 2 }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });
  });
});

test('keys, search, history, theme and language answer to the keyboard', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await accessible(page, 'keys');
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.waitForURL(/\/customers/);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /Search customers/ }).fill('hotel');
    await page.getByRole('dialog').getByRole('option').first().waitFor();
    await accessible(page, 'search');
    await picture(page, 'search');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('complementary', { name: 'History' }).waitFor();
    await accessible(page, 'history');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^You: / }).click();
    await page.getByLabel('Language').selectOption('de');
    await page.getByRole('button', { name: /^Sie: / }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    await page.getByLabel('Darstellung').selectOption('dark');
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
    await page.keyboard.press('Escape');
    await accessible(page, 'customers in German');
    // It is kept with the person, for the next device and what is written to them.
    await page.waitForFunction(async () => (await (await fetch('/api/v1/session')).json()).user.language === 'de');
  });
  await withPage({ role: 'manager', viewport: phone }, async (page) => {
    await page.getByRole('navigation', { name: 'Ansichten' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    await page.getByRole('button', { name: /^Sie: / }).click();
    await page.getByLabel('Sprache').selectOption('en');
    await page.getByRole('button', { name: /^You: / }).waitFor();
    await page.waitForFunction(async () => (await (await fetch('/api/v1/session')).json()).user.language === 'en');
  });
});

test('a language that could not be told to the server is not the next person’s', async () => {
  await withPage({ role: 'manager', viewport: desk, refused: '/api/v1/session' }, async (page) => {
    await mapIdle(page);
    await page.route('**/api/v1/session', (route) => (route.request().method() === 'PATCH'
      ? route.fulfill({ status: 409, contentType: 'application/problem+json', body: JSON.stringify({ status: 409, title: 'Not now', detail: 'Not now.', code: 'not-now' }) })
      : route.continue()));
    await page.getByRole('button', { name: /^You: / }).click();
    await page.getByLabel('Language').selectOption('de');
    await page.getByRole('button', { name: 'Abmelden' }).click();
    await page.unroute('**/api/v1/session');
    await page.getByRole('button', { name: 'Analyst' }).click();
    await page.getByRole('navigation', { name: 'Screens' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    assert.equal(await page.evaluate(async () => (await (await fetch('/api/v1/session')).json()).user.language), 'en');
  });
});

test('the map is one tab stop, answers to keys, and can be skipped', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    const canvas = page.locator('.canvas canvas');
    await canvas.focus();
    assert.equal(await canvas.getAttribute('role'), 'application');
    await page.locator('.crosshair').waitFor();
    const before = new URL(page.url()).searchParams.get('c');
    await page.keyboard.press('+');
    await page.waitForFunction((c) => new URL(location.href).searchParams.get('c') !== c, before);
    await page.keyboard.press('Alt+ArrowRight');
    await page.waitForFunction(() => (document.querySelector('[aria-live=polite]')?.textContent ?? '').length > 0 || [...document.querySelectorAll('[aria-live=polite]')].some((one) => one.textContent));
    await page.keyboard.press('Tab');
    assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), 'CANVAS', 'the map lets the focus go on');
  });
});

test('whatever opens closes with Escape, and the focus is back where it came from', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '');
    /** Opens by a press, closes by key, and looks where the focus is. */
    async function round(button, dialog) {
      await button.focus();
      const name = await focused();
      await page.keyboard.press('Enter');
      await dialog.waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      assert.equal(await focused(), name, `the focus came back to ${name}`);
    }
    await page.goto(`${address}/customers`);
    await page.locator('.row-line').first().waitFor();
    await round(page.getByRole('button', { name: 'New customer' }), page.getByRole('dialog', { name: 'New customer' }));
    await round(page.getByRole('button', { name: /Search or do/ }), page.getByRole('dialog'));
    await round(page.getByRole('button', { name: 'History' }), page.getByRole('complementary', { name: 'History' }));
    await round(page.locator('.row-line button.link').first(), page.getByRole('complementary').getByRole('heading', { level: 2 }));

    await page.goto(`${address}/sales/leads?where=${encodeURIComponent("status = 'new'")}`);
    await page.locator('.row-line a').first().click();
    await round(page.getByRole('button', { name: 'Convert' }), page.getByRole('dialog', { name: /^Convert / }));
    await page.goto(`${address}/service/cases`);
    await page.locator('.row-line a').first().click();
    await round(page.getByRole('button', { name: 'Solve…' }), page.getByRole('dialog', { name: /^How was / }));
    await page.goto(`${address}/map`);
    await mapIdle(page);
    await round(page.getByRole('button', { name: /Territories or a scenario/ }), page.getByRole('button', { name: /New scenario/ }));
  });
});
