import type { CompressionSpec, ConformanceCase } from '../model/case.ts';
import type { HttpHead, ResponseSpec } from '../model/http.ts';
import { findAnswerProblem, readDeflate, type DeflateParameters } from '../opening/compression.ts';
import { fieldOf } from '../opening/head.ts';
import { MessageInflater } from '../wire/deflate.ts';
import type { Opened } from './case-run.ts';
import type { Link } from './link.ts';

const FIELD = 'sec-websocket-extensions';
const NOT_AGREED = 'does not agree to permessage-deflate';

/** Takes what a server has answered to our offers. */
export function agreeWithServer(link: Link, head: HttpHead, { offer, refersBack, isInvalid }: CompressionSpec): Opened {
  const [answer] = readDeflate(fieldOf(head, FIELD));
  if (answer === undefined) return isInvalid === true ? {} : { unimplemented: NOT_AGREED };
  const problem = findAnswerProblem(answer, readDeflate(offer));
  if (problem !== undefined) return { problem };
  if (refersBack === true && answer.has('client_no_context_takeover')) {
    return { unimplemented: 'does not allow its client to refer back' };
  }
  link.observer.agreeOnCompression(createInflater(answer, 'server'));
  return {};
}

/** Answers what a client offers, if it offers permessage-deflate and the case has an answer to it. */
export function agreeWithClient(
  { link, head }: { readonly link: Link; readonly head: HttpHead },
  { response, compression }: ConformanceCase,
): { readonly response: ResponseSpec | undefined; readonly unimplemented: string | undefined } {
  if (compression === undefined) return { response, unimplemented: undefined };
  const offers = readDeflate(fieldOf(head, FIELD));
  if (offers.length === 0) return { response, unimplemented: 'does not offer permessage-deflate' };
  const { answer, isInvalid } = compression;
  const [answered = new Map<string, string>()] = readDeflate(answer);
  if (isInvalid !== true && findAnswerProblem(answered, offers) !== undefined) {
    return { response, unimplemented: `offers nothing that can be answered with ${answer}` };
  }
  link.observer.agreeOnCompression(createInflater(answered, 'client'));
  return { response: { ...response, set: { 'Sec-WebSocket-Extensions': answer } }, unimplemented: undefined };
}

/** @param sender - whose messages are read */
function createInflater(agreed: DeflateParameters, sender: 'client' | 'server'): MessageInflater {
  const bits = Number(agreed.get(`${sender}_max_window_bits`) ?? 15);
  // zlib reads a window of 8 as one of 9.
  return new MessageInflater(Math.max(9, Math.min(15, bits || 15)), !agreed.has(`${sender}_no_context_takeover`));
}
