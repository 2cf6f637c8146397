// The manager's weeks: plan them, look at a day, move a visit knowing its price, accept, undo; slots and mileage.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { accessible, address, desk, holdToast, mapIdle, phone, picture, undoFromToast, withPage } from './browser.mjs';

const accept = (page) => page.getByRole('button', { name: 'Accept…' });
const numbers = (text) => [...(text ?? '').replaceAll(',', '').matchAll(/\d+/g)].map(Number);

/** Opens the cycle screen and plans two weeks, quickly. */
async function plan(page, weeks = '2') {
  await mapIdle(page);
  await page.keyboard.press('g');
  await page.keyboard.press('y');
  const form = page.getByRole('button', { name: /^Plan \d+ (person|people) from/ });
  const title = page.getByRole('heading', { name: 'No weeks planned yet' });
  const more = page.getByRole('main').getByRole('button', { name: 'More', exact: true });
  // There is a plan already, or the form stands on the page by itself.
  await page.getByRole('grid', { name: 'People and days' }).or(title).first().waitFor();
  if ((await title.count()) === 0) {
    await more.click();
    await page.getByRole('button', { name: 'Plan new weeks…' }).click();
  }
  await page.getByRole('combobox', { name: 'Weeks' }).selectOption(weeks);
  await page.getByRole('combobox', { name: 'Effort' }).selectOption('quick');
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'POST' && new URL(response.url()).pathname === '/api/v1/cycles'),
    form.click(),
  ]);
  const { id } = await answer.json();
  await page.waitForURL(new RegExp(`/cycle/${id}`));
  await accept(page).waitFor();
  return id;
}

const read = async (page, id) => (await page.request.get(`${address}/api/v1/cycles/${id}`)).json();
const cellAt = (page, user, day) => page.locator(`[data-user="${user}"][data-day="${day}"]`);

/** A week that was planned and accepted without the screen. */
async function acceptedByRequest(page) {
  const post = async (path, data) => {
    const answer = await page.request.post(`${address}/api/v1/${path}`, { data, headers: { origin: address } });
    assert.ok(answer.ok(), `${path}: ${await answer.text()}`);
    return answer.json();
  };
  const until = async (id, wanted) => {
    for (let second = 0; second < 120; second += 1) {
      const { state, message } = await read(page, id);
      if (state === wanted) return;
      assert.notEqual(state, 'failed', message);
      await page.waitForTimeout(1000);
    }
    assert.fail(`the cycle is not ${wanted} after two minutes`);
  };
  const { id } = await post('cycles', { weeks: 1, effort: 'quick' });
  await until(id, 'ready');
  await post(`cycles/${id}/accept`, {});
  await until(id, 'accepted');
  return id;
}

/** A working cell with at least two visits that may move, and what it holds. */
function busyCell(cycle) {
  for (const person of cycle.rows) {
    const cell = person.cells.find((one) => one.state === 'work' && one.stops.filter((stop) => !stop.promised && !stop.fixed).length > 1);
    if (cell) return { person, cell, stop: cell.stops.find((one) => !one.promised && !one.fixed) };
  }
  return assert.fail('the demo gives no day with two visits that may move');
}

test('a manager plans weeks for the team and sees what is met, what is not and why', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const id = await plan(page, '4');
    const cycle = await read(page, id);
    assert.equal(cycle.state, 'ready');
    assert.equal(cycle.days.length, 28);
    const rows = page.getByRole('grid', { name: 'People and days' }).getByRole('rowheader');
    assert.equal(await rows.count(), cycle.rows.length);
    // The head, the rows and the cells tell the same number of visits.
    const [met, asked] = numbers(await page.getByRole('group', { name: 'Frequencies met' }).locator('strong').textContent());
    assert.deepEqual([met, asked], [cycle.met, cycle.asked]);
    assert.ok(met > 0 && met <= asked, `${met} of ${asked}`);
    assert.equal(cycle.rows.reduce((sum, person) => sum + person.met, 0), met);
    for (const person of cycle.rows) {
      assert.equal(person.cells.length, cycle.days.length, person.name);
      for (const cell of person.cells) {
        if (cell.stops.length === 0) continue;
        const said = await cellAt(page, person.user_id, cell.day).getAttribute('aria-label');
        assert.match(said ?? '', new RegExp(`${person.name}.*${cell.stops.length} visits?`));
      }
    }
    await mapIdle(page);
    await picture(page, 'cycle');
    await accessible(page, 'cycle');
    // How good it is can be opened: the gap, how it was found, the hours.
    await page.getByRole('button', { name: 'How good is this plan?' }).click();
    await page.getByText('Steps tried').waitFor();
    await page.keyboard.press('Escape');
    // Who is left out has a reason; the counts of the reasons stand beside them.
    const unmet = page.getByRole('region', { name: 'Unmet visits' });
    if (cycle.unmet.length > 0) {
      const reasons = unmet.getByRole('group', { name: 'Unmet by reason' }).getByRole('button');
      assert.equal(await reasons.count(), cycle.unmet_by_reason.length + 1);
      await reasons.nth(1).click();
      for (const text of await unmet.locator('.reason').allTextContents()) assert.ok(text.trim().length > 3, 'a left-out visit has its reason');
      await picture(page, 'cycle-unmet');
      await accessible(page, 'unmet visits');
    } else await unmet.getByText('Every visit the frequencies ask for is planned.').waitFor();
  });
});

