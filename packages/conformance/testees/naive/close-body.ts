import type { Defects } from './behaviour.ts';
import type { Habits } from './habits.ts';
import { scanUtf8 } from './utf8.ts';

/** The close code with which to fail because of a close body, or `undefined` if it is fine. */
export function judgeCloseBody(body: Buffer, { closes }: Defects): number | undefined {
  if (body.length < 2) return undefined;
  const code = body.readUInt16BE(0);
  if (closes !== 'with any code' && !isValidCode(code, closes)) return 1002;
  const scan = scanUtf8(body.subarray(2), undefined);
  const valid = scan !== 'invalid' && scan.rest.length === 0;
  return valid || closes === 'with any reason' ? undefined : 1007;
}

/** The body of the Close that answers one. */
export function closeAnswer(body: Buffer, { closes: defect }: Defects, { closes: habit }: Habits): Buffer {
  if (defect === 'with one byte') return body.subarray(0, 1);
  const code = CODES[defect ?? habit ?? ''];
  if (code !== undefined) return Buffer.from([code >> 8, code & 0xff]);
  if (habit === 'without a code') return Buffer.alloc(0);
  if (habit === 'with a reason' && body.length > 0) return Buffer.concat([body.subarray(0, 2), Buffer.from('bye')]);
  return body.subarray(0, 2);
}

/** Codes of those who answer with one of their own. */
const CODES: Readonly<Record<string, number>> = {
  'with 1000': 1000,
  'with 1001': 1001,
  'with code 1002': 1002,
  'with code 1005': 1005,
  'with code 4000': 4000,
};

function isValidCode(code: number, closes: Defects['closes']): boolean {
  if (code >= 3000 && code <= 4999) return closes !== 'refuses 3000–4999';
  if (code >= 1012 && code <= 1014) return closes !== 'refuses 1012–1014';
  return [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011].includes(code);
}
