// The manager's job: colour, draw, lasso, edit a border, undo, and ask who owns somebody and why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, address, desk, drag, mapIdle, mapMiddle, phone, picture, pixelOf, undoFromToast, withPage } from './browser.mjs';

test('a manager sees territories with their figures and colours the map by class, due and type', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    await mapIdle(page);
    const list = page.getByRole('list', { name: 'Territories' });
    await list.getByRole('listitem').nth(1).waitFor();
    await picture(page, 'map-territories');
    await accessible(page, 'map');
    const legend = page.getByRole('region', { name: 'Legend' });
    const counts = async () => (await legend.locator('li .number').allTextContents()).map((text) => Number(text.replace(/\D/g, '')));
    await legend.getByRole('checkbox').first().waitFor();
    const total = (await counts()).reduce((sum, count) => sum + count, 0);
    for (const field of ['class', 'due_state', 'type']) {
      await legend.getByLabel('Colour by').selectOption(field);
      await page.waitForURL(new RegExp(`color=${field}`));
      await page.waitForFunction(([sum]) => [...document.querySelectorAll('section[aria-label=Legend] li .number')].reduce((s, one) => s + Number(one.textContent.replace(/\D/g, '')), 0) === sum, [total]);
    }
    await legend.getByLabel('Colour by').selectOption('class');
    await legend.getByRole('checkbox').first().waitFor();
    const before = (await counts()).length;
    await legend.getByRole('checkbox').first().uncheck();
    await page.waitForURL(/f=class/);
    assert.equal((await counts()).length, before, 'what is switched off stays in the legend');
    await page.goBack();
    await page.waitForURL((url) => !url.searchParams.has('f'));
  });
});

test('a manager lassoes customers into a territory, sees both sides change, and undoes it', async () => {
  await withPage({ role: 'manager' }, async (page) => {
    await mapIdle(page);
    const { x, y } = await mapMiddle(page);
    await page.keyboard.press('l');
    await drag(page, [[x - 90, y - 110], [x + 60, y - 120], [x + 110, y], [x + 60, y + 90], [x - 90, y + 80], [x - 120, y], [x - 92, y - 106]]);
    const card = page.getByRole('region', { name: 'Move customers' });
    const caught = Number(/(\d+) customers? caught/.exec((await card.getByText(/customers? caught/).textContent()) ?? '')?.[1] ?? 0);
    assert.ok(caught > 0, 'the lasso caught somebody');
    const select = card.getByRole('combobox', { name: 'Move to' });
    // What they would be as a territory of their own, then what a standing one would gain.
    await select.selectOption({ label: 'a new territory' });
    await card.getByText(`${caught} customers move`).waitFor();
    const target = (await page.getByRole('list', { name: 'Territories' }).getByRole('listitem').first().locator('strong, .name').first().textContent())?.trim() ?? '';
    await select.selectOption({ label: target });
    await card.getByText(/\d+ customers? moves?/).waitFor();
    await card.getByRole('table', { name: target }).waitFor();
    assert.ok((await card.getByRole('table').count()) >= 2, 'both sides are shown');
    await picture(page, 'lasso');
    await accessible(page, 'lasso card');
    await card.getByRole('button', { name: `Move to ${target}` }).click();
    await page.getByText(new RegExp(`Moved \\d+ customers? to ${target}`)).first().waitFor();
    await undoFromToast(page);
  });
});