test('a day opens from the keyboard with its stops, times and reasons; a visit moves by list and by drag, its price first', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const id = await plan(page);
    const { person, cell, stop } = busyCell(await read(page, id));
    await cellAt(page, person.user_id, cell.day).focus();
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('complementary').filter({ has: page.getByRole('heading', { name: person.name }) });
    const stops = drawer.getByRole('list', { name: 'Stops in driving order' });
    assert.equal(await stops.locator('[data-place]').count(), cell.stops.length);
    const times = await stops.locator('.time').allTextContents();
    assert.deepEqual([...times].sort(), times, 'stops follow the clock');
    await stops.locator('.main').first().click();
    await drawer.getByRole('heading', { name: 'Why this day, why then' }).waitFor();
    await mapIdle(page);
    await picture(page, 'cycle-day');
    await accessible(page, 'a day of the cycle');

    // By list: every day with its price, the sentence before the move.
    const row = stops.locator(`[data-place="${stop.location_id}"]`);
    await row.getByRole('button', { name: `More for ${stop.name}` }).click();
    await page.getByRole('button', { name: 'Other day…' }).click();
    const dialog = page.getByRole('dialog');
    const free = dialog.getByRole('radio', { disabled: false });
    await dialog.getByText('pricing…').first().waitFor({ state: 'detached' });
    assert.ok((await free.count()) > 0, 'some other day takes the visit');
    await accessible(page, 'another day');
    const day = await free.first().getAttribute('value');
    await free.first().check();
    const sentence = (await dialog.getByRole('status').textContent())?.trim() ?? '';
    assert.match(sentence, /\d/, 'the price is told before the move');
    await picture(page, 'cycle-other-day');
    await dialog.getByRole('button', { name: /^Move to/ }).click();
    await page.getByText(`${stop.name} moved to`).first().waitFor();
    const placed = (cycle, on) => cycle.rows.find((one) => one.user_id === person.user_id).cells.find((one) => one.day === on).stops.find((one) => one.location_id === stop.location_id);
    const moved = await read(page, id);
    assert.equal(placed(moved, cell.day), undefined);
    assert.equal(placed(moved, day)?.fixed, true, 'what was moved by hand stays there');

    // It is marked where it went, and can be freed.
    await cellAt(page, person.user_id, day).click();
    await row.getByText('fixed here').waitFor();
    await row.getByRole('button', { name: `Free ${stop.name}` }).click();
    await row.getByText('fixed here').waitFor({ state: 'detached' });

    // By drag, back again: the cell says the price before the visit is let go.
    const handle = await row.locator('.handle').boundingBox();
    const target = await cellAt(page, person.user_id, cell.day).boundingBox();
    await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
    await page.mouse.down();
    await page.mouse.move(target.x + target.width / 2, target.y + target.height / 2, { steps: 8 });
    await cellAt(page, person.user_id, cell.day).locator('.price').filter({ hasText: /\d/ }).waitFor();
    assert.ok(placed(await read(page, id), day), 'nothing moves before the visit is let go');
    await page.mouse.up();
    const undo = page.getByRole('status').filter({ hasText: `${stop.name} moved to` }).getByRole('button', { name: 'Undo' });
    await row.waitFor({ state: 'detached' });
    assert.equal(placed(await read(page, id), cell.day)?.fixed, true, 'the visit is where it was let go');
    await undo.click();
    await row.waitFor();
    // Taking back is two steps on the server: the visit moves, then it is freed.
    let back = placed(await read(page, id), day);
    for (let n = 0; n < 100 && back?.fixed !== false; n++) {
      await page.waitForTimeout(100);
      back = placed(await read(page, id), day);
    }
    assert.equal(back?.fixed, false, 'taken back, it may move again as before');
  });
});

