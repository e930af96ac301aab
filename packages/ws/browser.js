/**
 * What bundlers take for a browser, as they do of `ws`.
 *
 * @returns {never}
 */
export default function WebSocket() {
  throw new Error('ws does not work in the browser. Browser clients must use the native WebSocket object');
}

export { WebSocket as 'module.exports' };
