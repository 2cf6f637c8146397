// Reasons of plans in German. A plan keeps its reasons in the language of whoever planned it; who reads it may read another.
import type { Turn } from './said';

/** Why a visit stands where it does. */
const there: readonly Turn[] = [
  ['{days} overdue', '{days} überfällig'], ['due today', 'heute fällig'], ['due in {inDays}', 'in {inDays} fällig'],
  ['promised for {time}, {n} min late', 'zugesagt für {time}, {n} Min. zu spät'], ['promised for {time}', 'zugesagt für {time}'],
  ['time fixed by hand', 'Uhrzeit von Hand gesperrt'], ['place in the order fixed by hand', 'Reihenfolge von Hand gesperrt'],
  ['added by hand', 'von Hand aufgenommen'], ['left out by hand', 'von Hand ausgelassen'],
  ['on the way, no detour', 'auf dem Weg, kein Umweg'], ['on the way, {n} min', 'auf dem Weg, {n} Min.'],
  ['any other place in the order costs {n} min more', 'jede andere Stelle im Tag kostet {n} Min. mehr'],
  ['fits nowhere else in the order', 'passt an keine andere Stelle im Tag'], ['{weekday} {date} costs {n} min more', '{weekday}, {date} kostet {n} Min. mehr'],
  ['every {every}: {dates}', '{every}: {dates}'],
  ['deal closing {date}', 'Abschluss erwartet am {date}'], ['campaign {name}, until {date}', 'Kampagne {name}, bis {date}'],
  ['opening hours cannot be read, taken as open{text}', 'Öffnungszeiten nicht lesbar, gilt als offen{text}'],
];

/** Why a visit is not planned. */
const leftOut: readonly Turn[] = [
  ['closed on every working day', 'an allen Arbeitstagen geschlossen'], ['closed on {n} of {of} working days', 'an {n} von {of} Arbeitstagen geschlossen'],
  ['closed on {weekday} {date}', 'am {weekday}, {date} geschlossen'], ['its address is not placed on the map yet', 'Adresse noch nicht auf der Karte'],
  ['no road leads there', 'keine Straße führt dorthin'], ['you are away', 'Abwesenheit'], ['{name} is away on {n} of {of} working days', '{name} fehlt an {n} von {of} Arbeitstagen'],
  ['less urgent than the {n} that the day was planned from', 'weniger dringend als die {n}, aus denen der Tag geplant wurde'], ['not due yet, {claim}', 'noch nicht fällig, {claim}'],
  ['no time left ({n} min short)', 'keine Zeit mehr ({n} Min. zu wenig)'], ['would be reached {n} min after it closes', 'würde {n} Min. nach Schluss erreicht'],
  ['{name} would be reached {n} min too late', '{name} würde {n} Min. zu spät erreicht'], ['too far for one day, by {n} min', 'für einen Tag zu weit, um {n} Min.'],
  ['takes {n} min longer than the day', 'dauert {n} Min. länger als der Tag'], ['{n} min over the most you drive in a day', '{n} Min. über Ihrer längsten Fahrzeit am Tag'],
  ['lunch would no longer fit', 'die Mittagspause passte nicht mehr'], ['less urgent than what is planned', 'weniger dringend als das Geplante'],
  ['less urgent than {names}', 'weniger dringend als {names}'], ['the fixed order leaves no room', 'die gesperrte Reihenfolge lässt keinen Platz'],
  ['would need the time of {names}', 'bräuchte die Zeit von {names}'], ['not before {time}', 'nicht vor {time}'], ['that day is fixed', 'der Tag ist festgelegt'],
  ['nobody who may go works in these weeks', 'niemand Zuständiges arbeitet in diesen Wochen'], ['is visited on that day already', 'wird an dem Tag schon besucht'],
  ['not together with {name}', 'nicht zusammen mit {name}'], ['the car is full', 'das Auto ist voll'],
  ['no room on {weekdays}', 'kein Platz am {weekdays}'],
  ['sooner than {days} after another visit', 'früher als {days} nach einem anderen Besuch'], ['cannot be kept together with {names}', 'nicht zu halten zusammen mit {names}'],
  ['needs a skill the rep lacks', 'erfordert eine fehlende Befähigung'],
];

/** What is so with a whole day, and where it begins. */
const day: readonly Turn[] = [
  ['Planned from {time} on; the working day began at {begin}.', 'Geplant ab {time} Uhr; der Arbeitstag begann um {begin} Uhr.'],
  ['No lunch break: from {time} on there is no room for it in its hours.', 'Keine Mittagspause: Ab {time} Uhr ist in ihrer Zeit kein Platz mehr.'],
  ['The working day ended at {time}: nothing more is planned for it.', 'Der Arbeitstag endete um {time} Uhr: Es wird nichts mehr geplant.'],
  ['{n} visits, {km} km so far', 'bisher {n} Besuche, {km} km'], ['From here', 'Von hier'], ['Stopped before it began.', 'Angehalten, bevor es anfing.'],
  ['{n} min of driving', '{n} Min. Fahrt'], ['campaign {name}', 'Kampagne {name}'],
];

/** Everything that a stored plan says; what is closer stands before what fits more. */
export const planned: readonly Turn[] = [...there, ...leftOut, ...day];
