// A campaign by e-mail in a browser: written, started, let go to a real mail server, followed, and ended by whoever got it.
// The server is the test's own: only here a mail server is set. It is Debian's aiosmtpd, which keeps what it takes in a folder.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const program = process.env.BAILIWICK_PROGRAM ?? '';
const python = ['/usr/bin/python3', 'python3'].find((one) => spawnSync(one, ['-c', 'import aiosmtpd'], { stdio: 'ignore' }).status === 0);
const missing = !program ? 'BAILIWICK_PROGRAM does not name the program (tests/browser.sh does)' : !python ? 'aiosmtpd not found (Debian: python3-aiosmtpd)' : '';
if (missing) console.error(`skipping the test of mailings: ${missing}`);
const stamp = Date.now().toString(36);

const folder = mkdtempSync(join(tmpdir(), 'bailiwick-mailing-'));
const started = [];
after(() => {
  for (const child of started) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** A demo server that sends its mail to a mail server of ours; its address. */
async function serve() {
  const port = await freePort();
  started.push(spawn(python, ['-m', 'aiosmtpd', '-n', '-u', '-l', `127.0.0.1:${port}`, '-c', 'aiosmtpd.handlers.Mailbox', join(folder, 'mail')], { stdio: 'ignore' }));
  const env = { ...process.env, BAILIWICK_SMTP_HOST: '127.0.0.1', BAILIWICK_SMTP_PORT: String(port), BAILIWICK_SMTP_TLS: 'off', BAILIWICK_MAIL_FROM: 'Bailiwick demo <office@firm.example>' };
  const server = spawn(program, ['demo', '--listen', '127.0.0.1:0', '--folder', join(folder, 'demo')], { cwd: new URL('../..', import.meta.url).pathname, env, stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(server);
  let said = '';
  return new Promise((found, failed) => {
    server.on('exit', () => failed(new Error(`the demo server ended: ${said}`)));
    server.stdout.on('data', (part) => {
      said += part;
      const url = said.match(/http:\/\/[^ \n]*/);
      if (url) found(url[0]);
    });
  });
}

/** What the mail server took, by recipient. */
function delivered() {
  const found = new Map();
  for (const name of readdirSync(join(folder, 'mail', 'new'))) {
    const message = readFileSync(join(folder, 'mail', 'new', name), 'latin1');
    const to = message.match(/^To: .*?([^\s<]+@[^\s>]+)/m)?.[1] ?? '';
    found.set(to, [...(found.get(to) ?? []), message]);
  }
  return found;
}

test('a campaign by e-mail: written, let go, read, answered, ended', { skip: missing || false }, async () => {
  process.env.BAILIWICK_URL = await serve();
  const { accessible, address, desk, phone, picture, withPage } = await import('./browser.mjs');
  const ask = (page, method, path, body) =>
    page.evaluate(
      async ([method, path, body]) => {
        const answer = await fetch(`/api/v1${path}`, { method, headers: { 'content-type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}) });
        return { status: answer.status, json: await answer.json() };
      },
      [method, path, body],
    );
  let run = '';
  await withPage({ role: 'manager' }, async (page) => {
    // Three who said yes, and one who never did.
    const customer = (await ask(page, 'GET', '/customers?limit=1&sort=name')).json.rows[0];
    for (let n = 0; n < 4; n += 1) {
      const contact = await ask(page, 'POST', '/contacts', { fields: { name: `Mailing ${stamp} ${n}`, email: `reader${n}@${stamp}.example`, account_id: customer.account_id, language: 'en' } });
      assert.equal(contact.status, 201, JSON.stringify(contact.json));
      const consent = { contact_id: contact.json.record.id, purpose: 'marketing', channel: 'email', lawful_basis: 'consent', source: 'Test' };
      if (n < 3) assert.equal((await ask(page, 'POST', '/consents', { fields: consent })).status, 201);
    }
    const segment = await ask(page, 'POST', '/segments', { fields: { name: `Readers ${stamp}`, subject: 'contact', kind: 'live', definition: { filter: `name LIKE 'Mailing ${stamp}%'` } } });
    assert.equal(segment.status, 201, JSON.stringify(segment.json));

    await page.goto(`${address}/marketing/campaigns`);
    await page.getByRole('button', { name: 'New campaign' }).click();
    await page.getByLabel('Name', { exact: true }).fill(`By mail ${stamp}`);
    await page.getByRole('combobox', { name: 'Segment' }).selectOption({ label: `Readers ${stamp}` });
    await page.getByRole('checkbox', { name: 'Visit' }).uncheck();
    await page.getByRole('checkbox', { name: 'E-mail' }).check();
    await page.getByLabel('Offer', { exact: true }).fill('Come and see the new shop');
    await page.locator('summary', { hasText: 'Text' }).first().click();
    await page.getByLabel('Subject').fill('For {name}');
    await page.locator('textarea').first().fill('Dear {name},\n\nthe new shop of {firm} opens: {link}');
    await page.getByLabel('Left out for comparison, %').fill('0');
    await page.getByRole('button', { name: 'Save and preview' }).click();
    await page.getByRole('region', { name: 'What a start does' }).getByText('no consent').waitFor();
    await page.getByRole('button', { name: 'Start campaign' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Start campaign' }).click();
    const mails = page.getByRole('region', { name: 'E-mails' });
    await mails.getByText('Nobody has let the e-mails go yet: 3 are ready.').waitFor();
    await mails.getByRole('button', { name: 'See how it reads' }).click();
    const letter = page.getByRole('dialog');
    await letter.getByText(/^For Mailing/).waitFor();
    await letter.getByText(/No more e-mails of this kind/).waitFor();
    await accessible(page, 'a mail as it reads');
    await picture(page, 'campaign-mail-example');
    await page.keyboard.press('Escape');
    await mails.getByLabel('A minute').fill('600');
    await mails.getByRole('button', { name: 'Send 3 e-mails' }).click();
    await mails.getByText('Done: 3 of 3 are through.').waitFor();
    await mails.getByText('0 to send · 0 in the queue · 3 sent · 0 answered').waitFor();
    await accessible(page, 'mails of a campaign');
    await picture(page, 'campaign-mails');
    run = page.url();

    const boxes = delivered();
    const own = [...boxes.keys()].filter((to) => to.endsWith(`@${stamp}.example`)).sort();
    assert.deepEqual(own, [0, 1, 2].map((n) => `reader${n}@${stamp}.example`), 'whoever never said yes got nothing');
    assert.ok([...boxes.values()].every((messages) => messages.length === 1), 'each once');
    const [message] = boxes.get(own[0]);
    assert.match(message, /^List-Unsubscribe: </m);
    const links = own.map((to) => boxes.get(to)[0].replaceAll('=\n', '').replaceAll('=\r\n', '').match(/\/r\/[0-9A-Z]{10}-[0-9A-Z]{8}/)[0]);
    assert.equal(new Set(links).size, 3, 'each a link of their own');

    // The first reads on; the second wants no more, which takes a press and not a look.
    await page.goto(address + links[0]);
    await page.getByRole('heading', { name: 'Come and see the new shop' }).waitFor();
    await page.goto(`${address}${links[1]}/stop`);
    await picture(page, 'unsubscribe');
    await page.getByRole('button', { name: 'No more e-mails of this kind' }).click();
    await page.getByText('You will get no more e-mails of this kind.').waitFor();
    const withdrawn = await page.request.get(`${address}/api/v1/consents?filter=${encodeURIComponent('withdrawn_at IS NOT NULL')}&sort=-withdrawn_at&limit=1`);
    const { fields } = (await withdrawn.json()).records[0];
    assert.equal(fields.channel, 'email');
    assert.match(fields.evidence, /Pressed/);
    await page.goto(run);
    await mails.getByText('0 to send · 0 in the queue · 1 sent · 1 answered').waitFor();
    await mails.getByText('1 objected or withdrew').waitFor();
    await page.getByText('opted out: objected or withdrew').waitFor();
  });
  for (const [name, viewport, dark] of [['desk-dark', desk, true], ['phone', phone, false], ['phone-dark', phone, true]]) {
    await withPage({ role: 'manager', viewport, dark }, async (page) => {
      await page.goto(run);
      const mails = page.getByRole('region', { name: 'E-mails' });
      await mails.getByText('Done: 3 of 3 are through.').waitFor();
      await mails.scrollIntoViewIfNeeded();
      await accessible(page, `mails of a campaign (${name})`);
      await picture(page, `campaign-mails-${name}`);
    });
  }
});
