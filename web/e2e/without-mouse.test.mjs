// Runs after the others, by its name: it checks in on the first day that it finds.
// The three headline jobs without a mouse: a rep's day, a manager's realignment, an analyst's question about a region. The
// focus is seen wherever it goes, stays in a dialog while one is open, and goes back where it came from.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, desk, mapIdle, withPage } from './browser.mjs';

const buttons = { rep: 'Field rep', manager: 'Sales manager', analyst: 'Analyst' };

/** What has the focus: its name, and whether one sees that it has it. */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const labelled = element.labels?.[0]?.textContent ?? '';
    const name = (element.getAttribute('aria-label') || labelled || element.textContent || '').replace(/\s+/g, ' ').trim();
    const seen = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
    return { name, seen, kind: element.tagName.toLowerCase(), inDialog: element.closest('dialog') !== null };
  });

/** Goes on with Tab, or back with Shift+Tab, until what is meant has the focus; every stop on the way shows that it has it. */
async function tabTo(page, meant, { back = false, most = 120 } = {}) {
  const fits = (name) => (meant instanceof RegExp ? meant.test(name) : name === meant || name.startsWith(`${meant} `));
  const passed = [];
  for (let i = 0; i < most; i += 1) {
    const now = await focused(page);
    if (now.kind !== 'body') {
      assert.ok(now.seen, `the focus on “${now.name}” (${now.kind}) is not seen`);
      if (fits(now.name)) return;
      passed.push(now.name.slice(0, 30));
    }
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
  }
  assert.fail(`Tab does not come to ${meant}; it came by ${passed.join(' · ')}`);
}

async function press(page, meant, key = 'Enter') {
  await tabTo(page, meant);
  await page.keyboard.press(key);
}

/** Tab goes round inside the open dialog. */
async function trapped(page) {
  for (let i = 0; i < 14; i += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    // Between the last and the first the browser's own bar may have it.
    assert.ok(now.inDialog || now.kind === 'body', `the focus left the dialog to “${now.name}”`);
  }
}

async function signIn(page, role) {
  await page.goto(`${address}/`);
  await page.getByRole('button', { name: new RegExp(buttons[role]) }).waitFor();
  await press(page, new RegExp(buttons[role]));
  await page.getByRole('navigation', { name: 'Screens' }).waitFor();
}

test('a rep’s day without a mouse: plan, change, take, check in, report', async () => {
  await withPage({ viewport: desk }, async (page) => {
    await signIn(page, 'rep');
    await mapIdle(page);
    const stops = page.locator('[data-stop]');
    for (let day = 0; day < 8 && (day === 0 || (await stops.count()) < 2); day += 1) {
      // From tomorrow on: today may be over.
      await press(page, 'Day after');
      await page.getByRole('button', { name: 'Plan my day', disabled: false }).or(page.getByRole('button', { name: /Take this plan|Drive to|Check in at|Report on/ })).or(page.getByText('All visits done')).first().waitFor();
      if ((await stops.count()) < 2) await page.keyboard.press('p');
      // A day that is over, or off, keeps what it has.
      await stops.nth(1).waitFor({ timeout: 15_000 }).catch(() => {});
    }
    assert.ok((await stops.count()) > 1, 'a day of the next eight has stops');
    const names = () => page.locator('[data-stop] strong').allTextContents();
    const before = await names();

    // A stop opens with its reasons and goes away with Escape.
    await page.keyboard.press('j');
    await page.getByText('Why here, why then').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Why here, why then').waitFor({ state: 'detached' });
    // Of those that are not over: the one before the last.
    for (let i = 1; i < before.length; i += 1) await page.keyboard.press('j');
    await page.keyboard.press('Alt+ArrowUp');
    await page.waitForFunction((order) => JSON.stringify([...document.querySelectorAll('[data-stop] strong')].map((one) => one.textContent)) !== order, JSON.stringify(before));
    await page.keyboard.press('Escape');
    // Running late is shown first; the old plan is kept.
    await page.keyboard.press('l');
    await page.getByRole('heading', { name: 'What would change' }).waitFor();
    await press(page, 'Keep old');
    await page.getByRole('heading', { name: 'What would change' }).waitFor({ state: 'detached' });
    // Another test may have taken this day before.
    const taken = page.getByRole('button', { name: /^(Drive to|Check in at|Report on)/ });
    await page.getByRole('button', { name: 'Take this plan' }).or(taken).first().waitFor();
    if ((await taken.count()) === 0) await press(page, 'Take this plan');
    await taken.first().waitFor();

    // Whoever has checked in before reports only.
    if ((await page.getByRole('button', { name: /^Report on/ }).count()) === 0) {
      await page.keyboard.press('c');
      await page.getByText('You are never tracked').waitFor();
      await trapped(page);
      await page.keyboard.press('Escape');
      await page.getByText('You are never tracked').waitFor({ state: 'detached' });
      await page.keyboard.press('c');
      await press(page, 'Check in without position');
    }
    await page.getByRole('button', { name: /^Report on/ }).waitFor();
    await press(page, /^Report on/);
    const dialog = page.getByRole('dialog');
    const name = /Report on (.*)/.exec((await dialog.getByRole('heading').textContent()) ?? '')?.[1] ?? '';
    await press(page, 'Order', 'Space');
    await tabTo(page, /^Note/);
    await page.keyboard.type('Wants two more shelves.');
    await press(page, /^Done/);
    await page.getByText(`Report on ${name} saved`).first().waitFor();
  });
});