test('a manager draws a territory, gives it to a rep, edits its border and undoes both', async () => {
  await withPage({ role: 'manager' }, async (page) => {
    await mapIdle(page);
    // In the town, where a border that moves concerns somebody.
    const [x, y] = await pixelOf(page, [13.26, 53.553]);
    await page.keyboard.press('p');
    for (const [dx, dy] of [[-100, -60], [40, -80], [60, 60], [-90, 70]]) {
      await page.mouse.move(x + dx, y + dy, { steps: 3 });
      await page.mouse.click(x + dx, y + dy);
    }
    await page.getByText(/\d+ customers? inside/).waitFor();
    await page.keyboard.press('Enter');
    const card = page.getByRole('region', { name: 'New territory' });
    await card.getByRole('textbox', { name: 'Name' }).fill('Harbour');
    await card.getByLabel('Given to').selectOption({ index: 1 });
    await card.getByText(/customers? moves?|No customer moves/).waitFor();
    await card.getByRole('button', { name: 'Create Harbour' }).click();
    await page.getByText(/Harbour drawn: \d+ customers?/).first().waitFor();
    const drawer = page.getByRole('complementary', { name: 'Harbour' });
    await drawer.getByRole('heading', { name: 'Harbour' }).waitFor();
    const { territories } = await (await page.request.get(`${address}/api/v1/territories/overview`)).json();
    const [ring] = territories.find((one) => one.name === 'Harbour').geometry.coordinates[0];
    assert.equal(ring.length, 5, 'all four corners were taken');
    const north = ring.reduce((best, corner) => (corner[1] > best[1] ? corner : best));
    const from = await pixelOf(page, north, 420);
    await picture(page, 'territory');
    await drawer.getByRole('button', { name: 'Edit border' }).click();
    const border = page.getByRole('region', { name: 'New border of Harbour' });
    await border.getByText('No customer moves').waitFor();
    await drag(page, [from, [from[0] + 30, from[1] - 45]]);
    await border.getByText(/\d+ customers? moves?/).waitFor();
    await border.getByRole('button', { name: 'Set this border' }).click();
    await page.getByText(/Border of Harbour set: \d+ customers? moved/).first().waitFor();
    await page.keyboard.press('Control+z');
    await page.getByText(/^Undone: Border of Harbour/).first().waitFor();
    await page.keyboard.press('Control+z');
    await page.getByText(/^Undone: Harbour drawn/).first().waitFor();
    await page.getByRole('list', { name: 'Territories' }).getByText('Harbour').waitFor({ state: 'detached' });
  });
});

test('a manager asks who owns a customer, since when and why, and steps through the issues', async () => {
  await withPage({ role: 'manager' }, async (page) => {
    await mapIdle(page);
    await page.keyboard.press('/');
    await page.getByRole('combobox', { name: /Search customers/ }).fill('apotheke');
    await page.getByRole('option').filter({ hasText: /apotheke/i }).first().click();
    const drawer = page.getByRole('complementary');
    await drawer.getByRole('button', { name: /Why\?/ }).click();
    const ladder = drawer.getByRole('list', { name: 'Rules in order of precedence' });
    await ladder.getByRole('listitem').first().waitFor();
    assert.ok((await ladder.getByRole('listitem').count()) >= 3, 'the ladder names the rules');
    assert.equal(await ladder.locator('.decides').count(), 1, 'one rule decided');
    await picture(page, 'why');
    await accessible(page, 'customer drawer');
    await page.keyboard.press('Escape');
    const issues = page.getByRole('region', { name: 'Issues' });
    if (await issues.getByRole('button', { name: 'Next issue' }).count()) {
      await page.keyboard.press('.');
      await issues.locator('.card p').first().waitFor();
    } else await issues.getByText(/No issues/).waitFor();
  });
});

test('the past is shown without tools, and the way back is one press', async () => {
  await withPage({ role: 'manager' }, async (page) => {
    await mapIdle(page);
    assert.equal(await page.getByRole('toolbar', { name: 'Territory tools' }).count(), 1);
    await page.getByRole('button', { name: /As of/ }).click();
    await page.getByRole('button', { name: /January/ }).first().click();
    await page.getByText(/You see 1 January \d+. Editing is off./).waitFor();
    await page.getByRole('toolbar', { name: 'Territory tools' }).waitFor({ state: 'detached' });
    await mapIdle(page);
    await picture(page, 'as-of');
    await accessible(page, 'map as of a past date');
    await page.getByRole('button', { name: 'Back to today' }).click();
    await page.getByRole('toolbar', { name: 'Territory tools' }).waitFor();
  });
});

test('the map works at 390 px in the dark', async () => {
  await withPage({ role: 'manager', viewport: phone, dark: true }, async (page) => {
    await mapIdle(page);
    await picture(page, 'map-phone-dark');
    await accessible(page, 'map on a phone in the dark');
  });
});
