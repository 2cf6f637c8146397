// What the server says in English, in German: sentences with their gaps, the closer one before the more general.
// `{thing}` is a kind of record and its title, `{type}` a kind of record, `{fields}` stored names of fields.
import { refusals } from './refusals';

export type Turn = readonly [english: string, german: string];

/** What an address search found and what not; several of these stand in one sentence, parted by commas. */
export const found: readonly Turn[] = [
  ['{name} with one letter different', '{name} mit einem anderen Buchstaben'],
  ['{name} with {n} letters different', '{name} mit {n} anderen Buchstaben'],
  ['{name} from a part or another form of its name', '{name} nach einem Teil oder einer anderen Form des Namens'],
  ['{name} by name', '{name} dem Namen nach'],
  ['house {number} in a range of numbers', 'Haus {number} in einem Bereich von Nummern'],
  ['house {number} only with another letter', 'Haus {number} nur mit anderem Buchstaben'],
  ['house {number} placed between neighbours {metres} m apart', 'Haus {number} zwischen Nachbarn im Abstand von {metres} m'],
  ['house {number} placed beyond the last known number', 'Haus {number} hinter der letzten bekannten Nummer'],
  ['house {number} unknown there', 'Haus {number} dort unbekannt'],
  ['house {number}', 'Haus {number}'],
  ['its point from {source}', 'der Punkt aus {source}'],
  ['the postcode agrees', 'die Postleitzahl stimmt'],
  ['the postcode is another', 'die Postleitzahl ist eine andere'],
  ['the postcode there is {postcode}', 'die Postleitzahl dort ist {postcode}'],
  ['the town agrees', 'der Ort stimmt'],
  ['the town is taken for {city}', 'der Ort ist als {city} verstanden'],
  ['the town there is {city}', 'der Ort dort ist {city}'],
  ['the one named is {far} km away', 'der genannte liegt {far} km entfernt'],
  ['the one named is {far} m away', 'der genannte liegt {far} m entfernt'],
  ['another is named', 'genannt ist ein anderer'],
  ['no town was given', 'kein Ort ist genannt'],
  ['the country is another', 'das Land ist ein anderes'],
  ['nothing explains “{words}”', 'nichts erklärt „{words}“'],
];

