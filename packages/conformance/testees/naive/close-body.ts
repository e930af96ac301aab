import type { Defects } from './behaviour.ts';
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

function isValidCode(code: number, closes: Defects['closes']): boolean {
  if (code >= 3000 && code <= 4999) return closes !== 'refuses 3000–4999';
  if (code >= 1012 && code <= 1014) return closes !== 'refuses 1012–1014';
  return [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011].includes(code);
}
