import { defencesIn } from './defences-in.js';

const LIFETIME = ['protocol/connection/watch.lifetime'];
const RATE = ['protocol/connection/watch.rate'];

/** Limits of connections and of servers, and how a server is shut down. */
export const LIMITS = [
  ...defencesIn('protocol/connection/lifetime.ts', LIFETIME, {
    'lifetime-ends': ['judge', "if (now >= this.#endsAt) return 'maxLifetime';", ''],
    'lifetime-has-jitter': ['constructor', '(2 * random - 1)', '0'],
    'idle-ends': ['judge', "? 'idleTimeout' : undefined", '? undefined : undefined'],
    'idle-counts-from-the-last-data': ['note', 'this.#activeAt = now;', ''],
    'idle-counts-data-only': ['note', 'if (activity === this.#activity) return;', ''],
  }),
  ...defencesIn('protocol/connection/watch.ts', LIFETIME, {
    'idle-not-while-busy': ['look', 'this.#lifetime?.renew(now);', ''],
    'pace-not-while-blind': ['look', ' && inbound.wantsInput', ''],
    'idle-counts-pieces-that-are-sent': ['get #activity', 'scheduler.insideMessage ? this.#bytesSent : 0', '0'],
  }),
  ...defencesIn('protocol/connection/receive-pace.ts', LIFETIME, {
    'pace-is-judged': ['judge', 'if (size >= this.#minimum) return undefined;', 'return undefined;'],
    'pace-only-inside-a-message': ['note', 'if (!isInside) this.deadline = Infinity;\n    else ', ''],
    'pace-counts-bytes': ['note', 'this.#bytes += size;', 'this.#bytes += 0 * size;'],
  }),
  ...defencesIn('protocol/receive/rate-limiter.ts', RATE, {
    'rate-holds': ['count', 'readAhead.hold(HoldReason.RATE);', ''],
    'rate-refuses': ['count', 'if (bucket.isOverdrawn) throw exceeded(kind, rate);', ''],
    'rate-burst-is-bounded': ['fill', 'Math.min(this.#capacity, ', 'Math.max(0, '],
    'rate-stops-a-flood': ['get isFlooded', 'if (bucket.isDeepInDebt) return true;', ''],
    'rate-lets-a-close-through': ['end', 'this.#release();', ''],
    'rate-counts-frames': ['endFrame', "if (!this.#refuses) this.count('frames', 1);", ''],
    'rate-counts-messages': ['countTold', "if (!this.#refuses) this.count('messages', 1);", ''],
    'rate-refuses-messages': ['beginFrame', "this.count('messages', 1);", 'return;'],
    'rate-cuts-what-is-parsed': ['get bytesAtOnce', 'this.#refuses ? 1 : Infinity', 'Infinity'],
  }),
  ...defencesIn('engine/total-buffered.ts', ['engine/total-buffered'], {
    'total-sheds': ['#enforce', 'one.holder.shed(exceeded(this.#limit, size));', ''],
    'total-sheds-no-more-than-needed': ['#enforce', 'if (this.#most <= this.#limit) break;', ''],
    'total-counts-shared-once': ['#survey', 'if (memory.holders === 0) total', 'total'],
    'total-frees-shared-with-the-last': ['giveUp', 'if (memory.holders === 0) freed', 'freed'],
    'total-forgets-those-that-are-gone': ['leave', 'this.#set(holder, 0);', ''],
    'total-refuses-while-shed-hold': ['get isExceeded', 'this.#most + ofShed', 'this.#most'],
  }),
  ...defencesIn('server/limits/total-buffered.ts', ['connections/limits'], {
    'total-refuses-others': ['createMemoryLimit', 'totalBuffered?.isExceeded === true', 'false'],
  }),
  ...defencesIn('server/handshake-gate.ts', ['server/shutdown'], {
    'closing-refuses-requests': [
      '#judge',
      "if (this.#phase !== 'accepting') throw unavailable('the server is closing');",
      '',
    ],
    'closing-refuses-what-is-decided': ['refuseNew', "if (pending.stage === 'deciding')", 'if (false)'],
  }),
  ...defencesIn('server/handshake-server.ts', ['server/shutdown'], {
    'closing-is-not-ready': ['announceEnd', 'this.#isReady = false;', ''],
    'closing-port': ['refuseNew', 'if (!keepPort) this.#server.close();', ''],
  }),
  ...defencesIn('protocol/handshake/rules/refusal.ts', ['server/shutdown'], {
    'unavailable-says-when-to-come-again': ['unavailable', "{ 'Retry-After': retryAfter }", '{}'],
  }),
];
