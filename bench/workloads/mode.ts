/**
 * What a server does with what it gets:
 *
 * - `echo`: sends each message back;
 * - `hash-message`: answers each message with its SHA-256;
 * - `hash-frame`: answers each frame with the running SHA-256 of its message;
 * - `hash-stream`: answers each MiB of a message with the running SHA-256, as it arrives;
 * - `broadcast`: sends each message to all connections;
 * - `handshake`: opens connections, and answers Close.
 *
 * A hash is a text message of 64 hexadecimal digits. And what a client does:
 *
 * - `client-receive`: answers each batch of messages with the text `!`;
 * - `client-send`: answers each message with a batch of messages.
 */
export type Mode =
  'echo' | 'hash-message' | 'hash-frame' | 'hash-stream' | 'broadcast' | 'handshake' | 'client-receive' | 'client-send';
