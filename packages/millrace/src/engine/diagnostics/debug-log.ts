import { writeSync } from 'node:fs';

import { formatOpcode, Opcode } from '../../protocol/base/opcode.ts';
import { toError } from '../../protocol/base/errors.ts';
import { quoteForLog, writeHeaders, writeTarget } from './mask-secrets.ts';
import type { FrameMessage, HandshakeMessage, ObservedConnection } from './messages.ts';
import { publishWaiting } from './publication.ts';
import { subscribeDiagnostics } from './subscribe-diagnostics.ts';

/** Takes a line, without its end. */
export type LineWriter = (line: string) => void;

/** What can be logged: the values of the environment variable `MILLRACE_DEBUG`, and who writes each. */
const TOPICS: Readonly<Record<string, (write: LineWriter) => void>> = {
  frames: logFrames,
  handshake: logHandshakes,
  closing: logClosings,
};

/**
 * Logs what is asked for, one line each: no payloads, strings of peers quoted, and secrets of header fields and URLs masked.
 *
 * @param topics - as in `MILLRACE_DEBUG`: `frames`, `handshake`, `closing`, separated by commas
 */
export function logDiagnostics(topics: string, writeLine: LineWriter = writeToStderr): void {
  const asked = new Set(topics.split(',').map((topic) => topic.trim()));
  asked.delete('');
  for (const topic of asked) {
    const log = Object.hasOwn(TOPICS, topic) ? TOPICS[topic] : undefined;
    if (log === undefined) {
      writeLine(`MILLRACE_DEBUG has ${quoteForLog(topic)}, expected ${Object.keys(TOPICS).join(', ')}`);
    } else {
      log((line) => writeLine(`${new Date().toISOString()} millrace:${topic} ${line}`));
    }
  }
  // What waits when the process ends is often what one wants to see.
  if (asked.size > 0) process.once('exit', publishWaiting);
}

/** Logs what the environment asks for. */
export function logAsAsked(): void {
  try {
    const topics = process.env['MILLRACE_DEBUG'];
    if (topics !== undefined) logDiagnostics(topics);
  } catch {
    // Deno throws where the environment may not be read.
  }
}

function logFrames(write: LineWriter): void {
  const logged = (direction: string) => (frame: FrameMessage) => {
    const { connection, opcode, fin, reservedBits, masked, payloadLength } = frame;
    const flags = [
      fin ? 'fin' : 'more',
      reservedBits === 0 ? '' : `rsv=${reservedBits.toString(2).padStart(3, '0')}`,
      masked ? 'masked' : '',
    ].filter((flag) => flag !== '');
    const what = `${OPCODE_NAMES[opcode] ?? formatOpcode(opcode)} ${flags.join(' ')}`;
    write(`${writeConnection(connection)} ${direction} ${what} ${String(payloadLength)} bytes`);
  };
  subscribeDiagnostics('millrace:frame:in', logged('in '));
  subscribeDiagnostics('millrace:frame:out', logged('out'));
}

function logHandshakes(write: LineWriter): void {
  const begun = new WeakMap<HandshakeMessage, number>();
  subscribeDiagnostics('tracing:millrace:handshake:start', (handshake) => void begun.set(handshake, performance.now()));
  subscribeDiagnostics('tracing:millrace:handshake:asyncEnd', (handshake) => {
    const { role, url, request, peer, status, error } = handshake;
    // Those that a server refuses have a channel of their own, which also tells of invalid ones.
    if (role === 'server' && error !== undefined) return;
    const start = begun.get(handshake);
    const time = start === undefined ? '' : ` in ${(performance.now() - start).toFixed(1)} ms`;
    const target = writeTarget(url ?? request?.target ?? '');
    const headers = request === undefined ? '' : ` ${writeHeaders(request.headers)}`;
    const outcome = error === undefined ? String(status) : `${String(status ?? 'failed')} ${writeError(error)}`;
    write(`${role} ${quoteForLog(peer ?? '')} ${target} ${outcome}${time}${headers}`);
  });
  subscribeDiagnostics('millrace:handshake:refused', ({ status, error, peer, request }) => {
    const target = request === undefined ? '-' : writeTarget(request.target);
    const headers = request === undefined ? '' : ` ${writeHeaders(request.headers)}`;
    write(`server ${quoteForLog(peer)} ${target} ${String(status ?? 'unanswered')} ${writeError(error)}${headers}`);
  });
}

function logClosings(write: LineWriter): void {
  subscribeDiagnostics('millrace:connection:close', ({ connection, closure, duration }) => {
    const { code, reason, wasClean, initiator, unsentBytes, discardedBytes, error } = closure;
    const how = `${String(code)} ${quoteForLog(reason)} ${wasClean ? 'clean' : 'unclean'} by ${initiator}`;
    const lost = `unsent=${String(unsentBytes)} discarded=${String(discardedBytes)}`;
    const time = duration === undefined ? '' : ` after ${(duration / 1000).toFixed(3)} s`;
    const cause = error === undefined ? '' : ` ${writeError(error)}`;
    write(`${writeConnection(connection)} ${how} ${lost}${time}${cause}`);
  });
}

const OPCODE_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(Opcode).map(([name, opcode]) => [opcode, name]),
);

function writeConnection({ id, role, peer }: ObservedConnection): string {
  return `#${String(id)} ${role} ${quoteForLog(peer)}`;
}

function writeError(error: unknown): string {
  return `error=${quoteForLog(toError(error).message)}`;
}

/** Whoever reads it may be gone, and that is nobody's problem here. */
function writeToStderr(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // It is lost.
  }
}
