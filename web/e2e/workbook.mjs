// A small Excel workbook: sheets of texts and numbers, packed without compression.
const NAMES = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const LINKS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006/relationships';

/** The check sum that a ZIP archive keeps of each file (CRC-32, as in ISO 3309). */
function checkSum(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** A ZIP archive of files, stored as they are. */
function zip(files) {
  const bodies = [];
  const index = [];
  let at = 0;
  for (const [name, text] of files) {
    const body = Buffer.from(text);
    const title = Buffer.from(name);
    // Version 2.0, stored, no time; then check sum, sizes and the length of the name.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(checkSum(body), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(body.length, 18);
    common.writeUInt16LE(title.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    bodies.push(Buffer.from('PK\x03\x04'), common, title, body);
    index.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, place, title);
    at += 30 + title.length + body.length;
  }
  const listed = Buffer.concat(index);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...bodies, listed, Buffer.from('PK\x05\x06'), end]);
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** A cell: a number, a day (`Date`) or a text. */
function cell(value, row, column) {
  const at = `r="${String.fromCharCode(65 + column)}${row + 1}"`;
  if (value === null || value === '') return '';
  if (typeof value === 'number') return `<c ${at}><v>${value}</v></c>`;
  // Days since the end of 1899, in the format of a day.
  if (value instanceof Date) return `<c ${at} s="1"><v>${Math.round(value.getTime() / 86_400_000) + 25_569}</v></c>`;
  return `<c ${at} t="inlineStr"><is><t>${escape(value)}</t></is></c>`;
}

/** The bytes of a workbook; each sheet has a `name`, `rows` of cells, and may be `hidden`. */
export function workbook(sheets) {
  const numbered = sheets.map((sheet, i) => ({ ...sheet, n: i + 1 }));
  return zip([
    ['[Content_Types].xml', `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>`],
    ['_rels/.rels', `<Relationships xmlns="${PACKAGE}"><Relationship Id="rId1" Type="${LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
    ['xl/workbook.xml', `<workbook xmlns="${NAMES}" xmlns:r="${LINKS}"><sheets>${numbered.map(({ name, n, hidden }) => `<sheet name="${escape(name)}" sheetId="${n}"${hidden ? ' state="hidden"' : ''} r:id="rId${n}"/>`).join('')}</sheets></workbook>`],
    ['xl/_rels/workbook.xml.rels', `<Relationships xmlns="${PACKAGE}">${numbered.map(({ n }) => `<Relationship Id="rId${n}" Type="${LINKS}/worksheet" Target="worksheets/sheet${n}.xml"/>`).join('')}<Relationship Id="rIdS" Type="${LINKS}/styles" Target="styles.xml"/></Relationships>`],
    ['xl/styles.xml', `<styleSheet xmlns="${NAMES}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`],
    ...numbered.map(({ n, rows }) => [`xl/worksheets/sheet${n}.xml`, `<worksheet xmlns="${NAMES}"><sheetData>${rows.map((cells, row) => `<row r="${row + 1}">${cells.map((value, column) => cell(value, row, column)).join('')}</row>`).join('')}</sheetData></worksheet>`]),
  ]);
}