test('stopping keeps the best plan so far', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const made = await page.request.post(`${address}/api/v1/cycles`, { data: { weeks: 4, effort: 'thorough' }, headers: { origin: address } });
    const { id, asked } = await made.json();
    await page.goto(`${address}/cycle/${id}`);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('button', { name: 'Accept…' }).or(page.getByRole('alert')).first().waitFor();
    const cycle = await read(page, id);
    // Stopped before a worker took it up, it says so; else the best so far stands.
    if (cycle.state === 'failed') assert.ok(cycle.message, 'says why there is no plan');
    else assert.ok(cycle.met > 0 && cycle.steps_done < cycle.steps, `${cycle.met} of ${asked} after ${cycle.steps_done} of ${cycle.steps} steps`);
    await accessible(page, 'a cycle stopped early');
  });
});

test('a what-if opens as a comparison and leaves the plan alone', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const id = await plan(page);
    const before = await read(page, id);
    await page.getByRole('button', { name: 'What if…' }).click();
    const dialog = page.getByRole('dialog');
    await accessible(page, 'what if');
    await dialog.getByRole('radio', { name: 'Somebody is ill' }).check();
    const working = before.rows.find((person) => person.cells.some((cell) => cell.state === 'work' && cell.stops.length > 0));
    const day = working.cells.find((cell) => cell.state === 'work' && cell.stops.length > 0).day;
    await dialog.getByRole('combobox', { name: 'Who is ill' }).selectOption(working.user_id);
    await dialog.getByRole('combobox', { name: 'From' }).selectOption(day);
    await dialog.getByRole('combobox', { name: 'To' }).selectOption(day);
    await dialog.getByRole('button', { name: 'Compare' }).click();
    const comparison = page.getByRole('region', { name: 'Comparison' });
    await comparison.getByRole('table').waitFor();
    await accept(page).waitFor();
    const asked = await read(page, /\/cycle\/([^/?]+)/.exec(page.url())[1]);
    assert.equal(asked.parent_id, id);
    assert.equal(asked.rows.find((person) => person.user_id === working.user_id).cells.find((cell) => cell.day === day).stops.length, 0, 'who is ill sees nobody');
    await picture(page, 'cycle-compared');
    await accessible(page, 'comparison');
    await comparison.getByRole('button', { name: 'Discard this draft' }).click();
    await page.waitForURL(new RegExp(`/cycle/${id}`));
    const again = await read(page, id);
    assert.deepEqual(again.rows, before.rows, 'the plan itself is as it was');
  });
});

test('accepting tells what changes, writes the days, and one press takes it back', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const id = await plan(page, '1');
    const cycle = await read(page, id);
    await accept(page).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('new visits').waitFor();
    const changes = await (await page.request.get(`${address}/api/v1/cycles/${id}/changes`)).json();
    await dialog.getByText(changes.sentence).waitFor();
    await picture(page, 'cycle-accept');
    await accessible(page, 'accept');
    await dialog.getByRole('button', { name: 'Accept the plan' }).click();
    await page.getByText(/^Cycle accepted: \d+ visits?/).first().waitFor();
    await holdToast(page);
    assert.equal((await read(page, id)).state, 'accepted');
    const person = cycle.rows.find((one) => one.cells.some((cell) => cell.state === 'work' && cell.stops.length > 0));
    const cell = person.cells.find((one) => one.state === 'work' && one.stops.length > 0);
    const day = await (await page.request.get(`${address}/api/v1/days/${cell.day}?user=${person.user_id}`)).json();
    assert.equal(day.plan?.status, 'accepted');
    assert.deepEqual(day.plan.stops.map((stop) => stop.location_id), cell.stops.map((stop) => stop.location_id), 'My day holds the stops of the cycle');
    await undoFromToast(page);
    assert.notEqual((await read(page, id)).state, 'accepted');
  });
});

test('find a slot offers times with their detour, books one and takes it back', async () => {
  await withPage({ role: 'manager', viewport: desk }, async (page) => {
    const { rows } = await (await page.request.get(`${address}/api/v1/customers?limit=200`)).json();
    const customer = rows.find((row) => row.lng !== null && row.owner_id !== null && row.due_state !== 'appointment');
    assert.ok(customer, 'the demo has a placed customer with an owner and no appointment');
    await page.goto(`${address}/customers/${customer.account_id}`);
    await page.getByRole('button', { name: 'Find a slot' }).first().click();
    const dialog = page.getByRole('dialog');
    const slots = dialog.getByRole('list', { name: 'Best slots' }).getByRole('listitem');
    await slots.getByRole('button', { name: /^Book/ }).first().waitFor();
    for (const text of await slots.allTextContents()) assert.match(text, /\d+ min (of driving|extra driving), (on the way|a detour|a long detour)/);
    const detours = (await slots.locator('.level').allTextContents()).map((text) => numbers(text)[0]);
    assert.deepEqual([...detours].sort((a, b) => a - b), detours, 'the best comes first');
    await picture(page, 'slots');
    await accessible(page, 'slots');
    await slots.getByRole('button', { name: /^Book/ }).first().click();
    await page.getByText(new RegExp(`booked for .+ \\d\\d:\\d\\d`)).first().waitFor();
    await holdToast(page);
    const booked = await (await page.request.get(`${address}/api/v1/accounts/${customer.account_id}/card`)).json();
    assert.ok(booked.next_visit, 'the customer has a next visit');
    await undoFromToast(page);
    const undone = await (await page.request.get(`${address}/api/v1/accounts/${customer.account_id}/card`)).json();
    assert.notEqual(undone.next_visit?.id, booked.next_visit.id);
  });
});

