// Privacy and working together in a browser: a person is erased and the audit still holds; a mention reaches whom it means.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, address, phone, picture, withPage } from './browser.mjs';

const stamp = Date.now().toString(36);
const family = `Lindqvist${stamp}`;
const name = `Signe ${family}`;
const email = `signe.${stamp}@example.org`;

/** The API as one of the demo team, beside the page. */
async function as(role) {
  const { accounts, password } = await (await fetch(`${address}/api/v1/session/demo`)).json();
  const { email: own } = accounts.find((one) => one.role === role);
  const json = { 'content-type': 'application/json' };
  const session = await fetch(`${address}/api/v1/session`, { method: 'POST', headers: json, body: JSON.stringify({ email: own, password }) });
  const { user } = await session.json();
  const cookie = session.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
  const ask = async (method, path, body) => {
    const answer = await fetch(`${address}/api/v1${path}`, { method, headers: { ...json, cookie }, ...(body ? { body: JSON.stringify(body) } : {}) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${answer.ok ? '' : await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  return { ask, user };
}

/** A customer of the rep's with a person, a mail, a note that names her and a deal. */
async function customer(ask, owner) {
  const make = async (plural, fields) => (await ask('POST', `/${plural}`, { fields })).record.id;
  const account = await make('accounts', { name: `Tischlerei ${stamp}`, type: 'customer', owner_id: owner });
  const contact = await make('contacts', { name, given_name: 'Signe', family_name: family, email, phone: '0395 700 4455', account_id: account });
  await make('activities', { kind: 'email', subject: `Question of ${name}`, body: 'Her own words', account_id: account, contact_id: contact });
  await make('activities', { kind: 'note', subject: 'Visit', body: `Met ${name}, ${email}`, account_id: account });
  const [stage] = (await ask('GET', '/stages?limit=1')).records;
  const deal = await make('opportunities', { name: `Chairs for ${name}`, account_id: account, stage_id: stage.id, amount: 123_400 });
  return { account, contact, deal };
}

test('one person is erased everywhere, the amounts stay, and the audit verifies', async () => {
  const { ask } = await as('admin');
  const rep = (await as('rep')).user.id;
  const { account, contact, deal } = await customer(ask, rep);
  await withPage({ role: 'admin' }, async (page) => {
    await page.goto(`${address}/customers/${account}`);
    await page.getByRole('button', { name: `Privacy: ${name}` }).click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'All data as a file' }).click()]);
    assert.equal(file.suggestedFilename(), `contact-${contact}.zip`);
    await page.getByRole('button', { name: `Privacy: ${name}` }).click();
    await page.getByRole('button', { name: 'Erase this person …' }).click();
    const dialog = page.getByRole('dialog', { name: `Erase ${name}` });
    await dialog.getByText('This cannot be undone.').waitFor();
    await dialog.getByText('Stays without their name').waitFor();
    await picture(page, 'erase-preview');
    await accessible(page, 'erase preview');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    const act = dialog.getByRole('button', { name: 'Erase for good' });
    assert.ok(await act.isDisabled(), 'not before the name stands there');
    await dialog.getByLabel(/Type the name/).fill(name);
    await dialog.getByLabel(/Reason/).fill(`${name} asked by letter`);
    await act.click();
    const done = page.getByRole('dialog', { name: 'Erased' });
    await done.getByText('nothing of this person is left').waitFor();
    await picture(page, 'erase-done');
    await done.getByRole('button', { name: 'Close' }).last().click();
    await page.getByText('erased', { exact: true }).first().waitFor();
    // The parts of the page are asked for each by itself.
    await page.waitForFunction((name) => !document.body.innerText.includes(name), family);

    // Search finds nobody; the deal and its amount are there.
    assert.deepEqual((await ask('GET', `/search?q=${family}`)).records, []);
    const kept = await ask('GET', `/opportunities/${deal}`);
    assert.equal(kept.fields.amount, 123_400);
    assert.ok(!JSON.stringify(kept).includes(family));

    // The audit holds, and says that something was erased.
    await page.goto(`${address}/admin/audit`);
    await page.getByRole('button', { name: 'Verify the chain' }).click();
    await page.getByRole('status').getByText(/erased on request/).waitFor();
    await picture(page, 'erase-audit');
    // The log says that it was done, and not whom.
    await page.getByRole('link', { name: 'Privacy' }).click();
    await page.getByRole('heading', { name: 'Who was erased' }).waitFor();
    await page.getByText('[erased] asked by letter').waitFor();
    assert.equal(await page.getByText(family).count(), 0);
    await picture(page, 'privacy');
    await accessible(page, 'privacy');
  });
});

