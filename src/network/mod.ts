/** IP addresses and networks, as text and as the bytes that are compared. */
export { hostAndPort } from "./host_and_port.ts";
export {
  formatAddress,
  isIPv4,
  parseAddress,
  plainAddress,
  subscriberOf,
} from "./ip_address.ts";
export { type Network, Networks, parseNetwork } from "./networks.ts";
