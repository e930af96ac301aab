import type { EventPattern, Expected, Outcome, ReceivedCode } from '../model/case.ts';
import type { WireEvent } from '../model/event.ts';
import type { Payload } from '../model/frame.ts';
import { payloadBytes, payloadSize, toHex } from '../wire/bytes.ts';

/** Bytes of a payload that are shown. */
const SHOWN = 16;

/** Says what is expected, in words. */
export function describeOutcome({ events, pongs }: Outcome): string {
  if (pongs === undefined || pongs.length === 0) return describeExpected(events);
  return `${describeExpected(events)}, and anywhere ${describeExpected(pongs)}`;
}

function describeExpected(expected: readonly Expected[]): string {
  return expected.length === 0 ? 'nothing' : expected.map(describeOne).join(' → ');
}

/** Says what happened, in words; what is alike is counted. */
export function describeEvents(events: readonly WireEvent[]): string {
  const parts: { text: string; times: number }[] = [];
  for (const event of events) {
    const text = describeEvent(event);
    const last = parts.at(-1);
    if (last?.text === text) last.times++;
    else parts.push({ text, times: 1 });
  }
  const shown = parts.length > 16 ? [...parts.slice(0, 10), { text: '…', times: 1 }, ...parts.slice(-5)] : parts;
  if (shown.length === 0) return 'nothing';
  return shown.map(({ text, times }) => (times === 1 ? text : `${String(times)} × ${text}`)).join(' → ');
}

function describeOne(expected: Expected): string {
  const { times } = expected;
  const text = describePattern(expected);
  if (times === undefined) return text;
  const [min, max] = times;
  if (min === 0 && max === 1) return `[${text}]`;
  return `${min === max ? String(min) : `${String(min)} to ${max === Infinity ? 'any number' : String(max)}`} × ${text}`;
}

function describePattern(pattern: EventPattern): string {
  switch (pattern.event) {
    case 'message':
      return `${pattern.type} message${describePayload(pattern.payload)}`;
    case 'pong':
      return `pong${describePayload(pattern.payload)}`;
    case 'close':
      return describeClose(pattern.codes, pattern.answers);
    default:
      return describeOtherPattern(pattern);
  }
}

function describeOtherPattern(pattern: Exclude<EventPattern, { event: 'message' | 'pong' | 'close' }>): string {
  switch (pattern.event) {
    case 'end':
      return 'end of the TCP connection';
    case 'mark':
      return `(${pattern.name})`;
    case 'timeout':
      return pattern.waitingFor === undefined ? 'silence' : `no ${pattern.waitingFor}`;
    case 'refusal':
      return `refused${pattern.statuses === undefined ? '' : ` with ${pattern.statuses.map(String).join(', ')}`}${describeFields(pattern.fields)}`;
    case 'open':
      return 'open';
    case 'probe':
      return pattern.alive ? 'others are served' : 'others are not served';
  }
}

function describeClose(codes: readonly ReceivedCode[] | undefined, answers: ReceivedCode | undefined): string {
  const name = (code: ReceivedCode): string => (code === 'none' ? 'without a code' : String(code));
  if (answers !== undefined) return `Close in answer to Close ${name(answers)}`;
  return codes === undefined ? 'Close' : `Close ${codes.map(name).join(' or ')}`;
}

function describeEvent(event: WireEvent): string {
  switch (event.kind) {
    case 'message':
      return `${event.type} message${describeBytes(event.payload)}`;
    case 'ping':
      return `ping${describeBytes(event.payload)}`;
    case 'pong':
      return `pong${describeBytes(event.payload)}${event.wrong === true ? ' in answer to what is not to be answered' : ''}`;
    case 'close':
      return event.code === undefined ? 'Close without a code' : `Close ${String(event.code)}`;
    default:
      return describeOtherEvent(event);
  }
}

function describeOtherEvent(event: Exclude<WireEvent, { kind: 'message' | 'ping' | 'pong' | 'close' }>): string {
  switch (event.kind) {
    case 'end':
      return event.how === 'fin' ? 'end of the TCP connection' : 'reset of the TCP connection';
    case 'violation':
      return `violation: ${event.rule}`;
    case 'mark':
      return `(${event.name})`;
    case 'timeout':
      return `no ${event.waitingFor} in time`;
    case 'refusal':
      return `refused with ${String(event.status)}`;
    case 'open':
      return 'open';
    case 'probe':
      return event.alive ? 'others are served' : 'others are not served';
  }
}

function describeFields(fields: Readonly<Record<string, string | null>> | undefined): string {
  const entries = Object.entries(fields ?? {});
  if (entries.length === 0) return '';
  return ` and ${entries.map(([name, value]) => (value === null ? name : `${name}: ${value}`)).join(', ')}`;
}

function describePayload(payload: Payload | undefined): string {
  if (payload === undefined) return '';
  const size = payloadSize(payload);
  return size > SHOWN ? ` of ${String(size)} bytes` : describeBytes(payloadBytes(payload));
}

function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return ' (empty)';
  if (bytes.length > SHOWN) return ` of ${String(bytes.length)} bytes`;
  const printable = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return printable ? ` "${Buffer.from(bytes).toString('latin1')}"` : ` <${toHex(bytes)}>`;
}
