// Beside what is printed: the files in which a test failed, one to a line, each once. `late FILE`: it waited in vain, or its page
// asked about something that was taken back at that very moment, which the browser logs. `wrong FILE`: it found something other
// than it should.
const gone = /^console: Failed to load resource: the server responded with a status of 404 /;

/** Whether another run can tell a fault of the moment from one of the page. */
function ofTheMoment(cause) {
  if (cause?.name === 'TimeoutError') return true;
  return cause?.code === 'ERR_ASSERTION' && Array.isArray(cause.actual) && cause.actual.length > 0 && cause.actual.every((one) => gone.test(one));
}

export default async function* failed(source) {
  const told = new Set();
  for await (const { type, data } of source) {
    if (type !== 'test:fail') continue;
    const line = `${ofTheMoment(data.details.error.cause) ? 'late' : 'wrong'} ${data.file}\n`;
    if (!told.has(line)) yield line;
    told.add(line);
  }
}
