// A browser for the tests: signs in as one of the demo team, watches the console and the network, takes pictures.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

export const address = process.env.BAILIWICK_URL?.replace(/\/$/, '') ?? '';
if (!address) throw new Error('Set BAILIWICK_URL to a running demo server, such as http://127.0.0.1:8080');

const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
const executablePath = process.env.CHROMIUM
  ?? ['chromium', 'chromium-browser', 'google-chrome', 'chrome'].flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
if (!executablePath) throw new Error('No Chromium on the PATH: install it, or set CHROMIUM to its path');

// WebGL in software, and nothing that asks the network by itself.
const args = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'];

// Pictures are for looking at; those that README.md shows go to BAILIWICK_PICTURES when that names a folder.
const results = new URL('../test-results/', import.meta.url).pathname;
const shown = ['map-territories', 'lasso', 'why', 'day-phone', 'day-list-phone', 'stop-phone', 'region-compare', 'repair', 'cycle', 'scenario', 'sales-board', 'service'];
const largest = 400_000; // bytes
const buttons = { manager: /Sales manager/, rep: /Field rep/, analyst: /Analyst/, admin: /Administrator/ };
export const desk = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };

/**
 * Opens a page for a role and gives it to `work`; afterwards nothing may have gone wrong or outside. `refused` is how the
 * address of a request ends that the test means to be refused: the browser logs refusals by itself.
 */
export async function withPage({ role, viewport = desk, dark = false, position = null, refused = null }, work) {
  const browser = await chromium.launch({ executablePath, args });
  try {
    const small = viewport.width < 768;
    const context = await browser.newContext({
      viewport, colorScheme: dark ? 'dark' : 'light', hasTouch: small, isMobile: small, deviceScaleFactor: small ? 2 : 1, locale: 'en-GB', reducedMotion: 'reduce',
      acceptDownloads: true, ...(position ? { geolocation: position, permissions: ['geolocation'] } : {}),
    });
    const page = await context.newPage();
    // Generous: a wait ends with the state it waits for, and other work may run on the same two cores.
    page.setDefaultTimeout(60_000);
    const wrong = [];
    page.on('console', (message) => {
      if (message.type() !== 'error') return;
      // Asking who is signed in is answered with 401 before the sign-in: the browser logs that by itself.
      if (/status of 401/.test(message.text()) && message.location().url.endsWith('/api/v1/session')) return;
      if (refused && /status of 4\d\d/.test(message.text()) && message.location().url.endsWith(refused)) return;
      wrong.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => wrong.push(`page: ${error.message}`));
    // What the page wrote and how that was answered: told when a test fails.
    const written = [];
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${address}/`) && !/^(data|blob|about):/.test(url)) wrong.push(`left the origin: ${url}`);
      if (request.method() !== 'GET') written.push({ request, at: Date.now() });
    });
    try {
      if (role) await signIn(page, role);
      await work(page, context);
    } catch (problem) {
      // What stood on the page when it failed, for whoever looks into it.
      mkdirSync(results, { recursive: true });
      const path = join(results, `failed-${Date.now()}.png`);
      await page.screenshot({ path }).catch(() => {});
      console.error(`failed at ${page.url()}; the page is in ${path}; faults so far: ${JSON.stringify(wrong)}`);
      console.error(`written: ${(await Promise.all(written.slice(-5).map(answered))).join('; ')}`);
      console.error(`on the page: ${await seen(page)}`);
      throw problem;
    }
    assert.deepEqual(wrong, [], 'no console errors and no request to elsewhere');
  } finally {
    await browser.close();
  }
}

/** A request that writes, in one line, with what came back. */
async function answered({ request, at }) {
  const answer = await Promise.race([request.response().catch(() => null), new Promise((done) => { setTimeout(() => done(null), 1_000); })]);
  const refusal = answer && !answer.ok() ? ` ${(await answer.text().catch(() => '')).slice(0, 300)}` : '';
  return `${Math.round((Date.now() - at) / 1_000)} s before: ${request.method()} ${new URL(request.url()).pathname} ${answer?.status() ?? 'no answer'}${refusal}`;
}

/** What a reader of the page would be told, cut short, and what has the focus. */
async function seen(page) {
  const text = await page.locator('body').ariaSnapshot({ timeout: 5_000 }).catch((problem) => String(problem));
  const focus = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 120) ?? '').catch(() => '');
  return `${text.replace(/\s*\n\s*/g, ' | ').slice(0, 3_000)}; focus: ${focus}`;
}

export async function signIn(page, role) {
  await page.goto(`${address}/`);
  await page.getByRole('button', { name: buttons[role] }).click();
  // Whoever reads German is greeted in it.
  await page.getByRole('navigation', { name: /^(Screens|Ansichten)$/ }).waitFor();
}

/** Ends the session, with the page closed first: nothing that is on its way is refused then. */
export async function leave(page, context) {
  await page.goto('about:blank');
  await context.clearCookies();
}

/** Waits until the map has painted everything in view. */
export async function mapIdle(page) {
  await page.locator('.canvas canvas').waitFor();
  await page.locator('.canvas[data-idle]').waitFor();
}

/** A picture of the page as it is. */
export async function picture(page, name) {
  await page.mouse.move(0, 0);
  const kept = process.env.BAILIWICK_PICTURES && shown.includes(name) ? process.env.BAILIWICK_PICTURES : results;
  mkdirSync(kept, { recursive: true });
  const bytes = await page.screenshot({ path: join(kept, `${name}.png`) });
  if (kept !== results) assert.ok(bytes.length <= largest, `${name}.png has ${bytes.length} bytes: too large for a document`);
}

/** No fault that axe finds against WCAG 2.2 A and AA. */
export async function accessible(page, where) {
  let told = [];
  for (let look = 0; look < 3; look += 1) {
    // What is being asked anew is pale until its answer comes. Somewhere it may stay so; then that is looked at.
    await page.waitForFunction(() => document.querySelector('.dimmed') === null, null, { timeout: 10_000 }).catch((error) => {
      if (error.name !== 'TimeoutError') throw error;
    });
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
    told = violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1]?.trim() ?? ''}`));
    // It may have become pale while axe looked.
    if (!told.some((one) => one.startsWith('color-contrast'))) break;
  }
  assert.deepEqual(told, [], `axe on ${where}`);
}