/** Why a place belongs to whom it belongs. */
const ladder: readonly Turn[] = [
  ['On record for {territory}; the rules as they stand would say otherwise', 'Eingetragen für {territory}; die Regeln, wie sie stehen, sagten etwas anderes'],
  ['The place is on no map, so no area can hold it', 'Der Standort ist auf keiner Karte, also kann keine Fläche ihn fassen'],
  ['Not held by name', 'Nicht namentlich zugeteilt'],
  ['On no list of customers that must be in a territory', 'Auf keiner Liste von Kunden, die in einem Gebiet sein müssen'],
  ['No rule about customers applies', 'Keine Regel über Kunden trifft zu'],
  ['Inside no drawn area', 'In keiner gezeichneten Fläche'],
  ['In no block of a territory', 'In keinem Baustein eines Gebiets'],
  ['In no reach of a territory', 'In keinem Fahrzeitbereich eines Gebiets'],
  ['In no cell of a computed plan', 'In keiner Zelle eines berechneten Plans'],
  ['No territory takes what is nearest', 'Kein Gebiet nimmt, was am nächsten liegt'],
  ['The customer has no owner', 'Der Kunde hat keinen Betreuer'],
  ["{name} is entered as the customer's owner", '{name} ist als Betreuer des Kunden eingetragen'],
  // What decided between two that claim it stands behind a semicolon.
  ['{claim}, and of {others}; {name} has the higher priority ({a} against {b})', '{claim}, und von {others}; {name} hat den höheren Vorrang ({a} gegen {b})'],
  ['{claim}, and of {others}; {name} is the smaller area ({a} against {b} km²)', '{claim}, und von {others}; {name} ist die kleinere Fläche ({a} gegen {b} km²)'],
  ['{claim}, and of {others}; {name} is nearer', '{claim}, und von {others}; {name} liegt näher'],
  ['{claim}, and of {others}; {name} is the older territory', '{claim}, und von {others}; {name} ist das ältere Gebiet'],
  ['Held by name by {territory}', 'Namentlich zugeteilt: {territory}'],
  ['On the list of {territory}', 'Auf der Liste von {territory}'],
  ['Meets the rule of {territory}: {rule}', 'Erfüllt die Regel von {territory}: {rule}'],
  ['Meets the rule of {territory}', 'Erfüllt die Regel von {territory}'],
  ['Exactly on the border of {territory}, which no neighbour claims', 'Genau auf der Grenze von {territory}, die kein Nachbar beansprucht'],
  ['Inside the drawn area of {territory}', 'In der gezeichneten Fläche von {territory}'],
  ['In block {block} of {territory}', 'Im Baustein {block} von {territory}'],
  ['In the reach of {territory}', 'Im Fahrzeitbereich von {territory}'],
  ['In the computed area of {territory}', 'In der berechneten Fläche von {territory}'],
  ['Nearest to {territory}', 'Am nächsten zu {territory}'],
  // Whose it was before, with the version of the territory that brought it.
  ['{claim}, version {n}', '{claim}, Fassung {n}'], ['Held by name', 'Namentlich zugeteilt'], ['Inside the drawn area', 'In der gezeichneten Fläche'], ['By a rule', 'Nach einer Regel'],
  ['In a block', 'In einem Baustein'], ['In reach', 'Im Fahrzeitgebiet'], ['Open deals stay for a while', 'Offene Chancen bleiben eine Weile'], ['By hand', 'Von Hand'],
];

/** Steps of a scenario. */
const steps: readonly Turn[] = [
  ['1 place: {from} → {to}', '1 Ort: {from} → {to}'], ['{n} places: {from} → {to}', '{n} Orte: {from} → {to}'],
  ['Capacity of {territory}: {n} h', 'Kapazität von {territory}: {n} h'], ['No capacity for {territory}', 'Keine Kapazität für {territory}'],
  ['Rename {territory} to {name}', '{territory} heißt jetzt {name}'], ['Colour of {territory}', 'Farbe von {territory}'], ['Priority of {territory}', 'Vorrang von {territory}'],
  ['Who works {territory}', 'Wer {territory} betreut'], ['New territory {name}', 'Neues Gebiet {name}'], ['One territory more: {name}', 'Ein Gebiet mehr: {name}'],
  ['{name} is given up, its customers go to the neighbours', '{name} wird aufgegeben, die Kunden gehen an die Nachbarn'],
  ['Remove {territory}, its customers go to {heir}', '{territory} entfernt, die Kunden gehen an {heir}'], ['Remove {territory}', '{territory} entfernt'],
];

/** The history that the demo begins with. */
const demo: readonly Turn[] = [
  ['Visit reports of {day}', 'Besuchsberichte vom {day}'], ['Took the case', 'Fall übernommen'], ['Solved the case', 'Fall gelöst'], ['Closed the case', 'Fall abgeschlossen'], ['Asked the customer', 'Kunden gefragt'],
  ['Answers to the campaign', 'Antworten auf die Kampagne'], ['Appointments', 'Termine'], ['Sent the quote', 'Angebot verschickt'], ['Wrote a quote', 'Angebot geschrieben'], ['Status of the order', 'Stand des Auftrags'],
  ['The quote became an order', 'Aus dem Angebot wurde ein Auftrag'], ['New opportunity with {customer}', 'Neue Verkaufschance bei {customer}'], ['Revenue of the quarter', 'Umsatz des Quartals'], ['Installed a product', 'Produkt installiert'],
  ['{customer} is a customer now', '{customer} ist jetzt Kunde'], ['{deal} goes on', '{deal} geht weiter'], ['{deal} is won', '{deal} ist gewonnen'], ['{deal} is lost', '{deal} ist verloren'],
];

