import type { TestContext } from 'node:test';

import { subscribeDiagnostics, type DiagnosticsMessages } from '../../src/index.ts';
import { until } from './message-peers.ts';

/** What a channel has told, while a test runs. */
export class Heard<Message> {
  readonly messages: Message[] = [];

  /** Waits until so many have come, and gives them. */
  async first(count: number): Promise<Message[]> {
    await until(() => this.messages.length >= count);
    return this.messages.slice(0, count);
  }
}

/** Listens to a channel until the test ends. */
export function hear<Name extends keyof DiagnosticsMessages>(
  t: TestContext,
  name: Name,
): Heard<DiagnosticsMessages[Name]> {
  const heard = new Heard<DiagnosticsMessages[Name]>();
  t.after(subscribeDiagnostics(name, (message) => heard.messages.push(message)));
  return heard;
}
