/** The longest time that `setTimeout` takes, in milliseconds: 24 days. */
export const MAX_TIMEOUT: number = 2 ** 31 - 1;
