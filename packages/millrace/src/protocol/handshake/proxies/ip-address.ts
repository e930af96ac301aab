/** An address as eight groups of 16 bits; one of IPv4 is `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2). */
export type IpAddress = readonly number[];

/** A range of addresses: those whose first {@link bits} are those of {@link address}. */
export interface AddressRange {
  readonly address: IpAddress;
  /** From 0 to 128; for IPv4, 96 more than is written. */
  readonly bits: number;
}

/**
 * Parses an address of IPv4 or IPv6, without brackets and port. A zone such as `%eth0` is cut off.
 *
 * @returns `undefined` if it is anything else
 *
 * @see RFC 4291 §2.2
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.length > 64) return undefined;
  if (!text.includes(':')) return toMapped(parseIpv4(text));
  const zone = text.indexOf('%');
  return parseIpv6(zone === -1 ? text : text.slice(0, zone));
}

/**
 * Parses a range such as `10.0.0.0/8` or `fd00::/8`; an address alone is a range of one.
 *
 * @returns `undefined` if it is anything else
 */
export function parseAddressRange(text: string): AddressRange | undefined {
  const slash = text.indexOf('/');
  const written = slash === -1 ? text : text.slice(0, slash);
  const address = parseIpAddress(written);
  if (address === undefined) return undefined;
  if (slash === -1) return { address, bits: 128 };
  const length = parseDecimal(text.slice(slash + 1), 128);
  const bits = length === undefined || written.includes(':') ? length : length + 96;
  return bits === undefined || bits > 128 ? undefined : { address, bits };
}

/** Says whether an address is in one of the ranges. */
export function isInRanges(address: IpAddress, ranges: readonly AddressRange[]): boolean {
  return ranges.some((range) => isInRange(address, range));
}

/** Writes the network that one client has: an address of IPv4, or the first half of one of IPv6. */
export function formatNetwork(address: IpAddress): string {
  const [high = 0, low = 0] = address.slice(6);
  if (isMapped(address)) return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  return `${address
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

function isInRange(address: IpAddress, range: AddressRange): boolean {
  for (let index = 0, left = range.bits; left > 0; index++, left -= 16) {
    const unused = Math.max(0, 16 - left);
    if (address[index]! >> unused !== range.address[index]! >> unused) return false;
  }
  return true;
}

function isMapped(address: IpAddress): boolean {
  return address[5] === 0xffff && address.slice(0, 5).every((group) => group === 0);
}

function toMapped(octets: readonly number[] | undefined): IpAddress | undefined {
  if (octets === undefined) return undefined;
  return [0, 0, 0, 0, 0, 0xffff, octets[0]! * 256 + octets[1]!, octets[2]! * 256 + octets[3]!];
}

function parseIpv4(text: string): readonly number[] | undefined {
  const octets = text.split('.').map((octet) => parseDecimal(octet, 255));
  return octets.length === 4 && octets.every((octet) => octet !== undefined) ? octets : undefined;
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** The groups of one side of `::`; the last two may be an address of IPv4. */
function parseGroups(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const last = text.slice(text.lastIndexOf(':') + 1);
  const mapped = last.includes('.') ? toMapped(parseIpv4(last)) : [];
  if (mapped === undefined) return undefined;
  const groups = (mapped.length === 0 ? parts : parts.slice(0, -1)).map(parseGroup);
  if (!groups.every((group) => group !== undefined)) return undefined;
  return [...groups, ...mapped.slice(6)];
}

function parseGroup(text: string): number | undefined {
  return /^[0-9a-fA-F]{1,4}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** A number without leading zeros, which some take for octal. */
function parseDecimal(text: string, largest: number): number | undefined {
  return /^(0|[1-9][0-9]{0,2})$/.test(text) && Number(text) <= largest ? Number(text) : undefined;
}
