// From a lead to an order in a browser: forms from declarations, the board, a quote with live sums, the forecast.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, address, desk, drag, phone, picture, undoFromToast, withPage } from './browser.mjs';

const stamp = Date.now().toString(36);
const product = `Bread oven ${stamp}`;

/** Opens a tab of the sales screen. */
async function open(page, path) {
  await page.goto(`${address}${path}`);
  await page.getByRole('navigation', { name: 'Sales' }).waitFor();
}

const form = (page, name) => page.getByRole('complementary', { name }).or(page.getByRole('region', { name }));

/** Chooses a record in a picker by typing its title. */
async function choose(scope, label, title) {
  const page = scope.page();
  await scope.getByRole('combobox', { name: label }).click();
  await scope.getByRole('combobox', { name: label }).fill(title);
  await page.getByRole('option', { name: title }).first().click();
}

/** The API as the manager, beside the page: what another person does meanwhile. */
async function manager() {
  const { accounts, password } = await (await fetch(`${address}/api/v1/session/demo`)).json();
  const { email } = accounts.find((one) => one.role === 'manager');
  const json = { 'content-type': 'application/json' };
  const session = await fetch(`${address}/api/v1/session`, { method: 'POST', headers: json, body: JSON.stringify({ email, password }) });
  const cookie = session.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(`${address}/api/v1${path}`, { method, headers: { ...json, cookie, ...headers }, ...(body ? { body: JSON.stringify(body) } : {}) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${answer.ok ? '' : await answer.text()}`);
    return answer.json();
  };
}

/** An amount as it is written, in cents. */
const cents = (text) => Math.round(Number(text.replace(/[^\d.−-]/g, '').replace('−', '-')) * 100);

test('records have a list, a form with faults at their fields, a page, versions and undo from their declaration alone', async () => {
  await withPage({ role: 'manager', refused: '/api/v1/products' }, async (page) => {
    await open(page, '/sales/products');
    await page.getByRole('button', { name: 'New product' }).first().click();
    const fields = form(page, 'New product');
    await fields.getByLabel('Name').fill(product);
    await fields.getByRole('button', { name: 'Add', exact: true }).click();
    await fields.getByText('This is needed.').first().waitFor();
    assert.equal(await fields.getByLabel('Code').getAttribute('aria-invalid'), 'true', 'the fault stands at its field');
    await accessible(page, 'form with a fault');
    await fields.getByLabel('Code').fill(`BO-${stamp}`);
    await fields.getByLabel('Unit').fill('piece');
    await fields.getByText(/more fields/).click();
    await fields.getByLabel('Tax rate').fill('19');
    await picture(page, 'sales-form');
    await fields.getByRole('button', { name: 'Add', exact: true }).click();
    const drawer = page.getByRole('complementary', { name: product });
    await drawer.getByText('19\u2009%').waitFor();
    const shared = page.url();
    assert.match(shared, /\/sales\/products\/[\w-]+(\?|$)/);

    // What only the server knows is said in the form: a code belongs to one product only.
    await page.getByRole('button', { name: 'New product' }).first().click();
    await fields.getByLabel('Name').fill('Another');
    await fields.getByLabel('Code').fill(`BO-${stamp}`);
    await fields.getByRole('button', { name: 'Add', exact: true }).click();
    await fields.getByRole('alert').getByText(/already/).waitFor();
    await fields.getByRole('button', { name: 'Cancel' }).click();

    // A price book and a price in it, made from the book's own drawer.
    await open(page, '/sales/price-books');
    await page.getByRole('button', { name: 'New price book' }).first().click();
    const book = form(page, 'New price book');
    await book.getByLabel('Name').fill(`Everybody ${stamp}`);
    await book.getByRole('button', { name: 'Add', exact: true }).click();
    const shown = page.getByRole('complementary', { name: `Everybody ${stamp}` });
    await shown.getByRole('button', { name: 'New price' }).click();
    const price = form(page, 'New price');
    await choose(price, 'Product', product);
    await price.getByLabel('Price, EUR').fill('1,234.50');
    await price.getByRole('button', { name: 'Add', exact: true }).click();
    await shown.getByRole('link', { name: product }).waitFor();
    await shown.getByText('€1,234.50').waitFor();
    await picture(page, 'sales-price-book');
    await accessible(page, 'price book');

    // The link opens the same for whoever gets it; search finds it; delete can be undone.
    await page.goto(shared);
    await page.getByRole('complementary', { name: product }).waitFor();
    await page.getByRole('searchbox', { name: 'Find in this list' }).fill(product.toUpperCase());
    await page.getByText('1 product', { exact: true }).first().waitFor();
    await page.getByRole('complementary', { name: product }).getByRole('button', { name: 'Close' }).click();
    await page.getByRole('region', { name: 'Products' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: product }).waitFor();
  });
});

test('two people editing one record: what the other changed is told, and both values stand side by side', async () => {
  const other = await manager();
  const { record } = await other('POST', '/products', { fields: { name: `Mixer ${stamp}`, code: `MX-${stamp}`, life_cycle: 'active', family: 'Kneading' } });
  await withPage({ role: 'manager', refused: `/products/${record.id}` }, async (page) => {
    await page.goto(`${address}/sales/products/${record.id}`);
    await page.getByRole('complementary', { name: `Mixer ${stamp}` }).getByRole('button', { name: 'Edit' }).click();
    const fields = form(page, `Edit Mixer ${stamp}`);
    await fields.getByLabel('Family').fill('Mixing');
    await other('PATCH', `/products/${record.id}`, { fields: { family: 'Stirring', unit: 'piece' } }, { 'if-match': '"v1"' });
    await fields.getByRole('button', { name: 'Save' }).click();
    await fields.getByText(/changed it while you were editing/).waitFor();
    await fields.getByText('Family: Kneading → Stirring').waitFor();
    await fields.getByText('Unit: empty → piece').waitFor();
    await picture(page, 'sales-clash');
    await accessible(page, 'clash');
    await fields.getByRole('button', { name: 'Keep yours: Mixing' }).click();
    await fields.getByRole('button', { name: 'Save' }).click();
    const drawer = page.getByRole('complementary', { name: `Mixer ${stamp}` });
    await drawer.getByText('Mixing').waitFor();
    await drawer.getByText(/^Versions/).click();
    await drawer.getByText('Family: Stirring → Mixing').waitFor();
    await drawer.getByRole('button', { name: 'Delete' }).click();
    await page.getByText(`Mixer ${stamp} deleted`).first().waitFor();
    await page.getByRole('status').filter({ hasText: 'deleted' }).getByRole('button', { name: 'Undo' }).click();
    await page.getByText(`Undone: Mixer ${stamp} deleted`).first().waitFor();
    await page.goto(`${address}/sales/products/${record.id}`);
    await page.getByRole('complementary', { name: `Mixer ${stamp}` }).getByText('Mixing').waitFor();
  });
});

/** Two stages on: by keys, then by mouse. */
async function overTheBoard(page, card, deal, mark) {
  const columns = page.locator('[data-column]');
  const held = (n) => columns.nth(n).locator('[data-card]').filter({ hasText: deal });
  assert.equal(await held(0).count(), 1, 'it begins in the first stage');
  await card.first().focus();
  await page.keyboard.press('Shift+ArrowRight');
  await held(1).waitFor();
  // The card keeps the focus where it went.
  await page.waitForFunction((name) => document.activeElement?.getAttribute('aria-label')?.includes(name), mark);
  await card.first().scrollIntoViewIfNeeded();
  const from = await card.first().boundingBox();
  const to = await columns.nth(2).boundingBox();
  await drag(page, [[from.x + 20, from.y + from.height - 8], [from.x + 60, from.y + from.height], [to.x + to.width / 2, to.y + 120]]);
  await held(2).waitFor();
}

/** Two stages on, from the menu of the card; one column is shown at a time. */
async function overThePhonesBoard(page, card, deal) {
  const pager = page.getByRole('combobox', { name: 'Opportunities by stage' });
  assert.equal(await page.locator('[data-column]').count(), 1);
  for (const stage of ['Needs known', 'Offer']) {
    await card.first().getByRole('button', { name: /^Move / }).click();
    await page.getByRole('button', { name: stage, exact: true }).click();
    await card.first().waitFor({ state: 'detached' });
    await pager.selectOption({ index: ['Needs known', 'Offer'].indexOf(stage) + 1 });
    await card.filter({ hasText: deal }).first().waitFor();
  }
}

for (const small of [false, true]) {
  test(`a lead becomes a customer and an opportunity, moves over the board, and its quote becomes an order${small ? ', on a phone' : ''}`, () => fromLeadToOrder(small));
}

async function fromLeadToOrder(small) {
  const mark = small ? `${stamp}p` : stamp;
  const company = `Bakery Sunrise ${mark}`;
  const person = `Greta Wolf ${mark}`;
  const deal = `Ovens for ${company}`;
  const shown = (name) => (small ? `${name}-phone` : name);
  const viewport = small ? phone : desk;
  await withPage({ role: 'manager', viewport, dark: small, refused: '/leads/capture' }, async (page) => {
    await open(page, '/sales/leads');
    await page.getByRole('button', { name: 'New lead' }).first().click();
    const fields = form(page, 'New lead');
    await fields.getByLabel('Name', { exact: false }).first().fill(person);
    await fields.getByLabel('Company').fill(company);
    await fields.getByLabel('Town').fill('Neubrandenburg');
    await fields.getByText(/more fields/).click();
    await fields.getByLabel('E-mail').fill('no address');
    await fields.getByRole('button', { name: 'Add', exact: true }).click();
    await fields.getByText(/is not an e-mail address/).waitFor();
    assert.equal(await fields.getByLabel('E-mail').getAttribute('aria-invalid'), 'true', 'what the server finds stands at its field');
    await fields.getByLabel('E-mail').fill(`greta@sunrise-${mark}.example`);
    await fields.getByLabel('Phone').fill('+49 395 123456');
    await fields.getByLabel('Street').fill('Treptower Straße');
    await fields.getByLabel('House number').fill('12');
    await fields.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: person }).waitFor();
    await page.getByRole('heading', { name: 'Why this owner' }).waitFor();
    const points = await page.locator('section').filter({ hasText: 'Checks' }).locator('ul').first().locator('li .number').allTextContents();
    const score = await page.locator('section').filter({ hasText: 'Checks' }).locator('.figure').textContent();
    assert.equal(points.map((text) => Number(text.replace('−', '-'))).reduce((a, b) => a + b, 0), Number(score), 'the reasons add up to the score');
    await picture(page, shown('sales-lead'));
    await accessible(page, 'lead');

    await page.getByRole('button', { name: 'Convert' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What for').fill(deal);
    await dialog.getByLabel('Amount in EUR').fill('2,500');
    await picture(page, shown('sales-convert'));
    await accessible(page, 'convert');
    await dialog.getByRole('button', { name: 'Convert' }).click();
    await page.getByRole('heading', { name: deal }).waitFor();
    await page.getByRole('link', { name: company }).first().waitFor();
    await picture(page, shown('sales-opportunity'));
    await accessible(page, 'opportunity');

    await page.getByRole('button', { name: 'Back to the list' }).click();
    const card = page.locator('[data-card]').filter({ hasText: deal });
    await card.first().waitFor();
    if (small) await overThePhonesBoard(page, card, deal);
    else await overTheBoard(page, card, deal, mark);
    await picture(page, shown('sales-board'));
    await accessible(page, 'board');

    // An end asks why; without an answer nothing is moved.
    await card.first().getByRole('button', { name: /^Move / }).click();
    await page.getByRole('button', { name: 'Lost', exact: true }).click();
    await page.getByRole('dialog').getByText(/lost\?$/).waitFor();
    await accessible(page, 'why lost');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.locator('[data-column]').filter({ hasText: 'Offer' }).locator('[data-card]').filter({ hasText: deal }).waitFor();

    await card.first().getByRole('link').click();
    await page.getByRole('heading', { name: deal }).waitFor();
    assert.equal(await page.getByRole('list', { name: 'Stages' }).locator('[aria-current="step"]').count(), 1);
    await page.getByLabel('What is to be done?').fill('Ask for the floor plan');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('Ask for the floor plan').first().waitFor();

    // A quote with two lines: one from a product with its price, one of words.
    await page.getByRole('button', { name: 'New quote' }).click();
    await form(page, 'New quote').getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: /^Q-\d{4}-\d+/ }).waitFor();
    const add = page.getByRole('button', { name: 'Add line' });
    await add.click();
    await choose(page.getByRole('table', { name: 'Lines' }), 'Line 1: Product', product);
    await page.waitForFunction(() => document.querySelector('input[aria-label="Line 1: Unit price"]')?.value === '1234.50');
    await page.locator('.why').first().waitFor();
    await page.getByLabel('Line 1: Quantity').fill('2');
    await page.getByLabel('Line 1: Quantity').blur();
    await add.click();
    await page.getByLabel('Line 2: Text').fill('Delivery and setting up');
    await page.getByLabel('Line 2: Unit price').fill('99.95');
    await page.getByLabel('Line 2: Discount, %').fill('12.5');
    await page.getByLabel('Line 2: Tax, %').fill('7');
    await page.getByLabel('Discount on all, %').fill('3');
    // 2 × 1234.50 × 0.97 = 2394.93; 99.95 × 0.875 × 0.97 = 84.832… → 84.83; tax 455.0367 → 455.04 and 5.9381 → 5.94.
    const total = page.locator('[data-total]');
    await page.waitForFunction(() => document.querySelector('[data-total]')?.getAttribute('data-total') === '294074');
    assert.equal(cents(await total.textContent()), 294_074);
    await picture(page, shown('sales-quote'));
    await accessible(page, 'quote');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Not saved yet').waitFor({ state: 'detached' });
    const id = new URL(page.url()).pathname.split('/').pop();
    const stored = await (await page.request.get(`${address}/api/v1/quotes/${id}`)).json();
    assert.equal(stored.fields.total, 294_074, 'the server comes to the same sum');

    await page.getByRole('button', { name: 'Mark as sent' }).click();
    await page.getByRole('button', { name: 'New revision' }).waitFor();
    assert.equal(await add.count(), 0, 'what was sent is not written on any more');
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'PDF' }).click()]);
    assert.match(file.suggestedFilename(), /\.pdf$/);
    await page.getByRole('button', { name: 'Accepted: make the order' }).click();
    await page.getByRole('heading', { name: /^O-\d{4}-\d+/ }).waitFor();
    assert.equal(cents(await total.textContent()), 294_074, 'the order is the quote');
    await picture(page, shown('sales-order'));
    await accessible(page, 'order');
    await page.getByRole('list', { name: 'Status' }).waitFor();
    if (small) assert.ok(!(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)), 'nothing is wider than the phone');

    // Taking the quote won the sale.
    await page.getByRole('link', { name: deal }).first().click();
    await page.getByRole('list', { name: 'Stages' }).locator('[aria-current="step"]').getByText('Won').waitFor();
  });
}

test('lines that were typed are kept when one goes elsewhere; what was sent is changed by a new revision', async () => {
  const other = await manager();
  const { records: [account] } = await other('GET', '/accounts?limit=1');
  const { record } = await other('POST', '/quotes', { fields: { account_id: account.id, status: 'draft', currency: 'EUR' } });
  await withPage({ role: 'manager', dark: true }, async (page) => {
    await page.goto(`${address}/sales/quotes/${record.id}`);
    await page.getByRole('button', { name: 'Add line' }).click();
    await page.getByLabel('Line 1: Text').fill('Left behind');
    await page.getByLabel('Line 1: Unit price').fill('1,250');
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Customers' }).click();
    await page.getByText(`${record.fields.number} saved`).first().waitFor();
    assert.equal((await other('GET', `/quotes/${record.id}`)).fields.net, 125_000);
    await page.goto(`${address}/sales/quotes/${record.id}`);
    await page.getByRole('button', { name: 'Mark as sent' }).click();
    await page.getByRole('button', { name: 'New revision' }).click();
    await page.getByText('Revision 2', { exact: true }).waitFor();
    assert.equal(await page.getByLabel('Line 1: Text').inputValue(), 'Left behind');
    await picture(page, 'sales-revision-dark');
    await accessible(page, 'quote in the dark');
    await page.goto(`${address}/sales/quotes/${record.id}`);
    await page.getByRole('list', { name: 'Status' }).getByText('Replaced').waitFor();
  });
});

test('a lost sale says why, and who won it instead', async () => {
  const other = await manager();
  const { records: [account, rival] } = await other('GET', '/accounts?limit=2&sort=name');
  const { records: stages } = await other('GET', '/stages?sort=position');
  const { record } = await other('POST', '/opportunities', { fields: { name: `Lost ${stamp}`, account_id: account.id, stage_id: stages[0].id, amount: 100_000 } });
  await withPage({ role: 'manager' }, async (page) => {
    await page.goto(`${address}/sales/opportunities/${record.id}`);
    await page.getByRole('list', { name: 'Stages' }).getByRole('button', { name: 'Lost' }).click();
    const dialog = page.getByRole('dialog');
    assert.ok(await dialog.getByRole('button', { name: 'Move to Lost' }).isDisabled(), 'not without a reason');
    await dialog.getByRole('button', { name: 'Too slow' }).click();
    await choose(dialog, 'Who won it instead', rival.fields.name);
    await picture(page, 'sales-lost');
    await dialog.getByRole('button', { name: 'Move to Lost' }).click();
    await page.getByRole('list', { name: 'Stages' }).locator('[aria-current="step"]').getByText('Lost').waitFor();
    await page.getByText('Too slow').first().waitFor();
    const now = await other('GET', `/opportunities/${record.id}`);
    assert.deepEqual([now.fields.loss_reason, now.fields.competitor_id, now.fields.is_closed, now.fields.is_won], ['Too slow', rival.id, true, false]);
    await undoFromToast(page);
    await page.getByRole('list', { name: 'Stages' }).locator('[aria-current="step"]').getByText('Qualified').waitFor();
  });
});

test('the forecast adds up: parts to parents, parents to the total; a past day cannot be written on', async () => {
  // The demo's territories stand side by side: for a tree, one is put below another.
  const other = await manager();
  const { records } = await other('GET', '/territories?sort=name');
  const [parent, child] = records;
  const placed = await other('PATCH', `/territories/${child.id}`, { fields: { parent_id: parent.id } }, { 'if-match': `"v${child.version}"` });
  try {
    await forecastAddsUp();
  } finally {
    await other('POST', `/change-sets/${placed.change_set}/undo`, {});
  }
});

async function forecastAddsUp() {
  await withPage({ role: 'manager' }, async (page) => {
    await open(page, '/sales/forecast');
    await page.locator('tbody tr[data-level="1"]').first().waitFor();
    for (const by of ['Territory', 'Rep', 'Stage', 'Month']) {
      await page.getByRole('button', { name: by, exact: true }).click();
      await page.getByRole('columnheader', { name: by, exact: true }).waitFor();
      await page.locator('tbody tr').first().waitFor();
      const rows = await page.locator('tbody tr').evaluateAll((all) => all.map((row) => ({
        level: Number(row.dataset.level), values: Object.fromEntries([...row.querySelectorAll('[data-figure]')].map((cell) => [cell.dataset.figure, Number(cell.dataset.value)])),
      })));
      const total = await page.locator('tfoot [data-figure]').evaluateAll((all) => Object.fromEntries(all.map((cell) => [cell.dataset.figure, Number(cell.dataset.value)])));
      if (by === 'Territory' || by === 'Rep') assert.ok(total.target > 0, `${by}: the demo's targets are shown`);
      for (const figure of ['won', 'open', 'weighted', 'lost', 'target']) {
        const sum = (parts) => parts.reduce((all, row) => all + row.values[figure], 0);
        assert.equal(sum(rows.filter((row) => row.level === 0)), total[figure], `${by}: ${figure} adds up to the total`);
        rows.forEach((row, i) => {
          const after = rows.slice(i + 1);
          const end = after.findIndex((other) => other.level <= row.level);
          const below = after.slice(0, end < 0 ? after.length : end).filter((other) => other.level === row.level + 1);
          if (below.length > 0) assert.equal(sum(below), row.values[figure], `${by}: the parts of a row are the whole of its ${figure}`);
        });
      }
    }
    await page.getByRole('button', { name: 'Territory', exact: true }).click();
    await picture(page, 'sales-forecast');
    await accessible(page, 'forecast');
    await page.getByRole('button', { name: 'Rep', exact: true }).click();
    const count = Number((await page.locator('tbody tr').first().locator('td').nth(-2).textContent()).replace(/\D/g, ''));
    await page.locator('tbody tr').first().getByRole('button').last().click();
    await page.getByRole('heading', { name: `${count} ${count === 1 ? 'opportunity' : 'opportunities'}` }).waitFor();

    const { today } = await (await page.request.get(`${address}/api/v1/session`)).json();
    const past = new Date(Date.parse(`${today}T12:00:00Z`) - 30 * 86_400_000).toISOString().slice(0, 10);
    await page.goto(`${address}/sales/opportunities?as_of=${past}`);
    await page.locator('[data-card]').first().waitFor();
    assert.equal(await page.getByRole('button', { name: 'New opportunity' }).count(), 0);
    assert.equal(await page.getByRole('button', { name: /^Move / }).count(), 0, 'a past day is read-only');
  });
}