/** The middle of the visible map and a way to name places around it in pixels. */
export async function mapMiddle(page) {
  const box = await page.locator('.canvas').boundingBox();
  assert.ok(box, 'the map is on the page');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, width: box.width, height: box.height };
}

/** Where a place on earth is on the page, once the map rests with nothing over it but a drawer of `covered` pixels at its right. */
export async function pixelOf(page, [lng, lat], covered = 0) {
  await mapIdle(page);
  await page.evaluate(() => { delete window.lastCamera; });
  // The address follows the camera when it rests: it is read when it says the same twice.
  const camera = await page.waitForFunction(() => {
    const now = new URL(location.href).searchParams.get('c');
    const before = window.lastCamera;
    window.lastCamera = now;
    return now !== null && now === before && now;
  }, null, { polling: 700 });
  const [zoom, middleLat, middleLng] = (await camera.jsonValue()).split('/').map(Number);
  const { x, y } = await mapMiddle(page);
  const world = 512 * 2 ** zoom;
  const north = (degrees) => Math.log(Math.tan(Math.PI / 4 + (degrees * Math.PI) / 360)) / (2 * Math.PI);
  return [x - covered / 2 + ((lng - middleLng) / 360) * world, y - (north(lat) - north(middleLat)) * world];
}

/** Presses, draws through the places and lets go. */
export async function drag(page, places) {
  const [first, ...rest] = places;
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const place of rest) await page.mouse.move(...place, { steps: 6 });
  await page.mouse.up();
}

/** Holds the toast with an Undo as somebody does who goes there with the keyboard: it waits for them, however slow the rest is. */
export async function holdToast(page) {
  await page.getByRole('status').getByRole('button', { name: 'Undo' }).first().focus();
}

/** Waits, as long as for anything on a page, for what happens beside it. */
export async function until(what, holds) {
  const began = Date.now();
  while (!(await holds())) {
    if (Date.now() - began > 60_000) throw Object.assign(new Error(`waited a minute for ${what}`), { name: 'TimeoutError' });
    await new Promise((done) => setTimeout(done, 250));
  }
}

/** Presses the toast's Undo and waits for the word that it was undone. */
export async function undoFromToast(page) {
  await page.getByRole('status').getByRole('button', { name: 'Undo' }).first().click();
  await page.getByText(/^Undone: /).first().waitFor();
}

/** Whether the one message there is lies beside everything else. */
export async function saidBeside(page) {
  const [said, main] = await Promise.all([page.locator('.toast').boundingBox(), page.getByRole('main').boundingBox()]);
  assert.equal(await page.locator('.toast').count(), 1, 'the newest is said, and it alone');
  // On a phone it stands in place of search and tools.
  const you = page.getByRole('button', { name: /^You: / });
  const tools = (await you.count()) > 0 ? await you.boundingBox() : null;
  return said && main && said.y + said.height <= main.y && (!tools || said.x + said.width <= tools.x);
}
