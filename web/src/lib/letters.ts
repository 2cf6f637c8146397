// What people type around a message: addresses in a line, a subject that is an answer.

/** The addresses of a line, separated by commas, semicolons, spaces or line breaks; `Name <a@b>` gives `a@b`. */
export function addressesIn(line: string): string[] {
  const bare = line.replace(/[^<>,;\n]*<([^<>]*)>/g, ' $1 ');
  return [...new Set(bare.split(/[\s,;]+/).filter(Boolean))];
}

/** A subject as an answer has it, once: `Re: Offer`. */
export function answerSubject(subject: string): string {
  return /^(re|aw|antw)\s*:/i.test(subject.trim()) ? subject.trim() : `Re: ${subject.trim()}`;
}