/** What was done, as the history names it. */
const done: readonly Turn[] = [
  ['Undo: {step}', 'Zurückgenommen: {step}'], ...demo,
  ['New case', 'Neuer Fall'], ['New lead', 'Neuer Lead'], ['A call', 'Anruf'], ['A case came in', 'Ein Fall kam herein'], ['A lead came in', 'Ein Lead kam herein'],
  ['Checked a lead', 'Lead geprüft'], ['Converted the lead {name}', 'Lead {name} übernommen'], ['Merged {other} into {kept}', '{other} mit {kept} zusammengeführt'],
  ['New revision of {number}', 'Neue Fassung von {number}'], ['Accepted {number}', '{number} angenommen'], ['Handed over {number}', '{number} übergeben'],
  ['{number} is late', '{number} ist zu spät'], ['Book an appointment', 'Termin gebucht'], ['Working hours', 'Arbeitszeiten'],
  ['Accept the plan of {day}, {n} visits', 'Plan vom {day} angenommen, {n} Besuche'], ['Plan {day}', 'Plan {day}'],
  ['Undo import', 'Import zurückgenommen'], ['Import {file}', 'Import {file}'], ['Look up addresses', 'Adressen gesucht'], ['Look an address up', 'Adresse gesucht'],
  ['Put the pin by hand', 'Nadel von Hand gesetzt'], ['Put {n} places into {city}', '{n} Orte nach {city} gelegt'], ['Move places', 'Orte verschoben'],
  ['Kept a segment as a list', 'Segment als Liste behalten'], ['Started {campaign}', '{campaign} gestartet'], ['Stopped {campaign}', '{campaign} gestoppt'], ['Sent {campaign}', '{campaign} verschickt'],
  ['Entered a response', 'Antwort eingetragen'], ['Followed a link', 'Link geöffnet'], ['Answered by a link', 'Über einen Link geantwortet'],
  ['Mail sent again', 'E-Mail noch einmal verschickt'], ['Mail to {address} came back', 'E-Mail an {address} kam zurück'], ['Mail from {address}', 'E-Mail von {address}'], ['Mail: {subject}', 'E-Mail: {subject}'],
  ['Commented on {thing}', 'Kommentar zu {thing}'], ['Remove a comment', 'Kommentar entfernt'], ['Attached {file}', '{file} angehängt'], ['Upload {file}', '{file} hochgeladen'],
  ['Erased a person ({type})', 'Eine Person gelöscht ({type})'], ['Noted the erasure of a person ({type})', 'Löschung einer Person vermerkt ({type})'],
  ['Change the rights of {role}', 'Rechte von {role} geändert'], ['Add user {name}', 'Benutzer {name} hinzugefügt'],
  ['New scenario {name}', 'Neues Szenario {name}'], ['Comment on {name}', 'Kommentar zu {name}'], ['Object to {name}', 'Einspruch gegen {name}'], ['Describe scenario {name}', 'Szenario {name} beschrieben'], ['Discard scenario {name}', 'Szenario {name} verworfen'],
  ['Publish {name} from {day}', '{name} ab {day} veröffentlichen'], ['Publish {name}', '{name} veröffentlicht'], ['Withdraw an objection', 'Einspruch zurückgezogen'], ['Withdraw {name}', '{name} zurückgezogen'], ['Revert {name}', '{name} zurückgenommen'],
  ['Accept an objection', 'Einspruch angenommen'], ['Decline an objection', 'Einspruch abgelehnt'], ['Ask for changes of {name}', 'Änderungen an {name} gewünscht'],
  ['{name}: {step}', '{name}: {step}'],
  ['Move {n} place to {territory}', '{n} Ort nach {territory}'], ['Move {n} places to {territory}', '{n} Orte nach {territory}'],
  ['Give {territory} to {person}', '{territory} an {person} gegeben'], ['Block {block} of {a} and block {other} of {b} overlap near {place} ({size}): {who} has it.', 'Block {block} von {a} und Block {other} von {b} überschneiden sich bei {place} ({size}): {who} hat die Fläche.'], ['The reaches of {a} and {b} overlap near {place} ({size}): {who} has it.', 'Die Fahrzeitgebiete von {a} und {b} überschneiden sich bei {place} ({size}): {who} hat die Fläche.'], ['{a} and {b} overlap near {place} ({size}): {who} has it.', '{a} und {b} überschneiden sich bei {place} ({size}): {who} hat die Fläche.'], ['{a} and {b} both list {codes}: {who} has it.', '{a} und {b} nennen beide {codes}: {who} hat sie.'],
  ['Settle the overlap of {a} and {b}', 'Überschneidung von {a} und {b} geklärt'], ['Take in {n} territories', '{n} Gebiete eingelesen'],
  ['Draw {territory}', '{territory} gezeichnet'], ['Change the border of {territory}', 'Grenze von {territory} geändert'], ['Change who works {territory}', 'Wer {territory} betreut, geändert'],
  ['{territory} holds since {day}', '{territory} gilt seit {day}'],
  ['Change {fields} of {type}', '{type}: {fields} geändert'], ['Add {thing}', '{thing} angelegt'], ['Delete {type}', '{type} gelöscht'], ['Change {territory}', '{territory} geändert'],
];

