// Beside what is printed: the files in which a test failed, one to a line, each once.
export default async function* failed(source) {
  const told = new Set();
  for await (const { type, data } of source) {
    const { file } = data;
    if (type !== 'test:fail' || !file || told.has(file)) continue;
    told.add(file);
    yield `${file}\n`;
  }
}