test('mileage of a month: days that sum up, marked as derived, as CSV', async () => {
  await withPage({ role: 'rep', viewport: phone }, async (page) => {
    await page.goto(`${address}/day`);
    await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('button', { name: 'Mileage' }).click();
    const dialog = page.getByRole('dialog', { name: 'Mileage' });
    const { today } = await (await page.request.get(`${address}/api/v1/session`)).json();
    const [answer] = await Promise.all([
      page.waitForResponse((response) => {
        const { pathname, searchParams } = new URL(response.url());
        return pathname === '/api/v1/mileage' && searchParams.get('from').slice(0, 7) < today.slice(0, 7);
      }),
      dialog.getByRole('button', { name: 'Month before' }).click(),
    ]);
    const found = await answer.json();
    assert.ok(found.days.length > 0, 'the demo has check-ins in the month before');
    await dialog.getByText('derived', { exact: true }).waitFor();
    const table = dialog.getByRole('table', { name: 'Days' });
    const [first] = found.days;
    const month = new Intl.DateTimeFormat('en-GB', { month: 'short', timeZone: 'UTC' }).format(new Date(`${first.day}T12:00:00Z`));
    await table.getByRole('button', { name: new RegExp(` ${Number(first.day.slice(8))} ${month}`) }).waitFor();
    assert.equal(await table.locator('tbody tr').count(), found.days.length);
    assert.equal(found.days.reduce((sum, day) => sum + day.driven_m, 0), found.totals[0].driven_m, 'the days sum up');
    assert.ok(found.days.every((day) => day.derived));
    await table.getByRole('button').first().click();
    assert.equal(await table.locator('.legs li').count(), found.days[0].legs.length);
    await picture(page, 'mileage-phone');
    await accessible(page, 'mileage');
    const [file] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Download CSV' }).click()]);
    const lines = readFileSync(await file.path(), 'utf8').trim().split(/\r?\n/);
    assert.ok(lines.length > found.days.length, 'a head and at least a line per day');
  });
});

test('the cycle on a phone in the dark is a list of days per person; a rep sees the own row of what was accepted', async () => {
  let changeSet = '';
  await withPage({ role: 'manager', viewport: phone, dark: true }, async (page) => {
    const id = await acceptedByRequest(page);
    changeSet = (await read(page, id)).change_set;
    await page.goto(`${address}/cycle/${id}`);
    const people = page.getByRole('list', { name: 'People and days' });
    await people.locator('summary').first().click();
    await page.getByRole('button', { name: 'Larger' }).click();
    await picture(page, 'cycle-phone-dark');
    await accessible(page, 'cycle on a phone in the dark');
    await people.getByRole('button', { name: /\d+ visits?/ }).first().click();
    const stops = page.getByRole('list', { name: 'Stops in driving order' });
    await stops.locator('.main').first().waitFor();
    await picture(page, 'cycle-day-phone-dark');
    await accessible(page, 'a day of the cycle on a phone');
  });
  await withPage({ role: 'rep', viewport: desk }, async (page) => {
    const me = (await (await page.request.get(`${address}/api/v1/session`)).json()).user;
    await page.goto(`${address}/cycle`);
    const rows = page.getByRole('grid', { name: 'People and days' }).getByRole('rowheader');
    await rows.first().waitFor();
    assert.deepEqual(await rows.locator('.cut').first().allTextContents(), [me.name]);
    assert.equal(await rows.count(), 1);
    assert.equal(await accept(page).count(), 0, 'a rep does not accept plans');
  });
  await withPage({ role: 'manager' }, async (page) => {
    const undone = await page.request.post(`${address}/api/v1/change-sets/${changeSet}/undo`, { data: {}, headers: { origin: address } });
    assert.ok(undone.ok(), await undone.text());
  });
});
