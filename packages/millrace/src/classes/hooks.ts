import type { ClosingState } from '../protocol/connection/closing.ts';

/** What a hook returns: nothing, or a promise for which receiving waits. */
export type HookResult = void | Promise<void>;

/** The callbacks of a protocol class, as the session calls them. {@link WebSocketProtocol} documents them. */
export interface Hooks {
  onOpen(): HookResult;
  onMessageBegin(opcode: number): HookResult;
  onMessageFrameBegin(length: number, reserved: number): HookResult;
  onMessageFrameData(payload: Uint8Array): HookResult;
  onMessageFrameEnd(): HookResult;
  onMessageFrame(payload: Uint8Array, reserved: number): HookResult;
  onMessageEnd(): HookResult;
  onMessage(payload: string | Uint8Array, isBinary: boolean): HookResult;
  onPing(payload: Uint8Array): HookResult;
  onPong(payload: Uint8Array): HookResult;
  onControlFrame(opcode: number, payload: Uint8Array, reserved: number): HookResult;
  onDrain(): HookResult;
  onClose(wasClean: boolean, code: number, reason: string): HookResult;
}

/** The states of a connection, as WHATWG numbers them. */
export const ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

/** One of the values of {@link ReadyState}. */
export type ReadyState = (typeof ReadyState)[keyof typeof ReadyState];

/** Which {@link ReadyState} a connection shows while it closes. */
export const READY_STATES: Readonly<Record<ClosingState, ReadyState>> = {
  open: ReadyState.OPEN,
  closing: ReadyState.CLOSING,
  closeSent: ReadyState.CLOSING,
  closeReceived: ReadyState.OPEN,
  answering: ReadyState.CLOSING,
  closeDone: ReadyState.CLOSING,
  failing: ReadyState.CLOSING,
  failed: ReadyState.CLOSING,
  closed: ReadyState.CLOSED,
};

/** The hooks for payload as it arrives. */
export const STREAMING_HOOKS = ['onMessageFrameBegin', 'onMessageFrameData', 'onMessageFrameEnd'] as const;

/** The hooks for whole frames. */
export const FRAME_HOOKS = ['onMessageBegin', 'onMessageFrame', 'onMessageEnd'] as const;

/** The hooks for control frames. */
export const CONTROL_HOOKS = ['onPing', 'onPong', 'onControlFrame'] as const;
