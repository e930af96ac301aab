/** No bytes, for whoever needs a `Uint8Array` of them. No application gets it, which could give its buffer away (`postMessage`), and with it that of everybody. */
export const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);