/** What a row of a file, or a field, lacks. */
const faults: readonly Turn[] = [
  ['{fault}; is there a letter O for a zero?', '{fault}; steht da ein Buchstabe O statt einer Null?'], ['{fault}; is there a letter for a one?', '{fault}; steht da ein Buchstabe statt einer Eins?'],
  ['expected an amount, like {example}', 'erwartet wird ein Betrag wie {example}'], ['expected an amount', 'erwartet wird ein Betrag'],
  ['expected a date, or a date and a time', 'erwartet wird ein Datum, auch mit Uhrzeit'], ['expected a date', 'erwartet wird ein Datum'],
  ['expected a whole number', 'erwartet wird eine ganze Zahl'], ['expected a number', 'erwartet wird eine Zahl'], ['expected yes or no', 'erwartet wird ja oder nein'],
  ['expected one of {choices}', 'erwartet wird eines von {choices}'], ['expected an e-mail address', 'erwartet wird eine E-Mail-Adresse'],
  ['expected a web address that begins with https:// or http://', 'erwartet wird eine Web-Adresse, die mit https:// oder http:// beginnt'],
  ['expected degrees, like 13.2606', 'erwartet werden Grad wie 13.2606'], ['expected degrees between {a} and {b}', 'erwartet werden Grad zwischen {a} und {b}'],
  ['is longer than {n} characters', 'ist länger als {n} Zeichen'], ['has {n} characters, at most {max} are kept', 'hat {n} Zeichen, höchstens {max} werden behalten'],
  ['must not be empty', 'darf nicht leer sein'], ['the end must not be before the start', 'das Ende darf nicht vor dem Anfang liegen'], ['is set by the program only', 'wird nur vom Programm gesetzt'],
  ['more than one {what} is called so', 'mehrere heißen so ({what})'], ['no {what} is called so', 'niemand und nichts heißt so ({what})'],
  ['there is no stage of this name; the deal goes to the first one, and the name is kept', 'diese Phase gibt es nicht; die Chance kommt in die erste, der Name bleibt erhalten'],
  ['{column}: {fault}', '{column}: {fault}'],
];

