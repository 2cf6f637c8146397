// Sentences of the server in German: each is one that the server says, and gaps are filled.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planned } from '../src/i18n/de/planned';
import { found, labels, sentences, verbatim } from '../src/i18n/de/said';
import { translator } from '../src/lib/said';

const words = {
  type: (text: string) => ({ User: 'Benutzer', Contact: 'Ansprechpartner' })[text] ?? text,
  fields: (text: string) => text.replace('language', 'Sprache'),
  status: (text: string) => ({ accepted: 'angenommen' })[text] ?? text,
  thing: (text: string) => text.replace(/^Customer/, 'Kunde'),
};
const sentence = translator(sentences, found, words);
const label = translator(labels, [], words);
const reason = translator(planned, [], words);
const gaps = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

/** Everything the server is written in. */
function server(): string {
  const files: string[] = [];
  const walk = (folder: string) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path);
      else if (name.endsWith('.rs')) files.push(readFileSync(path, 'utf8'));
    }
  };
  for (const part of ['crm', 'geocode', 'records']) walk(new URL(`../../crates/${part}/src`, import.meta.url).pathname);
  // As it is said: without the breaks of the source, and with quotes of its own.
  return files.join('\n').replace(/\\\n\s*/g, '').replaceAll('\\u{201c}', '“').replaceAll('\\u{201d}', '”').replaceAll('\\"', '"');
}

