import type { SchedulerSetup } from '../../src/protocol/send/scheduler-setup.ts';
import { Scheduler } from '../../src/protocol/send/scheduler.ts';
import { portableTextCodec } from '../../src/protocol/wire/text-codec.ts';
import { concat, toHex } from './bytes.ts';

/** A scheduler whose transport is blocked or not, as a test says. */
export class Scheduling {
  readonly scheduler: Scheduler;
  isBlocked = false;
  /** What the listener was told. */
  readonly told: string[] = [];

  constructor(setup: Partial<SchedulerSetup> = {}) {
    const transportBufferedAmount = (): number => (this.isBlocked ? 1 : 0);
    this.scheduler = new Scheduler({
      role: 'server',
      host: { text: portableTextCodec, maskingKey: () => -1, transportBufferedAmount },
      fragmentSize: 1024 * 1024,
      listener: {
        onCloseSent: () => this.told.push('close'),
        onMessageSent: () => this.told.push('message'),
      },
      ...setup,
    });
  }

  /** Takes output, and gives it in hex. */
  take(limit: number = Infinity): string {
    return toHex(concat(this.scheduler.takeOutput(limit)));
  }
}