test('a retention rule is off until it is switched on; a manager sees what it proposes', async () => {
  await withPage({ role: 'manager', viewport: phone, dark: true }, async (page) => {
    await page.goto(`${address}/customers/privacy`);
    await page.getByRole('heading', { name: 'Retention rules' }).waitFor();
    await page.getByText('No rule is active').waitFor();
    await page.getByLabel('Rule', { exact: true }).fill(`Ten years ${stamp}`);
    await page.getByLabel('Days without activity').fill('3650');
    await page.getByRole('button', { name: 'Add rule' }).click();
    const rule = page.getByRole('listitem').filter({ hasText: `Ten years ${stamp}` });
    assert.equal(await rule.getByRole('checkbox', { name: 'Active' }).isChecked(), false);
    await rule.getByRole('checkbox', { name: 'Active' }).check();
    await page.getByText('No rule proposes anybody now.').waitFor();
    await picture(page, 'privacy-phone');
    await accessible(page, 'privacy on a phone');
    await rule.getByRole('button', { name: `Remove: Ten years ${stamp}` }).click();
    await page.getByText('No rule is active').waitFor();
  });
});

test('a mention reaches whom it means, opens where it was made, and is read', async () => {
  const { ask } = await as('manager');
  const rep = (await as('rep')).user;
  const account = (await ask('POST', '/accounts', { fields: { name: `Schlosserei ${stamp}`, type: 'customer', owner_id: rep.id } })).record.id;
  await withPage({ role: 'manager' }, async (page) => {
    await page.goto(`${address}/customers/${account}`);
    const talk = page.getByRole('region', { name: 'Comments' });
    const field = talk.getByRole('textbox', { name: 'Comment' });
    await field.pressSequentially(`Please call them, @${rep.name.slice(0, 4)}`);
    await page.getByRole('option', { name: rep.name }).waitFor();
    await picture(page, 'mention');
    await accessible(page, 'mention');
    await field.press('Enter');
    assert.match(await field.inputValue(), new RegExp(`@${rep.name} $`));
    await talk.getByRole('button', { name: 'Comment', exact: true }).click();
    await page.getByText(`${rep.name} will be told.`).first().waitFor();
    await talk.getByText('Please call them').waitFor();
    await talk.getByRole('button', { name: 'Following' }).waitFor();
  });
  await withPage({ role: 'rep', viewport: phone }, async (page) => {
    await page.getByRole('button', { name: /Notifications, \d+ unread/ }).click();
    const note = page.getByRole('listitem').filter({ hasText: `Schlosserei ${stamp}` });
    await note.getByText('Please call them').waitFor();
    await picture(page, 'notifications-phone');
    await accessible(page, 'notifications');
    await note.getByRole('button', { name: /^\S+ \S+ mentioned you/ }).click();
    await page.getByRole('heading', { name: `Schlosserei ${stamp}` }).waitFor();
    // What is followed tells of what others change.
    await page.getByRole('button', { name: 'Follow', exact: true }).click();
    await page.getByRole('button', { name: 'Following' }).waitFor();
    await ask('POST', '/contacts', { fields: { name: `Bo ${stamp}`, account_id: account } });
    await page.getByRole('button', { name: /Notifications, \d+ unread/ }).click();
    await page.getByText(`added Contact Bo ${stamp} to Schlosserei ${stamp}`).waitFor();
    await page.getByRole('button', { name: 'Mark all as read' }).click();
    await page.getByRole('button', { name: 'Notifications', exact: true }).waitFor();
  });
});
