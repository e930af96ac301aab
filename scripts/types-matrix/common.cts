// The CommonJS module of a program that has both kinds.
import millrace = require('millrace');
import { MillraceError, WebSocketServerProtocol } from 'millrace';

class Shouting extends WebSocketServerProtocol {
  override onMessage(payload: string | Uint8Array): void {
    this.sendMessage(String(payload).toUpperCase());
  }
}

function greet(connection: millrace.WebSocketConnection): Promise<void> {
  return connection.send('hello');
}

function isOurs(error: unknown): error is MillraceError {
  return error instanceof millrace.MillraceError;
}

export { Shouting, greet, isOurs };