test('a manager’s realignment without a mouse: draft, blocks into a territory, compare, publish, revert', async () => {
  await withPage({ viewport: desk, dark: true }, async (page) => {
    const hash = async () => (await (await page.request.get(`${address}/api/v1/territories/hash`)).json()).hash;
    await signIn(page, 'manager');
    await mapIdle(page);
    const was = await hash();
    await press(page, /Territories or a scenario/);
    await press(page, /New scenario/);
    const bar = page.getByRole('region', { name: /^Scenario / });
    await bar.waitFor();
    await mapIdle(page);
    await page.keyboard.press('b');
    await tabTo(page, /Search municipality/);
    await page.keyboard.type('burg');
    await page.waitForFunction(() => { const all = [...document.querySelectorAll('.hint label.check')]; return all.length > 0 && all.every((one) => /burg/i.test(one.textContent)); });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    const card = page.getByRole('region', { name: 'Change in this scenario' });
    await card.getByText(/customers? selected/).waitFor();
    await tabTo(page, /Goes to/);
    // The first one for whom somebody would move.
    const told = card.getByText(/\d+ customers? moves?|No customer moves/);
    for (let i = 0; i < 6; i += 1) {
      await page.keyboard.press('ArrowDown');
      await told.waitFor({ timeout: 5000 }).catch(() => {});
      const goesTo = await card.getByLabel('Goes to').evaluate((select) => select.value);
      if (goesTo !== '' && goesTo !== '+' && (await told.count()) && /\d/.test((await told.textContent()) ?? '')) break;
    }
    await press(page, /^Move to /);
    await bar.getByText(/1 change/).waitFor();
    await page.keyboard.press('Control+z');
    await bar.getByText(/0 changes/).waitFor();
    await page.keyboard.press('Control+Shift+z');
    await bar.getByText(/1 change/).waitFor();
    await page.keyboard.press('v');

    await press(page, 'Compare');
    await page.getByRole('dialog', { name: 'Side by side' }).getByRole('columnheader').nth(2).waitFor();
    await trapped(page);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal((await focused(page)).name, 'Compare', 'the focus is back where the dialog came from');

    await press(page, 'Publish…');
    const dialog = page.getByRole('dialog', { name: /^Publish / });
    await dialog.getByText(/Territories: \d+ new/).waitFor();
    await press(page, 'Publish now');
    await page.getByText(/published: \d+ customers? moved/).first().waitFor();
    assert.notEqual(await hash(), was);
    await press(page, 'Revert…');
    await page.getByRole('dialog', { name: /^Revert / }).waitFor();
    await press(page, 'Revert');
    await page.getByText('Who has which place is exactly as it was before.').waitFor();
    assert.equal(await hash(), was);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });
});

test('an analyst’s question about a region without a mouse: fifteen minutes from an address, a year ago, the rows, the list', async () => {
  await withPage({ viewport: desk }, async (page) => {
    await signIn(page, 'analyst');
    await mapIdle(page);
    await page.locator('dd .figure').waitFor();
    await press(page, 'Reach');
    await tabTo(page, 'From');
    await page.keyboard.type('Turmstraße');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /minutes by car/ }).waitFor();
    await tabTo(page, /^B/);
    const wanted = new Date(Date.now() - 365 * 86_400_000).toISOString().slice(0, 10);
    const [year, month, day] = wanted.split('-');
    // Whether the browser asks for the month or the day first is its own affair: what came of it is in the field.
    for (const order of [month + day, day + month]) {
      await page.keyboard.type(order + year);
      if ((await page.evaluate(() => document.activeElement.value)) === wanted) break;
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
    }
    if (!new URL(page.url()).searchParams.get('b')) await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`[?&]b=${wanted}`));
    await page.getByRole('button', { name: /new$/ }).waitFor();
    const figure = page.locator('dd .figure');
    const count = ((await figure.textContent()) ?? '').trim();
    await tabTo(page, new RegExp(`^${count}\\b`));
    await page.keyboard.press('Enter');
    await page.getByRole('list', { name: 'Customers' }).getByRole('listitem').first().waitFor();
    await press(page, 'Back');
    await press(page, 'Open as list');
    await page.waitForURL(/\/customers/);
    await page.getByRole('heading', { name: /customers?/ }).first().waitFor();
  });
});
