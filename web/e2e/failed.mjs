// Beside what is printed: the files in which a test failed, one to a line, each once, as `late FILE` where it waited in
// vain and as `wrong FILE` where it found something other than it should.
export default async function* failed(source) {
  const told = new Set();
  for await (const { type, data } of source) {
    if (type !== 'test:fail') continue;
    const line = `${data.details.error.cause?.name === 'TimeoutError' ? 'late' : 'wrong'} ${data.file}\n`;
    if (!told.has(line)) yield line;
    told.add(line);
  }
}
