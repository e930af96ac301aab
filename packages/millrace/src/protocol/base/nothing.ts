/** No bytes, for whoever needs a `Uint8Array` of them. */
export const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);
