// The field rep's job on a phone: plan the day, change it, drive, check in, report.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { accessible, desk, mapIdle, phone, picture, withPage } from './browser.mjs';

/** The next day from here on which something can be planned: weekends and absences have no plan. */
async function plannedDay(page) {
  // While the page does not know yet whether there is a plan, its button cannot be pressed.
  const plan = page.getByRole('button', { name: 'Plan my day', disabled: false });
  const other = page.getByRole('button', { name: /Take this plan|Drive to|Check in at|Report on/ }).or(page.getByText('All visits done'));
  for (let day = 0; day < 8; day += 1) {
    await plan.or(other).first().waitFor();
    if (await plan.count()) {
      await plan.click();
      await plan.or(other).first().waitFor();
    }
    if (await page.locator('[data-stop]').count()) return;
    await page.getByRole('button', { name: 'Day after' }).click();
  }
  assert.fail('no day of the next eight has a plan with stops');
}

const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

test('a rep plans a day on a phone and gets stops in driving order with roads, lunch and reasons', async () => {
  await withPage({ role: 'rep', viewport: phone }, async (page) => {
    await mapIdle(page);
    await plannedDay(page);
    await mapIdle(page);
    await picture(page, 'day-phone');
    await page.getByRole('button', { name: 'Larger' }).click();
    await picture(page, 'day-list-phone');
    await accessible(page, 'my day');
    const times = (await page.locator('[data-stop] .time').allTextContents()).map(minutes);
    assert.ok(times.length > 0);
    assert.deepEqual([...times].sort((a, b) => a - b), times, 'stops follow the clock');
    const stops = page.getByRole('list', { name: 'Stops in driving order' });
    assert.equal(await stops.locator('.end').count(), 2, 'the day starts and ends at home');
    assert.ok((await stops.locator('.leg').count()) >= times.length, 'a road leads to each stop and home');
    // A stop says why it is there, and hands itself to navigation apps by plain links.
    await page.locator('[data-stop] .main').first().click();
    const sheet = page.getByRole('region').filter({ hasText: 'Why here, why then' });
    assert.ok((await sheet.locator('.reasons li').count()) > 0, 'reasons are given');
    for (const [name, host] of [['Google Maps', 'google.'], ['Apple Maps', 'apple.com'], ['Waze', 'waze.com'], ['OsmAnd', 'osmand.net']]) {
      const link = sheet.getByRole('link', { name });
      assert.match((await link.getAttribute('href')) ?? '', new RegExp(host.replace('.', '\\.')));
      assert.match((await link.getAttribute('rel')) ?? '', /noreferrer/);
    }
    await picture(page, 'stop-phone');
    await accessible(page, 'stop');
    await sheet.getByRole('button', { name: 'Close' }).click();
    // Whoever is due and left out has a reason.
    const left = page.locator('details').filter({ hasText: /Not today/ });
    if (await left.count()) {
      await left.locator('summary').first().click();
      for (const text of await left.locator('li p').allTextContents()) assert.ok(text.trim().length > 3, 'a left-out visit has its reason');
    }
  });
});

test('a rep locks, moves and runs late; the change is shown before it is taken', async () => {
  await withPage({ role: 'rep', viewport: phone }, async (page) => {
    await plannedDay(page);
    await page.getByRole('button', { name: 'Larger' }).click();
    const names = () => page.locator('[data-stop] strong').allTextContents();
    const before = await names();
    await page.getByRole('button', { name: /^Fix the time of/ }).first().click();
    await page.getByRole('button', { name: /^Free / }).first().waitFor();
    await page.getByRole('button', { name: /^Free / }).first().click();
    await page.getByRole('button', { name: /^Free / }).first().waitFor({ state: 'detached' });
    if (before.length > 1) {
      await page.getByRole('button', { name: `More for ${before[0]}` }).first().click();
      await page.getByRole('button', { name: 'Later', exact: true }).click();
      await page.waitForFunction((first) => document.querySelectorAll('[data-stop] strong')[1]?.textContent === first, before[0]);
    }
    await page.getByRole('button', { name: 'More', exact: true }).first().click();
    await page.getByRole('button', { name: 'Running 40 min late' }).click();
    await page.getByRole('heading', { name: 'What would change' }).waitFor();
    await picture(page, 'late-phone');
    await accessible(page, 'running late');
    await page.getByRole('button', { name: 'Keep old' }).click();
    assert.equal((await names()).length, before.length);
    // Whoever neither took nor left it and comes back finds the plan they had, not the proposal.
    const hours = () => page.locator('[data-stop]').allTextContents();
    const had = await hours();
    await page.getByRole('button', { name: 'More', exact: true }).first().click();
    await page.getByRole('button', { name: 'Running 40 min late' }).click();
    await page.getByRole('heading', { name: 'What would change' }).waitFor();
    await page.reload();
    await page.locator('[data-stop]').first().waitFor({ state: 'attached' });
    assert.equal(await page.getByRole('heading', { name: 'What would change' }).count(), 0);
    assert.deepEqual(await hours(), had);
  });
});

test('a rep takes the plan, downloads GPX, subscribes, checks in and reports; the report is on the timeline', async () => {
  await withPage({ role: 'rep', viewport: phone }, async (page) => {
    await plannedDay(page);
    const accept = page.getByRole('button', { name: 'Take this plan' });
    if (await accept.count()) await accept.click();
    await page.getByRole('button', { name: /^Drive to/ }).waitFor();
    await picture(page, 'drive-phone');
    await page.getByRole('button', { name: 'More', exact: true }).first().click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download GPX' }).click()]);
    assert.match(readFileSync(await download.path(), 'utf8'), /<gpx[\s>]/);
    await page.getByRole('button', { name: 'More', exact: true }).first().click();
    await page.getByRole('button', { name: 'Calendar feed' }).click();
    assert.match(await page.getByRole('textbox', { name: 'Calendar feed' }).inputValue(), /\/calendar\/.+\.ics$/);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Other navigation app' }).click();
    await page.getByRole('button', { name: 'Check in without driving' }).click();
    await page.getByText('You are never tracked').waitFor();
    await accessible(page, 'check-in');
    await page.getByRole('button', { name: 'Check in without position' }).click();
    await page.getByRole('button', { name: /^Report on/ }).click();
    const name = /Report on (.*)/.exec((await page.getByRole('dialog').getByRole('heading').textContent()) ?? '')?.[1] ?? '';
    await page.getByRole('dialog').getByRole('button', { name: 'Order', exact: true }).click();
    await page.getByLabel('Note').fill('Wants the seasonal range in spring.');
    await picture(page, 'report-phone');
    await accessible(page, 'report');
    await page.getByRole('button', { name: /^Done/ }).click();
    await page.getByText(`Report on ${name} saved`).first().waitFor();
    await page.getByRole('button', { name: 'Larger' }).click();
    await page.locator('[data-stop].done').filter({ hasText: name }).locator('.main').first().click();
    await page.getByRole('button', { name: 'Open the full page' }).first().click();
    await page.getByRole('region', { name: 'Timeline' }).getByText('Wants the seasonal range in spring.').first().waitFor();
    await picture(page, 'customer-phone');
    await accessible(page, 'customer page on a phone');
  });
});

test('the day on a desk has a list, the map and a bar of time', async () => {
  await withPage({ role: 'rep', viewport: desk }, async (page) => {
    await plannedDay(page);
    await mapIdle(page);
    await page.getByRole('region', { name: 'The day on a bar of time' }).waitFor();
    await picture(page, 'day-desk');
    await accessible(page, 'my day on a desk');
  });
});
