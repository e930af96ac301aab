/** What stands for itself in a token of a subject. */
const PLAIN = /[A-Za-z0-9_-]/;

const ESCAPED = /=([0-9A-F]{2})/g;

/**
 * Writes the name of a topic as tokens of a subject of NATS: `/` becomes `.`, and each byte but letters, digits, `_` and `-` becomes `=XX`. Two names never become
 * the same.
 *
 * @param topic - checked
 */
export function toNatsSubject(topic: string): string {
  return topic.split('/').map(toNatsToken).join('.');
}

/** Reads what {@link toNatsSubject} has written; `undefined` for what it cannot have written. */
export function fromNatsSubject(subject: string): string | undefined {
  const topic = subject.split('.').map(fromNatsToken).join('/');
  return toNatsSubject(topic) === subject ? topic : undefined;
}

/** Writes any text as one token of a subject. */
export function toNatsToken(text: string): string {
  let token = '';
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte);
    token += PLAIN.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return token;
}

function fromNatsToken(token: string): string {
  const bytes = token.replaceAll(ESCAPED, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
