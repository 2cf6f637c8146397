// How entries of a customer's timeline read that arrive by their stored words.

/** The status of a case or an order in words, and what follows it, such as its number in the ERP: `shipped SAP-77`. */
export function statusWords(text: string, word: (status: string) => string): string {
  const [status = '', ...rest] = text.split(' ');
  return [word(status), rest.join(' ')].filter(Boolean).join(' · ');
}
