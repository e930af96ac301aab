/** Parameters of permessage-deflate, by name; `true` for one without a value. */
export type DeflateParameters = ReadonlyMap<string, string | true>;

const NAME = 'permessage-deflate';
const WINDOW = /^([89]|1[0-5])$/;
const FLAGS = ['server_no_context_takeover', 'client_no_context_takeover'];
const WINDOWS = ['server_max_window_bits', 'client_max_window_bits'];

/** Lists what a header `Sec-WebSocket-Extensions` says of permessage-deflate. */
export function readDeflate(header: string | undefined): DeflateParameters[] {
  return (header ?? '')
    .split(',')
    .map((one) => one.split(';').map((part) => part.trim()))
    .filter(([name]) => name === NAME)
    .map(([, ...parts]) => new Map(parts.map(readPart)));
}

function readPart(part: string): [name: string, value: string | true] {
  const [name = '', value] = part.split('=');
  return [name.trim(), value === undefined ? true : value.trim().replaceAll('"', '')];
}

/** Says what is wrong with the answer of a server to these offers (RFC 7692 §7.1), in words; `undefined` if nothing is. */
export function findAnswerProblem(answer: DeflateParameters, offers: readonly DeflateParameters[]): string | undefined {
  for (const [name, value] of answer) {
    if (FLAGS.includes(name) && value === true) continue;
    if (WINDOWS.includes(name) && typeof value === 'string' && WINDOW.test(value)) continue;
    return `the answer has ${name}${value === true ? '' : `=${value}`}, which it cannot have (RFC 7692 §7.1)`;
  }
  if (offers.some((offer) => isAnswerTo(answer, offer))) return undefined;
  return 'the answer is none to what was offered (RFC 7692 §7.1)';
}

function isAnswerTo(answer: DeflateParameters, offer: DeflateParameters): boolean {
  if (!isValidOffer(offer)) return false;
  if (offer.has('server_no_context_takeover') && !answer.has('server_no_context_takeover')) return false;
  if (answer.has('client_max_window_bits') && !offer.has('client_max_window_bits')) return false;
  const wanted = offer.get('server_max_window_bits');
  const got = answer.get('server_max_window_bits');
  if (typeof wanted === 'string' && !(typeof got === 'string' && Number(got) <= Number(wanted))) return false;
  return true;
}

function isValidOffer(offer: DeflateParameters): boolean {
  return Array.from(offer).every(([name, value]) => {
    if (FLAGS.includes(name)) return value === true;
    if (!WINDOWS.includes(name)) return false;
    return value === true ? name === 'client_max_window_bits' : WINDOW.test(value);
  });
}
