import type { QoS } from "../../mqtt/mod.ts";

/** Clients of a rule: each matches every list; an empty list matches all. */
export interface RuleSubject {
  /** User names. */
  readonly users: readonly string[];
  /** Groups. */
  readonly groups: readonly string[];
  /** Client ids. */
  readonly clientIds: readonly string[];
  /** Addresses and networks, as CIDR writes them. */
  readonly networks: readonly string[];
  /** Names of listeners. */
  readonly listeners: readonly string[];
  /** Common names of its certificate. */
  readonly commonNames: readonly string[];
  /** DNS names and mail addresses of its certificate. */
  readonly alternativeNames: readonly string[];
  /** Issuer of its certificate, as RFC 4514 writes it. */
  readonly issuers: readonly string[];
  /** SHA-256 of its certificate, in hex, with or without colons. */
  readonly fingerprints: readonly string[];
  /** True for a rule about clients without a user name alone. */
  readonly anonymous: boolean;
  /** True for a rule about clients whose names have no +, # and /. */
  readonly plainNames?: boolean;
}

/** A rule: clients, action, topics, and whether it allows or denies. */
export interface AccessRule {
  /** The clients it applies to. */
  readonly subject: RuleSubject;
  /** The action; subscribing includes receiving. */
  readonly action: "publish" | "subscribe" | "all";
  /** The QoS it is about. */
  readonly qos: readonly QoS[];
  /** Which messages it is about, by whether they are to be retained. */
  readonly retain: "any" | boolean;
  /** Valid topic filters. */
  readonly topics: readonly string[];
  /** True if `%u` and `%c` in a topic stand for user name and client id. */
  readonly isPattern: boolean;
  /** Effect of the rule. */
  readonly permission: "allow" | "deny";
  /** Its place, as `dunlin.toml:12`; "" if unknown. */
  readonly place: string;
}

/** Which of the rules that fit decides. */
export type RuleOrder = "first-match" | "deny-wins";

/** Everybody: a subject that says nothing. */
export const EVERYBODY: RuleSubject = {
  users: [],
  groups: [],
  clientIds: [],
  networks: [],
  listeners: [],
  commonNames: [],
  alternativeNames: [],
  issuers: [],
  fingerprints: [],
  anonymous: false,
};
