/**
 * What an IP address is. Used by host.ts and target-policy.ts. Invariant: an IPv4 address inside an IPv6 one counts as what
 * it is, however it was put there.
 */
import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Where clouds keep the credentials of a machine, and addresses that are this link's only. */
const metadata = new BlockList();
metadata.addSubnet("169.254.0.0", 16, "ipv4");
metadata.addSubnet("fe80::", 10, "ipv6");
// Amazon, Google, by IPv6; Alibaba; Oracle; Azure's wire server.
metadata.addAddress("fd00:ec2::254", "ipv6");
metadata.addAddress("fd20:ce::254", "ipv6");
metadata.addAddress("100.100.100.200", "ipv4");
metadata.addAddress("192.0.0.192", "ipv4");
metadata.addAddress("168.63.129.16", "ipv4");

/** An address of this machine: 127.0.0.0/8, ::1, and the first written as ::ffff:127.0.0.1. */
export function isLoopbackAddress(address: string): boolean {
  return loopback.check(address, familyOf(address));
}

/** An address of a metadata service or of the link, itself or inside of it. */
export function isMetadataAddress(address: string): boolean {
  if (metadata.check(address, familyOf(address))) return true;
  return embedded(address).some((inside) => metadata.check(inside, "ipv4"));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** IPv4 addresses that packets to an IPv6 address may end at. */
function embedded(address: string): string[] {
  if (isIP(address) !== 6) return [];
  const groups = groupsOf(address);
  const at = (first: number, flip = 0) => dotted(groups[first] ?? 0, groups[first + 1] ?? 0, flip);
  const [first, second, , , fifth, sixth] = groups;
  const found: string[] = [];
  // Mapped, compatible, translated; NAT64 with either prefix; ISATAP: all at the end.
  const isPrefixed = groups.slice(0, 4).every((group) => group === 0);
  const isPlain = fifth === 0 && (sixth === 0 || sixth === 0xffff);
  if (isPrefixed && (isPlain || (fifth === 0xffff && sixth === 0))) found.push(at(6));
  if ((first === 0x64 && second === 0xff9b) || sixth === 0x5efe) found.push(at(6));
  if (first === 0x2002) found.push(at(1));
  // Teredo: the server, and the client with its bits turned over.
  if (first === 0x2001 && second === 0) found.push(at(2), at(6, 0xffff));
  return found;
}

function dotted(high: number, low: number, flip: number): string {
  const [a, b] = [high ^ flip, low ^ flip];
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
}

/** The eight groups of an IPv6 address; the URL parser leaves no dots in it. */
function groupsOf(address: string): number[] {
  const [text = ""] = address.split("%");
  const plain = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [head = "", tail] = plain.split("::");
  const numbers = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return numbers(head);
  const [front, back] = [numbers(head), numbers(tail)];
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}