test('on a phone, in the dark: one column at a time, moved from the card’s menu; lists and pages fit', async () => {
  await withPage({ role: 'rep', viewport: phone, dark: true }, async (page) => {
    await open(page, '/sales/opportunities');
    const pager = page.getByRole('combobox', { name: 'Opportunities by stage' });
    await pager.waitFor();
    assert.equal(await page.locator('[data-column]').count(), 1);
    // The first column with a card that can move on.
    for (let i = 0; i < 4 && (await page.locator('[data-card]').count()) === 0; i += 1) await page.getByRole('button', { name: 'Column after' }).click();
    await page.locator('[data-card]').first().waitFor();
    await picture(page, 'sales-board-phone');
    await accessible(page, 'board on a phone');
    const title = (await page.locator('[data-card]').first().getByRole('link').textContent()) ?? '';
    const here = await pager.evaluate((select) => select.selectedIndex);
    await page.getByRole('button', { name: `Move ${title}` }).first().click();
    await page.getByRole('button', { name: 'Negotiation', exact: true }).or(page.getByRole('button', { name: 'Needs known', exact: true })).first().click();
    await page.getByText(new RegExp(`moved to`)).first().waitFor();
    await undoFromToast(page);
    assert.equal(await pager.evaluate((select) => select.selectedIndex), here);
    await page.locator('[data-card]').first().getByRole('link').click();
    await page.getByRole('button', { name: 'Back to the list' }).waitFor();
    await page.getByRole('list', { name: 'Stages' }).waitFor();
    await picture(page, 'sales-opportunity-phone');
    await accessible(page, 'opportunity on a phone');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.ok(!wide, 'nothing is wider than the phone');

    await open(page, '/sales/leads');
    await page.getByRole('button', { name: 'New lead' }).first().click();
    const sheet = form(page, 'New lead');
    await sheet.getByLabel('Name').first().fill(`Hedda Sommer ${stamp}`);
    await picture(page, 'sales-form-phone');
    await accessible(page, 'form on a phone');
    await sheet.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: `Hedda Sommer ${stamp}` }).waitFor();
    await picture(page, 'sales-lead-phone');
  });
});