/** Why something was not done, and what is so. */
const refused: readonly Turn[] = [
  ['Counted within {territories} only', 'Nur innerhalb von {territories} gezählt'],
  ['It is {status} and stays as it is. Make a new revision instead.', 'Das ist schon {status} und bleibt, wie es ist. Für Änderungen gibt es eine neue Fassung.'],
  ['A quote without lines offers nothing. Add one first.', 'Ein Angebot ohne Positionen bietet nichts an. Zuerst eine hinzufügen.'],
  ['This lead has been converted. Open the customer it became.', 'Dieser Lead wurde übernommen. Öffnen Sie den Kunden, der daraus wurde.'],
  ['Converting a lead makes it a customer: press Convert.', 'Zum Kunden wird ein Lead mit „Übernehmen“.'],
  ['A closed opportunity keeps the territory it was closed in. Reopen it first.', 'Eine abgeschlossene Verkaufschance behält ihr Gebiet. Zuerst wieder öffnen.'],
  ['Say why it was lost, in a few words.', 'Sagen Sie mit ein paar Worten, warum verloren wurde.'],
  ['Say how it was solved, in a few words.', 'Sagen Sie mit ein paar Worten, wie es gelöst wurde.'],
  ['No road leads to the case\'s place: {reason}. Move its pin.', 'Zum Ort des Falls führt keine Straße ({reason}). Versetzen Sie seine Nadel.'],
  ['The case has no place on the map. Give its customer an address, or set the location of the case.', 'Der Fall hat keinen Ort auf der Karte. Geben Sie dem Kunden eine Adresse oder dem Fall einen Standort.'],
  ['An erasure cannot be undone: it is done only when the name is repeated as it is on record.', 'Eine Löschung lässt sich nicht zurücknehmen: Sie geschieht nur, wenn der Name wiederholt wird, wie er eingetragen ist.'],
  ['Nobody of the segment can be addressed by these ways.', 'Niemand im Segment ist auf diesen Wegen anzusprechen.'],
  ['Say by which ways: e-mail, letter, call or visit.', 'Sagen Sie, auf welchen Wegen: E-Mail, Brief, Anruf oder Besuch.'],
  ['Say for whom: choose a segment.', 'Sagen Sie, für wen: Wählen Sie ein Segment.'], ['A campaign ends after it begins.', 'Eine Kampagne endet, nachdem sie beginnt.'],
  ['A record cannot be merged with itself.', 'Ein Datensatz lässt sich nicht mit sich selbst zusammenführen.'],
  ['There is no address to look up.', 'Es gibt keine Adresse zu suchen.'], ['Put there by hand.', 'Von Hand dorthin gesetzt.'],
  ['This pin is locked. Unlock it to look the address up again.', 'Diese Nadel ist festgehalten. Lösen Sie sie, um die Adresse neu zu suchen.'],
  ['A password has at least 8 characters.', 'Ein Passwort hat mindestens 8 Zeichen.'], ['A password has {a} to {b} characters.', 'Ein Passwort hat {a} bis {b} Zeichen.'],
  ['The role admin keeps all rights, so that nobody is locked out.', 'Die Rolle Verwaltung behält alle Rechte, damit niemand ausgesperrt wird.'],
  ['Nobody has working hours yet. Set hours and a home for each rep in Admin, then plan.', 'Noch niemand hat Arbeitszeiten. Tragen Sie in der Verwaltung Zeiten und Wohnort ein, dann planen Sie.'],
  ['This cycle is still being planned. Stop it first.', 'Dieser Zyklus wird noch geplant. Zuerst anhalten.'], ['This plan is accepted already.', 'Dieser Plan ist schon angenommen.'],
  ["A newer plan took this one's place. Plan the day anew.", 'Ein neuerer Plan trat an seine Stelle. Planen Sie den Tag neu.'],
  ['The address begins with https:// or http://.', 'Die Adresse beginnt mit https:// oder http://.'],
  ['The address is 3 to 60 small letters, digits and hyphens.', 'Die Adresse hat 3 bis 60 kleine Buchstaben, Ziffern und Bindestriche.'],
  ['You may look at this {type}, but not change it.', 'Ansehen dürfen Sie das ({type}), aber nicht ändern.'],
  ['The name has {n} characters, at most 120 are kept.', 'Der Name hat {n} Zeichen, höchstens 120 werden behalten.'],
  ['Give the scenario a name.', 'Geben Sie dem Szenario einen Namen.'], ['It has to be approved by somebody else first.', 'Zuerst muss es jemand anders freigeben.'],
  ['Somebody else has to approve: you made this scenario or asked for its approval.', 'Freigeben muss es jemand anders: Sie haben dieses Szenario gemacht oder um Freigabe gebeten.'],
  ['It is published. Copy it, or begin a new one.', 'Es ist veröffentlicht. Kopieren Sie es, oder beginnen Sie ein neues.'], ['It waits for its date. Withdraw it first.', 'Es wartet auf seinen Tag. Zuerst zurückziehen.'],
  ['It was published and reverted. Copy it to go on.', 'Es wurde veröffentlicht und zurückgenommen. Mit einer Kopie geht es weiter.'],
  ['This scenario changes nothing, so there is nothing to publish.', 'Dieses Szenario ändert nichts, also gibt es nichts zu veröffentlichen.'],
  ['Somebody changed this scenario at the same moment. Nothing was written; look again.', 'Jemand hat dieses Szenario im selben Moment geändert. Nichts wurde geschrieben; sehen Sie noch einmal nach.'],
  ['There is no step to do again.', 'Es gibt keinen Schritt zu wiederholen.'], ['There is no step to take back.', 'Es gibt keinen Schritt zurückzunehmen.'], ['You objected to this move already.', 'Sie haben dagegen schon Einspruch erhoben.'],
  ['Late: {case}', 'Zu spät: {case}'], ['Call from {number}', 'Anruf von {number}'], ['Call to {number}', 'Anruf bei {number}'],
];

