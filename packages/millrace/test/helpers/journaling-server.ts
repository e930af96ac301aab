import { WebSocketServerProtocol } from '../../src/index.ts';
import type { HookResult } from '../../src/classes/hooks.ts';
import { toHex } from './bytes.ts';
import type { Journal } from './journal.ts';

/** A class of protocol instances. */
export type ServerClass = new () => WebSocketServerProtocol;

/** Writes a payload: text in quotes, bytes in hex. */
export function show(payload: string | Uint8Array): string {
  return typeof payload === 'string' ? JSON.stringify(payload) : `<${toHex(payload)}>`;
}

/** Makes classes that write each hook to `journal` and call `super`: they override the hooks of one level and of those above it. */
export function journalingServers(journal: Journal): {
  message: ServerClass;
  frame: ServerClass;
  streaming: ServerClass;
} {
  class MessageHooks extends WebSocketServerProtocol {
    override onOpen(): HookResult {
      journal.write('open');
    }
    override onMessage(payload: string | Uint8Array, isBinary: boolean): HookResult {
      journal.write(`message ${show(payload)} ${isBinary ? 'binary' : 'text'}`);
      return super.onMessage(payload, isBinary);
    }
    override onPing(payload: Uint8Array): HookResult {
      journal.write(`ping ${show(payload)}`);
      return super.onPing(payload);
    }
    override onPong(payload: Uint8Array): HookResult {
      journal.write(`pong ${show(payload)}`);
      return super.onPong(payload);
    }
    override onControlFrame(opcode: number, payload: Uint8Array, reserved: number): HookResult {
      journal.write(`controlFrame ${String(opcode)} ${show(payload)} ${String(reserved)}`);
      return super.onControlFrame(opcode, payload, reserved);
    }
    override onClose(wasClean: boolean, code: number, reason: string): HookResult {
      journal.write(`close ${wasClean ? 'clean' : 'unclean'} ${String(code)} ${reason}`.trimEnd());
    }
  }
  class FrameHooks extends MessageHooks {
    override onMessageBegin(opcode: number): HookResult {
      journal.write(`messageBegin ${String(opcode)}`);
      return super.onMessageBegin(opcode);
    }
    override onMessageFrame(payload: Uint8Array, reserved: number): HookResult {
      journal.write(`frame ${show(payload)} ${String(reserved)}`);
      return super.onMessageFrame(payload, reserved);
    }
    override onMessageEnd(): HookResult {
      journal.write('messageEnd');
      return super.onMessageEnd();
    }
  }
  class StreamingHooks extends FrameHooks {
    override onMessageFrameBegin(length: number, reserved: number): HookResult {
      journal.write(`frameBegin ${String(length)} ${String(reserved)}`);
      return super.onMessageFrameBegin(length, reserved);
    }
    override onMessageFrameData(payload: Uint8Array): HookResult {
      journal.write(`data ${show(payload)}`);
      return super.onMessageFrameData(payload);
    }
    override onMessageFrameEnd(): HookResult {
      journal.write('frameEnd');
      return super.onMessageFrameEnd();
    }
  }
  return { message: MessageHooks, frame: FrameHooks, streaming: StreamingHooks };
}

/** Makes a class that overrides exactly these `hooks`, as {@link journalingServers} do. */
export function journalingHooks(journal: Journal, hooks: readonly string[]): ServerClass {
  const { streaming: All } = journalingServers(journal);
  class Chosen extends WebSocketServerProtocol {}
  for (
    let from = Reflect.getPrototypeOf(new All());
    from !== null && from !== WebSocketServerProtocol.prototype;
    from = Reflect.getPrototypeOf(from)
  ) {
    for (const hook of hooks) {
      const descriptor = Object.getOwnPropertyDescriptor(from, hook);
      if (descriptor !== undefined) Object.defineProperty(Chosen.prototype, hook, descriptor);
    }
  }
  return Chosen;
}