describe('what the server says, in German', () => {
  it('is about sentences that the server says', () => {
    const source = server();
    // Longer parts between the gaps stand in the source as they are; shorter ones may be put together.
    const parts = [...verbatim, ...labels, ...found, ...planned].flatMap(([english]) => english.split(/\{\w+\}|[,;] /).map((part) => part.trim()).filter((part) => part.length > 9));
    const lost = parts.filter((part) => !source.includes(part));
    expect(lost).toEqual([]);
  });

  it('has the same gaps in both languages', () => {
    for (const [english, german] of [...sentences, ...labels, ...found, ...planned]) expect(gaps(german), english).toEqual(gaps(english));
  });

  it('fills the gaps', () => {
    expect(sentence('Inside the drawn area of North-West')).toBe('In der gezeichneten Fläche von North-West');
    expect(sentence('Inside the drawn area of North, and of South; North is the smaller area (1.20 against 3.40 km²)'))
      .toBe('In der gezeichneten Fläche von North, und von South; North ist die kleinere Fläche (1.20 gegen 3.40 km²)');
    expect(sentence('Annual Revenue: expected an amount, like 1200.50')).toBe('Annual Revenue: erwartet wird ein Betrag wie 1200.50');
    expect(sentence('Umsatz: expected an amount, like 1200,50; is there a letter O for a zero?')).toBe('Umsatz: erwartet wird ein Betrag wie 1200,50; steht da ein Buchstabe O statt einer Null?');
    expect(sentence('86 places change owner now. 5 open deals stay with Carla Vogt. 2 reps get a list with reasons.'))
      .toBe('86 Orte wechseln jetzt den Zuständigen. 5 offene Chancen bleiben bei Carla Vogt. 2 Vertreter bekommen eine Liste mit Gründen.');
    expect(sentence('1 place changes owner on Mon 1 March 2027. 1 open deal stays with Ben for 60 days.'))
      .toBe('1 Ort wechselt am 1. März 2027 den Zuständigen. 1 offene Chance bleibt 60 Tage bei Ben.');
    expect(label('Visit reports of 2026-11-20')).toBe('Besuchsberichte vom 20. November 2026');
    expect(label('Change language of User')).toBe('Benutzer: Sprache geändert');
    expect(label('Add Customer Café Z')).toBe('Kunde Café Z angelegt');
    expect(label('Spring realignment: 85 places: North-East → North-West')).toBe('Spring realignment: 85 Orte: North-East → North-West');
    expect(label('Sent the quote')).toBe('Angebot verschickt');
  });

  it('says reasons of a plan that somebody else planned', () => {
    expect(reason('3 days overdue')).toBe('3 Tage überfällig');
    expect(reason('1 day overdue')).toBe('1 Tag überfällig');
    expect(reason('promised for 10:30')).toBe('zugesagt für 10:30');
    expect(reason('promised for 10:30, 12 min late')).toBe('zugesagt für 10:30, 12 Min. zu spät');
    expect(reason('on the way, +4 min')).toBe('auf dem Weg, +4 Min.');
    expect(reason('−5 min of driving')).toBe('−5 Min. Fahrt');
    expect(reason('Tuesday 24 Nov costs 12 min more')).toBe('Dienstag, 24.11. kostet 12 Min. mehr');
    expect(reason('every 14 days: 23 Nov, 7 Dec')).toBe('alle 14 Tage: 23.11., 7.12.');
    expect(reason('every 1 day: 23 Nov')).toBe('jeden Tag: 23.11.');
    expect(reason('due in 1 day')).toBe('in 1 Tag fällig');
    expect(reason('sooner than 3 days after another visit')).toBe('früher als 3 Tage nach einem anderen Besuch');
    expect(reason('no room on Monday 23 Nov, Friday 27 Nov')).toBe('kein Platz am Montag 23.11., Freitag 27.11.');
    expect(reason('not due yet, due in 5 days')).toBe('noch nicht fällig, in 5 Tagen fällig');
    expect(reason('closed on Monday 23 Nov')).toBe('am Montag, 23.11. geschlossen');
    expect(reason('closed on 3 of 20 working days')).toBe('an 3 von 20 Arbeitstagen geschlossen');
    expect(reason('campaign Spring until May, until 5 May')).toBe('Kampagne Spring until May, bis 5.5.');
    expect(reason('less urgent than Bäckerei Kern, Post')).toBe('weniger dringend als Bäckerei Kern, Post');
    expect(reason('schon deutsch: 3 Tage überfällig')).toBe('schon deutsch: 3 Tage überfällig');
    expect(sentence('Was to close on 2026-11-20')).toBe('Sollte am 20. November 2026 abgeschlossen sein');
    expect(sentence('21 days in this stage; 14 is the aim')).toBe('21 Tage in dieser Phase; 14 sind das Ziel');
  });

  it('turns what an address search found piece by piece', () => {
    expect(sentence('Am Markt by name, house 12, the town there is Burg Stargard, another is named.'))
      .toBe('Am Markt dem Namen nach, Haus 12, der Ort dort ist Burg Stargard, genannt ist ein anderer.');
  });

  it('leaves alone what it does not know', () => {
    for (const text of ['Bäckerei X: geschlossen', 'Note: call back', 'Something else, by chance.', '']) expect(sentence(text)).toBe(text);
    expect(label('Ben: asked again')).toBe('Ben: asked again');
  });
});

describe('refusals in German', () => {
  it('says why something was not done', () => {
    expect(sentence('Inside the drawn area, version 3')).toBe('In der gezeichneten Fläche, Fassung 3');
    expect(sentence('2026-11-20 is past; days are planned from today on.')).toBe('20. November 2026 ist vorbei; geplant wird ab heute.');
    expect(sentence('Customer 0190aaaa was not found, or is not yours to see.')).toBe('Customer 0190aaaa: nicht gefunden, oder nicht für Sie zu sehen.');
    expect(sentence('Webhooks is for the role admin. Ask one of them.')).toBe('Webhooks: nur für die Rolle admin. Fragen Sie dort.');
    expect(sentence("No territory has this place. Ben Roth is entered as the customer's owner.")).toBe('Kein Gebiet hat diesen Ort. Ben Roth ist als Betreuer des Kunden eingetragen.');
    expect(sentence('Anna Kern does not work on 2026-11-24 any more. Plan on from here.')).toBe('Anna Kern arbeitet am 24. November 2026 nicht mehr. Planen Sie von hier aus weiter.');
    expect(sentence('Post was visited by somebody else since this was planned. Plan the day anew.')).toBe('Post hat inzwischen jemand anders besucht. Planen Sie den Tag neu.');
  });
});