/** What an opportunity warns of. */
const alerts: readonly Turn[] = [
  ['{n} days in this stage; {most} is the aim', '{n} Tage in dieser Phase; {most} sind das Ziel'], ['Was to close on {day}', 'Sollte am {day} abgeschlossen sein'], ['No task and no next step', 'Keine Aufgabe und kein nächster Schritt'],
];

/** Put together by the server from what is counted; several stand one after another. */
const counted: readonly Turn[] = [
  ['1 place changes owner {when}.', '1 Ort wechselt {when} den Zuständigen.'], ['{n} places change owner {when}.', '{n} Orte wechseln {when} den Zuständigen.'],
  ['1 open deal stays with {who} for {days}.', '1 offene Chance bleibt {days} bei {who}.'], ['{n} open deals stay with {who} for {days}.', '{n} offene Chancen bleiben {days} bei {who}.'],
  ['1 open deal stays with {who}.', '1 offene Chance bleibt bei {who}.'], ['{n} open deals stay with {who}.', '{n} offene Chancen bleiben bei {who}.'],
  ['1 open deal passes to the new owner.', '1 offene Chance geht an den neuen Zuständigen.'], ['{n} open deals pass to the new owner.', '{n} offene Chancen gehen an den neuen Zuständigen.'],
  ['{name} was visited by somebody else since this was planned. Plan the day anew.', '{name} hat inzwischen jemand anders besucht. Planen Sie den Tag neu.'], ['{name} was planned for another day since this was planned. Plan the day anew.', '{name} ist inzwischen für einen anderen Tag geplant. Planen Sie den Tag neu.'],
  ['1 rep gets a list with reasons.', '1 Vertreter bekommt eine Liste mit Gründen.'], ['{n} reps get a list with reasons.', '{n} Vertreter bekommen eine Liste mit Gründen.'],
];

/** Sentences. */
export const sentences: readonly Turn[] = [...ladder, ...refused, ...refusals, ...alerts, ...counted, ...faults];
/** Those whose words stand in the server's source as they are said. */
export const verbatim: readonly Turn[] = sentences.filter((turn) => !counted.includes(turn));
/** Names of changes: a step of a scenario, or what was done elsewhere. */
export const labels: readonly Turn[] = [...steps, ...done];
